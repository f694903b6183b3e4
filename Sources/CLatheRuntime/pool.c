// The recycling pool of buffers: free lists by size class, trimmed from the longest unused.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CLatheRuntime.h"
#include "control_groups.h"

static const size_t ALIGNMENT = 64;
static const size_t HUGE_FROM = (size_t)4 << 20;
static const size_t HUGE_PAGE = (size_t)2 << 20;
static const size_t LARGEST = (size_t)1 << 46;
static const size_t DEFAULT_CAP = (size_t)4 << 30;

/// Four classes per power of two: 64, 128, 192, 256 bytes, then 320 to 512, 640 to 1024, … 2^46.
enum { CLASSES = 4 * 39 };

/// A cached block, kept in its own first bytes: in the list of its class, the latest first, and
/// in the list of all by age.
typedef struct block {
  struct block *next_in_class, *previous_in_class;
  struct block *younger, *older;
  size_t size_class;
} block;

/// The pool; `mutex` guards all of it.
static struct {
  pthread_mutex_t mutex;
  block *latest[CLASSES];
  block *youngest, *oldest;
  lathe_pool_statistics statistics;
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t pool_once = PTHREAD_ONCE_INIT;

static void lock_pool(void) { pthread_mutex_lock(&pool.mutex); }

static void unlock_pool(void) { pthread_mutex_unlock(&pool.mutex); }

static void set_up_pool(void) {
  size_t quarter = (size_t)lathe_memory_available() / 4;
  pool.statistics.cap = quarter != 0 && quarter < DEFAULT_CAP ? quarter : DEFAULT_CAP;
  pthread_atfork(lock_pool, unlock_pool, unlock_pool);
}

static inline size_t class_of(size_t bytes) {
  size_t lines = bytes == 0 ? 1 : (bytes + ALIGNMENT - 1) / ALIGNMENT;
  if (lines <= 4) return lines - 1;
  // For lines in (2^k, 2^(k+1)], k >= 2: the quarter of that interval, rounded up.
  size_t k = 63 - (size_t)__builtin_clzll(lines - 1);
  return 4 * (k - 1) + ((lines - 1 - ((size_t)1 << k)) >> (k - 2));
}

static inline size_t bytes_of(size_t size_class) {
  if (size_class < 4) return (size_class + 1) * ALIGNMENT;
  size_t k = size_class / 4 + 1;
  return (((size_t)1 << k) + ((size_class % 4 + 1) << (k - 2))) * ALIGNMENT;
}

static void *map_huge(size_t bytes) {
  void *reserved = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (reserved == MAP_FAILED) return NULL;
  size_t head = (HUGE_PAGE - (uintptr_t)reserved % HUGE_PAGE) % HUGE_PAGE;
  char *start = (char *)reserved + head;
  if (head != 0) munmap(reserved, head);
  munmap(start + bytes, HUGE_PAGE - head);
#if defined(MADV_HUGEPAGE)
  madvise(start, bytes, MADV_HUGEPAGE);
#endif
  return start;
}

static void *obtain(size_t bytes) {
  if (bytes >= HUGE_FROM) return map_huge(bytes);
  void *memory;
  return posix_memalign(&memory, ALIGNMENT, bytes) == 0 ? memory : NULL;
}

static void release(void *memory, size_t bytes) {
  if (bytes >= HUGE_FROM) {
    munmap(memory, bytes);
  } else {
    free(memory);
  }
}

static void insert(block *b, size_t size_class) {
  b->size_class = size_class;
  b->previous_in_class = NULL;
  b->next_in_class = pool.latest[size_class];
  if (b->next_in_class != NULL) b->next_in_class->previous_in_class = b;
  pool.latest[size_class] = b;
  b->younger = NULL;
  b->older = pool.youngest;
  if (b->older != NULL) b->older->younger = b;
  pool.youngest = b;
  if (pool.oldest == NULL) pool.oldest = b;
  pool.statistics.cached += bytes_of(size_class);
}

static void take_out(block *b) {
  block **in_class = b->previous_in_class != NULL ? &b->previous_in_class->next_in_class
                                                  : &pool.latest[b->size_class];
  *in_class = b->next_in_class;
  if (b->next_in_class != NULL) b->next_in_class->previous_in_class = b->previous_in_class;
  *(b->younger != NULL ? &b->younger->older : &pool.youngest) = b->older;
  *(b->older != NULL ? &b->older->younger : &pool.oldest) = b->younger;
  pool.statistics.cached -= bytes_of(b->size_class);
}

/// Takes out the longest unused blocks until at most `limit` bytes are cached; returns them,
/// linked by `older`.
static block *evict(size_t limit) {
  block *evicted = NULL;
  while (pool.statistics.cached > limit && pool.oldest != NULL) {
    block *b = pool.oldest;
    take_out(b);
    b->older = evicted;
    evicted = b;
  }
  return evicted;
}

static void release_all(block *evicted) {
  while (evicted != NULL) {
    block *next = evicted->older;
    release(evicted, bytes_of(evicted->size_class));
    evicted = next;
  }
}

/// Releases cached blocks until at most `limit` bytes are left; the slow part without the lock.
static void trim(size_t limit) {
  lock_pool();
  block *evicted = evict(limit);
  unlock_pool();
  release_all(evicted);
}

/// Counts a block as handed out, or as given back after all.
static inline void count_live(size_t bytes) {
  pool.statistics.live += bytes;
  if (pool.statistics.live > pool.statistics.peak) pool.statistics.peak = pool.statistics.live;
}

void *lathe_alloc(size_t bytes) {
  if (bytes > LARGEST) return NULL;
  pthread_once(&pool_once, set_up_pool);
  size_t size_class = class_of(bytes), size = bytes_of(size_class);
  lock_pool();
  block *cached = pool.latest[size_class];
  if (cached != NULL) {
    take_out(cached);
    count_live(size);
  }
  unlock_pool();
  if (cached != NULL) return cached;
  void *fresh = obtain(size);
  if (fresh == NULL) {
    trim(0);
    fresh = obtain(size);
  }
  if (fresh == NULL) return NULL;
  lock_pool();
  count_live(size);
  unlock_pool();
  return fresh;
}

void lathe_free(void *memory, size_t bytes) {
  if (memory == NULL) return;
  size_t size_class = class_of(bytes);
  lock_pool();
  pool.statistics.live -= bytes_of(size_class);
  insert(memory, size_class);
  block *evicted = evict(pool.statistics.cap);
  unlock_pool();
  release_all(evicted);
}

void lathe_pool_set_cap(size_t bytes) {
  pthread_once(&pool_once, set_up_pool);
  lock_pool();
  pool.statistics.cap = bytes;
  unlock_pool();
  trim(bytes);
}

lathe_pool_statistics lathe_pool_stats(void) {
  pthread_once(&pool_once, set_up_pool);
  lock_pool();
  lathe_pool_statistics statistics = pool.statistics;
  unlock_pool();
  return statistics;
}
