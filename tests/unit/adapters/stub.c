#include "stub.h"

#include <semaphore.h>
#include <stdlib.h>

static void echo(struct http_request *r)
{
    struct buf *out = &r->response.out;
    buf_addf(out, STR_FMT " " STR_FMT "?" STR_FMT "\n", STR_ARG(r->method), STR_ARG(r->path),
             STR_ARG(r->query));
    for (size_t i = 0; i < r->headers.list.n; i++)
        buf_addf(out, STR_FMT ": " STR_FMT "\n", STR_ARG(r->headers.list.at[i].name),
                 STR_ARG(r->headers.list.at[i].value));
    buf_addf(out, "\n" STR_FMT, STR_ARG(blob_bytes(r->body)));
    http_set(r, "Content-Type", STR("text/x-echo"));
    http_set(r, "X-Stub", STR("s"));
    http_set(r, "CamelHttpUri", STR("http://evil"));
    r->response.status = 200;
}

static void handle(void *ctx, struct http_request *r)
{
    struct stub *s = ctx;
    int n = ++s->calls;
    if (str_starts(r->path, STR("/echo"))) {
        echo(r);
    } else if (str_starts(r->path, STR("/status/"))) {
        r->response.status = atoi(arena_strdup(r->arena, str_from(r->path, 8)));
        http_set(r, "X-Stub", STR("s"));
        http_set(r, "Location", STR("/there"));
        buf_addf(&r->response.out, "status %d", r->response.status);
    } else if (str_eqz(r->path, "/flaky")) {
        r->response.status = n < 3 ? 503 : 200;
        http_set(r, "Retry-After", STR("0"));
        buf_addz(&r->response.out, n < 3 ? "later" : "ok");
    } else {
        r->response.status = 200;
        http_set(r, "Set-Cookie", STR("sid=1; Path=/; HttpOnly"));
    }
    http_reply(r);
}

void stub_open(struct stub *s)
{
    struct err e = {0};
    static struct http_route route;
    *s = (struct stub){0};
    route = (struct http_route){.prefix = "", .handle = handle, .ctx = s};
    const struct http_server_config c = {
        .address = STR("127.0.0.1"), .threads = 1, .routes = &route, .nroutes = 1};
    if (!http_server_start(&c, &s->server, &e))
        fail_msg("%s", e.msg);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", http_server_port(s->server));
}

void stub_close(struct stub *s)
{
    http_server_stop(s->server, 1000);
}

static void on_done(struct http_call *call)
{
    sem_post(call->arg);
}

struct reply *stub_call(struct http_client *c, const char *method, const char *url,
                        const char *body, ...)
{
    sem_t done;
    va_list ap;
    struct arena *a = arena_new();
    struct reply *r = arena_new_of(a, struct reply);
    sem_init(&done, 0, 0);
    r->call = (struct http_call){.method = str_of(method),
                                 .url = str_of(url),
                                 .timeout_ms = 10000,
                                 .done = on_done,
                                 .arg = &done,
                                 .arena = a};
    va_start(ap, body);
    for (const char *name; (name = va_arg(ap, const char *));)
        vec_add(a, &r->call.headers.list,
                (struct http_header){str_of(name), str_of(va_arg(ap, const char *))});
    va_end(ap);
    r->call.body = body ? blob_copy(str_of(body)) : NULL;
    http_client_send(c, &r->call);
    while (sem_wait(&done))
        ;
    sem_destroy(&done);
    blob_unref(r->call.body);
    if (!r->call.ok)
        fail_msg("%s: %s", url, r->call.err->msg);
    r->body = blob_bytes(r->call.response_body);
    return r;
}

void reply_free(struct reply *r)
{
    blob_unref(r->call.response_body);
    arena_free(r->call.arena);
}

str reply_header(const struct reply *r, const char *name)
{
    return http_header(&r->call.response, name);
}

bool has_text(str s, const char *part)
{
    return str_find(s, str_of(part), 0) != SIZE_MAX;
}
