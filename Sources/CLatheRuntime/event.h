// Waiting for a condition: a short spin, then sleep.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// Where threads sleep until some condition holds.
typedef struct lathe_event {
  atomic_int sleepers;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
} lathe_event;

/// How long one thread spins before it sleeps, in nanoseconds; adapts to what it waits for.
typedef struct lathe_spin {
  int64_t budget;
  int64_t limit;
} lathe_spin;

/// A condition on atomic state. If it may cease to hold before a waiter saw it, the next change
/// that makes it hold must be notified too.
typedef bool (*lathe_condition)(const void *subject, int64_t bound);

void lathe_event_init(lathe_event *event);
void lathe_event_destroy(lathe_event *event);

/// Waits until `condition` holds.
void lathe_event_wait(lathe_event *event, lathe_spin *spin, lathe_condition condition,
                      const void *subject, int64_t bound);

/// Wakes the sleepers; called after each sequentially consistent change of what they wait for.
static inline void lathe_event_notify(lathe_event *event) {
  if (atomic_load(&event->sleepers) == 0) return;
  pthread_mutex_lock(&event->mutex);
  pthread_cond_broadcast(&event->changed);
  pthread_mutex_unlock(&event->mutex);
}
