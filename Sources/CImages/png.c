// PNG through libpng's simplified interface (libpng manual, "A Simplified API", version 1.6).

#include "CImages.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

// The structure and constants of that interface, which its version number names.
enum { IMAGE_VERSION = 1, FORMAT_GRAY = 0, FORMAT_RGB = 2, FLAG_COLOR = 2 };

typedef struct {
  void *opaque;
  uint32_t version, width, height, format, flags, colormap_entries, warning_or_error;
  char message[64];
} png_image;

static int (*begin_read)(png_image *, const void *, size_t);
static int (*finish_read)(png_image *, const void *, void *, int32_t, void *);
static void (*free_image)(png_image *);
static bool is_open;

static void open_library(void) {
  void *library = dlopen("libpng16.so.16", RTLD_LAZY | RTLD_LOCAL);
  if (!library) return;
  *(void **)&begin_read = dlsym(library, "png_image_begin_read_from_memory");
  *(void **)&finish_read = dlsym(library, "png_image_finish_read");
  *(void **)&free_image = dlsym(library, "png_image_free");
  is_open = begin_read && finish_read && free_image;
}

bool lathe_png_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

// Copies the library's message and gives the image back; always false.
static bool fail(png_image *image, char *message) {
  memcpy(message, image->message, sizeof image->message);
  message[sizeof image->message - 1] = 0;
  free_image(image);
  return false;
}

bool lathe_png_header(const uint8_t *data, size_t size, lathe_image_header *header,
                      char *message) {
  png_image image = {.version = IMAGE_VERSION};
  if (!begin_read(&image, data, size)) return fail(&image, message);
  *header = (lathe_image_header){image.width, image.height, (image.format & FLAG_COLOR) != 0};
  free_image(&image);
  return true;
}

bool lathe_png_decode(const uint8_t *data, size_t size, bool to_color, uint8_t *pixels,
                      char *message) {
  png_image image = {.version = IMAGE_VERSION};
  if (!begin_read(&image, data, size)) return fail(&image, message);
  image.format = to_color ? FORMAT_RGB : FORMAT_GRAY;
  // A stride of 0 is that of dense rows.
  if (!finish_read(&image, NULL, pixels, 0, NULL)) return fail(&image, message);
  return true;
}
