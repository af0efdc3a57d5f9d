/* The wiring: who is handed what, and in which order things start and stop. */
#include "app/app.h"

#include "app/api.h"
#include "app/listen.h"
#include "app/registry.h"
#include "app/retention.h"
#include "app/routes.h"
#include "base/codec.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "net/oauth2.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MOST_WORKERS = 256,
    GRACE_MS = 10000,
    HEADER_DEADLINE_MS = 10000,
    IDLE_MS = 60000,
    CONNECTIONS = 12000,
    /* URL and headers, of requests and of answers. Twice this is over 32 KB, from where on the connection's memory is
     * mapped: of ten thousand waiting connections only the touched pages are resident. */
    HEAD_BYTES = 18432
};

struct app {
    struct arena *arena;
    struct store *store;
    struct http_client *client;
    struct oauth2 *oauth2;
    struct script_hosts *scripts;
    struct engine *engine;
    struct retention *retention;
    struct http_server *server;
    struct registry registry;
    struct faces faces;
    struct http_route routes[ROUTES];
};

static bool check_settings(const struct app_config *c, struct err *e)
{
    if (c->workers > MOST_WORKERS)
        return err_set(e, ERR_BAD_REQUEST, "--workers is at most %d, not %u", MOST_WORKERS,
                       c->workers);
    if (c->base_url.p && !str_starts(c->base_url, STR("http://")) &&
        !str_starts(c->base_url, STR("https://")))
        return err_set(e, ERR_BAD_REQUEST,
                       "--base-url wants http://HOST[:PORT] or https://HOST[:PORT], not '" STR_FMT
                       "'",
                       STR_ARG(c->base_url));
    return true;
}

static bool check_exposure(const struct app_config *c, str address, struct err *e)
{
    if (listen_is_loopback(address))
        return true;
    if (c->dev)
        return err_set(e, ERR_BAD_REQUEST,
                       "--dev has a known password and listens on loopback only, not on " STR_FMT,
                       STR_ARG(address));
    if (!c->tls_cert.p && !c->allow_plain)
        return err_set(
            e, ERR_BAD_REQUEST,
            "listening on " STR_FMT
            " needs --tls-cert and --tls-key; behind a proxy that ends TLS, say --allow-plain",
            STR_ARG(address));
    return true;
}

static bool read_pem(struct arena *a, str path, str *ret, struct err *e)
{
    return !path.p || file_read(a, arena_strdup(a, path), 1 << 20, ret, e);
}

/* The administrator and the service key of a first start: shown this once. */
static bool first_start(struct app *a, str base_url, struct err *e)
{
    str password = id_uuid(a->arena), all = STR("*"), key;
    if (!identity_is_empty(a->faces.identity))
        return true;
    if (!identity_put_user(a->faces.identity, STR("admin"), password, &all, 1, e) ||
        !identity_create_key(a->faces.identity, a->arena, base_url, &all, 1, &key, e))
        return err_ctx(e, "first start");
    printf(
        "First start: these secrets are shown once and kept nowhere in clear.\n"
        "  administrator  admin\n  password       " STR_FMT "\n  service key    " STR_FMT "\n",
        STR_ARG(password), STR_ARG(key));
    fflush(stdout);
    return true;
}

static bool start_server(struct app *a, const struct app_config *c, str address, uint16_t port,
                         struct err *e)
{
    struct http_server_config h = {.address = address,
                                   .port = port,
                                   .header_deadline_ms = HEADER_DEADLINE_MS,
                                   .idle_timeout_ms = IDLE_MS,
                                   .max_connections = CONNECTIONS,
                                   .head_limit = HEAD_BYTES,
                                   .routes = a->routes,
                                   .nroutes = ROUTES};
    routes_fill(a->routes, &a->faces);
    return read_pem(a->arena, c->tls_cert, &h.tls_cert, e) &&
           read_pem(a->arena, c->tls_key, &h.tls_key, e) &&
           read_pem(a->arena, c->tls_client_ca, &h.tls_client_ca, e) &&
           http_server_start(&h, &a->server, e);
}

static bool start_devops(struct app *a, const struct app_config *c, struct err *e)
{
    struct devops_config d = {.store = a->store, .engine = a->engine};
    str path = c->devops_config;
    if (path.p && !file_read(a->arena, arena_strdup(a->arena, path), 1 << 20, &d.settings, e))
        return err_ctx(e, "--devops-config");
    if (devops_open(&d, &a->faces.devops, e))
        return true;
    return path.p ? err_ctx(e, "--devops-config") : false;
}

/* Everything below the HTTP server, lowest first. */
static bool start_parts(struct app *a, const struct app_config *c, uint16_t port, struct err *e)
{
    struct store_config store = {.dir = c->data, .url = c->store};
    struct http_client_config client = {
        .host_map = c->host_map, .nhost_map = c->nhost_map, .smtp_map = c->smtp_map};
    struct engine_config engine = {.workers = c->workers, .credential = ci_credential};
    struct script_config scripts = {
        .processes = c->script_hosts,
        .limit_ms = c->script_limit_s * 1000,
        .heap_mb = c->script_memory_mb,
        .cgroup = c->script_cgroup.p ? arena_strdup(a->arena, c->script_cgroup) : NULL,
        .own_port = port};
    registry_all(&a->registry);
    if (!store_open(&store, &a->store, e) ||
        !identity_open(&(struct identity_config){.store = a->store, .dev = c->dev},
                       &a->faces.identity, e) ||
        !http_client_start(&client, &a->client, e) ||
        !ci_open(&(struct ci_config){.store = a->store, .registry = &a->registry}, &a->faces.ci,
                 e) ||
        !script_open(&scripts, &a->scripts, e))
        return false;
    registry_services(&a->registry, a->scripts, a->faces.ci);
    engine.scripts = a->scripts;
    engine.value_mapping = ci_value_mapping;
    engine.value_mapping_arg = a->faces.ci;
    engine.store = a->store;
    engine.http = a->client;
    engine.oauth2 = a->oauth2 = oauth2_new(a->client);
    engine.credential_arg = a->faces.ci;
    if (!engine_open(&engine, &a->engine, e))
        return false;
    a->retention = retention_start(a->engine, c->retention_days);
    a->faces.https = (struct https_sender){a->engine, a->faces.identity, ci_starting, a->faces.ci};
    return start_devops(a, c, e) && ci_start_deployed(a->faces.ci, a->engine, e);
}

bool app_start(const struct app_config *c, struct app **ret, struct err *e)
{
    struct app *a = mem_alloc(sizeof *a);
    str address;
    uint16_t port = 0;
    *a = (struct app){.arena = arena_new()};
    xml_setup();
    if (!check_settings(c, e) || !listen_split(a->arena, c->listen, &address, &port, e) ||
        !check_exposure(c, address, e) || !start_parts(a, c, port, e)) {
        app_stop(a);
        return false;
    }
    str base_url =
        c->base_url.p
            ? c->base_url
            : arena_fmt(a->arena, "%s://%s%s:%u", c->tls_cert.p ? "https" : "http",
                        str_find_char(address, ':', 0) != SIZE_MAX ? "localhost" : "",
                        str_find_char(address, ':', 0) != SIZE_MAX ? "" : address.p, port);
    struct admin *admin = &a->faces.admin;
    *admin = (struct admin){.identity = a->faces.identity,
                            .engine = a->engine,
                            .store = a->store,
                            .ci = a->faces.ci,
                            .devops = a->faces.devops,
                            .base_url = base_url,
                            .started_ms = time_monotonic_ms()};
    if (!api_open(a->arena, &admin->api, e) || !first_start(a, base_url, e) ||
        !start_server(a, c, address, port, e)) {
        app_stop(a);
        return false;
    }
    log_event(LOG_INFO, "server.started", "listening on " STR_FMT ", data in " STR_FMT,
              STR_ARG(base_url), STR_ARG(c->data));
    *ret = a;
    return true;
}

uint16_t app_port(const struct app *a)
{
    return http_server_port(a->server);
}

void app_stop(struct app *a)
{
    if (!a)
        return;
    if (a->server)
        http_server_stop(a->server, GRACE_MS);
    if (a->engine)
        engine_close(a->engine, GRACE_MS);
    retention_free(a->retention);
    devops_close(a->faces.devops);
    ci_close(a->faces.ci);
    script_close(a->scripts);
    if (a->client)
        http_client_stop(a->client);
    oauth2_free(a->oauth2);
    identity_close(a->faces.identity);
    if (a->store)
        store_close(a->store);
    arena_free(a->arena);
    free(a);
}
