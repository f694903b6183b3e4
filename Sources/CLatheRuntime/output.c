// The end of standard output.

#include "CLatheRuntime.h"

#include <stdio.h>

bool lathe_finish_output(void) { return fflush(stdout) == 0 && !ferror(stdout); }
