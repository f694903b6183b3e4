// The system's zlib, which LatheNN reads gzip files with.
#include <zlib.h>
