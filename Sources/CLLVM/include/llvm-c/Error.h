// Forwards to the installed LLVM's llvm-c/Error.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Error.h)
