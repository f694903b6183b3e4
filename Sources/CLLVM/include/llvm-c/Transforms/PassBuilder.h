// Forwards to the installed LLVM's llvm-c/Transforms/PassBuilder.h.
#include "../../CLLVMVersion.h"
#include CLLVM_C_HEADER(Transforms/PassBuilder.h)
