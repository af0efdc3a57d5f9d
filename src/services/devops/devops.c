/* devops: opening, closing, and the way of a request into the service. */
#include "services/devops/parts.h"

#include "base/time.h"
#include "identity/identity.h"

#include <stdlib.h>

extern const char devops_edmx[], devops_edmx_end[], devops_json[], devops_json_end[];

enum { PAGE = 100 };

static void run_blocking(void *ctx, void (*fn)(void *), void *arg)
{
    const struct devops *d = ctx;
    engine_run_blocking(d->config.engine, fn, arg);
}

static bool open_service(struct devops *d, struct err *e)
{
    static struct odata_set_hook sets[2]; /* odata_open copies neither table */
    sets[0] = item_texts_hook;
    sets[1] = item_attachments_hook;
    struct odata_config config = {
        .root = DEVOPS_ROOT,
        .model = d->model,
        .store = d->config.store,
        .sets = sets,
        .nsets = COUNT(sets),
        .functions = &change_status_hook,
        .nfunctions = 1,
        .ctx = d,
        .page_size = PAGE,
        .gateway = true,
        .has_role = user_has_role,
        .run_blocking = d->config.engine ? run_blocking : NULL,
    };
    return odata_open(&config, &d->service, e);
}

bool devops_open(const struct devops_config *c, struct devops **ret, struct err *e)
{
    struct devops *d = mem_alloc(sizeof *d);
    *d = (struct devops){.config = *c, .arena = arena_new()};
    pthread_mutex_init(&d->admin, NULL);
    pthread_mutex_init(&d->texts_lock, NULL);
    str edmx = {devops_edmx, (size_t)(devops_edmx_end - devops_edmx)};
    str builtin = {devops_json, (size_t)(devops_json_end - devops_json)};
    str settings = c->settings.p ? arena_str(d->arena, c->settings) : builtin;
    if (!machine_load(d->arena, settings, &d->machine, e) || !model_load(edmx, &d->model, e) ||
        !open_service(d, e) || !items_define(c->store, e)) {
        devops_close(d);
        return err_ctx(e, "the DevOps service");
    }
    *ret = d;
    return true;
}

void devops_close(struct devops *d)
{
    if (!d)
        return;
    odata_close(d->service);
    model_free(d->model);
    pthread_mutex_destroy(&d->admin);
    pthread_mutex_destroy(&d->texts_lock);
    arena_free(d->arena);
    free(d);
}

static bool reads(const struct http_request *r)
{
    return str_eqz(r->method, "GET") || str_eqz(r->method, "HEAD");
}

/* The whole service, its document included, is for those who may read work items. */
static bool check(const struct devops *d, struct http_request *r, struct err *e)
{
    if (!user_has_role(r->user, model_set_named(d->model, STR("WorkItemSet"))->read_role))
        return err_set(e, ERR_FORBIDDEN, "%s", "");
    if (!reads(r) && !d->machine->format_on_post &&
        (str_find(r->query, STR("$format="), 0) != SIZE_MAX ||
         str_find(r->query, STR("%24format="), 0) != SIZE_MAX))
        return err_set(e, ERR_BAD_REQUEST,
                       "The system query option '$format' is not allowed with %s",
                       arena_strdup(r->arena, r->method));
    return true;
}

void devops_odata(void *ctx, struct http_request *r)
{
    struct devops *d = ctx;
    struct err e = {0};
    csrf_fetch(r);
    if (!reads(r) && !csrf_check(r))
        http_reply(r);
    else if (!check(d, r, &e))
        odata_refuse(d->service, r, &e);
    else
        odata_handle(d->service, r);
}

/* "/sap/opu/odata/SALM/NO_SUCH_SRV/..." */
void devops_no_service(void *ctx, struct http_request *r)
{
    struct devops *d = ctx;
    struct err e = {0};
    str rest = str_from(r->path, sizeof "/sap/opu/odata"), ns = STR(""), name = STR("");
    str_split(&rest, '/', &ns);
    str_split(&rest, '/', &name);
    err_set(&e, ERR_FORBIDDEN,
            "No service found for namespace '/" STR_FMT "/', name '" STR_FMT "', version '0001'",
            STR_ARG(str_sub(ns, 0, 40)), STR_ARG(str_sub(name, 0, 80)));
    err_id(&e, "/IWFND/MED/170");
    odata_refuse(d->service, r, &e);
}
