// PNG and JPEG images, decoded by libpng and libturbojpeg, which are opened at the first image.
//
// Nothing links to them, so that only programs that read such images need them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that a message takes at most, with its final zero.
enum { LATHE_IMAGE_MESSAGE = 256 };

/// Size of an image, and whether it has colours or only shades of gray.
typedef struct {
  int64_t width;
  int64_t height;
  bool is_color;
} lathe_image_header;

/// Opens libpng16.so.16 once; false where it is absent or lacks a function.
bool lathe_png_open(void);

/// Reads the header of a PNG image; where false, `message` says why. Only after `lathe_png_open`
/// answered true, like the next.
bool lathe_png_header(const uint8_t *data, size_t size, lathe_image_header *header, char *message);

/// Decodes a PNG image into `pixels`: 1 byte (gray) or 3 (red, green, blue) per pixel, row-major.
/// `pixels` has room for the size that its header tells; transparent parts show what is there.
bool lathe_png_decode(const uint8_t *data, size_t size, bool to_color, uint8_t *pixels,
                      char *message);

/// Opens libturbojpeg.so.0 once; false where it is absent or lacks a function.
bool lathe_jpeg_open(void);

/// The same as `lathe_png_header` for a JPEG image.
bool lathe_jpeg_header(const uint8_t *data, size_t size, lathe_image_header *header, char *message);

/// The same as `lathe_png_decode` for a JPEG image of `width` and `height`.
bool lathe_jpeg_decode(const uint8_t *data, size_t size, bool to_color, int64_t width,
                       int64_t height, uint8_t *pixels, char *message);

#ifdef __cplusplus
}
#endif
