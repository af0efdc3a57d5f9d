/* One request to one answer; the order of the stages is written here:
 *   method (tunnelled?) - options - path - options against path - is it served - role - rows - format.
 * Reads run on the calling thread. Writes, functions and media run where the service's owner says
 * (config.run_blocking), since their hooks may block. */
#include "base/log.h"
#include "odata/write.h"

/* ---- answers ---- */
void answer_status(struct odata_request *rq, int status)
{
    rq->http->response.status = rq->call.status ? rq->call.status : status;
    http_set(rq->http, "DataServiceVersion", STR("2.0"));
}

static bool finish(struct odata_request *rq, int status, struct err *e)
{
    answer_status(rq, status);
    http_set(rq->http, "Content-Type", rq->content_type);
    return buf_check(rq->out, e);
}

bool answer_entity(struct odata_request *rq, const struct set_info *info, struct entity *en,
                   int status, struct err *e)
{
    if (!negotiate(rq, ANSWER_ENTRY, e) || !read_finish(rq, info, en, e))
        return false;
    if (etag_read(rq, en))
        return true;
    writer_of(rq)->entry(rq, info, en);
    return finish(rq, status, e);
}

bool answer_list(struct odata_request *rq, const struct set_info *info, const struct page *page,
                 struct err *e)
{
    if (!negotiate(rq, ANSWER_FEED, e))
        return false;
    writer_of(rq)->feed(rq, info, page);
    return finish(rq, 200, e);
}

bool answer_text(struct odata_request *rq, struct err *e)
{
    rq->content_type = STR("text/plain;charset=utf-8");
    return finish(rq, 200, e);
}

void answer_raw(struct odata_request *rq, struct odata_raw *raw)
{
    struct http_response *r = &rq->http->response;
    answer_status(rq, raw->status ? raw->status : 200);
    if (raw->blob || raw->content_type.p)
        http_set(rq->http, "Content-Type",
                 raw->content_type.p ? raw->content_type : STR("application/octet-stream"));
    if (raw->filename.p)
        http_set(
            rq->http, "Content-Disposition",
            arena_fmt(rq->arena, "attachment; filename=\"" STR_FMT "\"", STR_ARG(raw->filename)));
    r->blob = raw->blob;
}

/* ---- reads ---- */
static const struct set_info *target(const struct odata_request *rq)
{
    return info_of(rq->service, uri_last(&rq->uri)->set);
}

static bool get_service(struct odata_request *rq, struct err *e)
{
    if (!negotiate(rq, ANSWER_SERVICE, e))
        return false;
    writer_of(rq)->service(rq);
    bool ok = finish(rq, 200, e);
    http_set(rq->http, "DataServiceVersion", STR("1.0"));
    return ok;
}

static bool get_metadata(struct odata_request *rq, struct err *e)
{
    if (!negotiate(rq, ANSWER_METADATA, e))
        return false;
    buf_add(rq->out, rq->service->model->metadata);
    bool ok = finish(rq, 200, e);
    http_set(rq->http, "DataServiceVersion", STR("1.0"));
    return ok;
}

static bool get_feed(struct odata_request *rq, struct err *e)
{
    struct page page;
    return read_page(rq, &page, e) && answer_list(rq, target(rq), &page, e);
}

static bool found(struct odata_request *rq, struct entity **ret, struct err *e)
{
    return read_entity(rq, ret, e) && (*ret || not_found(e));
}

static bool get_entity(struct odata_request *rq, struct err *e)
{
    struct entity *en;
    if (!read_entity(rq, &en, e))
        return false;
    if (!en && rq->call.status) {
        answer_status(rq, rq->call.status);
        return true;
    }
    return en ? answer_entity(rq, target(rq), en, 200, e) : not_found(e);
}

static bool get_count(struct odata_request *rq, struct err *e)
{
    int64_t n = 1;
    struct entity *en;
    if (rq->uri.kind != URI_FEED) {
        if (!read_entity(rq, &en, e))
            return false;
        n = en != NULL;
    } else if (!read_count(rq, &n, e)) {
        return false;
    }
    buf_addf(rq->out, "%lld", (long long)n);
    return answer_text(rq, e);
}

static bool get_links(struct odata_request *rq, struct err *e)
{
    struct page page = {.count = -1};
    bool many = rq->uri.kind == URI_FEED;
    struct entity *en;
    if (many) {
        if (!read_page(rq, &page, e))
            return false;
    } else {
        if (!found(rq, &en, e) || !read_finish(rq, target(rq), en, e))
            return false;
        vec_add(rq->arena, &page.rows, en);
    }
    if (!negotiate(rq, ANSWER_PLAIN, e))
        return false;
    struct links l = {target(rq), &page.rows, many, page.count, next_uri(rq, &page)};
    writer_of(rq)->links(rq, &l);
    return finish(rq, 200, e);
}

static bool get_property(struct odata_request *rq, struct err *e)
{
    struct entity *en;
    if (!found(rq, &en, e) || !negotiate(rq, ANSWER_PLAIN, e))
        return false;
    if (etag_read(rq, en))
        return true;
    struct out_property p = {rq->uri.property, en->values + rq->uri.slot};
    writer_of(rq)->property(rq, &p);
    return finish(rq, 200, e);
}

bool answer_value(struct odata_request *rq, enum edm t, struct value v, struct err *e)
{
    if (t == EDM_BINARY) {
        rq->content_type = STR("application/octet-stream");
        if (v.kind != V_NULL)
            buf_add(rq->out, v.s);
        return finish(rq, v.kind == V_NULL ? 204 : 200, e);
    }
    if (v.kind != V_NULL)
        edm_write_text(rq->out, t, v);
    return answer_text(rq, e);
}

static bool get_property_value(struct odata_request *rq, struct err *e)
{
    struct entity *en;
    const struct model_property *p = rq->uri.property;
    if (!found(rq, &en, e))
        return false;
    return etag_read(rq, en) ||
           answer_value(rq, p->type, p->hidden ? VALUE_NULL : en->values[rq->uri.slot], e);
}

/* ---- what may be done where ---- */
typedef bool stage_fn(struct odata_request *rq, struct err *e);
enum place {
    AT_SERVICE,
    AT_METADATA,
    AT_BATCH,
    AT_COUNT,
    AT_FEED,
    AT_ENTITY,
    AT_PROPERTY,
    AT_VALUE,
    AT_MEDIA,
    AT_LINK,
    AT_LINKS,
    AT_FUNCTION
};

static const struct action {
    enum place place;
    enum method method;
    stage_fn *run;
    unsigned operation; /* that the set must serve, one of these; 0: none */
    bool blocks;        /* runs a hook that may block */
} actions[] = {
    {AT_SERVICE,  METHOD_GET,    get_service,        0,                       false},
    {AT_METADATA, METHOD_GET,    get_metadata,       0,                       false},
    {AT_BATCH,    METHOD_POST,   batch,              0,                       true },
    {AT_COUNT,    METHOD_GET,    get_count,          SET_LIST | SET_READ,     false},
    {AT_FEED,     METHOD_GET,    get_feed,           SET_LIST,                false},
    {AT_FEED,     METHOD_POST,   write_create,       SET_CREATE,              true },
    {AT_ENTITY,   METHOD_GET,    get_entity,         SET_READ,                false},
    {AT_ENTITY,   METHOD_PUT,    write_update,       SET_UPDATE,              true },
    {AT_ENTITY,   METHOD_MERGE,  write_update,       SET_UPDATE,              true },
    {AT_ENTITY,   METHOD_DELETE, write_delete,       SET_DELETE,              true },
    {AT_PROPERTY, METHOD_GET,    get_property,       SET_READ,                false},
    {AT_PROPERTY, METHOD_PUT,    write_property,     SET_UPDATE,              true },
    {AT_PROPERTY, METHOD_MERGE,  write_property,     SET_UPDATE,              true },
    {AT_VALUE,    METHOD_GET,    get_property_value, SET_READ,                false},
    {AT_VALUE,    METHOD_PUT,    write_property,     SET_UPDATE,              true },
    {AT_VALUE,    METHOD_MERGE,  write_property,     SET_UPDATE,              true },
    {AT_VALUE,    METHOD_DELETE, write_property,     SET_UPDATE,              true },
    {AT_MEDIA,    METHOD_GET,    media_read,         SET_READ,                true },
    {AT_MEDIA,    METHOD_PUT,    media_write,        SET_UPDATE,              true },
    {AT_MEDIA,    METHOD_DELETE, media_write,        SET_DELETE,              true },
    {AT_LINK,     METHOD_GET,    get_links,          SET_READ | SET_LIST,     false},
    {AT_LINK,     METHOD_PUT,    write_link,         SET_UPDATE,              true },
    {AT_LINK,     METHOD_MERGE,  write_link,         SET_UPDATE,              true },
    {AT_LINK,     METHOD_DELETE, write_link,         SET_UPDATE | SET_DELETE, true },
    {AT_LINKS,    METHOD_GET,    get_links,          SET_LIST,                false},
    {AT_LINKS,    METHOD_POST,   write_link,         SET_CREATE | SET_UPDATE, true },
    {AT_FUNCTION, METHOD_GET,    invoke,             0,                       true },
    {AT_FUNCTION, METHOD_POST,   invoke,             0,                       true },
    {AT_FUNCTION, METHOD_PUT,    invoke,             0,                       true },
    {AT_FUNCTION, METHOD_MERGE,  invoke,             0,                       true },
    {AT_FUNCTION, METHOD_DELETE, invoke,             0,                       true },
};

static const struct action *action_of(const struct odata_request *rq, enum place place)
{
    for (size_t i = 0; i < COUNT(actions); i++)
        if (actions[i].place == place && actions[i].method == rq->method)
            return &actions[i];
    return NULL;
}

static enum place place_of(const struct uri *u)
{
    static const enum place fixed[] = {
        [URI_SERVICE] = AT_SERVICE, [URI_METADATA] = AT_METADATA, [URI_BATCH] = AT_BATCH,
        [URI_FEED] = AT_FEED,       [URI_ENTITY] = AT_ENTITY,     [URI_PROPERTY] = AT_PROPERTY};
    if (u->kind == URI_FUNCTION)
        return AT_FUNCTION;
    if (u->count)
        return AT_COUNT;
    if (u->value)
        return u->kind == URI_PROPERTY ? AT_VALUE : AT_MEDIA;
    if (u->links)
        return u->kind == URI_FEED ? AT_LINKS : AT_LINK;
    return fixed[u->kind];
}

static bool not_allowed(struct err *e)
{
    return err_set(e, ERR_METHOD,
                   "The request dispatcher does not allow the HTTP method used for the request.");
}

/* What is not served says so: reads with 501 and a sentence, writes with 405. */
static bool check_operation(const struct odata_request *rq, const struct action *action,
                            struct err *e)
{
    const struct model_set *set = rq->uri.steps.n ? uri_last(&rq->uri)->set : NULL;
    if (!set || !action->operation)
        return true;
    bool direct = rq->uri.steps.n == 1;
    if ((direct ? set->operations : set->nav_operations) & action->operation)
        return true;
    if (!set->operations && !set->nav_operations)
        return err_set(e, ERR_NOT_IMPLEMENTED, "The entity set '" STR_FMT "' is not supported.",
                       STR_ARG(set->name));
    if (rq->method != METHOD_GET && !rq->service->config.gateway)
        return not_allowed(e);
    if (rq->method != METHOD_GET)
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "Method '" STR_FMT "' of '" STR_FMT
                       "' is not implemented in the data provider class",
                       STR_ARG(rq->http->method), STR_ARG(set->name));
    if (direct && set->nav_operations & action->operation)
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "The entity set '" STR_FMT "' can only be reached through a navigation.",
                       STR_ARG(set->name));
    return err_set(e, ERR_NOT_IMPLEMENTED, "The entity set '" STR_FMT "' cannot be %s%s.",
                   STR_ARG(set->name), action->operation & SET_LIST ? "listed" : "read",
                   direct ? " directly" : " through this navigation");
}

static bool check_role(const struct odata_request *rq, struct err *e)
{
    const struct odata_config *c = &rq->service->config;
    const struct model_set *set = rq->uri.steps.n ? uri_last(&rq->uri)->set : NULL;
    str role = rq->uri.function ? rq->uri.function->role : STR_NONE;
    if (set)
        role = rq->method == METHOD_GET ? set->read_role : set->write_role;
    if (!role.n || !c->has_role || c->has_role(rq->http->user, role))
        return true;
    return err_set(e, ERR_FORBIDDEN, "%s", "");
}

/* ---- the request line ---- */
static bool method_named(str s, enum method *ret, bool *ret_head)
{
    static const struct {
        const char *name;
        enum method method;
    } methods[] = {
        {"GET",    METHOD_GET   },
        {"HEAD",   METHOD_GET   },
        {"POST",   METHOD_POST  },
        {"PUT",    METHOD_PUT   },
        {"MERGE",  METHOD_MERGE },
        {"PATCH",  METHOD_MERGE },
        {"DELETE", METHOD_DELETE},
    };
    *ret_head = str_eqz(s, "HEAD");
    for (size_t i = 0; i < COUNT(methods); i++)
        if (str_eqz(s, methods[i].name)) {
            *ret = methods[i].method;
            return true;
        }
    return false;
}

static bool find_method(struct odata_request *rq, struct err *e)
{
    if (!method_named(rq->http->method, &rq->method, &rq->head))
        return err_set(e, ERR_NOT_IMPLEMENTED, "The HTTP method '" STR_FMT "' is not supported.",
                       STR_ARG(str_sub(rq->http->method, 0, 40)));
    if (rq->method != METHOD_POST)
        return true;
    str one = http_header(&rq->http->headers, "X-HTTP-Method"),
        two = http_header(&rq->http->headers, "X-HTTP-Method-Override");
    if (!one.p && !two.p)
        return true;
    if (one.p && two.p && !str_eq_nocase(one, two))
        return err_set(e, ERR_BAD_REQUEST,
                       "Ambiguous X-HTTP-Method and X-HTTP-Method-Override header.");
    return method_named(one.p ? one : two, &rq->method, &rq->head) ||
           err_set(e, ERR_NOT_IMPLEMENTED,
                   "Method not recognized for X-HTTP-Method or X-HTTP-Method-Override header.");
}

/* "2.0;client": up to 2.0. */
static bool check_version(const struct odata_request *rq, struct err *e)
{
    str all = http_header(&rq->http->headers, "DataServiceVersion"), version = all;
    double v = 0;
    if (!all.p)
        return true;
    str_split(&all, ';', &version);
    version = str_trim(version);
    if (!str_to_double(version, &v))
        return err_set(e, ERR_BAD_REQUEST,
                       "The Data Services Request version '" STR_FMT "' cannot be parsed.",
                       STR_ARG(str_sub(version, 0, 40)));
    return v <= 2.0 || err_set(e, ERR_BAD_REQUEST,
                               "The Data Services Request version '" STR_FMT
                               "' is not supported for the request payload.",
                               STR_ARG(str_sub(version, 0, 40)));
}

/* The Host header ends up in URIs of answers: nothing that a document would have to escape. */
static bool find_base(struct odata_request *rq, struct err *e)
{
    static const bool bad[0x7f] = {
        ['"'] = true, ['&'] = true, ['\''] = true, ['<'] = true, ['>'] = true, ['\\'] = true};
    str url = rq->http->url;
    for (const char *p = url.p; p < url.p + url.n; p++)
        if (*p <= ' ' || *p >= 0x7f || bad[(unsigned char)*p])
            return err_set(e, ERR_BAD_REQUEST, "Invalid URI syntax.");
    rq->base = arena_join(rq->arena, (str[]){url, rq->service->root, STR("/")}, 3);
    return true;
}

static bool find_path(struct odata_request *rq, struct err *e)
{
    str path = str_from(rq->http->path, rq->service->root.n);
    if (str_starts(path, STR("/")))
        path = str_from(path, 1);
    return options_split(rq->arena, rq->http->query, &rq->options, e) &&
           uri_parse(rq->service->model, rq->arena, path, &rq->uri, e);
}

/* The library writes through one navigation at most. */
static bool one_navigation_on_writes(const struct odata_request *rq, struct err *e)
{
    const struct uri *u = &rq->uri;
    return rq->method == METHOD_GET || u->steps.n <= 2 || uri_last(u)->set->hook.p ||
           err_set(e, ERR_BAD_REQUEST,
                   "Writing through more than one navigation is not supported.");
}

/* System query options mean nothing on writes; $format says how to answer. */
static bool no_options_on_writes(const struct odata_request *rq, struct err *e)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (rq->method != METHOD_GET && i != OPTION_FORMAT && rq->options.raw[i].p &&
            rq->uri.kind != URI_FUNCTION)
            return not_allowed(e);
    return true;
}

static bool prepare(struct odata_request *rq, const struct action **ret, struct err *e)
{
    if (!find_method(rq, e) || !check_version(rq, e) || !find_base(rq, e) || !find_path(rq, e))
        return false;
    *ret = action_of(rq, place_of(&rq->uri));
    if (!*ret)
        return not_allowed(e);
    if (!check_operation(rq, *ret, e) || !check_role(rq, e) || !no_options_on_writes(rq, e) ||
        !one_navigation_on_writes(rq, e))
        return false;
    const struct odata_service *s = rq->service;
    return options_bind(rq->arena, s->config.type_functions ? s->model : NULL, &rq->uri,
                        &rq->options, e);
}

/* ---- running ---- */
struct job {
    struct odata_request *rq;
    const struct action *action;
};

static bool run_action(struct odata_request *rq, const struct action *action, struct err *e)
{
    return read_walk(rq, e) && action->run(rq, e);
}

static void reply(struct odata_service *s, struct http_request *r)
{
    if (s->config.answered)
        s->config.answered(s->config.ctx, r);
    http_reply(r);
}

static void start(struct job *job, void (*fn)(void *))
{
    const struct odata_config *c = &job->rq->service->config;
    if (job->action->blocks && c->run_blocking)
        c->run_blocking(c->ctx, fn, job);
    else
        fn(job);
}

static void run_more(void *arg);
/* The client has taken what there was. */
static void start_more(void *ctx, struct http_request *r)
{
    (void)r;
    start(ctx, run_more);
}

static void reply_job(struct job *job)
{
    struct odata_request *rq = job->rq;
    rq->http->response.more = rq->more ? start_more : NULL;
    rq->http->response.more_ctx = job;
    reply(rq->service, rq->http);
}

static void run_more(void *arg)
{
    struct job *job = arg;
    struct odata_request *rq = job->rq;
    struct err e = {0};
    if (!rq->more(rq, &e)) {
        log_err(LOG_ERROR, "odata.cut", &e, STR_FMT " " STR_FMT, STR_ARG(rq->http->method),
                STR_ARG(rq->http->path));
        rq->http->response.broken = true;
        rq->more = NULL;
    }
    reply_job(job);
}

static void run_job(void *arg)
{
    struct job *job = arg;
    struct odata_request *rq = job->rq;
    struct err e = {0};
    if (!run_action(rq, job->action, &e)) {
        error_out(rq->service, rq->http, &e);
        rq->more = NULL;
    }
    reply_job(job);
}

void odata_refuse(struct odata_service *s, struct http_request *r, const struct err *e)
{
    error_out(s, r, e);
    reply(s, r);
}

static struct odata_request *request_new(struct odata_service *s, struct http_request *r)
{
    struct odata_request *rq = arena_new_of(r->arena, struct odata_request);
    *rq =
        (struct odata_request){.service = s, .http = r, .arena = r->arena, .out = &r->response.out};
    return rq;
}

void serve_part(struct odata_service *s, struct http_request *r)
{
    struct odata_request *rq = request_new(s, r);
    const struct action *action;
    struct err e = {0};
    bool ok = prepare(rq, &action, &e);
    if (ok && rq->uri.kind == URI_BATCH)
        ok = err_set(&e, ERR_BAD_REQUEST, "A batch cannot stand inside a batch.");
    if (!ok || !run_action(rq, action, &e))
        error_out(s, r, &e);
}

void odata_handle(void *ctx, struct http_request *r)
{
    struct odata_service *s = ctx;
    struct odata_request *rq = request_new(s, r);
    struct job *job = arena_new_of(r->arena, struct job);
    struct err e = {0};
    job->rq = rq;
    if (!prepare(rq, &job->action, &e)) {
        odata_refuse(s, r, &e);
        return;
    }
    start(job, run_job);
}
