// JPEG through the TurboJPEG interface (libjpeg-turbo, version 2).

#include "CImages.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

// The constants of that interface.
enum { PIXELS_RGB = 0, PIXELS_GRAY = 6, SPACE_GRAY = 2, ACCURATE_DCT = 4096 };

static void *(*init_decompress)(void);
static int (*read_header)(void *, const unsigned char *, unsigned long, int *, int *, int *, int *);
static int (*decompress)(void *, const unsigned char *, unsigned long, unsigned char *, int, int,
                         int, int, int);
static char *(*error_text)(void *);
static int (*destroy)(void *);
static bool is_open;

static void open_library(void) {
  void *library = dlopen("libturbojpeg.so.0", RTLD_LAZY | RTLD_LOCAL);
  if (!library) return;
  *(void **)&init_decompress = dlsym(library, "tjInitDecompress");
  *(void **)&read_header = dlsym(library, "tjDecompressHeader3");
  *(void **)&decompress = dlsym(library, "tjDecompress2");
  *(void **)&error_text = dlsym(library, "tjGetErrorStr2");
  *(void **)&destroy = dlsym(library, "tjDestroy");
  is_open = init_decompress && read_header && decompress && error_text && destroy;
}

bool lathe_jpeg_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

// Writes down the library's message where a call failed, gives the decoder back, and tells whether
// the call succeeded.
static bool finish(void *decoder, int status, char *message) {
  if (status) snprintf(message, LATHE_IMAGE_MESSAGE, "%s", error_text(decoder));
  if (decoder) destroy(decoder);
  return status == 0;
}

bool lathe_jpeg_header(const uint8_t *data, size_t size, lathe_image_header *header,
                       char *message) {
  void *decoder = init_decompress();
  int width = 0, height = 0, subsampling, space = 0, status = -1;
  if (decoder)
    status = read_header(decoder, data, size, &width, &height, &subsampling, &space);
  *header = (lathe_image_header){width, height, space != SPACE_GRAY};
  return finish(decoder, status, message);
}

bool lathe_jpeg_decode(const uint8_t *data, size_t size, bool to_color, int64_t width,
                       int64_t height, uint8_t *pixels, char *message) {
  void *decoder = init_decompress();
  int status = -1;
  if (decoder)
    status = decompress(decoder, data, size, pixels, (int)width, 0, (int)height,
                        to_color ? PIXELS_RGB : PIXELS_GRAY, ACCURATE_DCT);
  return finish(decoder, status, message);
}
