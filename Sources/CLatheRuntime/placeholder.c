#include "CLatheRuntime.h"
int lathe_placeholder(void) { return 0; }
