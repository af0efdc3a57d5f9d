/* value_mapping: what deployed value mappings say (mapping/value_mapping.h); the first one that answers wins. */
#include "services/ci/parts.h"

#include "mapping/value_mapping.h"

struct table { /* of one artifact */
    struct arena *arena;
    struct value_mapping *values;
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

static struct table *read_table(str xml, struct err *e)
{
    struct arena *a = arena_new();
    struct table *t = arena_new_of(a, struct table);
    t->arena = a;
    if (value_mapping_read(a, xml, &t->values, e))
        return t;
    arena_free(a);
    return NULL;
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
    const struct value_query q = {five[0], five[1], five[2], five[3], five[4]};
    str found;
    (void)e;
    *ret = STR_NONE;
    pthread_rwlock_rdlock(&v->lock);
    for (size_t i = 0; i < v->tables.entries.n && !ret->p; i++) {
        const struct table *t = v->tables.entries.at[i].value;
        if (t && value_mapping_find(t->values, &q, &found))
            *ret = arena_str(a, found);
    }
    pthread_rwlock_unlock(&v->lock);
    return true;
}
