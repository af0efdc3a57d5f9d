/* Rows for a service without data. A value is a function of seed, type, row and property alone, so a
 * foreign key is simply the value that the other row has, in whatever order sets are made. What a
 * property means is guessed from its name (words.c). The rows are written as a data file would have
 * them, and read as one. */
#include "services/mock/generate.h"

#include "base/codec.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    ROWS = 20,
    MOST_VALUES = 400000, /* of all sets; large services get fewer rows */
    CHILDREN = 3,         /* of one parent, when its key is part of theirs */
    PARTNERS = 2,         /* of many to many */
    MOST_DEPTH = 8,       /* foreign keys of foreign keys */
    SET_LIMIT = 256 << 20
};
struct maker {
    struct mock *mock;
    struct arena *scratch;
    unsigned rows;
};

uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = a * 0x9e3779b97f4a7c15U ^ (b + 0x7f4a7c15U);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

static uint64_t chance(const struct maker *k, const struct model_type *t, size_t row, size_t slot)
{
    return mix(mix(mix(k->mock->config.seed, str_hash(t->qualified)), row), slot);
}

/* ---- foreign keys ---- */
static bool is_key(const struct model_type *t, uint16_t slot)
{
    return t->slots.at[slot].property->is_key;
}

/* The to-one navigation that fills that slot; *ret_join: where it comes from. */
static const struct model_nav *nav_of(const struct model_type *t, size_t slot,
                                      struct model_join *ret_join)
{
    for (size_t i = 0; i < t->navs.n; i++) {
        const struct model_nav *nav = &t->navs.at[i];
        for (size_t k = 0; !nav->many && k < nav->joins.n; k++)
            if (nav->joins.at[k].own == slot && is_key(nav->target, nav->joins.at[k].theirs)) {
                *ret_join = nav->joins.at[k];
                return nav;
            }
    }
    return NULL;
}

/* Children whose key holds their parent's come in groups, others choose a parent. */
static size_t parent_row(const struct maker *k, const struct model_type *t, size_t row,
                         const struct model_nav *nav)
{
    bool part_of_key = false;
    for (size_t i = 0; i < nav->joins.n; i++)
        part_of_key |= is_key(t, nav->joins.at[i].own);
    return part_of_key ? row / CHILDREN % k->rows
                       : chance(k, t, row, 100000 + (size_t)(nav - t->navs.at)) % k->rows;
}

static bool key_has_parent(const struct model_type *t)
{
    struct model_join ignored;
    for (size_t i = 0; i < t->keys.n; i++)
        if (nav_of(t, t->properties.at[t->keys.at[i]].slot, &ignored))
            return true;
    return false;
}

/* ---- values ---- */
/* Few digits, of those that the property has room for. */
static struct value decimal_value(const struct model_property *p, uint64_t n, struct arena *a)
{
    unsigned scale = p->precision && p->scale > p->precision ? p->precision : p->scale;
    unsigned whole = p->precision ? p->precision - scale : 3;
    uint64_t most = 1;
    for (unsigned i = 0; i < whole && i < 4; i++)
        most *= 10;
    if (!scale)
        return VALUE_TEXT(arena_fmt(a, "%" PRIu64, n % most));
    return VALUE_TEXT(arena_fmt(a, "%" PRIu64 ".%0*d", n % most, (int)scale % 30,
                                (int)((n >> 40) % (scale == 1 ? 10 : 100))));
}

static struct value number_value(enum edm t, uint64_t n, const struct model_property *p,
                                 struct arena *a)
{
    switch ((int)t) { /* what fits the smaller ones */
    case EDM_DECIMAL:
        return decimal_value(p, n, a);
    case EDM_SINGLE:
    case EDM_DOUBLE:
        return VALUE_REAL((double)(n % 10000) / 100);
    case EDM_BYTE:
    case EDM_SBYTE:
        return VALUE_INT((int64_t)(n % 100));
    default:
        return VALUE_INT((int64_t)(n % 1000));
    }
}

static struct value guid(struct arena *a, uint64_t n)
{
    uint64_t m = mix(n, 1);
    return VALUE_TEXT(arena_fmt(a, "%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(n >> 32),
                                (unsigned)(n >> 16 & 0xffff), (unsigned)(n & 0xfff),
                                (unsigned)(m >> 52), m & 0xffffffffffffU));
}

/* Midnights and seconds of two years. */
static struct value date(const struct model_property *p, uint64_t n)
{
    int64_t day = 1704067200000 + (int64_t)(n % 730) * 86400000;
    bool midnight = p->precision == 0 && p->type == EDM_DATETIME;
    return VALUE_INT(midnight ? day : day + (int64_t)(n >> 20) % 86400 * 1000);
}

/* The end of it that fits. */
static str short_text(const struct model_property *p, str s)
{
    return p->max_length && s.n > p->max_length ? str_from(s, s.n - p->max_length) : s;
}

/* The only thing that must differ from row to row. */
static struct value key_value(const struct maker *k, const struct model_type *t,
                              const struct model_property *p, size_t row)
{
    size_t n = key_has_parent(t) ? row % CHILDREN + 1 : row + 1;
    unsigned width = p->max_length && p->max_length < 10 ? p->max_length : 10;
    switch ((int)p->type) {
    case EDM_STRING:
        if (words_fixed(p->name) && t->keys.n > 1)
            return VALUE_TEXT(words_text(k->scratch, p, chance(k, t, 0, p->slot), 0));
        if (width < 3)
            return VALUE_TEXT(arena_fmt(k->scratch, "%c%s",
                                        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n % 36],
                                        width == 2 ? "0" : ""));
        return VALUE_TEXT(arena_fmt(k->scratch, "%0*zu", (int)width, n));
    case EDM_GUID:
        return guid(k->scratch, mix(chance(k, t, 0, p->slot), n));
    case EDM_DATETIME:
    case EDM_DATETIMEOFFSET:
        return VALUE_INT(1704067200000 + (int64_t)n * 86400000);
    case EDM_TIME:
        return VALUE_INT((int64_t)n * 60000);
    case EDM_DECIMAL:
        return VALUE_TEXT(arena_fmt(k->scratch, "%zu", n));
    case EDM_BOOLEAN:
        return VALUE_BOOL(n % 2);
    case EDM_BINARY:
        return VALUE_BYTES(short_text(p, arena_fmt(k->scratch, "%04zu", n)));
    default:
        return VALUE_INT((int64_t)n);
    }
}

static struct value plain_value(const struct maker *k, const struct model_property *p, uint64_t n,
                                size_t row)
{
    switch ((int)p->type) {
    case EDM_STRING:
        return VALUE_TEXT(words_text(k->scratch, p, n, row));
    case EDM_BOOLEAN:
        return VALUE_BOOL(n % 2);
    case EDM_GUID:
        return guid(k->scratch, n);
    case EDM_DATETIME:
    case EDM_DATETIMEOFFSET:
        return date(p, n);
    case EDM_TIME:
        return VALUE_INT((int64_t)(n % 86400) * 1000);
    case EDM_BINARY:
        return VALUE_BYTES(short_text(p, arena_fmt(k->scratch, "%04x", (unsigned)(n % 65536))));
    default:
        return number_value(p->type, n, p, k->scratch);
    }
}

static struct value value_at(const struct maker *k, const struct model_type *t, size_t row,
                             size_t slot, unsigned depth)
{
    const struct model_property *p = t->slots.at[slot].property;
    uint64_t n = chance(k, t, row, slot);
    struct model_join join;
    const struct model_nav *nav = depth < MOST_DEPTH ? nav_of(t, slot, &join) : NULL;
    if (nav && !(nav->target == t && is_key(t, (uint16_t)slot)))
        return value_at(k, nav->target, parent_row(k, t, row, nav), join.theirs, depth + 1);
    if (p->is_key)
        return key_value(k, t, p, row);
    if (p->concurrency && edm_value_kind(p->type) == V_INT && p->type < EDM_DECIMAL)
        return VALUE_INT(1);
    return p->nullable && n % 11 == 0 ? VALUE_NULL : plain_value(k, p, n >> 4, row);
}

/* ---- as JSON ---- */
static void write_value(struct jw *w, const struct model_property *p, struct value v,
                        struct arena *a)
{
    AUTO(buf) struct buf text = BUF(1 << 20);
    if (v.kind == V_NULL) {
        jw_null(w);
    } else if (p->type == EDM_BOOLEAN) {
        jw_bool(w, v.i);
    } else if (p->type >= EDM_BYTE && p->type <= EDM_INT32) {
        jw_int(w, v.i);
    } else if (p->type == EDM_DATETIME || p->type == EDM_DATETIMEOFFSET) {
        jw_strf(w, "/Date(%" PRId64 ")/", v.i);
    } else if (p->type == EDM_BINARY) {
        jw_str(w, base64_encode(a, v.s));
    } else {
        edm_write_text(&text, p->type, v);
        jw_str(w, buf_str(&text));
    }
}

static void write_members(const struct maker *k, struct jw *w, const struct model_type *root,
                          const struct model_type *t, size_t first, size_t row)
{
    for (size_t i = 0; i < t->properties.n; i++) {
        const struct model_property *p = &t->properties.at[i];
        jw_key(w, p->name);
        if (p->complex) {
            jw_object(w);
            write_members(k, w, root, p->complex, first + p->slot, row);
            jw_object_end(w);
        } else {
            write_value(w, p, value_at(k, root, row, first + p->slot, 0), k->scratch);
        }
    }
}

/* {"__metadata": {"uri": "Set(key)"}} of that row */
static void write_reference(const struct maker *k, struct jw *w, const struct model_nav *nav,
                            size_t row)
{
    const struct model_type *to = nav->target;
    AUTO(buf) struct buf uri = BUF(1 << 20);
    buf_add(&uri, nav->set->name);
    for (size_t n = 0; n < to->keys.n; n++) {
        const struct model_property *p = &to->properties.at[to->keys.at[n]];
        buf_addf(&uri, "%c" STR_FMT "=", n ? ',' : '(', STR_ARG(p->name));
        edm_write_uri(&uri, p->type, value_at(k, to, row, p->slot, 0));
    }
    jw_object(w);
    jw_keyz(w, "__metadata");
    jw_object(w);
    jw_keyz(w, "uri");
    jw_strf(w, STR_FMT ")", STR_ARG(buf_str(&uri)));
    jw_object_end(w);
    jw_object_end(w);
}

/* Of many to many, one side names its partners. */
static void write_links(const struct maker *k, struct jw *w, const struct model_type *t, size_t row,
                        const struct model_nav *nav)
{
    jw_key(w, nav->name);
    jw_array(w);
    for (size_t i = 0; i < PARTNERS; i++)
        write_reference(k, w, nav,
                        chance(k, t, row, 200000 + PARTNERS * (size_t)(nav - t->navs.at) + i) %
                            k->rows);
    jw_array_end(w);
}

/* References that no property holds. */
static void write_references(const struct maker *k, struct jw *w, const struct model_type *t,
                             size_t row)
{
    for (size_t i = 0; i < t->navs.n; i++) {
        const struct model_nav *nav = &t->navs.at[i];
        bool hidden = nav->joins.n && nav->joins.at[0].own >= t->properties.n &&
                      t->slots.at[nav->joins.at[0].own].property->hidden;
        if (nav->set && nav->many && nav->links && nav->end == 0)
            write_links(k, w, t, row, nav);
        if (!nav->set || nav->many || !hidden)
            continue;
        jw_key(w, nav->name);
        write_reference(k, w, nav, parent_row(k, t, row, nav));
    }
}

static str key_text(const struct maker *k, const struct model_type *t, size_t row)
{
    AUTO(buf) struct buf b = BUF(1 << 20);
    for (size_t i = 0; i < t->keys.n; i++) {
        const struct model_property *p = &t->properties.at[t->keys.at[i]];
        edm_write_uri(&b, p->type, value_at(k, t, row, p->slot, 0));
        buf_add_char(&b, ',');
    }
    return arena_str(k->scratch, buf_str(&b));
}

static void write_rows(const struct maker *k, struct jw *w, const struct model_type *t)
{
    struct map seen;
    map_init(&seen, k->scratch, false);
    jw_array(w);
    for (size_t row = 0; row < k->rows; row++) {
        str key = key_text(k, t, row);
        if (map_get(&seen, key))
            continue;
        map_put(&seen, key, &seen);
        jw_object(w);
        write_members(k, w, t, t, 0, row);
        write_references(k, w, t, row);
        if (t->has_stream) {
            jw_keyz(w, "_content_type");
            jw_str(w, STR("text/plain"));
            jw_keyz(w, "_content");
            jw_str(w, base64_encode(k->scratch, arena_fmt(k->scratch, "Content %zu\n", row + 1)));
        }
        jw_object_end(w);
    }
    jw_array_end(w);
}

static bool generate_set(struct maker *k, const struct model_set *set, struct err *e)
{
    AUTO(buf) struct buf json = BUF(SET_LIMIT);
    struct jw w;
    struct jr *list;
    k->scratch = arena_new();
    jw_init(&w, &json);
    write_rows(k, &w, set->type);
    arena_free(k->scratch);
    return buf_check(&json, e) &&
           jr_parse(k->mock->arena, arena_str(k->mock->arena, buf_str(&json)), &list, e) &&
           data_add(k->mock, set->name, list, e);
}

bool generate(struct mock *m, struct err *e)
{
    struct maker k = {.mock = m, .rows = m->config.rows ? m->config.rows : ROWS};
    size_t values = 1;
    bool *seen = arena_new_array(m->arena, bool, m->model->types.n + 1);
    for (size_t i = 0; i < m->model->sets.n; i++)
        values += m->model->sets.at[i]->type->slots.n;
    if (k.rows * values > MOST_VALUES && !m->config.rows)
        k.rows = MOST_VALUES / values > 3 ? (unsigned)(MOST_VALUES / values) : 3;
    for (size_t i = 0; i < m->model->sets.n; i++) {
        const struct model_set *set = m->model->sets.at[i];
        if (seen[set->type->index] || !set->type->keys.n)
            continue;
        seen[set->type->index] = true;
        if (!generate_set(&k, set, e))
            return err_ctx(e, "making rows of " STR_FMT, STR_ARG(set->name));
    }
    return true;
}
