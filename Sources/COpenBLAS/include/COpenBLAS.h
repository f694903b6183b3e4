// OpenBLAS's matrix products and factorizations, opened when the first one is asked for.
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

/// Whether the opened library has LAPACK's functions too.
bool lathe_lapack_open(void);

/// What follows works on column-major matrices whose columns are as far apart as they have rows, in
/// place, of double precision where `is_double` holds. Each returns LAPACK's `info`: 0, or where it
/// stopped; -1000 where there is no memory.

/// The upper factor of a symmetric n×n matrix, of which the upper triangle is read.
int32_t lathe_lapack_potrf(bool is_double, int32_t n, void *a);

/// L and U of an n×n matrix; `pivots` are the rows exchanged, from 1.
int32_t lathe_lapack_getrf(bool is_double, int32_t n, void *a, int32_t *pivots);

/// R and Householder's vectors of an m×n matrix, and their factors.
int32_t lathe_lapack_geqrf(bool is_double, int32_t m, int32_t n, void *a, void *factors);

/// The first n columns of Q, m×n, from k of Householder's vectors.
int32_t lathe_lapack_orgqr(bool is_double, int32_t m, int32_t n, int32_t k, void *a,
                           const void *factors);

/// X of `T X = B` in place of B, n×m; both row-major.
void lathe_blas_trsm(bool is_double, bool is_lower, int32_t n, int32_t m, const void *t, void *b);

#ifdef __cplusplus
}
#endif
