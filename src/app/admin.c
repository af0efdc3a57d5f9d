/* Users and keys by JSON; health and metrics. */
#include "app/admin.h"
#include "app/api.h"

#include "base/codec.h"
#include "base/json.h"
#include "base/time.h"

static void answer(struct http_request *r, int status, const char *type)
{
    r->response.status = status;
    http_set(r, "Content-Type", str_of(type));
    http_reply(r);
}

static void answer_error(struct http_request *r, const struct err *e)
{
    struct jw w;
    buf_reset(&r->response.out);
    jw_init(&w, &r->response.out);
    jw_object(&w);
    jw_keyz(&w, "error");
    jw_object(&w);
    jw_keyz(&w, "code");
    jw_str(&w, str_of(err_phrase(e->code)));
    jw_keyz(&w, "message");
    jw_str(&w, str_of(e->msg));
    jw_object_end(&w);
    jw_object_end(&w);
    answer(r, err_http(e->code), "application/json;charset=UTF-8");
}

/* ---- /tidemill/v1 ---- */
static bool write_user(void *arg, str name, str kind, str roles)
{
    struct jw *w = arg;
    jw_object(w);
    jw_keyz(w, "name");
    jw_str(w, name);
    jw_keyz(w, "kind");
    jw_str(w, kind);
    jw_keyz(w, "roles");
    jw_str(w, roles);
    jw_object_end(w);
    return true;
}

static bool list_users(struct api_call *c, struct err *e)
{
    jw_array(&c->out);
    bool ok = identity_list(c->admin->identity, write_user, &c->out, e);
    jw_array_end(&c->out);
    return ok;
}

/* The member "roles" as words; no roles at all is an error. */
static bool read_roles(struct arena *arena, const struct jr *in, str **ret, size_t *ret_n,
                       struct err *e)
{
    const struct jr *roles = jr_get(in, "roles");
    if (!roles || roles->kind != JR_ARRAY || !roles->n || roles->n > 200)
        return err_set(e, ERR_BAD_REQUEST, "\"roles\" must be an array of 1 to 200 role names");
    *ret = arena_new_array(arena, str, roles->n);
    *ret_n = 0;
    for (const struct jr *x = roles->first; x; x = x->next) {
        if (x->kind != JR_STRING || !x->s.n || str_find_char(x->s, ',', 0) != SIZE_MAX)
            return err_set(e, ERR_BAD_REQUEST, "a role is a text without commas");
        (*ret)[(*ret_n)++] = x->s;
    }
    return true;
}

static bool put_user(struct api_call *c, struct err *e)
{
    str *roles;
    size_t n;
    return read_roles(c->arena, c->in, &roles, &n, e) &&
           identity_put_user(c->admin->identity, jr_text(c->in, "name"), jr_text(c->in, "password"),
                             roles, n, e);
}

static bool remove_user(struct api_call *c, struct err *e)
{
    return identity_remove_user(c->admin->identity, c->id, e);
}

static bool create_key(struct api_call *c, struct err *e)
{
    str *roles, json;
    size_t n;
    if (!read_roles(c->arena, c->in, &roles, &n, e) ||
        !identity_create_key(c->admin->identity, c->arena, c->admin->base_url, roles, n, &json, e))
        return false;
    jw_raw(&c->out, json);
    return true;
}

const struct api_operation user_operations[] = {
    {"listUsers",  list_users },
    {"putUser",    put_user   },
    {"removeUser", remove_user},
    {"createKey",  create_key },
    {NULL,         NULL       },
};

struct api_job {
    struct admin *admin;
    struct http_request *request;
};

static void run_api(void *arg)
{
    struct api_job *job = arg;
    struct http_request *r = job->request;
    struct err e = {0};
    if (api_run(job->admin->api, job->admin, r, &e))
        answer(r, r->response.status, "application/json;charset=UTF-8");
    else
        answer_error(r, &e);
}

/* Operations wait for commits or walk over logs: not on an HTTP thread. */
void admin_handle(void *ctx, struct http_request *r)
{
    struct admin *a = ctx;
    struct api_job *job = arena_new_of(r->arena, struct api_job);
    csrf_fetch(r);
    if (!str_eqz(r->method, "GET") && !csrf_check(r)) {
        http_reply(r);
        return;
    }
    *job = (struct api_job){a, r};
    engine_run_blocking(a->engine, run_api, job);
}

/* ---- pages of the server itself ---- */
void admin_root(void *ctx, struct http_request *r)
{
    const struct admin *a = ctx;
    csrf_fetch(r);
    if (!str_eqz(r->path, "/") && r->path.n) {
        struct err e = {0};
        err_set(&e, ERR_NOT_FOUND, "there is nothing at " STR_FMT, STR_ARG(r->path));
        answer_error(r, &e);
        return;
    }
    buf_addf(&r->response.out,
             "Tidemill\n\nManagement API   " STR_FMT "/api/v1/\nTokens           " STR_FMT
             "/oauth/token\n"
             "Flow endpoints   " STR_FMT "/http/...\nDevOps service   " STR_FMT DEVOPS_ROOT
             "\n"
             "Administration   " STR_FMT "/tidemill/v1/openapi.json\nHealth           " STR_FMT
             "/livez /readyz /metrics\n",
             STR_ARG(a->base_url), STR_ARG(a->base_url), STR_ARG(a->base_url), STR_ARG(a->base_url),
             STR_ARG(a->base_url), STR_ARG(a->base_url));
    answer(r, 200, "text/plain;charset=UTF-8");
}

void admin_live(void *ctx, struct http_request *r)
{
    (void)ctx;
    buf_addz(&r->response.out, "{\"status\":\"up\"}");
    answer(r, 200, "application/json");
}

static bool count_one(void *arg, const struct value *v, size_t n)
{
    (void)v;
    (void)n;
    *(bool *)arg = true;
    return false;
}

void admin_ready(void *ctx, struct http_request *r)
{
    struct admin *a = ctx;
    struct err e = {0};
    bool found = false, starting = ci_starting(a->ci);
    bool store = store_query(a->store, "SELECT 1", NULL, 0, count_one, &found, &e) && found;
    buf_addf(
        &r->response.out, "{\"status\":\"%s\",\"checks\":{\"store\":\"%s\",\"artifacts\":\"%s\"}}",
        store && !starting ? "up" : "down", store ? "up" : "down", starting ? "starting" : "up");
    answer(r, store && !starting ? 200 : 503, "application/json");
}

void admin_metrics(void *ctx, struct http_request *r)
{
    struct admin *a = ctx;
    struct engine_stats s;
    engine_stats(a->engine, &s);
    const struct {
        const char *name, *kind, *help;
        uint64_t value;
    } rows[] = {
        {"tidemill_messages_started_total",   "counter", "Messages started.",              s.started  },
        {"tidemill_messages_completed_total", "counter", "Messages that ended COMPLETED.",
         s.completed                                                                                  },
        {"tidemill_messages_failed_total",    "counter", "Messages that ended FAILED.",    s.failed   },
        {"tidemill_messages_in_flight",       "gauge",   "Messages being processed.",      s.in_flight},
        {"tidemill_uptime_seconds",           "gauge",   "Seconds since the start.",
         (uint64_t)(time_monotonic_ms() - a->started_ms) / 1000                                       },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        buf_addf(&r->response.out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", rows[i].name,
                 rows[i].help, rows[i].name, rows[i].kind, rows[i].name,
                 (unsigned long long)rows[i].value);
    answer(r, 200, "text/plain; version=0.0.4");
}
