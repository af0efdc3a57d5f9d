/* Runs operations: how a function of single values, of contexts or of whole queues is applied to its inputs
 * (message-mapping.md 3.2-3.4). */
#include "mapping/inside.h"

enum { CHECK_EVERY = 256 };

static bool too_much(struct eval *v, struct err *e)
{
    if (arena_size(v->a) <= MOST_MEMORY)
        return false;
    err_set(e, ERR_TOO_LARGE, "the mapping needs more than %d MB", MOST_MEMORY >> 20);
    return true;
}

/* A failed call becomes an error value; only what would grow without end fails at once. */
static bool call(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                 struct err *e)
{
    for (unsigned i = 0; i < op->nin; i++)
        if (in[i].kind == ENTRY_ERROR) {
            *ret = in[i];
            return true;
        }
    for (unsigned i = 0; i < op->nin; i++)
        if (in[i].kind == ENTRY_SUPPRESS) {
            *ret = in[i];
            return true;
        }
    struct err own = {0};
    if (op->function->value(v, op, in, ret, &own))
        return true;
    if (own.code == ERR_TOO_LARGE) {
        *e = own;
        return false;
    }
    *ret = entry_error(v, &own);
    return true;
}

static struct queue *input(struct eval *v, const struct op *op, unsigned i)
{
    return &v->queues[op->in[i]];
}

static bool all_generating(struct eval *v, const struct op *op)
{
    for (unsigned i = 0; i < op->nin; i++)
        if (!input(v, op, i)->generating)
            return false;
    return true;
}

static size_t contexts(struct eval *v, const struct op *op)
{
    size_t most = 0;
    for (unsigned i = 0; i < op->nin; i++)
        most = !input(v, op, i)->generating && input(v, op, i)->ends.n > most
                   ? input(v, op, i)->ends.n
                   : most;
    return most;
}

/* Context c of every input; a queue with fewer contexts gives its last one again. */
static void slices(struct eval *v, const struct op *op, size_t c, struct slice *ret)
{
    for (unsigned i = 0; i < op->nin; i++) {
        const struct queue *q = input(v, op, i);
        size_t last = q->ends.n ? q->ends.n - 1 : 0;
        ret[i].at = queue_context(q, c < last ? c : last, &ret[i].n);
        ret[i].generating = q->generating;
    }
}

static size_t calls_of(const struct slice *in, unsigned n)
{
    size_t most = 0;
    for (unsigned i = 0; i < n; i++) {
        if (!in[i].n)
            return 0;
        most = !in[i].generating && in[i].n > most ? in[i].n : most;
    }
    return most;
}

struct entry eval_generated(struct eval *v, size_t at, size_t k)
{
    const struct op *op = &v->m->ops.at[at];
    const struct queue *q = &v->queues[at];
    struct entry in[MOST_PINS], ret;
    struct err e = {0};
    if (!q->lazy)
        return q->values.at[0];
    if (++v->nvalues > MOST_VALUES) { /* shared lazy values are made again for each reader */
        err_set(&e, ERR_TOO_LARGE, "the mapping makes more than %d values", MOST_VALUES);
        return entry_error(v, &e);
    }
    for (unsigned i = 0; i < op->nin; i++)
        in[i] = eval_generated(v, op->in[i], k);
    v->sequence = k;
    return call(v, op, in, &ret, &e) ? ret : entry_error(v, &e);
}

static bool generate_value(struct eval *v, const struct op *op, struct queue *out, struct err *e)
{
    struct entry in[MOST_PINS], ret;
    out->generating = true;
    out->lazy = op->function->lazy;
    for (unsigned i = 0; i < op->nin; i++) {
        in[i] = input(v, op, i)->values.at[0];
        out->lazy = out->lazy || input(v, op, i)->lazy;
    }
    v->sequence = 0;
    if (!call(v, op, in, &ret, e))
        return false;
    vec_add(v->a, &out->values, ret);
    return true;
}

static bool apply_value(struct eval *v, const struct op *op, struct queue *out, struct err *e)
{
    struct slice in[MOST_PINS];
    struct entry args[MOST_PINS], ret;
    size_t n = contexts(v, op), done = 0;
    if (all_generating(v, op))
        return generate_value(v, op, out, e);
    for (size_t c = 0; c < n; c++) {
        queue_open(v->a, out);
        slices(v, op, c, in);
        size_t calls = calls_of(in, op->nin);
        for (size_t k = 0; k < calls; k++, done++) {
            for (unsigned i = 0; i < op->nin; i++)
                args[i] = input(v, op, i)->lazy ? eval_generated(v, op->in[i], done)
                                                : in[i].at[k < in[i].n ? k : in[i].n - 1];
            v->sequence = done;
            if ((done % CHECK_EVERY == 0 && too_much(v, e)) || !call(v, op, args, &ret, e))
                return false;
            queue_add(v->a, out, ret);
        }
    }
    return true;
}

/* The errors of a whole context replace its values by one error. */
static bool apply_context(struct eval *v, const struct op *op, struct queue *out, struct err *e)
{
    struct slice in[MOST_PINS];
    size_t n = contexts(v, op);
    bool generating = all_generating(v, op);
    for (size_t c = 0; c < (generating ? 1 : n); c++) {
        struct err own = {0};
        queue_open(v->a, out);
        slices(v, op, c, in);
        size_t before = out->values.n;
        if (!op->function->context(v, op, in, out, &own)) {
            out->values.n = before;
            out->ends.at[out->ends.n - 1] = (uint32_t)before;
            queue_add(v->a, out, entry_error(v, &own));
        }
        if (too_much(v, e))
            return false;
    }
    out->generating = generating && out->values.n == 1;
    return true;
}

static bool apply_queue(struct eval *v, const struct op *op, struct queue *out, struct err *e)
{
    const struct queue *in[MOST_PINS];
    struct err own = {0};
    (void)e;
    for (unsigned i = 0; i < op->nin; i++)
        in[i] = input(v, op, i);
    if (in[op->nin - 1]->generating) { /* nothing has contexts, or there is no example of them */
        *out = *in[0];
        return true;
    }
    if (!op->function->queue(v, op, in, out, &own)) {
        *out = (struct queue){0};
        queue_open(v->a, out);
        queue_add(v->a, out, entry_error(v, &own));
    }
    return true;
}

bool eval_op(struct eval *v, size_t at, struct err *e)
{
    const struct op *op = &v->m->ops.at[at];
    struct queue *out = &v->queues[at];
    if (op->kind == OP_SOURCE)
        return true;
    if (op->kind == OP_OUTPUT) {
        *out = v->outputs[op->in[0]][op->number];
        return true;
    }
    bool ok = op->function->value     ? apply_value(v, op, out, e)
              : op->function->context ? apply_context(v, op, out, e)
                                      : apply_queue(v, op, out, e);
    v->nvalues += out->values.n;
    if (ok && v->nvalues > MOST_VALUES)
        return err_set(e, ERR_TOO_LARGE, "the mapping makes more than %d values", MOST_VALUES);
    return ok && !too_much(v, e);
}
