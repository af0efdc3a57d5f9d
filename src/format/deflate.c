#include "format/deflate.h"

#include <zlib.h>

enum { GZIP_WINDOW = MAX_WBITS + 16, PIECE = 16384 };

/* Runs one direction until the input has ended; the limit of out stops what inflates too far. */
static bool drive(z_stream *z, int (*step)(z_streamp, int), struct buf *out, struct err *e)
{
    int rc = Z_OK;
    while (rc == Z_OK || rc == Z_BUF_ERROR) {
        size_t room = out->limit - out->n < PIECE ? out->limit - out->n : PIECE;
        char *to = room ? buf_reserve(out, room) : NULL;
        if (!to)
            return err_set(e, ERR_TOO_LARGE, "more than %zu bytes", out->limit);
        z->next_out = (Bytef *)to;
        z->avail_out = (uInt)room;
        rc = step(z, Z_FINISH);
        out->n += room - z->avail_out;
        if (rc == Z_BUF_ERROR && z->avail_out)
            break; /* the input is cut short */
    }
    return rc == Z_STREAM_END || err_set(e, ERR_BAD_REQUEST, "not valid gzip data");
}

static bool set_input(z_stream *z, str in, struct err *e)
{
    if (in.n > UINT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than 4 GB");
    z->next_in = (Bytef *)(uintptr_t)in.p; /* zlib does not write there */
    z->avail_in = (uInt)in.n;
    return true;
}

bool gzip_encode(str in, int level, struct buf *out, struct err *e)
{
    z_stream z = {0};
    if (!set_input(&z, in, e))
        return false;
    if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_set(e, ERR_INTERNAL, "cannot start zlib");
    bool ok = drive(&z, deflate, out, e);
    deflateEnd(&z);
    return ok;
}

bool gzip_decode(str in, struct buf *out, struct err *e)
{
    z_stream z = {0};
    if (!set_input(&z, in, e))
        return false;
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return err_set(e, ERR_INTERNAL, "cannot start zlib");
    bool ok = drive(&z, inflate, out, e);
    inflateEnd(&z);
    return ok;
}
