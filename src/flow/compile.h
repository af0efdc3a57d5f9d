/* compile: what the files of the compiler share. Private to flow/.
 * A process is compiled in two passes over its graph: emit (an operation for each node, in the order of a walk that
 * takes first branches first), then link (successors, by then all known). */
#ifndef FLOW_COMPILE_H
#define FLOW_COMPILE_H
#include "engine/control.h"
#include "flow/flow.h"
#include "flow/iflw.h"

struct emitted {          /* of one node */
    uint32_t first, last; /* operations; 0: none */
    void *cfg;            /* of a gateway, to be completed when linking */
    bool seen, done;      /* the walk has entered it, has left it */
};
struct compile {
    const struct bundle *bundle;
    const struct registry *registry;
    struct problems *problems;
    struct program *program;
    struct iflw flow;
    struct arena *scratch;
    struct emitted *nodes;            /* by iflw_node.index */
    VEC(struct iflw_scope *) reached; /* processes, by index in the program */
};
/* ---- compile.c ---- */
void *compile_cfg(struct compile *c, size_t size); /* zeroed, the program's */
struct prepare compile_prepare(struct compile *c, const struct map *properties, str id, str label);
uint32_t compile_add(struct compile *c, struct iflw_node *n, const struct step_type *type,
                     void *cfg);
uint32_t compile_target(const struct compile *c, const struct iflw_edge *e); /* 0: an end */
uint16_t compile_reach(struct compile *c, struct iflw_scope *process);       /* its index */
/* A problem with a step: `Step "Map order" (CallActivity_12): ` and the rest. */
void compile_problem(struct compile *c, enum err_code code, const struct iflw_node *n,
                     const char *fmt, ...) PRINTF(4, 5);
/* Names the thing in the texts of the problems recorded since there were from: what it is ("Step"), name and id. */
void compile_name_problems(struct compile *c, size_t from, const char *what, str id, str label);

/* ---- one kind of node each; they set c->nodes[n->index] ---- */
void compile_step(struct compile *c, struct iflw_node *n);
void compile_end(struct compile *c, struct iflw_node *n);
void compile_service(struct compile *c, struct iflw_node *n);
void compile_call(struct compile *c, struct iflw_node *n);
bool compile_is_call(const struct iflw_node *n);
bool compile_is_send(struct compile *c, const struct iflw_node *n); /* Request Reply or Send */
struct iflw_scope *compile_called(const struct compile *c,
                                  const struct iflw_node *n); /* NULL: none */
void compile_router(struct compile *c, struct iflw_node *n);
void compile_parallel(struct compile *c, struct iflw_node *n);
void link_router(struct compile *c, struct iflw_node *n);
void link_parallel(struct compile *c, struct iflw_node *n);
/* Several ways out without a gateway: a copy to each, in order. The operation, to be linked like a gateway. */
uint32_t compile_fan_out(struct compile *c, struct iflw_node *n);
void compile_routes(struct compile *c, struct iflw_node *start, uint16_t process, uint32_t entry);
/* Adds the operation that sends through channel. one_way: the message stays as it is. */
uint32_t compile_send(struct compile *c, struct iflw_node *n, const struct iflw_channel *channel,
                      bool one_way);
/* Adds the problem of an unsupported receiver adapter, if it is one. */
void check_receiver(struct compile *c, const struct iflw_channel *channel);

/* ---- of the whole flow ---- */
void compile_settings(struct compile *c);
void check_circles(struct compile *c);

/* ---- activity.c ---- */
str activity_key(struct arena *a, const struct iflw_node *n); /* "Mapping:XSLTMapping", "Filter" */
str activity_variant(const struct map *properties);           /* cname of cmdVariantUri, or "" */
const struct step_type *activity_step(const struct registry *r, str key); /* NULL: not supported */
str activity_name(struct arena *a, str key); /* for people: "XSLT mapping" */
str adapter_name(str component);             /* for people: "OData" */
bool list_has(const char *list, str name);   /* names separated by '|'; case is ignored */
#endif
