// Opens libLLVM on request and sends every function of functions.def there.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CLLVM.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__APPLE__)
#define LIBRARY_NAMES "/opt/homebrew/opt/llvm/lib/libLLVM.dylib", "libLLVM.dylib"
#define SYMBOL(name) "_" #name
#define HIDDEN(name) ".private_extern _" #name "\n"
#else
#define LIBRARY_NAMES CLLVM_SONAMES
#define SYMBOL(name) #name
#define HIDDEN(name) ".hidden " #name "\n.type " #name ",@function\n"
#endif

#if defined(__x86_64__)
#define JUMP(slot) "jmp *" slot "(%rip)\n"
#elif defined(__aarch64__) && defined(__APPLE__)
#define JUMP(slot) \
  "adrp x16, " slot "@PAGE\nldr x16, [x16, " slot "@PAGEOFF]\nbr x16\n"
#elif defined(__aarch64__)
#define JUMP(slot) "adrp x16, " slot "\nldr x16, [x16, :lo12:" slot "]\nbr x16\n"
#else
#error "Lathe runs on x86-64 and arm64"
#endif

// What a slot holds until the library is loaded.
static void not_loaded(void) {
  fputs("LLVM was called before cllvm_load\n", stderr);
  abort();
}

// For each function: a slot with its address, and a hidden function of its name that jumps there.
#define CLLVM_FUNCTION(name)                                                   \
  __attribute__((visibility("hidden"), used)) void *cllvm_slot_##name =        \
      (void *)not_loaded;                                                      \
  __asm__(".text\n.globl " SYMBOL(name) "\n" HIDDEN(name) SYMBOL(name) ":\n"   \
          JUMP(SYMBOL(cllvm_slot_##name)));
#include "functions.def"
#undef CLLVM_FUNCTION

static const struct {
  const char *name;
  void **slot;
} functions[] = {
#define CLLVM_FUNCTION(name) {#name, &cllvm_slot_##name},
#include "functions.def"
#undef CLLVM_FUNCTION
};

static char failure[512];
static atomic_ullong elapsed;

static void *open_library(void) {
  static const char *const names[] = {LIBRARY_NAMES};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (library) return library;
    if (i == 0) {
      const char *reason = dlerror();
      snprintf(failure, sizeof failure, "cannot open libLLVM: %s", reason ? reason : names[0]);
    }
  }
  return NULL;
}

static void load(void) {
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  void *library = open_library();
  if (!library) return;
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    void *address = dlsym(library, functions[i].name);
    if (!address) {
      snprintf(failure, sizeof failure, "libLLVM has no %s", functions[i].name);
      return;
    }
    *functions[i].slot = address;
  }
  failure[0] = 0;
  clock_gettime(CLOCK_MONOTONIC, &end);
  unsigned long long ns = (unsigned long long)(end.tv_sec - begin.tv_sec) * 1000000000ULL +
                          (unsigned long long)end.tv_nsec - (unsigned long long)begin.tv_nsec;
  atomic_store(&elapsed, ns ? ns : 1);
}

int cllvm_load(const char **error) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  if (atomic_load(&elapsed)) return 1;
  if (error) *error = failure;
  return 0;
}

const char *cllvm_path(void) {
  Dl_info found;
  if (!atomic_load(&elapsed) || !dladdr(*functions[0].slot, &found)) return NULL;
  return found.dli_fname;
}

unsigned long long cllvm_load_ns(void) { return atomic_load(&elapsed); }
