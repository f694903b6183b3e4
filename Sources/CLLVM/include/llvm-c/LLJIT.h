// Forwards to the installed LLVM's llvm-c/LLJIT.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(LLJIT.h)
