/* Bundles around the flows of tests/data/iflw, fake step types that remember nothing, and a listing of programs. */
#ifndef FLOW_CASE_H
#define FLOW_CASE_H
#include "../test.h"

#include "engine/control.h"
#include "flow/flow.h"

extern const struct registry fake_registry;
str case_file(struct arena *a, const char *name); /* of tests/data/iflw; STR_NONE: absent */
struct bundle *case_bundle(const char *flow /* "router" */,
                           const char *parameters /* of parameters.prop, or NULL */);
void case_list(const struct program *p, struct buf *out);
void case_problems(const struct problems *ps, struct buf *out);
#endif
