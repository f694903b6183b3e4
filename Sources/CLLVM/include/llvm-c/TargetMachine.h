// Forwards to the installed LLVM's llvm-c/TargetMachine.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(TargetMachine.h)
