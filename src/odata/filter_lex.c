#include "odata/expr.h"

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static char at(const struct lexer *l, size_t i)
{
    return i < l->s.n ? l->s.p[i] : '\0';
}

static size_t digits(const struct lexer *l, size_t i)
{
    while (digit(at(l, i)))
        i++;
    return i;
}

static bool take(struct lexer *l, enum token_kind kind, size_t end)
{
    l->now = (struct token){kind, str_sub(l->s, l->at, end), l->at};
    l->at = end;
    return true;
}

/* One past the closing quote of the literal whose opening one is at i; 0: none. */
static size_t quoted_end(const struct lexer *l, size_t i)
{
    for (i++; i < l->s.n; i++) {
        if (l->s.p[i] != '\'')
            continue;
        if (at(l, i + 1) != '\'')
            return i + 1;
        i++;
    }
    return 0;
}

static bool take_quoted(struct lexer *l, size_t quote, struct err *e)
{
    size_t end = quoted_end(l, quote);
    if (!end)
        return err_set(e, ERR_BAD_REQUEST,
                       "Unterminated string literal at position %zu in \"" STR_FMT "\".", quote + 1,
                       STR_ARG(str_sub(l->s, 0, 200)));
    return take(l, TOKEN_LITERAL, end);
}

static bool unknown(struct lexer *l, struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST,
                   "Unknown character '%c' at position %zu detected in \"" STR_FMT "\".",
                   l->s.p[l->at], l->at + 1, STR_ARG(str_sub(l->s, 0, 200)));
}

/* -12, 5L, 1.5M, 1E5d: what it is worth says edm_parse_uri. */
static bool take_number(struct lexer *l, struct err *e)
{
    size_t i = digits(l, l->at + (at(l, l->at) == '-'));
    if (at(l, i) == '.' && digit(at(l, i + 1)))
        i = digits(l, i + 1);
    if (at(l, i) == 'e' || at(l, i) == 'E') {
        size_t sign = at(l, i + 1) == '+' || at(l, i + 1) == '-';
        if (digit(at(l, i + 1 + sign)))
            i = digits(l, i + 1 + sign);
    }
    if (letter(at(l, i)))
        i++;
    if (letter(at(l, i)) || digit(at(l, i)) || at(l, i) == '.') {
        l->at = i;
        return unknown(l, e);
    }
    return take(l, TOKEN_LITERAL, i);
}

static bool take_word(struct lexer *l, struct err *e)
{
    size_t i = l->at;
    while (letter(at(l, i)) || digit(at(l, i)) || (at(l, i) == '.' && letter(at(l, i + 1))))
        i++;
    if (at(l, i) == '\'')
        return take_quoted(l, i, e);
    return take(l, TOKEN_WORD, i);
}

bool lexer_next(struct lexer *l, struct err *e)
{
    static const struct {
        char c;
        enum token_kind kind;
    } single[] = {
        {'(', TOKEN_OPEN },
        {')', TOKEN_CLOSE},
        {',', TOKEN_COMMA},
        {'/', TOKEN_SLASH},
        {'-', TOKEN_MINUS},
    };
    while (at(l, l->at) == ' ' || at(l, l->at) == '\t')
        l->at++;
    if (l->at >= l->s.n)
        return take(l, TOKEN_END, l->s.n);
    char c = at(l, l->at), next = at(l, l->at + 1);
    if (c == '\'')
        return take_quoted(l, l->at, e);
    if (digit(c) || (c == '-' && digit(next)))
        return take_number(l, e);
    if (str_starts(str_from(l->s, l->at), STR("-INF")) && !letter(at(l, l->at + 4)) &&
        !digit(at(l, l->at + 4)))
        return take(l, TOKEN_LITERAL, l->at + 4);
    if (letter(c))
        return take_word(l, e);
    for (size_t i = 0; i < COUNT(single); i++)
        if (c == single[i].c)
            return take(l, single[i].kind, l->at + 1);
    return unknown(l, e);
}
