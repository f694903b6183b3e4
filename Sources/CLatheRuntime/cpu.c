// What the processor can do: features, caches, name, and how many processors may be used.
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "CLatheRuntime.h"
#include "control_groups.h"

static lathe_cpu host;
static char brand[64];
static pthread_once_t host_once = PTHREAD_ONCE_INIT;

static void note_cache(unsigned level, int64_t bytes, int32_t sharers) {
  if (sharers < 1) sharers = 1;
  if (level == 1) host.l1d_bytes = bytes;
  if (level == 2) host.l2_bytes = bytes, host.l2_sharers = sharers;
  if (level == 3) host.l3_bytes = bytes, host.l3_sharers = sharers;
}

#if defined(__x86_64__)

static bool has(unsigned word, unsigned bit) { return (word >> bit & 1) != 0; }

static uint64_t enabled_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static void ask_features(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return;
  host.sse41 = has(c, 19);
  uint64_t enabled = has(c, 27) ? enabled_registers() : 0;
  // XMM and YMM (bits 1, 2); for AVX-512 also its masks and the upper registers (bits 5 to 7).
  bool ymm = (enabled & 0x6) == 0x6, zmm = (enabled & 0xE6) == 0xE6;
  bool avx = ymm && has(c, 28);
  host.fma = avx && has(c, 12);
  host.f16c = avx && has(c, 29);
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
  host.avx2 = avx && has(b, 5);
  host.avx512f = zmm && has(b, 16);
  host.avx512dq = host.avx512f && has(b, 17);
  host.avx512cd = host.avx512f && has(b, 28);
  host.avx512bw = host.avx512f && has(b, 30);
  host.avx512vl = host.avx512f && has(b, 31);
  host.avx512_vnni = host.avx512f && has(c, 11);
  if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) {
    host.avx512_bf16 = host.avx512f && has(a, 5);
  }
}

/// Reads the cache leaves, which Intel (4) and AMD (0x8000001D) lay out alike.
static void ask_caches(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(0, &a, &b, &c, &d)) return;
  bool is_amd = b == signature_AMD_ebx || b == 0x6F677948 /* Hygon */;
  unsigned leaf = is_amd ? 0x8000001D : 4;
  for (unsigned index = 0; index < 16; index++) {
    if (!__get_cpuid_count(leaf, index, &a, &b, &c, &d) || (a & 31) == 0) return;
    if ((a & 31) == 2) continue;  // instructions only
    int64_t ways = (b >> 22) + 1, partitions = (b >> 12 & 0x3FF) + 1, line = (b & 0xFFF) + 1;
    int64_t sets = (int64_t)c + 1;
    note_cache(a >> 5 & 7, ways * partitions * line * sets, (int32_t)(a >> 14 & 0xFFF) + 1);
  }
}

static void ask_brand(void) {
  char text[49] = {0};
  for (unsigned i = 0; i < 3; i++) {
    unsigned words[4];
    if (!__get_cpuid(0x80000002 + i, &words[0], &words[1], &words[2], &words[3])) return;
    memcpy(text + 16 * i, words, sizeof words);
  }
  char *start = text + strspn(text, " ");
  for (size_t n = strlen(start); n > 0 && start[n - 1] == ' '; n--) start[n - 1] = 0;
  strncpy(brand, start, sizeof brand - 1);
}

#else

static void ask_features(void) { host.neon = true; }

static void ask_brand(void) {
#if defined(__APPLE__)
  size_t size = sizeof brand - 1;
  sysctlbyname("machdep.cpu.brand_string", brand, &size, NULL, 0);
#else
  strncpy(brand, "arm64", sizeof brand - 1);
#endif
}

static void ask_caches(void) {
#if defined(__APPLE__)
  const char *names[] = {"hw.l1dcachesize", "hw.l2cachesize", "hw.l3cachesize"};
  for (unsigned i = 0; i < 3; i++) {
    int64_t bytes = 0;
    size_t size = sizeof bytes;
    if (sysctlbyname(names[i], &bytes, &size, NULL, 0) == 0) note_cache(i + 1, bytes, 1);
  }
#else
  note_cache(1, sysconf(_SC_LEVEL1_DCACHE_SIZE), 1);
  note_cache(2, sysconf(_SC_LEVEL2_CACHE_SIZE), 1);
  note_cache(3, sysconf(_SC_LEVEL3_CACHE_SIZE), 1);
#endif
}

#endif

static int32_t count_processors(void) {
  int64_t count = sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) count = CPU_COUNT(&allowed);
#endif
  int32_t quota = lathe_processor_quota();
  if (count > quota) count = quota;
  return count < 1 ? 1 : (int32_t)count;
}

static void ask_host(void) {
  host.l2_sharers = host.l3_sharers = 1;
  ask_features();
  ask_caches();
  ask_brand();
  host.available_cpus = count_processors();
}

lathe_cpu lathe_cpu_features(void) {
  pthread_once(&host_once, ask_host);
  return host;
}

const char *lathe_cpu_brand(void) {
  pthread_once(&host_once, ask_host);
  return brand;
}
