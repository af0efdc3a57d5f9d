/* gzip for answers: only what shrinks well, and cheaply, since this runs for every answer. */
#include "format/deflate.h"
#include "net/rules.h"

enum { PACK_LEAST = 1024, PACK_LEVEL = 1 }; /* bytes; zlib level */

/* "gzip;q=0" and "*;q=0.000" forbid it. */
static bool is_zero_quality(str params)
{
    size_t at = str_find(params, STR("q="), 0);
    if (at == SIZE_MAX)
        return false;
    str q = str_trim(str_from(params, at + 2));
    for (size_t i = 0; i < q.n; i++)
        if (q.p[i] != '0' && q.p[i] != '.')
            return false;
    return q.n > 0;
}

static bool accepts_gzip(str accept_encoding)
{
    str rest = accept_encoding, item, coding;
    bool any = false;
    while (str_split(&rest, ',', &item)) {
        if (!str_split(&item, ';', &coding))
            continue;
        bool yes = !is_zero_quality(item);
        coding = str_trim(coding);
        if (str_eq_nocase(coding, STR("gzip")))
            return yes;
        if (str_eq(coding, STR("*")))
            any = yes;
    }
    return any;
}

static bool is_packable(str content_type)
{
    static const char *const types[] = {"application/json", "application/xml",
                                        "application/javascript", "application/x-ndjson"};
    str type = str_trim(str_sub(content_type, 0, str_find_char(content_type, ';', 0)));
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_eq_nocase(type, str_of(types[i])))
            return true;
    return str_starts_nocase(type, STR("text/")) || str_ends_nocase(type, STR("+json")) ||
           str_ends_nocase(type, STR("+xml"));
}

static bool wants_gzip(const struct http_request *r, size_t size)
{
    const struct http_response *a = &r->response;
    if (size <= PACK_LEAST || a->more || (a->blob && blob_fd(a->blob) >= 0))
        return false;
    return is_packable(http_header(&a->headers, "Content-Type")) &&
           !http_header(&a->headers, "Content-Encoding").p;
}

void http_pack(struct http_request *r)
{
    struct http_response *a = &r->response;
    str plain = http_answer_bytes(a);
    if (!wants_gzip(r, plain.n))
        return;
    http_set(r, "Vary", STR("Accept-Encoding"));
    struct buf packed = BUF(plain.n); /* what does not shrink goes out plain */
    struct err e;
    if (!accepts_gzip(http_header(&r->headers, "Accept-Encoding")) ||
        !gzip_encode(plain, PACK_LEVEL, &packed, &e)) {
        buf_free(&packed);
        return;
    }
    blob_unref(a->blob);
    buf_free(&a->out);
    a->blob = NULL;
    a->out = packed;
    http_set(r, "Content-Encoding", STR("gzip"));
}
