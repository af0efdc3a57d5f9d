/* externalize: {{parameter}} in values of an integration flow. Replaced as text before anything is interpreted, so
 * that numbers, adapter modes and whole row tables can be parameters. Inside a row table the value lands in XML:
 * the editor stores it escaped there, people who edit parameters.prop by hand do not; both are understood. Values of
 * conditions are stored escaped too, though they land in no XML: entities in them become their characters. */
#include "base/buf.h"
#include "flow/iflw.h"

enum { NAME_MAX_BYTES = 1024, ENTITY_MAX_BYTES = 10 };

/* "&amp;" or "&#10;" at the start of s. */
static bool is_entity(str s)
{
    size_t end = str_find_char(str_sub(s, 0, ENTITY_MAX_BYTES), ';', 1);
    if (end == SIZE_MAX || end < 2)
        return false;
    for (size_t i = 1; i < end; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && !(c == '#' && i == 1))
            return false;
    }
    return true;
}

static void add_as_xml(struct buf *out, str value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '<')
            buf_addz(out, "&lt;");
        else if (c == '&' && !is_entity(str_from(value, i)))
            buf_addz(out, "&amp;");
        else
            buf_add_char(out, c);
    }
}

/* A name as it stands in a row table ({{&lt;X&gt;}}), or the value of a condition. */
static str unescape(struct arena *a, str text)
{
    static const struct {
        str entity;
        char c;
    } rows[] = {
        {{"&lt;", 4},   '<' },
        {{"&gt;", 4},   '>' },
        {{"&amp;", 5},  '&' },
        {{"&quot;", 6}, '"' },
        {{"&apos;", 6}, '\''},
    };
    if (str_find_char(text, '&', 0) == SIZE_MAX)
        return text;
    char *to = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        to[n] = text.p[i];
        for (size_t k = 0; k < COUNT(rows); k++)
            if (str_starts(str_from(text, i), rows[k].entity)) {
                to[n] = rows[k].c;
                i += rows[k].entity.n - 1;
                break;
            }
        n++;
    }
    return (str){to, n};
}

static const str *find_value(struct arena *a, const struct map *parameters, str name, bool in_rows)
{
    const str *value = map_get(parameters, name);
    return value || !in_rows ? value : map_get(parameters, unescape(a, name));
}

bool externalize(struct arena *a, str text, enum value_kind kind, const struct map *parameters,
                 size_t *budget, str *ret, struct err *e)
{
    size_t open = str_find(text, STR("{{"), 0);
    if (open == SIZE_MAX) {
        *ret = text;
        return true;
    }
    bool in_rows = str_starts(str_trim(text), STR("<row"));
    AUTO(buf) struct buf out = BUF(*budget);
    size_t from = 0;
    for (; open != SIZE_MAX; open = str_find(text, STR("{{"), from)) {
        while (str_starts(str_from(text, open + 1), STR("{{"))) /* "{{{x}}}" is a value in braces */
            open++;
        size_t close = str_find(text, STR("}}"), open + 2);
        if (close == SIZE_MAX || close - open > NAME_MAX_BYTES)
            break;
        buf_add(&out, str_sub(text, from, open));
        const str *value = find_value(a, parameters, str_sub(text, open + 2, close), in_rows);
        if (value && in_rows)
            add_as_xml(&out, *value);
        else if (value)
            buf_add(&out, kind == VALUE_CONDITION ? unescape(a, *value) : *value);
        from = close + 2;
    }
    buf_add(&out, str_from(text, from));
    if (out.failed)
        return err_set(e, ERR_TOO_LARGE,
                       "the flow's values with their parameters are larger than %d MB",
                       IFLW_MAX_EXPANDED >> 20);
    *budget -= out.n;
    *ret = arena_str(a, buf_str(&out));
    return true;
}
