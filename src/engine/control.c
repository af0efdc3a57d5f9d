/* Ends, routers, multicast and join, calls of local processes. Rules: semantics.md 5, 17; format.md 2, 3. */
#include "engine/control.h"

#include "engine/inside.h"

#define RESULT(kind) ((struct step_result){.next = (kind)})

/* ---- ends ---- */

static struct step_result end(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    return RESULT(x->in_handler ? STEP_END : STEP_RETURN);
}
const struct step_type control_end = {.name = "End", .run = end};

static struct step_result error_end(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg;
    const struct fault *caught = x->in_handler ? datum_as_fault(x->fault) : NULL;
    if (caught) {
        exchange_throw_fault(x, caught, e);
        return FAIL;
    }
    err_set(e, ERR_INTERNAL, "Error End Event was reached");
    exchange_throw(x, "com.sap.esb.camel.error.handler.ErrorEventException", e);
    return FAIL;
}
const struct step_type control_error_end = {.name = "ErrorEnd", .run = error_end};

/* In a local process, outside its exception subprocess, the caller goes on, unless somebody waits for the reply. */
static struct step_result escalation_end(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    if (!x->in_handler && x->frames && !x->has_reply)
        return RESULT(STEP_RETURN);
    atomic_store(&x->message->escalated, true);
    return RESULT(STEP_END);
}
const struct step_type control_escalation_end = {.name = "EscalationEnd", .run = escalation_end};

static struct step_result terminate(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)x, (void)e;
    return RESULT(STEP_END);
}
const struct step_type control_terminate = {.name = "Terminate", .run = terminate};

/* ---- router ---- */

static bool test(const struct simple *condition, const struct flow_xpath *xpath, struct exchange *x,
                 bool *ret, struct err *e)
{
    if (condition)
        return simple_truth(condition, x, ret, e);
    AUTO(arena) struct arena *scratch = arena_new();
    struct xpath_result r = {0};
    if (!flow_xpath_eval(xpath, x, scratch, &r, e))
        return false;
    *ret = xpath_truth(&r);
    return true;
}

static struct step_result route(const void *cfg, struct exchange *x, struct err *e)
{
    const struct control_router *r = cfg;
    for (size_t i = 0; i < r->branches.n; i++) {
        const struct control_branch *b = &r->branches.at[i];
        bool taken = false;
        if (!test(b->condition, b->xpath, x, &taken, e)) {
            err_ctx(e, "route '" STR_FMT "'", STR_ARG(b->label));
            return FAIL;
        }
        if (taken)
            return (struct step_result){STEP_JUMP, b->target};
    }
    if (r->otherwise)
        return (struct step_result){STEP_JUMP, r->otherwise};
    if (!r->throw_exception)
        return end(NULL, x, e);
    err_set(e, ERR_INTERNAL, "No route condition matched and there is no default route");
    return FAIL;
}

static void explain_router(const void *cfg, struct buf *out)
{
    const struct control_router *r = cfg;
    for (size_t i = 0; i < r->branches.n; i++)
        buf_addf(out, "%s'" STR_FMT "' -> %u", i ? ", " : "", STR_ARG(r->branches.at[i].label),
                 r->branches.at[i].target);
    if (r->otherwise)
        buf_addf(out, ", else -> %u", r->otherwise);
}
const struct step_type control_router = {.name = "Router",
                                         .cfg_size = sizeof(struct control_router),
                                         .run = route,
                                         .explain = explain_router};

/* ---- multicast and join ---- */

static bool branch(struct exchange *parent, struct exchange *child, size_t i, void *state,
                   struct err *e)
{
    (void)parent, (void)e;
    const struct control_multicast *m = *(const struct control_multicast **)state;
    if (i >= m->targets.n)
        return false;
    exchange_start_at(child, m->targets.at[i]);
    return true;
}

static struct step_result multicast(const void *cfg, struct exchange *x, struct err *e)
{
    (void)e;
    const struct control_multicast *m = cfg;
    const struct control_multicast **state = arena_alloc(x->arena, sizeof *state);
    *state = m;
    struct fork_plan plan = {.part = branch,
                             .state = state,
                             .parallel = m->parallel ? (unsigned)m->targets.n : 1,
                             .stop_on_error = !m->parallel,
                             .total = m->targets.n};
    exchange_fork(x, &plan);
    return RESULT(STEP_FORK);
}

static void explain_multicast(const void *cfg, struct buf *out)
{
    const struct control_multicast *m = cfg;
    buf_addz(out, m->parallel ? "parallel:" : "sequential:");
    for (size_t i = 0; i < m->targets.n; i++)
        buf_addf(out, " %u", m->targets.at[i]);
}
const struct step_type control_multicast = {.name = "Multicast",
                                            .cfg_size = sizeof(struct control_multicast),
                                            .run = multicast,
                                            .explain = explain_multicast,
                                            .forks = true};

/* The Gather after it takes the parts; without one the last branch's message goes on. */
static struct step_result join(const void *cfg, struct exchange *x, struct err *e)
{
    (void)cfg, (void)e;
    const struct program *p = x->program;
    if (x->nparts && !p->operations.at[p->operations.at[x->pc].next].type->meets) {
        fork_take_over(x, x->parts[x->nparts - 1]);
        exchange_drop_parts(x);
    }
    return CONTINUE;
}
const struct step_type control_join = {.name = "Join", .run = join, .meets = true};

/* ---- calls of local processes ---- */

static bool enter(struct exchange *x, uint32_t loop, struct err *e)
{
    size_t depth = 0;
    for (struct frame *f = x->frames; f; f = f->next)
        depth++;
    if (depth >= CALL_DEPTH_MAX)
        return err_set(e, ERR_INTERNAL, "more than %d calls of local processes inside each other",
                       CALL_DEPTH_MAX);
    struct frame *f = x->spare;
    if (f)
        x->spare = f->next;
    else
        f = arena_new_of(x->arena, struct frame);
    *f = (struct frame){x->frames, x->pc, x->in_handler, loop};
    x->frames = f;
    x->in_handler = false;
    return true;
}

void call_leave(struct exchange *x)
{
    struct frame *f = x->frames;
    x->frames = f->next;
    x->pc = f->pc;
    x->in_handler = f->in_handler;
    x->loop = f->loop;
    f->next = x->spare;
    x->spare = f;
}

static struct step_result call_again(const struct control_call *c, struct exchange *x,
                                     uint32_t loop, struct err *e)
{
    uint32_t entry =
        c->process < x->program->processes.n ? x->program->processes.at[c->process].entry : 0;
    if (!entry) {
        err_set(e, ERR_INTERNAL, "the called process has no start");
        return FAIL;
    }
    if (c->loop)
        fields_set_kept(&x->properties, STR("CamelLoopIndex"), datum_int(loop));
    if (!enter(x, loop, e))
        return FAIL;
    return (struct step_result){STEP_JUMP, entry};
}

static struct step_result call(const void *cfg, struct exchange *x, struct err *e)
{
    return call_again(cfg, x, 0, e);
}

/* The called process has returned. */
static struct step_result called(const void *cfg, struct exchange *x, struct err *e)
{
    const struct control_call *c = cfg;
    bool again = false;
    if (!c->loop || (!c->condition && !c->xpath))
        return CONTINUE;
    if (!test(c->condition, c->xpath, x, &again, e))
        return FAIL;
    if (!again)
        return CONTINUE;
    if (x->loop + 1 < c->most)
        return call_again(c, x, x->loop + 1, e);
    if (!c->throw_at_most)
        return CONTINUE;
    err_set(e, ERR_INTERNAL, "The loop reached its maximum of %u iterations", c->most);
    return FAIL;
}

static void explain_call(const void *cfg, struct buf *out)
{
    const struct control_call *c = cfg;
    buf_addf(out, "process %u", c->process);
    if (c->loop)
        buf_addf(out, ", at most %u times", c->most);
}
const struct step_type control_call = {.name = "ProcessCall",
                                       .cfg_size = sizeof(struct control_call),
                                       .run = call,
                                       .resume = called,
                                       .explain = explain_call};
