#include "engine/inside.h"

#include <stdlib.h>

struct exchange *exchange_make(struct artifact *a)
{
    struct arena *arena = arena_new();
    struct exchange *x = arena_new_of(arena, struct exchange);
    x->arena = arena;
    x->engine = a->engine;
    x->artifact = artifact_ref(a);
    x->program = a->program;
    atomic_init(&x->refs, 1);
    fields_init(&x->headers, arena, true);
    fields_init(&x->properties, arena, false);
    return x;
}

struct exchange *exchange_make_part(struct exchange *parent)
{
    struct exchange *x = exchange_make(parent->artifact);
    atomic_fetch_add_explicit(&parent->refs, 1, memory_order_relaxed);
    x->parent = parent;
    x->message = parent->message;
    x->has_reply = parent->has_reply;
    x->nesting = parent->nesting;
    x->in_handler = parent->in_handler;
    x->detached = parent->detached;
    x->fault = datum_ref(parent->fault);
    x->body = body_ref(parent->body);
    fields_share(&x->headers, &parent->headers);
    fields_share(&x->properties, &parent->properties);
    return x;
}

void exchange_release(struct exchange *x)
{
    while (x && atomic_fetch_sub_explicit(&x->refs, 1, memory_order_acq_rel) == 1) {
        struct exchange *parent = x->parent;
        struct artifact *artifact = x->artifact;
        struct engine *g = x->engine;
        exchange_drop_parts(x);
        body_unref(x->body);
        fields_free(&x->headers);
        fields_free(&x->properties);
        datum_unref(x->fault);
        datum_unref(x->thrown);
        if (!parent && x->message)
            message_free(x->message);
        arena_free(x->arena);
        artifact_unref(artifact);
        if (!parent)
            atomic_fetch_sub(&g->in_flight, 1); /* last: engine_close waits for it */
        x = parent;
    }
}

void exchange_drop_parts(struct exchange *x)
{
    for (size_t i = 0; i < x->nparts; i++)
        exchange_release(x->parts[i]);
    free(x->parts);
    x->parts = NULL;
    x->nparts = 0;
}

void exchange_set_error(struct exchange *x, const struct err *copy)
{
    struct err *e = arena_new_of(x->arena, struct err);
    *e = *copy;
    if (e->code == ERR_NONE)
        e->code = ERR_INTERNAL;
    x->error = e;
}

void exchange_set_body(struct exchange *x, struct body *take)
{
    body_unref(x->body);
    x->body = take;
}

static str field_text(struct exchange *x, const struct fields *f, const char *name)
{
    struct datum *d = fields_get(f, str_of(name));
    return d ? datum_str(x->arena, d) : STR_NONE;
}

str exchange_header(struct exchange *x, const char *name)
{
    return field_text(x, &x->headers, name);
}

str exchange_property(struct exchange *x, const char *name)
{
    return field_text(x, &x->properties, name);
}

void exchange_throw(struct exchange *x, const char *class_name, struct err *e)
{
    struct fault fault = {.class_name = class_name, .message = str_of(e->msg)};
    datum_unref(x->thrown);
    x->thrown = datum_fault(&fault);
}

void exchange_throw_fault(struct exchange *x, const struct fault *copy, struct err *e)
{
    datum_unref(x->thrown);
    x->thrown = datum_fault(copy);
    err_set(e, copy->http_status ? ERR_UPSTREAM : ERR_INTERNAL, STR_FMT, STR_ARG(copy->message));
}

void **exchange_overlay(struct exchange *x, void (*drop)(void *))
{
    x->message->overlay_drop = drop;
    return &x->message->overlay;
}

const char *exchange_message_id(const struct exchange *x)
{
    return x->message->id;
}

int64_t exchange_started_ms(const struct exchange *x)
{
    return x->message->start_ms;
}

enum log_levels exchange_log_level(const struct exchange *x)
{
    return (enum log_levels)atomic_load_explicit(&x->message->level, memory_order_relaxed);
}

str exchange_correlation_id(const struct exchange *x)
{
    return x->message->correlation_id;
}

/* The process that is running: a local one while called. */
static const struct process *running_process(const struct exchange *x, const struct frame **f)
{
    uint32_t pc = *f ? (*f)->pc : x->pc;
    size_t process = x->program->operations.at[pc].process;
    return process < x->program->processes.n ? &x->program->processes.at[process] : NULL;
}

static bool in_transaction(const struct exchange *x)
{
    for (; x; x = x->parent) {
        const struct frame *f = NULL, *next = x->frames;
        for (;;) {
            const struct process *p = running_process(x, &f);
            if (p && p->transaction != TRANSACTION_FROM_CALLER)
                return p->transaction == TRANSACTION_REQUIRED;
            if (!next)
                break;
            f = next;
            next = next->next;
        }
    }
    return false;
}

struct store_batch *exchange_effects(struct exchange *x, bool *ret_now)
{
    *ret_now = x->detached || !in_transaction(x);
    if (*ret_now)
        return store_batch_new();
    struct message *m = x->message;
    if (!m->effects)
        m->effects = store_batch_new();
    return m->effects;
}

void exchange_at_end(struct exchange *x, const char *sql, const struct value *binds, size_t n)
{
    struct message *m = x->message;
    pthread_mutex_lock(&m->lock);
    if (!m->effects)
        m->effects = store_batch_new();
    store_batch_add(m->effects, sql, binds, n);
    pthread_mutex_unlock(&m->lock);
}

str exchange_failure_text(struct exchange *x)
{
    const struct fault *fault = datum_as_fault(x->fault);
    if (x->program && x->program->return_exception && fault)
        return arena_fmt(
            x->arena,
            "An internal server error occured: " STR_FMT
            ".\nThe MPL ID for the failed message is : %s\nFor more details please check tail log.",
            STR_ARG(fault->message), x->message->id);
    return arena_fmt(x->arena,
                     "An internal server error occured: The MPL ID for the failed message is : %s\n"
                     "For more details please check tail log.",
                     x->message->id);
}
