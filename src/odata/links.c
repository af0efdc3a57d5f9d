/* $links: ties and unties entities. In tables the side that does not hold its key in the join
 * changes. A hook gets what Cloud Integration sends: PUT .../$links/Nav('k') with an entity as body. */
#include "odata/write.h"

/* Pairs: PUT of one that is there puts the other in its place. */
static bool tie_pair(struct odata_request *rq, const struct entity *other, bool untie,
                     struct err *e)
{
    const struct odata_call *c = &rq->call;
    struct entity *replaced = NULL;
    if (!untie && c->key && !(read_entity(rq, &replaced, e) && (replaced || not_found(e))))
        return false;
    struct store_batch *b = store_batch_new();
    if (untie || replaced)
        pairs_drop(b, c->nav, c->parent, untie ? other : replaced);
    if (!untie)
        pairs_add(b, c->nav, c->parent, other);
    return store_commit_wait(rq->service->config.store, b, e);
}

/* own = theirs on whichever side is no key; to NULL: untie. */
static bool tie(struct odata_request *rq, const struct entity *source, const struct entity *other,
                bool untie, struct err *e)
{
    const struct model_nav *nav = rq->call.nav;
    struct arena *a = rq->arena;
    if (nav->links)
        return tie_pair(rq, other, untie, e);
    struct entity *us = entity_new(a, source->type), *them = entity_new(a, nav->set->type);
    bool we_change = false, they_change = false;
    us->given = arena_new_array(a, bool, us->type->slots.n + 1);
    them->given = arena_new_array(a, bool, them->type->slots.n + 1);
    for (size_t i = 0; i < nav->joins.n; i++) {
        const struct model_join *j = &nav->joins.at[i];
        if (source->type->slots.at[j->own].property->is_key) {
            them->given[j->theirs] = they_change = true;
            them->values[j->theirs] = untie ? VALUE_NULL : source->values[j->own];
        } else {
            us->given[j->own] = we_change = true;
            us->values[j->own] = untie ? VALUE_NULL : other->values[j->theirs];
        }
    }
    struct store_batch *b = store_batch_new();
    if (we_change)
        odata_batch_update(b, source, us);
    if (they_change)
        odata_batch_update(b, other, them);
    return store_commit_wait(rq->service->config.store, b, e);
}

static bool tie_rows(struct odata_request *rq, struct err *e)
{
    struct odata_call *c = &rq->call;
    const struct set_info *info = info_of(rq->service, c->set);
    struct entity *other = NULL;
    str uri = STR_NONE;
    if (!info->table || !model_nav_kept(c->nav) || !c->parent)
        return err_set(e, ERR_NOT_IMPLEMENTED, "Links of '" STR_FMT "' cannot be changed.",
                       STR_ARG(c->nav->name));
    if (rq->method == METHOD_DELETE) {
        if (!read_entity(rq, &other, e))
            return false;
        return other ? tie(rq, c->parent, other, true, e) : not_found(e);
    }
    if (!body_link(rq, &uri, e))
        return false;
    if (!uri.p)
        return err_set(e, ERR_BAD_REQUEST, "The request body is malformed.");
    struct entity *key;
    if (!uri_to_key(rq->arena, rq->service->model, uri, c->set->type, &key, e) ||
        !odata_row(c, key, &other, e))
        return false;
    return other ? tie(rq, c->parent, other, false, e) : not_found(e);
}

bool write_link(struct odata_request *rq, struct err *e)
{
    struct odata_call *c = &rq->call;
    const struct odata_set_hook *hook = info_of(rq->service, c->set)->hook;
    struct entity *in = NULL, *made = NULL;
    int status = rq->method == METHOD_DELETE ? c->set->status_delete : c->set->status_update;
    bool ok;
    if (rq->method == METHOD_DELETE && hook && hook->remove) {
        ok = hook->remove(c, e);
    } else if (rq->method != METHOD_DELETE && hook &&
               (rq->method == METHOD_POST ? hook->create != NULL : hook->update != NULL)) {
        ok = body_entity(rq, c->set->type, &in, e) &&
             (rq->method == METHOD_POST ? hook->create(c, in, &made, e) : hook->update(c, in, e));
    } else {
        status = 204;
        ok = tie_rows(rq, e);
    }
    if (ok)
        answer_status(rq, status);
    return ok;
}
