/* Entities from JSON verbose: strict about names and types (odata-v2.md 4), liberal only where
 * clients differ: the outer "d", numbers for Int64, Decimal and Double, ISO dates. */
#include "base/codec.h"
#include "base/json.h"
#include "odata/write.h"

struct reader {
    struct arena *a;
    const struct model *m;
    unsigned depth;
    bool owner; /* the service's own values: lengths and precisions are not checked */
};

static bool read_object(struct reader *r, const struct model_type *t, const struct jr *object,
                        struct entity *en, struct err *e) MUST_USE;

static bool bad_value(const struct model_property *p, struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST,
                   "Provided value for the property '" STR_FMT
                   "' is not compatible with the property.",
                   STR_ARG(p->name));
}

static bool too_long(const struct model_property *p, struct err *e)
{
    return err_set(
        e, ERR_BAD_REQUEST,
        "The metadata constraints 'MaxLength=%u' do not match the value of the property '" STR_FMT
        "'.",
        p->max_length, STR_ARG(p->name));
}

/* "/Date(1700000000000)/", "/Date(1700000000000+0060)/": the instant; the offset only says how to
 * show it. */
static bool read_date(str s, struct value *ret)
{
    if (!str_starts(s, STR("/Date(")) || !str_ends(s, STR(")/")))
        return false;
    s = str_sub(s, 6, s.n - 2);
    size_t sign = 1;
    while (sign < s.n && s.p[sign] != '+' && s.p[sign] != '-')
        sign++;
    int64_t offset;
    if (sign < s.n && !str_to_i64(str_from(s, sign + 1), &offset))
        return false;
    ret->kind = V_INT;
    return str_to_i64(str_sub(s, 0, sign), &ret->i);
}

/* Digits before and behind the point of a canonical decimal. */
static bool decimal_fits(const struct model_property *p, str s)
{
    size_t point = str_find_char(s, '.', 0), digits = 0;
    for (size_t i = 0; i < s.n; i++)
        digits += s.p[i] >= '0' && s.p[i] <= '9';
    size_t behind = point == SIZE_MAX ? 0 : s.n - point - 1;
    bool zero_first = s.n > 1 && (str_starts(s, STR("0.")) || str_starts(s, STR("-0.")));
    return (!p->precision || digits - zero_first <= p->precision) &&
           (!p->precision || behind <= p->scale);
}

bool body_text(struct arena *a, const struct model_property *p, str s, struct value *ret,
               struct err *e)
{
    bool date = p->type == EDM_DATETIME || p->type == EDM_DATETIMEOFFSET;
    if (date && read_date(s, ret))
        return true;
    if (p->type == EDM_BINARY) {
        *ret = VALUE_BYTES(STR(""));
        if (!base64_decode(a, s, &ret->s))
            return bad_value(p, e);
        return !p->max_length || ret->s.n <= p->max_length || too_long(p, e);
    }
    if (!edm_parse_text(a, p->type, s, ret, e))
        return bad_value(p, e);
    if (p->type == EDM_STRING && p->max_length && s.n > p->max_length &&
        utf8_count(s) > p->max_length)
        return too_long(p, e);
    return p->type != EDM_DECIMAL || decimal_fits(p, ret->s) || bad_value(p, e);
}

static bool wants_number(enum edm t)
{
    return t == EDM_BYTE || t == EDM_SBYTE || t == EDM_INT16 || t == EDM_INT32;
}

static bool takes_number(enum edm t)
{
    return edm_is_number(t);
}

static bool read_value(struct reader *r, const struct model_property *p, const struct jr *v,
                       struct value *ret, struct err *e)
{
    if (v->kind == JR_NULL) {
        *ret = VALUE_NULL;
        return p->nullable ||
               err_set(e, ERR_BAD_REQUEST, "Value for '" STR_FMT "' must not be null.",
                       STR_ARG(p->name));
    }
    if (p->type == EDM_BOOLEAN) {
        *ret = VALUE_BOOL(v->b);
        return v->kind == JR_BOOL || bad_value(p, e);
    }
    bool ok = v->kind == JR_STRING ? !wants_number(p->type)
                                   : v->kind == JR_NUMBER && takes_number(p->type);
    if (!ok)
        return bad_value(p, e);
    struct model_property free = *p;
    free.max_length = free.precision = 0;
    return body_text(r->a, r->owner ? &free : p, v->s, ret, e);
}

static bool read_property(struct reader *r, const struct model_property *p, size_t slot,
                          const struct jr *v, struct entity *en, struct err *e)
{
    for (size_t i = 0; i < p->slots; i++)
        en->given[slot + i] = p->complex ? en->given[slot + i] : !p->read_only;
    if (!p->complex)
        return read_value(r, p, v, &en->values[slot], e);
    if (v->kind == JR_NULL) {
        for (size_t i = 0; i < p->slots; i++)
            en->given[slot + i] = !p->read_only;
        return p->nullable || bad_value(p, e);
    }
    if (v->kind != JR_OBJECT)
        return bad_value(p, e);
    for (const struct jr *c = v->first; c; c = c->next) {
        const struct model_property *inner = model_property_named(p->complex, c->key);
        if (str_eqz(c->key, "__metadata"))
            continue;
        if (!inner)
            return err_set(e, ERR_BAD_REQUEST, "Property with name '" STR_FMT "' was not found.",
                           STR_ARG(str_sub(c->key, 0, 200))) ||
                   err_id(e, "property");
        if (!read_property(r, inner, slot + inner->slot, c, en, e))
            return false;
    }
    return true;
}

/* ---- navigations: bind, or deep insert ---- */
static bool bind(struct reader *r, const struct model_nav *nav, str uri, struct entity *en,
                 struct err *e)
{
    struct entity *key;
    if (!uri_to_key(r->a, r->m, uri, nav->target, &key, e))
        return false;
    vec_add(r->a, &en->inlines, (struct entity_inline){nav, key, true});
    return true;
}

static bool read_child(struct reader *r, const struct model_nav *nav, const struct jr *v,
                       struct entity *en, struct err *e)
{
    str uri = jr_text(jr_get(v, "__metadata"), "uri");
    if (v->kind != JR_OBJECT)
        return err_set(e, ERR_BAD_REQUEST,
                       "Invalid '" STR_FMT "' found for parsing of inline content.",
                       STR_ARG(nav->name));
    if (uri.p && v->n == 1)
        return bind(r, nav, uri, en, e);
    struct entity *child = entity_new(r->a, nav->target);
    child->given = arena_new_array(r->a, bool, nav->target->slots.n + 1);
    if (!read_object(r, nav->target, v, child, e))
        return false;
    vec_add(r->a, &en->inlines, (struct entity_inline){nav, child, false});
    return true;
}

static bool read_nav(struct reader *r, const struct model_nav *nav, const struct jr *v,
                     struct entity *en, struct err *e)
{
    const struct jr *deferred = jr_get(v, "__deferred"), *results = jr_get(v, "results");
    struct err ignored;
    if (v->kind == JR_NULL)
        return true;
    if (deferred) { /* "Set(key)": bind; ".../Nav": what an answer said, unchanged */
        str uri = jr_text(deferred, "uri");
        if (str_ends(uri, STR(")")))
            (void)!bind(r, nav, uri, en, &ignored);
        return true;
    }
    const struct jr *list = v->kind == JR_ARRAY ? v : results;
    if (!list)
        return read_child(r, nav, v, en, e);
    for (const struct jr *c = list->first; c; c = c->next)
        if (!read_child(r, nav, c, en, e))
            return false;
    return true;
}

static bool read_object(struct reader *r, const struct model_type *t, const struct jr *object,
                        struct entity *en, struct err *e)
{
    if (++r->depth > ODATA_MAX_INLINE_DEPTH)
        return err_set(e, ERR_BAD_REQUEST, "The body nests more than %d entities.",
                       ODATA_MAX_INLINE_DEPTH);
    for (const struct jr *c = object->first; c; c = c->next) {
        const struct model_property *p = model_property_named(t, c->key);
        const struct model_nav *nav = p ? NULL : model_nav_named(t, c->key);
        if (!p && !nav && str_starts(c->key, STR("__")))
            continue;
        if (!p && !nav)
            return err_set(e, ERR_BAD_REQUEST, "Property with name '" STR_FMT "' was not found.",
                           STR_ARG(str_sub(c->key, 0, 200))) ||
                   err_id(e, "property");
        if (p ? !read_property(r, p, p->slot, c, en, e) : !read_nav(r, nav, c, en, e))
            return false;
    }
    r->depth--;
    return true;
}

static bool parse_object(struct arena *a, str text, const struct jr **ret, struct err *e)
{
    struct jr *root;
    if (!jr_parse(a, text, &root, e))
        return false;
    const struct jr *d = jr_get(root, "d");
    *ret = root->n == 1 && d && d->kind == JR_OBJECT ? d : root;
    return (*ret)->kind == JR_OBJECT ||
           err_set(e, ERR_BAD_REQUEST, "The request body is malformed.");
}

bool json_entity(struct arena *a, const struct model *m, const struct model_type *t, str text,
                 struct entity **ret, struct err *e)
{
    struct reader r = {.a = a, .m = m};
    const struct jr *object;
    struct entity *en = entity_new(a, t);
    en->given = arena_new_array(a, bool, t->slots.n + 1);
    if (!parse_object(a, text, &object, e) || !read_object(&r, t, object, en, e))
        return false;
    *ret = en;
    return true;
}

bool odata_entity_of_json(struct odata_service *s, struct arena *a, const struct model_type *t,
                          const struct jr *object, struct entity **ret, struct err *e)
{
    struct reader r = {.a = a, .m = s->model, .owner = true};
    struct entity *en = entity_new(a, t);
    en->given = arena_new_array(a, bool, t->slots.n + 1);
    if (object->kind != JR_OBJECT)
        return err_set(e, ERR_BAD_REQUEST, "An entity is an object.");
    *ret = en;
    return read_object(&r, t, object, en, e);
}

bool odata_value_of_json(struct arena *a, const struct model_property *p, const struct jr *v,
                         struct value *ret, struct err *e)
{
    struct reader r = {.a = a};
    return read_value(&r, p, v, ret, e);
}

bool json_property(struct arena *a, const struct model *m, const struct model_property *p,
                   size_t slot, str text, struct entity *en, struct err *e)
{
    struct reader r = {.a = a, .m = m};
    const struct jr *object;
    if (!parse_object(a, text, &object, e))
        return false;
    if (!object->first || object->n != 1 || !str_eq(object->first->key, p->name))
        return err_set(e, ERR_BAD_REQUEST, "Property with name '" STR_FMT "' was not found.",
                       STR_ARG(p->name));
    return read_property(&r, p, slot, object->first, en, e);
}

bool json_link(struct arena *a, str text, str *ret_uri, struct err *e)
{
    const struct jr *object;
    if (!parse_object(a, text, &object, e))
        return false;
    *ret_uri = object->n == 1 ? jr_text(object, "uri") : STR_NONE;
    return true;
}
