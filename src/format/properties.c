#include "format/properties.h"

#include "base/codec.h"
#include "base/utf8.h"

static str *new_str(struct arena *a, str s)
{
    str *p = arena_new_of(a, str);
    *p = s;
    return p;
}

static str latin1_to_utf8(struct arena *a, str s)
{
    char *z = arena_alloc(a, s.n * 2 + 1), *to = z;
    for (size_t i = 0; i < s.n; i++)
        to += utf8_put(to, (unsigned char)s.p[i]);
    return (str){z, (size_t)(to - z)};
}

/* One line up to CR, LF or CR LF; false at the end. */
static bool take_line(str *rest, str *ret)
{
    size_t n = 0;
    if (!rest->n)
        return false;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    *ret = str_sub(*rest, 0, n);
    bool pair = n + 1 < rest->n && rest->p[n] == '\r' && rest->p[n + 1] == '\n';
    *rest = str_from(*rest, n + (pair ? 2 : 1));
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static str skip_blanks(str s)
{
    while (s.n && is_blank(s.p[0]))
        s = str_from(s, 1);
    return s;
}

static bool continues(str line)
{
    size_t slashes = 0;
    while (slashes < line.n && line.p[line.n - 1 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 1;
}

/* A logical line: natural lines that end in an odd number of backslashes go on in the next. */
static bool take_logical(struct arena *a, str *rest, str *ret)
{
    str line;
    do {
        if (!take_line(rest, &line))
            return false;
        line = skip_blanks(line);
    } while (!line.n || line.p[0] == '#' || line.p[0] == '!');
    *ret = line;
    if (!continues(line))
        return true;
    char *z = arena_alloc(a, line.n + rest->n), *to = z;
    while (continues(line)) {
        to = mempcpy(to, line.p, line.n - 1);
        line = STR("");
        if (take_line(rest, &line))
            line = skip_blanks(line);
    }
    to = line.n ? mempcpy(to, line.p, line.n) : to;
    *ret = (str){z, (size_t)(to - z)};
    return true;
}

static bool hex4(str s, size_t at, uint32_t *ret)
{
    uint32_t c = 0;
    if (at + 4 > s.n)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        const char *digits = "0123456789abcdef",
                   *d = s.p[i] ? strchr(digits, s.p[i] | (s.p[i] >= 'A' ? 32 : 0)) : NULL;
        if (!d)
            return false;
        c = c << 4 | (uint32_t)(d - digits);
    }
    *ret = c;
    return true;
}

/* \uXXXX at s.p[*at] ("u"); pairs of surrogates join, single ones become U+FFFD. */
static char *unicode_escape(str s, size_t *at, char *to)
{
    uint32_t c, low;
    if (!hex4(s, *at + 1, &c)) {
        *to++ = s.p[(*at)++]; /* Java throws; a 'u' is less harm */
        return to;
    }
    *at += 5;
    if (c >= 0xd800 && c < 0xdc00 && *at + 1 < s.n && s.p[*at] == '\\' && s.p[*at + 1] == 'u' &&
        hex4(s, *at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        *at += 6;
    }
    return to + utf8_put(to, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
}

static str unescape(struct arena *a, str s)
{
    static const char letters[] = "tnrf", meaning[] = "\t\n\r\f";
    if (str_find_char(s, '\\', 0) == SIZE_MAX)
        return arena_str(a, s);
    char *z = arena_alloc(a, s.n + 1), *to = z;
    for (size_t i = 0; i < s.n;) {
        char c = s.p[i++];
        if (c != '\\') {
            *to++ = c;
        } else if (i < s.n && s.p[i] == 'u') {
            to = unicode_escape(s, &i, to);
        } else if (i < s.n) {
            const char *hit = s.p[i] ? strchr(letters, s.p[i]) : NULL;
            *to++ = hit ? meaning[hit - letters] : s.p[i];
            i++;
        }
    }
    return (str){z, (size_t)(to - z)};
}

static size_t key_end(str line)
{
    size_t i = 0;
    while (i < line.n && line.p[i] != '=' && line.p[i] != ':' && !is_blank(line.p[i]))
        i += line.p[i] == '\\' ? 2 : 1;
    return i < line.n ? i : line.n;
}

void properties_read(struct arena *a, str text, struct map *ret)
{
    str line;
    map_init(ret, a, false);
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    if (!utf8_valid(text))
        text = latin1_to_utf8(a, text);
    while (take_logical(a, &text, &line)) {
        size_t n = key_end(line);
        str value = skip_blanks(str_from(line, n));
        if (value.n && (value.p[0] == '=' || value.p[0] == ':'))
            value = skip_blanks(str_from(value, 1));
        map_put(ret, unescape(a, str_sub(line, 0, n)), new_str(a, unescape(a, value)));
    }
}

static void add_unit(struct buf *out, uint32_t unit)
{
    buf_addf(out, "\\u%04X", unit);
}

static void add_escaped(struct buf *out, str s, bool key)
{
    static const char letters[] = "\t\n\r\f", names[] = "tnrf";
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        size_t n = utf8_len(p, end);
        uint32_t c = n ? utf8_get(p, n) : 0xfffd;
        const char *hit = c && c < 0x20 ? strchr(letters, (int)c) : NULL;
        if (hit)
            buf_addf(out, "\\%c", names[hit - letters]);
        else if (c >= 0x10000) {
            add_unit(out, 0xd800 + ((c - 0x10000) >> 10));
            add_unit(out, 0xdc00 + (c & 0x3ff));
        } else if (c < 0x20 || c > 0x7e)
            add_unit(out, c);
        else if (strchr("=:#!\\", (int)c) || (c == ' ' && (key || p == s.p)))
            buf_addf(out, "\\%c", (int)c);
        else
            buf_add_char(out, (char)c);
        p += n ? n : 1;
    }
}

void properties_write(struct buf *out, const struct map *m)
{
    for (size_t i = 0; i < m->entries.n; i++) {
        const str *value = m->entries.at[i].value;
        if (!value)
            continue;
        add_escaped(out, m->entries.at[i].key, true);
        buf_add_char(out, '=');
        add_escaped(out, *value, false);
        buf_add_char(out, '\n');
    }
}

/* ---- manifests (JAR file specification) ---- */
static void add_header(struct arena *a, str line, struct map *ret)
{
    size_t colon = str_find_char(line, ':', 0);
    if (colon == SIZE_MAX)
        return;
    str value = str_from(line, colon + 1);
    if (value.n && value.p[0] == ' ')
        value = str_from(value, 1);
    map_put(ret, arena_str(a, str_trim(str_sub(line, 0, colon))), new_str(a, arena_str(a, value)));
}

void manifest_read(struct arena *a, str text, struct map *ret)
{
    AUTO(buf) struct buf header = BUF(SIZE_MAX / 2);
    str line;
    map_init(ret, a, true);
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    while (take_line(&text, &line) && line.n) {
        if (line.p[0] == ' ') {
            buf_add(&header, str_from(line, 1));
            continue;
        }
        add_header(a, buf_str(&header), ret);
        buf_reset(&header);
        buf_add(&header, line);
    }
    add_header(a, buf_str(&header), ret);
}

void manifest_write(struct buf *out, const struct map *m)
{
    enum { LINE = 72 };
    for (size_t i = 0; i < m->entries.n; i++) {
        const str *value = m->entries.at[i].value;
        if (!value)
            continue;
        AUTO(buf) struct buf line = BUF(SIZE_MAX / 2);
        buf_add(&line, m->entries.at[i].key);
        buf_addz(&line, ": ");
        for (size_t k = 0; k < value->n; k++) /* a line break would forge a header */
            buf_add_char(&line, value->p[k] == '\n' || value->p[k] == '\r' || !value->p[k]
                                    ? ' '
                                    : value->p[k]);
        buf_add(out, str_sub(buf_str(&line), 0, LINE));
        for (size_t at = LINE; at < line.n; at += LINE - 1) {
            buf_addz(out, "\r\n ");
            buf_add(out, str_sub(buf_str(&line), at, at + LINE - 1));
        }
        buf_addz(out, "\r\n");
    }
    buf_addz(out, "\r\n");
}
