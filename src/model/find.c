#include "model/model.h"

const struct model_type *model_type_named(const struct model *m, str name)
{
    return map_get(&m->types_by_name, name);
}

const struct model_set *model_set_named(const struct model *m, str name)
{
    return map_get(&m->sets_by_name, name);
}

const struct model_set *model_set_of_type(const struct model *m, const struct model_type *t)
{
    for (; t; t = t->base)
        for (size_t i = 0; i < m->sets.n; i++)
            if (m->sets.at[i]->type == t)
                return m->sets.at[i];
    return NULL;
}

const struct model_function *model_function_named(const struct model *m, str name)
{
    return map_get(&m->functions_by_name, name);
}

const struct model_property *model_property_named(const struct model_type *t, str name)
{
    for (size_t i = 0; i < t->properties.n; i++)
        if (str_eq(t->properties.at[i].name, name))
            return &t->properties.at[i];
    return NULL;
}

const struct model_nav *model_nav_named(const struct model_type *t, str name)
{
    for (size_t i = 0; i < t->navs.n; i++)
        if (str_eq(t->navs.at[i].name, name))
            return &t->navs.at[i];
    return NULL;
}

int model_slot_named(const struct model_type *t, str path)
{
    for (size_t i = 0; i < t->slots.n; i++)
        if (str_eq(t->slots.at[i].path, path))
            return (int)i;
    return -1;
}

void model_free(struct model *m)
{
    if (m)
        arena_free(m->arena);
}
