// Forwards to the installed LLVM's llvm-c/Support.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Support.h)
