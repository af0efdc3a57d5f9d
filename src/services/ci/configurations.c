/* configurations: the externalised parameters of an integration flow (api.md 2.2). They live in its
 * bundle, so a changed value is a changed bundle. */
#include "services/ci/parts.h"

static struct entity *entity_of(struct odata_call *c, const struct bundle_parameter *p)
{
    struct entity *en = entity_new(c->arena, c->set->type);
    entity_set(en, "ParameterKey", VALUE_TEXT(arena_str(c->arena, p->key)));
    entity_set(en, "ParameterValue", VALUE_TEXT(arena_str(c->arena, p->value)));
    entity_set(en, "DataType", VALUE_TEXT(arena_str(c->arena, p->type)));
    entity_set(en, "Description", VALUE_TEXT(arena_str(c->arena, p->description)));
    return en;
}

static bool list(struct odata_call *c, entities *ret, struct err *e)
{
    struct stored *s;
    struct bundle *b;
    if (!artifact_open_parent(c, &s, &b, e))
        return false;
    for (size_t i = 0; i < b->parameters.n; i++)
        vec_add(c->arena, ret, entity_of(c, &b->parameters.at[i]));
    bundle_free(b);
    return true;
}

static bool read(struct odata_call *c, struct entity **ret, struct err *e)
{
    struct stored *s;
    struct bundle *b;
    if (!artifact_open_parent(c, &s, &b, e))
        return false;
    for (size_t i = 0; i < b->parameters.n && !*ret; i++)
        if (str_eq(b->parameters.at[i].key, entity_text(c->key, "ParameterKey")))
            *ret = entity_of(c, &b->parameters.at[i]);
    bundle_free(b);
    return true;
}

static bool update(struct odata_call *c, struct entity *in, struct err *e)
{
    struct stored *s;
    struct bundle *b;
    str key = entity_text(c->key, "ParameterKey"), value = entity_text(in, "ParameterValue");
    if (!str_eq_nocase(entity_text(c->parent, "Version"), STR(VERSION_DRAFT)))
        return err_set(e, ERR_BAD_REQUEST,
                       "Configurations can be changed in the version 'active' only");
    if (!value.p)
        return err_set(e, ERR_BAD_REQUEST, "ParameterValue is missing");
    if (!artifact_open_parent(c, &s, &b, e))
        return false;
    bool ok = bundle_configure(b, key, value, e);
    if (!ok && e->code == ERR_NOT_FOUND)
        err_set(e, ERR_NOT_FOUND, "Parameter key '" STR_FMT "' not found.", STR_ARG(key));
    ok = ok && artifact_keep(c, s, b, e);
    bundle_free(b);
    return ok;
}

const struct odata_set_hook configurations_hook = {
    .name = "configurations", .list = list, .read = read, .update = update};
