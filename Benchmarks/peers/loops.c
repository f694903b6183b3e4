// The workloads as plain C loops, as one would write them first; built by gcc and by clang.
#include <math.h>

void ew_chain(const float *restrict x, float *restrict y, long count, int threads) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
  for (long i = 0; i < count; i++) {
    float v = x[i];
    y[i] = tanhf(v * 0.5f + 0.1f) * (1.0f / (1.0f + expf(-v))) + expf(-v * v);
  }
}

void overhead(const float *restrict x, float *restrict y, long count, int threads) {
  (void)threads;
  for (long i = 0; i < count; i++) {
    float v = x[i], t = (v * 2 + 1) * v - 3;
    y[i] = ((t * 0.5f + v) * v - 1) * 0.25f + 2;
  }
}
