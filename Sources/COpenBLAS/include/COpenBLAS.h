// OpenBLAS's matrix products, opened when the first one is asked for.
//
// Nothing links to it: opening takes some milliseconds and starts threads that spin for a while
// after each call, which only programs that multiply operation by operation should pay.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Opens libopenblas.so.0 once; false where it is absent or lacks a function.
bool lathe_blas_open(void);

/// The kernels that OpenBLAS chose for this CPU; NULL where it is not open or does not tell.
const char *lathe_blas_kernels(void);

/// Lets products use so many threads; 0 is as many as OpenBLAS had at the start. For the whole
/// process; nothing before `lathe_blas_open`.
void lathe_blas_use_threads(int32_t threads);

/// `c = a·b` of dense row-major matrices: a is m×k, b is k×n, c is m×n with rows `n` apart.
///
/// Rows of a are `lda` apart, or its columns where `transposed_a` holds; likewise b. Only after
/// `lathe_blas_open` answered true; extents and distances fit 31 bits and are not 0.
void lathe_blas_sgemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k,
                      const float *a, int64_t lda, const float *b, int64_t ldb, float *c);

/// The same in double precision.
void lathe_blas_dgemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k,
                      const double *a, int64_t lda, const double *b, int64_t ldb, double *c);

#ifdef __cplusplus
}
#endif
