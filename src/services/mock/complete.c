/* What a client may leave out of a new entity: keys are made up the way servers do it, and a stream's
 * Slug and type go to the properties that speak of them. */
#include "services/mock/parts.h"

#include "base/codec.h"
#include "base/time.h"

enum {
    KNOWN = 8,      /* parts of a key that are looked at */
    SEARCHED = 200, /* texts that a search looks at; SQL nests them */
    DAY_MS = 86400000
};

static bool is_number(enum edm t)
{
    return t >= EDM_BYTE && t <= EDM_DOUBLE;
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
    for (size_t i = 0; i < t->keys.n && *n < KNOWN; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        if (at(en, p)->kind == V_NULL)
            continue;
        buf_addf(&b, "%s\"" STR_FMT "\" = ?", *n ? " AND " : " WHERE ",
                 STR_ARG(t->slots.at[p->slot].column));
        binds[(*n)++] = *at(en, p);
    }
    return arena_str(a, buf_str(&b));
}

static struct value number_of(struct arena *a, enum edm t, int64_t n)
{
    if (t == EDM_DECIMAL)
        return VALUE_TEXT(arena_fmt(a, "%lld", (long long)n));
    return t == EDM_SINGLE || t == EDM_DOUBLE ? VALUE_REAL((double)n) : VALUE_INT(n);
}

/* Not again a number that was given to a new entity which is not in its table yet: a sibling in one
 * deep insert, or one of another request. */
static int64_t not_given(struct mock *m, const struct entity *en, const struct model_property *p,
                         str scope, int64_t next)
{
    size_t key = 0;
    while (&en->type->properties.at[en->type->keys.at[key]] != p)
        key++;
    struct given *g = &m->given[en->type->index][key];
    uint64_t hash = str_hash(scope);
    pthread_mutex_lock(&m->giving);
    if (g->scope == hash && g->last >= next)
        next = g->last + 1;
    *g = (struct given){hash, next};
    pthread_mutex_unlock(&m->giving);
    return next;
}

/* The known part of the key, as text. */
static str scope_of(struct arena *a, const struct value *binds, size_t n)
{
    AUTO(buf) struct buf b = BUF(1 << 20);
    for (size_t i = 0; i < n; i++) {
        bool text = binds[i].kind == V_TEXT || binds[i].kind == V_BYTES;
        if (text)
            buf_addf(&b, "%zu:" STR_FMT ";", binds[i].s.n, STR_ARG(binds[i].s));
        else
            buf_addf(&b, "%lld;", (long long)binds[i].i);
    }
    return arena_str(a, buf_str(&b));
}

/* One more than the largest among those that share the known parts of the key. */
static bool next_number(struct odata_call *c, struct entity *en, const struct model_property *p,
                        int64_t *ret, struct err *e)
{
    struct value binds[KNOWN], most = VALUE_NULL;
    size_t n = 0;
    bool found;
    str where = where_known(c->arena, en, binds, &n);
    str sql = arena_fmt(
        c->arena, "SELECT MAX(CAST(\"" STR_FMT "\" AS INTEGER)) FROM \"" STR_FMT "\"" STR_FMT,
        STR_ARG(en->type->slots.at[p->slot].column), STR_ARG(en->type->table), STR_ARG(where));
    if (!store_get(c->store, c->arena, sql.p, binds, n, &most, 1, &found, e))
        return false;
    int64_t next = found && most.kind == V_INT ? most.i + 1 : 1;
    *ret = not_given(c->ctx, en, p, scope_of(c->arena, binds, n), next);
    return true;
}

/* What the first row has: beside a number that tells the rows apart. *ret stays null in an empty table. */
static bool first_text(struct odata_call *c, const struct entity *en,
                       const struct model_property *p, struct value *ret, struct err *e)
{
    bool found;
    str sql = arena_fmt(c->arena, "SELECT MIN(\"" STR_FMT "\") FROM \"" STR_FMT "\"",
                        STR_ARG(en->type->slots.at[p->slot].column), STR_ARG(en->type->table));
    return store_get(c->store, c->arena, sql.p, NULL, 0, ret, 1, &found, e);
}

/* An id; a number with leading zeros where there is no room for one. */
static bool make_text(struct odata_call *c, struct entity *en, const struct model_property *p,
                      bool numbered, struct err *e)
{
    str id = id_uuid(c->arena);
    struct value first = VALUE_NULL;
    int64_t next;
    if (numbered && !first_text(c, en, p, &first, e))
        return false;
    if (first.kind != V_TEXT && p->max_length && p->max_length < id.n) {
        if (!next_number(c, en, p, &next, e))
            return false;
        str number = arena_fmt(c->arena, "%0*lld", (int)(p->max_length < 10 ? p->max_length : 10),
                               (long long)next);
        id = number.n <= p->max_length ? number : str_sub(id, 0, p->max_length);
    }
    *at(en, p) = first.kind == V_TEXT ? first : VALUE_TEXT(id);
    return true;
}

static bool make_key(struct odata_call *c, struct entity *en, const struct model_property *p,
                     bool *numbered, struct err *e)
{
    int64_t next;
    if (is_number(p->type)) {
        *numbered = true;
        if (!next_number(c, en, p, &next, e))
            return false;
        *at(en, p) = number_of(c->arena, p->type, next);
        return true;
    }
    if (p->type == EDM_STRING)
        return make_text(c, en, p, *numbered, e);
    next = not_given(c->ctx, en, p, STR(""), time_now_ms());
    *at(en, p) = p->type == EDM_GUID      ? VALUE_TEXT(id_uuid(c->arena))
                 : p->type == EDM_BOOLEAN ? VALUE_BOOL(false)
                 : p->type == EDM_BINARY  ? VALUE_BYTES(str_sub(id_uuid(c->arena), 0, 8))
                 : p->type == EDM_TIME    ? VALUE_INT(next % DAY_MS)
                                          : VALUE_INT(next);
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

/* ---- values ---- */
/* As ABAP has it: no text, nought, now. A property inside a complex value that may be null stays so. */
struct value initial_value(const struct model_property *p)
{
    if (p->initial.kind != V_NULL || p->nullable || p->is_key || p->hidden)
        return p->initial;
    switch ((int)p->type) {
    case EDM_STRING:
        return VALUE_TEXT(STR(""));
    case EDM_DECIMAL:
        return VALUE_TEXT(STR("0"));
    case EDM_GUID:
        return VALUE_TEXT(STR("00000000-0000-0000-0000-000000000000"));
    case EDM_BINARY:
        return VALUE_BYTES(STR(""));
    case EDM_BOOLEAN:
        return VALUE_BOOL(false);
    case EDM_SINGLE:
    case EDM_DOUBLE:
        return VALUE_REAL(0);
    case EDM_DATETIME:
    case EDM_DATETIMEOFFSET:
        return VALUE_INT(time_now_ms());
    default:
        return VALUE_INT(0);
    }
}

static void add_initial(struct entity *en)
{
    for (size_t i = 0; i < en->type->slots.n; i++)
        if (en->values[i].kind == V_NULL && !(en->given && en->given[i]))
            en->values[i] = initial_value(en->type->slots.at[i].property);
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
    add_initial(en);
    return true;
}

/* ---- search ---- */
/* ?search=text of a searchable set, as UI5's smart tables send it: rows with the text in any property. */
static bool search(struct odata_call *c, const char **ret_sql, struct value *ret_binds,
                   size_t *ret_nbinds, struct err *e)
{
    str text = odata_option(c, "search");
    const struct model_type *t = c->set->type;
    size_t n = 0;
    (void)e;
    if (!c->set->searchable || !text.n)
        return true;
    AUTO(buf) struct buf sql = BUF(1 << 20);
    for (size_t i = 0; i < t->slots.n && n < SEARCHED; i++)
        if (t->slots.at[i].property->type == EDM_STRING)
            buf_addf(&sql, "%sCOALESCE(\"" STR_FMT "\", '')",
                     n++ ? " || char(10) || " : "INSTR(LOWER(", STR_ARG(t->slots.at[i].column));
    if (!n)
        return true;
    buf_addz(&sql, "), LOWER(?)) > 0");
    *ret_sql = arena_str(c->arena, buf_str(&sql)).p;
    ret_binds[0] = VALUE_TEXT(text);
    *ret_nbinds = 1;
    return true;
}

const struct odata_set_hook any_set = {
    .name = "any", .restrict_list = search, .complete = complete};
