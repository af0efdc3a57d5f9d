/* Text with ${..} to parts; method calls behind a function. What ${..} may hold is in simple_function.c. */
#include "engine/simple_inside.h"

enum { TEXT_MAX = 4 << 20, PARTS_MAX = 20000 };

size_t simple_close(str text, size_t from)
{
    size_t depth = 1;
    for (size_t i = from + 2; i < text.n; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == '}')
            i++;
        else if (text.p[i] == '$' && i + 1 < text.n && text.p[i + 1] == '{')
            depth++, i++;
        else if (text.p[i] == '}' && --depth == 0)
            return i;
    }
    return SIZE_MAX;
}

/* ---- calls: .name(args)[n] ---- */

static bool is_word(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* One argument, without its quotes; *i is moved behind it. */
static str read_argument(str s, size_t *i)
{
    while (*i < s.n && s.p[*i] == ' ')
        (*i)++;
    if (*i < s.n && (s.p[*i] == '\'' || s.p[*i] == '"')) {
        size_t from = *i + 1, end = str_find_char(s, s.p[*i], from);
        *i = end == SIZE_MAX ? s.n : end + 1;
        while (*i < s.n && s.p[*i] == ' ')
            (*i)++;
        return str_sub(s, from, end);
    }
    size_t from = *i;
    while (*i < s.n && s.p[*i] != ',' && s.p[*i] != ')')
        *i = s.p[*i] == '$' && simple_close(s, *i) != SIZE_MAX ? simple_close(s, *i) + 1 : *i + 1;
    return str_trim(str_sub(s, from, *i));
}

static bool read_arguments(struct arena *a, str s, size_t *i, struct simple_call *c, struct err *e)
{
    while (*i < s.n && s.p[*i] == ' ')
        (*i)++;
    if (*i < s.n && s.p[*i] == ')') {
        (*i)++;
        return true;
    }
    while (*i < s.n && c->nargs < ARGS_MAX) {
        if (!simple_parse_text(a, read_argument(s, i), false, &c->args[c->nargs++], e))
            return false;
        char after = *i < s.n ? s.p[(*i)++] : 0;
        if (after == ')')
            return true;
        if (after != ',')
            break;
    }
    return err_set(e, ERR_BAD_REQUEST, "the arguments of '%s' are wrong", c->method->name);
}

static bool check_call(struct arena *a, struct simple_call *c, struct err *e)
{
    const struct simple_method *m = c->method;
    if (c->nargs < m->least || c->nargs > m->most)
        return err_set(e, ERR_BAD_REQUEST, "%s() takes other arguments", m->name);
    if (!m->has_regex || !simple_is_constant(c->args[0]))
        return true;
    str pattern = c->args[0]->parts.n ? c->args[0]->parts.at[0].text : STR("");
    return regex_compile(a, pattern, 0, &c->regex, e);
}

static bool read_call(struct arena *a, str s, size_t *i, struct simple_call *c, struct err *e)
{
    size_t from = *i, end = from;
    while (end < s.n && is_word(s.p[end]))
        end++;
    str name = str_sub(s, from, end);
    if (end == from || end >= s.n || s.p[end] != '(')
        return err_set(e, ERR_NOT_IMPLEMENTED, "'" STR_FMT "' is not supported",
                       STR_ARG(str_from(s, from)));
    c->method = simple_method_named(name);
    if (!c->method)
        c->method = simple_fault_method_named(name);
    if (!c->method)
        return err_set(e, ERR_NOT_IMPLEMENTED, "the method '" STR_FMT "' is not supported",
                       STR_ARG(name));
    *i = end + 1;
    c->index = -1;
    if (!read_arguments(a, s, i, c, e) || !check_call(a, c, e))
        return false;
    size_t close = *i < s.n && s.p[*i] == '[' ? str_find_char(s, ']', *i) : SIZE_MAX;
    int64_t n = 0;
    if (close != SIZE_MAX && str_to_i64(str_sub(s, *i + 1, close), &n) && n >= 0 && n < 1000000) {
        c->index = (int)n;
        *i = close + 1;
    }
    return true;
}

bool simple_parse_calls(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    for (size_t i = 0; i < rest.n;) {
        struct simple_call c = {0};
        if (rest.p[i] == '?')
            i++;
        if (i >= rest.n || rest.p[i] != '.')
            return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' is not understood",
                           STR_ARG(str_from(rest, i)));
        i++;
        if (!read_call(a, rest, &i, &c, e))
            return false;
        vec_add(a, &ret->calls, c);
    }
    return true;
}

/* ---- text ---- */

static char escaped(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '}' ? '}' : 0;
}

static void add_constant(struct arena *a, struct simple *s, str text, bool escapes)
{
    if (!text.n)
        return;
    char *out = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = escapes && text.p[i] == '\\' && i + 1 < text.n ? escaped(text.p[i + 1]) : 0;
        out[n++] = c ? c : text.p[i];
        i += c != 0;
    }
    vec_add(a, &s->parts,
            (struct simple_part){
                .text = {out, n}
    });
}

/* The next "${" at or after from; *ret_open is the length of its opening. */
static size_t next_function(str text, size_t from, size_t *ret_open)
{
    for (size_t at = from; (at = str_find_char(text, '$', at)) != SIZE_MAX; at++) {
        str here = str_from(text, at);
        *ret_open = str_starts(here, STR("${")) ? 2 : str_starts(here, STR("$simple{")) ? 8 : 0;
        if (*ret_open)
            return at;
    }
    return SIZE_MAX;
}

bool simple_parse_text(struct arena *a, str text, bool escapes, struct simple **ret, struct err *e)
{
    struct simple *s = arena_new_of(a, struct simple);
    size_t from = 0, at, open = 0;
    if (text.n > TEXT_MAX)
        return err_set(e, ERR_TOO_LARGE, "an expression of %zu bytes", text.n);
    while ((at = next_function(text, from, &open)) != SIZE_MAX) {
        size_t close = simple_close(text, at + open - 2);
        struct simple_part part = {0};
        add_constant(a, s, str_sub(text, from, at), escapes);
        if (close == SIZE_MAX)
            return err_set(e, ERR_BAD_REQUEST,
                           "expression has no end bracket for ${ at position %zu: " STR_FMT, at,
                           STR_ARG(str_sub(text, at, at + 60)));
        str inside = str_sub(text, at + open, close);
        if (!simple_parse_function(a, arena_str(a, str_trim(inside)), &part, e))
            return err_ctx(e, "${" STR_FMT "} at position %zu", STR_ARG(str_sub(inside, 0, 60)),
                           at);
        if (s->parts.n >= PARTS_MAX)
            return err_set(e, ERR_TOO_LARGE, "an expression with more than %d functions",
                           PARTS_MAX);
        vec_add(a, &s->parts, part);
        from = close + 1;
    }
    add_constant(a, s, str_from(text, from), escapes);
    *ret = s;
    return true;
}

bool simple_compile(struct arena *a, str text, enum simple_mode mode, struct simple **ret,
                    struct err *e)
{
    struct simple *s = NULL;
    if (mode == SIMPLE_TEXT)
        return simple_parse_text(a, text, true, ret, e);
    s = arena_new_of(a, struct simple);
    if (!simple_parse_condition(a, text, s, e))
        return false;
    *ret = s;
    return true;
}

bool simple_is_constant(const struct simple *s)
{
    return !s->tests.n && (!s->parts.n || (s->parts.n == 1 && !s->parts.at[0].fn));
}
