/* $expand: per navigation and level one query for all parents (in pieces of a few hundred), or, where
 * a hook serves the target, one call per parent. */
#include "odata/plan.h"
#include "odata/read.h"

enum { PARENTS = 300 /* in one statement */, MAX_CHILDREN = 100000 /* of one request */ };

/* Parents are known again by join values, or by their key in a table of links. */
static size_t common(const struct model_nav *nav)
{
    return nav->links ? nav->links->ends[nav->end]->keys.n : nav->joins.n;
}

static struct value parent_value(const struct entity *en, const struct model_nav *nav, size_t i)
{
    return en
        ->values[nav->links ? model_key_slot(nav->links->ends[nav->end], i) : nav->joins.at[i].own];
}

/* What a parent and its children have in common, as one text. columns: a child's row; NULL: en is a parent. */
static str join_text(struct arena *a, const struct entity *en, const struct model_nav *nav,
                     const struct value *columns)
{
    AUTO(buf) struct buf b = BUF(1 << 20);
    for (size_t i = 0; i < common(nav); i++) {
        struct value v = !columns     ? parent_value(en, nav, i)
                         : nav->links ? columns[en->type->slots.n + i]
                                      : en->values[nav->joins.at[i].theirs];
        if (v.kind == V_NULL)
            return STR_NONE;
        if (v.kind == V_TEXT || v.kind == V_BYTES)
            buf_addf(&b, "%zu:" STR_FMT, v.s.n, STR_ARG(v.s));
        else
            buf_addf(&b, "%lld,", (long long)v.i);
    }
    return arena_str(a, buf_str(&b));
}

typedef VEC(struct entity *) group;

/* Parents by what they are joined with; those with a null there have no children. */
static void group_parents(struct arena *a, const entities *parents, const struct model_nav *nav,
                          struct map *ret)
{
    map_init(ret, a, false);
    for (size_t i = 0; i < parents->n; i++) {
        str key = join_text(a, parents->at[i], nav, NULL);
        if (!key.p)
            continue;
        group *g = map_get(ret, key);
        if (!g) {
            g = arena_alloc(a, sizeof *g);
            map_put(ret, key, g);
        }
        vec_add(a, g, parents->at[i]);
    }
}

static void add_column(struct buf *out, const struct model_nav *nav, size_t i)
{
    if (nav->links)
        pairs_column(out, nav, i);
    else
        buf_addf(out, "t0.\"" STR_FMT "\"",
                 STR_ARG(nav->target->slots.at[nav->joins.at[i].theirs].column));
}

/* AND ((a = ? AND b = ?) OR ..): the groups [from, to). */
static void where_parents(struct plan *p, const struct model_nav *nav, const struct map *groups,
                          size_t from, size_t to)
{
    buf_addz(&p->where, " WHERE (");
    for (size_t i = from; i < to; i++) {
        const struct entity *parent = ((group *)groups->entries.at[i].value)->at[0];
        buf_addz(&p->where, i > from ? " OR (" : "(");
        for (size_t k = 0; k < common(nav); k++) {
            buf_addz(&p->where, k ? " AND " : "");
            add_column(&p->where, nav, k);
            buf_addz(&p->where, " = ");
            plan_bind(p, &p->where, parent_value(parent, nav, k));
        }
        buf_add_char(&p->where, ')');
    }
    buf_add_char(&p->where, ')');
}

/* t0."a" IN (?,?,..): an index serves it, unlike a long OR. */
static void where_in(struct plan *p, const struct model_nav *nav, const struct map *groups,
                     size_t from, size_t to)
{
    buf_addz(&p->where, " WHERE ");
    add_column(&p->where, nav, 0);
    buf_addz(&p->where, " IN (");
    for (size_t i = from; i < to; i++) {
        const struct entity *parent = ((group *)groups->entries.at[i].value)->at[0];
        buf_addz(&p->where, i > from ? "," : "");
        plan_bind(p, &p->where, parent_value(parent, nav, 0));
    }
    buf_add_char(&p->where, ')');
}

struct receiver {
    struct arena *a;
    const struct model_nav *nav;
    const struct map *groups;
    entities *children;
};

static bool receive_row(void *arg, const struct value *columns, size_t n)
{
    struct receiver *r = arg;
    (void)n;
    struct entity *child = entity_of_row(r->a, r->nav->set->type, columns);
    group *g = map_get(r->groups, join_text(r->a, child, r->nav, columns));
    vec_add(r->a, r->children, child);
    for (size_t i = 0; g && i < g->n; i++)
        vec_add(r->a, &g->at[i]->inlines, (struct entity_inline){r->nav, child, false});
    return r->children->n <= MAX_CHILDREN;
}

static bool expand_by_table(struct odata_request *rq, const entities *parents,
                            const struct model_nav *nav, entities *children, struct err *e)
{
    const struct set_info *info = info_of(rq->service, nav->set);
    struct map groups;
    bool ok = true;
    group_parents(rq->arena, parents, nav, &groups);
    struct receiver r = {rq->arena, nav, &groups, children};
    for (size_t from = 0; ok && from < groups.entries.n; from += PARENTS) {
        size_t to = from + PARENTS < groups.entries.n ? from + PARENTS : groups.entries.n;
        struct plan p;
        plan_init(&p, rq->arena, info->type, NULL, NULL, 0);
        if (nav->links)
            pairs_join(&p, nav);
        (common(nav) == 1 ? where_in : where_parents)(&p, nav, &groups, from, to);
        plan_order(&p, &(order_list){0});
        str sql = plan_select(&p, -1, 0);
        ok = buf_check(&p.where, e) && store_query(rq->service->config.store, sql.p, p.binds.at,
                                                   p.binds.n, receive_row, &r, e);
        plan_free(&p);
    }
    return ok;
}

/* One parent: the hook sees it as the whole path. */
static bool expand_by_hook(struct odata_request *rq, const struct set_info *from,
                           struct entity *parent, const struct model_nav *nav, entities *children,
                           struct err *e)
{
    const struct odata_set_hook *hook = info_of(rq->service, nav->set)->hook;
    struct odata_key path = {from->set, parent};
    struct odata_call c = rq->call;
    entities list = {0};
    c.set = nav->set;
    c.nav = nav;
    c.key = NULL;
    c.parent = parent;
    c.path = &path;
    c.npath = 1;
    c.status = 0;
    bool listed = nav->many || !hook->read;
    if (listed && !hook->list(&c, &list, e))
        return false;
    struct entity *one = NULL;
    if (!listed && !hook->read(&c, &one, e) && e->code != ERR_NOT_FOUND)
        return false;
    if (one)
        vec_add(rq->arena, &list, one);
    for (size_t i = 0; i < list.n; i++) {
        vec_add(rq->arena, &parent->inlines, (struct entity_inline){nav, list.at[i], false});
        vec_add(rq->arena, children, list.at[i]);
    }
    return true;
}

static bool expand_nav(struct odata_request *rq, const struct set_info *from,
                       const entities *parents, const struct pick_nav *pn, struct err *e)
{
    const struct model_nav *nav = pn->nav;
    entities children = {0};
    const struct set_info *to = nav->set ? info_of(rq->service, nav->set) : NULL;
    bool hooked = to && to->hook && (to->hook->list || (!nav->many && to->hook->read));
    if (!to || (!hooked && (!to->table || !model_nav_kept(nav))))
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "Expand of the navigation property '" STR_FMT "' is not supported.",
                       STR_ARG(nav->name));
    if (!may_read(rq, nav->set, e))
        return false;
    if (!hooked && !expand_by_table(rq, parents, nav, &children, e))
        return false;
    for (size_t i = 0; hooked && i < parents->n && children.n <= MAX_CHILDREN; i++)
        if (!expand_by_hook(rq, from, parents->at[i], nav, &children, e))
            return false;
    if (children.n > MAX_CHILDREN)
        return err_set(e, ERR_BAD_REQUEST, "$expand leads to more than %d entities.", MAX_CHILDREN);
    return read_expand(rq, to, &children, pn->sub, e);
}

bool read_expand(struct odata_request *rq, const struct set_info *info, const entities *list,
                 const struct pick *p, struct err *e)
{
    for (size_t i = 0; i < p->navs.n && list->n; i++)
        if (p->navs.at[i].expand && !expand_nav(rq, info, list, &p->navs.at[i], e))
            return false;
    return true;
}
