// Opens OpenBLAS and calls through the addresses found.

#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// The constants and signatures of the C interface to BLAS (BLAST Forum, 2001), 32-bit integers.
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static void (*sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int,
                     float, float *, int);
static void (*dgemm)(int, int, int, int, int, int, double, const double *, int, const double *,
                     int, double, double *, int);
static void (*set_threads)(int);
static const char *(*core_name)(void);

static bool is_open;
static int initial_threads = 1;
static int used_threads;
static pthread_mutex_t threads_mutex = PTHREAD_MUTEX_INITIALIZER;

static void open_library(void) {
  void *library = dlopen("libopenblas.so.0", RTLD_LAZY | RTLD_LOCAL);
  if (!library) return;
  *(void **)&sgemm = dlsym(library, "cblas_sgemm");
  *(void **)&dgemm = dlsym(library, "cblas_dgemm");
  *(void **)&set_threads = dlsym(library, "openblas_set_num_threads");
  *(void **)&core_name = dlsym(library, "openblas_get_corename");
  int (*get_threads)(void);
  *(void **)&get_threads = dlsym(library, "openblas_get_num_threads");
  if (get_threads) initial_threads = get_threads();
  used_threads = initial_threads;
  is_open = sgemm && dgemm;
}

bool lathe_blas_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

const char *lathe_blas_kernels(void) { return is_open && core_name ? core_name() : NULL; }

void lathe_blas_use_threads(int32_t threads) {
  if (!is_open || !set_threads) return;
  int count = threads > 0 ? threads : initial_threads;
  pthread_mutex_lock(&threads_mutex);
  if (count != used_threads) set_threads(count);
  used_threads = count;
  pthread_mutex_unlock(&threads_mutex);
}

void lathe_blas_sgemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k,
                      const float *a, int64_t lda, const float *b, int64_t ldb, float *c) {
  sgemm(ROW_MAJOR, transposed_a ? TRANSPOSED : PLAIN, transposed_b ? TRANSPOSED : PLAIN, (int)m,
        (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, 0, c, (int)n);
}

void lathe_blas_dgemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k,
                      const double *a, int64_t lda, const double *b, int64_t ldb, double *c) {
  dgemm(ROW_MAJOR, transposed_a ? TRANSPOSED : PLAIN, transposed_b ? TRANSPOSED : PLAIN, (int)m,
        (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, 0, c, (int)n);
}
