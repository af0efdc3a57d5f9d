/* notation: mappings written as in message-mapping.md 10, made into the files a design tool would write.
 *   T 1..1
 *     L 0..* = /O/I
 *       @id 1..1 = concat[delimeter=-](/O/I/n{/O}, 'x')
 * Two blanks a level; *: unbounded; a reference to a brick named before: $name, defined by name:=expression. */
#ifndef TEST_NOTATION_H
#define TEST_NOTATION_H
#include "base/buf.h"
#include "base/map.h"

/* The .mmap ("a.mmap") with its target schema, as files of a bundle; extra lines go into the mapping's lnks or
 * libstorage through the buffers. */
void notation_read(struct arena *a, str text, struct map *files);
/* Sets a file of the bundle. */
void notation_file(struct arena *a, struct map *files, const char *path, str bytes);
#endif
