/* simple: Camel's Simple language as far as flows use it (semantics.md 10). Compiled at deployment. */
#ifndef ENGINE_SIMPLE_H
#define ENGINE_SIMPLE_H
#include "engine/fields.h"

struct exchange;
struct simple;
enum simple_mode {
    SIMPLE_TEXT,     /* text with ${..}; backslash escapes \n \t \r \} become the characters */
    SIMPLE_CONDITION /* ${header.x} = 'a' and ..., evaluated left to right */
};
/* ERR_BAD_REQUEST names position and function; ERR_NOT_IMPLEMENTED names what is not supported. */
bool simple_compile(struct arena *a, str text, enum simple_mode mode, struct simple **ret, struct err *e) MUST_USE;
bool simple_is_constant(const struct simple *s); /* no ${..} in it */
/* Text with every ${..} replaced; missing and null values are empty. In the arena, or borrowed. */
bool simple_text(const struct simple *s, struct exchange *x, struct arena *a, str *ret, struct err *e) MUST_USE;
/* A lone ${..} keeps its object (or null); other texts give text. The caller owns the reference. */
bool simple_datum(const struct simple *s, struct exchange *x, struct datum **ret, struct err *e) MUST_USE;
bool simple_truth(const struct simple *s, struct exchange *x, bool *ret, struct err *e) MUST_USE;

/* XPath of a flow: ${..} inside is expanded first (such expressions are compiled when they run),
 * $name is a header, then a property. Namespaces are those of the flow. */
struct flow_xpath;
bool flow_xpath_compile(struct arena *a, str expr, const struct map *namespaces, struct flow_xpath **ret,
                        struct err *e) MUST_USE;
/* On the current body. The result lives in a. */
bool flow_xpath_eval(const struct flow_xpath *p, struct exchange *x, struct arena *a, struct xpath_result *ret,
                     struct err *e) MUST_USE;
str flow_xpath_source(const struct flow_xpath *p);
#endif
