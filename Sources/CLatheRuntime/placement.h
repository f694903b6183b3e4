// Which processor a thread is on, and keeping it off one.
#pragma once

#include <pthread.h>

/// The processor that the calling thread is on; -1 where the system does not say.
int lathe_current_cpu(void);

/// Lets `thread` run wherever the calling thread may, except on `cpu`; does nothing if that leaves
/// no processor or the system has no such call.
void lathe_keep_off(pthread_t thread, int cpu);
