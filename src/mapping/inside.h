/* inside: the compiled form of a mapping and what its files share. Private to mapping/.
 * A mapping is a list of operations, each of which makes one queue from the queues of others, a tree of source fields
 * (which fills the queues of the source operations in one walk over the document), and a tree of target fields, each
 * with the operation that feeds it. */
#ifndef MAPPING_INSIDE_H
#define MAPPING_INSIDE_H
#include "mapping/mapping.h"
#include "mapping/queue.h"

enum {
    MOST_PINS = 64,
    MOST_VALUES = 20000000, /* of all queues of a run */
    MOST_MEMORY = 1 << 30,  /* of a run */
    MOST_TEXT = 64 << 20    /* one value */
};
struct op;
struct eval;
struct slice { /* one context of an input */
    const struct entry *at;
    size_t n;
    bool generating;
};

/* ---- functions ---- */
struct settings { /* of one use of a function, as its row names them */
    str texts[6];
    int64_t numbers[2];
    struct map *table;                /* of FixValues: text -> (str *) */
    bool descending, numeric, nocase; /* of sort */
};
struct bind { /* what a check function reports to */
    struct arena *arena;
    struct err *e;
};
struct function {
    const char *name;
    unsigned char least, most; /* pins */
    const char *texts;         /* names of settings, separated by '|' */
    const char *numbers;
    bool (*check)(const struct bind *b, const struct settings *s); /* MAY: refuses settings */
    /* One of these. value: one from one of each input (message-mapping.md 3.3); context: a whole context from the
     * contexts of the inputs, out's last context is open; queue: everything from everything. */
    bool (*value)(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                  struct err *e);
    bool (*context)(struct eval *v, const struct op *op, const struct slice *in, struct queue *out,
                    struct err *e);
    bool (*queue)(struct eval *v, const struct op *op, const struct queue *const *in,
                  struct queue *out, struct err *e);
    const char *doc;
    bool lazy; /* gives another value each time it is read, without inputs */
};
struct function_table {
    const struct function *rows;
    size_t n;
};
extern const struct function_table text_functions, number_functions, date_functions,
    condition_functions, queue_functions, lookup_functions;
const struct function *function_named(str name); /* NULL: there is none */
extern const struct function
    function_drop_suppressed; /* put between ifWithoutElse and another function */

/* ---- operations ---- */
enum op_kind { OP_SOURCE, OP_FUNCTION, OP_SCRIPT, OP_OUTPUT };
struct op {
    enum op_kind kind;
    const struct function *function;
    struct settings settings;
    const uint32_t *in; /* operations */
    unsigned nin;
    unsigned number; /* OP_SCRIPT: of its script; OP_OUTPUT: which output */
    unsigned level;  /* how many script calls come before it */
    str path;        /* of a source, for explain */
};

/* ---- source: the fields somebody wants, as a tree ---- */
struct source {
    str name, uri; /* uri STR_NONE: none */
    bool any_uri;  /* the mapping does not say */
    bool attribute;
    struct map
        children; /* local name, "@" before attributes -> (struct source *), others of it by same */
    struct source *same; /* the next with the same local name */
    struct source *parent;
    bool has_elements,
        has_attributes;     /* among the children; with elements it has no text of its own */
    VEC(uint32_t) values;   /* operations that take a value here */
    VEC(uint32_t) contexts; /* operations whose context begins here */
    VEC(uint32_t) subtrees; /* operations that take the whole as XML */
};

/* ---- target ---- */
struct target {
    str name; /* with prefix; without "@" */
    str path; /* for errors */
    unsigned min, max;
    bool attribute, text /* may hold text */, array;
    int value_type; /* enum structure_value */
    int64_t op;     /* -1: no mapping */
    bool mapped_below;
    VEC(struct target *) children;
    size_t index;
};
struct prefix {
    str prefix, uri;
};
struct mapping {
    struct arena *arena;
    str name;
    VEC(struct op) ops;
    uint32_t *order;      /* operations in the order they run */
    struct source source; /* the document; its children are roots */
    struct target *target;
    size_t ntargets;
    VEC(struct prefix) prefixes; /* of the target */
    VEC(struct mapping_script) scripts;
    bool from_json, to_json;
    VEC(str) notes; /* for explain: what the compiler left out or found missing */
};

/* ---- running ---- */
struct eval {
    struct arena *a;
    const struct mapping *m;
    const struct mapping_host *host;
    struct queue *queues;   /* by operation */
    struct queue **outputs; /* by operation, of scripts: of every output */
    size_t nvalues;         /* made so far */
    size_t sequence;        /* how often the running function has been called in this queue */
    int64_t now_ms;
};
bool eval_op(struct eval *v, size_t op, struct err *e);
/* The k-th value of a generating queue. */
struct entry eval_generated(struct eval *v, size_t op, size_t k);
struct entry entry_error(struct eval *v, const struct err *e);
struct entry entry_bool(bool b);
bool entry_truth(struct entry v);

/* Fill the queues of the source operations. ERR_TOO_LARGE. */
bool source_read_xml(struct eval *v, const struct xml_doc *doc, struct err *e);
bool source_read_json(struct eval *v, const struct jr *json, struct err *e);

bool target_write(struct eval *v, struct buf *out, struct err *e);

/* The signature of a function in a script's text; of several the one that takes narguments. ERR_NOT_FOUND: no such function; ERR_NOT_IMPLEMENTED: a parameter of
 * another type. */
bool user_function_signature(struct arena *a, struct mapping_script *s, struct err *e);
void user_function_arguments(struct eval *v, const struct op *op, struct mapping_call *ret);
bool user_function_results(struct eval *v, size_t op, struct mapping_call *c, struct err *e);
#endif
