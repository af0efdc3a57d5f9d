/* The raw path is split at '/', then each segment is decoded, then parsed: an encoded slash never
 * splits, encoded parentheses count as parentheses. Texts are those of the Olingo library. */
#include "odata/uri_path.h"

#include "base/codec.h"

struct parser {
    const struct model *m;
    struct arena *a;
    struct uri *u;
    str rest; /* raw segments still to come */
};

static bool next_segment(struct parser *p, str *ret, struct err *e)
{
    str raw;
    str_split(&p->rest, '/', &raw);
    if (!percent_decode(p->a, raw, false, ret) || !utf8_valid(*ret) ||
        str_find_char(*ret, '\0', 0) != SIZE_MAX)
        return err_set(e, ERR_BAD_REQUEST, "Invalid URI syntax.");
    if (!ret->n)
        return err_set(e, ERR_BAD_REQUEST, "No empty segment allowed.");
    return true;
}

static bool more(const struct parser *p)
{
    return p->rest.p != NULL;
}

static bool last_expected(const struct parser *p, const char *segment, struct err *e)
{
    return !more(p) || err_set(e, ERR_BAD_REQUEST, "'%s' must be the last segment.", segment);
}

/* "Set(keys)" -> name and what is in the parentheses; keys STR_NONE without any. */
static bool split_segment(str segment, str *name, str *keys, struct err *e)
{
    size_t open = str_find_char(segment, '(', 0);
    *name = str_sub(segment, 0, open == SIZE_MAX ? segment.n : open);
    *keys = STR_NONE;
    if (open == SIZE_MAX)
        return true;
    if (!str_ends(segment, STR(")")))
        return err_set(e, ERR_NOT_FOUND, "Could not match segment: '" STR_FMT "'.",
                       STR_ARG(str_sub(segment, 0, 200)));
    *keys = str_sub(segment, open + 1, segment.n - 1);
    return true;
}

/* The next part up to a comma outside quotes; doubled quotes toggle twice. */
static bool next_key(str *rest, str *ret)
{
    bool quoted = false;
    size_t i = 0;
    if (!rest->p)
        return false;
    for (; i < rest->n && (quoted || rest->p[i] != ','); i++)
        quoted ^= rest->p[i] == '\'';
    *ret = str_sub(*rest, 0, i);
    *rest = i < rest->n ? str_from(*rest, i + 1) : STR_NONE;
    return true;
}

static bool set_key(struct parser *p, struct entity *key, const struct model_property *prop,
                    str literal, struct err *e)
{
    enum edm type;
    struct value v;
    if (!edm_parse_uri(p->a, literal, &type, &v, e))
        return err_set(e, ERR_BAD_REQUEST, "Unknown literal: '%.200s'.",
                       arena_strdup(p->a, literal));
    if (type == EDM_COUNT)
        return err_set(e, ERR_BAD_REQUEST, "Value for '" STR_FMT "' must not be null.",
                       STR_ARG(prop->name));
    if (!edm_convert(p->a, type, prop->type, &v, e))
        return err_set(e, ERR_BAD_REQUEST,
                       "Format of '%.200s' is not compatible with '" STR_FMT "'.",
                       arena_strdup(p->a, literal), STR_ARG(prop->name));
    if (key->given[prop->slot])
        return err_set(e, ERR_BAD_REQUEST, "Duplicate key names: '" STR_FMT "'.",
                       STR_ARG(prop->name));
    key->values[prop->slot] = v;
    key->given[prop->slot] = true;
    return true;
}

/* The '=' of name=literal, or SIZE_MAX: a literal may hold one inside quotes. */
static size_t equals(str part)
{
    size_t eq = str_find_char(part, '=', 0), quote = str_find_char(part, '\'', 0);
    return eq != SIZE_MAX && (quote == SIZE_MAX || eq < quote) ? eq : SIZE_MAX;
}

static bool parse_keys(struct parser *p, const struct model_type *t, str keys, struct entity **ret,
                       struct err *e)
{
    struct entity *key = entity_new(p->a, t);
    key->given = arena_new_array(p->a, bool, t->slots.n);
    str rest = keys, part;
    size_t n = 0;
    for (; next_key(&rest, &part); n++) {
        const struct model_property *prop = &t->properties.at[t->keys.at[0]];
        part = str_trim(part);
        size_t eq = equals(part);
        if (eq == SIZE_MAX && t->keys.n > 1)
            return err_set(e, ERR_BAD_REQUEST, "Missing key predicate name for key: '%.200s'.",
                           arena_strdup(p->a, part));
        if (eq != SIZE_MAX) {
            prop = model_property_named(t, str_trim(str_sub(part, 0, eq)));
            part = str_trim(str_from(part, eq + 1));
        }
        if (!prop || !prop->is_key)
            return err_set(e, ERR_BAD_REQUEST, "Invalid key predicate: '%.200s'.",
                           arena_strdup(p->a, keys));
        if (!set_key(p, key, prop, part, e))
            return false;
    }
    if (n != t->keys.n)
        return err_set(e, ERR_BAD_REQUEST, "Invalid key predicate: '%.200s'.",
                       arena_strdup(p->a, keys));
    *ret = key;
    return true;
}

/* Set or to-many navigation: "()" and nothing both mean the collection. */
static bool collection_key(struct parser *p, struct uri_step *step, str keys, struct err *e)
{
    if (keys.n && !parse_keys(p, step->set->type, keys, &step->key, e))
        return err_id(e, "key");
    p->u->kind = step->key ? URI_ENTITY : URI_FEED;
    return true;
}

static bool add_step(struct parser *p, struct uri_step step, struct err *e)
{
    if (p->u->steps.n == URI_MAX_STEPS)
        return err_set(e, ERR_BAD_REQUEST, "The path has more than %d navigations.", URI_MAX_STEPS);
    vec_add(p->a, &p->u->steps, step);
    p->u->type = step.set->type;
    return true;
}

static bool parse_nav(struct parser *p, const struct model_nav *nav, str keys, struct err *e)
{
    struct uri_step step = {.set = nav->set, .nav = nav};
    if (!nav->set)
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "The navigation '" STR_FMT "' leads to no entity set.", STR_ARG(nav->name));
    if (!nav->many && keys.p)
        return err_set(e, ERR_BAD_REQUEST, "Invalid segment: '" STR_FMT "'.", STR_ARG(nav->name));
    p->u->kind = URI_ENTITY;
    return (!nav->many || collection_key(p, &step, keys, e)) && add_step(p, step, e);
}

static bool not_found(str name, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "Could not find property with name: '" STR_FMT "'.",
                   STR_ARG(name)) ||
           err_id(e, "segment");
}

/* Behind a property: deeper into a complex one, or $value of a primitive one. */
static bool parse_in_property(struct parser *p, str segment, struct err *e)
{
    struct uri *u = p->u;
    if (str_eqz(segment, "$value")) {
        u->value = true;
        if (u->property->complex)
            return err_set(e, ERR_NOT_FOUND, "Could not match segment: '$value'.");
        return last_expected(p, "$value", e);
    }
    const struct model_property *prop =
        u->property->complex ? model_property_named(u->property->complex, segment) : NULL;
    if (!u->property->complex)
        return err_set(e, ERR_BAD_REQUEST, "Invalid segment: '" STR_FMT "'.", STR_ARG(segment));
    if (!prop)
        return not_found(segment, e);
    u->property = prop;
    u->slot = (uint16_t)(u->slot + prop->slot);
    return true;
}

static bool parse_links(struct parser *p, struct err *e)
{
    str segment, name, keys;
    if (!more(p))
        return err_set(e, ERR_BAD_REQUEST, "'$links' must not be the last segment.");
    if (!next_segment(p, &segment, e) || !split_segment(segment, &name, &keys, e))
        return false;
    const struct model_nav *nav = model_nav_named(p->u->type, name);
    if (!nav && model_property_named(p->u->type, name))
        return err_set(e, ERR_BAD_REQUEST, "Property '" STR_FMT "' must be a navigation property.",
                       STR_ARG(name));
    if (!nav)
        return not_found(name, e);
    p->u->links = true;
    return parse_nav(p, nav, keys, e);
}

static bool parse_in_entity(struct parser *p, str segment, struct err *e)
{
    struct uri *u = p->u;
    str name, keys;
    if (str_eqz(segment, "$links"))
        return parse_links(p, e);
    if (str_eqz(segment, "$count")) {
        u->count = true;
        return last_expected(p, "$count", e);
    }
    if (str_eqz(segment, "$value")) {
        u->value = true;
        if (!u->type->has_stream)
            return err_set(e, ERR_BAD_REQUEST, "The requested resource is no media resource.");
        return last_expected(p, "$value", e);
    }
    if (!split_segment(segment, &name, &keys, e))
        return false;
    const struct model_nav *nav = model_nav_named(u->type, name);
    if (nav)
        return parse_nav(p, nav, keys, e);
    u->property = model_property_named(u->type, name);
    if (!u->property)
        return not_found(name, e);
    if (keys.p)
        return err_set(e, ERR_BAD_REQUEST, "Invalid segment: '" STR_FMT "'.", STR_ARG(segment));
    u->kind = URI_PROPERTY;
    u->slot = u->property->slot;
    return true;
}

/* A collection may only be counted. */
static bool parse_in_feed(struct parser *p, str segment, struct err *e)
{
    p->u->count = true;
    if (!str_eqz(segment, "$count"))
        return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' must be the last segment.",
                       STR_ARG(uri_last(p->u)->set->name));
    return last_expected(p, "$count", e);
}

static bool parse_rest(struct parser *p, struct err *e)
{
    str segment;
    while (more(p)) {
        if (!next_segment(p, &segment, e))
            return false;
        bool counted = str_eqz(segment, "$count");
        if (p->u->links && !counted)
            return err_set(e, ERR_BAD_REQUEST, "Invalid segment: '" STR_FMT "'.", STR_ARG(segment));
        bool ok = p->u->kind == URI_FEED       ? parse_in_feed(p, segment, e)
                  : p->u->kind == URI_PROPERTY ? parse_in_property(p, segment, e)
                                               : parse_in_entity(p, segment, e);
        if (!ok)
            return false;
    }
    return true;
}

/* Removes "Container." in front of a set. */
static bool without_container(struct parser *p, str *name, struct err *e)
{
    size_t dot = str_find_char(*name, '.', 0);
    if (dot == SIZE_MAX)
        return true;
    if (!map_get(&p->m->containers, str_sub(*name, 0, dot)))
        return err_set(e, ERR_NOT_FOUND, "Could not find container with name: '" STR_FMT "'.",
                       STR_ARG(str_sub(*name, 0, dot)));
    *name = str_from(*name, dot + 1);
    return true;
}

/* Behind a function that returns entities: a key, or $count; nothing behind others. */
static bool parse_function(struct parser *p, const struct model_function *f, str keys,
                           struct err *e)
{
    bool many = f->set && f->returns_many;
    str segment = STR("");
    p->u->kind = URI_FUNCTION;
    p->u->function = f;
    if (keys.p && !many)
        return err_set(e, ERR_BAD_REQUEST, "Invalid segment: '" STR_FMT "'.", STR_ARG(f->name));
    if (keys.n && !parse_keys(p, f->set->type, keys, &p->u->function_key, e))
        return err_id(e, "key");
    if (!more(p))
        return true;
    if (!next_segment(p, &segment, e))
        return false;
    bool primitive = f->returns != EDM_COUNT && !f->returns_many;
    p->u->count = many && !keys.n && !more(p) && str_eqz(segment, "$count");
    p->u->value = primitive && !more(p) && str_eqz(segment, "$value");
    if (!p->u->count && f->set)
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "Paths behind the function import '" STR_FMT "' are not supported.",
                       STR_ARG(f->name));
    return p->u->count || p->u->value ||
           err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' must be the last segment.", STR_ARG(f->name));
}

static bool parse_first(struct parser *p, str segment, struct err *e)
{
    static const struct {
        const char *name;
        enum uri_kind kind;
    } fixed[] = {
        {"$metadata", URI_METADATA},
        {"$batch",    URI_BATCH   },
    };
    str name, keys;
    for (size_t i = 0; i < COUNT(fixed); i++)
        if (str_eqz(segment, fixed[i].name)) {
            p->u->kind = fixed[i].kind;
            return last_expected(p, fixed[i].name, e);
        }
    if (!split_segment(segment, &name, &keys, e) || !without_container(p, &name, e))
        return false;
    const struct model_function *f = model_function_named(p->m, name);
    if (f)
        return parse_function(p, f, keys, e);
    struct uri_step step = {.set = model_set_named(p->m, name)};
    if (!step.set)
        return err_set(e, ERR_NOT_FOUND,
                       "Could not find an entity set or function import for '" STR_FMT "'.",
                       STR_ARG(name)) ||
               err_id(e, "segment");
    return collection_key(p, &step, keys, e) && add_step(p, step, e) && parse_rest(p, e);
}

bool uri_parse(const struct model *m, struct arena *a, str path, struct uri *ret, struct err *e)
{
    struct parser p = {.m = m, .a = a, .u = ret};
    str segment;
    *ret = (struct uri){.kind = URI_SERVICE};
    if (str_ends(path, STR("/")))
        path.n--;
    if (!path.n)
        return true;
    p.rest = path;
    return next_segment(&p, &segment, e) && parse_first(&p, segment, e);
}
