/* mock: opening, closing, and the way of a request into the service. */
#include "services/mock/parts.h"

#include "base/codec.h"
#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4, QUEUE = 10000, EDMX_SLOTS = 4096 };

static void run_blocking(void *ctx, void (*fn)(void *), void *arg)
{
    pool_add(((struct mock *)ctx)->pool, fn, arg);
}

static bool open_service(struct mock *m, struct err *e)
{
    struct odata_config c = {
        .root = arena_strdup(m->arena, m->config.root),
        .model = m->model,
        .store = m->config.store,
        .any_set = &any_set,
        .any_function = &any_function,
        .ctx = m,
        .page_size = m->config.page_size,
        .gateway = m->config.basis == MOCK_GATEWAY,
        .type_functions = m->config.basis != MOCK_GATEWAY,
        .run_blocking = run_blocking,
        .answered = m->config.record.p ? record_answer : NULL,
    };
    return odata_open(&c, &m->service, e);
}

static bool fill(struct mock *m, struct err *e)
{
    bool there;
    for (size_t i = 0; i < m->model->remarks.n; i++)
        vec_add(m->arena, &m->remarks, m->model->remarks.at[i]);
    m->given = arena_new_array(m->arena, struct given *, m->model->types.n);
    for (size_t i = 0; i < m->model->types.n; i++)
        m->given[i] = arena_new_array(m->arena, struct given, m->model->types.at[i]->keys.n);
    bool ok = m->config.data.p ? data_read(m, e) : generate(m, e);
    return ok && data_is_there(m, &there, e) && (there || data_reset(m, e));
}

static void set_user(struct mock *m)
{
    str user = m->config.user.p ? m->config.user : STR("dev:dev");
    size_t colon = str_find_char(user, ':', 0);
    m->user = arena_str(m->arena, str_sub(user, 0, colon));
    m->password = colon == SIZE_MAX ? STR("") : arena_str(m->arena, str_from(user, colon + 1));
    m->secret = id_uuid(m->arena);
}

bool mock_open(const struct mock_config *c, struct mock **ret, struct err *e)
{
    struct arena *a = arena_new();
    struct mock *m = arena_new_of(a, struct mock);
    m->arena = a;
    m->config = *c;
    m->record = -1;
    map_init(&m->examples, a, false);
    pthread_mutex_init(&m->resetting, NULL);
    pthread_mutex_init(&m->giving, NULL);
    m->pool = pool_new("mock", THREADS, QUEUE);
    set_user(m);
    if (!model_load(c->edmx, &m->model, e) || !open_service(m, e) || !fill(m, e) ||
        !record_open(m, e)) {
        mock_close(m);
        return false;
    }
    *ret = m;
    return true;
}

void mock_close(struct mock *m)
{
    if (!m)
        return;
    pool_free(m->pool);
    odata_close(m->service);
    model_free(m->model);
    if (m->record >= 0)
        close(m->record);
    pthread_mutex_destroy(&m->resetting);
    pthread_mutex_destroy(&m->giving);
    arena_free(m->arena);
}

size_t mock_sets(const struct mock *m)
{
    return m->model->sets.n;
}

str mock_remark(const struct mock *m, size_t i)
{
    return i < m->remarks.n ? m->remarks.at[i] : STR_NONE;
}

/* ---- requests ---- */
bool mock_admit(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    struct mock *m = ctx;
    str header = http_header(&r->headers, "Authorization"), decoded;
    (void)ret_limit;
    bool basic = str_starts_nocase(header, STR("Basic "));
    bool asked = m->config.user.p || (m->config.basis == MOCK_GATEWAY && basic);
    if (!asked)
        return true;
    str want = arena_fmt(r->arena, STR_FMT ":" STR_FMT, STR_ARG(m->user), STR_ARG(m->password));
    if (basic && base64_decode(r->arena, str_from(header, 6), &decoded) && str_eq(decoded, want))
        return true;
    http_set(r, "WWW-Authenticate", STR("Basic realm=\"mock\""));
    return err_set(e, ERR_UNAUTHORIZED, "The user name or the password is wrong.");
}

struct reset_job {
    struct mock *mock;
    struct http_request *request;
};

static void serve(struct mock *m, struct http_request *r)
{
    if (m->config.basis == MOCK_GATEWAY && !gateway_check(m, r))
        http_reply(r);
    else
        odata_handle(m->service, r);
}

static void reset_and_serve(void *arg)
{
    struct reset_job *job = arg;
    struct err e = {0};
    pthread_mutex_lock(&job->mock->resetting);
    bool ok = data_reset(job->mock, &e);
    pthread_mutex_unlock(&job->mock->resetting);
    if (ok)
        serve(job->mock, job->request);
    else
        odata_refuse(job->mock->service, job->request, &e);
}

void mock_handle(void *ctx, struct http_request *r)
{
    struct mock *m = ctx;
    if (!http_header(&r->headers, "X-Reset").p) {
        serve(m, r);
        return;
    }
    struct reset_job *job = arena_new_of(r->arena, struct reset_job);
    *job = (struct reset_job){m, r};
    pool_add(m->pool, reset_and_serve, job);
}

str word_lower(struct arena *a, str s)
{
    char *z = arena_strdup(a, s);
    for (size_t i = 0; i < s.n; i++)
        if (z[i] >= 'A' && z[i] <= 'Z')
            z[i] = (char)(z[i] + 32);
    return (str){z, s.n};
}
