// Forwards to the installed LLVM's llvm/Config/llvm-config.h.
#include "../../CLLVMVersion.h"
#include CLLVM_CONFIG_FILE(llvm-config.h)
