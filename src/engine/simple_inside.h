/* simple_inside: the compiled form of Simple, shared by its files. */
#ifndef ENGINE_SIMPLE_INSIDE_H
#define ENGINE_SIMPLE_INSIDE_H
#include "engine/exchange.h"
#include "engine/simple.h"
#include "format/regex.h"

/* What a function or method gives: nothing, a text in an arena, or an object that is borrowed. */
struct simple_value {
    enum { VAL_NULL, VAL_TEXT, VAL_INT, VAL_BOOL, VAL_DATUM, VAL_BODY } kind;
    str text;
    int64_t i; /* VAL_BOOL too */
    struct datum *datum;
    struct body *body;
};
struct simple_eval { /* one evaluation */
    struct exchange *x;
    struct arena *a;
    struct err *e;
    const struct simple_value *self; /* of the method that runs */
};

/* A call of a Java method on the value before it. */
enum { ARGS_MAX = 2 };
struct simple_call {
    const struct simple_method *method;
    struct simple *args[ARGS_MAX];
    size_t nargs;
    struct regex *regex; /* of the first argument when that is constant */
    int index;           /* of split(..)[n]; -1: none */
};
struct simple_method {
    const char *name;
    unsigned least, most;
    bool has_regex; /* the first argument is one */
    bool (*fn)(const struct simple_call *c, str self, const str *args, struct simple_eval *v, struct simple_value *ret);
};
const struct simple_method *simple_method_named(str name);       /* of texts; NULL: unknown */
const struct simple_method *simple_fault_method_named(str name); /* of exceptions */

struct simple_date {
    str field;       /* header or property that holds the time; STR_NONE: now */
    bool is_header;
    int64_t offset_ms;
    str pattern;     /* STR_NONE: as Java prints a date */
    const struct time_zone *zone;
};
struct simple_part;
typedef bool simple_part_fn(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret);
struct simple_part {
    simple_part_fn *fn; /* NULL: text is constant */
    str text;           /* constant, or the function's argument (name of a header, ...) */
    struct simple *inner; /* a name with ${..} inside */
    union {
        struct simple_date *date;
        struct flow_xpath *xpath;
        int64_t range[2];
    };
    VEC(struct simple_call) calls;
};
enum simple_op { OP_EQ, OP_NE, OP_GT, OP_GE, OP_LT, OP_LE, OP_CONTAINS, OP_NOT_CONTAINS, OP_IN, OP_NOT_IN,
                 OP_REGEX, OP_NOT_REGEX, OP_STARTS, OP_ENDS, OP_TRUTH };
struct simple_operand {
    struct simple *text;
    bool is_null; /* the literal null */
};
struct simple_test {
    struct simple_operand left, right;
    enum simple_op op;
    struct regex *regex; /* right, when constant */
    bool is_or;          /* joined to what stands before by or */
};
struct simple {
    VEC(struct simple_part) parts;
    VEC(struct simple_test) tests; /* SIMPLE_CONDITION */
    bool quoted;                   /* of an operand: '..', never an object */
};

/* The function of ${..}, by its first word: fills ret from the whole text. */
struct simple_function {
    const char *name;
    bool (*parse)(struct arena *a, str rest, struct simple_part *ret, struct err *e);
};
bool simple_parse_calls(struct arena *a, str rest, struct simple_part *ret, struct err *e) MUST_USE;
bool simple_parse_condition(struct arena *a, str text, struct simple *ret, struct err *e) MUST_USE;
bool simple_parse_text(struct arena *a, str text, bool escapes, struct simple **ret, struct err *e) MUST_USE;
bool simple_parse_function(struct arena *a, str inside, struct simple_part *ret, struct err *e) MUST_USE;
/* The end of "${" at from (index of its '}'), nested ones skipped; SIZE_MAX: none. */
size_t simple_close(str text, size_t from);
bool simple_value_of(const struct simple *s, struct simple_eval *v, struct simple_value *ret) MUST_USE;
str simple_value_text(const struct simple_value *val, struct arena *a);
#endif
