// The status word, the clock, and the caller's address.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include <time.h>

#include "CLatheRuntime.h"

void lathe_report(lathe_status *status, int64_t step_and_index) {
  uint64_t found = (uint64_t)step_and_index;
  uint64_t lowest = __atomic_load_n(&status->word, __ATOMIC_RELAXED);
  while (found < lowest &&
         !__atomic_compare_exchange_n(&status->word, &lowest, found, true, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
  }
}

__attribute__((noinline)) void *lathe_here(void) { return __builtin_return_address(0); }

int64_t lathe_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
