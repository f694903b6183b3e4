// Forwards to the installed LLVM's llvm-c/Visibility.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(Visibility.h)
