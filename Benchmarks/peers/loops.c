// The workloads as plain C loops, as one would write them first; built by gcc and by clang.
#include <math.h>

void ew_chain(const float *restrict x, float *restrict y, long count, int threads) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
  for (long i = 0; i < count; i++) {
    float v = x[i];
    y[i] = tanhf(v * 0.5f + 0.1f) * (1.0f / (1.0f + expf(-v))) + expf(-v * v);
  }
}

// exp as a polynomial (Cephes), which compilers vectorize where a call in a reduction stops them.
static inline float fast_exp(float x) {
  x = fminf(fmaxf(x, -87.0f), 88.0f);
  float n = __builtin_rintf(x * 1.44269504f);
  float r = x - n * 0.693359375f + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  union {
    int bits;
    float value;
  } power;
  power.bits = ((int)n + 127) << 23;
  return p * power.value;
}

void softmax(const float *restrict x, float *restrict y, long rows, long columns, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < rows; i++) {
    const float *a = x + i * columns;
    float *b = y + i * columns, largest = a[0], sum = 0;
#pragma omp simd reduction(max : largest)
    for (long j = 0; j < columns; j++) largest = a[j] > largest ? a[j] : largest;
#pragma omp simd reduction(+ : sum)
    for (long j = 0; j < columns; j++) {
      float e = fast_exp(a[j] - largest);
      b[j] = e;
      sum += e;
    }
    sum = 1.0f / sum;
    for (long j = 0; j < columns; j++) b[j] *= sum;
  }
}

void layernorm_gelu(const float *restrict x, const float *restrict r, const float *restrict g,
                    const float *restrict b, float *restrict y, long rows, long columns,
                    int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < rows; i++) {
    const float *xs = x + i * columns, *rs = r + i * columns;
    float *ys = y + i * columns, row[columns], mean = 0, scale = 0;
#pragma omp simd reduction(+ : mean)
    for (long j = 0; j < columns; j++) {
      row[j] = xs[j] + rs[j];
      mean += row[j];
    }
    mean /= columns;
#pragma omp simd reduction(+ : scale)
    for (long j = 0; j < columns; j++) scale += (row[j] - mean) * (row[j] - mean);
    scale = 1.0f / sqrtf(scale / columns + 1e-5f);
#pragma omp simd
    for (long j = 0; j < columns; j++) {
      float v = (row[j] - mean) * scale * g[j] + b[j];
      float e = fast_exp(1.5957691216f * (v + 0.044715f * v * v * v));
      ys[j] = v - v / (e + 1.0f);  // v (1 + tanh z) / 2 with e = exp(2 z)
    }
  }
}

void prefix_sum(const float *restrict x, float *restrict y, long count, int threads) {
  (void)threads;
  float sum = 0;
  for (long i = 0; i < count; i++) {
    sum += x[i];
    y[i] = sum;
  }
}

void overhead(const float *restrict x, float *restrict y, long count, int threads) {
  (void)threads;
  for (long i = 0; i < count; i++) {
    float v = x[i], t = (v * 2 + 1) * v - 3;
    y[i] = ((t * 0.5f + v) * v - 1) * 0.25f + 2;
  }
}
