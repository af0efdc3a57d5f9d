/* What a client may leave out of a new entity: keys are made up the way servers do it, and a stream's
 * Slug and type go to the properties that speak of them. */
#include "services/mock/parts.h"

#include "base/codec.h"
#include "base/time.h"

static bool is_integer(enum edm t)
{
    return t >= EDM_BYTE && t <= EDM_INT64;
}

static struct value *at(struct entity *en, const struct model_property *p)
{
    return &en->values[p->slot];
}

/* WHERE with the key parts that are known. */
static str where_known(struct arena *a, struct entity *en, struct value *binds, size_t *n)
{
    const struct model_type *t = en->type;
    AUTO(buf) struct buf b = BUF(1 << 16);
    for (size_t i = 0; i < t->keys.n && *n < 8; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        if (at(en, p)->kind == V_NULL)
            continue;
        buf_addf(&b, "%s\"" STR_FMT "\" = ?", *n ? " AND " : " WHERE ",
                 STR_ARG(t->slots.at[p->slot].column));
        binds[(*n)++] = *at(en, p);
    }
    return arena_str(a, buf_str(&b));
}

/* One more than the largest among those that share the known parts of the key. */
static bool next_number(struct odata_call *c, struct entity *en, const struct model_property *p,
                        struct err *e)
{
    struct value binds[8], most = VALUE_NULL;
    size_t n = 0;
    bool found;
    str where = where_known(c->arena, en, binds, &n);
    str sql = arena_fmt(
        c->arena, "SELECT MAX(CAST(\"" STR_FMT "\" AS INTEGER)) FROM \"" STR_FMT "\"" STR_FMT,
        STR_ARG(en->type->slots.at[p->slot].column), STR_ARG(en->type->table), STR_ARG(where));
    if (!store_get(c->store, c->arena, sql.p, binds, n, &most, 1, &found, e))
        return false;
    int64_t next = found && most.kind == V_INT ? most.i + 1 : 1;
    *at(en, p) = p->type == EDM_DECIMAL ? VALUE_TEXT(arena_fmt(c->arena, "%lld", (long long)next))
                                        : VALUE_INT(next);
    return true;
}

/* Beside a number that tells the rows apart: what the first row has. Else an id. */
static bool make_text(struct odata_call *c, struct entity *en, const struct model_property *p,
                      bool numbered, struct err *e)
{
    struct value first = VALUE_NULL;
    bool found = false;
    str sql = arena_fmt(c->arena, "SELECT MIN(\"" STR_FMT "\") FROM \"" STR_FMT "\"",
                        STR_ARG(en->type->slots.at[p->slot].column), STR_ARG(en->type->table));
    if (numbered && !store_get(c->store, c->arena, sql.p, NULL, 0, &first, 1, &found, e))
        return false;
    str id = id_uuid(c->arena);
    if (p->max_length && p->max_length < id.n)
        id = str_sub(id, 0, p->max_length);
    *at(en, p) = first.kind == V_TEXT ? first : VALUE_TEXT(id);
    return true;
}

static bool make_key(struct odata_call *c, struct entity *en, const struct model_property *p,
                     bool *numbered, struct err *e)
{
    if (is_integer(p->type) || p->type == EDM_DECIMAL) {
        *numbered = true;
        return next_number(c, en, p, e);
    }
    if (p->type == EDM_STRING)
        return make_text(c, en, p, *numbered, e);
    if (p->type == EDM_GUID)
        *at(en, p) = VALUE_TEXT(id_uuid(c->arena));
    if (p->type == EDM_DATETIME || p->type == EDM_DATETIMEOFFSET)
        *at(en, p) = VALUE_INT(time_now_ms());
    return true;
}

/* ---- streams ---- */
/* The property whose name ends with one of these words, the first word that fits any. */
static struct value *named(struct entity *en, const char *const *words, size_t n)
{
    const struct model_type *t = en->type;
    for (size_t w = 0; w < n; w++)
        for (size_t i = 0; i < t->properties.n; i++) {
            const struct model_property *p = &t->properties.at[i];
            if (p->type == EDM_STRING && !p->is_key && str_ends_nocase(p->name, str_of(words[w])))
                return at(en, p);
        }
    return NULL;
}

static void describe_stream(struct odata_call *c, struct entity *en)
{
    static const char *const names[] = {"filename", "file_name", "slug", "name", "title"};
    static const char *const types[] = {"mimetype", "mime_type", "contenttype", "mediatype"};
    str slug = http_header(&c->request->headers, "Slug"), decoded;
    struct value *name = named(en, names, COUNT(names)), *type = named(en, types, COUNT(types));
    if (name && name->kind == V_NULL && slug.p) {
        bool ok = percent_decode(c->arena, slug, false, &decoded) && utf8_valid(decoded);
        *name = VALUE_TEXT(ok ? decoded : slug);
    }
    if (type && type->kind == V_NULL && en->media_type.p)
        *type = VALUE_TEXT(en->media_type);
}

static bool complete(struct odata_call *c, struct entity *en, struct err *e)
{
    const struct model_type *t = en->type;
    bool numbered = false;
    if (t->media_slot >= 0 && !en->media) { /* a media link entry without a stream yet */
        en->values[t->media_slot] = VALUE_TEXT(STR("application/octet-stream"));
        en->media_type = STR("application/octet-stream");
    }
    if (en->media)
        describe_stream(c, en);
    for (size_t i = 0; i < t->keys.n; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        if (at(en, p)->kind == V_NULL && !make_key(c, en, p, &numbered, e))
            return false;
    }
    return true;
}

const struct odata_set_hook any_set = {.name = "any", .complete = complete};
