// Forwards to the installed LLVM's llvm-c/ExternC.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(ExternC.h)
