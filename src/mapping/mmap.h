/* mmap: a message mapping file (.mmap, message-mapping.md 1) as structs: which messages it maps, and for every target
 * field the tree of functions and source fields that makes its values. Private to mapping/. */
#ifndef MAPPING_MMAP_H
#define MAPPING_MMAP_H
#include "base/err.h"
#include "base/map.h"

enum brick_kind { BRICK_SOURCE, BRICK_FUNCTION, BRICK_VARIABLE, BRICK_REFERENCE };
struct brick_row {
    str name, value;
};
struct binding { /* a setting of a function */
    str name, value;
    VEC(struct brick_row) rows; /* of a table or a structured value */
};
struct brick_argument {
    unsigned pin, from; /* from: which output of a function with several */
    struct brick *brick;
};
struct brick {
    enum brick_kind kind;
    str path, context; /* SOURCE, VARIABLE; context STR_NONE: the default */
    bool as_xml;
    str function, library; /* FUNCTION; "dflt": the standard library */
    VEC(struct brick_argument) arguments;
    VEC(struct binding) bindings;
    struct brick *same; /* REFERENCE: what it stands for */
    size_t index;       /* among all bricks of the file */
};
struct mmap_field {
    str path;
    struct brick *value; /* NULL: none */
    unsigned from;       /* as of an argument */
    bool variable;       /* a named queue, no target field */
};
struct mmap_message {
    str type;           /* "xsd", "wsdl", "json", "edmx" */
    str file, root, ns; /* ns STR_NONE: none */
    unsigned min, max;  /* occurrences; max 0: unbounded */
};
struct mmap_library {
    str name, file;
};
struct mmap {
    VEC(struct mmap_message) sources, targets; /* by position */
    VEC(struct mmap_library) libraries;
    VEC(struct mmap_field) fields;
    struct map prefixes; /* prefix -> (str *) URI */
    size_t nbricks;
    bool several;     /* sources or targets come in the Messages envelope */
    bool basic_types; /* JSON numbers and booleans as the schema says */
};
enum { MMAP_FIELDS = 200000, MMAP_BRICKS = 1000000 }; /* most */
/* ERR_BAD_REQUEST, ERR_TOO_LARGE. All lives in the arena. */
bool mmap_read(struct arena *a, str bytes, struct mmap **ret, struct err *e) MUST_USE;
const struct binding *brick_binding(const struct brick *b, const char *name); /* NULL: absent */
str brick_text(const struct brick *b, const char *name); /* its value; absent: "" */
#endif
