/* A scanner for the common case: tags that nest and close, attributes in quotes, predefined and numeric references,
 * comments, CDATA. All else is left to the parser, which then decides. */
#include "steps/xml_pieces.h"

#include "base/codec.h"
#include "format/xml.h"

#include <ctype.h>

enum { DEPTH = 64 };

struct scan {
    str s;
    size_t i;
    str open[DEPTH];
    size_t depth;
};

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 128 || strchr("_:-.", c) != NULL;
}

static str take_name(struct scan *t)
{
    size_t from = t->i;
    while (t->i < t->s.n && t->s.p[t->i] && is_name_char(t->s.p[t->i]))
        t->i++;
    str name = str_sub(t->s, from, t->i);
    bool bad =
        name.n && (isdigit((unsigned char)name.p[0]) || name.p[0] == '-' || name.p[0] == '.');
    return bad ? STR("") : name;
}

static void skip_space(struct scan *t)
{
    while (t->i < t->s.n && strchr(" \t\r\n", t->s.p[t->i]) && t->s.p[t->i])
        t->i++;
}

static bool take(struct scan *t, char c)
{
    if (t->i >= t->s.n || t->s.p[t->i] != c)
        return false;
    t->i++;
    return true;
}

static bool reference(struct scan *t)
{
    static const char *const known[] = {"amp", "lt", "gt", "quot", "apos"};
    size_t end = str_find_char(t->s, ';', t->i);
    str name = str_sub(t->s, t->i, end);
    if (end == SIZE_MAX || name.n > 10)
        return false;
    t->i = end + 1;
    if (name.n > 1 && name.p[0] == '#')
        return true;
    for (size_t k = 0; k < COUNT(known); k++)
        if (str_eqz(name, known[k]))
            return true;
    return false;
}

/* Text up to one of two characters. */
static bool text(struct scan *t, char end, char other)
{
    while (t->i < t->s.n && t->s.p[t->i] != end && t->s.p[t->i] != other) {
        unsigned char c = (unsigned char)t->s.p[t->i++];
        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || (c == '&' && !reference(t)))
            return false;
    }
    return true;
}

static bool attributes(struct scan *t)
{
    for (;;) {
        size_t before = t->i;
        skip_space(t);
        if (t->i >= t->s.n || t->s.p[t->i] == '>' || t->s.p[t->i] == '/')
            return t->i < t->s.n;
        if (t->i == before || !take_name(t).n)
            return false;
        skip_space(t);
        if (!take(t, '='))
            return false;
        skip_space(t);
        char quote = t->i < t->s.n ? t->s.p[t->i] : 0;
        if ((quote != '"' && quote != '\'') || !take(t, quote) || !text(t, quote, '<') ||
            !take(t, quote))
            return false;
    }
}

static bool start_tag(struct scan *t)
{
    str name = take_name(t);
    if (!name.n || !attributes(t))
        return false;
    if (take(t, '/'))
        return take(t, '>');
    if (t->depth == DEPTH)
        return false;
    t->open[t->depth++] = name;
    return take(t, '>');
}

static bool end_tag(struct scan *t)
{
    str name = take_name(t);
    skip_space(t);
    return t->depth && str_eq(name, t->open[--t->depth]) && take(t, '>');
}

static bool opaque(struct scan *t, const char *from, const char *to)
{
    if (!str_starts(str_from(t->s, t->i), str_of(from)))
        return false;
    size_t end = str_find(t->s, str_of(to), t->i + strlen(from));
    if (end == SIZE_MAX)
        return false;
    t->i = end + strlen(to);
    return true;
}

static bool markup(struct scan *t)
{
    if (opaque(t, "<![CDATA[", "]]>") || opaque(t, "<!--", "-->"))
        return true;
    t->i++;
    return take(t, '/') ? end_tag(t) : start_tag(t);
}

/* One element from the first byte to the last. */
static bool is_element(str s)
{
    struct scan t = {.s = s};
    if (s.n < 4 || s.p[0] != '<' || s.p[1] == '!' || s.p[1] == '?' || !markup(&t))
        return false;
    while (t.depth)
        if (!text(&t, '<', '<') || t.i >= s.n || !markup(&t))
            return false;
    return t.i == s.n;
}

static bool is_utf8(str bytes)
{
    size_t end = str_starts(bytes, STR("<?xml")) ? str_find(bytes, STR("?>"), 0) : SIZE_MAX;
    if (end == SIZE_MAX)
        return true;
    str declaration = str_sub(bytes, 0, end);
    return str_find(declaration, STR("encoding"), 0) == SIZE_MAX ||
           str_find(declaration, STR("UTF-8"), 0) != SIZE_MAX ||
           str_find(declaration, STR("utf-8"), 0) != SIZE_MAX;
}

bool xml_piece(str bytes, struct buf *out)
{
    str s = str_trim(xml_strip_declaration(bytes));
    if (!is_utf8(bytes) || !utf8_valid(s) || !is_element(s))
        return false;
    buf_add(out, s);
    return true;
}
