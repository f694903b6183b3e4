// What the control groups and the machine leave to this process.
#pragma once

#include <stdint.h>

/// Bytes of memory: the machine's, or the lowest limit of a control group; 0 if unknown.
int64_t lathe_memory_available(void);

/// Processors by the lowest CPU quota of a control group, rounded up; INT32_MAX without one.
int32_t lathe_processor_quota(void);
