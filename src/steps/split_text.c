#include "steps/split_text.h"

bool split_line(str *rest, str *ret)
{
    str s = *rest;
    size_t i = 0, skip = 0;
    if (!s.n)
        return false;
    for (; i < s.n && !skip; i++) {
        char c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : 0;
        if (c == '\n')
            skip = 1;
        else if (c == '\r')
            skip = next == '\n' ? 2 : 1;
        else if (c == '\\' && next == 'n')
            skip = 2;
    }
    size_t end = skip ? i - 1 : i;
    *ret = str_sub(s, 0, end);
    *rest = str_from(s, end + skip);
    return true;
}

/* Behind a comment, CDATA section or processing instruction that begins at i, else i. */
static size_t skip_opaque(str s, size_t i)
{
    static const struct {
        const char *from, *to;
    } opaque[] = {
        {"<!--",      "-->"},
        {"<![CDATA[", "]]>"},
        {"<?",        "?>" }
    };
    for (size_t k = 0; k < COUNT(opaque); k++)
        if (str_starts(str_from(s, i), str_of(opaque[k].from))) {
            size_t end = str_find(s, str_of(opaque[k].to), i);
            return end == SIZE_MAX ? s.n : end + strlen(opaque[k].to);
        }
    return i;
}

/* Behind the '>' of a tag that begins at i; quotes are respected. */
static size_t tag_end(str s, size_t i)
{
    char quote = 0;
    for (; i < s.n; i++) {
        char c = s.p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return i + 1;
    }
    return SIZE_MAX;
}

static bool is_tag(str s, size_t i, str name)
{
    str t = str_from(s, i);
    if (!str_starts(t, name) || t.n == name.n)
        return false;
    return strchr(" \t\r\n/>", t.p[name.n]) != NULL && t.p[name.n] != 0;
}

bool split_element(str *rest, str name, str *ret)
{
    str s = *rest;
    size_t depth = 0, from = 0;
    for (size_t i = 0; (i = str_find_char(s, '<', i)) != SIZE_MAX;) {
        size_t behind = skip_opaque(s, i);
        if (behind != i) {
            i = behind;
            continue;
        }
        bool closing = i + 1 < s.n && s.p[i + 1] == '/';
        bool ours = is_tag(s, i + (closing ? 2 : 1), name);
        size_t end = tag_end(s, i);
        if (end == SIZE_MAX)
            return false;
        bool empty = !closing && s.p[end - 2] == '/';
        if (ours && !closing && depth == 0)
            from = i;
        if (ours && !empty)
            depth = closing ? depth - (depth > 0) : depth + 1;
        if (ours && depth == 0) {
            *ret = str_sub(s, from, end);
            *rest = str_from(s, end);
            return true;
        }
        i = end;
    }
    return false;
}
