/* properties: Java .properties files and JAR manifests. */
#ifndef FORMAT_PROPERTIES_H
#define FORMAT_PROPERTIES_H
#include "base/buf.h"
#include "base/map.h"
/* key -> (str *) value, unescaped, UTF-8 (input: UTF-8 or Latin-1 with \uXXXX). The last of equal keys wins.
 * Never fails: the format has no errors. */
void properties_read(struct arena *a, str text, struct map *ret);
void properties_write(struct buf *out, const struct map *m);
/* META-INF/MANIFEST.MF: main section, continuation lines joined; key -> (str *), keys ignore case. */
void manifest_read(struct arena *a, str text, struct map *ret);
void manifest_write(struct buf *out, const struct map *m); /* folds at 72 bytes, CRLF */
#endif
