// Forwards to the installed LLVM's llvm-c/IRReader.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(IRReader.h)
