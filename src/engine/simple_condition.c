/* Conditions: operand operator operand, joined by and/or, evaluated from left to right. */
#include "engine/simple_inside.h"

enum { TESTS_MAX = 1000 };

struct reader {
    struct arena *a;
    str s;
    size_t i;
    struct err *e;
};

static void skip_blanks(struct reader *r)
{
    while (r->i < r->s.n && strchr(" \t\r\n", r->s.p[r->i]))
        r->i++;
}

/* Typographic quotes of texts that went through a word processor: U+2018..U+201D. */
static size_t quote_length(str s)
{
    if (s.n && (s.p[0] == '\'' || s.p[0] == '"'))
        return 1;
    bool curly = s.n >= 3 && s.p[0] == '\xE2' && s.p[1] == '\x80' &&
                 (unsigned char)s.p[2] >= 0x98 && (unsigned char)s.p[2] <= 0x9D;
    return curly ? 3 : 0;
}

static bool closes(str open, str s)
{
    size_t n = quote_length(s);
    return n == open.n && n && (n == 3 || s.p[0] == open.p[0]);
}

static bool read_quoted(struct reader *r, size_t quote, struct simple_operand *ret)
{
    str open = str_sub(r->s, r->i, r->i + quote);
    size_t from = r->i + quote, end = from;
    while (end < r->s.n && !closes(open, str_from(r->s, end))) {
        size_t close = r->s.p[end] == '$' && end + 1 < r->s.n && r->s.p[end + 1] == '{'
                           ? simple_close(r->s, end)
                           : SIZE_MAX;
        end = close == SIZE_MAX ? end + 1 : close + 1;
    }
    if (end >= r->s.n)
        return err_set(r->e, ERR_BAD_REQUEST, "no end quote for the text at position %zu", r->i);
    r->i = end + quote;
    if (!simple_parse_text(r->a, str_sub(r->s, from, end), false, &ret->text, r->e))
        return false;
    ret->text->quoted = true;
    return true;
}

/* ${..}, numbers, null, true, bare words: up to a blank or an operator. */
static bool read_bare(struct reader *r, struct simple_operand *ret)
{
    size_t from = r->i;
    while (r->i < r->s.n && !strchr(" \t\r\n=!<>", r->s.p[r->i])) {
        size_t close = r->s.p[r->i] == '$' && r->i + 1 < r->s.n && r->s.p[r->i + 1] == '{'
                           ? simple_close(r->s, r->i)
                           : SIZE_MAX;
        r->i = close == SIZE_MAX ? r->i + 1 : close + 1;
    }
    str word = str_sub(r->s, from, r->i);
    if (!word.n)
        return err_set(r->e, ERR_BAD_REQUEST, "a value is missing at position %zu of '" STR_FMT "'",
                       from, STR_ARG(str_sub(r->s, 0, 100)));
    ret->is_null = str_eqz(word, "null");
    return simple_parse_text(r->a, word, false, &ret->text, r->e);
}

static bool read_operand(struct reader *r, struct simple_operand *ret)
{
    skip_blanks(r);
    size_t quote = quote_length(str_from(r->s, r->i));
    return quote ? read_quoted(r, quote, ret) : read_bare(r, ret);
}

/* Longer ones first. */
static const struct {
    const char *text;
    enum simple_op op;
    bool word;
} OPERATORS[] = {
    {"==",           OP_EQ,           false},
    {"=~",           OP_EQ,           false},
    {"!=",           OP_NE,           false},
    {">=",           OP_GE,           false},
    {"<=",           OP_LE,           false},
    {"=",            OP_EQ,           false},
    {">",            OP_GT,           false},
    {"<",            OP_LT,           false},
    {"not contains", OP_NOT_CONTAINS, true },
    {"!contains",    OP_NOT_CONTAINS, true },
    {"contains",     OP_CONTAINS,     true },
    {"not in",       OP_NOT_IN,       true },
    {"!in",          OP_NOT_IN,       true },
    {"in",           OP_IN,           true },
    {"not regex",    OP_NOT_REGEX,    true },
    {"!regex",       OP_NOT_REGEX,    true },
    {"regex",        OP_REGEX,        true },
    {"starts with",  OP_STARTS,       true },
    {"startsWith",   OP_STARTS,       true },
    {"ends with",    OP_ENDS,         true },
    {"endsWith",     OP_ENDS,         true },
};

static bool take_word(struct reader *r, const char *text, bool word)
{
    str want = str_of(text), here = str_sub(r->s, r->i, r->i + want.n);
    char after = r->i + want.n < r->s.n ? r->s.p[r->i + want.n] : ' ';
    if (!str_eq_nocase(here, want) ||
        (word && !strchr(" \t\r\n'\"$", after) && (unsigned char)after < 0x80))
        return false;
    r->i += want.n;
    return true;
}

static bool take_operator(struct reader *r, enum simple_op *ret)
{
    skip_blanks(r);
    for (size_t i = 0; i < COUNT(OPERATORS); i++)
        if (take_word(r, OPERATORS[i].text, OPERATORS[i].word)) {
            *ret = OPERATORS[i].op;
            return true;
        }
    return false;
}

static bool read_test(struct reader *r, struct simple_test *t)
{
    t->op = OP_TRUTH;
    if (!read_operand(r, &t->left))
        return false;
    if (!take_operator(r, &t->op))
        return true;
    if (!read_operand(r, &t->right))
        return false;
    bool regex = t->op == OP_REGEX || t->op == OP_NOT_REGEX;
    if (!regex || !simple_is_constant(t->right.text))
        return true;
    str pattern = t->right.text->parts.n ? t->right.text->parts.at[0].text : STR("");
    return regex_compile(r->a, pattern, REGEX_WHOLE, &t->regex, r->e);
}

static bool take_joint(struct reader *r, bool *ret_or)
{
    skip_blanks(r);
    bool is_or = take_word(r, "or", true) || take_word(r, "||", false);
    *ret_or = is_or;
    return is_or || take_word(r, "and", true) || take_word(r, "&&", false);
}

bool simple_parse_condition(struct arena *a, str text, struct simple *ret, struct err *e)
{
    struct reader r = {a, text, 0, e};
    for (bool is_or = false;;) {
        struct simple_test t = {.is_or = is_or};
        if (!read_test(&r, &t))
            return false;
        vec_add(a, &ret->tests, t);
        skip_blanks(&r);
        if (r.i >= text.n)
            return true;
        if (!take_joint(&r, &is_or))
            return err_set(e, ERR_BAD_REQUEST,
                           "'and', 'or' or an operator is expected at position %zu of '" STR_FMT
                           "'",
                           r.i, STR_ARG(str_sub(text, 0, 200)));
        if (ret->tests.n >= TESTS_MAX)
            return err_set(e, ERR_TOO_LARGE, "a condition with more than %d tests", TESTS_MAX);
    }
}
