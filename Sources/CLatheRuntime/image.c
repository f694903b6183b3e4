// The file that this code came from, and code that was written at run time.
#if defined(__linux__)
#define _GNU_SOURCE
#include <link.h>
#else
#include <dlfcn.h>
#endif
#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include "CLatheRuntime.h"

static char path[PATH_MAX];

#if defined(__linux__)

static int note(struct dl_phdr_info *image, size_t size, void *unused) {
  (void)size;
  (void)unused;
  const ElfW(Addr) wanted = (ElfW(Addr))(uintptr_t)&lathe_image_path;
  for (int i = 0; i < image->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &image->dlpi_phdr[i];
    if (part->p_type != PT_LOAD) continue;
    if (wanted - image->dlpi_addr - part->p_vaddr >= part->p_memsz) continue;
    // The program itself has no name here.
    const char *name = image->dlpi_name && *image->dlpi_name ? image->dlpi_name : "/proc/self/exe";
    snprintf(path, sizeof path, "%s", name);
    return 1;
  }
  return 0;
}

static void find(void) { dl_iterate_phdr(note, NULL); }

#else

static void find(void) {
  Dl_info found;
  if (dladdr((const void *)&lathe_image_path, &found) && found.dli_fname) {
    snprintf(path, sizeof path, "%s", found.dli_fname);
  }
}

#endif

const char *lathe_image_path(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find);
  return path;
}

void lathe_code_written(void *code, size_t bytes) {
  __builtin___clear_cache((char *)code, (char *)code + bytes);
}
