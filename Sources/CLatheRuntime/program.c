// Walks a program's table of steps: alone, or as one thread of a team.
//
// Every thread walks the whole table and counts the chunks it passes; the count numbers all chunks
// of a run in one sequence, through all trips of all loops. Two shared counters hold the rest: how
// many chunks were claimed (always in sequence) and how many are done. A barrier waits until all
// chunks before it are done, not until all threads arrive, so nobody waits for a thread that the
// operating system has not scheduled.
#include <stdalign.h>
#include <string.h>

#include "floating_point.h"
#include "team.h"

/// Work below this many nanoseconds is not worth waking a thread.
static const double SHARING_COST = 20000;

/// One call of `lathe_run` on a team.
typedef struct run {
  const lathe_program *program;
  void *const *slots;
  const int64_t *symbols;
  lathe_status *status;
  lathe_team *team;
  alignas(64) _Atomic int64_t claimed;
  alignas(64) _Atomic int64_t done;
} run;

/// Where one thread is in its walk.
typedef struct walker {
  run *run;
  void *scratch;
  lathe_spin *spin;
  /// The chunks of all calls before the current step.
  int64_t passed;
  int32_t depth;
  int64_t counters[LATHE_MAX_LOOP_DEPTH];
  int64_t trips[LATHE_MAX_LOOP_DEPTH];
  /// What the kernel reports on this thread: sites, without the step.
  lathe_status status;
} walker;

static inline int64_t value_of(const walker *w, int32_t symbol) {
  return symbol >= 0 ? w->run->symbols[symbol] : w->counters[-1 - symbol];
}

static inline int64_t extent_of(const walker *w, const lathe_extent *extent) {
  if (extent->scale == 0) return extent->constant;
  return extent->constant + extent->scale * value_of(w, extent->symbol);
}

static inline int64_t chunks_of(int64_t iterations, int64_t chunk) {
  if (iterations <= 0) return 0;
  return iterations <= chunk ? 1 : (iterations - 1) / chunk + 1;
}

/// Rings of 2, which nearly all are, need no division.
static inline int64_t position_of(const walker *w, const lathe_term *term) {
  int64_t value = value_of(w, term->symbol);
  if (term->ring == 0) return value;
  return term->ring == 2 ? (value + term->phase) & 1 : (value + term->phase) % term->ring;
}

static inline void *address_of(const walker *w, const lathe_argument *argument) {
  if (argument->slot == LATHE_SLOT_COUNTER) {
    return (void *)&w->counters[-1 - argument->terms->symbol];
  }
  int64_t offset = argument->offset;
  for (uint32_t i = 0; i < argument->term_count; i++) {
    offset += argument->terms[i].stride * position_of(w, &argument->terms[i]);
  }
  return (char *)w->run->slots[argument->slot] + offset;
}

/// What a call's kernel is given, the same for all its chunks.
typedef struct call {
  const lathe_step *step;
  int64_t iterations;
  const int64_t *symbols;
  void *buffers[LATHE_MAX_ARGUMENTS];
  int64_t own_symbols[LATHE_MAX_SYMBOLS];
} call;

static inline void prepare(const walker *w, call *c) {
  const lathe_step *step = c->step;
  for (uint32_t i = 0; i < step->argument_count; i++) {
    c->buffers[i] = address_of(w, &step->arguments[i]);
  }
  for (uint32_t i = 0; i < step->symbol_count; i++) {
    c->own_symbols[i] = value_of(w, step->symbols[i]);
  }
  c->symbols = step->symbol_count == 0 ? w->run->symbols : c->own_symbols;
}

static inline void run_chunk(walker *w, const call *c, int64_t index) {
  int64_t begin = index * c->step->chunk;
  int64_t left = c->iterations - begin;
  int64_t end = left < c->step->chunk ? c->iterations : begin + c->step->chunk;
  c->step->kernel(c->buffers, c->symbols, begin, end, &w->status, w->scratch);
}

/// Moves what the kernel reported, now with its step, to the status of the run.
static inline void merge_status(walker *w, const lathe_step *step) {
  if (w->status.word == LATHE_OK) return;
  uint64_t site = w->status.word & ((1ull << LATHE_SITE_BITS) - 1);
  uint64_t index = (uint64_t)(step - w->run->program->steps);
  lathe_report(w->run->status, (int64_t)(index << LATHE_SITE_BITS | site));
  w->status.word = LATHE_OK;
}

void lathe_copy(void *const *buffers, const int64_t *symbols, int64_t begin, int64_t end,
                lathe_status *status, void *scratch) {
  (void)symbols, (void)status, (void)scratch;
  memcpy((char *)buffers[1] + begin, (const char *)buffers[0] + begin, (size_t)(end - begin));
}

static void call_alone(walker *w, const lathe_step *step) {
  call c;
  c.step = step;
  c.iterations = extent_of(w, &step->count);
  int64_t chunks = chunks_of(c.iterations, step->chunk);
  if (chunks == 0) return;
  prepare(w, &c);
  for (int64_t i = 0; i < chunks; i++) run_chunk(w, &c, i);
  merge_status(w, step);
}

/// Whether the chunks before number `bound` are done.
static bool is_done(const void *done, int64_t bound) {
  return atomic_load((const _Atomic int64_t *)done) >= bound;
}

static void wait_for_passed(walker *w) {
  lathe_event *progress = lathe_team_progress(w->run->team);
  lathe_event_wait(progress, w->spin, is_done, &w->run->done, w->passed);
}

/// Takes the next chunk if it comes before number `end`; -1 if all of those are taken.
static inline int64_t claim(run *r, int64_t end) {
  int64_t next = atomic_load_explicit(&r->claimed, memory_order_relaxed);
  while (next < end) {
    if (atomic_compare_exchange_weak(&r->claimed, &next, next + 1)) return next;
  }
  return -1;
}

static void call_shared(walker *w, const lathe_step *step) {
  run *r = w->run;
  if ((step->flags & LATHE_STEP_BARRIER) != 0) wait_for_passed(w);
  call c;
  c.step = step;
  c.iterations = extent_of(w, &step->count);
  int64_t first = w->passed, end = first + chunks_of(c.iterations, step->chunk);
  w->passed = end;
  int64_t index = claim(r, end);
  if (index < 0) return;
  prepare(w, &c);
  int64_t finished = 0;
  for (; index >= 0; index = claim(r, end)) {
    run_chunk(w, &c, index - first);
    finished++;
  }
  merge_status(w, step);
  atomic_fetch_add(&r->done, finished);
  lathe_event_notify(lathe_team_progress(r->team));
}

static void section_shared(walker *w, uint32_t begin);

/// Whether the byte that a step names is set, once all that may write it is done.
static inline bool is_set(walker *w, const lathe_step *step, bool is_shared) {
  if (is_shared) wait_for_passed(w);
  return *(const uint8_t *)address_of(w, step->arguments) != 0;
}

/// The trips of a loop that begins.
static inline int64_t trips_of(walker *w, const lathe_step *step, bool is_shared) {
  int64_t most = extent_of(w, &step->count);
  if (step->argument_count == 0) return most;
  if (is_shared) wait_for_passed(w);
  int64_t wanted = *(const int64_t *)address_of(w, step->arguments);
  return wanted < most ? wanted : most;
}

/// Walks the steps [i, end), which hold whole loops, branches and sections. All threads that share
/// them decide alike: they read the same counters, and memory only when it is written.
static inline __attribute__((always_inline)) void walk(walker *w, uint32_t i, uint32_t end,
                                                       bool is_shared) {
  for (; i < end; i++) {
    const lathe_step *step = &w->run->program->steps[i];
    switch (step->kind) {
      case LATHE_STEP_CALL:
        if (is_shared) {
          call_shared(w, step);
        } else {
          call_alone(w, step);
        }
        break;
      case LATHE_STEP_LOOP_BEGIN:
        w->trips[w->depth] = trips_of(w, step, is_shared);
        w->counters[w->depth] = 0;
        if (w->trips[w->depth] > 0) {
          w->depth++;
        } else {
          i = step->match;
        }
        break;
      case LATHE_STEP_LOOP_END:
        if (++w->counters[w->depth - 1] < w->trips[w->depth - 1]) {
          i = step->match;
        } else {
          w->depth--;
        }
        break;
      case LATHE_STEP_LOOP_TEST:
        if (is_set(w, step, is_shared)) break;
        w->depth--;
        i = step->match;
        break;
      case LATHE_STEP_IF:
        if (!is_set(w, step, is_shared)) i = step->match;
        break;
      case LATHE_STEP_ELSE:
        i = step->match;
        break;
      case LATHE_STEP_SECTION_BEGIN:
        if (!is_shared) break;
        section_shared(w, i);
        i = step->match;
        break;
      case LATHE_STEP_END_IF:
      case LATHE_STEP_SECTION_END:
        break;
    }
  }
}

/// A section is one chunk: whoever claims it walks its steps alone.
static __attribute__((noinline)) void section_shared(walker *w, uint32_t begin) {
  run *r = w->run;
  const lathe_step *step = &r->program->steps[begin];
  if ((step->flags & LATHE_STEP_BARRIER) != 0) wait_for_passed(w);
  w->passed++;
  if (claim(r, w->passed) < 0) return;
  walk(w, begin + 1, step->match, false);
  atomic_fetch_add(&r->done, 1);
  lathe_event_notify(lathe_team_progress(r->team));
}

/// What each thread of the team does; the caller does the same.
static void take_part(void *context, lathe_spin *spin) {
  run *r = context;
  size_t bytes = r->program->scratch_bytes;
  void *scratch = bytes == 0 ? NULL : lathe_alloc(bytes);
  // Without scratch a thread leaves its chunks to the others; the caller made sure of its own.
  if (bytes != 0 && scratch == NULL) return;
  lathe_floating_point saved = lathe_floating_point_enter();
  walker w = {.run = r, .scratch = scratch, .spin = spin, .status = {LATHE_OK}};
  walk(&w, 0, r->program->step_count, true);
  lathe_floating_point_leave(saved);
  if (scratch != NULL) lathe_free(scratch, bytes);
}

static void run_shared(run *r, void *scratch) {
  lathe_spin spin = lathe_team_spin(r->team);
  walker w = {.run = r, .scratch = scratch, .spin = &spin, .status = {LATHE_OK}};
  walk(&w, 0, r->program->step_count, true);
  wait_for_passed(&w);
  lathe_team_close(r->team, &spin);
}

static void run_alone(run *r, void *scratch) {
  walker w;
  w.run = r;
  w.scratch = scratch;
  w.depth = 0;
  w.status.word = LATHE_OK;
  walk(&w, 0, r->program->step_count, false);
}

/// The trips that a loop counts as where only the run tells them.
static const int64_t UNKNOWN_TRIPS = 64;

/// What is known about a program's work before it runs.
typedef struct estimate {
  walker w;
  double trips[LATHE_MAX_LOOP_DEPTH + 1];
  double cost;
  bool divisible;
  bool has_earlier_call;
} estimate;

static void add_chunks(estimate *e, const lathe_step *step, int64_t chunks) {
  bool has_barrier = (step->flags & LATHE_STEP_BARRIER) != 0;
  e->divisible |= chunks > 1 || (chunks == 1 && e->has_earlier_call && !has_barrier);
  e->has_earlier_call |= chunks > 0;
  e->cost += e->trips[e->w.depth] * (double)chunks * (double)step->chunk_cost;
}

/// Adds step `i`; the step behind which to go on.
static uint32_t add_step(estimate *e, uint32_t i) {
  const lathe_step *step = &e->w.run->program->steps[i];
  int64_t count = extent_of(&e->w, &step->count);
  switch (step->kind) {
    case LATHE_STEP_CALL:
      add_chunks(e, step, chunks_of(count, step->chunk));
      break;
    case LATHE_STEP_SECTION_BEGIN:
      add_chunks(e, step, 1);
      return step->match;
    case LATHE_STEP_LOOP_BEGIN:
      if (count <= 0) return step->match;
      if ((step->argument_count > 0 || count == LATHE_UNBOUNDED) && count > UNKNOWN_TRIPS) {
        count = UNKNOWN_TRIPS;
      }
      // Where a count depends on this loop's counter, the last trip stands for all.
      e->w.counters[e->w.depth++] = count - 1;
      e->trips[e->w.depth] = e->trips[e->w.depth - 1] * (double)count;
      break;
    case LATHE_STEP_LOOP_END:
      e->w.depth--;
      break;
    // Both branches count.
    case LATHE_STEP_LOOP_TEST:
    case LATHE_STEP_IF:
    case LATHE_STEP_ELSE:
    case LATHE_STEP_END_IF:
    case LATHE_STEP_SECTION_END:
      break;
  }
  return i;
}

/// Whether threads could share the program's work, and there is enough of it.
static bool is_worth_sharing(run *r) {
  estimate e;
  e.w.run = r;
  e.w.depth = 0;
  e.trips[0] = 1;
  e.cost = 0;
  e.divisible = e.has_earlier_call = false;
  for (uint32_t i = 0; i < r->program->step_count; i++) {
    i = add_step(&e, i);
    if (e.divisible && e.cost >= SHARING_COST) return true;
  }
  return false;
}

uint64_t lathe_run(const lathe_program *program, void *const *slots, const int64_t *symbols,
                   lathe_team *team, lathe_status *status) {
  lathe_status own;
  if (status == NULL) status = &own;
  status->word = LATHE_OK;
  size_t bytes = program->scratch_bytes;
  void *scratch = bytes == 0 ? NULL : lathe_alloc(bytes);
  if (bytes != 0 && scratch == NULL) return status->word = LATHE_OUT_OF_MEMORY;
  lathe_floating_point saved = lathe_floating_point_enter();
  run r;
  r.program = program;
  r.slots = slots;
  r.symbols = symbols;
  r.status = status;
  r.team = team;
  atomic_init(&r.claimed, 0);
  atomic_init(&r.done, 0);
  bool shares = team != NULL && lathe_team_threads(team) > 1 && is_worth_sharing(&r);
  if (shares && lathe_team_open(team, take_part, &r)) {
    run_shared(&r, scratch);
  } else {
    run_alone(&r, scratch);
  }
  lathe_floating_point_leave(saved);
  if (scratch != NULL) lathe_free(scratch, bytes);
  return status->word;
}
