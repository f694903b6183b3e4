// Forwards to the installed LLVM's llvm-c/DataTypes.h.
#include "../CLLVMVersion.h"
#include CLLVM_C_HEADER(DataTypes.h)
