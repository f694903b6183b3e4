// The files of `data` as constants.

#include "CDatasets.h"

// `#embed` is of C23, and clang knows it in every dialect.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char digits[] = {
#embed "data/digits.csv.gz"
};

static const unsigned char opticks[] = {
#embed "data/opticks.txt.gz"
};

lathe_shipped_file lathe_shipped_digits(void) {
  return (lathe_shipped_file){digits, sizeof digits};
}

lathe_shipped_file lathe_shipped_opticks(void) {
  return (lathe_shipped_file){opticks, sizeof opticks};
}
