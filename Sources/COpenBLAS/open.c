// Opens OpenBLAS and calls through the addresses found.

#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

// The constants and signatures of the C interface to BLAS (BLAST Forum, 2001), 32-bit integers.
enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static void (*sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int,
                     float, float *, int);
static void (*dgemm)(int, int, int, int, int, int, double, const double *, int, const double *,
                     int, double, double *, int);
static void (*set_threads)(int);
static const char *(*core_name)(void);

// LAPACK in Fortran's convention (Anderson et al., *LAPACK Users' Guide*), and the triangular solve of
// the C interface; first for single, then for double precision.
static void (*potrf[2])(const char *, const int *, void *, const int *, int *, size_t);
static void (*getrf[2])(const int *, const int *, void *, const int *, int *, int *);
static void (*geqrf[2])(const int *, const int *, void *, const int *, void *, void *, const int *,
                        int *);
static void (*orgqr[2])(const int *, const int *, const int *, void *, const int *, const void *,
                        void *, const int *, int *);
static void (*strsm)(int, int, int, int, int, int, int, float, const float *, int, float *, int);
static void (*dtrsm)(int, int, int, int, int, int, int, double, const double *, int, double *, int);

static bool is_open;
static bool has_lapack;
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
  *(void **)&potrf[0] = dlsym(library, "spotrf_");
  *(void **)&potrf[1] = dlsym(library, "dpotrf_");
  *(void **)&getrf[0] = dlsym(library, "sgetrf_");
  *(void **)&getrf[1] = dlsym(library, "dgetrf_");
  *(void **)&geqrf[0] = dlsym(library, "sgeqrf_");
  *(void **)&geqrf[1] = dlsym(library, "dgeqrf_");
  *(void **)&orgqr[0] = dlsym(library, "sorgqr_");
  *(void **)&orgqr[1] = dlsym(library, "dorgqr_");
  *(void **)&strsm = dlsym(library, "cblas_strsm");
  *(void **)&dtrsm = dlsym(library, "cblas_dtrsm");
  has_lapack = strsm && dtrsm;
  for (int i = 0; i < 2; i++)
    has_lapack = has_lapack && potrf[i] && getrf[i] && geqrf[i] && orgqr[i];
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

bool lathe_lapack_open(void) { return lathe_blas_open() && has_lapack; }

enum { NO_MEMORY = -1000, LEFT = 141, UPPER = 121, LOWER = 122, NON_UNIT = 131 };

int32_t lathe_lapack_potrf(bool is_double, int32_t n, void *a) {
  int info = 0;
  potrf[is_double]("U", &n, a, &n, &info, 1);
  return info;
}

int32_t lathe_lapack_getrf(bool is_double, int32_t n, void *a, int32_t *pivots) {
  int info = 0;
  getrf[is_double](&n, &n, a, &n, pivots, &info);
  return info;
}

// Memory for the work that a function asks for in its answer to a query, and its count of elements.
static void *make_work(bool is_double, const void *answer, int *count) {
  *count = is_double ? (int)*(const double *)answer : (int)*(const float *)answer;
  return malloc((size_t)(*count > 0 ? *count : 1) * sizeof(double));
}

int32_t lathe_lapack_geqrf(bool is_double, int32_t m, int32_t n, void *a, void *factors) {
  int info = 0, query = -1, count = 0;
  double answer = 0;
  geqrf[is_double](&m, &n, a, &m, factors, &answer, &query, &info);
  void *work = make_work(is_double, &answer, &count);
  if (!work) return NO_MEMORY;
  geqrf[is_double](&m, &n, a, &m, factors, work, &count, &info);
  free(work);
  return info;
}

int32_t lathe_lapack_orgqr(bool is_double, int32_t m, int32_t n, int32_t k, void *a,
                           const void *factors) {
  int info = 0, query = -1, count = 0;
  double answer = 0;
  orgqr[is_double](&m, &n, &k, a, &m, factors, &answer, &query, &info);
  void *work = make_work(is_double, &answer, &count);
  if (!work) return NO_MEMORY;
  orgqr[is_double](&m, &n, &k, a, &m, factors, work, &count, &info);
  free(work);
  return info;
}

void lathe_blas_trsm(bool is_double, bool is_lower, int32_t n, int32_t m, const void *t, void *b) {
  int side = is_lower ? LOWER : UPPER;
  if (is_double)
    dtrsm(ROW_MAJOR, LEFT, side, PLAIN, NON_UNIT, n, m, 1, t, n, b, m);
  else
    strsm(ROW_MAJOR, LEFT, side, PLAIN, NON_UNIT, n, m, 1, t, n, b, m);
}
