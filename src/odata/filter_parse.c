/* Recursive descent over the levels of the grammar (odata-v2.md 3); names are bound to the model as
 * they are met, so a tree that exists is well typed. */
#include "odata/expr.h"

struct parser {
    struct lexer lex;
    struct arena *a;
    const struct model *types;
    const struct model_type *type;
    size_t nodes, depth;
};
const char *const expr_op_names[] = {"or", "and", "eq",  "ne",  "lt",  "le", "gt",
                                     "ge", "add", "sub", "mul", "div", "mod"};
/* First operator of each level; a level ends where the next begins. */
static const enum expr_op levels[] = {OP_OR, OP_AND, OP_EQ, OP_LT, OP_ADD, OP_MUL};
enum { LEVELS = COUNT(levels) };

static bool parse_level(struct parser *p, size_t level, struct expr **ret, struct err *e) MUST_USE;

static str source(const struct parser *p)
{
    return str_sub(p->lex.s, 0, 200);
}

static bool node(struct parser *p, enum expr_kind kind, size_t at, struct expr **ret, struct err *e)
{
    *ret = arena_new_of(p->a, struct expr);
    (*ret)->kind = kind;
    (*ret)->position = at + 1;
    if (++p->nodes > EXPR_MAX_NODES)
        return err_set(e, ERR_BAD_REQUEST, "The expression has more than %d parts.",
                       EXPR_MAX_NODES);
    return true;
}

static bool expected_expression(struct parser *p, struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST, "Expression expected at position %zu in \"" STR_FMT "\".",
                   p->lex.now.at + 1, STR_ARG(source(p)));
}

static bool deeper(struct parser *p, struct err *e)
{
    return ++p->depth <= EXPR_MAX_DEPTH ||
           err_set(e, ERR_BAD_REQUEST, "The expression is nested deeper than %d.", EXPR_MAX_DEPTH);
}

static bool parse_literal(struct parser *p, struct token t, struct expr **ret, struct err *e)
{
    struct expr *x;
    if (!node(p, EXPR_LITERAL, t.at, &x, e))
        return false;
    x->text = t.text;
    if (!edm_parse_uri(p->a, t.text, &x->type, &x->value, e))
        return err_set(e, ERR_BAD_REQUEST, "Unknown literal: '" STR_FMT "'.",
                       STR_ARG(str_sub(t.text, 0, 200)));
    x->nullable = x->type == EDM_COUNT;
    *ret = x;
    return true;
}

/* One name of a path. t: where to look it up, set to where the next one is looked up. base: slot of
 * the complex value that is open. */
static bool bind_name(struct parser *p, struct expr *x, str name, const struct model_type **t,
                      struct err *e)
{
    const struct model_property *prop = *t ? model_property_named(*t, name) : NULL;
    const struct model_nav *nav = *t && !prop && !(*t)->complex ? model_nav_named(*t, name) : NULL;
    if (nav && !nav->many) {
        vec_add(p->a, &x->navs, nav);
        *t = nav->target;
        x->entity = x->nullable = true;
        x->type = EDM_COMPLEX;
        x->structure = nav->target;
        x->slot = 0;
        return true;
    }
    if (!prop && !nav)
        return err_set(e, ERR_BAD_REQUEST,
                       "No property \"" STR_FMT "\" exists in type \"" STR_FMT
                       "\" at position %zu in \"" STR_FMT "\".",
                       STR_ARG(str_sub(name, 0, 80)), STR_ARG(*t ? (*t)->qualified : STR("Edm")),
                       x->position, STR_ARG(source(p)));
    if (nav)
        return err_set(e, ERR_BAD_REQUEST,
                       "The navigation \"" STR_FMT "\" leads to many at position %zu in \"" STR_FMT
                       "\".",
                       STR_ARG(name), x->position, STR_ARG(source(p)));
    x->entity = false;
    x->type = prop->type;
    x->nullable |= prop->nullable;
    x->slot = (uint16_t)(x->slot + prop->slot);
    *t = x->structure = prop->complex;
    return true;
}

/* The names behind x. */
static bool parse_path_rest(struct parser *p, struct expr *x, const struct model_type *t,
                            struct err *e)
{
    size_t end = p->lex.now.at;
    while (p->lex.now.kind == TOKEN_SLASH) {
        if (!lexer_next(&p->lex, e))
            return false;
        struct token name = p->lex.now;
        end = name.at + name.text.n;
        if (name.kind != TOKEN_WORD)
            return expected_expression(p, e);
        if (!lexer_next(&p->lex, e) || !bind_name(p, x, name.text, &t, e))
            return false;
    }
    x->text = str_sub(p->lex.s, x->position - 1, end);
    return true;
}

static bool parse_path(struct parser *p, struct token name, struct expr **ret, struct err *e)
{
    struct expr *x;
    const struct model_type *t = p->type;
    if (!node(p, EXPR_PATH, name.at, &x, e) || !bind_name(p, x, name.text, &t, e))
        return false;
    *ret = x;
    if (p->lex.now.kind == TOKEN_SLASH)
        return parse_path_rest(p, x, t, e);
    x->text = name.text;
    return true;
}

/* cast('NS.T')/Name: the names are checked, and of null they are null. */
static bool parse_behind_cast(struct parser *p, struct expr *x, struct err *e)
{
    if (p->lex.now.kind != TOKEN_SLASH || !x->structure)
        return true;
    if (!parse_path_rest(p, x, x->structure, e))
        return false;
    if (x->kind == EXPR_LITERAL) {
        x->type = EDM_COUNT;
        x->entity = false;
        x->navs.n = 0;
    }
    return true;
}

static bool parse_call(struct parser *p, struct token name, struct expr **ret, struct err *e)
{
    struct expr *x, *arg;
    size_t open = p->lex.now.at + 1;
    if (!node(p, EXPR_CALL, name.at, &x, e) || !deeper(p, e) || !lexer_next(&p->lex, e))
        return false;
    x->fn_name = arena_strdup(p->a, name.text);
    while (p->lex.now.kind != TOKEN_CLOSE || x->args.n) {
        if (!parse_level(p, 0, &arg, e))
            return false;
        vec_add(p->a, &x->args, arg);
        if (p->lex.now.kind != TOKEN_COMMA)
            break;
        if (!lexer_next(&p->lex, e))
            return false;
    }
    p->depth--;
    if (p->lex.now.kind != TOKEN_CLOSE)
        return err_set(e, ERR_BAD_REQUEST,
                       "\")\" or \",\" expected after position %zu in \"" STR_FMT "\".", open,
                       STR_ARG(source(p)));
    if (!lexer_next(&p->lex, e))
        return false;
    bool ok = p->types && is_type_function(name.text)
                  ? bind_type_call(p->a, p->types, p->type, &x, p->lex.s, e)
                  : bind_call(x, name.text, p->lex.s, e);
    *ret = x;
    return ok && parse_behind_cast(p, x, e);
}

static bool parse_parenthesis(struct parser *p, struct expr **ret, struct err *e)
{
    size_t open = p->lex.now.at + 1;
    if (!deeper(p, e) || !lexer_next(&p->lex, e) || !parse_level(p, 0, ret, e))
        return false;
    p->depth--;
    if (p->lex.now.kind != TOKEN_CLOSE)
        return err_set(
            e, ERR_BAD_REQUEST,
            "Missing closing parenthesis \")\" for opening parenthesis \"(\" at position %zu in \"" STR_FMT
            "\".",
            open, STR_ARG(source(p)));
    return lexer_next(&p->lex, e);
}

static bool is_word_literal(str s)
{
    static const char *const words[] = {"true", "false", "null", "INF", "NaN"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eqz(s, words[i]))
            return true;
    return false;
}

static bool parse_primary(struct parser *p, struct expr **ret, struct err *e)
{
    struct token t = p->lex.now;
    if (t.kind == TOKEN_OPEN)
        return parse_parenthesis(p, ret, e);
    if (t.kind != TOKEN_WORD && t.kind != TOKEN_LITERAL)
        return expected_expression(p, e);
    if (!lexer_next(&p->lex, e))
        return false;
    if (t.kind == TOKEN_LITERAL || is_word_literal(t.text))
        return parse_literal(p, t, ret, e);
    if (p->lex.now.kind == TOKEN_OPEN)
        return parse_call(p, t, ret, e);
    return parse_path(p, t, ret, e);
}

static bool parse_unary(struct parser *p, struct expr **ret, struct err *e)
{
    struct token t = p->lex.now;
    bool negation = t.kind == TOKEN_WORD && str_eqz(t.text, "not");
    struct expr *x;
    if (!negation && t.kind != TOKEN_MINUS)
        return parse_primary(p, ret, e);
    if (!node(p, negation ? EXPR_NOT : EXPR_NEG, t.at, &x, e) || !deeper(p, e) ||
        !lexer_next(&p->lex, e) || !parse_unary(p, &x->left, e))
        return false;
    p->depth--;
    *ret = x;
    return bind_unary(x, p->lex.s, e);
}

/* The operator of that level that stands next, or -1. */
static int operator_of(const struct parser *p, size_t level)
{
    size_t end = level + 1 < LEVELS ? (size_t)levels[level + 1] : (size_t)OP_MOD + 1;
    for (size_t op = levels[level]; p->lex.now.kind == TOKEN_WORD && op < end; op++)
        if (str_eqz(p->lex.now.text, expr_op_names[op]))
            return (int)op;
    return -1;
}

static bool parse_level(struct parser *p, size_t level, struct expr **ret, struct err *e)
{
    struct expr *left, *x;
    int op;
    if (level == LEVELS)
        return parse_unary(p, ret, e);
    if (!parse_level(p, level + 1, &left, e))
        return false;
    while ((op = operator_of(p, level)) >= 0) {
        if (!node(p, EXPR_BINARY, p->lex.now.at, &x, e) || !lexer_next(&p->lex, e))
            return false;
        x->op = (enum expr_op)op;
        x->left = left;
        if (!parse_level(p, level + 1, &x->right, e) || !bind_binary(x, p->lex.s, e))
            return false;
        left = x;
    }
    *ret = left;
    return true;
}

bool filter_parse(struct arena *a, const struct model *types, const struct model_type *t, str text,
                  struct expr **ret, struct err *e)
{
    struct parser p = {.lex = {.s = text}, .a = a, .types = types, .type = t};
    if (!lexer_next(&p.lex, e) || !parse_level(&p, 0, ret, e))
        return false;
    if (p.lex.now.kind != TOKEN_END)
        return err_set(e, ERR_BAD_REQUEST,
                       "Invalid token \"" STR_FMT
                       "\" detected after parsing at position %zu in \"" STR_FMT "\".",
                       STR_ARG(str_sub(p.lex.now.text, 0, 80)), p.lex.now.at + 1,
                       STR_ARG(source(&p)));
    if ((*ret)->type != EDM_BOOLEAN)
        return err_set(e, ERR_BAD_REQUEST,
                       "Expression of type \"Edm.Boolean\" expected at position 1 in \"" STR_FMT
                       "\" (actual type is \"%s\").",
                       STR_ARG(source(&p)), expr_type_name(*ret));
    return true;
}

static bool parse_direction(struct parser *p, bool *ret, struct err *e)
{
    *ret = false;
    if (p->lex.now.kind == TOKEN_END || p->lex.now.kind == TOKEN_COMMA)
        return true;
    *ret = str_eqz(p->lex.now.text, "desc");
    if (!*ret && !str_eqz(p->lex.now.text, "asc"))
        return err_set(e, ERR_BAD_REQUEST,
                       "Invalid sort order in OData orderby parser at position %zu in \"" STR_FMT
                       "\".",
                       p->lex.now.at + 1, STR_ARG(source(p)));
    return lexer_next(&p->lex, e);
}

bool orderby_parse(struct arena *a, const struct model *types, const struct model_type *t, str text,
                   order_list *ret, struct err *e)
{
    struct parser p = {.lex = {.s = text}, .a = a, .types = types, .type = t};
    do {
        struct order_item item;
        if (!lexer_next(&p.lex, e) || !parse_level(&p, 0, &item.expr, e) ||
            !parse_direction(&p, &item.descending, e))
            return false;
        if (item.expr->type == EDM_COMPLEX)
            return err_set(e, ERR_BAD_REQUEST, "Invalid order by expression: '" STR_FMT "'.",
                           STR_ARG(source(&p)));
        vec_add(a, ret, item);
    } while (p.lex.now.kind == TOKEN_COMMA);
    if (p.lex.now.kind != TOKEN_END)
        return err_set(e, ERR_BAD_REQUEST,
                       "Comma or end of expression expected at position %zu in \"" STR_FMT "\".",
                       p.lex.now.at + 1, STR_ARG(source(&p)));
    return true;
}
