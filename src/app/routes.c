#include "app/routes.h"

static bool admit_user(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    return identity_admit(((struct faces *)ctx)->identity, r, ret_limit, e);
}

static bool admit_gateway(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    return identity_admit_gateway(((struct faces *)ctx)->identity, r, ret_limit, e);
}

/* Whoever sends credentials is known; whoever sends none is welcome. */
static bool admit_anybody(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    return !http_header(&r->headers, "Authorization").p || admit_user(ctx, r, ret_limit, e);
}

static bool admit_flow(void *ctx, struct http_request *r, size_t *ret_limit, struct err *e)
{
    return https_sender_admit(&((struct faces *)ctx)->https, r, ret_limit, e);
}

static void answer_api(void *ctx, struct http_request *r)
{
    ci_odata(((struct faces *)ctx)->ci, r);
}

static void answer_devops(void *ctx, struct http_request *r)
{
    devops_odata(((struct faces *)ctx)->devops, r);
}

static void answer_no_service(void *ctx, struct http_request *r)
{
    devops_no_service(((struct faces *)ctx)->devops, r);
}

static void answer_flow(void *ctx, struct http_request *r)
{
    https_sender_handle(&((struct faces *)ctx)->https, r);
}

static void answer_token(void *ctx, struct http_request *r)
{
    identity_token(((struct faces *)ctx)->identity, r);
}

#define ADMIN_FACE(name)                                         \
    static void answer_##name(void *ctx, struct http_request *r) \
    {                                                            \
        admin_##name(&((struct faces *)ctx)->admin, r);          \
    }
ADMIN_FACE(handle)
ADMIN_FACE(root)
ADMIN_FACE(live)
ADMIN_FACE(ready)
ADMIN_FACE(metrics)

void routes_fill(struct http_route ret[ROUTES], struct faces *f)
{
    const struct http_route routes[ROUTES] = {
        {"/api/v1",              answer_api,        admit_user,    f},
        {"/http",                answer_flow,       admit_flow,    f},
        {DEVOPS_ROOT,            answer_devops,     admit_gateway, f},
        {"/sap/opu/odata",       answer_no_service, admit_gateway, f},
        {"/oauth/token",         answer_token,      NULL,          f},
        {"/oauth2/api/v1/token", answer_token,      NULL,          f},
        {"/tidemill/v1",         answer_handle,     admit_user,    f},
        {"/livez",               answer_live,       NULL,          f},
        {"/readyz",              answer_ready,      NULL,          f},
        {"/metrics",             answer_metrics,    NULL,          f},
        {"",                     answer_root,       admit_anybody, f},
    };
    memcpy(ret, routes, sizeof routes);
}
