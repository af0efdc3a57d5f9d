/* compile_gateway: routers, multicasts, joins, and steps with several ways out. Targets are filled in when linking. */
#include "flow/compile.h"

/* ---- router ---- */
static bool is_simple(const struct iflw_edge *edge)
{
    str type = iflw_property(&edge->properties, "expressionType");
    return list_has("NonXML|Non XML", type) ||
           (!type.n && str_find(edge->condition, STR("${"), 0) != SIZE_MAX);
}

static void add_branch(struct compile *c, const struct iflw_edge *edge, struct control_router *to)
{
    struct control_branch b = {.id = edge->id, .label = edge->name};
    struct prepare p = compile_prepare(c, &edge->properties, edge->id, edge->name);
    size_t before = c->problems->list.n;
    if (!str_trim(edge->condition).n)
        prepare_wrong(&p, "it has no condition");
    else if (is_simple(edge))
        b.condition = prepare_simple(&p, edge->condition, SIMPLE_CONDITION);
    else
        b.xpath = prepare_xpath(&p, edge->condition);
    compile_name_problems(c, before, "Route", edge->id, edge->name);
    vec_add(c->program->arena, &to->branches, b);
}

/* The default route's condition is never looked at, wherever it stands. */
static bool is_default(const struct iflw_node *n, const struct iflw_edge *edge)
{
    return n->default_edge.n && str_eq(edge->id, n->default_edge);
}

void compile_router(struct compile *c, struct iflw_node *n)
{
    struct control_router *to = compile_cfg(c, sizeof *to);
    to->throw_exception = str_eqz(iflw_property(&n->properties, "throwException"), "true");
    for (size_t i = 0; i < n->out.n; i++)
        if (!is_default(n, n->out.at[i]))
            add_branch(c, n->out.at[i], to);
    uint32_t at = compile_add(c, n, &control_router, to);
    c->nodes[n->index].first = c->nodes[n->index].last = at;
    c->nodes[n->index].cfg = to;
}

void link_router(struct compile *c, struct iflw_node *n)
{
    struct control_router *to = c->nodes[n->index].cfg;
    size_t branch = 0;
    for (size_t i = 0; i < n->out.n; i++) {
        uint32_t target = compile_target(c, n->out.at[i]);
        if (is_default(n, n->out.at[i]))
            to->otherwise = target;
        else
            to->branches.at[branch++].target = target;
    }
}

/* ---- multicast ---- */
static struct iflw_edge *edge_by_id(const struct iflw_node *n, str id)
{
    for (size_t i = 0; i < n->out.n; i++)
        if (str_eq(n->out.at[i]->id, id))
            return n->out.at[i];
    return NULL;
}

struct numbered {
    int64_t number;
    struct iflw_edge *edge;
};

static void sort_numbered(struct numbered *at, size_t n) /* few; stable */
{
    for (size_t i = 1; i < n; i++) {
        struct numbered x = at[i];
        size_t k = i;
        for (; k > 0 && at[k - 1].number > x.number; k--)
            at[k] = at[k - 1];
        at[k] = x;
    }
}

/* Brings n->out into the order of the table; branches it does not name come last. */
static void order_branches(struct compile *c, struct iflw_node *n)
{
    struct prepare p = compile_prepare(c, &n->properties, n->id, n->name);
    struct prepare_row *rows;
    size_t nrows, count = 0;
    size_t before = c->problems->list.n;
    if (!prepare_rows(&p, "routingSequenceTable", &rows, &nrows)) {
        compile_name_problems(c, before, "Step", n->id, n->name);
        return;
    }
    struct numbered *order = arena_new_array(c->scratch, struct numbered, n->out.n + 1);
    for (size_t i = 0; i < nrows; i++) {
        struct iflw_edge *edge = edge_by_id(n, str_trim(row_cell(&rows[i], "sequenceFlowId", 1)));
        int64_t number = 0;
        if (edge && edge->listed && str_to_i64(str_trim(row_cell(&rows[i], "order", 0)), &number)) {
            order[count++] = (struct numbered){number, edge};
            edge->listed = false;
        }
    }
    sort_numbered(order, count);
    for (size_t i = 0; i < n->out.n; i++)
        if (n->out.at[i]->listed)
            order[count++].edge = n->out.at[i];
    for (size_t i = 0; i < count; i++)
        n->out.at[i] = order[i].edge;
}

uint32_t compile_fan_out(struct compile *c, struct iflw_node *n)
{
    struct control_multicast *to = compile_cfg(c, sizeof *to);
    c->nodes[n->index].cfg = to;
    return compile_add(c, n, &control_multicast, to);
}

void compile_parallel(struct compile *c, struct iflw_node *n)
{
    str kind = activity_key(c->scratch, n);
    uint32_t at = 0;
    if (str_eqz(kind, "Join")) {
        at = compile_add(c, n, &control_join, NULL);
    } else if (str_eqz(kind, "Multicast") || str_eqz(kind, "SequentialMulticast")) {
        bool parallel = str_eqz(kind, "Multicast");
        if (!parallel)
            order_branches(c, n);
        at = compile_fan_out(c, n);
        ((struct control_multicast *)c->nodes[n->index].cfg)->parallel = parallel;
    } else {
        compile_problem(c, ERR_NOT_IMPLEMENTED, n,
                        "parallel gateway of type '" STR_FMT "' is not supported yet",
                        STR_ARG(kind));
    }
    c->nodes[n->index].first = c->nodes[n->index].last = at;
}

void link_parallel(struct compile *c, struct iflw_node *n)
{
    struct control_multicast *to = c->nodes[n->index].cfg;
    for (size_t i = 0; i < n->out.n; i++)
        vec_add(c->program->arena, &to->targets, compile_target(c, n->out.at[i]));
}
