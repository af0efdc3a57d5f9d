#include "adapters/http_url.h"

#include <ctype.h>

enum { MAX_URL = 1 << 20 };

static bool is_escape(str s, size_t i)
{
    return i + 2 < s.n && isxdigit((unsigned char)s.p[i + 1]) &&
           isxdigit((unsigned char)s.p[i + 2]);
}

static bool must_escape(str s, size_t i, bool query)
{
    unsigned char c = (unsigned char)s.p[i];
    if (c == '%')
        return !is_escape(s, i);
    if (c == '#')
        return query;
    return c <= ' ' || c >= 127 || strchr("\"<>\\^`{|}", c);
}

static void write_escaped(struct buf *out, str s, bool query)
{
    for (size_t i = 0; i < s.n; i++) {
        if (must_escape(s, i, query))
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)s.p[i]);
        else
            buf_add_char(out, s.p[i]);
    }
}

str http_url(struct arena *a, str address, str path, str query)
{
    AUTO(buf) struct buf out = BUF(MAX_URL);
    size_t mark = str_find_char(address, '?', 0);
    str base = str_trim(str_sub(address, 0, mark));
    query = str_trim(query);
    while (query.n && query.p[0] == '?')
        query = str_from(query, 1);
    if (!query.n && mark != SIZE_MAX)
        query = str_from(address, mark + 1);
    write_escaped(&out, base, false);
    if (path.n) {
        while (out.n && out.p[out.n - 1] == '/')
            out.n--;
        if (path.p[0] != '/')
            buf_add_char(&out, '/');
        write_escaped(&out, path, false);
    }
    if (query.n) {
        buf_add_char(&out, '?');
        write_escaped(&out, query, true);
    }
    return arena_str(a, buf_str(&out));
}

str http_url_host(str url)
{
    size_t at = str_find(url, STR("://"), 0);
    str rest = str_from(url, at == SIZE_MAX ? 0 : at + 3);
    size_t end = 0;
    while (end < rest.n && !strchr("/?#", rest.p[end]))
        end++;
    return str_sub(rest, 0, end);
}
