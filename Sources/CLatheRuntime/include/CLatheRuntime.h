// The run time that compiled programs call: programs, thread teams, buffers, facts about the host.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Status

/// The first failure of a run: one word, `step << 40 | site`, where the lowest wins; all ones is
/// success.
///
/// The lowest pair does not depend on which thread ran what, so a failing run fails the same way
/// at any thread count. The word is read and written atomically.
typedef struct lathe_status {
  uint64_t word;
} lathe_status;

/// The word of a run in which nothing failed.
static const uint64_t LATHE_OK = UINT64_MAX;

/// The word of a run that had no memory for its scratch; nothing ran.
static const uint64_t LATHE_OUT_OF_MEMORY = UINT64_MAX - 1;

/// The number of low bits of a status word that hold the site; the step stands above them.
static const uint32_t LATHE_SITE_BITS = 40;

/// Lowers `status` to `step_and_index` if that is lower, atomically.
///
/// Generated code calls it on the failing path only and passes its site alone, in
/// [0, 2^40 - 2]: one kernel serves many steps, so the walker of the program adds the step.
void lathe_report(lathe_status *status, int64_t step_and_index);

// MARK: Programs

/// A compiled kernel: runs its parallel iterations [begin, end).
///
/// `buffers` holds one address per argument of the step, `symbols` one value per symbol.
/// Failures go to `status`. `scratch` belongs to the calling thread for the length of the call:
/// `scratch_bytes` of the program, 64-byte aligned, not cleared; NULL if that is 0.
/// A kernel may be called by several threads at once, on disjoint iterations.
typedef void (*lathe_kernel)(void *const *buffers, const int64_t *symbols, int64_t begin,
                             int64_t end, lathe_status *status, void *scratch);

enum {
  /// The most arguments that one step may have.
  LATHE_MAX_ARGUMENTS = 128,
  /// The most symbols that one step may name.
  LATHE_MAX_SYMBOLS = 64,
  /// The deepest nesting of loops in a program.
  LATHE_MAX_LOOP_DEPTH = 16,
  /// The deepest nesting of loops, branches and sections in a program.
  LATHE_MAX_NESTING = 64,
  /// The most terms of an argument's address: one per loop.
  LATHE_MAX_TERMS = LATHE_MAX_LOOP_DEPTH,
  /// The most steps of a program.
  LATHE_MAX_STEPS = (1 << 24) - 2,
  /// The most threads of a team, the caller included.
  LATHE_MAX_THREADS = 64,
};

/// Names the counter of an enclosing loop where a symbol is expected.
///
/// Depth 0 is the outermost loop. Symbol references at 0 and above name the caller's symbols;
/// those below 0 name counters. Behind its loop a counter is the number of steps that were made,
/// until another loop of the depth begins, or the block ends that the loop stands in.
static inline int32_t lathe_loop_counter(int32_t depth) { return -1 - depth; }

/// A number known when the program runs: `constant + scale * symbol`; `symbol` is not read if
/// `scale` is 0. Its value must fit 64 bits.
typedef struct lathe_extent {
  int64_t constant;
  int64_t scale;
  /// A symbol or, through `lathe_loop_counter`, the counter of an enclosing loop.
  int32_t symbol;
} lathe_extent;

/// One summand of an address: `stride * position`.
///
/// With `ring` 0 the position is the value of `symbol`; else it is (value + phase) mod `ring`,
/// which rotates through the last few iterations of a loop: the state a recurrence carries lives
/// in a ring of 2, read at phase 0 and written at phase 1. There the value must not be negative.
typedef struct lathe_term {
  /// A symbol or, through `lathe_loop_counter`, the counter of an enclosing loop.
  int32_t symbol;
  uint32_t ring;
  uint32_t phase;
  /// In bytes.
  int64_t stride;
} lathe_term;

/// Instead of a slot: the memory is the counter of a loop, an int64_t, which the calling thread has
/// for itself. The argument has one term, whose symbol names the loop and whose stride is 0.
static const uint32_t LATHE_SLOT_COUNTER = UINT32_MAX;

/// The address of one argument: `slots[slot] + offset`, and its terms.
typedef struct lathe_argument {
  uint32_t slot;
  uint32_t term_count;
  /// In bytes.
  int64_t offset;
  const lathe_term *terms;
} lathe_argument;

/// What a step does.
typedef enum lathe_step_kind {
  /// Calls a kernel on `count` iterations, `chunk` at a time.
  LATHE_STEP_CALL = 0,
  /// Begins a loop of `count` trips that ends at step `match`; none if `count` is not positive.
  /// With an argument, which is the address of an int64_t, it makes as many trips as that says, and
  /// `count` at most.
  LATHE_STEP_LOOP_BEGIN = 1,
  /// Ends the loop that began at step `match`.
  LATHE_STEP_LOOP_END = 2,
  /// Leaves the innermost loop, which ends at step `match`, unless the byte at the one argument is
  /// set.
  LATHE_STEP_LOOP_TEST = 3,
  /// Goes behind step `match`, which is its ELSE or END_IF, unless the byte at the one argument is
  /// set.
  LATHE_STEP_IF = 4,
  /// Ends what is done where the byte is set: goes behind step `match`, the END_IF.
  LATHE_STEP_ELSE = 5,
  /// Ends the branches of an IF.
  LATHE_STEP_END_IF = 6,
  /// Begins steps that one thread walks alone, in order, while the others go on to the next
  /// barrier; they end at step `match`. What is too short to be shared costs no waking and no
  /// waiting there.
  LATHE_STEP_SECTION_BEGIN = 7,
  /// Ends the section that began at step `match`.
  LATHE_STEP_SECTION_END = 8,
} lathe_step_kind;

/// The trips of a loop that only its tests end.
static const int64_t LATHE_UNBOUNDED = INT64_MAX;

/// Set in `flags` of a call or a section that begins only when every earlier call is done. Without
/// it, it may overlap all calls back to the last barrier, those of the previous trip included.
/// Steps that read memory to decide (a loop with an argument, LOOP_TEST, IF) always wait.
static const uint32_t LATHE_STEP_BARRIER = 1;

/// One row of a program. Fields that its kind does not name are 0.
typedef struct lathe_step {
  lathe_step_kind kind;
  uint32_t flags;
  /// The other end of a loop, a branch or a section, an index into the steps.
  uint32_t match;
  uint32_t argument_count;
  uint32_t symbol_count;
  /// A rough cost of one chunk, or of a section, in nanoseconds; decides only whether threads are
  /// worth waking.
  uint32_t chunk_cost;
  lathe_kernel kernel;
  const lathe_argument *arguments;
  /// What the kernel sees as its symbols 0, 1, …; with `symbol_count` 0 it sees the caller's.
  const int32_t *symbols;
  /// Iterations of a call, trips of a loop.
  lathe_extent count;
  /// Iterations per chunk, at least 1; only the last chunk is shorter. The split is the same on
  /// any number of threads, one included.
  int64_t chunk;
} lathe_step;

/// A table of steps. Plain constant data, which any number of callers may run at once.
typedef struct lathe_program {
  const lathe_step *steps;
  uint32_t step_count;
  /// The number of base addresses that a caller passes.
  uint32_t slot_count;
  /// The number of symbols that a caller passes.
  uint32_t symbol_count;
  /// Scratch memory per thread.
  uint64_t scratch_bytes;
} lathe_program;

/// What is wrong with a program.
typedef enum lathe_program_fault {
  LATHE_PROGRAM_FINE = 0,
  LATHE_PROGRAM_TOO_MANY_STEPS,
  LATHE_PROGRAM_KIND_UNKNOWN,
  LATHE_PROGRAM_TOO_MANY_ARGUMENTS,
  LATHE_PROGRAM_TOO_MANY_SYMBOLS,
  LATHE_PROGRAM_KERNEL_MISSING,
  LATHE_PROGRAM_CHUNK_NOT_POSITIVE,
  LATHE_PROGRAM_SLOT_OUT_OF_RANGE,
  LATHE_PROGRAM_SYMBOL_OUT_OF_RANGE,
  LATHE_PROGRAM_LOOPS_TOO_DEEP,
  LATHE_PROGRAM_LOOPS_UNMATCHED,
  LATHE_PROGRAM_BLOCKS_TOO_DEEP,
  LATHE_PROGRAM_BLOCKS_UNMATCHED,
  LATHE_PROGRAM_ARGUMENT_MISSING,
  LATHE_PROGRAM_TOO_MANY_TERMS,
} lathe_program_fault;

/// A kernel that copies its first argument to the second: iterations are bytes.
void lathe_copy(void *const *buffers, const int64_t *symbols, int64_t begin, int64_t end,
                lathe_status *status, void *scratch);

/// Checks all that `lathe_run` takes for granted, and stores the offending step in `step` (which
/// may be NULL). Meant to be called once, when a program is made or loaded.
lathe_program_fault lathe_program_check(const lathe_program *program, uint32_t *step);

/// A team of threads; see `lathe_team_create`.
typedef struct lathe_team lathe_team;

/// Runs a program that passes `lathe_program_check`, and returns the word of its status.
///
/// The calling thread takes part. It runs everything alone when `team` is NULL, has one thread or
/// serves another caller, and when the program's cost is too small to share; the bits of the
/// results are the same. Kernels run in the default floating-point mode (round to nearest, no
/// flushing of subnormals, exceptions masked), and the caller's mode is restored.
/// `status` may be NULL; its old value is not read.
uint64_t lathe_run(const lathe_program *program, void *const *slots, const int64_t *symbols,
                   lathe_team *team, lathe_status *status);

// MARK: Teams

/// Makes a team of `threads` threads, clamped to 1...64, the caller of `lathe_run` being one of
/// them. The others start at the first program that needs them, spin for some microseconds after
/// each, and then sleep. NULL if there is no memory.
///
/// In the child of a fork a team of the parent has no threads and serves its callers alone.
lathe_team *lathe_team_create(int32_t threads);

/// Ends the threads of a team that nobody uses, and frees it. NULL is allowed.
void lathe_team_destroy(lathe_team *team);

/// The process-wide team of `threads` threads, made at the first call with that count; 0 means as
/// many as `available_cpus`. Never destroy it. The child of a fork gets new ones.
lathe_team *lathe_team_shared(int32_t threads);

/// The number of threads of a team, its caller included.
int32_t lathe_team_threads(const lathe_team *team);

// MARK: Buffers

/// Returns `bytes` of memory, 64-byte aligned (2 MB, on huge pages, from 4 MB on), recycled where
/// possible and not cleared. NULL if there is none or `bytes` is beyond 2^46. Asking for 0 bytes
/// gives the smallest block.
///
/// Sizes are rounded up to a multiple of 64 and to the next of four steps per power of two, so at
/// most a fifth is lost beyond 256 bytes.
void *lathe_alloc(size_t bytes);

/// Gives memory back to the pool; `bytes` is what was asked for. NULL is allowed.
void lathe_free(void *memory, size_t bytes);

/// Sets how many bytes the pool may keep for reuse, and releases what is beyond, the longest
/// unused first. By default 4 GB, or a quarter of the memory if that is less.
void lathe_pool_set_cap(size_t bytes);

/// What the pool holds, in bytes after rounding.
typedef struct lathe_pool_statistics {
  /// Handed out and not given back.
  size_t live;
  /// Kept for reuse.
  size_t cached;
  /// The most that was ever live.
  size_t peak;
  /// The most that may be kept for reuse.
  size_t cap;
} lathe_pool_statistics;

/// What the pool holds now.
lathe_pool_statistics lathe_pool_stats(void);

// MARK: The host

/// What this machine's processor can do, and how much of it this process may use. A vector
/// extension is listed only if the operating system saves its registers too.
typedef struct lathe_cpu {
  bool sse41, avx2, fma, f16c;
  bool avx512f, avx512bw, avx512dq, avx512vl, avx512cd;
  bool avx512_vnni, avx512_bf16;
  bool neon;
  /// Bytes; 0 if unknown.
  int64_t l1d_bytes, l2_bytes, l3_bytes;
  /// How many hardware threads share one such cache; 1 if unknown.
  int32_t l2_sharers, l3_sharers;
  /// Processors that the affinity mask and the control groups' quota leave to this process; at
  /// least 1.
  int32_t available_cpus;
} lathe_cpu;

/// Asks the processor and the operating system, once per process.
lathe_cpu lathe_cpu_features(void);

/// The processor's name as it gives it, such as "AMD EPYC 9B45"; never NULL, may be empty.
const char *lathe_cpu_brand(void);

/// The address that this call returns to. Operators, which cannot take `#line`, keep it to name
/// the caller's source line later.
void *lathe_here(void);

/// Path of the file that this code was loaded from; empty where the system does not tell.
const char *lathe_image_path(void);

/// Lets `bytes` of code that was just written at `code` be run.
void lathe_code_written(void *code, size_t bytes);

/// Flushes standard output; false if any write to it has failed.
bool lathe_finish_output(void);

/// Nanoseconds on a clock that never goes back.
int64_t lathe_now_ns(void);

#ifdef __cplusplus
}
#endif
