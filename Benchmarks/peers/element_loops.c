// Plain loops as one would write them first, and by hand (_hand): lanes and tiles spelled out, for
// AVX-512. Inputs, output, the extents of the first input, threads.
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// MARK: mandelbrot

void mandelbrot(const float *cx, const float *cy, int *counts, long n, int threads) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 8)
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j++) {
      float x = 0, y = 0, x0 = cx[j], y0 = cy[i];
      int count = 0;
      while (count < 200) {
        float xx = x * x, yy = y * y;
        if (xx + yy > 4) break;
        y = 2 * x * y + y0;
        x = xx - yy + x0;
        count++;
      }
      counts[i * n + j] = count;
    }
}

typedef float floats __attribute__((vector_size(64)));
typedef int ints __attribute__((vector_size(64)));

// Four vectors at a time, so that multiplications need not wait for each other.
void mandelbrot_hand(const float *cx, const float *cy, int *counts, long n, int threads) {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 4)
  for (long i = 0; i < n; i++)
    for (long j = 0; j < n; j += 64) {
      floats x0[4], x[4] = {}, y[4] = {}, y0 = cy[i] - (floats){};
      ints count[4] = {};
      memcpy(x0, cx + j, sizeof x0);
      for (int k = 0; k < 200; k++) {
        ints any = {};
#pragma GCC unroll 4
        for (int u = 0; u < 4; u++) {
          floats xx = x[u] * x[u], yy = y[u] * y[u];
          ints inside = xx + yy <= 4.0f;
          count[u] -= inside;
          any |= inside;
          y[u] = 2.0f * x[u] * y[u] + y0;
          x[u] = xx - yy + x0[u];
        }
        if (!_mm512_test_epi32_mask((__m512i)any, (__m512i)any)) break;
      }
      memcpy(counts + i * n + j, count, sizeof count);
    }
}

// MARK: nbody

void nbody(const float *restrict p, const float *restrict m, float *restrict a, long n, long three,
           int threads) {
  (void)three;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < n; i++) {
    float ax = 0, ay = 0, az = 0, x = p[3 * i], y = p[3 * i + 1], z = p[3 * i + 2];
#pragma omp simd reduction(+ : ax, ay, az)
    for (long j = 0; j < n; j++) {
      float dx = p[3 * j] - x, dy = p[3 * j + 1] - y, dz = p[3 * j + 2] - z;
      float r2 = dx * dx + dy * dy + dz * dz + 1e-3f, s = m[j] / (r2 * sqrtf(r2));
      ax += s * dx;
      ay += s * dy;
      az += s * dz;
    }
    a[3 * i] = ax;
    a[3 * i + 1] = ay;
    a[3 * i + 2] = az;
  }
}

// Coordinates apart, an approximate root with one Newton step, four bodies against sixteen.
void nbody_hand(const float *restrict p, const float *restrict m, float *restrict a, long n,
                long three, int threads) {
  (void)three;
  float *xs = aligned_alloc(64, n * 12), *ys = xs + n, *zs = ys + n;
  for (long i = 0; i < n; i++) {
    xs[i] = p[3 * i];
    ys[i] = p[3 * i + 1];
    zs[i] = p[3 * i + 2];
  }
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < n; i += 4) {
    __m512 ax[4], ay[4], az[4];
    for (int u = 0; u < 4; u++) ax[u] = ay[u] = az[u] = _mm512_setzero_ps();
    for (long j = 0; j < n; j += 16) {
      __m512 xj = _mm512_loadu_ps(xs + j), yj = _mm512_loadu_ps(ys + j);
      __m512 zj = _mm512_loadu_ps(zs + j), mj = _mm512_loadu_ps(m + j);
#pragma GCC unroll 4
      for (int u = 0; u < 4; u++) {
        __m512 dx = xj - xs[i + u], dy = yj - ys[i + u], dz = zj - zs[i + u];
        __m512 r2 = dx * dx + dy * dy + dz * dz + 1e-3f, r = _mm512_rsqrt14_ps(r2);
        r = r * (1.5f - 0.5f * r2 * r * r);
        __m512 s = mj * r * r * r;
        ax[u] += s * dx;
        ay[u] += s * dy;
        az[u] += s * dz;
      }
    }
    for (int u = 0; u < 4; u++) {
      a[3 * (i + u)] = _mm512_reduce_add_ps(ax[u]);
      a[3 * (i + u) + 1] = _mm512_reduce_add_ps(ay[u]);
      a[3 * (i + u) + 2] = _mm512_reduce_add_ps(az[u]);
    }
  }
  free(xs);
}

// MARK: jacobi

void jacobi(const float *restrict u, float *restrict a, long n, long columns, int threads) {
  static float *b;
  if (!b) b = aligned_alloc(64, (size_t)n * columns * 4);
  memcpy(a, u, (size_t)n * columns * 4);
  memcpy(b, u, (size_t)n * columns * 4);
  for (int k = 0; k < 10; k++) {
    const float *restrict s = k & 1 ? b : a;
    float *restrict d = k & 1 ? a : b;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (long i = 1; i < n - 1; i++)
      for (long j = 1; j < columns - 1; j++)
        d[i * columns + j] = 0.25f * (s[(i - 1) * columns + j] + s[(i + 1) * columns + j] +
                                      s[i * columns + j - 1] + s[i * columns + j + 1]);
  }
}

// Bands of rows with a halo of ten are swept ten times in the cache.
void jacobi_hand(const float *restrict u, float *restrict a, long n, long columns, int threads) {
  const long band = 32, sweeps = 10, row = columns * 4;
#pragma omp parallel num_threads(threads)
  {
    long height = band + 2 * sweeps + 2;
    float *p = aligned_alloc(64, height * row), *q = aligned_alloc(64, height * row);
#pragma omp for schedule(dynamic, 1)
    for (long start = 0; start < n; start += band) {
      long low = start < sweeps ? 0 : start - sweeps;
      long high = start + band + sweeps > n ? n : start + band + sweeps, rows = high - low;
      memcpy(p, u + low * columns, rows * row);
      for (long i = 0; i < rows; i++) {
        q[i * columns] = p[i * columns];
        q[i * columns + columns - 1] = p[i * columns + columns - 1];
      }
      if (low == 0) memcpy(q, p, row);
      if (high == n) memcpy(q + (rows - 1) * columns, p + (rows - 1) * columns, row);
      float *s = p, *d = q;
      for (long k = 0; k < sweeps; k++) {
        long first = low == 0 ? 1 : k + 1, last = high == n ? rows - 1 : rows - k - 1;
        for (long i = first; i < last; i++) {
          const float *restrict c = s + i * columns;
          float *restrict o = d + i * columns;
          for (long j = 1; j < columns - 1; j++)
            o[j] = 0.25f * (c[j - columns] + c[j + columns] + c[j - 1] + c[j + 1]);
        }
        float *t = s;
        s = d;
        d = t;
      }
      long end = start + band > n ? n : start + band;
      memcpy(a + start * columns, s + (start - low) * columns, (end - start) * row);
    }
    free(p);
    free(q);
  }
}

// MARK: dtw

void dtw(const float *a, const float *b, float *out, long n, int threads) {
  (void)threads;
  static float *row;
  if (!row) row = malloc((n + 1) * 4);
  row[0] = 0;
  for (long j = 1; j <= n; j++) row[j] = 3e38f;
  for (long i = 0; i < n; i++) {
    float diagonal = row[0], left = 3e38f;
    row[0] = left;
    for (long j = 0; j < n; j++) {
      float up = row[j + 1], least = up < diagonal ? up : diagonal;
      least = left < least ? left : least;
      left = fabsf(a[i] - b[j]) + least;
      diagonal = up;
      row[j + 1] = left;
    }
  }
  *out = row[n];
}

// Cells of one diagonal are independent; three diagonals are kept.
void dtw_hand(const float *a, const float *b, float *out, long n, int threads) {
  (void)threads;
  static float *memory;
  if (!memory) memory = malloc((4 * n + 64) * 4);
  float *p = memory + 1, *q = p + n + 8, *r = q + n + 8, *back = r + n + 8;
  for (long i = 0; i < n; i++) back[i] = b[n - 1 - i];
  for (long i = -1; i < n; i++) p[i] = q[i] = r[i] = 3e38f;
  for (long s = 0; s < 2 * n - 1; s++) {
    long low = s < n ? 0 : s - n + 1, high = s < n ? s : n - 1;
    const float *bs = back + (n - 1 - s);
    if (s == 0) {
      r[0] = fabsf(a[0] - b[0]);
    } else {
#pragma omp simd
      for (long i = low; i <= high; i++) {
        float least = q[i - 1] < q[i] ? q[i - 1] : q[i];
        least = p[i - 1] < least ? p[i - 1] : least;
        r[i] = fabsf(a[i] - bs[i]) + least;
      }
    }
    if (low > 0) r[low - 1] = 3e38f;
    if (high + 1 < n) r[high + 1] = 3e38f;
    float *t = p;
    p = q;
    q = r;
    r = t;
  }
  *out = q[n - 1];
}

// MARK: histogram

void histogram(const uint8_t *x, int64_t *counts, long n, int threads) {
  memset(counts, 0, 256 * 8);
#pragma omp parallel num_threads(threads)
  {
    uint32_t own[256] = {0};
#pragma omp for schedule(static) nowait
    for (long i = 0; i < n; i++) own[x[i]]++;
#pragma omp critical
    for (int k = 0; k < 256; k++) counts[k] += own[k];
  }
}

// Eight tables, so that no addition waits for the one before it to reach memory.
void histogram_hand(const uint8_t *x, int64_t *counts, long n, int threads) {
  memset(counts, 0, 256 * 8);
#pragma omp parallel num_threads(threads)
  {
    static _Thread_local uint32_t own[8][256];
    memset(own, 0, sizeof own);
    const uint64_t *words = (const uint64_t *)x;
#pragma omp for schedule(static) nowait
    for (long i = 0; i < n / 8; i++) {
      uint64_t w = words[i];
#pragma GCC unroll 8
      for (int t = 0; t < 8; t++) own[t][(w >> (8 * t)) & 255]++;
    }
#pragma omp critical
    for (int t = 0; t < 8; t++)
      for (int k = 0; k < 256; k++) counts[k] += own[t][k];
  }
}

// MARK: prefix_sum

// Blocks in turn: each is summed, waits for the sum before it, and is scanned in registers.
void prefix_sum_loop_hand(const float *restrict x, float *restrict y, long n, int threads) {
  const long size = 1 << 14, blocks = n / size;
  float *carry = malloc((blocks + 1) * 4);
  int *ready = calloc(blocks + 1, 4);
  carry[0] = 0;
  ready[0] = 1;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (long k = 0; k < blocks; k++) {
    const float *a = x + k * size;
    float *o = y + k * size, total = 0;
#pragma omp simd reduction(+ : total)
    for (long i = 0; i < size; i++) total += a[i];
    while (!__atomic_load_n(&ready[k], __ATOMIC_ACQUIRE)) _mm_pause();
    float start = carry[k];
    carry[k + 1] = start + total;
    __atomic_store_n(&ready[k + 1], 1, __ATOMIC_RELEASE);
    __m512 sum = _mm512_set1_ps(start);
    const __m512i zero = _mm512_setzero_si512();
    for (long i = 0; i < size; i += 16) {
      __m512 v = _mm512_loadu_ps(a + i);
#define SHIFTED(by) \
  _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(v), zero, 16 - by))
      v += SHIFTED(1);
      v += SHIFTED(2);
      v += SHIFTED(4);
      v += SHIFTED(8);
      v += sum;
      _mm512_storeu_ps(o + i, v);
      sum = _mm512_permutexvar_ps(_mm512_set1_epi32(15), v);
    }
  }
  free(carry);
  free(ready);
}

// MARK: lstm

static inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

// Gates of one step from the products: i, f, g, o.
static void step(const float *gates, float *c, float *h, float *out, long batch, long hidden,
                 int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < batch; i++) {
    const float *z = gates + i * 4 * hidden;
#pragma omp simd
    for (long k = 0; k < hidden; k++) {
      float kept = sigmoid(z[hidden + k]) * c[i * hidden + k];
      float cell = kept + sigmoid(z[k]) * tanhf(z[2 * hidden + k]);
      c[i * hidden + k] = cell;
      out[i * hidden + k] = h[i * hidden + k] = sigmoid(z[3 * hidden + k]) * tanhf(cell);
    }
  }
}

// rows += a b, the order of loops that compilers vectorize.
static void add_product(const float *restrict a, const float *restrict b, float *restrict rows,
                        long m, long n, long depth, int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < m; i++)
    for (long k = 0; k < depth; k++) {
      float x = a[i * depth + k];
      for (long j = 0; j < n; j++) rows[i * n + j] += x * b[k * n + j];
    }
}

void lstm(const float *x, const float *wx, const float *wh, const float *b, float *out, long steps,
          long batch, long hidden, int threads) {
  static float *gates, *h, *c;
  long wide = 4 * hidden;
  if (!gates) {
    gates = malloc((size_t)steps * batch * wide * 4);
    h = malloc(batch * hidden * 4);
    c = malloc(batch * hidden * 4);
  }
  memset(h, 0, batch * hidden * 4);
  memset(c, 0, batch * hidden * 4);
  for (long i = 0; i < steps * batch; i++) memcpy(gates + i * wide, b, wide * 4);
  add_product(x, wx, gates, steps * batch, wide, hidden, threads);
  for (long t = 0; t < steps; t++) {
    float *now = gates + t * batch * wide;
    add_product(h, wh, now, batch, wide, hidden, threads);
    step(now, c, h, out + t * batch * hidden, batch, hidden, threads);
  }
}
