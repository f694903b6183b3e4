// Forwards to the installed LLVM's llvm-c/Orc.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Orc.h)
