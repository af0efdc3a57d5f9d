/* See rules.h. This runs for every request, so that control characters are searched by words. */
#include "net/rules.h"

#include "base/arena.h"

enum { METHOD_LENGTH = 32 };

/* RFC 9110 5.6.2, a bit for each character below 128. */
static const uint64_t TOKEN[4] = {0x3ff6cfa00000000U, 0x57ffffffc7fffffeU, 0, 0};

bool http_is_token(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(TOKEN[(unsigned char)s.p[i] / 64] >> ((unsigned char)s.p[i] % 64) & 1))
            return false;
    return s.n > 0;
}

/* A byte below least other than allowed, or DEL. */
static bool is_below(char c, unsigned char least, char allowed)
{
    return ((unsigned char)c < least && c != allowed) || c == 0x7f;
}

static bool has_below(str s, unsigned char least, char allowed)
{
    const uint64_t ones = UINT64_MAX / 255, high = ones * 128;
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t w, del;
        memcpy(&w, s.p + i, 8);
        del = w ^ (ones * 0x7f);
        if ((((w - ones * least) & ~w) | ((del - ones) & ~del)) & high)
            for (size_t k = i; k < i + 8; k++)
                if (is_below(s.p[k], least, allowed))
                    return true;
    }
    for (; i < s.n; i++)
        if (is_below(s.p[i], least, allowed))
            return true;
    return false;
}

bool http_has_control(str s)
{
    return has_below(s, ' ', '\t');
}

static bool refuse(struct err *e, const char *why)
{
    return err_set(e, ERR_BAD_REQUEST, "%s", why);
}

static bool read_length(str v, uint64_t *ret)
{
    uint64_t n = 0;
    if (!v.n || v.n > 18)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(v.p[i] - '0');
    }
    *ret = n;
    return true;
}

static bool read_framing(const struct http_header *h, struct http_framing *f, struct err *e)
{
    switch (h->name.n) { /* the lengths of the four names that matter */
    case 4:
        if (!str_eq_nocase(h->name, STR("Host")))
            return true;
        if (f->host.p)
            return refuse(e, "The Host header is repeated.");
        if (str_find_char(h->value, '/', 0) != SIZE_MAX ||
            str_find_char(h->value, ' ', 0) != SIZE_MAX)
            return refuse(e, "The Host header is not a host.");
        f->host = h->value;
        return true;
    case 6:
        if (str_eq_nocase(h->name, STR("Expect")))
            f->expect_continue = str_eq_nocase(h->value, STR("100-continue"));
        return true;
    case 14:
        if (!str_eq_nocase(h->name, STR("Content-Length")))
            return true;
        if (f->has_length)
            return refuse(e, "The Content-Length header is repeated.");
        f->has_length = true;
        return read_length(h->value, &f->length) ||
               refuse(e, "The Content-Length header is not a number.");
    case 17:
        if (!str_eq_nocase(h->name, STR("Transfer-Encoding")))
            return true;
        if (f->chunked)
            return refuse(e, "The Transfer-Encoding header is repeated.");
        f->chunked = true;
        return str_eq_nocase(h->value, STR("chunked")) ||
               refuse(e, "The only transfer coding supported is chunked.");
    default:
        return true;
    }
}

bool http_check_head(const struct http_headers *h, bool http11, struct http_framing *ret,
                     struct err *e)
{
    struct http_framing f = {0};
    for (size_t i = 0; i < h->list.n; i++) {
        const struct http_header *at = &h->list.at[i];
        if (!http_is_token(at->name))
            return refuse(e, "A header name holds a character that is not allowed.");
        if (http_has_control(at->value))
            return refuse(e, "A header value holds a control character.");
        if (!read_framing(at, &f, e))
            return false;
    }
    if (f.chunked && f.has_length)
        return refuse(e, "Content-Length and Transfer-Encoding are both present.");
    if (f.chunked && !http11)
        return refuse(e, "Transfer-Encoding needs HTTP/1.1.");
    if (http11 && !f.host.p)
        return refuse(e, "The Host header is missing.");
    *ret = f;
    return true;
}

bool http_split_target(str target, str *ret_path, str *ret_query)
{
    if (str_starts_nocase(target, STR("http://")) || str_starts_nocase(target, STR("https://"))) {
        size_t slash = str_find_char(target, '/', str_find(target, STR("://"), 0) + 3);
        target = slash == SIZE_MAX ? STR("/") : str_from(target, slash);
    }
    if (!target.n || (target.p[0] != '/' && !str_eq(target, STR("*"))))
        return false;
    if (has_below(target, ' ' + 1, 0x7f))
        return false;
    size_t mark = str_find_char(target, '?', 0);
    *ret_path = str_sub(target, 0, mark);
    *ret_query = mark == SIZE_MAX ? STR_NONE : str_from(target, mark + 1);
    return true;
}

bool http_read_head(struct http_request *r, str method, str target, str scheme, bool http11,
                    struct http_framing *f, struct err *e)
{
    r->method = method;
    if (!http_is_token(r->method) || r->method.n > METHOD_LENGTH)
        return err_set(e, ERR_BAD_REQUEST, "The method is not valid.");
    if (!http_split_target(target, &r->path, &r->query))
        return err_set(e, ERR_BAD_REQUEST, "The request target is not valid.");
    if (!http_check_head(&r->headers, http11, f, e))
        return false;
    r->url = arena_join(r->arena, (str[]){scheme, f->host}, 2);
    return true;
}
