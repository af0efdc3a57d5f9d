/* $batch: reads stand alone, the members of a changeset are one transaction of the store, which also
 * holds what hooks commit. Each part is served like a request of its own, in an arena of its own. When
 * the answers of some parts make a piece, it is sent, and the other parts are run when the client has
 * taken it: a slow client holds no thread, and one that went away ends the work. A piece grows in a
 * blob, which moves into a file when it is large. */
#include "odata/batch.h"

#include "base/codec.h"
#include "odata/write.h"

enum { BATCH_PIECE = 64 << 10 /* bytes that are worth sending before all is done */ };
struct batch_run {
    struct odata_request *rq;
    batch_parts parts;
    size_t next; /* part to be run */
    struct blob_writer out;
    str boundary;
};
/* A member of a changeset that has been answered. */
struct made {
    str id;
    str path; /* of the entity that it created, behind the root */
};

/* ---- where a part leads ---- */
/* "$1/Nav" -> "Piers(9)/Nav" */
static str replace_reference(struct arena *a, str uri, const struct made *made, size_t n)
{
    if (!str_starts(uri, STR("$")))
        return uri;
    size_t end = 1;
    while (end < uri.n && uri.p[end] != '/' && uri.p[end] != '?')
        end++;
    str id = str_sub(uri, 1, end);
    for (size_t i = n; i-- > 0;)
        if (made[i].path.p && str_eq(made[i].id, id))
            return arena_fmt(a, STR_FMT STR_FMT, STR_ARG(made[i].path),
                             STR_ARG(str_from(uri, end)));
    return uri;
}

static bool below_root(str path, str root)
{
    return str_starts(path, root) &&
           (path.n == root.n || path.p[root.n] == '/' || path.p[root.n] == '?');
}

/* Absolute, below the origin, below the root, or relative to it: behind the root. */
static str behind_root(str uri, str root)
{
    size_t scheme = str_find(uri, STR("://"), 0), question = str_find_char(uri, '?', 0);
    if (scheme != SIZE_MAX && (question == SIZE_MAX || scheme < question)) {
        size_t slash = str_find_char(uri, '/', scheme + 3);
        uri = slash == SIZE_MAX ? STR("/") : str_from(uri, slash);
    }
    if (below_root(uri, root))
        uri = str_from(uri, root.n);
    while (str_starts(uri, STR("/")))
        uri = str_from(uri, 1);
    return uri;
}

/* ---- one part ---- */
static void write_out(struct batch_run *b, str s, struct err *e, bool *ok)
{
    if (*ok)
        *ok = blob_writer_add(&b->out, s, e);
}

static str phrase(int status)
{
    static const struct {
        int status;
        const char *text;
    } good[] = {
        {200, "OK"             },
        {201, "Created"        },
        {202, "Accepted"       },
        {204, "No Content"     },
        {206, "Partial Content"},
        {304, "Not Modified"   },
    };
    for (size_t i = 0; i < COUNT(good); i++)
        if (good[i].status == status)
            return str_of(good[i].text);
    for (enum err_code c = ERR_BAD_REQUEST; c <= ERR_TIMEOUT; c++)
        if (err_http(c) == status)
            return str_of(err_phrase(c));
    return STR("");
}

static bool write_answer(struct batch_run *b, const struct http_request *r,
                         const struct batch_call *c, struct err *e)
{
    const struct http_response *a = &r->response;
    str body = a->blob ? blob_bytes(a->blob) : buf_str(&a->out);
    AUTO(buf) struct buf head = BUF(1 << 20);
    bool ok = true;
    buf_addz(&head, "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if (c->content_id.p && c->id_in_part)
        buf_addf(&head, "Content-Id: " STR_FMT "\r\n", STR_ARG(c->content_id));
    buf_addf(&head, "\r\nHTTP/1.1 %d " STR_FMT "\r\n", a->status, STR_ARG(phrase(a->status)));
    if (c->content_id.p && !c->id_in_part)
        buf_addf(&head, "Content-Id: " STR_FMT "\r\n", STR_ARG(c->content_id));
    for (size_t i = 0; i < a->headers.list.n; i++) {
        const struct http_header *h = &a->headers.list.at[i];
        if (h->value.p && str_find_char(h->value, '\n', 0) == SIZE_MAX)
            buf_addf(&head, STR_FMT ": " STR_FMT "\r\n", STR_ARG(h->name), STR_ARG(h->value));
    }
    buf_addf(&head, "Content-Length: %zu\r\n\r\n", body.n);
    if (!buf_check(&head, e))
        return false;
    write_out(b, buf_str(&head), e, &ok);
    write_out(b, body, e, &ok);
    write_out(b, STR("\r\n"), e, &ok);
    return ok;
}

/* c as a request of its own, which lives in a. */
static struct http_request *request_of(struct batch_run *b, struct arena *a,
                                       const struct batch_call *c, const struct made *made,
                                       size_t nmade)
{
    const struct http_request *outer = b->rq->http;
    struct odata_service *s = b->rq->service;
    struct http_request *r = arena_new_of(a, struct http_request);
    str uri = replace_reference(a, behind_root(c->uri, s->root), made, nmade);
    size_t question = str_find_char(uri, '?', 0);
    *r = (struct http_request){.arena = a,
                               .method = c->method,
                               .query =
                                   question == SIZE_MAX ? STR_NONE : str_from(uri, question + 1),
                               .url = outer->url,
                               .headers = c->headers,
                               .body = blob_copy(c->body),
                               .peer = outer->peer,
                               .client_dn = outer->client_dn,
                               .user = outer->user};
    r->path = arena_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(s->root),
                        STR_ARG(str_sub(uri, 0, question == SIZE_MAX ? uri.n : question)));
    r->response.out = BUF(BATCH_MAX_PIECE);
    return r;
}

static struct http_request *serve(struct batch_run *b, struct arena *a, const struct batch_call *c,
                                  const struct made *made, size_t nmade)
{
    struct http_request *r = request_of(b, a, c, made, nmade);
    serve_part(b->rq->service, r);
    if (!r->response.status)
        r->response.status = 200;
    return r;
}

static void drop(struct http_request *r)
{
    blob_unref(r->body);
    blob_unref(r->response.blob);
    buf_free(&r->response.out);
}

static bool run_read(struct batch_run *b, const struct batch_call *c, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct http_request *r = serve(b, a, c, NULL, 0);
    bool ok = write_answer(b, r, c, e);
    drop(r);
    return ok;
}

/* ---- changesets ---- */
static bool delimiter(struct batch_run *b, str boundary, const char *tail, struct err *e)
{
    AUTO(buf) struct buf line = BUF(1 << 10);
    buf_addf(&line, "--" STR_FMT "%s\r\n", STR_ARG(boundary), tail);
    return blob_writer_add(&b->out, buf_str(&line), e);
}

static str path_of(struct arena *a, const struct odata_request *rq, const struct http_request *r)
{
    str location = STR_NONE;
    for (size_t i = 0; i < r->response.headers.list.n; i++)
        if (str_eqz(r->response.headers.list.at[i].name, "Location"))
            location = r->response.headers.list.at[i].value;
    return str_starts(location, rq->base) ? arena_str(a, str_from(location, rq->base.n)) : STR_NONE;
}

/* Serves the members until one fails: its place, or n when all went well. */
static size_t serve_all(struct batch_run *b, struct arena *a, const struct batch_part *p,
                        struct http_request **answers)
{
    struct made *made = arena_new_array(a, struct made, p->calls.n + 1);
    for (size_t i = 0; i < p->calls.n; i++) {
        const struct batch_call *c = &p->calls.at[i];
        answers[i] = serve(b, a, c, made, i);
        made[i] = (struct made){c->content_id, path_of(a, b->rq, answers[i])};
        if (answers[i]->response.status >= 400)
            return i;
    }
    return p->calls.n;
}

static bool write_all(struct batch_run *b, struct arena *a, const struct batch_part *p,
                      struct http_request *const *answers, struct err *e)
{
    str boundary = arena_fmt(a, "changeset_" STR_FMT, STR_ARG(id_uuid(a)));
    str head = arena_fmt(a, "Content-Type: multipart/mixed; boundary=" STR_FMT "\r\n\r\n",
                         STR_ARG(boundary));
    bool ok = blob_writer_add(&b->out, head, e);
    for (size_t i = 0; ok && i < p->calls.n; i++)
        ok = delimiter(b, boundary, "", e) && write_answer(b, answers[i], &p->calls.at[i], e);
    return ok && delimiter(b, boundary, "--\r\n", e);
}

/* One answer stands for all when one fails, and nothing of it is kept. */
static bool run_changeset(struct batch_run *b, const struct batch_part *p, struct err *e)
{
    struct store *store = b->rq->service->config.store;
    AUTO(arena) struct arena *a = arena_new();
    struct http_request **answers = arena_new_array(a, struct http_request *, p->calls.n + 1);
    struct err failed = {0};
    if (!p->calls.n)
        return write_all(b, a, p, answers, e);
    bool begun = store_begin(store, &failed);
    size_t n = begun ? serve_all(b, a, p, answers) : 0;
    bool kept = begun && n == p->calls.n;
    if (!begun)
        answers[0] = request_of(b, a, &p->calls.at[0], NULL, 0);
    if (!begun || !store_end(store, kept, &failed)) {
        kept = false;
        n = 0;
        error_out(b->rq->service, answers[0], &failed);
    }
    bool ok =
        kept ? write_all(b, a, p, answers, e) : write_answer(b, answers[n], &p->calls.at[n], e);
    for (size_t i = 0; i < p->calls.n && answers[i]; i++)
        drop(answers[i]);
    return ok;
}

/* ---- all parts ---- */
/* Runs parts until a piece has gathered or all are done. Who wants to see the answer gets it whole. */
static bool run_parts(struct odata_request *rq, struct err *e)
{
    struct batch_run *b = rq->more_ctx;
    size_t enough = rq->service->config.answered ? SIZE_MAX : BATCH_PIECE;
    bool ok = true;
    blob_writer_init(&b->out, BATCH_MAX_PIECE);
    while (ok && b->next < b->parts.n && b->out.n < enough) {
        const struct batch_part *p = &b->parts.at[b->next++];
        ok = delimiter(b, b->boundary, "", e) &&
             (p->changeset ? run_changeset(b, p, e) : run_read(b, &p->calls.at[0], e));
    }
    bool more = b->next < b->parts.n;
    if (!ok || (!more && !delimiter(b, b->boundary, "--", e))) {
        blob_writer_abort(&b->out);
        return false;
    }
    rq->http->response.blob = blob_writer_finish(&b->out);
    rq->more = more ? run_parts : NULL;
    return true;
}

bool batch(struct odata_request *rq, struct err *e)
{
    struct batch_run *b = arena_new_of(rq->arena, struct batch_run);
    b->rq = rq;
    rq->more_ctx = b;
    if (!batch_parse(rq->arena, http_header(&rq->http->headers, "Content-Type"),
                     blob_bytes(rq->http->body), &b->parts, e))
        return false;
    b->boundary = arena_fmt(rq->arena, "batch_" STR_FMT, STR_ARG(id_uuid(rq->arena)));
    if (!run_parts(rq, e))
        return false;
    answer_status(rq, 202);
    http_set(rq->http, "Content-Type",
             arena_fmt(rq->arena, "multipart/mixed; boundary=" STR_FMT, STR_ARG(b->boundary)));
    return true;
}
