/* The EDMX text without our own attributes: what $metadata answers. Works on the text, so that order,
 * comments and white space stay as the author wrote them. The document is known to be well-formed. */
#include "base/buf.h"
#include "load.h"

/* Whether it says of itself, or by saying nothing, that it is UTF-8. */
static bool is_utf8(str s)
{
    str head = str_sub(s, 0, str_find(s, STR("?>"), 0)), named = STR("encoding");
    size_t at = str_starts(s, STR("<?xml")) ? str_find(head, named, 0) : SIZE_MAX;
    if (str_starts(s, STR("\xfe\xff")) || str_starts(s, STR("\xff\xfe")) ||
        (s.n > 1 && (!s.p[0] || !s.p[1])))
        return false;
    if (at == SIZE_MAX || head.n == s.n)
        return true;
    str name = str_trim(str_from(head, at + named.n));
    name = str_trim(str_from(name, str_starts(name, STR("="))));
    return str_starts_nocase(str_from(name, name.n > 0), STR("utf-8"));
}

str metadata_utf8(struct arena *a, str s, const struct xml_doc *doc)
{
    str bom = STR("\xef\xbb\xbf");
    if (str_starts(s, bom))
        s = str_from(s, bom.n);
    if (is_utf8(s))
        return s;
    AUTO(buf) struct buf out = BUF(XML_MAX_BYTES);
    xml_write(xml_root(doc), &out, XML_DECLARATION);
    return arena_str(a, buf_str(&out));
}

/* The prefix that xmlns:PREFIX="urn:tidemill:odata" binds, or STR_NONE. */
static str our_prefix(str s)
{
    size_t uri = str_find(s, STR(MODEL_TM), 0);
    if (uri == SIZE_MAX || uri < 2)
        return STR_NONE;
    str before = str_trim(str_sub(s, 0, uri - 1)); /* without the quote */
    size_t colon = str_rfind_char(before, ':');
    if (colon == SIZE_MAX || !str_ends(before, STR("=")))
        return STR_NONE;
    return str_trim(str_sub(before, colon + 1, before.n - 1));
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* End of the attribute that begins at from (name = "value"). */
static size_t attribute_end(str s, size_t from)
{
    size_t i = from;
    while (i < s.n && s.p[i] != '"' && s.p[i] != '\'')
        i++;
    size_t close = i < s.n ? str_find_char(s, s.p[i], i + 1) : SIZE_MAX;
    return close == SIZE_MAX ? s.n : close + 1;
}

/* Copies one tag [from, to), leaving out attributes whose name is xmlns:PREFIX or starts with PREFIX:. */
static void copy_tag(struct buf *out, str s, size_t from, size_t to, str own, str xmlns)
{
    str tag = str_sub(s, 0, to);
    size_t i = from;
    while (i < to && !blank(s.p[i]))
        i++;
    buf_add(out, str_sub(s, from, i));
    while (i < to) {
        size_t start = i;
        while (i < to && blank(s.p[i]))
            i++;
        if (i >= to || s.p[i] == '>' || s.p[i] == '/' || s.p[i] == '?') {
            buf_add(out, str_sub(s, start, to));
            return;
        }
        str rest = str_from(tag, i);
        size_t end = attribute_end(tag, i);
        if (!str_starts(rest, own) && !str_starts(rest, xmlns))
            buf_add(out, str_sub(s, start, end));
        i = end;
    }
}

/* One past the '>' that closes the tag at from; quotes are respected. */
static size_t tag_end(str s, size_t from)
{
    char quote = 0;
    for (size_t i = from; i < s.n; i++) {
        char c = s.p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return i + 1;
    }
    return s.n;
}

str metadata_strip(struct arena *a, str s)
{
    str prefix = our_prefix(s);
    if (!prefix.n)
        return arena_str(a, s);
    str own = arena_fmt(a, STR_FMT ":", STR_ARG(prefix));
    str xmlns = arena_fmt(a, "xmlns:" STR_FMT "=", STR_ARG(prefix));
    AUTO(buf) struct buf out = BUF(s.n);
    for (size_t i = 0; i < s.n;) {
        size_t open = str_find_char(s, '<', i);
        if (open == SIZE_MAX)
            open = s.n;
        buf_add(&out, str_sub(s, i, open));
        if (open == s.n)
            break;
        if (str_starts(str_from(s, open), STR("<!--"))) {
            i = str_find(s, STR("-->"), open);
            i = i == SIZE_MAX ? s.n : i + 3;
            buf_add(&out, str_sub(s, open, i));
        } else {
            i = tag_end(s, open);
            copy_tag(&out, s, open, i, own, xmlns);
        }
    }
    return arena_str(a, buf_str(&out));
}
