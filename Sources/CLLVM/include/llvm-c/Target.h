// Forwards to the installed LLVM's llvm-c/Target.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Target.h)
