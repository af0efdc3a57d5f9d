/* value_source: where the value of a Content Modifier row or a Write Variables row comes from
 * (format.md 3). */
#ifndef STEPS_VALUE_SOURCE_H
#define STEPS_VALUE_SOURCE_H
#include "engine/step.h"

enum source_kind {
    SOURCE_CONSTANT,
    SOURCE_HEADER,
    SOURCE_PROPERTY,
    SOURCE_XPATH,
    SOURCE_EXPRESSION,
    SOURCE_LOCAL_VARIABLE,
    SOURCE_GLOBAL_VARIABLE
};
enum source_type {
    TYPE_ANY,
    TYPE_TEXT,
    TYPE_INT,
    TYPE_REAL,
    TYPE_BOOL,
    TYPE_NODE,
    TYPE_NODES,
    TYPE_OBJECT
};
struct value_source {
    enum source_kind kind;
    enum source_type type;
    str name;               /* of the header, property or variable */
    str otherwise;          /* Default; empty: none */
    struct datum *constant; /* released by value_source_dispose */
    struct simple *simple;  /* NULL: an empty text */
    struct flow_xpath *xpath;
};
/* type, value, datatype and otherwise as the cells hold them. */
void value_source_prepare(struct value_source *v, const struct prepare *p, str type, str value,
                          str datatype, str otherwise);
/* The caller owns the reference; NULL is null. */
bool value_source_get(const struct value_source *v, struct exchange *x, struct datum **ret,
                      struct err *e) MUST_USE;
void value_source_dispose(struct value_source *v);
#endif
