// Which processor a thread is on, and keeping it off one.
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include "placement.h"

#if defined(__linux__)

int lathe_current_cpu(void) { return sched_getcpu(); }

void lathe_keep_off(pthread_t thread, int cpu) {
  cpu_set_t allowed;
  if (cpu < 0 || cpu >= CPU_SETSIZE) return;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  CPU_CLR(cpu, &allowed);
  if (CPU_COUNT(&allowed) > 0) pthread_setaffinity_np(thread, sizeof allowed, &allowed);
}

#else

int lathe_current_cpu(void) { return -1; }

void lathe_keep_off(pthread_t thread, int cpu) {
  (void)thread;
  (void)cpu;
}

#endif
