// Forwards to the installed LLVM's llvm-c/Analysis.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Analysis.h)
