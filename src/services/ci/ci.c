/* ci: opening, closing, and the way of a request into the service. */
#include "services/ci/keystore.h"

#include "base/time.h"
#include "identity/identity.h"

#include <stdlib.h>

extern const char ci_edmx[], ci_edmx_end[]; /* made by scripts/embed.py */

enum { HOOKS = 28, FUNCTIONS = 2 };

static void run_blocking(void *ctx, void (*fn)(void *), void *arg)
{
    struct ci *ci = ctx;
    engine_run_blocking(ci->engine, fn, arg);
}

/* Indexes that another one has replaced. */
static bool drop_old_indexes(struct store *s, struct err *e)
{
    static const struct store_migration old[] = {
        {1, "DROP INDEX IF EXISTS \"ix_message_processing_log_status_log_end\""},
    };
    return store_migrate(s, "ci", old, COUNT(old), e);
}

static bool open_service(struct ci *ci, const struct ci_config *c, struct err *e)
{
    /* odata_open copies neither table: static */
    static struct odata_set_hook sets[HOOKS];
    static struct odata_function_hook functions[FUNCTIONS];
    const struct odata_set_hook *all[HOOKS] = {
        &packages_hook,
        &designtime_hook,
        &configurations_hook,
        &resources_hook,
        &runtime_hook,
        &runtime_error_hook,
        &endpoints_hook,
        &entry_points_hook,
        &api_definitions_hook,
        &logs_hook,
        &log_error_hook,
        &attachments_hook,
        &secure_parameters_hook,
        &user_credentials_hook,
        &oauth2_credentials_hook,
        &custom_parameters_hook,
        &data_stores_hook,
        &data_store_entries_hook,
        &variables_hook,
        &trace_messages_hook,
        &keystore_entries_hook,
        &keystores_hook,
        &chain_certificates_hook,
        &certificate_resources_hook,
        &certificate_chain_resources_hook,
        &signing_requests_hook,
        &key_pair_resources_hook,
        &key_pair_generation_hook,
    };
    for (size_t i = 0; i < HOOKS; i++)
        sets[i] = *all[i];
    functions[0] = deploy_hook;
    functions[1] = save_as_version_hook;
    struct odata_config config = {
        .root = "/api/v1",
        .model = ci->model,
        .store = ci->store,
        .sets = sets,
        .nsets = HOOKS,
        .functions = functions,
        .nfunctions = FUNCTIONS,
        .ctx = ci,
        .json_by_default = c->json_by_default,
        .has_role = user_has_role,
        .run_blocking = run_blocking,
    };
    return odata_open(&config, &ci->service, e);
}

bool ci_open(const struct ci_config *c, struct ci **ret, struct err *e)
{
    struct ci *ci = mem_alloc(sizeof *ci);
    *ci = (struct ci){.store = c->store, .registry = c->registry, .mappings = value_mappings_new()};
    for (size_t i = 0; i < DEPLOY_LOCKS; i++)
        pthread_mutex_init(&ci->deploying[i], NULL);
    str edmx = {ci_edmx, (size_t)(ci_edmx_end - ci_edmx)};
    if (!model_load(edmx, &ci->model, e) || !open_service(ci, c, e) ||
        !artifacts_define(c->store, e) || !deploy_define(c->store, e) ||
        !drop_old_indexes(c->store, e)) {
        ci_close(ci);
        return err_ctx(e, "opening /api/v1");
    }
    *ret = ci;
    return true;
}

void ci_close(struct ci *ci)
{
    if (!ci)
        return;
    odata_close(ci->service);
    value_mappings_free(ci->mappings);
    model_free(ci->model);
    for (size_t i = 0; i < DEPLOY_LOCKS; i++)
        pthread_mutex_destroy(&ci->deploying[i]);
    free(ci);
}

bool ci_start_deployed(struct ci *ci, struct engine *engine, struct err *e)
{
    ci->engine = engine;
    return keystore_trust(ci, e) && deploy_start(ci, e);
}

bool ci_starting(void *arg)
{
    return atomic_load(&((struct ci *)arg)->starting) != 0;
}

void ci_odata(void *ctx, struct http_request *r)
{
    struct ci *ci = ctx;
    bool reads =
        str_eqz(r->method, "GET") || str_eqz(r->method, "HEAD") || str_eqz(r->method, "OPTIONS");
    csrf_fetch(r);
    if (!reads && !csrf_check(r))
        http_reply(r);
    else
        odata_handle(ci->service, r);
}

str now_text(struct arena *a)
{
    return arena_fmt(a, "%lld", (long long)time_now_ms());
}

str text_of(struct arena *a, struct value v)
{
    return v.kind == V_TEXT || v.kind == V_BYTES ? arena_str(a, v.s) : STR("");
}

struct first_row {
    struct arena *arena;
    struct value *ret;
    size_t n;
    bool found;
};

static bool take_row(void *arg, const struct value *columns, size_t n)
{
    struct first_row *r = arg;
    for (size_t i = 0; i < r->n; i++) {
        r->ret[i] = i < n ? columns[i] : VALUE_NULL;
        if (r->ret[i].kind == V_TEXT || r->ret[i].kind == V_BYTES)
            r->ret[i].s = arena_str(r->arena, r->ret[i].s);
    }
    r->found = true;
    return false;
}

bool query_row(struct store *s, struct arena *a, const char *sql, const struct value *binds,
               size_t nbinds, struct value *ret, size_t n, bool *ret_found, struct err *e)
{
    struct first_row r = {a, ret, n, false};
    if (!store_query(s, sql, binds, nbinds, take_row, &r, e))
        return false;
    *ret_found = r.found;
    return true;
}
