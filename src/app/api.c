/* The document is parsed once; a request is matched segment by segment against its paths. */
#include "app/api.h"

#include "base/codec.h"
#include "identity/identity.h"

extern const char tidemill_openapi[], tidemill_openapi_end[];

enum { ROOT = sizeof "/tidemill/v1" - 1 };
static const char default_role[] = "TenantAdministrator";

struct route {
    str method, path; /* "post", "/users/{id}" */
    str role;         /* "": any user */
    int status;
    bool body;
    const struct api_operation *operation;
};
struct api {
    VEC(struct route) routes;
};

static bool get_openapi(struct api_call *c, struct err *e)
{
    (void)e;
    jw_raw(&c->out, (str){tidemill_openapi, (size_t)(tidemill_openapi_end - tidemill_openapi)});
    return true;
}

static const struct api_operation document_operations[] = {
    {"getOpenApi", get_openapi},
    {NULL,         NULL       },
};
static const struct api_operation *const tables[] = {document_operations, user_operations,
                                                     workitem_operations, usage_operations};

/* ---- opening ---- */
static const struct api_operation *operation_named(str id)
{
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct api_operation *o = tables[t]; o->id; o++)
            if (str_eqz(id, o->id))
                return o;
    return NULL;
}

static bool add_route(struct arena *a, struct api *api, str path, const struct jr *o, struct err *e)
{
    str id = jr_text(o, "operationId"), role = jr_text(o, "x-tidemill-role");
    const struct jr *responses = jr_get(o, "responses");
    int64_t status = 0;
    struct route r = {.method = o->key, .path = path, .role = role.p ? role : str_of(default_role)};
    r.operation = operation_named(id);
    r.body = jr_get(o, "requestBody") != NULL;
    if (!r.operation || !responses || !responses->first ||
        !str_to_i64(responses->first->key, &status))
        return err_set(e, ERR_INTERNAL,
                       "tidemill.openapi.json: operation '" STR_FMT "' is incomplete", STR_ARG(id));
    r.status = (int)status;
    vec_add(a, &api->routes, r);
    return true;
}

static bool all_used(const struct api *api, struct err *e)
{
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct api_operation *o = tables[t]; o->id; o++) {
            bool used = false;
            for (size_t i = 0; i < api->routes.n; i++)
                used |= api->routes.at[i].operation == o;
            if (!used)
                return err_set(e, ERR_INTERNAL, "tidemill.openapi.json has no operation '%s'",
                               o->id);
        }
    return true;
}

bool api_open(struct arena *a, struct api **ret, struct err *e)
{
    struct jr *doc;
    struct api *api = arena_new_of(a, struct api);
    if (!jr_parse(a, (str){tidemill_openapi, (size_t)(tidemill_openapi_end - tidemill_openapi)},
                  &doc, e))
        return err_ctx(e, "tidemill.openapi.json");
    const struct jr *paths = jr_get(doc, "paths");
    for (const struct jr *p = paths ? paths->first : NULL; p; p = p->next)
        for (const struct jr *o = p->first; o; o = o->next)
            if (!add_route(a, api, p->key, o, e))
                return false;
    *ret = api;
    return all_used(api, e);
}

/* ---- a request ---- */
/* "{id}" takes any segment. */
static bool path_matches(str template, str path, str *ret_id)
{
    str want, have;
    *ret_id = STR_NONE;
    for (;;) {
        bool more = str_split(&template, '/', &want);
        if (more != str_split(&path, '/', &have))
            return false;
        if (!more)
            return true;
        if (str_starts(want, STR("{")) && have.n)
            *ret_id = have;
        else if (!str_eq(want, have))
            return false;
    }
}

static const struct route *find(const struct api *api, const struct http_request *r, str *ret_id,
                                struct err *e)
{
    str path = str_from(r->path, ROOT);
    bool known = false;
    for (size_t i = 0; i < api->routes.n; i++) {
        const struct route *one = &api->routes.at[i];
        if (!path_matches(one->path, path, ret_id))
            continue;
        if (str_eq_nocase(one->method, r->method))
            return one;
        known = true;
    }
    err_set(e, known ? ERR_METHOD : ERR_NOT_FOUND, "there is no operation " STR_FMT " " STR_FMT,
            STR_ARG(r->method), STR_ARG(str_sub(r->path, 0, 200)));
    return NULL;
}

bool api_run(struct api *api, struct admin *admin, struct http_request *r, struct err *e)
{
    struct api_call c = {.admin = admin, .request = r, .arena = r->arena};
    struct jr *in = NULL;
    str id;
    const struct route *route = find(api, r, &id, e);
    str role = route ? route->role : str_of(default_role);
    if (!user_has_role(r->user, role))
        return err_set(e, ERR_FORBIDDEN, "the role " STR_FMT " is needed", STR_ARG(role));
    if (!route)
        return false;
    if (id.p && !percent_decode(r->arena, id, false, &c.id))
        return err_set(e, ERR_BAD_REQUEST, "bad percent code in the path");
    if (route->body && !jr_parse(r->arena, blob_bytes(r->body), &in, e))
        return false;
    c.in = in;
    jw_init(&c.out, &r->response.out);
    r->response.status = route->status;
    return route->operation->run(&c, e) && buf_check(&r->response.out, e);
}
