/* deflate: gzip (RFC 1952) by zlib. */
#ifndef FORMAT_DEFLATE_H
#define FORMAT_DEFLATE_H
#include "base/buf.h"
bool gzip_encode(str in, int level, struct buf *out, struct err *e) MUST_USE;
bool gzip_decode(str in, struct buf *out, struct err *e) MUST_USE; /* the limit of out holds */
#endif
