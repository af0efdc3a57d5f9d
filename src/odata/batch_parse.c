/* $batch bodies (odata-v2.md 10): multipart/mixed of requests and of changesets, which are multipart
 * again. Lines may end with a bare LF; a body ends at the delimiter, whatever its length says. */
#include "odata/batch.h"

struct parser {
    struct arena *a;
    size_t calls;
    struct err *e;
};

static bool bad(struct parser *p, const char *text)
{
    return err_set(p->e, ERR_BAD_REQUEST, "%s", text);
}

/* The next line without its end; false: the text is used up. */
static bool next_line(str *rest, str *ret)
{
    if (!str_split(rest, '\n', ret))
        return false;
    if (str_ends(*ret, STR("\r")))
        ret->n--;
    return true;
}

static bool header_name(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
            return false;
    return s.n > 0;
}

/* Up to the empty line, which the text may lack at its end. */
static bool read_headers(struct parser *p, str *rest, struct http_headers *ret)
{
    str line;
    while (next_line(rest, &line) && line.n) {
        size_t colon = str_find_char(line, ':', 0);
        if (colon == SIZE_MAX || !header_name(str_sub(line, 0, colon)) ||
            ret->list.n == BATCH_MAX_HEADERS)
            return bad(p, "A part of the batch has an invalid header.");
        vec_add(p->a, &ret->list,
                (struct http_header){str_sub(line, 0, colon), str_trim(str_from(line, colon + 1))});
    }
    return true;
}

/* ---- types and boundaries ---- */
static bool is_type(str content_type, const char *type)
{
    str rest = content_type, first = content_type;
    str_split(&rest, ';', &first);
    return str_eq_nocase(str_trim(first), str_of(type));
}

static str boundary_of(str content_type)
{
    str rest = content_type, one;
    str_split(&rest, ';', &one);
    while (str_split(&rest, ';', &one)) {
        one = str_trim(one);
        if (!str_starts_nocase(one, STR("boundary=")))
            continue;
        one = str_from(one, sizeof "boundary=" - 1);
        bool quoted = one.n > 1 && one.p[0] == '"' && one.p[one.n - 1] == '"';
        return quoted ? str_sub(one, 1, one.n - 1) : one;
    }
    return STR_NONE;
}

static bool valid_boundary(str b)
{
    for (size_t i = 0; i < b.n; i++)
        if ((unsigned char)b.p[i] < ' ' || (unsigned char)b.p[i] >= 0x7f)
            return false;
    return b.n > 0 && b.n <= 70 && b.p[b.n - 1] != ' ';
}

/* Whether line is a delimiter of that boundary; *closes: the last one. */
static bool is_delimiter(str line, str boundary, bool *closes)
{
    if (!str_starts(line, STR("--")) || !str_starts(str_from(line, 2), boundary))
        return false;
    str tail = str_trim(str_from(line, 2 + boundary.n));
    *closes = str_eqz(tail, "--");
    return *closes || !tail.n;
}

/* The text up to the next delimiter, without the line end in front of it, which belongs to that. */
static bool next_piece(struct parser *p, str *rest, str boundary, str *ret, bool *closes)
{
    const char *from = rest->p;
    str line;
    for (;;) {
        const char *at = rest->p;
        if (!next_line(rest, &line))
            return bad(p, "The batch ends without its closing delimiter.");
        if (!is_delimiter(line, boundary, closes))
            continue;
        size_t n = (size_t)(at - from);
        if (n && from[n - 1] == '\n')
            n--;
        if (n && from[n - 1] == '\r')
            n--;
        *ret = (str){from, n};
        return true;
    }
}

/* ---- requests ---- */
static bool read_request_line(struct parser *p, str *rest, struct batch_call *c)
{
    str line = STR(""), version;
    while (!line.n)
        if (!next_line(rest, &line))
            return bad(p, "A part of the batch has no request line.");
    size_t first = str_find_char(line, ' ', 0), last = str_rfind_char(line, ' ');
    if (first == SIZE_MAX || first == last)
        return bad(p, "A part of the batch has an invalid request line.");
    c->method = str_sub(line, 0, first);
    c->uri = str_trim(str_sub(line, first, last));
    version = str_from(line, last + 1);
    if (!str_eqz(version, "HTTP/1.1") && !str_eqz(version, "HTTP/1.0"))
        return bad(p, "A part of the batch has an invalid HTTP version.");
    return c->uri.n > 0 || bad(p, "A part of the batch has no URI.");
}

/* A length that is too large is tolerated, one that is too small cuts the body. */
static bool cut_body(struct parser *p, struct batch_call *c)
{
    str length = http_header(&c->headers, "Content-Length");
    int64_t n;
    if (!length.p)
        return true;
    if (!str_to_i64(length, &n) || n < 0 || length.p[0] == '+')
        return bad(p, "A part of the batch has an invalid Content-Length.");
    c->body = str_sub(c->body, 0, (uint64_t)n < c->body.n ? (size_t)n : c->body.n);
    return true;
}

static bool check_method(struct parser *p, const struct batch_call *c, bool changeset)
{
    static const char *const writes[] = {"POST", "PUT", "PATCH", "MERGE", "DELETE"};
    if (str_eqz(c->method, "GET"))
        return !changeset || bad(p, "A changeset must not contain a GET request.");
    for (size_t i = 0; i < COUNT(writes); i++)
        if (str_eqz(c->method, writes[i]))
            return changeset || bad(p, "Outside a changeset only GET is allowed.");
    return bad(p, "A part of the batch has an invalid HTTP method.");
}

static bool read_call(struct parser *p, const struct http_headers *mime, str rest, bool changeset,
                      struct batch_call *ret)
{
    str encoding = http_header(mime, "Content-Transfer-Encoding");
    if (++p->calls > BATCH_MAX_PARTS)
        return bad(p, "The batch has too many parts.");
    if (!is_type(http_header(mime, "Content-Type"), "application/http"))
        return bad(p, "A part of the batch is neither application/http nor a changeset.");
    if (encoding.p && !str_eq_nocase(encoding, STR("binary")))
        return bad(p, "Content-Transfer-Encoding must be binary.");
    if (!read_request_line(p, &rest, ret) || !read_headers(p, &rest, &ret->headers))
        return false;
    ret->body = rest.p ? rest : STR("");
    ret->content_id = http_header(mime, "Content-ID");
    ret->id_in_part = ret->content_id.p != NULL;
    if (!ret->content_id.p)
        ret->content_id = http_header(&ret->headers, "Content-ID");
    return cut_body(p, ret) && check_method(p, ret, changeset);
}

static bool read_changeset(struct parser *p, str type, str outer, str rest, struct batch_part *ret)
{
    str boundary = boundary_of(type), piece;
    bool closes;
    ret->changeset = true;
    if (!valid_boundary(boundary) || str_eq(boundary, outer))
        return bad(p, "A changeset needs a boundary of its own.");
    if (!next_piece(p, &rest, boundary, &piece, &closes))
        return false;
    while (!closes) {
        struct batch_call call = {0};
        struct http_headers mime = {0};
        if (!next_piece(p, &rest, boundary, &piece, &closes) || !read_headers(p, &piece, &mime) ||
            !read_call(p, &mime, piece, true, &call))
            return false;
        vec_add(p->a, &ret->calls, call);
    }
    return true;
}

static bool read_part(struct parser *p, str boundary, str piece, struct batch_part *ret)
{
    struct http_headers mime = {0};
    struct batch_call call = {0};
    if (!read_headers(p, &piece, &mime))
        return false;
    str type = http_header(&mime, "Content-Type");
    if (is_type(type, "multipart/mixed"))
        return read_changeset(p, type, boundary, piece, ret);
    if (!read_call(p, &mime, piece, false, &call))
        return false;
    vec_add(p->a, &ret->calls, call);
    return true;
}

bool batch_parse(struct arena *a, str type, str body, batch_parts *ret, struct err *e)
{
    struct parser p = {.a = a, .e = e};
    str boundary = boundary_of(type), piece;
    bool closes;
    if (!is_type(type, "multipart/mixed"))
        return err_set(e, ERR_MEDIA_TYPE, "A batch is multipart/mixed, not '" STR_FMT "'.",
                       STR_ARG(str_sub(type, 0, 100)));
    if (!valid_boundary(boundary))
        return bad(&p, "The Content-Type of the batch has no valid boundary.");
    if (!next_piece(&p, &body, boundary, &piece, &closes)) /* the preamble */
        return false;
    while (!closes) {
        struct batch_part part = {0};
        if (!next_piece(&p, &body, boundary, &piece, &closes) ||
            !read_part(&p, boundary, piece, &part))
            return false;
        vec_add(a, ret, part);
    }
    return true;
}
