/* file: whole files with limits. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/arena.h"
#include "base/err.h"

/* Reads all; ERR_NOT_FOUND, ERR_TOO_LARGE over limit bytes. path "-" is stdin. */
bool file_read(struct arena *a, const char *path, size_t limit, str *ret, struct err *e) MUST_USE;
/* Writes beside, fsyncs and renames: readers see the old or the new file. mode e.g. 0600.
 * A path that is there and no regular file, like /dev/null or a pipe, is written to as it is. */
bool file_write(const char *path, str bytes, unsigned mode, struct err *e) MUST_USE;
bool file_make_dir(const char *path, struct err *e) MUST_USE; /* with parents, 0700; existing is fine */
#endif
