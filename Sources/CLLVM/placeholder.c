#include "CLLVM.h"
int cllvm_placeholder(void) { return 0; }
