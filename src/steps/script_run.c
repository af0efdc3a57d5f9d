/* The exchange waits for the answer and for all questions on their way: a script that was stopped may have left one
 * on the blocking pool. */
#include "steps/script_run.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "steps/script_message.h"

enum { ANSWER_MAX = 64 << 20 };

struct waiting {
    struct exchange *x;
    struct script_unit *unit; /* counted */
    struct script_reply reply;
    atomic_int pending; /* the answer, and questions */
};
struct question {
    struct waiting *w;
    uint32_t call;
    size_t n;
    char text[];
};

static void one_less(struct waiting *w)
{
    if (atomic_fetch_sub(&w->pending, 1) == 1)
        engine_resume(w->x);
}

static void done(void *arg, struct script_reply *r)
{
    struct waiting *w = arg;
    w->reply = *r;
    r->payload = (struct buf){0};
    one_less(w);
}

static void answer(void *arg)
{
    struct question *q = arg;
    struct buf out = BUF(ANSWER_MAX);
    wire_begin(&out);
    script_ask(q->w->x, (str){q->text, q->n}, &out);
    script_answer(q->w->unit, q->call, &out);
    one_less(q->w);
    free(q);
}

static void ask(void *arg, uint32_t call, str text)
{
    struct waiting *w = arg;
    struct question *q = mem_alloc(sizeof *q + text.n + 1);
    *q = (struct question){.w = w, .call = call, .n = text.n};
    memcpy(q->text, text.p, text.n);
    atomic_fetch_add(&w->pending, 1);
    engine_run_blocking(w->x->engine, answer, q);
}

struct step_result script_run(struct script_unit *unit, str path, str function, struct exchange *x,
                              struct err *e)
{
    struct waiting *w = arena_new_of(x->arena, struct waiting);
    struct script_call c = {
        .unit = unit, .frame = BUF(WIRE_MAX), .done = done, .ask = ask, .arg = w};
    w->x = x;
    w->unit = script_unit_ref(unit);
    atomic_init(&w->pending, 1);
    x->wait = w;
    script_begin(&c.frame, unit, path, function);
    script_message_write(&c.frame, x);
    if (script_send(&c, e))
        return WAIT;
    script_unit_unref(unit);
    return FAIL;
}

struct step_result script_resume(struct exchange *x, struct err *e)
{
    struct waiting *w = x->wait;
    struct script_hosts *hosts = script_unit_hosts(w->unit);
    bool ok = w->reply.outcome == SCRIPT_ANSWERED;
    if (ok) {
        ok = script_message_read(buf_str(&w->reply.payload), x, hosts, e);
    } else {
        *e = w->reply.error;
        exchange_throw(x, "javax.script.ScriptException", e);
    }
    buf_free(&w->reply.payload);
    script_unit_unref(w->unit);
    return ok ? CONTINUE : FAIL;
}
