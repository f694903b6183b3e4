// Small data sets that are part of the library, so that training needs no installation.
//
// They stand in the binary and not beside it: the command finds them wherever it is run from.
// Their origins and licences are in data/ATTRIBUTION.md.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes of one file, for the life of the process.
typedef struct {
  const unsigned char *bytes;
  size_t size;
} lathe_shipped_file;

/// Handwritten digits as gzip'ed CSV: 1,797 rows of 64 pixels from 0 to 16 and the digit.
lathe_shipped_file lathe_shipped_digits(void);

/// Newton's "Opticks", 1730, as gzip'ed UTF-8 text.
lathe_shipped_file lathe_shipped_opticks(void);

#ifdef __cplusplus
}
#endif
