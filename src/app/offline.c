/* One message without a server: the same store, compiler and engine, in memory. */
#include "app/app.h"
#include "app/registry.h"
#include "flow/flow.h"
#include "net/oauth2.h"
#include "services/ci/ci.h"

#include <pthread.h>

struct offline {
    struct store *store;
    struct http_client *client;
    struct oauth2 *oauth2;
    struct script_hosts *scripts;
    struct ci *ci;
    struct engine *engine;
    struct registry registry;
    struct bundle *bundle;
    struct arena *arena;
    const struct offline_run *run;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool finished;
};

static bool compile(struct offline *o, str zip, struct program **ret, struct buf *problems,
                    struct err *e)
{
    struct problems ps = {.arena = o->arena};
    registry_all(&o->registry);
    if (!script_open(&(struct script_config){0}, &o->scripts, e))
        return false;
    o->registry.scripts = o->scripts;
    if (!bundle_read(zip, &o->bundle, e))
        return false;
    *ret = flow_compile(o->bundle, &o->registry, &ps);
    for (size_t i = 0; i < ps.list.n; i++)
        buf_addf(problems, STR_FMT "\n", STR_ARG(ps.list.at[i].text));
    return *ret || err_set(e, ERR_NOT_IMPLEMENTED, "the flow cannot run here: %zu problem%s",
                           ps.list.n, ps.list.n == 1 ? "" : "s");
}

static void finished(void *arg, struct exchange *x)
{
    struct offline *o = arg;
    o->run->done(o->run->done_arg, x);
    pthread_mutex_lock(&o->lock);
    o->finished = true;
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

static bool set_fields(struct fields *f, const str *pairs, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        size_t equals = str_find_char(pairs[i], '=', 0);
        if (equals == SIZE_MAX || !equals)
            return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' is not NAME=VALUE",
                           STR_ARG(pairs[i]));
        fields_set_text(f, str_sub(pairs[i], 0, equals), str_from(pairs[i], equals + 1));
    }
    return true;
}

/* The exchange as the sender would have made it. */
static struct exchange *new_exchange(struct offline *o, struct artifact *a, struct err *e)
{
    const struct program *p = artifact_program(a);
    struct start start = {.has_reply = true};
    if (!p->routes.n) {
        err_set(e, ERR_BAD_REQUEST, "the flow has no sender and no timer: nothing starts it");
        return NULL;
    }
    start.route = &p->routes.at[0];
    struct exchange *x = exchange_new(a, &start, e);
    if (!x)
        return NULL;
    if (!set_fields(&x->headers, o->run->headers, o->run->nheaders, e) ||
        !set_fields(&x->properties, o->run->properties, o->run->nproperties, e)) {
        exchange_discard(x);
        return NULL;
    }
    exchange_set_body(x, body_ref(o->run->body));
    return x;
}

static bool start_engine(struct offline *o, const struct offline_run *r, struct err *e)
{
    struct store_config store = {.dir = STR(":memory:")};
    struct http_client_config client = {
        .threads = 1, .host_map = r->host_map, .nhost_map = r->nhost_map, .smtp_map = r->smtp_map};
    struct engine_config engine = {
        .observe = r->observe, .observe_arg = r->observe_arg, .credential = ci_credential};
    if (!store_open(&store, &o->store, e) ||
        !ci_open(&(struct ci_config){.store = o->store, .registry = &o->registry}, &o->ci, e) ||
        !http_client_start(&client, &o->client, e))
        return false;
    engine.store = o->store;
    engine.http = o->client;
    engine.oauth2 = o->oauth2 = oauth2_new(o->client);
    engine.credential_arg = o->ci;
    engine.scripts = o->scripts;
    return engine_open(&engine, &o->engine, e);
}

/* Deploys without arming timers or endpoints' callers: first is false, nothing else asks. */
static bool run_message(struct offline *o, struct program *program, struct err *e)
{
    struct artifact_info info = {.id = o->bundle->id,
                                 .name = o->bundle->name,
                                 .version = o->bundle->version,
                                 .type = STR("INTEGRATION_FLOW")};
    if (!engine_deploy(o->engine, &info, program, false, e))
        return false;
    struct artifact *a = engine_artifact(o->engine, info.id);
    struct exchange *x = a ? new_exchange(o, a, e) : NULL;
    if (x) {
        engine_start(x, finished, o);
        pthread_mutex_lock(&o->lock);
        while (!o->finished)
            pthread_cond_wait(&o->changed, &o->lock);
        pthread_mutex_unlock(&o->lock);
    }
    artifact_unref(a);
    return x != NULL;
}

static void stop(struct offline *o)
{
    if (o->engine)
        engine_close(o->engine, 2000);
    ci_close(o->ci);
    if (o->client)
        http_client_stop(o->client);
    oauth2_free(o->oauth2);
    if (o->store)
        store_close(o->store);
    script_close(o->scripts);
    bundle_free(o->bundle);
    arena_free(o->arena);
}

bool offline_run(const struct offline_run *r, struct err *e)
{
    struct offline o = {.arena = arena_new(),
                        .run = r,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};
    struct program *program;
    xml_setup();
    bool ok = compile(&o, r->bundle, &program, r->problems, e);
    if (ok && !start_engine(&o, r, e)) {
        program_free(program);
        ok = false;
    }
    ok = ok && run_message(&o, program, e);
    stop(&o);
    body_unref(r->body);
    return ok;
}

bool offline_explain(str bundle, struct buf *out, struct err *e)
{
    struct offline o = {.arena = arena_new()};
    struct program *program;
    xml_setup();
    bool ok = compile(&o, bundle, &program, out, e);
    if (ok) {
        program_explain(program, out);
        program_free(program);
    }
    stop(&o);
    return ok;
}
