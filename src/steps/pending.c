#include "steps/pending.h"

#include <stdlib.h>

struct changes {
    struct arena *arena;
    const struct pending *first;
};
struct commit {
    struct exchange *x;
    bool ok;
    struct err err;
};

static void drop(void *arg)
{
    struct changes *c = arg;
    arena_free(c->arena);
}

/* Parts beside others have no share in the transaction, and may not touch its list. */
const struct pending *pending_first(struct exchange *x)
{
    struct changes *c = x->detached ? NULL : *exchange_overlay(x, drop);
    return c ? c->first : NULL;
}

const struct pending *pending_find(struct exchange *x, enum pending_kind kind, str store, str flow,
                                   str id)
{
    for (const struct pending *p = pending_first(x); p; p = p->next)
        if (p->kind == kind && str_eq(p->id, id) && str_eq(p->flow, flow) &&
            str_eq(p->store, store))
            return p;
    return NULL;
}

struct pending_write pending_begin(struct exchange *x)
{
    struct pending_write w;
    w.batch = exchange_effects(x, &w.now);
    return w;
}

void pending_note(struct exchange *x, const struct pending_write *w, const struct pending *change)
{
    if (w->now)
        return;
    void **slot = exchange_overlay(x, drop);
    if (!*slot) {
        struct arena *a = arena_new();
        struct changes *made = arena_new_of(a, struct changes);
        made->arena = a;
        *slot = made;
    }
    struct changes *c = *slot;
    struct pending *p = arena_new_of(c->arena, struct pending);
    *p = *change;
    p->store = arena_str(c->arena, change->store);
    p->flow = arena_str(c->arena, change->flow);
    p->id = arena_str(c->arena, change->id);
    p->payload = arena_str(c->arena, change->payload);
    p->headers = arena_str(c->arena, change->headers);
    p->next = c->first;
    c->first = p;
}

static void on_disk(void *arg, bool ok, const struct err *e)
{
    struct commit *c = arg;
    c->ok = ok;
    if (!ok)
        c->err = *e;
    engine_resume(c->x);
}

struct step_result pending_end(struct exchange *x, struct pending_write *w)
{
    if (!w->now)
        return CONTINUE;
    struct commit *c = arena_new_of(x->arena, struct commit);
    c->x = x;
    x->wait = c;
    store_commit(engine_config(x->engine)->store, w->batch, on_disk, c);
    return WAIT;
}

struct step_result pending_resume(const void *cfg, struct exchange *x, struct err *e)
{
    const struct commit *c = x->wait;
    (void)cfg;
    if (c->ok)
        return CONTINUE;
    *e = c->err;
    if (e->code == ERR_CONFLICT)
        exchange_throw(x, "com.sap.esb.datastore.DuplicateEntryException", e);
    return FAIL;
}
