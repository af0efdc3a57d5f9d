/* A pass over the tokens of an XPath expression. The one subtlety of its lexer (XPath 1.0, 3.7): after
 * an operand a name is an operator and '*' a multiplication, elsewhere they are tests. */
#include "format/xpath_lib.h"

enum { MOST_TOKENS = 3000, DEEPEST = 100, LONGEST = 65536 };

struct rewriter {
    str in;
    size_t at;
    struct buf *out;
    const struct xpath_dialect *dialect;
    bool operand;   /* the token before ended an operand */
    bool attribute; /* a name test here would be one of attributes */
    unsigned tokens, depth;
    struct err *e;
};

static const char *const functions[] = {/* XPath 1.0 */
                                        "last",
                                        "position",
                                        "count",
                                        "id",
                                        "local-name",
                                        "namespace-uri",
                                        "name",
                                        "string",
                                        "concat",
                                        "starts-with",
                                        "contains",
                                        "substring-before",
                                        "substring-after",
                                        "substring",
                                        "string-length",
                                        "normalize-space",
                                        "translate",
                                        "boolean",
                                        "not",
                                        "true",
                                        "false",
                                        "lang",
                                        "number",
                                        "sum",
                                        "floor",
                                        "ceiling",
                                        "round"};
static const char *const node_tests[] = {"text", "node", "comment", "processing-instruction"};
static const struct {
    const char *from, *to;
} operators[] = {
    {"and",   "and"},
    {"or",    "or" },
    {"div",   "div"},
    {"mod",   "mod"},
    {"eq",    "="  },
    {"ne",    "!=" },
    {"lt",    "<"  },
    {"le",    "<=" },
    {"gt",    ">"  },
    {"ge",    ">=" },
    {"union", "|"  }
};
static const struct {
    const char *from, *to;
} casts[] = {
    {"xs:string",  "string"},
    {"xs:double",  "number"},
    {"xs:decimal", "number"},
    {"xs:integer", "number"},
    {"xs:int",     "number"},
    {"xs:long",    "number"},
    {"xs:float",   "number"}
};

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' ||
           c == '.' || (unsigned char)c >= 0x80;
}

static bool starts_name(char c)
{
    return is_name_char(c) && c != '-' && c != '.' && !(c >= '0' && c <= '9');
}

static char peek(const struct rewriter *r, size_t ahead)
{
    return r->at + ahead < r->in.n ? r->in.p[r->at + ahead] : 0;
}

static void skip_blanks(struct rewriter *r)
{
    while (r->at < r->in.n && strchr(" \t\r\n", r->in.p[r->at]) && r->in.p[r->at])
        r->at++;
}

static bool unsupported(struct rewriter *r, const char *what, str name)
{
    return err_set(r->e, ERR_NOT_IMPLEMENTED, "XPath 1.0 is supported, not %s '" STR_FMT "'", what,
                   STR_ARG(str_sub(name, 0, 80)));
}

static bool bad(struct rewriter *r, const char *what)
{
    return err_set(r->e, ERR_BAD_REQUEST, "XPath '" STR_FMT "': %s",
                   STR_ARG(str_sub(r->in, 0, 200)), what);
}

static str take_ncname(struct rewriter *r)
{
    size_t from = r->at;
    while (r->at < r->in.n && is_name_char(r->in.p[r->at]))
        r->at++;
    return str_sub(r->in, from, r->at);
}

/* NCName, NCName:NCName or NCName:* */
static str take_name(struct rewriter *r)
{
    size_t from = r->at;
    take_ncname(r);
    if (peek(r, 0) == ':' && peek(r, 1) == '*')
        r->at += 2;
    else if (peek(r, 0) == ':' && starts_name(peek(r, 1))) {
        r->at++;
        take_ncname(r);
    }
    return str_sub(r->in, from, r->at);
}

static bool is_one_of(str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eqz(name, names[i]))
            return true;
    return false;
}

static bool operator_name(struct rewriter *r, str name)
{
    r->operand = false;
    for (size_t i = 0; i < COUNT(operators); i++)
        if (str_eqz(name, operators[i].from)) {
            buf_addf(r->out, " %s ", operators[i].to);
            return true;
        }
    return unsupported(r, "operator", name);
}

static bool function_name(struct rewriter *r, str name)
{
    if (is_one_of(name, node_tests, COUNT(node_tests))) {
        buf_add(r->out, name);
        return true;
    }
    str plain = str_starts(name, STR("fn:")) ? str_from(name, 3) : name;
    for (size_t i = 0; i < COUNT(casts); i++)
        if (str_eqz(name, casts[i].from))
            plain = str_of(casts[i].to);
    if (!is_one_of(plain, functions, COUNT(functions)) && !xpath_function_added(plain) &&
        !(r->dialect->function && r->dialect->function(r->dialect->arg, plain)))
        return unsupported(r, str_eq(name, STR("if")) ? "expression" : "function", name);
    buf_add(r->out, plain);
    return true;
}

static bool declared(const struct rewriter *r, str prefix)
{
    const struct map *m = r->dialect->namespaces;
    return (m && map_get(m, prefix)) ||
           (prefix.n && (r->dialect->any_prefix || str_eqz(prefix, "xml")));
}

static bool name_test(struct rewriter *r, str name)
{
    size_t colon = str_find_char(name, ':', 0);
    if (peek(r, 0) == '$' && (str_eqz(name, "for") || str_eqz(name, "some") ||
                              str_eqz(name, "every") || str_eqz(name, "let")))
        return unsupported(r, "expression", name);
    str prefix = str_sub(name, 0, colon);
    if (colon != SIZE_MAX && !declared(r, prefix))
        return err_set(r->e, ERR_BAD_REQUEST, "XPath: prefix '" STR_FMT "' is not declared",
                       STR_ARG(str_sub(prefix, 0, 80)));
    if (colon == SIZE_MAX && !r->attribute && declared(r, STR("")))
        buf_addz(r->out, XPATH_DEFAULT_PREFIX ":");
    buf_add(r->out, name);
    r->operand = true;
    r->attribute = false;
    return true;
}

static bool name_token(struct rewriter *r)
{
    str name = take_name(r);
    if (r->operand)
        return operator_name(r, name);
    skip_blanks(r);
    if (peek(r, 0) == '(')
        return function_name(r, name);
    if (peek(r, 0) != ':' || peek(r, 1) != ':')
        return name_test(r, name);
    r->attribute = str_eqz(name, "attribute") || str_eqz(name, "namespace");
    buf_add(r->out, name);
    buf_addz(r->out, "::");
    r->at += 2;
    return true;
}

static bool star(struct rewriter *r)
{
    buf_addz(r->out, r->operand ? " * " : "*");
    r->operand = !r->operand;
    r->attribute = false;
    r->at++;
    if (!r->operand || peek(r, 0) != ':' || !starts_name(peek(r, 1)))
        return true;
    r->at++;
    str local = take_ncname(r);
    buf_addf(r->out, "[local-name()='" STR_FMT "']", STR_ARG(local));
    return true;
}

static bool literal(struct rewriter *r)
{
    size_t end = str_find_char(r->in, r->in.p[r->at], r->at + 1);
    if (end == SIZE_MAX)
        return bad(r, "a text is not closed");
    buf_add(r->out, str_sub(r->in, r->at, end + 1));
    r->at = end + 1;
    r->operand = true;
    return true;
}

static bool comment(struct rewriter *r)
{
    size_t end = str_find(r->in, STR(":)"), r->at + 2);
    if (end == SIZE_MAX)
        return bad(r, "a comment is not closed");
    r->at = end + 2;
    return true;
}

static bool number_or_dot(struct rewriter *r)
{
    size_t from = r->at;
    while (r->at < r->in.n &&
           ((r->in.p[r->at] >= '0' && r->in.p[r->at] <= '9') || r->in.p[r->at] == '.'))
        r->at++;
    buf_add(r->out, str_sub(r->in, from, r->at));
    r->operand = true;
    return true;
}

static bool variable(struct rewriter *r)
{
    buf_add_char(r->out, '$');
    r->at++;
    skip_blanks(r);
    str name = take_name(r);
    buf_add(r->out, name);
    r->operand = true;
    bool path = peek(r, 0) == '/' || peek(r, 0) == '[';
    if (path && r->dialect->is_tree && r->dialect->is_tree(r->dialect->arg, name))
        return unsupported(r, "a path into the temporary tree", name);
    return true;
}

static bool symbol(struct rewriter *r, char c)
{
    str two = str_sub(r->in, r->at, r->at + 2);
    if (str_eqz(two, "||") || str_eqz(two, "=>") || (c == '!' && !str_eqz(two, "!=")))
        return unsupported(r, "operator",
                           str_eqz(two, "||") || str_eqz(two, "=>") ? two : STR("!"));
    if (c == '(' || c == '[')
        r->depth++;
    if (r->depth > DEEPEST)
        return err_set(r->e, ERR_TOO_LARGE, "XPath: more than %d levels of brackets", DEEPEST);
    if ((c == ')' || c == ']') && r->depth)
        r->depth--;
    r->operand = c == ')' || c == ']';
    r->attribute = c == '@';
    buf_add_char(r->out, c);
    r->at++;
    return true;
}

static bool token(struct rewriter *r)
{
    char c = peek(r, 0);
    if (c == '(' && peek(r, 1) == ':')
        return comment(r);
    if (starts_name(c))
        return name_token(r);
    if (c == '*')
        return star(r);
    if (c == '"' || c == '\'')
        return literal(r);
    if (c == '$')
        return variable(r);
    if (c == '.' || (c >= '0' && c <= '9'))
        return number_or_dot(r);
    return symbol(r, c);
}

bool xpath_rewrite(struct arena *a, str expr, const struct xpath_dialect *d, str *ret,
                   struct err *e)
{
    AUTO(buf) struct buf out = BUF(4 * LONGEST);
    struct rewriter r = {.in = str_trim(expr), .out = &out, .dialect = d, .e = e};
    if (!r.in.n || r.in.n > LONGEST)
        return err_set(e, ERR_BAD_REQUEST, "XPath: %s",
                       r.in.n ? "longer than 65536 bytes" : "empty expression");
    if (str_find_char(r.in, 0, 0) != SIZE_MAX)
        return bad(&r, "it holds a NUL");
    while (r.at < r.in.n) {
        size_t before = r.at;
        skip_blanks(&r);
        if (r.at > before)
            buf_add_char(&out, ' ');
        if (r.at < r.in.n && !token(&r))
            return false;
        if (++r.tokens > MOST_TOKENS)
            return err_set(e, ERR_TOO_LARGE, "XPath: more than %d tokens", MOST_TOKENS);
    }
    *ret = arena_str(a, buf_str(&out));
    return buf_check(&out, e);
}
