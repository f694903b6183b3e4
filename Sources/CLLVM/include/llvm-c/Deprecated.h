// Forwards to the installed LLVM's llvm-c/Deprecated.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Deprecated.h)
