// The floating-point mode in which kernels run, and the way back to the caller's.
#pragma once

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/// Saved control and status bits of the calling thread.
typedef struct lathe_floating_point {
  uint64_t control;
  uint64_t status;
} lathe_floating_point;

#if defined(__x86_64__)

/// Default mode: round to nearest, all exceptions masked, no FTZ, no DAZ, no flag raised.
enum { LATHE_MXCSR_DEFAULT = 0x1F80 };

/// Sets the default mode and returns what was set before.
static inline lathe_floating_point lathe_floating_point_enter(void) {
  uint32_t saved = _mm_getcsr();
  // The sticky flags (low six bits) may stand as they are: nothing reads them here.
  if ((saved & ~0x3Fu) != LATHE_MXCSR_DEFAULT) _mm_setcsr(LATHE_MXCSR_DEFAULT);
  return (lathe_floating_point){.control = saved};
}

/// Restores what `lathe_floating_point_enter` returned, sticky flags included.
static inline void lathe_floating_point_leave(lathe_floating_point saved) {
  // Loading is the slow half, and most calls leave the register as it was.
  if (_mm_getcsr() != (uint32_t)saved.control) _mm_setcsr((uint32_t)saved.control);
}

#elif defined(__aarch64__)

/// Sets the default mode and returns what was set before.
static inline lathe_floating_point lathe_floating_point_enter(void) {
  lathe_floating_point saved;
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved.control));
  __asm__ volatile("mrs %0, fpsr" : "=r"(saved.status));
  if (saved.control != 0) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0) : "memory");
  return saved;
}

/// Restores what `lathe_floating_point_enter` returned, sticky flags included.
static inline void lathe_floating_point_leave(lathe_floating_point saved) {
  if (saved.control != 0) __asm__ volatile("msr fpcr, %0" : : "r"(saved.control) : "memory");
  __asm__ volatile("msr fpsr, %0" : : "r"(saved.status) : "memory");
}

#else
#error "Lathe runs on x86-64 and arm64."
#endif
