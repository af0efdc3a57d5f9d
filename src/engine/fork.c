/* Parts of a split and branches of a multicast (semantics.md 17, 18). A part is made when it is its turn; one
 * after the other they run on the parent's thread, in parallel up to plan.parallel at a time on the workers, and
 * whoever ends makes and runs the next. The lock guards the fork's own fields and, in parallel mode, the calls of
 * plan->part. The starter counts as running until it has started what it may; who brings `running` to 0 goes on with
 * the parent. A part holds a reference of its parent, so parts that a timeout left behind end in peace. */
#include <stdlib.h>

#include "engine/control.h"
#include "engine/inside.h"

struct fork {
    struct exchange *parent;
    struct fork_plan plan;
    pthread_mutex_t lock;
    struct exchange **parts; /* ended, by index; NULL: still running or not kept */
    size_t nparts, cap;
    struct exchange *ahead; /* made already, to know whether the one before is the last */
    size_t made, running;
    bool none_left, stopped, over, searched;
    uint32_t meeting; /* the Join or Gather; 0: none */
    bool part_failed, plan_failed;
    size_t failed_index;
    struct err error;
    struct datum *fault;
    uint64_t timer;
};

void exchange_fork(struct exchange *x, const struct fork_plan *plan)
{
    struct fork *f = arena_new_of(x->arena, struct fork);
    f->parent = x;
    f->plan = *plan;
    if (!f->plan.parallel)
        f->plan.parallel = 1;
    pthread_mutex_init(&f->lock, NULL);
    x->children = f;
}

void exchange_start_at(struct exchange *child, uint32_t pc)
{
    child->pc = pc;
}

/* ---- where parts meet ---- */

enum { SEARCH_MAX = 256 };
struct search {
    struct {
        uint32_t pc;
        int depth;
    } todo[SEARCH_MAX], seen[SEARCH_MAX];
    size_t ntodo, nseen;
};

static void look_at(struct search *s, uint32_t pc, int depth)
{
    for (size_t i = 0; i < s->nseen; i++)
        if (s->seen[i].pc == pc && s->seen[i].depth == depth)
            return;
    if (!pc || s->ntodo == SEARCH_MAX || s->nseen == SEARCH_MAX)
        return;
    s->seen[s->nseen].pc = s->todo[s->ntodo].pc = pc;
    s->seen[s->nseen++].depth = s->todo[s->ntodo++].depth = depth;
}

static void look_behind(struct search *s, const struct program *p, uint32_t pc, int depth)
{
    const struct operation *op = &p->operations.at[pc];
    if (op->type == &control_router) {
        const struct control_router *r = op->cfg;
        look_at(s, r->otherwise, depth);
        for (size_t i = 0; i < r->branches.n; i++)
            look_at(s, r->branches.at[i].target, depth);
    } else if (op->type == &control_multicast) {
        const struct control_multicast *m = op->cfg;
        for (size_t i = 0; i < m->targets.n; i++)
            look_at(s, m->targets.at[i], depth + 1);
    } else if (op->type->meets && op->type == &control_join &&
               p->operations.at[op->next].type->meets) {
        look_at(s, p->operations.at[op->next].next, depth - 1);
    } else {
        look_at(s, op->next, depth + op->type->forks - op->type->meets);
    }
}

/* Which Join or Gather belongs to this fork, for the case that no part reaches it (all were handled or failed). */
static uint32_t find_meeting(const struct program *p, uint32_t pc)
{
    struct search *s = mem_alloc(sizeof *s);
    uint32_t found = 0;
    s->ntodo = s->nseen = 0;
    look_at(s, pc, 0);
    while (s->ntodo && !found) {
        s->ntodo--;
        uint32_t at = s->todo[s->ntodo].pc;
        int depth = s->todo[s->ntodo].depth;
        if (p->operations.at[at].type->meets && depth == 0)
            found = at;
        else if (depth >= 0)
            look_behind(s, p, at, depth);
    }
    free(s);
    return found;
}

/* ---- making parts; under the lock ---- */

static struct exchange *make_part(struct fork *f)
{
    struct exchange *x = f->parent;
    if (f->none_left || (f->plan.total && f->made == f->plan.total))
        return NULL;
    struct exchange *child = exchange_make_part(x);
    struct err e = {0};
    child->fork = f;
    child->index = f->made;
    child->pc = x->program->operations.at[x->pc].next;
    child->detached = child->detached || f->plan.parallel > 1;
    if (f->plan.part(x, child, f->made, f->plan.state, &e)) {
        f->made++;
        return child;
    }
    exchange_release(child);
    f->none_left = true;
    if (e.code != ERR_NONE) {
        f->plan_failed = true;
        f->error = e;
    }
    return NULL;
}

static void describe_part(struct fork *f, struct exchange *child)
{
    bool last = f->plan.total ? child->index + 1 == f->plan.total : !f->ahead;
    size_t size = f->plan.total ? f->plan.total : child->index + 1;
    fields_set_kept(&child->properties, STR("CamelSplitIndex"), datum_int((int64_t)child->index));
    if (f->plan.total || last)
        fields_set_kept(&child->properties, STR("CamelSplitSize"), datum_int((int64_t)size));
    fields_set_kept(&child->properties, STR("CamelSplitComplete"), datum_bool(last));
}

/* The next part to run, or NULL. */
static struct exchange *take_part(struct fork *f)
{
    if (f->stopped || f->over)
        return NULL;
    struct exchange *child = f->ahead ? f->ahead : make_part(f);
    f->ahead = NULL;
    if (!child)
        return NULL;
    if (f->plan.split) {
        if (!f->plan.total)
            f->ahead = make_part(f);
        describe_part(f, child);
    }
    f->running++;
    return child;
}

/* ---- the end of parts; under the lock ---- */

static void keep(struct fork *f, struct exchange *child)
{
    if (child->index >= f->cap) {
        f->cap = child->index < 8 ? 8 : child->index * 2;
        f->parts = mem_realloc(f->parts, f->cap * sizeof *f->parts);
    }
    while (f->nparts <= child->index)
        f->parts[f->nparts++] = NULL;
    f->parts[child->index] = child;
}

static void note_failure(struct fork *f, struct exchange *child)
{
    if (!child->failed || (f->part_failed && f->failed_index < child->index))
        return;
    f->part_failed = true;
    f->failed_index = child->index;
    f->error = *child->error;
    datum_unref(f->fault);
    f->fault = datum_ref(child->fault);
    f->stopped = f->stopped || f->plan.stop_on_error;
}

static uint32_t start_of(const struct fork *f, const struct exchange *child)
{
    if (f->plan.split)
        return f->parent->program->operations.at[f->parent->pc].next;
    const struct control_multicast *m = f->parent->program->operations.at[f->parent->pc].cfg;
    bool ours = f->parent->program->operations.at[f->parent->pc].type == &control_multicast;
    return ours && child->index < m->targets.n ? m->targets.at[child->index] : 0;
}

/* true: the part is kept for the Gather or, of a multicast without one, as the last branch. */
static bool wanted(struct fork *f, struct exchange *child)
{
    if (child->arrived)
        f->meeting = child->pc;
    else if (!f->meeting && !f->searched) {
        f->searched = true;
        f->meeting = find_meeting(f->parent->program, start_of(f, child));
    }
    if (f->meeting)
        return child->arrived || f->plan.split;
    return !f->plan.split && !child->failed;
}

static struct exchange *all_over(struct fork *f)
{
    f->over = true;
    if (f->ahead)
        exchange_release(f->ahead);
    f->ahead = NULL;
    return f->parent;
}

/* ---- starting ---- */

static void on_timeout(void *arg)
{
    struct fork *f = arg;
    struct exchange *x = f->parent;
    pthread_mutex_lock(&f->lock);
    bool goes_on = !f->over;
    if (goes_on)
        all_over(f);
    pthread_mutex_unlock(&f->lock);
    if (goes_on)
        run_from_other_thread(x);
    exchange_release(x);
}

static bool too_deep(const struct exchange *x)
{
    size_t depth = 0;
    for (; x; x = x->parent)
        depth++;
    return depth > FORK_DEPTH_MAX;
}

/* One runs here, the others on workers. */
static struct exchange *start_parts(struct fork *f)
{
    struct exchange *here = NULL, *child;
    if (f->plan.parallel > 1 && f->plan.timeout_ms) {
        atomic_fetch_add(&f->parent->refs, 1);
        f->timer = clock_at(f->parent->engine->clock, time_monotonic_ms() + f->plan.timeout_ms,
                            on_timeout, f);
    }
    for (unsigned i = 0; i < f->plan.parallel && (child = take_part(f)); i++) {
        if (here)
            run_from_other_thread(child);
        else
            here = child;
    }
    return here;
}

struct exchange *fork_begin(struct exchange *x)
{
    struct fork *f = x->children;
    if (too_deep(x)) {
        f->plan_failed = true;
        err_set(&f->error, ERR_INTERNAL, "more than %d splits inside each other", FORK_DEPTH_MAX);
        return x;
    }
    pthread_mutex_lock(&f->lock);
    f->running = 1;
    struct exchange *next = start_parts(f);
    if (--f->running == 0 && !f->over)
        next = all_over(f);
    pthread_mutex_unlock(&f->lock);
    return next;
}

struct exchange *fork_part_ended(struct exchange *child)
{
    struct fork *f = child->fork;
    struct exchange *next = NULL;
    pthread_mutex_lock(&f->lock);
    f->running--;
    bool kept = false;
    if (!f->over) {
        note_failure(f, child);
        kept = wanted(f, child);
        if (kept)
            keep(f, child);
        next = take_part(f);
        if (!next && !f->running)
            next = all_over(f);
    }
    pthread_mutex_unlock(&f->lock);
    if (!kept)
        exchange_release(child);
    return next;
}

/* ---- the parent goes on ---- */

void fork_take_over(struct exchange *x, struct exchange *part)
{
    exchange_set_body(x, body_ref(part->body));
    fields_free(&x->headers);
    fields_free(&x->properties);
    fields_copy(&x->headers, &part->headers);
    fields_copy(&x->properties, &part->properties);
}

static void hand_over_parts(struct fork *f, struct exchange *x)
{
    size_t n = 0;
    for (size_t i = 0; i < f->nparts; i++)
        if (f->parts[i])
            f->parts[n++] = f->parts[i];
    exchange_drop_parts(x);
    x->parts = f->parts;
    x->nparts = n;
    f->parts = NULL;
    f->nparts = 0;
}

static struct step_result leave_process(const struct exchange *x)
{
    return (struct step_result){.next = x->in_handler ? STEP_END : STEP_RETURN};
}

static struct step_result part_failure(struct fork *f, struct exchange *x, struct err *e)
{
    *e = f->error;
    x->skip_handler = f->part_failed && !f->plan_failed;
    datum_unref(x->thrown);
    x->thrown = f->plan_failed ? NULL : datum_ref(f->fault);
    return FAIL;
}

static struct step_result outcome(struct fork *f, struct exchange *x, struct err *e)
{
    bool fatal = f->part_failed && (!f->plan.split || f->plan.stop_on_error || !f->meeting);
    if (fatal || f->plan_failed)
        return part_failure(f, x, e);
    if (!f->made)
        return (struct step_result){.next = STEP_END};
    if (f->meeting) {
        hand_over_parts(f, x);
        return (struct step_result){STEP_JUMP, f->meeting};
    }
    if (!f->plan.split && f->nparts && f->parts[f->nparts - 1])
        fork_take_over(x, f->parts[f->nparts - 1]);
    return leave_process(x);
}

struct step_result fork_result(struct exchange *x, struct err *e)
{
    struct fork *f = x->children;
    if (f->timer && clock_cancel(x->engine->clock, f->timer))
        exchange_release(x); /* the timer's reference */
    x->children = NULL;
    struct step_result r = outcome(f, x, e);
    for (size_t i = 0; i < f->nparts; i++)
        if (f->parts[i])
            exchange_release(f->parts[i]);
    free(f->parts);
    datum_unref(f->fault);
    return r;
}
