// Forwards to the installed LLVM's llvm-c/Types.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Types.h)
