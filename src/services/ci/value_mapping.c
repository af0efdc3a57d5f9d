/* value_mapping: what deployed value mappings say. value_mapping.xml is groups of entries (agency, schema, value);
 * two entries of one group are mapped to each other, both ways. One table for each artifact, by
 * "agency, schema, value" to the group and by "group, agency, schema" to the value. */
#include "services/ci/parts.h"

#include "format/xml.h"

struct table {
    struct arena *arena;
    struct map groups; /* agency 0 schema 0 value -> (str *) group */
    struct map values; /* group 0 agency 0 schema -> (str *) value */
};
struct value_mappings {
    pthread_rwlock_t lock;
    struct arena *arena; /* names */
    struct map tables;   /* artifact id -> struct table * */
};

struct value_mappings *value_mappings_new(void)
{
    struct arena *a = arena_new();
    struct value_mappings *v = arena_new_of(a, struct value_mappings);
    v->arena = a;
    map_init(&v->tables, a, false);
    pthread_rwlock_init(&v->lock, NULL);
    return v;
}

void value_mappings_free(struct value_mappings *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->tables.entries.n; i++) {
        struct table *t = v->tables.entries.at[i].value;
        if (t)
            arena_free(t->arena);
    }
    pthread_rwlock_destroy(&v->lock);
    arena_free(v->arena);
}

/* Texts with a separator that no name has. */
static str key3(struct arena *a, str one, str two, str three)
{
    return arena_fmt(a, STR_FMT "\x1f" STR_FMT "\x1f" STR_FMT, STR_ARG(one), STR_ARG(two),
                     STR_ARG(three));
}

static void put_once(struct table *t, struct map *m, str key, str value)
{
    if (map_get(m, key))
        return;
    str *v = arena_new_of(t->arena, str);
    *v = value;
    map_put(m, key, v);
}

static str child_text(struct arena *a, const struct xml_node *n, const char *name)
{
    const struct xml_node *c = xml_child(n, name);
    return c ? xml_text(a, c) : STR("");
}

static void read_group(struct table *t, const struct xml_node *group, size_t number)
{
    str id = arena_fmt(t->arena, "%zu", number);
    for (const struct xml_node *n = xml_first(group); n; n = xml_next(n)) {
        if (!xml_is(n, "entry"))
            continue;
        str agency = child_text(t->arena, n, "agency"), schema = child_text(t->arena, n, "schema"),
            value = child_text(t->arena, n, "value");
        put_once(t, &t->groups, key3(t->arena, agency, schema, value), id);
        put_once(t, &t->values, key3(t->arena, id, agency, schema), value);
    }
}

static struct table *read_table(str xml, struct err *e)
{
    struct xml_doc *doc;
    if (!xml_parse(xml, &doc, e))
        return NULL;
    struct arena *a = arena_new();
    struct table *t = arena_new_of(a, struct table);
    size_t number = 0;
    t->arena = a;
    map_init(&t->groups, a, false);
    map_init(&t->values, a, false);
    for (const struct xml_node *n = xml_first(xml_root(doc)); n; n = xml_next(n))
        if (xml_is(n, "group"))
            read_group(t, n, ++number);
    xml_free(doc);
    return t;
}

static void replace(struct value_mappings *v, str id, struct table *by)
{
    pthread_rwlock_wrlock(&v->lock);
    struct table *old = map_remove(&v->tables, id);
    if (by)
        map_put(&v->tables, arena_str(v->arena, id), by);
    pthread_rwlock_unlock(&v->lock);
    if (old)
        arena_free(old->arena);
}

bool value_mappings_put(struct value_mappings *v, str id, const struct map *files, struct err *e)
{
    const str *xml = map_get(files, STR("value_mapping.xml"));
    struct table *t = xml ? read_table(*xml, e) : NULL;
    if (!xml)
        return err_set(e, ERR_BAD_REQUEST, "the bundle has no value_mapping.xml");
    if (t)
        replace(v, id, t);
    return t != NULL;
}

void value_mappings_remove(struct value_mappings *v, str id)
{
    replace(v, id, NULL);
}

bool ci_value_mapping(void *arg, const str *five, struct arena *a, str *ret, struct err *e)
{
    struct value_mappings *v = ((struct ci *)arg)->mappings;
    str from = key3(a, five[0], five[1], five[2]);
    (void)e;
    *ret = STR_NONE;
    pthread_rwlock_rdlock(&v->lock);
    for (size_t i = 0; i < v->tables.entries.n && !ret->p; i++) {
        const struct table *t = v->tables.entries.at[i].value;
        const str *group = t ? map_get(&t->groups, from) : NULL;
        const str *value = group ? map_get(&t->values, key3(a, *group, five[3], five[4])) : NULL;
        if (value)
            *ret = arena_str(a, *value);
    }
    pthread_rwlock_unlock(&v->lock);
    return true;
}
