/* The JSON writer. Strings are copied in runs: eight bytes at a time are tested for anything that
 * needs work (json_scan.h), so plain text costs little more than memcpy. */
#include "base/json.h"

#include "base/json_scan.h"
#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void jw_init(struct jw *w, struct buf *out)
{
    *w = (struct jw){.out = out};
}

static void value(struct jw *w)
{
    if (w->comma)
        buf_add_char(w->out, ',');
    w->comma = true;
}

static void open(struct jw *w, char c)
{
    value(w);
    buf_add_char(w->out, c);
    w->comma = false;
}

static void close(struct jw *w, char c)
{
    buf_add_char(w->out, c);
    w->comma = true;
}

void jw_object(struct jw *w)
{
    open(w, '{');
}

void jw_object_end(struct jw *w)
{
    close(w, '}');
}

void jw_array(struct jw *w)
{
    open(w, '[');
}

void jw_array_end(struct jw *w)
{
    close(w, ']');
}

static void escape(struct buf *out, unsigned char c)
{
    static const char letter[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                  ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'};
    char to[6] = "\\u00";
    if (c < sizeof letter && letter[c]) {
        to[1] = letter[c];
        buf_add(out, (str){to, 2});
        return;
    }
    to[4] = "0123456789abcdef"[c >> 4];
    to[5] = "0123456789abcdef"[c & 15];
    buf_add(out, (str){to, 6});
}

/* Handles the special byte at p; returns where plain text may go on. */
static const char *special(struct buf *out, const char *p, const char *end)
{
    size_t n = utf8_len(p, end);
    if (n > 1)
        buf_add(out, (str){p, n});
    else if (n == 1)
        escape(out, (unsigned char)*p);
    else
        buf_add(out, STR("\xef\xbf\xbd"));
    return p + (n ? n : 1);
}

static bool quoted_plain(struct buf *out, str s)
{
    char *to = buf_reserve(out, s.n + 2);
    if (!to || !json_copy_plain(to + 1, s))
        return false;
    to[0] = to[s.n + 1] = '"';
    out->n += s.n + 2;
    return true;
}

static void quoted(struct buf *out, str s)
{
    if (quoted_plain(out, s))
        return;
    const char *p = s.p, *end = s.p + s.n;
    buf_add_char(out, '"');
    while (p < end) {
        const char *to = json_plain_end(p, end);
        buf_add(out, (str){p, (size_t)(to - p)});
        p = to < end ? special(out, to, end) : end;
    }
    buf_add_char(out, '"');
}

void jw_key(struct jw *w, str key)
{
    value(w);
    quoted(w->out, key.p ? key : STR(""));
    buf_add_char(w->out, ':');
    w->comma = false;
}

void jw_keyz(struct jw *w, const char *key)
{
    size_t n = strlen(key);
    value(w);
    char *to = buf_reserve(w->out, n + 3);
    if (to) {
        to[0] = '"';
        memcpy(to + 1, key, n);
        memcpy(to + 1 + n, "\":", 2);
        w->out->n += n + 3;
    }
    w->comma = false;
}

void jw_str(struct jw *w, str s)
{
    value(w);
    if (s.p)
        quoted(w->out, s);
    else
        buf_add(w->out, STR("null"));
}

void jw_strf(struct jw *w, const char *fmt, ...)
{
    char small[256], *z = small;
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    size_t n = (size_t)vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n >= sizeof small) {
        z = mem_alloc(n + 1);
        vsnprintf(z, n + 1, fmt, again);
    }
    va_end(again);
    jw_str(w, (str){z, n});
    if (z != small)
        free(z);
}

void jw_int(struct jw *w, int64_t v)
{
    value(w);
    buf_add_int(w->out, v);
}

void jw_double(struct jw *w, double v)
{
    char z[40] = "null";
    for (int digits = 15; isfinite(v) && digits <= 17; digits++) {
        snprintf(z, sizeof z, "%.*g", digits, v);
        if (strtod(z, NULL) == v) /* NOLINT: exactly the same is the question */
            break;
    }
    value(w);
    buf_addz(w->out, z);
}

void jw_bool(struct jw *w, bool v)
{
    value(w);
    buf_add(w->out, v ? STR("true") : STR("false"));
}

void jw_null(struct jw *w)
{
    value(w);
    buf_add(w->out, STR("null"));
}

void jw_raw(struct jw *w, str json)
{
    value(w);
    buf_add(w->out, json);
}
