/* A path is followed step by step. Where the next step is a join, the entity in between is read (and
 * must exist); where a hook serves it, the hook gets the keys and decides itself. */
#include "odata/read.h"

#include "odata/eval.h"
#include "odata/plan.h"

bool not_found(struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "Requested entity could not be found.");
}

bool may_read(const struct odata_request *rq, const struct model_set *set, struct err *e)
{
    const struct odata_config *c = &rq->service->config;
    if (!set->read_role.n || !c->has_role || c->has_role(rq->http->user, set->read_role))
        return true;
    return err_set(e, ERR_FORBIDDEN, "%s", "");
}

static const struct set_info *target(const struct odata_request *rq)
{
    return info_of(rq->service, rq->call.set);
}

static bool cannot_follow(const struct odata_call *c, struct err *e)
{
    if (c->nav)
        return err_set(e, ERR_NOT_IMPLEMENTED, "The navigation '" STR_FMT "' cannot be followed.",
                       STR_ARG(c->nav->name));
    return err_set(e, ERR_NOT_IMPLEMENTED, "The entity set '" STR_FMT "' cannot be read.",
                   STR_ARG(c->set->name));
}

bool same_key(const struct entity *a, const struct entity *key)
{
    const struct model_type *t = key->type;
    for (size_t i = 0; i < t->keys.n; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        const struct value *x = &a->values[p->slot], *y = &key->values[p->slot];
        bool text = x->kind == V_TEXT || x->kind == V_BYTES;
        if (x->kind != y->kind || (text ? !str_eq(x->s, y->s) : x->i != y->i))
            return false;
    }
    return true;
}

/* ---- plans of a call's collection ---- */
/* The rows of c->set below c->parent, with c->key. */
static bool plan_call(struct odata_request *rq, struct odata_call *c, struct plan *p, struct err *e)
{
    const struct set_info *info = info_of(rq->service, c->set);
    const char *restriction = NULL;
    struct value binds[8];
    size_t n = 0;
    if (info->hook && info->hook->restrict_list && !c->key &&
        !info->hook->restrict_list(c, &restriction, binds, &n, e))
        return false;
    plan_init(p, rq->arena, info->type, restriction, binds, n);
    for (size_t i = 0; c->nav && i < c->nav->joins.n; i++)
        plan_equal(p, c->nav->joins.at[i].theirs, c->parent->values[c->nav->joins.at[i].own]);
    if (c->nav && c->nav->links)
        pairs_where(p, c->nav, c->parent);
    for (size_t i = 0; c->key && i < c->set->type->keys.n; i++) {
        uint16_t slot = c->set->type->properties.at[c->set->type->keys.at[i]].slot;
        plan_equal(p, slot, c->key->values[slot]);
    }
    return true;
}

struct collect {
    struct arena *a;
    const struct model_type *type;
    entities *list;
    size_t limit;
};

static bool collect_row(void *arg, const struct value *columns, size_t n)
{
    struct collect *c = arg;
    (void)n;
    if (c->list->n >= c->limit)
        return false;
    vec_add(c->a, c->list, entity_of_row(c->a, c->type, columns));
    return true;
}

static bool run(struct odata_request *rq, struct plan *p, int64_t limit, int64_t offset,
                entities *ret, struct err *e)
{
    struct collect c = {rq->arena, p->type->type, ret, ODATA_MAX_SCAN};
    str sql = plan_select(p, limit, offset);
    if (!buf_check(&p->from, e) || !buf_check(&p->where, e) || !buf_check(&p->order, e))
        return false;
    return store_query(rq->service->config.store, sql.p, p->binds.at, p->binds.n, collect_row, &c,
                       e);
}

static bool count_row(void *arg, const struct value *columns, size_t n)
{
    (void)n;
    *(int64_t *)arg = columns[0].i;
    return true;
}

static bool run_count(struct odata_request *rq, struct plan *p, int64_t *ret, struct err *e)
{
    str sql = plan_count(p);
    return store_query(rq->service->config.store, sql.p, p->binds.at, p->binds.n, count_row, ret,
                       e);
}

/* ---- one entity ---- */
static bool has_table(const struct set_info *info, const struct odata_call *c)
{
    return info->table && (!c->nav || (model_nav_kept(c->nav) && c->parent));
}

static bool read_by_list(struct odata_call *c, const struct set_info *info, struct entity **ret,
                         struct err *e)
{
    entities list = {0};
    struct odata_call all = *c;
    all.key = NULL;
    if (!info->hook->list(&all, &list, e))
        return false;
    for (size_t i = 0; i < list.n && !*ret; i++)
        if (!c->key || same_key(list.at[i], c->key))
            *ret = list.at[i];
    return true;
}

static bool read_from_table(struct odata_request *rq, struct odata_call *c, struct entity **ret,
                            struct err *e)
{
    struct plan p;
    entities list = {0};
    if (!c->nav && c->key)
        return odata_row(c, c->key, ret, e);
    if (!plan_call(rq, c, &p, e))
        return false;
    plan_order(&p, &(order_list){0}); /* of several, the one that $expand shows */
    bool ok = run(rq, &p, 1, 0, &list, e);
    plan_free(&p);
    *ret = list.n ? list.at[0] : NULL;
    return ok;
}

static bool read_one(struct odata_request *rq, struct odata_call *c, struct entity **ret,
                     struct err *e)
{
    const struct set_info *info = info_of(rq->service, c->set);
    *ret = NULL;
    if (info->hook && info->hook->read)
        return info->hook->read(c, ret, e);
    if (has_table(info, c))
        return read_from_table(rq, c, ret, e);
    if (info->hook && info->hook->list)
        return read_by_list(c, info, ret, e);
    return cannot_follow(c, e);
}

/* ---- the way there ---- */
static void begin_call(struct odata_request *rq)
{
    rq->call = (struct odata_call){.arena = rq->arena,
                                   .request = rq->http,
                                   .service = rq->service,
                                   .store = rq->service->config.store,
                                   .ctx = rq->service->config.ctx,
                                   .user = rq->http->user,
                                   .links = rq->uri.links,
                                   .merge = rq->method == METHOD_MERGE};
}

static void push(struct odata_request *rq, struct odata_key *keys, const struct model_set *set,
                 const struct entity *key)
{
    keys[rq->call.npath++] = (struct odata_key){set, key};
    rq->call.path = keys;
}

/* Whether a step below this one needs the whole entity, not only its key. */
static bool whole_needed(const struct odata_request *rq, const struct uri_step *next)
{
    const struct set_info *info = info_of(rq->service, next->set);
    bool many = next->nav->many && !next->key;
    bool hooked = info->hook && (many ? info->hook->list != NULL : info->hook->read != NULL);
    return info->table && model_nav_kept(next->nav) && !hooked;
}

bool read_walk(struct odata_request *rq, struct err *e)
{
    struct odata_key *keys = arena_new_array(rq->arena, struct odata_key, URI_MAX_STEPS + 1);
    begin_call(rq);
    for (size_t i = 0; i < rq->uri.steps.n; i++) {
        const struct uri_step *step = &rq->uri.steps.at[i];
        struct odata_call *c = &rq->call;
        bool last = i + 1 == rq->uri.steps.n;
        struct entity *en = step->key;
        c->set = step->set;
        c->nav = step->nav;
        c->key = step->key;
        if (step->key)
            push(rq, keys, step->set, step->key);
        if (last)
            break;
        if (!step->key || whole_needed(rq, step + 1)) {
            if (!read_one(rq, c, &en, e))
                return false;
            if (!en)
                return not_found(e);
        }
        if (!step->key)
            push(rq, keys, step->set, en);
        keys[c->npath - 1].key = en;
        c->parent = en;
    }
    return true;
}

bool read_entity(struct odata_request *rq, struct entity **ret, struct err *e)
{
    return read_one(rq, &rq->call, ret, e);
}

/* ---- conditions in memory ---- */
/* Adds the navigations that x passes to p, as if they were to be expanded. */
static void follow_paths(struct arena *a, const struct expr *x, struct pick *p)
{
    if (!x)
        return;
    for (size_t i = 0; i < x->navs.n; i++) {
        size_t k = 0;
        while (k < p->navs.n && p->navs.at[k].nav != x->navs.at[i])
            k++;
        if (k == p->navs.n)
            vec_add(a, &p->navs,
                    (struct pick_nav){x->navs.at[i], true, arena_new_of(a, struct pick)});
        p = p->navs.at[k].sub;
    }
    follow_paths(a, x->left, p);
    follow_paths(a, x->right, p);
    for (size_t i = 0; i < x->args.n; i++)
        follow_paths(a, x->args.at[i], p);
}

/* Loads what the conditions look at behind to-one navigations. */
static bool load_paths(struct odata_request *rq, const struct set_info *info, const entities *list,
                       struct err *e)
{
    struct pick p = {0};
    follow_paths(rq->arena, rq->options.filter, &p);
    for (size_t i = 0; i < rq->options.orderby.n; i++)
        follow_paths(rq->arena, rq->options.orderby.at[i].expr, &p);
    return !p.navs.n || read_expand(rq, info, list, &p, e);
}

static void filter_in_memory(struct odata_request *rq, entities *list)
{
    size_t n = 0;
    struct arena *scratch = arena_new();
    for (size_t i = 0; i < list->n; i++)
        if (!rq->options.filter || eval_filter(scratch, rq->options.filter, list->at[i]))
            list->at[n++] = list->at[i];
    arena_free(scratch);
    list->n = n;
}

/* ---- pages ---- */
static int64_t page_size(const struct odata_request *rq, const struct set_info *info)
{
    int64_t page = info->set->page ? info->set->page : rq->service->config.page_size,
            top = rq->options.top;
    return top >= 0 && top < page ? top : page;
}

/* Offset that the token (a plain number) and $skip ask for; false: it is no number. */
static bool offset_of(const struct odata_request *rq, int64_t *ret)
{
    str token = rq->options.raw[OPTION_SKIPTOKEN], number = token;
    int64_t skipped = 0;
    str_split(&token, ':', &number);
    if (number.p && (!str_to_i64(number, &skipped) || skipped < 0))
        return false;
    *ret = skipped + rq->options.skip;
    return true;
}

/* "4L,'en'": what tells en from all others. */
static str key_text(struct arena *a, const struct entity *en)
{
    const struct model_type *t = en->type;
    AUTO(buf) struct buf b = BUF(1 << 20);
    for (size_t i = 0; i < t->keys.n; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        if (i)
            buf_add_char(&b, ',');
        edm_write_uri(&b, p->type, en->values[p->slot]);
    }
    return arena_str(a, buf_str(&b));
}

/* Where a page in memory begins: behind the row that the token names, which may have moved since; at
 * the offset when it is gone. */
static size_t start_of(const struct odata_request *rq, const entities *list, int64_t offset)
{
    str token = rq->options.raw[OPTION_SKIPTOKEN];
    size_t colon = str_find_char(token, ':', 0);
    AUTO(arena) struct arena *scratch = arena_new();
    for (size_t i = 0; colon != SIZE_MAX && i < list->n; i++)
        if (str_eq(key_text(scratch, list->at[i]), str_from(token, colon + 1)))
            return i + 1 + (size_t)rq->options.skip;
    return (size_t)offset;
}

static bool bad_token(const struct odata_request *rq, struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST, "Invalid value: '" STR_FMT "'.",
                   STR_ARG(str_sub(rq->options.raw[OPTION_SKIPTOKEN], 0, 200)));
}

/* Cuts the surplus row off and says how the client goes on. */
static void end_page(struct odata_request *rq, struct page *ret, int64_t size, int64_t offset,
                     const struct plan *p)
{
    int64_t top = rq->options.top;
    ret->next = STR_NONE;
    ret->next_top = -1;
    if ((int64_t)ret->rows.n <= size)
        return;
    ret->rows.n = (size_t)size;
    if (top >= 0 && top <= size)
        return;
    ret->next_top = top < 0 ? -1 : top - size;
    if (p && p->keyset && size)
        ret->next = plan_token(p, ret->rows.at[size - 1]);
    else
        ret->next =
            arena_fmt(rq->arena, "%lld:" STR_FMT, (long long)(offset + size),
                      STR_ARG(size ? key_text(rq->arena, ret->rows.at[size - 1]) : STR("")));
}

bool read_list(struct odata_request *rq, const struct set_info *info, entities *list,
               struct page *ret, struct err *e)
{
    int64_t offset, size = page_size(rq, info);
    if (!offset_of(rq, &offset))
        return bad_token(rq, e);
    if (!load_paths(rq, info, list, e))
        return false;
    filter_in_memory(rq, list);
    ret->count = rq->options.inlinecount ? (int64_t)list->n : -1;
    if (rq->options.orderby.n)
        eval_sort(rq->arena, &rq->options.orderby, list);
    ret->rows = (entities){0};
    for (size_t i = start_of(rq, list, offset); i < list->n && (int64_t)ret->rows.n <= size; i++)
        vec_add(rq->arena, &ret->rows, list->at[i]);
    end_page(rq, ret, size, offset, NULL);
    for (size_t i = 0; i < ret->rows.n; i++)
        ret->rows.at[i]->inlines.n = 0;
    return read_expand(rq, info, &ret->rows, rq->options.pick, e);
}

/* Everything that SQL could not do is done here on all rows. */
static bool read_scan(struct odata_request *rq, const struct set_info *info, struct plan *p,
                      struct page *ret, struct err *e)
{
    entities all = {0};
    if (!run(rq, p, -1, 0, &all, e))
        return false;
    if (all.n >= ODATA_MAX_SCAN)
        return err_set(e, ERR_BAD_REQUEST, "More than %d rows would have to be looked at.",
                       ODATA_MAX_SCAN);
    return read_list(rq, info, &all, ret, e);
}

static bool read_table(struct odata_request *rq, const struct set_info *info, struct plan *p,
                       struct page *ret, struct err *e)
{
    str token = rq->options.raw[OPTION_SKIPTOKEN];
    int64_t offset = 0, size = page_size(rq, info);
    ret->count = -1;
    if (rq->options.inlinecount && !run_count(rq, p, &ret->count, e))
        return false;
    if (str_starts(token, STR("k"))) {
        if (!plan_after(p, token, e))
            return false;
        offset = rq->options.skip;
    } else if (!offset_of(rq, &offset)) {
        return bad_token(rq, e);
    }
    if (!run(rq, p, size + 1, offset, &ret->rows, e))
        return false;
    end_page(rq, ret, size, offset, p);
    return read_expand(rq, info, &ret->rows, rq->options.pick, e);
}

bool read_page(struct odata_request *rq, struct page *ret, struct err *e)
{
    const struct set_info *info = target(rq);
    entities list = {0};
    struct plan p;
    *ret = (struct page){0};
    if (info->hook && info->hook->list)
        return info->hook->list(&rq->call, &list, e) && read_list(rq, info, &list, ret, e);
    if (!has_table(info, &rq->call))
        return cannot_follow(&rq->call, e);
    if (!plan_call(rq, &rq->call, &p, e))
        return false;
    if (rq->options.filter)
        plan_filter(&p, rq->options.filter);
    plan_order(&p, &rq->options.orderby);
    bool left =
        p.filter_left || p.order_left ||
        (!p.keyset && rq->options.raw[OPTION_SKIPTOKEN].p); /* behind a row, not an offset */
    bool ok = left ? read_scan(rq, info, &p, ret, e) : read_table(rq, info, &p, ret, e);
    plan_free(&p);
    return ok;
}

/* $count counts what $skip and $top leave. */
static int64_t counted(const struct odata_request *rq, int64_t n)
{
    n = n > rq->options.skip ? n - rq->options.skip : 0;
    return rq->options.top >= 0 && rq->options.top < n ? rq->options.top : n;
}

bool read_count(struct odata_request *rq, int64_t *ret, struct err *e)
{
    const struct set_info *info = target(rq);
    struct plan p;
    struct page page;
    rq->options.inlinecount = true;
    bool listed = info->hook && info->hook->list;
    if (!listed && !has_table(info, &rq->call))
        return cannot_follow(&rq->call, e);
    if (!listed) {
        if (!plan_call(rq, &rq->call, &p, e))
            return false;
        if (rq->options.filter)
            plan_filter(&p, rq->options.filter);
        bool done = !p.filter_left, ok = !done || run_count(rq, &p, &page.count, e);
        plan_free(&p);
        if (done) {
            *ret = ok ? counted(rq, page.count) : 0;
            return ok;
        }
    }
    int64_t top = rq->options.top;
    rq->options.top = 0;
    bool ok = read_page(rq, &page, e);
    rq->options.top = top;
    *ret = ok ? counted(rq, page.count) : 0;
    return ok;
}

bool read_finish(struct odata_request *rq, const struct set_info *info, struct entity *en,
                 struct err *e)
{
    entities list = {0};
    vec_add(rq->arena, &list, en);
    if (rq->options.filter) {
        if (!load_paths(rq, info, &list, e))
            return false;
        if (!eval_filter(rq->arena, rq->options.filter, en))
            return not_found(e);
        en->inlines.n = 0;
    }
    return read_expand(rq, info, &list, rq->options.pick, e);
}
