/* Encoder and Decoder: Base64 (one line), GZIP, ZIP with a single entry. MIME multipart is not among them. */
#include "base/codec.h"
#include "engine/step.h"
#include "format/deflate.h"
#include "format/zip.h"

enum { MAX_OUTPUT = 1 << 30, DEFLATE_LEVEL = 6, MAX_UNPACKED = 400 << 20 };

typedef bool convert_fn(struct exchange *x, str in, struct buf *out, struct err *e);

static struct step_result convert(struct exchange *x, convert_fn *fn, struct err *e)
{
    AUTO(buf) struct buf out = BUF(MAX_OUTPUT);
    str in = x->body ? body_bytes(x->body) : STR("");
    if (!fn(x, in, &out, e) || !buf_check(&out, e))
        return FAIL;
    exchange_set_body(x, body_of_buf(&out));
    return CONTINUE;
}

static bool to_base64(struct exchange *x, str in, struct buf *out, struct err *e)
{
    (void)x;
    (void)e;
    base64_write(out, in, false);
    return true;
}

static bool from_base64(struct exchange *x, str in, struct buf *out, struct err *e)
{
    str bytes;
    if (!base64_decode(x->arena, in, &bytes))
        return err_set(e, ERR_BAD_REQUEST, "the body is no Base64 text");
    buf_add(out, bytes);
    return true;
}

static bool to_gzip(struct exchange *x, str in, struct buf *out, struct err *e)
{
    (void)x;
    return gzip_encode(in, DEFLATE_LEVEL, out, e);
}

static bool from_gzip(struct exchange *x, str in, struct buf *out, struct err *e)
{
    (void)x;
    out->limit = MAX_UNPACKED;
    return gzip_decode(in, out, e);
}

static bool to_zip(struct exchange *x, str in, struct buf *out, struct err *e)
{
    str name = exchange_header(x, "CamelFileName");
    if (!name.n)
        name = str_of(exchange_message_id(x));
    const struct zip_entry entry = {.name = name, .bytes = in};
    return zip_write(out, &entry, 1, e);
}

static bool from_zip(struct exchange *x, str in, struct buf *out, struct err *e)
{
    static const struct zip_limits limits = {
        .entries = 1000, .entry_bytes = MAX_UNPACKED, .total_bytes = MAX_UNPACKED, .ratio = 1000};
    AUTO(arena) struct arena *a = arena_new();
    zip_entries entries = {0};
    if (!zip_read(a, in, &limits, &entries, e))
        return false;
    if (entries.n != 1)
        return err_set(e, ERR_BAD_REQUEST, "the archive has %zu entries, not one", entries.n);
    buf_add(out, entries.at[0].bytes);
    fields_set_text(&x->headers, STR("CamelFileName"), entries.at[0].name);
    return true;
}

#define STEP(ident, text, act, fn)                                                            \
    static struct step_result run_##ident(const void *cfg, struct exchange *x, struct err *e) \
    {                                                                                         \
        (void)cfg;                                                                            \
        return convert(x, fn, e);                                                             \
    }                                                                                         \
    const struct step_type step_##ident = {.name = text, .activity = act, .run = run_##ident}

extern const struct step_type step_base64_encode, step_base64_decode, step_gzip_encode,
    step_gzip_decode, step_zip_encode, step_zip_decode;
STEP(base64_encode, "Base64Encode", "Encoder:Base64 Encode", to_base64);
STEP(base64_decode, "Base64Decode", "Decoder:Base64 Decode", from_base64);
STEP(gzip_encode, "GzipCompress", "Encoder:GZIP Compress", to_gzip);
STEP(gzip_decode, "GzipDecompress", "Decoder:GZIP Decompress", from_gzip);
STEP(zip_encode, "ZipCompress", "Encoder:ZIP Compress", to_zip);
STEP(zip_decode, "ZipDecompress", "Decoder:ZIP Decompress", from_zip);
