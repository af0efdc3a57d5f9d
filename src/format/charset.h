/* charset: texts in other encodings than UTF-8. */
#ifndef FORMAT_CHARSET_H
#define FORMAT_CHARSET_H
#include "base/buf.h"

/* "text/plain; charset=ISO-8859-1" gives ISO-8859-1; STR_NONE: none. */
str charset_of_type(str content_type);
/* UTF-8 text in another encoding; what it lacks becomes '?'. false: unknown encoding, or no UTF-8. */
bool charset_encode(str utf8, str charset, struct buf *out);
#endif
