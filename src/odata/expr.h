/* expr: a $filter or $orderby expression, parsed and bound to a type: every node knows its Edm type.
 * The same tree becomes SQL (plan.c) or is evaluated on entities (eval.c). */
#ifndef ODATA_EXPR_H
#define ODATA_EXPR_H
#include "odata/odata.h"

enum { EXPR_MAX_NODES = 1000, EXPR_MAX_DEPTH = 100 /* parentheses and calls */ };
enum expr_kind { EXPR_LITERAL, EXPR_PATH, EXPR_BINARY, EXPR_NOT, EXPR_NEG, EXPR_CALL };
enum expr_op { /* in order of binding; names in filter_parse.c */
               OP_OR,
               OP_AND,
               OP_EQ,
               OP_NE,
               OP_LT,
               OP_LE,
               OP_GT,
               OP_GE,
               OP_ADD,
               OP_SUB,
               OP_MUL,
               OP_DIV,
               OP_MOD
};
enum expr_function {
    FN_SUBSTRINGOF,
    FN_STARTSWITH,
    FN_ENDSWITH,
    FN_LENGTH,
    FN_INDEXOF,
    FN_REPLACE,
    FN_SUBSTRING,
    FN_TOLOWER,
    FN_TOUPPER,
    FN_TRIM,
    FN_CONCAT,
    FN_YEAR,
    FN_MONTH,
    FN_DAY,
    FN_HOUR,
    FN_MINUTE,
    FN_SECOND,
    FN_ROUND,
    FN_FLOOR,
    FN_CEILING,
    FN_CAST /* of a number to type */
};
struct expr {
    enum expr_kind kind;
    enum expr_op op;       /* EXPR_BINARY */
    enum expr_function fn; /* EXPR_CALL */
    const char *fn_name;
    struct expr *left, *right; /* operands; NOT and NEG have left only */
    VEC(struct expr *) args;   /* EXPR_CALL */
    enum edm type;             /* EDM_COUNT: the null literal; EDM_COMPLEX: complex or entity */
    bool nullable;             /* may be null */
    bool entity; /* EXPR_PATH that ends at a to-one navigation, or nowhere: this entity */
    const struct model_type *structure; /* of a complex value or an entity */
    size_t position;                    /* in the source, from 1 */
    struct value value;                 /* EXPR_LITERAL */
    str text;                           /* source of a literal, path of EXPR_PATH */
    VEC(const struct model_nav *) navs; /* EXPR_PATH: to-one navigations to pass ... */
    uint16_t slot;                      /* ... to this slot of the last target */
};
struct order_item {
    struct expr *expr;
    bool descending;
};
typedef VEC(struct order_item) order_list;

/* Errors (ERR_BAD_REQUEST) say what and at which position. The tree lives in the arena, as does text.
 * types: those that isof and cast may name; NULL: both are unknown functions. */
bool filter_parse(struct arena *a, const struct model *types, const struct model_type *t, str text,
                  struct expr **ret, struct err *e) MUST_USE;
bool orderby_parse(struct arena *a, const struct model *types, const struct model_type *t, str text,
                   order_list *ret, struct err *e) MUST_USE;

bool edm_is_number(enum edm t);
bool edm_is_integer(enum edm t);

/* ---- between the parser's files ---- */
enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_LITERAL,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_SLASH,
    TOKEN_MINUS
};
struct token {
    enum token_kind kind;
    str text;
    size_t at; /* offset */
};
struct lexer {
    str s;
    size_t at;
    struct token now; /* the one not yet taken */
};
bool lexer_next(struct lexer *l, struct err *e) MUST_USE; /* reads the next one into now */

/* Type checks; they fill type and nullable. source: the whole text, for messages. */
bool bind_binary(struct expr *x, str source, struct err *e) MUST_USE;
bool bind_unary(struct expr *x, str source, struct err *e) MUST_USE;
bool bind_call(struct expr *x, str name, str source, struct err *e) MUST_USE;
/* isof and cast on entities of type t: what *x, the call, comes to takes its place. (filter_types.c) */
bool is_type_function(str name);
bool bind_type_call(struct arena *a, const struct model *types, const struct model_type *t,
                    struct expr **x, str source, struct err *e) MUST_USE;
const char *expr_type_name(const struct expr *x);
extern const char *const expr_op_names[];
#endif
