// Measures what the machine can do at best on N threads: `machine N` prints GFLOP/s and GB/s.
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { width = 16, accumulators = 24 };
#define STREAM(p, v) _mm512_stream_ps((p), (__m512)(v))
#elif defined(__AVX__)
enum { width = 8, accumulators = 12 };
#define STREAM(p, v) _mm256_stream_ps((p), (__m256)(v))
#elif defined(__SSE2__)
enum { width = 4, accumulators = 12 };
#define STREAM(p, v) _mm_stream_ps((p), (__m128)(v))
#else
enum { width = 4, accumulators = 24 };
#define STREAM(p, v) (*(vector *)(p) = (v))
#endif
#ifdef __x86_64__
#define OPAQUE(v) __asm__ volatile("" : "+v"(v))
#else
#define OPAQUE(v) __asm__ volatile("" : "+w"(v))
#endif
typedef float vector __attribute__((vector_size(4 * width)));

// Runs of independent fused multiply-adds, in registers only.
static double gflops(int threads) {
  const long rounds = 1000000;
  double start = omp_get_wtime();
#pragma omp parallel num_threads(threads)
  {
    vector sum[accumulators] = {{0}}, x = {0}, y = {0};
    for (int a = 0; a < accumulators; a++) OPAQUE(sum[a]);
    for (long r = 0; r < rounds; r++) {
      OPAQUE(x);
#pragma GCC unroll 24
      for (int a = 0; a < accumulators; a++) sum[a] = sum[a] * x + y;
    }
    for (int a = 0; a < accumulators; a++) OPAQUE(sum[a]);
  }
  return 2e-9 * rounds * accumulators * width * threads / (omp_get_wtime() - start);
}

// Copies between two arrays of `bytes` in all, with streaming stores when asked.
static double copying(long bytes, int threads, int streaming, float *from, float *to) {
  long count = bytes / 8, repeats = 200000000 / bytes + 1;
  double start = omp_get_wtime();
#pragma omp parallel num_threads(threads)
  for (long r = 0; r < repeats; r++) {
#pragma omp for schedule(static)
    for (long i = 0; i < count; i += width) {
      vector v = *(vector *)(from + i);
      OPAQUE(v);
      if (streaming)
        STREAM(to + i, v);
      else
        *(vector *)(to + i) = v;
    }
  }
  return 1e-9 * bytes * repeats / (omp_get_wtime() - start);
}

static double reading(long bytes, int threads, float *from) {
  long count = bytes / 4, repeats = 200000000 / bytes + 1;
  double start = omp_get_wtime();
#pragma omp parallel num_threads(threads)
  for (long r = 0; r < repeats; r++) {
    vector sum[8] = {{0}};
#pragma omp for schedule(static)
    for (long i = 0; i < count; i += 8 * width)
#pragma GCC unroll 8
      for (int a = 0; a < 8; a++) sum[a] += *(vector *)(from + i + a * width);
    for (int a = 0; a < 8; a++) OPAQUE(sum[a]);
  }
  return 1e-9 * bytes * repeats / (omp_get_wtime() - start);
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  long sizes[] = {256L << 20, 32L << 20, 8L << 20};
  const char *names[] = {"dram", "mid", "cache"};
  float *from = aligned_alloc(1 << 21, sizes[0]), *to = aligned_alloc(1 << 21, sizes[0]);
  madvise(from, sizes[0], MADV_HUGEPAGE);
  madvise(to, sizes[0], MADV_HUGEPAGE);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (long i = 0; i < sizes[0] / 4; i++) from[i] = 1, to[i] = 0;
  double flops = 0;
  for (int r = 0; r < 20; r++) { double f = gflops(threads); flops = f > flops ? f : flops; }
  printf("{\"gflops\": %.1f", flops);
  for (int s = 0; s < 3; s++) {
    double best = 0, read = 0;
    for (int r = 0; r < 12; r++) {
      double rate = copying(sizes[s], threads, r & 1, from, to);
      best = rate > best ? rate : best;
      rate = reading(sizes[s], threads, from);
      read = rate > read ? rate : read;
    }
    best = read > best ? read : best;
    printf(", \"%s_gbs\": %.1f, \"%s_read_gbs\": %.1f", names[s], best, names[s], read);
  }
  printf("}\n");
}
