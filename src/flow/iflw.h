/* iflw: an integration flow (BPMN 2 XML) as plain structs, exactly as drawn: nothing is interpreted but
 * {{parameters}}. format.md 2. Private to flow/. */
#ifndef FLOW_IFLW_H
#define FLOW_IFLW_H
#include "base/err.h"
#include "base/map.h"

enum {
    IFLW_MAX_BYTES = 16 << 20, /* of the file */
    IFLW_MAX_NODES = 20000,    /* events, steps and gateways */
    IFLW_MAX_PROCESSES = 1000,
    IFLW_MAX_OUT = 500,          /* ways out of one step */
    IFLW_MAX_EXPANDED = 64 << 20 /* bytes of all values with parameters in them */
};
enum iflw_kind {
    IFLW_START,
    IFLW_END,
    IFLW_ACTIVITY, /* callActivity */
    IFLW_SERVICE,  /* serviceTask: talks to a receiver */
    IFLW_ROUTER,   /* exclusiveGateway */
    IFLW_PARALLEL, /* parallelGateway: Multicast, Join */
    IFLW_SUBPROCESS,
    IFLW_OTHER
};
struct iflw_node;
struct iflw_scope;
struct iflw_edge { /* sequenceFlow */
    str id, name;
    struct iflw_node *source, *target; /* NULL: not there */
    struct map properties;             /* here and below: key -> (str *) */
    str condition;
    bool listed; /* by its source's outgoing */
};
struct iflw_channel { /* messageFlow */
    str id, name;
    str participant;
    struct map properties;
};
struct iflw_node {
    enum iflw_kind kind;
    size_t index; /* unique in the flow, from 0 */
    str tag, id, name;
    str event;             /* kind of its event definition ("timer"); "": none */
    struct map properties; /* with those of the event definition */
    str default_edge;
    str loop_most, loop_condition; /* standardLoopCharacteristics; STR_NONE: none */
    struct iflw_scope *scope;      /* it is in */
    struct iflw_scope *inner;      /* of a subProcess */
    VEC(str) outgoing;             /* ids, as listed in the element */
    VEC(struct iflw_edge *) out;   /* in the order of outgoing */
    VEC(struct iflw_channel *) channels;
};
struct iflw_scope { /* a process or a sub process */
    str id, name;
    struct map properties;
    struct iflw_scope *process; /* itself, or the one a sub process is in */
    VEC(struct iflw_node *) nodes;
    uint32_t number; /* the compiler's: 1 + index in the program; 0: not reached */
};
struct iflw {
    struct arena *arena;
    struct map properties;              /* of the collaboration: the runtime configuration */
    VEC(struct iflw_scope *) processes; /* document order */
    VEC(struct iflw_edge *) edges;
    VEC(struct iflw_channel *) channels;
    struct map nodes;        /* id -> struct iflw_node * */
    struct map scopes;       /* id -> struct iflw_scope *, processes only */
    struct map participants; /* id -> (str *) name */
    size_t nnodes;
};
/* parameters: key -> (str *) value. All lives in the arena. ERR_BAD_REQUEST, ERR_TOO_LARGE. */
bool iflw_read(struct arena *a, str xml, const struct map *parameters, struct iflw *ret,
               struct err *e) MUST_USE;
str iflw_property(const struct map *properties, const char *key); /* missing: "" */

enum value_kind { VALUE_PROPERTY, VALUE_CONDITION };
/* {{name}} in text replaced by its value, "" when there is none. In a row table (text begins with <row) values
 * become XML text unless they are already; in a condition their entities become characters. *budget falls by
 * the bytes made. In the arena, or text itself. ERR_TOO_LARGE: more than the budget. */
bool externalize(struct arena *a, str text, enum value_kind kind, const struct map *parameters,
                 size_t *budget, str *ret, struct err *e) MUST_USE;
#endif
