// Waiting for a condition: a short spin, then sleep.
#include "event.h"

#include "CLatheRuntime.h"

/// The least a thread spins, if it may spin at all: nanoseconds.
enum { SPIN_FLOOR = 2000, SPINS_PER_CLOCK_READING = 16 };

void lathe_event_init(lathe_event *event) {
  atomic_init(&event->sleepers, 0);
  pthread_mutex_init(&event->mutex, NULL);
  pthread_cond_init(&event->changed, NULL);
}

void lathe_event_destroy(lathe_event *event) {
  pthread_cond_destroy(&event->changed);
  pthread_mutex_destroy(&event->mutex);
}

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

static void sleep_until(lathe_event *event, lathe_condition condition, const void *subject,
                        int64_t bound) {
  pthread_mutex_lock(&event->mutex);
  // Counted before the last look at the condition, while the notifier changes the condition
  // before it looks at the count: one of the two sees the other.
  atomic_fetch_add(&event->sleepers, 1);
  while (!condition(subject, bound)) pthread_cond_wait(&event->changed, &event->mutex);
  atomic_fetch_sub(&event->sleepers, 1);
  pthread_mutex_unlock(&event->mutex);
}

void lathe_event_wait(lathe_event *event, lathe_spin *spin, lathe_condition condition,
                      const void *subject, int64_t bound) {
  if (condition(subject, bound)) return;
  int64_t start = lathe_now_ns();
  while (lathe_now_ns() - start < spin->budget) {
    for (int i = 0; i < SPINS_PER_CLOCK_READING; i++) {
      if (condition(subject, bound)) return;
      relax();
    }
  }
  sleep_until(event, condition, subject, bound);
  // Would the longest spin have caught it? If so spin that long next time, else ever shorter.
  bool short_wait = lathe_now_ns() - start < spin->limit;
  spin->budget = short_wait ? spin->limit : spin->budget / 2;
  if (spin->budget < SPIN_FLOOR) spin->budget = spin->limit < SPIN_FLOOR ? 0 : SPIN_FLOOR;
}
