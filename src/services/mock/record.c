/* --record: each request and its answer as a line of JSON, in the form of check vectors ({"request",
 * "expect"}), so that a session with a mock can be looked at, or played back against the real service. */
#include "services/mock/parts.h"

#include "base/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LINE_LIMIT = 64 << 20 };

bool record_open(struct mock *m, struct err *e)
{
    if (!m->config.record.p)
        return true;
    m->record = open(arena_strdup(m->arena, m->config.record),
                     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return m->record >= 0 ||
           err_set(e, ERR_UNAVAILABLE, STR_FMT ": %s", STR_ARG(m->config.record), strerror(errno));
}

static bool is_secret(str name)
{
    static const char *const secrets[] = {"Authorization", "Cookie", "Set-Cookie", "X-CSRF-Token"};
    for (size_t i = 0; i < COUNT(secrets); i++)
        if (str_eq_nocase(name, str_of(secrets[i])))
            return true;
    return false;
}

static void write_headers(struct jw *w, const struct http_headers *h)
{
    jw_keyz(w, "headers");
    jw_object(w);
    for (size_t i = 0; i < h->list.n; i++)
        if (h->list.at[i].value.p && !is_secret(h->list.at[i].name)) {
            jw_key(w, h->list.at[i].name);
            jw_str(w, h->list.at[i].value);
        }
    jw_object_end(w);
}

static void write_request(struct jw *w, const struct mock *m, const struct http_request *r)
{
    str path = str_from(r->path, m->config.root.n), body = blob_bytes(r->body);
    while (str_starts(path, STR("/")))
        path = str_from(path, 1);
    jw_keyz(w, "request");
    jw_object(w);
    jw_keyz(w, "method");
    jw_str(w, r->method);
    jw_keyz(w, "path");
    if (r->query.p)
        jw_strf(w, STR_FMT "?" STR_FMT, STR_ARG(path), STR_ARG(r->query));
    else
        jw_str(w, path);
    write_headers(w, &r->headers);
    if (body.n) {
        jw_keyz(w, utf8_valid(body) ? "body" : "body_base64");
        jw_str(w, utf8_valid(body) ? body : base64_encode(r->arena, body));
    }
    jw_object_end(w);
}

static void write_answer(struct jw *w, const struct http_request *r)
{
    const struct http_response *a = &r->response;
    str body = a->blob ? blob_bytes(a->blob) : buf_str(&a->out);
    bool text = utf8_valid(body);
    jw_keyz(w, "expect");
    jw_object(w);
    jw_keyz(w, "status");
    jw_int(w, a->status ? a->status : 200);
    write_headers(w, &a->headers);
    jw_keyz(w, "body");
    jw_array(w);
    jw_object(w);
    jw_keyz(w, "op");
    jw_str(w, text ? STR("eq") : STR("hex"));
    jw_keyz(w, "value");
    jw_str(w, text ? (body.p ? body : STR("")) : hex_encode(r->arena, body, false));
    jw_object_end(w);
    jw_array_end(w);
    jw_object_end(w);
}

/* Lines of requests that end together do not mix: one write each. */
void record_answer(void *ctx, struct http_request *r)
{
    struct mock *m = ctx;
    AUTO(buf) struct buf line = BUF(LINE_LIMIT);
    struct jw w;
    if (m->record < 0)
        return;
    jw_init(&w, &line);
    jw_object(&w);
    write_request(&w, m, r);
    write_answer(&w, r);
    jw_object_end(&w);
    buf_add_char(&line, '\n');
    if (!line.failed)
        (void)!write(m->record, line.p, line.n);
}
