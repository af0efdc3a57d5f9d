/* compile_event: end events. Start events have no operation: they become routes and entries (compile.c). */
#include "flow/compile.h"

static const struct {
    const char *event;
    const struct step_type *type;
} ends[] = {
    {"",           &control_end           },
    {"message",    &control_end           },
    {"error",      &control_error_end     },
    {"escalation", &control_escalation_end},
    {"terminate",  &control_terminate     },
};

/* A message end with channels sends through them first; a response replaces the message. */
void compile_end(struct compile *c, struct iflw_node *n)
{
    struct emitted *to = &c->nodes[n->index];
    const struct step_type *type = NULL;
    for (size_t i = 0; i < COUNT(ends); i++)
        if (str_eqz(n->event, ends[i].event))
            type = ends[i].type;
    if (!type) {
        compile_problem(c, ERR_NOT_IMPLEMENTED, n, STR_FMT " end event is not supported yet",
                        STR_ARG(n->event));
        return;
    }
    for (size_t i = 0; i < n->channels.n; i++) {
        uint32_t at = compile_send(c, n, n->channels.at[i], false);
        if (to->last)
            c->program->operations.at[to->last].next = at;
        to->first = to->first ? to->first : at;
        to->last = at;
    }
    uint32_t end = compile_add(c, n, type, NULL);
    if (to->last)
        c->program->operations.at[to->last].next = end;
    to->first = to->first ? to->first : end;
    to->last = end;
}
