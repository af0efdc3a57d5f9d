/* The loop. It runs one exchange until that parks or ends, then the one it is told to go on with: a part, the
 * parent of the last part, or what a step started meanwhile (a ProcessDirect consumer), so that most hand-overs
 * cost no thread switch. An exchange is RUNNING, PARKED or RESUMED; a resume that comes before the step has
 * returned WAIT finds RUNNING and leaves RESUMED, which the loop sees when it tries to park.
 * engine_start runs on the caller's thread for INLINE_BUDGET_US, then goes on on a worker. */
#include "engine/inside.h"

#include <stdlib.h>

#include "engine/control.h"

enum { RUNNING, PARKED, RESUMED };

static _Thread_local struct {
    bool active, blocking, never; /* never: not a thread for messages (the store's writer) */
    int64_t leave_us;             /* 0: this thread is a worker */
    struct exchange *first, *last;
} here;

static void on_worker(void *arg);
static void on_blocking(void *arg);

static bool blocks(const struct operation *op)
{
    const struct control_send *send = op->cfg;
    return op->waits || op->type->blocks || (op->type == &control_send && send->type->blocks);
}

/* ---- failure ---- */

static void take_fault(struct exchange *x, const struct err *e)
{
    if (!x->thrown) {
        struct fault fault = {.class_name = "java.lang.Exception", .message = str_of(e->msg)};
        x->thrown = datum_fault(&fault);
    }
    datum_unref(x->fault);
    x->fault = x->thrown;
    x->thrown = NULL;
}

/* Looks for an exception subprocess, from the failing process outwards. */
static bool find_handler(struct exchange *x)
{
    bool skip = x->skip_handler;
    x->skip_handler = false;
    for (;; skip = false) {
        size_t process = x->program->operations.at[x->pc].process;
        uint32_t handler =
            process < x->program->processes.n ? x->program->processes.at[process].handler : 0;
        if (handler && !skip && !x->in_handler) {
            x->pc = handler;
            x->in_handler = true;
            return true;
        }
        if (!x->frames)
            return false;
        call_leave(x);
    }
}

/* true: goes on in an exception subprocess. */
static bool fail(struct exchange *x, const struct operation *op, const struct err *e)
{
    take_fault(x, e);
    exchange_drop_parts(x);
    if (!x->in_handler ||
        op->type != &control_error_end) /* that one throws what another step threw */
        monitor_error(x, op);
    if (find_handler(x)) {
        fields_set_kept(&x->properties, STR("CamelExceptionCaught"), datum_ref(x->fault));
        return true;
    }
    x->failed = true;
    exchange_set_error(x, e);
    return false;
}

/* ---- one step ---- */

static bool within_limits(struct exchange *x, struct err *e)
{
    const struct engine_config *c = &x->engine->config;
    size_t steps = atomic_fetch_add_explicit(&x->message->steps, 1, memory_order_relaxed);
    if (steps >= c->max_steps)
        return err_set(e, ERR_UNAVAILABLE, "the message ran more than %zu steps: endless loop?",
                       c->max_steps);
    if (arena_size(x->arena) > EXCHANGE_MEMORY_MAX)
        return err_set(e, ERR_TOO_LARGE, "the message needs more than %d MB of memory",
                       EXCHANGE_MEMORY_MAX >> 20);
    return true;
}

static struct step_result run_step(struct exchange *x, const struct operation *op, struct err *e)
{
    if (x->children)
        return fork_result(x, e);
    if (x->resuming) {
        x->resuming = false;
        return op->type->resume ? op->type->resume(op->cfg, x, e) : CONTINUE;
    }
    return within_limits(x, e) ? op->type->run(op->cfg, x, e) : FAIL;
}

static bool watched(const struct exchange *x)
{
    return x->engine->config.observe || x->message->level >= MPL_DEBUG;
}

static void step_over(struct exchange *x, const struct operation *op, const struct err *error)
{
    const struct engine_config *c = &x->engine->config;
    struct step_seen seen = {op, x, x->step_start_us, time_monotonic_us(), error};
    if (c->observe)
        c->observe(c->observe_arg, &seen);
    if (x->message->level >= MPL_DEBUG)
        monitor_step(x, &seen);
}

/* true: parked; x may belong to another thread already. */
static bool park(struct exchange *x)
{
    int running = RUNNING;
    x->resuming = true;
    if (atomic_compare_exchange_strong(&x->state, &running, PARKED))
        return true;
    atomic_store(&x->state, RUNNING);
    return false;
}

static struct exchange *ended(struct exchange *x)
{
    if (x->fork)
        return fork_part_ended(x);
    monitor_end(x);
    return NULL;
}

/* Does what the result asks for. x: goes on; another or NULL: that instead. */
static struct exchange *apply(struct exchange *x, const struct operation *op, struct step_result r,
                              const struct err *e)
{
    switch (r.next) {
    case STEP_CONTINUE:
        x->pc = op->next;
        return x;
    case STEP_JUMP:
        x->pc = r.target;
        return x;
    case STEP_WAIT:
        return park(x) ? NULL : x;
    case STEP_FORK:
        return fork_begin(x);
    case STEP_RETURN:
        if (!x->frames)
            return ended(x);
        call_leave(x);
        x->resuming = true;
        return x;
    case STEP_END:
        return ended(x);
    case STEP_FAIL:
        return fail(x, op, e) ? x : ended(x);
    }
    return NULL;
}

/* A Join or Gather that a part has come to, not one that collects below this exchange or in a local process. */
static bool arrives(const struct exchange *x, const struct operation *op)
{
    return op->type->meets && x->fork && !x->parts && !x->frames && !x->resuming;
}

/* Another kind of thread, or the caller's time is over. */
static bool moves(struct exchange *x, const struct operation *op)
{
    if (blocks(op) != here.blocking) {
        pool_add(here.blocking ? x->engine->workers : x->engine->blocking,
                 here.blocking ? on_worker : on_blocking, x);
        return true;
    }
    if (here.leave_us && time_monotonic_us() > here.leave_us) {
        run_from_other_thread(x);
        return true;
    }
    return false;
}

static struct exchange *run_once(struct exchange *x)
{
    const struct operation *op = &x->program->operations.at[x->pc];
    if (atomic_load_explicit(&x->engine->closed, memory_order_relaxed))
        return NULL; /* abandoned */
    if (moves(x, op))
        return NULL;
    if (arrives(x, op)) {
        x->arrived = true;
        return fork_part_ended(x);
    }
    bool fresh = !x->resuming && !x->children, watch = watched(x);
    if (fresh && watch) {
        x->step_start_us = time_monotonic_us();
        monitor_before(x);
    }
    struct err e;
    e.code = ERR_NONE;
    e.msg[0] = e.ctx[0] = 0;
    e.file = NULL;
    struct step_result r = run_step(x, op, &e);
    if (x->headers.touched || x->properties.touched)
        monitor_fields(x);
    if (watch && r.next != STEP_WAIT && r.next != STEP_FORK)
        step_over(x, op, r.next == STEP_FAIL ? &e : NULL);
    return apply(x, op, r, &e);
}

static struct exchange *take_queued(void)
{
    struct exchange *x = here.first;
    if (x) {
        here.first = x->queued;
        x->queued = NULL;
    }
    return x;
}

static void run(struct exchange *x)
{
    here.active = true;
    do
        while (x)
            x = run_once(x);
    while ((x = take_queued()));
    here.active = false;
}

static void on_worker(void *arg)
{
    struct exchange *x = arg;
    here.blocking = false;
    here.leave_us = 0;
    run(x);
}

static void on_blocking(void *arg)
{
    struct exchange *x = arg;
    here.blocking = true;
    here.leave_us = 0;
    run(x);
}

void run_from_other_thread(struct exchange *x)
{
    if (!atomic_load_explicit(&x->engine->closed, memory_order_relaxed))
        pool_add(x->engine->workers, on_worker, x);
}

void engine_resume(struct exchange *x)
{
    struct engine *g = x->engine;
    if (atomic_load_explicit(&g->closed, memory_order_relaxed))
        return; /* abandoned: see engine_close */
    if (atomic_exchange(&x->state, RESUMED) != PARKED)
        return; /* run has not returned yet: it will see RESUMED */
    atomic_store(&x->state, RUNNING);
    run_from_other_thread(x);
}

/* ---- messages ---- */

struct exchange *exchange_new(struct artifact *a, const struct start *s, struct err *e)
{
    struct engine *g = a->engine;
    if (atomic_load(&g->closing)) {
        err_set(e, ERR_UNAVAILABLE, "the server is stopping");
        return NULL;
    }
    if (atomic_fetch_add(&g->in_flight, 1) >= g->config.max_exchanges) {
        atomic_fetch_sub(&g->in_flight, 1);
        err_set(e, ERR_UNAVAILABLE, "more than %zu messages are being processed",
                g->config.max_exchanges);
        return NULL;
    }
    struct exchange *x = exchange_make(a);
    x->has_reply = s->has_reply;
    x->pc = s->route->entry;
    message_make(x, s);
    return x;
}

void exchange_discard(struct exchange *x)
{
    exchange_release(x);
}

void engine_start(struct exchange *x, exchange_done_fn *done, void *arg)
{
    x->message->done = done;
    x->message->done_arg = arg;
    atomic_fetch_add_explicit(&x->engine->started, 1, memory_order_relaxed);
    monitor_begin(x);
    if (here.never || (here.active && here.blocking)) {
        run_from_other_thread(x);
    } else if (here.active) { /* from within a step: after what is running now */
        if (here.first)
            here.last->queued = x;
        else
            here.first = x;
        here.last = x;
    } else {
        here.blocking = false;
        here.leave_us = time_monotonic_us() + INLINE_BUDGET_US;
        run(x);
        here.leave_us = 0;
    }
}

void engine_finished(struct exchange *x)
{
    struct engine *g = x->engine;
    struct message *m = x->message;
    atomic_fetch_add_explicit(m->status == MESSAGE_COMPLETED ? &g->completed : &g->failed, 1,
                              memory_order_relaxed);
    if (m->done)
        m->done(m->done_arg, x);
    exchange_release(x);
}

void run_never_here(void)
{
    here.never = true;
}

void engine_stats(const struct engine *g, struct engine_stats *ret)
{
    *ret = (struct engine_stats){.started = atomic_load(&g->started),
                                 .completed = atomic_load(&g->completed),
                                 .failed = atomic_load(&g->failed),
                                 .in_flight = atomic_load(&g->in_flight)};
}
