/* endpoints: ServiceEndpoints with EntryPoints: the addresses of the flows that run (api.md 2.3). */
#include "services/ci/parts.h"

#define SEPARATOR "$endpointAddress="

struct endpoint {
    str flow, name, version;
    struct value deployed_on;
    str address; /* below the host: "/http/orders" */
    const char *protocol;
};
typedef void endpoint_fn(void *arg, const struct endpoint *ep);

struct walk {
    struct ci *ci;
    struct arena *arena;
    endpoint_fn *fn;
    void *arg;
};

static bool walk_artifact(void *arg, const struct value *columns, size_t n)
{
    struct walk *w = arg;
    if (n < 4)
        return true;
    struct endpoint ep = {.flow = text_of(w->arena, columns[0]),
                          .name = text_of(w->arena, columns[1]),
                          .version = text_of(w->arena, columns[2]),
                          .deployed_on = columns[3]};
    struct artifact *a = engine_artifact(w->ci->engine, ep.flow);
    const struct program *p = a ? artifact_program(a) : NULL;
    for (size_t i = 0; p && i < p->routes.n; i++) {
        const struct route *r = &p->routes.at[i];
        str address = r->type->address ? r->type->address(r->cfg) : STR_NONE;
        if (!address.p || !r->type->protocol)
            continue;
        ep.address = arena_str(w->arena, address);
        ep.protocol = r->type->protocol;
        w->fn(w->arg, &ep);
    }
    artifact_unref(a);
    return true;
}

/* Endpoints of one flow, or of all with STR_NONE. */
static bool walk(struct odata_call *c, str flow, endpoint_fn *fn, void *arg, struct err *e)
{
    struct walk w = {c->ctx, c->arena, fn, arg};
    struct value bind = VALUE_TEXT(flow);
    return store_query(
        c->store,
        flow.p ? "SELECT id, name, version, deployed_on FROM integration_runtime_artifact"
                 " WHERE type = 'INTEGRATION_FLOW' AND status = 'STARTED' AND id = ?"
               : "SELECT id, name, version, deployed_on FROM integration_runtime_artifact"
                 " WHERE type = 'INTEGRATION_FLOW' AND status = 'STARTED' ORDER BY id",
        &bind, flow.p ? 1 : 0, walk_artifact, &w, e);
}

/* The address as the channel has it: without "/http/" or "/cxf/". */
static str endpoint_id(struct arena *a, const struct endpoint *ep)
{
    size_t slash = str_find_char(ep->address, '/', 1);
    str own = slash == SIZE_MAX ? ep->address : str_from(ep->address, slash + 1);
    return arena_fmt(a, STR_FMT SEPARATOR STR_FMT, STR_ARG(ep->flow), STR_ARG(own));
}

struct gathering {
    struct odata_call *call;
    entities *ret;
    str wanted; /* an endpoint's id; STR_NONE: all */
};

static void add_endpoint(void *arg, const struct endpoint *ep)
{
    struct gathering *g = arg;
    struct arena *a = g->call->arena;
    str id = endpoint_id(a, ep);
    if (g->wanted.p && !str_eq(g->wanted, id))
        return;
    struct entity *en = entity_new(a, g->call->set->type);
    entity_set(en, "Id", VALUE_TEXT(id));
    entity_set(en, "Name", VALUE_TEXT(ep->flow));
    entity_set(en, "Title", VALUE_TEXT(ep->name));
    entity_set(en, "Version", VALUE_TEXT(ep->version));
    entity_set(en, "Summary", VALUE_TEXT(STR("")));
    entity_set(en, "Description", VALUE_TEXT(STR("")));
    entity_set(en, "LastUpdated", ep->deployed_on);
    entity_set(en, "Protocol", VALUE_TEXT(str_of(ep->protocol)));
    vec_add(a, g->ret, en);
}

static bool list(struct odata_call *c, entities *ret, struct err *e)
{
    struct gathering g = {c, ret, STR_NONE};
    return walk(c, STR_NONE, add_endpoint, &g, e);
}

static str flow_of(str id)
{
    size_t end = str_find(id, STR(SEPARATOR), 0);
    return str_sub(id, 0, end);
}

static bool read(struct odata_call *c, struct entity **ret, struct err *e)
{
    str id = entity_text(c->key, "Id");
    entities found = {0};
    struct gathering g = {c, &found, id};
    if (!walk(c, flow_of(id), add_endpoint, &g, e))
        return false;
    if (found.n)
        *ret = found.at[0];
    return true;
}

const struct odata_set_hook endpoints_hook = {.name = "endpoints", .list = list, .read = read};

/* ---- EntryPoints and ApiDefinitions of an endpoint ---- */

static void add_entry_point(void *arg, const struct endpoint *ep)
{
    struct gathering *g = arg;
    struct arena *a = g->call->arena;
    if (!str_eq(g->wanted, endpoint_id(a, ep)))
        return;
    struct entity *en = entity_new(a, g->call->set->type);
    entity_set(en, "Name", VALUE_TEXT(ep->flow));
    entity_set(en, "Url",
               VALUE_TEXT(arena_fmt(a, STR_FMT STR_FMT, STR_ARG(g->call->request->url),
                                    STR_ARG(ep->address))));
    entity_set(en, "Type", VALUE_TEXT(STR("PROD")));
    entity_set(en, "AdditionalInformation", VALUE_TEXT(STR("")));
    vec_add(a, g->ret, en);
}

static bool list_entry_points(struct odata_call *c, entities *ret, struct err *e)
{
    str id = entity_text(c->parent, "Id");
    struct gathering g = {c, ret, id};
    return walk(c, flow_of(id), add_entry_point, &g, e);
}

const struct odata_set_hook entry_points_hook = {.name = "entry_points", .list = list_entry_points};

/* No endpoint has a definition yet; the navigation is there and empty. */
static bool list_definitions(struct odata_call *c, entities *ret, struct err *e)
{
    (void)c, (void)ret, (void)e;
    return true;
}

const struct odata_set_hook api_definitions_hook = {.name = "api_definitions",
                                                    .list = list_definitions};
