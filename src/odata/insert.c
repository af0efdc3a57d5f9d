/* An entity with all that is nested in it, as statements of one batch. What exists already is tied to
 * the new one: the side that does not hold its key in the join changes. */
#include "odata/write.h"

static bool is_key(const struct model_type *t, uint16_t slot)
{
    return t->slots.at[slot].property->is_key;
}

/* References to parents that exist: their key becomes ours. */
static void take_references(struct entity *en)
{
    for (size_t i = 0; i < en->inlines.n; i++) {
        const struct entity_inline *in = &en->inlines.at[i];
        for (size_t k = 0; in->bind && k < in->nav->joins.n; k++) {
            const struct model_join *j = &in->nav->joins.at[k];
            if (!is_key(en->type, j->own) || en->values[j->own].kind == V_NULL)
                en->values[j->own] = in->child->values[j->theirs];
        }
    }
}

/* Whether the nested entity must be there before ours, since we keep its key. */
static bool is_parent(const struct entity *en, const struct entity_inline *in)
{
    for (size_t k = 0; k < in->nav->joins.n; k++)
        if (!is_key(in->child->type, in->nav->joins.at[k].theirs))
            return false;
    return !in->bind && !in->nav->many && in->nav->joins.n &&
           !is_key(en->type, in->nav->joins.at[0].own);
}

static bool complete(const struct insert *i, const struct model_set *set, struct entity *en,
                     struct err *e)
{
    if (!set || !i->call)
        return true;
    const struct odata_set_hook *hook = info_of(i->service, set)->hook;
    struct odata_call c = *i->call;
    if (set != c.set) { /* nested */
        c.set = set;
        c.nav = NULL;
        c.key = c.parent = NULL;
        c.npath = 0;
    }
    return !hook || !hook->complete || hook->complete(&c, en, e);
}

static bool has_key(const struct entity *en, struct err *e)
{
    const struct model_type *t = en->type;
    for (size_t i = 0; i < t->keys.n; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        if (en->values[p->slot].kind == V_NULL)
            return err_set(e, ERR_BAD_REQUEST, "Property with name '" STR_FMT "' was not found.",
                           STR_ARG(p->name));
    }
    return true;
}

static bool insert_one(const struct insert *i, const struct model_set *set, struct entity *en,
                       struct err *e)
{
    const struct model_type *t = en->type;
    if (!complete(i, set, en, e) || !has_key(en, e))
        return false;
    if (!t->table.p || (en->media && t->media_slot < 0))
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "The entity set '" STR_FMT "' does not support create.",
                       STR_ARG(set ? set->name : t->name));
    if (en->media)
        en->values[t->media_slot] = VALUE_TEXT(en->media_type);
    (i->call ? odata_batch_insert : batch_merge)(i->batch, en);
    return !en->media ||
           odata_media_put(i->service->config.store, i->batch, en, blob_bytes(en->media), e);
}

/* The child's side of a join with the new entity; false: there is none to set. */
static bool set_foreign(const struct entity *en, const struct model_nav *nav, struct entity *child)
{
    bool any = false;
    for (size_t k = 0; k < nav->joins.n; k++) {
        uint16_t theirs = nav->joins.at[k].theirs;
        if (is_key(child->type, theirs) && child->values[theirs].kind != V_NULL)
            continue;
        child->values[theirs] = en->values[nav->joins.at[k].own];
        child->given[theirs] = any = true;
    }
    return any;
}

/* A bound entity that exists gets our key; one that is only a reference of ours stays as it is. */
static void bind_existing(const struct insert *i, const struct entity *en,
                          const struct entity_inline *in)
{
    const struct model_type *t = in->child->type;
    struct entity *changed = entity_new(i->arena, t);
    changed->given = arena_new_array(i->arena, bool, t->slots.n + 1);
    for (size_t k = 0; k < t->keys.n; k++) {
        uint16_t slot = t->properties.at[t->keys.at[k]].slot;
        changed->values[slot] = in->child->values[slot];
    }
    if (in->nav->links && i->call && t->keys.n)
        changed->given[model_key_slot(t, 0)] = true; /* changes nothing, but must find it */
    if (set_foreign(en, in->nav, changed) || in->nav->links)
        odata_batch_update(i->batch, in->child, changed);
}

static bool insert_parents(const struct insert *i, struct entity *en, struct err *e)
{
    for (size_t k = 0; k < en->inlines.n; k++) {
        const struct entity_inline *in = &en->inlines.at[k];
        if (!is_parent(en, in))
            continue;
        if (!insert_tree(i, in->nav->set, in->child, e))
            return false;
        for (size_t n = 0; n < in->nav->joins.n; n++)
            en->values[in->nav->joins.at[n].own] = in->child->values[in->nav->joins.at[n].theirs];
    }
    return true;
}

bool insert_tree(const struct insert *i, const struct model_set *set, struct entity *en,
                 struct err *e)
{
    take_references(en);
    if (!insert_parents(i, en, e) || !insert_one(i, set, en, e))
        return false;
    for (size_t k = 0; k < en->inlines.n; k++) {
        const struct entity_inline *in = &en->inlines.at[k];
        if (in->bind) {
            bind_existing(i, en, in);
        } else if (!is_parent(en, in)) {
            set_foreign(en, in->nav, in->child);
            if (!insert_tree(i, in->nav->set, in->child, e))
                return false;
        }
        if (in->nav->links)
            pairs_add(i->batch, in->nav, en, in->child);
    }
    return true;
}

/* ---- for a service's owner ---- */
bool odata_batch_tree(struct odata_service *s, struct arena *a, struct store_batch *b,
                      const struct model_set *set, struct entity *en, struct err *e)
{
    struct insert i = {s, a, b, NULL};
    return insert_tree(&i, set, en, e);
}

void odata_batch_clear(struct store_batch *b, const struct model_type *t)
{
    AUTO(buf) struct buf sql = BUF(1 << 16);
    buf_addf(&sql, "DELETE FROM \"" STR_FMT "\"", STR_ARG(t->table));
    buf_add_char(&sql, '\0');
    store_batch_add(b, sql.p, NULL, 0);
}
