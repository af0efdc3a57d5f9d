/* zip: reading and writing of ZIP bundles in memory (libarchive). */
#ifndef FORMAT_ZIP_H
#define FORMAT_ZIP_H
#include "base/buf.h"
#include "base/vec.h"

struct zip_limits {
    size_t entries;     /* most entries */
    size_t entry_bytes; /* inflated size of one */
    size_t total_bytes; /* inflated size of all */
    unsigned ratio;     /* inflated / compressed of the whole archive, from 1 MB inflated on; 0: any */
};
extern const struct zip_limits zip_bundle_limits; /* 10,000; 100 MB; 400 MB; 200 */
struct zip_entry {
    str name; /* '/' separated, relative, no "..", no NUL, no backslash */
    str bytes;
    int64_t mtime; /* seconds */
};
typedef VEC(struct zip_entry) zip_entries;
/* Directories are left out. ERR_BAD_REQUEST: no ZIP, escaping or repeated names, links;
 * ERR_TOO_LARGE names the limit. All lives in the arena. */
bool zip_read(struct arena *a, str archive, const struct zip_limits *l, zip_entries *ret, struct err *e) MUST_USE;
bool zip_write(struct buf *out, const struct zip_entry *entries, size_t n, struct err *e) MUST_USE;
#endif
