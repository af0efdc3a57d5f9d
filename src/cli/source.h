/* source: a bundle as people have it: an exported ZIP, or the folder of one unpacked (as repositories keep it). */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H
#include "base/arena.h"
#include "base/err.h"

/* The bytes of the ZIP; a folder is packed. In the arena. ERR_NOT_FOUND names the path. */
bool source_read(struct arena *a, str path, str *ret, struct err *e) MUST_USE;
#endif
