// A team of threads that join the caller's job, if they arrive in time.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "team.h"

#include <signal.h>
#include <stdalign.h>
#include <stdlib.h>

#include "placement.h"

/// The longest spin before sleep, in nanoseconds: about what a sleep and its wake-up cost.
enum { SPIN_LIMIT = 40000 };

/// A thread that did not arrive in this many nanoseconds is not just waking up.
enum { MISSING_AFTER = 200000 };

// The state word of a team: how many threads are in the job, whether more may join, whether the
// threads shall end, and the number of the job.
static const int64_t JOINED = 0xFFFF;
static const int64_t OPEN = 1 << 16;
static const int64_t STOP = 1 << 17;
static const int64_t JOB = 1 << 18;

/// A thread of a team. Only the caller that has the team touches it once the thread runs, except
/// for `last`.
typedef struct worker {
  lathe_team *team;
  pthread_t thread;
  /// The last job that the thread joined.
  _Atomic int64_t last;
  /// The processor that the thread is kept off.
  int avoided;
} worker;

struct lathe_team {
  alignas(64) _Atomic int64_t state;
  lathe_job job;
  void *context;
  alignas(64) lathe_event idle;
  alignas(64) lathe_event progress;
  atomic_bool busy;
  bool started;
  int32_t threads;
  int32_t running;
  int64_t spin_limit;
  int64_t opened_at;
  unsigned fork_generation;
  worker workers[LATHE_MAX_THREADS];
};

/// Counts the forks between the first process and this one, and so tells whose team it is.
static atomic_uint fork_generation;
static pthread_once_t fork_handlers = PTHREAD_ONCE_INIT;
static pthread_mutex_t shared_mutex = PTHREAD_MUTEX_INITIALIZER;
static lathe_team *_Atomic shared_teams[LATHE_MAX_THREADS + 1];

static void before_fork(void) { pthread_mutex_lock(&shared_mutex); }

static void after_fork_in_parent(void) { pthread_mutex_unlock(&shared_mutex); }

static void after_fork_in_child(void) {
  atomic_fetch_add(&fork_generation, 1);
  // The parent's teams stay where they are, unused: their threads and locks are of no use here.
  for (int i = 0; i <= LATHE_MAX_THREADS; i++) atomic_store(&shared_teams[i], NULL);
  pthread_mutex_unlock(&shared_mutex);
}

static void install_fork_handlers(void) {
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static int32_t clamped(int32_t threads) {
  if (threads < 1) return 1;
  return threads > LATHE_MAX_THREADS ? LATHE_MAX_THREADS : threads;
}

lathe_team *lathe_team_create(int32_t threads) {
  pthread_once(&fork_handlers, install_fork_handlers);
  void *memory;
  if (posix_memalign(&memory, alignof(lathe_team), sizeof(lathe_team)) != 0) return NULL;
  lathe_team *team = memory;
  *team = (lathe_team){.threads = clamped(threads)};
  atomic_init(&team->state, 0);
  atomic_init(&team->busy, false);
  lathe_event_init(&team->idle);
  lathe_event_init(&team->progress);
  // Where threads outnumber processors, a spinning one keeps a working one from its processor.
  bool fits = team->threads <= lathe_cpu_features().available_cpus;
  team->spin_limit = fits ? SPIN_LIMIT : 0;
  team->fork_generation = atomic_load(&fork_generation);
  return team;
}

/// Whether a job is open that is not the one numbered `last`, or the threads shall end.
static bool has_news(const void *state, int64_t last) {
  int64_t now = atomic_load((const _Atomic int64_t *)state);
  return (now & STOP) != 0 || ((now & OPEN) != 0 && now / JOB != last);
}

/// Whether nobody is in the job.
static bool has_left(const void *state, int64_t unused) {
  (void)unused;
  return (atomic_load((const _Atomic int64_t *)state) & JOINED) == 0;
}

static void *work(void *argument) {
  worker *self = argument;
  lathe_team *team = self->team;
  lathe_spin idle = lathe_team_spin(team), inside = idle;
  int64_t last = 0;
  for (;;) {
    lathe_event_wait(&team->idle, &idle, has_news, &team->state, last);
    int64_t state = atomic_load(&team->state);
    if ((state & STOP) != 0) return NULL;
    if ((state & OPEN) == 0 || state / JOB == last) continue;
    // Fails if another thread joins or the job closes just now; then looks again.
    if (!atomic_compare_exchange_strong(&team->state, &state, state + 1)) continue;
    last = state / JOB;
    atomic_store_explicit(&self->last, last, memory_order_relaxed);
    team->job(team->context, &inside);
    atomic_fetch_sub(&team->state, 1);
    lathe_event_notify(&team->progress);
  }
}

/// Moves away from the caller's processor the threads that did not join job number `job`.
///
/// The kernel likes to wake a thread where its waker runs, and then leaves it waiting there for a
/// time slice (measured: 2.8 ms) while another processor is idle.
static void disperse(lathe_team *team, int64_t job) {
  // With more threads than processors there is no free one to send them to.
  if (team->spin_limit == 0) return;
  int cpu = lathe_current_cpu();
  for (int32_t i = 0; i < team->running; i++) {
    worker *other = &team->workers[i];
    if (other->avoided == cpu) continue;
    if (atomic_load_explicit(&other->last, memory_order_relaxed) == job) continue;
    lathe_keep_off(other->thread, cpu);
    other->avoided = cpu;
  }
}

/// Starts the threads; a team that gets fewer than it asked for works with those.
static void start(lathe_team *team) {
  team->started = true;
  // Signals are for the program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (team->running < team->threads - 1) {
    worker *next = &team->workers[team->running];
    next->team = team;
    next->avoided = -1;
    atomic_init(&next->last, 0);
    if (pthread_create(&next->thread, NULL, work, next) != 0) break;
#if defined(__linux__)
    pthread_setname_np(next->thread, "lathe-worker");
#endif
    team->running++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  disperse(team, -1);
}

bool lathe_team_open(lathe_team *team, lathe_job job, void *context) {
  if (team->threads == 1 || team->fork_generation != atomic_load(&fork_generation)) return false;
  if (atomic_load_explicit(&team->busy, memory_order_relaxed)) return false;
  if (atomic_exchange(&team->busy, true)) return false;
  if (!team->started) start(team);
  team->job = job;
  team->context = context;
  // Closed and empty: nobody else writes the word now.
  atomic_store(&team->state, (atomic_load(&team->state) / JOB + 1) * JOB | OPEN);
  lathe_event_notify(&team->idle);
  team->opened_at = lathe_now_ns();
  return true;
}

void lathe_team_close(lathe_team *team, lathe_spin *spin) {
  int64_t job = atomic_fetch_and(&team->state, ~OPEN) / JOB;
  lathe_event_wait(&team->progress, spin, has_left, &team->state, 0);
  if (lathe_now_ns() - team->opened_at > MISSING_AFTER) disperse(team, job);
  atomic_store(&team->busy, false);
}

lathe_spin lathe_team_spin(const lathe_team *team) {
  return (lathe_spin){.budget = team->spin_limit, .limit = team->spin_limit};
}

lathe_event *lathe_team_progress(lathe_team *team) { return &team->progress; }

int32_t lathe_team_threads(const lathe_team *team) { return team->threads; }

void lathe_team_destroy(lathe_team *team) {
  if (team == NULL) return;
  if (team->fork_generation == atomic_load(&fork_generation)) {
    atomic_fetch_or(&team->state, STOP);
    lathe_event_notify(&team->idle);
    for (int32_t i = 0; i < team->running; i++) pthread_join(team->workers[i].thread, NULL);
    lathe_event_destroy(&team->idle);
    lathe_event_destroy(&team->progress);
  }
  free(team);
}

lathe_team *lathe_team_shared(int32_t threads) {
  int32_t count = clamped(threads == 0 ? lathe_cpu_features().available_cpus : threads);
  lathe_team *team = atomic_load_explicit(&shared_teams[count], memory_order_acquire);
  if (team != NULL) return team;
  pthread_once(&fork_handlers, install_fork_handlers);
  pthread_mutex_lock(&shared_mutex);
  team = atomic_load(&shared_teams[count]);
  if (team == NULL) {
    team = lathe_team_create(count);
    atomic_store(&shared_teams[count], team);
  }
  pthread_mutex_unlock(&shared_mutex);
  return team;
}
