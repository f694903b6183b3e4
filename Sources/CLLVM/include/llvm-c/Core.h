// Forwards to the installed LLVM's llvm-c/Core.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Core.h)
