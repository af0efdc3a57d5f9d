/* batch: the body of a $batch request, taken apart. Everything is borrowed from the text. */
#ifndef ODATA_BATCH_H
#define ODATA_BATCH_H
#include "base/err.h"
#include "net/server.h"

enum {
    BATCH_MAX_PARTS = 10000,
    BATCH_MAX_HEADERS = 100,     /* of one part */
    BATCH_MAX_PIECE = 512 << 20, /* bytes of a part's answer, or of some that are sent together */
};
struct batch_call {
    str method, uri;
    struct http_headers headers;
    str body;
    str content_id;  /* STR_NONE: none */
    bool id_in_part; /* it stood in the headers of the MIME part, else in those of the request */
};
struct batch_part {
    bool changeset; /* calls are its members; else there is one call, a read */
    VEC(struct batch_call) calls;
};
typedef VEC(struct batch_part) batch_parts;

/* type: the Content-Type of the request, with its boundary. Errors: ERR_BAD_REQUEST, and
 * ERR_MEDIA_TYPE when it is no multipart/mixed. */
bool batch_parse(struct arena *a, str type, str body, batch_parts *ret, struct err *e) MUST_USE;
#endif
