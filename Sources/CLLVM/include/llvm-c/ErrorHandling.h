// Forwards to the installed LLVM's llvm-c/ErrorHandling.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(ErrorHandling.h)
