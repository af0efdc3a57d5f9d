/* Function imports: what was recorded of them, else what their signature lets one expect. Parameters
 * that are named like properties select; a POST that names no existing entity creates one. Names
 * help with the rest: TotalX sums X, LongestX is ordered, XYs lists the Y of all X. */
#include "services/mock/parts.h"

#include "base/time.h"
#include "odata/number.h"

#include <stdio.h>

struct call {
    struct odata_call *c;
    struct mock *mock;
    const struct model_function *f;
    const struct value *args;
    struct odata_result *ret;
    str name; /* of the function, lower case, without Get.. */
};

/* ---- recorded ---- */
static bool same_argument(const struct jr *want, const struct model_property *p, struct value v,
                          struct arena *a)
{
    struct value w;
    struct err ignored;
    if (!odata_value_of_json(a, p, want, &w, &ignored) || w.kind != v.kind)
        return false;
    if (v.kind == V_TEXT || v.kind == V_BYTES)
        return str_eq(v.s, w.s);
    return v.kind == V_NULL || (v.kind == V_REAL ? v.d == w.d : v.i == w.i);
}

static bool fits(const struct call *k, const struct jr *example)
{
    const struct jr *want = jr_get(example, "parameters");
    for (const struct jr *w = want ? want->first : NULL; w; w = w->next)
        for (size_t i = 0; i < k->f->parameters.n; i++) {
            const struct model_property *p = &k->f->parameters.at[i];
            if (str_eq(p->name, w->key) && !same_argument(w, p, k->args[i], k->c->arena))
                return false;
        }
    return true;
}

/* The example for these arguments; with none of the form {"parameters", "result"} the value itself
 * is the result. */
static const struct jr *recorded(const struct call *k)
{
    const struct jr *all = map_get(&k->mock->examples, k->f->name), *d;
    if (!all)
        return NULL;
    if (all->kind == JR_OBJECT && jr_get(all, "result"))
        return fits(k, all) ? jr_get(all, "result") : NULL;
    if (all->kind != JR_ARRAY || !all->first || !jr_get(all->first, "result"))
        return (d = jr_get(all, "d")) ? d : all;
    for (const struct jr *one = all->first; one; one = one->next)
        if (jr_get(one, "result") && fits(k, one))
            return jr_get(one, "result");
    return NULL;
}

static bool add_recorded(struct call *k, const struct jr *v, struct err *e)
{
    struct model_property p = {.name = k->f->name, .type = k->f->returns, .nullable = true};
    struct value value;
    struct entity *en;
    if (k->f->returns_type) {
        if (!odata_entity_of_json(k->c->service, k->c->arena, k->f->returns_type, v, &en, e))
            return false;
        vec_add(k->c->arena, &k->ret->list, en);
        return true;
    }
    if (!odata_value_of_json(k->c->arena, &p, v, &value, e))
        return false;
    vec_add(k->c->arena, &k->ret->values, value);
    return true;
}

static bool answer_recorded(struct call *k, const struct jr *v, struct err *e)
{
    const struct jr *named = jr_get(v, arena_strdup(k->c->arena, k->f->name)),
                    *results = jr_get(v, "results");
    if (v->kind == JR_NULL)
        return true;
    v = results ? results : named && v->n == 1 ? named : v;
    if (v->kind != JR_ARRAY)
        return add_recorded(k, v, e);
    for (const struct jr *one = v->first; one; one = one->next)
        if (!add_recorded(k, one, e))
            return false;
    return true;
}

/* ---- names ---- */
static bool is_number(enum edm t)
{
    return t >= EDM_BYTE && t <= EDM_DOUBLE;
}

static bool is_date(enum edm t)
{
    return t == EDM_DATETIME || t == EDM_DATETIMEOFFSET;
}

static bool contains(const struct call *k, str word)
{
    str low = word_lower(k->c->arena, word);
    return low.n && str_find(k->name, low, 0) != SIZE_MAX;
}

/* The property of t with the longest name in the function's; NULL: none. */
static const struct model_property *property_in_name(const struct call *k,
                                                     const struct model_type *t, bool number)
{
    const struct model_property *best = NULL;
    for (size_t i = 0; i < t->properties.n; i++) {
        const struct model_property *p = &t->properties.at[i];
        bool fit = !p->complex && (!number || is_number(p->type)) && contains(k, p->name);
        if (fit && (!best || p->name.n > best->name.n))
            best = p;
    }
    return best;
}

/* The set that the function speaks of: the longest property, preferably together with its type. */
static const struct model_set *set_in_name(const struct call *k, bool number,
                                           const struct model_property **ret)
{
    const struct model *m = k->mock->model;
    const struct model_set *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < m->sets.n; i++) {
        const struct model_set *s = m->sets.at[i];
        const struct model_property *p = property_in_name(k, s->type, number);
        if (!p || !s->type->table.p)
            continue;
        size_t score = p->name.n + (contains(k, s->type->name) ? 1000 : 0);
        if (score > most) {
            most = score;
            best = s;
            *ret = p;
        }
    }
    return best;
}

static const struct {
    const char *word, *property;
    bool descending;
} superlatives[] = {
    {"longest",  "length", true },
    {"shortest", "length", false},
    {"deepest",  "depth",  true },
    {"highest",  "height", true },
    {"tallest",  "height", true },
    {"widest",   "width",  true },
    {"heaviest", "weight", true },
    {"lightest", "weight", false},
    {"largest",  "size",   true },
    {"biggest",  "size",   true },
    {"smallest", "size",   false},
    {"cheapest", "price",  false},
    {"fastest",  "speed",  true },
    {"oldest",   "date",   false},
    {"earliest", "date",   false},
    {"newest",   "date",   true },
    {"latest",   "date",   true },
    {"best",     "rating", true },
    {"worst",    "rating", false},
    {"max",      NULL,     true },
    {"min",      NULL,     false},
};

/* What "longest" looks at: a number or a date; NULL: the name asks for no order. */
static const struct model_property *order_in_name(const struct call *k, const struct model_type *t,
                                                  bool *ret_descending)
{
    for (size_t i = 0; i < COUNT(superlatives); i++) {
        str want = str_of(superlatives[i].property);
        bool date = str_eqz(want, "date");
        *ret_descending = superlatives[i].descending;
        for (size_t n = 0; contains(k, str_of(superlatives[i].word)) && n < t->properties.n; n++) {
            const struct model_property *p = &t->properties.at[n];
            str low = word_lower(k->c->arena, p->name);
            bool fit = date     ? is_date(p->type)
                       : want.p ? str_find(low, want, 0) != SIZE_MAX
                                : contains(k, p->name);
            if (fit && (is_number(p->type) || is_date(p->type)))
                return p;
        }
    }
    return NULL;
}

static struct entity *best_of(const struct call *k, const entities *rows)
{
    bool descending;
    struct entity *best = rows->n ? rows->at[0] : NULL;
    const struct model_property *p = best ? order_in_name(k, best->type, &descending) : NULL;
    for (size_t i = 1; p && i < rows->n; i++) {
        struct value x = rows->at[i]->values[p->slot], y = best->values[p->slot];
        if (x.kind == V_NULL)
            continue;
        enum edm t = is_date(p->type) ? EDM_INT64 : p->type;
        int order =
            y.kind == V_NULL ? 0 : number_compare(number_of_value(t, x), number_of_value(t, y));
        if (y.kind == V_NULL || order == (descending ? 1 : -1))
            best = rows->at[i];
    }
    return best;
}

/* ---- parameters ---- */
enum { MOST_CONDITIONS = 30 };
struct condition {
    const struct model_property *property;
    const char *op;
};

/* What a parameter means for a property: the same name, or minX, maxX, fromX, toX; more than it when
 * the function's name says "than". */
static bool condition_of(const struct call *k, const struct model_property *parameter,
                         const struct model_type *t, struct condition *ret)
{
    static const struct {
        const char *prefix, *op;
    } kinds[] = {
        {"",     "=" },
        {"min",  ">="},
        {"from", ">="},
        {"max",  "<="},
        {"to",   "<="},
    };
    str name = word_lower(k->c->arena, parameter->name);
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (size_t n = 0; n < t->properties.n; n++) {
            const struct model_property *p = &t->properties.at[n];
            str want = arena_fmt(k->c->arena, "%s" STR_FMT, kinds[i].prefix, STR_ARG(p->name));
            if (!p->complex && str_eq_nocase(name, want)) {
                const char *op = kinds[i].op;
                bool strict = op[1] && str_find(k->name, STR("than"), 0) != SIZE_MAX;
                *ret = (struct condition){p, !strict ? op : op[0] == '>' ? ">" : "<"};
                return true;
            }
        }
    return false;
}

static struct value converted(const struct call *k, size_t i, const struct model_property *to)
{
    struct value v = k->args[i];
    struct err ignored;
    enum edm from = k->f->parameters.at[i].type;
    if (from != to->type && !edm_convert(k->c->arena, from, to->type, &v, &ignored))
        return k->args[i];
    return v;
}

/* The entities that the parameters select. */
static bool select_rows(struct call *k, const struct model_set *set, entities *ret, struct err *e)
{
    const struct model_type *t = set->type;
    struct value binds[MOST_CONDITIONS];
    size_t n = 0;
    bool nothing = false;
    AUTO(buf) struct buf where = BUF(1 << 16);
    for (size_t i = 0; i < k->f->parameters.n && n < MOST_CONDITIONS; i++) {
        struct condition c;
        if (!condition_of(k, &k->f->parameters.at[i], t, &c))
            continue;
        if (k->args[i].kind == V_NULL) { /* the one whose name is not given is none */
            nothing |= !k->f->returns_many && k->f->returns_type;
            continue;
        }
        bool decimal = c.property->type == EDM_DECIMAL;
        buf_addf(&where,
                 decimal ? "%sCAST(\"" STR_FMT "\" AS NUMERIC) %s CAST(? AS NUMERIC)"
                         : "%s\"" STR_FMT "\" %s ?",
                 n ? " AND " : "", STR_ARG(t->slots.at[c.property->slot].column), c.op);
        binds[n++] = converted(k, i, c.property);
    }
    buf_addz(&where, n ? "" : nothing ? "1 = 0" : "1 = 1");
    buf_add_char(&where, '\0');
    return odata_rows(k->c, t, where.p, binds, n, ret, e);
}

/* ---- entities ---- */
/* An entity of what the parameters say; *ret_keyed: they name its whole key. */
static struct entity *entity_of_arguments(const struct call *k, const struct model_type *t,
                                          bool *ret_keyed)
{
    struct entity *en = entity_new(k->c->arena, t);
    for (size_t i = 0; i < k->f->parameters.n; i++) {
        struct condition c;
        if (condition_of(k, &k->f->parameters.at[i], t, &c) && !strcmp(c.op, "="))
            en->values[c.property->slot] = converted(k, i, c.property);
    }
    *ret_keyed = true;
    for (size_t i = 0; i < t->keys.n; i++)
        *ret_keyed &= en->values[t->properties.at[t->keys.at[i]].slot].kind != V_NULL;
    return en;
}

/* What the new entity refers to must be there. */
static bool parents_exist(struct call *k, struct entity *en, struct err *e)
{
    for (size_t i = 0; i < en->type->navs.n; i++) {
        const struct model_nav *nav = &en->type->navs.at[i];
        struct entity *key = entity_new(k->c->arena, nav->target), *row = NULL;
        bool whole = !nav->many && nav->joins.n == nav->target->keys.n && nav->target->table.p;
        for (size_t n = 0; n < nav->joins.n; n++) {
            const struct model_join *j = &nav->joins.at[n];
            key->values[j->theirs] = en->values[j->own];
            whole &= en->values[j->own].kind != V_NULL &&
                     nav->target->slots.at[j->theirs].property->is_key;
        }
        if (whole && !odata_row(k->c, key, &row, e))
            return false;
        if (whole && !row)
            return err_set(e, ERR_NOT_FOUND, "%s", "");
    }
    return true;
}

static bool create(struct call *k, struct entity *en, struct err *e)
{
    struct odata_call c = *k->c;
    c.set = k->f->set;
    if (!parents_exist(k, en, e))
        return false;
    struct store_batch *b = store_batch_new();
    if (!any_set.complete(&c, en, e)) {
        store_batch_free(b);
        return false;
    }
    odata_batch_insert(b, en);
    vec_add(k->c->arena, &k->ret->list, en);
    return store_commit_wait(k->c->store, b, e);
}

static bool answer_entity(struct call *k, struct err *e)
{
    const struct model_type *t = k->f->set->type;
    entities rows = {0};
    struct entity *en, *row = NULL;
    bool keyed, writes = !str_eqz(k->f->method, "GET");
    if (!t->table.p)
        return true;
    en = entity_of_arguments(k, t, &keyed);
    if (keyed && !odata_row(k->c, en, &row, e))
        return false;
    if (!row && writes && k->f->parameters.n)
        return create(k, en, e);
    if (!row && !select_rows(k, k->f->set, &rows, e))
        return false;
    if (!row)
        row = best_of(k, &rows);
    if (row)
        vec_add(k->c->arena, &k->ret->list, row);
    return true;
}

/* ---- complex values ---- */
/* Adds each value of the type t that stands in a value of the type in. */
static void gather(struct call *k, const struct model_type *t, const struct model_type *in,
                   const struct value *values)
{
    for (size_t i = 0; i < in->properties.n; i++) {
        const struct model_property *p = &in->properties.at[i];
        if (!p->complex)
            continue;
        if (p->complex != t) {
            gather(k, t, p->complex, values + p->slot);
            continue;
        }
        struct entity *en = entity_new(k->c->arena, t);
        memcpy(en->values, values + p->slot, p->slots * sizeof *values);
        vec_add(k->c->arena, &k->ret->list, en);
    }
}

static bool answer_complex(struct call *k, struct err *e)
{
    const struct model *m = k->mock->model;
    for (size_t i = 0; i < m->sets.n && (k->f->returns_many || !k->ret->list.n); i++) {
        entities rows = {0};
        const struct model_type *t = m->sets.at[i]->type;
        if (t->table.p && !odata_rows(k->c, t, NULL, NULL, 0, &rows, e))
            return false;
        for (size_t n = 0; n < rows.n; n++)
            gather(k, k->f->returns_type, t, rows.at[n]->values);
    }
    return true;
}

/* ---- primitives ---- */
static struct value decimal_of(struct arena *a, struct number n)
{
    char digits[64];
    size_t at = sizeof digits;
    bool negative = n.m < 0;
    int128 m = negative ? -n.m : n.m;
    for (int scale = n.scale; m || scale >= 0; scale--, m /= 10) {
        if (!scale && n.scale)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(m % 10));
    }
    if (negative)
        digits[--at] = '-';
    return VALUE_TEXT(arena_str(a, (str){digits + at, sizeof digits - at}));
}

static struct value as_type(struct arena *a, struct number n, enum edm t)
{
    if (t == EDM_DECIMAL && n.exact)
        return decimal_of(a, n);
    if (t == EDM_DECIMAL)
        return VALUE_TEXT(arena_fmt(a, "%.6f", n.d));
    if (t != EDM_DOUBLE && t != EDM_SINGLE)
        return VALUE_INT(number_to_int(n));
    double d = n.exact ? (double)n.m : n.d;
    for (int i = 0; n.exact && i < n.scale; i++)
        d /= 10;
    return VALUE_REAL(d);
}

static bool answer_number(struct call *k, struct err *e)
{
    const struct model_property *p = NULL;
    const struct model_set *set = set_in_name(k, true, &p);
    struct number sum = number_of_int(0);
    entities rows = {0};
    if (set && !select_rows(k, set, &rows, e))
        return false;
    for (size_t i = 0; i < rows.n; i++)
        if (rows.at[i]->values[p->slot].kind != V_NULL)
            sum = number_add(sum, number_of_value(p->type, rows.at[i]->values[p->slot]));
    vec_add(k->c->arena, &k->ret->values, as_type(k->c->arena, sum, k->f->returns));
    return true;
}

static bool answer_list(struct call *k, struct err *e)
{
    const struct model_property *p = NULL;
    const struct model_set *set = set_in_name(k, false, &p);
    entities rows = {0};
    if (!set || p->type != k->f->returns)
        return true;
    if (!select_rows(k, set, &rows, e))
        return false;
    for (size_t i = 0; i < rows.n; i++)
        if (rows.at[i]->values[p->slot].kind != V_NULL)
            vec_add(k->c->arena, &k->ret->values, rows.at[i]->values[p->slot]);
    return true;
}

static bool answer_primitive(struct call *k, struct err *e)
{
    enum edm t = k->f->returns;
    if (k->f->returns_many)
        return answer_list(k, e);
    if (is_number(t))
        return answer_number(k, e);
    struct value v = t == EDM_BOOLEAN  ? VALUE_BOOL(true)
                     : is_date(t)      ? VALUE_INT(time_now_ms())
                     : t == EDM_STRING ? VALUE_TEXT(k->f->name)
                                       : VALUE_NULL;
    vec_add(k->c->arena, &k->ret->values, v);
    return true;
}

static bool call_function(struct odata_call *c, const struct value *args, struct odata_result *ret,
                          struct err *e)
{
    struct mock *m = c->ctx;
    struct call k = {c, m, c->function, args, ret, word_lower(c->arena, c->function->name)};
    const struct jr *example = recorded(&k);
    static const char *const verbs[] = {"get", "total", "sum"};
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (str_starts(k.name, str_of(verbs[i])))
            k.name = str_from(k.name, strlen(verbs[i]));
    if (example)
        return answer_recorded(&k, example, e);
    if (k.f->returns_type && k.f->returns_type->complex)
        return answer_complex(&k, e);
    if (k.f->returns_type && k.f->returns_many)
        return !k.f->set->type->table.p || select_rows(&k, k.f->set, &ret->list, e);
    if (k.f->returns_type)
        return answer_entity(&k, e);
    return k.f->returns == EDM_COUNT || answer_primitive(&k, e);
}

const struct odata_function_hook any_function = {"any", call_function};
