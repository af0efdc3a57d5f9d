/* What is deployed. A redeployment starts the new artifact's senders, swaps the pointer, stops the old one's; the
 * old program dies with its last message. Senders that cannot take an endpoint over from the same artifact answer
 * ERR_CONFLICT; then the old one is stopped first, and started again when the new one still cannot have it. */
#include "engine/inside.h"

#include <stdlib.h>

struct artifact *artifact_ref(struct artifact *a)
{
    if (a)
        atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
    return a;
}

void artifact_unref(struct artifact *a)
{
    if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1)
        return;
    program_free(a->program);
    arena_free(a->arena);
}

const struct artifact_info *artifact_info(const struct artifact *a)
{
    return &a->info;
}

const struct program *artifact_program(const struct artifact *a)
{
    return a->program;
}

struct engine *artifact_engine(const struct artifact *a)
{
    return a->engine;
}

enum log_levels artifact_log_level(const struct artifact *a)
{
    return (enum log_levels)atomic_load_explicit(&a->level, memory_order_relaxed);
}

static struct artifact *make(struct engine *g, const struct artifact_info *i, struct program *take)
{
    struct arena *arena = arena_new();
    struct artifact *a = arena_new_of(arena, struct artifact);
    a->arena = arena;
    a->engine = g;
    a->program = take;
    atomic_init(&a->refs, 1);
    a->info =
        (struct artifact_info){arena_str(arena, i->id),           arena_str(arena, i->name),
                               arena_str(arena, i->version),      arena_str(arena, i->package_id),
                               arena_str(arena, i->package_name), arena_str(arena, i->type)};
    pthread_mutex_lock(&g->artifacts.lock);
    const int *level = map_get(&g->artifacts.levels, i->id);
    pthread_mutex_unlock(&g->artifacts.lock);
    atomic_init(&a->level, level ? *level : MPL_INFO);
    return a;
}

/* ---- senders ---- */

static void stop_routes(struct artifact *a, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        const struct route *r = &a->program->routes.at[i];
        if (r->type && r->type->stop)
            r->type->stop(r->cfg, a, r);
    }
}

static void stop(struct artifact *a)
{
    if (a && a->program)
        stop_routes(a, a->program->routes.n);
}

static bool start(struct artifact *a, bool first, struct err *e)
{
    for (size_t i = 0; a->program && i < a->program->routes.n; i++) {
        const struct route *r = &a->program->routes.at[i];
        if (!r->type || !r->type->start || r->type->start(r->cfg, a, r, first, e))
            continue;
        stop_routes(a, i);
        return false;
    }
    return true;
}

static bool replace(struct artifact *old, struct artifact *fresh, bool first, struct err *e)
{
    bool ok = start(fresh, first, e);
    struct err again = {0};
    if (ok) {
        stop(old);
    } else if (old) {
        stop(old);
        ok = e->code == ERR_CONFLICT && start(fresh, first, e);
        if (!ok && !start(old, false, &again))
            return err_ctx(e, "and the old one could not be started again: %s", again.msg);
    }
    return ok;
}

/* ---- the table ---- */

static struct artifact *get(struct engine *g, str id)
{
    pthread_mutex_lock(&g->artifacts.lock);
    struct artifact *a = artifact_ref(map_get(&g->artifacts.by_id, id));
    pthread_mutex_unlock(&g->artifacts.lock);
    return a;
}

struct artifact *engine_artifact(struct engine *g, str id)
{
    return get(g, id);
}

/* The table's keys outlive the artifacts: they are its arena's. */
static void put(struct engine *g, str id, struct artifact *a)
{
    struct artifacts *t = &g->artifacts;
    pthread_mutex_lock(&t->lock);
    if (map_get(&t->by_id, id))
        map_put(&t->by_id, id, a);
    else
        map_put(&t->by_id, arena_str(t->arena, id), a);
    pthread_mutex_unlock(&t->lock);
}

bool engine_deploy(struct engine *g, const struct artifact_info *info, struct program *take,
                   bool first, struct err *e)
{
    struct artifact *fresh = make(g, info, take);
    pthread_mutex_lock(&g->artifacts.deploy);
    struct artifact *old = get(g, info->id);
    bool ok = !atomic_load(&g->closing) || err_set(e, ERR_UNAVAILABLE, "the server is stopping");
    ok = ok && replace(old, fresh, first, e);
    if (ok)
        put(g, info->id, fresh);
    pthread_mutex_unlock(&g->artifacts.deploy);
    if (ok)
        artifact_unref(old); /* the table's */
    else
        artifact_unref(fresh);
    artifact_unref(old);
    return ok || err_ctx(e, "deploying '" STR_FMT "'", STR_ARG(info->id));
}

bool engine_undeploy(struct engine *g, str id)
{
    struct artifacts *t = &g->artifacts;
    pthread_mutex_lock(&t->deploy);
    pthread_mutex_lock(&t->lock);
    struct artifact *a = map_remove(&t->by_id, id);
    map_remove(&t->levels, id); /* undeploying resets to INFO */
    pthread_mutex_unlock(&t->lock);
    stop(a);
    pthread_mutex_unlock(&t->deploy);
    artifact_unref(a);
    return a != NULL;
}

bool engine_set_log_level(struct engine *g, str id, enum log_levels l)
{
    struct artifacts *t = &g->artifacts;
    pthread_mutex_lock(&t->lock);
    struct artifact *a = map_get(&t->by_id, id);
    if (a) {
        int *level = map_get(&t->levels, id);
        if (!level) {
            level = arena_new_of(t->arena, int);
            map_put(&t->levels, arena_str(t->arena, id), level);
        }
        *level = (int)l;
        atomic_store(&a->level, (int)l);
    }
    pthread_mutex_unlock(&t->lock);
    return a != NULL;
}

void artifacts_open(struct engine *g)
{
    struct artifacts *t = &g->artifacts;
    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->deploy, NULL);
    t->arena = arena_new();
    map_init(&t->by_id, t->arena, false);
    map_init(&t->levels, t->arena, false);
}

void artifacts_stop(struct engine *g)
{
    pthread_mutex_lock(&g->artifacts.deploy);
    for (size_t i = 0; i < g->artifacts.by_id.entries.n; i++)
        stop(g->artifacts.by_id.entries.at[i].value);
    pthread_mutex_unlock(&g->artifacts.deploy);
}

void artifacts_close(struct engine *g)
{
    for (size_t i = 0; i < g->artifacts.by_id.entries.n; i++)
        artifact_unref(g->artifacts.by_id.entries.at[i].value);
    arena_free(g->artifacts.arena);
}
