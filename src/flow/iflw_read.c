/* iflw_read: BPMN XML to plain structs. Elements are known by their local names; namespaces, order and layout are
 * those of whatever editor wrote the file. References are resolved after everything has been read. */
#include "flow/iflw.h"
#include "format/xml.h"

struct reader {
    struct iflw *f;
    struct arena *a;
    const struct map *parameters;
    size_t budget;
    VEC(const struct xml_node *) flows; /* messageFlows and sequenceFlows, for later */
    struct err *e;
};
typedef const struct xml_node node;

static const struct {
    const char *tag;
    enum iflw_kind kind;
} kinds[] = {
    {"startEvent",       IFLW_START     },
    {"endEvent",         IFLW_END       },
    {"callActivity",     IFLW_ACTIVITY  },
    {"serviceTask",      IFLW_SERVICE   },
    {"exclusiveGateway", IFLW_ROUTER    },
    {"parallelGateway",  IFLW_PARALLEL  },
    {"subProcess",       IFLW_SUBPROCESS},
};
/* Parts of a process that say nothing to the one who runs it. */
static const char *const decoration[] = {
    "extensionElements", "documentation", "laneSet",    "textAnnotation",  "association", "group",
    "dataObject",        "auditing",      "monitoring", "ioSpecification",
};

str iflw_property(const struct map *properties, const char *key)
{
    const str *v = map_get(properties, str_of(key));
    return v ? *v : STR("");
}

static str attribute(struct reader *r, node *n, const char *name)
{
    str s = xml_attr(n, name);
    return s.p ? arena_str(r->a, s) : STR("");
}

/* Names are shown in lists and logs: one line. */
static str one_line(struct reader *r, node *n)
{
    char *p = arena_strdup(r->a, xml_attr(n, "name"));
    size_t len = strlen(p);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)p[i] < ' ')
            p[i] = ' ';
    return str_trim((str){p, len});
}

static bool value_of(struct reader *r, node *n, enum value_kind kind, str *ret)
{
    return externalize(r->a, n ? xml_text(r->a, n) : STR(""), kind, r->parameters, &r->budget, ret,
                       r->e);
}

/* The first of equal keys wins, so that an event definition's cannot replace those of its event. */
static bool read_properties(struct reader *r, node *of, struct map *to)
{
    node *list = xml_child(of, "extensionElements");
    for (node *p = list ? xml_first(list) : NULL; p; p = xml_next(p)) {
        node *key = xml_child(p, "key");
        if (!xml_is(p, "property") || !key)
            continue;
        str *value = arena_new_of(r->a, str);
        str name = xml_text(r->a, key);
        if (!value_of(r, xml_child(p, "value"), VALUE_PROPERTY, value))
            return err_ctx(r->e, "property %.*s", STR_ARG(name));
        if (!map_get(to, name))
            map_put(to, name, value);
    }
    return true;
}

static bool read_event(struct reader *r, node *n, struct iflw_node *to)
{
    static const char suffix[] = "EventDefinition";
    str tag = xml_local(n);
    if (to->event.n || !str_ends(tag, STR("EventDefinition")))
        return true;
    to->event = arena_str(r->a, str_sub(tag, 0, tag.n - (sizeof suffix - 1)));
    return read_properties(r, n, &to->properties);
}

static bool read_loop(struct reader *r, node *n, struct iflw_node *to)
{
    return externalize(r->a, attribute(r, n, "loopMaximum"), VALUE_PROPERTY, r->parameters,
                       &r->budget, &to->loop_most, r->e) &&
           value_of(r, xml_child(n, "loopCondition"), VALUE_CONDITION, &to->loop_condition);
}

static bool read_scope(struct reader *r, node *n, struct iflw_scope *s);

static bool read_inner(struct reader *r, node *n, struct iflw_node *to)
{
    struct iflw_scope *s = arena_new_of(r->a, struct iflw_scope);
    s->process = to->scope->process;
    to->inner = s;
    return read_scope(r, n, s);
}

static bool read_node(struct reader *r, node *n, struct iflw_scope *scope)
{
    if (r->f->nnodes == IFLW_MAX_NODES)
        return err_set(r->e, ERR_TOO_LARGE, "the flow has more than %d steps", IFLW_MAX_NODES);
    struct iflw_node *to = arena_new_of(r->a, struct iflw_node);
    *to = (struct iflw_node){.kind = IFLW_OTHER, .index = r->f->nnodes++, .scope = scope};
    to->tag = arena_str(r->a, xml_local(n));
    to->id = attribute(r, n, "id");
    to->name = one_line(r, n);
    to->default_edge = attribute(r, n, "default");
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eqz(to->tag, kinds[i].tag))
            to->kind = kinds[i].kind;
    if (!to->id.n || map_get(&r->f->nodes, to->id))
        return err_set(r->e, ERR_BAD_REQUEST, "line %u: %.*s has no id of its own", xml_line(n),
                       STR_ARG(to->tag));
    map_put(&r->f->nodes, to->id, to);
    vec_add(r->a, &scope->nodes, to);
    map_init(&to->properties, r->a, false);
    if (!read_properties(r, n, &to->properties))
        return err_ctx(r->e, "%.*s", STR_ARG(to->id));
    for (node *c = xml_first(n); c; c = xml_next(c)) {
        if (xml_is(c, "outgoing"))
            vec_add(r->a, &to->outgoing, str_trim(xml_text(r->a, c)));
        else if (xml_is(c, "standardLoopCharacteristics") ? !read_loop(r, c, to)
                                                          : !read_event(r, c, to))
            return err_ctx(r->e, "%.*s", STR_ARG(to->id));
    }
    return to->kind != IFLW_SUBPROCESS || read_inner(r, n, to);
}

static bool is_decoration(node *n)
{
    for (size_t i = 0; i < COUNT(decoration); i++)
        if (xml_is(n, decoration[i]))
            return true;
    return false;
}

static bool read_scope(struct reader *r, node *n, struct iflw_scope *s)
{
    s->id = attribute(r, n, "id");
    s->name = one_line(r, n);
    map_init(&s->properties, r->a, false);
    if (!read_properties(r, n, &s->properties))
        return err_ctx(r->e, "%.*s", STR_ARG(s->id));
    bool sub =
        s->process != s; /* what belongs to a sub process itself has been read with its node */
    for (node *c = xml_first(n); c; c = xml_next(c)) {
        if (xml_is(c, "sequenceFlow"))
            vec_add(r->a, &r->flows, c);
        else if (!is_decoration(c) && !(sub && (xml_is(c, "incoming") || xml_is(c, "outgoing"))) &&
                 !read_node(r, c, s))
            return false;
    }
    return true;
}

static bool read_process(struct reader *r, node *n)
{
    if (r->f->processes.n == IFLW_MAX_PROCESSES)
        return err_set(r->e, ERR_TOO_LARGE, "the flow has more than %d processes",
                       IFLW_MAX_PROCESSES);
    struct iflw_scope *s = arena_new_of(r->a, struct iflw_scope);
    s->process = s;
    vec_add(r->a, &r->f->processes, s);
    if (!read_scope(r, n, s))
        return false;
    map_put(&r->f->scopes, s->id, s);
    return true;
}

static bool read_collaboration(struct reader *r, node *n)
{
    if (!read_properties(r, n, &r->f->properties))
        return false;
    for (node *c = xml_first(n); c; c = xml_next(c)) {
        if (xml_is(c, "messageFlow")) {
            vec_add(r->a, &r->flows, c);
        } else if (xml_is(c, "participant")) {
            str *name = arena_new_of(r->a, str);
            *name = one_line(r, c);
            map_put(&r->f->participants, attribute(r, c, "id"), name);
            if (xml_attr(c, "processRef")
                    .n) /* the pool's name stands in for a process without one */
                map_put(&r->f->participants, attribute(r, c, "processRef"), name);
        }
    }
    return true;
}

static struct iflw_node *end_of(struct reader *r, node *flow, const char *ref)
{
    return map_get(&r->f->nodes, xml_attr(flow, ref));
}

static bool read_edge(struct reader *r, node *n)
{
    struct iflw_edge *to = arena_new_of(r->a, struct iflw_edge);
    to->id = attribute(r, n, "id");
    to->name = one_line(r, n);
    to->source = end_of(r, n, "sourceRef");
    to->target = end_of(r, n, "targetRef");
    map_init(&to->properties, r->a, false);
    vec_add(r->a, &r->f->edges, to);
    return (read_properties(r, n, &to->properties) &&
            value_of(r, xml_child(n, "conditionExpression"), VALUE_CONDITION, &to->condition)) ||
           err_ctx(r->e, "%.*s", STR_ARG(to->id));
}

/* A channel hangs on the step or event at its one end; the other is a participant. */
static bool read_channel(struct reader *r, node *n)
{
    struct iflw_node *source = end_of(r, n, "sourceRef"), *target = end_of(r, n, "targetRef");
    const str *who = map_get(&r->f->participants, xml_attr(n, source ? "targetRef" : "sourceRef"));
    struct iflw_channel *to = arena_new_of(r->a, struct iflw_channel);
    to->id = attribute(r, n, "id");
    to->name = one_line(r, n);
    to->participant = who ? *who : STR("");
    map_init(&to->properties, r->a, false);
    vec_add(r->a, &r->f->channels, to);
    if (source || target) {
        struct iflw_node *on = source ? source : target;
        vec_add(r->a, &on->channels, to);
    }
    return read_properties(r, n, &to->properties) || err_ctx(r->e, "%.*s", STR_ARG(to->id));
}

/* Edges in the order their source lists them; those it does not list come after, in document order. */
static void order_edges(struct iflw *f)
{
    struct map by_id;
    map_init(&by_id, f->arena, false);
    for (size_t i = 0; i < f->edges.n; i++)
        map_put(&by_id, f->edges.at[i]->id, f->edges.at[i]);
    for (size_t i = 0; i < f->nodes.entries.n; i++) {
        struct iflw_node *n = f->nodes.entries.at[i].value;
        for (size_t k = 0; k < n->outgoing.n; k++) {
            struct iflw_edge *edge = map_get(&by_id, n->outgoing.at[k]);
            if (edge && edge->source == n && !edge->listed) {
                edge->listed = true;
                vec_add(f->arena, &n->out, edge);
            }
        }
    }
    for (size_t i = 0; i < f->edges.n; i++) {
        struct iflw_edge *edge = f->edges.at[i];
        if (edge->source && !edge->listed) {
            edge->listed = true;
            vec_add(f->arena, &edge->source->out, edge);
        }
    }
}

static bool read_all(struct reader *r, node *root)
{
    if (!xml_is(root, "definitions"))
        return err_set(r->e, ERR_BAD_REQUEST, "not an integration flow: the root element is %.*s",
                       STR_ARG(xml_local(root)));
    for (node *c = xml_first(root); c; c = xml_next(c))
        if (xml_is(c, "collaboration") ? !read_collaboration(r, c)
                                       : xml_is(c, "process") && !read_process(r, c))
            return false;
    for (size_t i = 0; i < r->flows.n; i++) {
        node *n = r->flows.at[i];
        if (xml_is(n, "messageFlow") ? !read_channel(r, n) : !read_edge(r, n))
            return false;
    }
    for (size_t i = 0; i < r->f->processes.n; i++) {
        struct iflw_scope *s = r->f->processes.at[i];
        const str *pool = map_get(&r->f->participants, s->id);
        if (!s->name.n && pool)
            s->name = *pool;
    }
    order_edges(r->f);
    for (size_t i = 0; i < r->f->nodes.entries.n; i++) {
        const struct iflw_node *n = r->f->nodes.entries.at[i].value;
        if (n->out.n > IFLW_MAX_OUT)
            return err_set(r->e, ERR_TOO_LARGE, STR_FMT " has more than %d ways out",
                           STR_ARG(n->id), IFLW_MAX_OUT);
    }
    return true;
}

bool iflw_read(struct arena *a, str xml, const struct map *parameters, struct iflw *ret,
               struct err *e)
{
    if (xml.n > IFLW_MAX_BYTES)
        return err_set(e, ERR_TOO_LARGE, "the integration flow is larger than %d MB",
                       IFLW_MAX_BYTES >> 20);
    struct xml_doc *doc;
    if (!xml_parse(xml, &doc, e))
        return err_ctx(e, "reading the integration flow");
    *ret = (struct iflw){.arena = a};
    map_init(&ret->properties, a, false);
    map_init(&ret->nodes, a, false);
    map_init(&ret->scopes, a, false);
    map_init(&ret->participants, a, false);
    struct reader r = {
        .f = ret, .a = a, .parameters = parameters, .budget = IFLW_MAX_EXPANDED, .e = e};
    bool ok = read_all(&r, xml_root(doc));
    xml_free(doc);
    return ok || err_ctx(e, "reading the integration flow");
}
