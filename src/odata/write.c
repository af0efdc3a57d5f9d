/* Writes. A hook that has the operation does it; else the table. */
#include "odata/write.h"

static const struct set_info *target(const struct odata_request *rq)
{
    return info_of(rq->service, uri_last(&rq->uri)->set);
}

static str body_of(const struct odata_request *rq)
{
    return blob_bytes(rq->http->body);
}

static str media_type_of(const struct odata_request *rq)
{
    str all = http_header(&rq->http->headers, "Content-Type"), type = all;
    str_split(&all, ';', &type);
    return str_trim(type);
}

static bool is_xml(const struct odata_request *rq)
{
    str type = media_type_of(rq), all = http_header(&rq->http->headers, "Content-Type");
    bool feed = str_find(all, STR("type=feed"), 0) != SIZE_MAX;
    return (str_eq_nocase(type, STR("application/atom+xml")) && !feed) ||
           str_eq_nocase(type, STR("application/xml")) || str_eq_nocase(type, STR("text/xml"));
}

static bool is_json(const struct odata_request *rq)
{
    return str_eq_nocase(media_type_of(rq), STR("application/json"));
}

static bool wrong_type(const struct odata_request *rq, struct err *e)
{
    str type = media_type_of(rq);
    return err_set(e, ERR_MEDIA_TYPE,
                   "Content type " STR_FMT " is not supported for this resource.",
                   STR_ARG(str_sub(type, 0, 100)));
}

bool body_entity(struct odata_request *rq, const struct model_type *t, struct entity **ret,
                 struct err *e)
{
    const struct model *m = rq->service->model;
    if (is_xml(rq))
        return atom_entity(rq->arena, m, t, body_of(rq), ret, e);
    return is_json(rq) ? json_entity(rq->arena, m, t, body_of(rq), ret, e) : wrong_type(rq, e);
}

static bool body_property(struct odata_request *rq, struct entity *in, struct err *e)
{
    const struct model *m = rq->service->model;
    const struct uri *u = &rq->uri;
    if (is_xml(rq))
        return atom_property(rq->arena, m, u->property, u->slot, body_of(rq), in, e);
    return is_json(rq) ? json_property(rq->arena, m, u->property, u->slot, body_of(rq), in, e)
                       : wrong_type(rq, e);
}

bool body_link(struct odata_request *rq, str *ret_uri, struct err *e)
{
    if (is_xml(rq))
        return atom_link(rq->arena, body_of(rq), ret_uri, e);
    return is_json(rq) ? json_link(rq->arena, body_of(rq), ret_uri, e) : wrong_type(rq, e);
}

static bool no_table(const struct odata_request *rq, const char *what, struct err *e)
{
    return err_set(e, ERR_NOT_IMPLEMENTED, "The entity set '" STR_FMT "' does not support %s.",
                   STR_ARG(target(rq)->set->name), what);
}

static bool commit(struct odata_request *rq, struct store_batch *b, struct err *e)
{
    return store_commit_wait(rq->service->config.store, b, e);
}

bool uri_to_key(struct arena *a, const struct model *m, str uri, const struct model_type *t,
                struct entity **ret, struct err *e)
{
    struct uri u;
    size_t slash = str_rfind_char(uri, '/');
    str path = slash == SIZE_MAX ? uri : str_from(uri, slash + 1);
    if (!uri_parse(m, a, path, &u, e)) {
        e->code = ERR_BAD_REQUEST; /* a body's fault, not the address's */
        return false;
    }
    if (u.kind != URI_ENTITY || u.links || u.count || u.value || u.steps.n != 1 ||
        !u.steps.at[0].key)
        return err_set(e, ERR_BAD_REQUEST, "Invalid URI syntax.");
    for (const struct model_type *x = u.type; x; x = x->base)
        if (x == t || x == t->base) {
            *ret = u.steps.at[0].key;
            return true;
        }
    return err_set(e, ERR_BAD_REQUEST, "Could not match segment: '" STR_FMT "'.",
                   STR_ARG(str_sub(path, 0, 100)));
}

/* ---- create ---- */
static bool read_new(struct odata_request *rq, struct entity **ret, struct err *e)
{
    const struct model_type *t = target(rq)->set->type;
    str type = media_type_of(rq);
    bool named = http_header(&rq->http->headers, "Slug").p != NULL; /* a JSON file is a file */
    if (!t->has_stream ||
        (!named && (!type.n || is_json(rq) || str_eq_nocase(type, STR("application/atom+xml")))))
        return body_entity(rq, t, ret, e);
    *ret = entity_new(rq->arena, t);
    (*ret)->given = arena_new_array(rq->arena, bool, t->slots.n + 1);
    (*ret)->media = rq->http->body;
    (*ret)->media_type = http_header(&rq->http->headers, "Content-Type");
    return true;
}

/* Below a parent the new entity belongs to it, whatever the body says. */
static void take_parent(const struct odata_call *c, struct entity *en)
{
    for (size_t i = 0; c->nav && c->parent && i < c->nav->joins.n; i++) {
        const struct model_join *j = &c->nav->joins.at[i];
        if (c->parent->values[j->own].kind == V_NULL)
            continue;
        en->values[j->theirs] = c->parent->values[j->own];
        if (en->given)
            en->given[j->theirs] = true;
    }
}

static bool create_row(struct odata_request *rq, struct entity *in, struct err *e)
{
    struct store_batch *b = store_batch_new();
    struct insert i = {rq->service, rq->arena, b, &rq->call};
    if (!insert_tree(&i, rq->call.set, in, e)) {
        store_batch_free(b);
        return false;
    }
    if (rq->call.nav && rq->call.nav->links && rq->call.parent)
        pairs_add(b, rq->call.nav, rq->call.parent, in);
    if (commit(rq, b, e))
        return true;
    return e->code == ERR_CONFLICT && err_set(e, ERR_CONFLICT, "Entity already exists.");
}

/* What was nested in the request is nested in the answer. */
static void show_nested(struct odata_request *rq, const struct entity *in)
{
    static struct pick everything = {.all = true};
    struct pick *p = arena_new_of(rq->arena, struct pick);
    p->all = true;
    for (size_t i = 0; i < in->inlines.n; i++) {
        const struct entity_inline *one = &in->inlines.at[i];
        bool seen = picked_nav(p, one->nav) != &nav_deferred;
        if (!one->bind && !seen)
            vec_add(rq->arena, &p->navs, (struct pick_nav){one->nav, true, &everything});
    }
    rq->options.pick = p;
}

bool answer_write(struct odata_request *rq, int status, struct err *e)
{
    struct page page = {.rows = rq->call.feed, .count = -1, .next_top = -1};
    if (rq->call.feed_set)
        return answer_list(rq, info_of(rq->service, rq->call.feed_set), &page, e);
    answer_status(rq, status);
    return true;
}

bool write_create(struct odata_request *rq, struct err *e)
{
    const struct set_info *info = target(rq);
    struct entity *in, *out = NULL;
    if (!read_new(rq, &in, e))
        return false;
    take_parent(&rq->call, in);
    bool ok = info->hook && info->hook->create ? info->hook->create(&rq->call, in, &out, e)
                                               : create_row(rq, in, e);
    if (!ok)
        return false;
    if (rq->call.no_body || rq->call.feed_set)
        return answer_write(rq, info->set->status_create, e);
    if (!out)
        out = in;
    show_nested(rq, in);
    out->inlines.n = 0;
    http_set(rq->http, "Location", entity_uri(rq, info->set, out));
    return answer_entity(rq, info, out, info->set->status_create, e);
}

/* ---- update and delete ---- */
/* The key of the addressed entity; one read when it was reached by a to-one navigation. */
static bool find_key(struct odata_request *rq, const struct entity **ret, struct err *e)
{
    struct entity *en = NULL;
    *ret = rq->call.key;
    if (*ret && !rq->call.nav)
        return true;
    if (!read_entity(rq, &en, e))
        return false;
    *ret = en;
    return en || not_found(e);
}

/* Which slots an update sets: never keys; with PUT also those that the body left out and that may be
 * null. */
static void choose_slots(const struct odata_request *rq, struct entity *in)
{
    const struct model_type *t = in->type;
    for (size_t i = 0; i < t->properties.n; i++) {
        const struct model_property *p = &t->properties.at[i];
        bool all =
            rq->method == METHOD_PUT && rq->uri.kind == URI_ENTITY && !p->read_only && p->nullable;
        for (size_t k = p->slot; k < (size_t)p->slot + p->slots; k++)
            in->given[k] = !p->is_key && (all || in->given[k]);
    }
}

/* References in a body of an update: the key of what they name becomes ours. */
static void take_references(struct entity *in)
{
    for (size_t i = 0; i < in->inlines.n; i++) {
        const struct entity_inline *one = &in->inlines.at[i];
        for (size_t k = 0; one->bind && !one->nav->many && k < one->nav->joins.n; k++) {
            const struct model_join *j = &one->nav->joins.at[k];
            bool key = in->type->slots.at[j->own].property->is_key;
            in->given[j->own] |= !key;
            if (!key)
                in->values[j->own] = one->child->values[j->theirs];
        }
    }
}

/* A body that changes nothing must find its row all the same. */
static void touch(struct entity *in, const struct entity *key)
{
    for (size_t i = 0; i < in->type->slots.n; i++)
        if (in->given[i])
            return;
    uint16_t slot = model_key_slot(in->type, 0);
    in->values[slot] = key->values[slot];
    in->given[slot] = true;
}

static bool update_row(struct odata_request *rq, struct entity *in, const struct entity *now,
                       struct err *e)
{
    const struct entity *key;
    if (!target(rq)->table)
        return no_table(rq, "update", e);
    if (!find_key(rq, &key, e))
        return false;
    choose_slots(rq, in);
    take_references(in);
    etag_advance(rq, in, now);
    touch(in, key);
    struct store_batch *b = store_batch_new();
    etag_guard(b, now);
    odata_batch_update(b, key, in);
    for (size_t i = 0; i < in->inlines.n; i++)
        if (in->inlines.at[i].nav->links && in->inlines.at[i].bind && !in->inlines.at[i].nav->many)
            pairs_add(b, in->inlines.at[i].nav, key, in->inlines.at[i].child);
    return commit(rq, b, e);
}

static bool update(struct odata_request *rq, struct entity *in, struct err *e)
{
    const struct set_info *info = target(rq);
    bool hooked = info->hook && info->hook->update;
    struct entity *now;
    if (!etag_write(rq, &now, e))
        return false;
    if (hooked ? !info->hook->update(&rq->call, in, e) : !update_row(rq, in, now, e))
        return false;
    return answer_write(rq, info->set->status_update, e);
}

bool write_update(struct odata_request *rq, struct err *e)
{
    struct entity *in;
    return body_entity(rq, target(rq)->set->type, &in, e) && update(rq, in, e);
}

bool write_property(struct odata_request *rq, struct err *e)
{
    const struct model_property *p = rq->uri.property;
    const struct model_type *t = target(rq)->set->type;
    struct entity *in = entity_new(rq->arena, t);
    in->given = arena_new_array(rq->arena, bool, t->slots.n + 1);
    bool ok = true;
    if (p->is_key || (rq->method == METHOD_DELETE && !p->nullable))
        return err_set(
            e, ERR_METHOD,
            "The request dispatcher does not allow the HTTP method used for the request.");
    if (!rq->uri.value)
        ok = body_property(rq, in, e);
    else if (rq->method != METHOD_DELETE && p->type == EDM_BINARY)
        in->values[rq->uri.slot] = VALUE_BYTES(body_of(rq));
    else if (rq->method != METHOD_DELETE)
        ok = edm_parse_text(rq->arena, p->type, body_of(rq), &in->values[rq->uri.slot], e);
    if (rq->uri.value)
        in->given[rq->uri.slot] = true;
    rq->call.merge = true;
    return ok && update(rq, in, e);
}

bool write_delete(struct odata_request *rq, struct err *e)
{
    const struct set_info *info = target(rq);
    const struct entity *key;
    struct entity *now;
    if (!etag_write(rq, &now, e))
        return false;
    if (info->hook && info->hook->remove) {
        if (!info->hook->remove(&rq->call, e))
            return false;
    } else {
        if (!info->table)
            return no_table(rq, "delete", e);
        if (!find_key(rq, &key, e))
            return false;
        struct store_batch *b = store_batch_new();
        etag_guard(b, now);
        odata_batch_delete(b, key);
        pairs_forget(b, rq->service->model, key);
        if (key->type->media_slot >= 0 && !odata_media_drop(rq->service->config.store, b, key, e)) {
            store_batch_free(b);
            return false;
        }
        if (!commit(rq, b, e))
            return false;
    }
    return answer_write(rq, info->set->status_delete, e);
}
