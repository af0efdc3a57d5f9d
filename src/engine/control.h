/* control: the engine's own operations, which the flow compiler builds from gateways, events and calls. */
#ifndef ENGINE_CONTROL_H
#define ENGINE_CONTROL_H
#include "engine/program.h"

/* End and Message End: leaves the (local) process; a main process ends COMPLETED. Inside an exception subprocess
 * the whole exchange is finished, also when it belongs to a local process. cfg NULL. */
extern const struct step_type control_end;
/* Error End: throws com.sap.esb.camel.error.handler.ErrorEventException; inside an exception subprocess the
 * caught exception again. cfg NULL. */
extern const struct step_type control_error_end;
extern const struct step_type control_escalation_end; /* cfg NULL; semantics.md 5 */
extern const struct step_type control_terminate;      /* cfg NULL */

struct control_branch {
    uint32_t target;
    struct simple *condition; /* NonXML */
    struct flow_xpath *xpath; /* XML */
    str id, label;            /* of the sequence flow */
};
struct control_router {
    VEC(struct control_branch) branches; /* in order; the first that is true wins */
    uint32_t otherwise;                  /* default route; 0: none */
    bool throw_exception;                /* no match and no default: an error, else the process ends */
};
extern const struct step_type control_router; /* cfg: struct control_router */

struct control_multicast {
    VEC(uint32_t) targets; /* in order */
    bool parallel;
};
extern const struct step_type control_multicast; /* cfg: struct control_multicast */
extern const struct step_type control_join;      /* cfg NULL; meets */

struct control_call {
    uint16_t process; /* local process; its entry is read when the call runs, so order of compilation is free */
    bool loop;
    struct simple *condition; /* do-until: call again while true */
    struct flow_xpath *xpath;
    uint32_t most;            /* loopMaximum */
    bool throw_at_most;       /* else goes on */
};
extern const struct step_type control_call; /* cfg: struct control_call */

/* A receiver channel behind Request Reply, Send or a message end event. */
struct control_send {
    const struct receiver_type *type;
    void *cfg;
    bool one_way; /* Send: body, headers and properties afterwards are those before */
    str receiver; /* participant's name, for the log */
    str channel;  /* channel's name */
};
extern const struct step_type control_send; /* cfg: struct control_send */
#endif
