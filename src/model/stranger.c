/* A document that knows no tm: says nothing about tables. Every entity type gets one, under a name of
 * its own; columns that fall together in snake case are told apart; an association without a
 * constraint is kept in columns that only we see, so that any EDMX can be served from rows. */
#include "load.h"

/* "name", "name_2", ...: the first that is free. Takes it. */
static str unique(struct loader *l, struct map *taken, str name)
{
    str one = name;
    for (int i = 2; map_get(taken, one); i++)
        one = arena_fmt(l->a, STR_FMT "_%d", STR_ARG(name), i);
    map_put(taken, one, l);
    return one;
}

/* A column or table name: what SQL would not take in double quotes is not in it. */
static str plain(struct loader *l, str name)
{
    str s = name_snake(l->a, name);
    char *z = arena_strdup(l->a, s);
    for (size_t i = 0; i < s.n; i++)
        if (z[i] == '-' || z[i] == '.')
            z[i] = '_';
    return (str){z, s.n};
}

void stranger_table(struct loader *l, struct model_type *t)
{
    struct map columns;
    map_init(&columns, l->a, false);
    str name = plain(l, t->name);
    if (str_starts(name, STR("store_")) || str_starts(name, STR("sqlite_")) ||
        str_starts(name, STR("odata_"))) /* not ours to take */
        name = arena_fmt(l->a, "t_" STR_FMT, STR_ARG(name));
    t->table = unique(l, &l->tables, name);
    for (size_t i = 0; i < t->slots.n; i++)
        t->slots.at[i].column = unique(l, &columns, plain(l, t->slots.at[i].column));
    if (t->has_stream)
        t->media_slot = load_hidden(l, t, unique(l, &columns, STR("media_type")), EDM_STRING);
}

/* A slot of that name and type, if the type has one. */
static int twin(const struct model_type *t, const struct model_slot *of)
{
    int i = model_slot_named(t, of->path);
    return i >= 0 && t->slots.at[i].property->type == of->property->type ? i : -1;
}

/* Whether the dependent type has the principal's key under the same names. Not when that is all of its
 * own key though there may be many of it: then the names say nothing. */
static bool all_twins(const struct model_type *dependent, const struct model_type *principal,
                      bool many)
{
    size_t keys = 0;
    for (size_t i = 0; i < principal->keys.n; i++) {
        uint16_t key = principal->properties.at[principal->keys.at[i]].slot;
        int slot = twin(dependent, &principal->slots.at[key]);
        if (slot < 0)
            return false;
        keys += dependent->slots.at[slot].property->is_key;
    }
    return principal->keys.n > 0 && !(many && keys == dependent->keys.n);
}

/* The columns in which the dependent type keeps the principal's key. */
static uint16_t foreign_slot(struct loader *l, struct model_type *dependent,
                             const struct association *as, const struct model_slot *key)
{
    size_t dot = str_rfind_char(as->name, '.');
    str name = arena_fmt(l->a, "fk-" STR_FMT "-" STR_FMT, STR_ARG(str_from(as->name, dot + 1)),
                         STR_ARG(key->path));
    int there = model_slot_named(dependent, name);
    return there >= 0 ? (uint16_t)there : load_hidden(l, dependent, name, key->property->type);
}

/* One table for both directions. Derived types have rows, and so links, of their own. */
static void stranger_links(struct loader *l, const struct model_type *t, struct model_nav *nav,
                           const struct association *as, const struct end *from)
{
    unsigned end = from == &as->ends[1];
    const struct model_type *ends[] = {end ? nav->target : t, end ? t : nav->target};
    str name = str_from(as->name, str_rfind_char(as->name, '.') + 1),
        id = arena_fmt(l->a, STR_FMT "|" STR_FMT "|" STR_FMT, STR_ARG(as->name),
                       STR_ARG(ends[0]->qualified), STR_ARG(ends[1]->qualified));
    struct model_links *links = map_get(&l->links, id);
    if (!ends[0]->table.p || !ends[1]->table.p)
        return;
    if (!links) {
        links = arena_new_of(l->a, struct model_links);
        *links = (struct model_links){
            unique(l, &l->tables, arena_fmt(l->a, "links_" STR_FMT, STR_ARG(plain(l, name)))),
            {ends[0],          ends[1]         },
            {as->ends[0].many, as->ends[1].many}
        };
        map_put(&l->links, id, links);
        vec_add(l->a, &l->m->links, links);
    }
    nav->links = links;
    nav->end = end;
}

/* The many side keeps the key of the one side; of two equal sides the second one does. When there is no such
 * side, links do. */
void stranger_join(struct loader *l, struct model_type *t, struct model_nav *nav,
                   const struct association *as, const struct end *from, const struct end *to)
{
    struct model_type *target = l->m->types.at[nav->target->index];
    if ((from->many && to->many) || (t == target && !from->many && !to->many)) {
        stranger_links(l, t, nav, as, from);
        return;
    }
    if (t->slots.n > MODEL_MAX_SLOTS || target->slots.n > MODEL_MAX_SLOTS)
        return;
    bool we_keep = from->many || (!to->many && from == &as->ends[1]);
    struct model_type *dependent = we_keep ? t : target, *principal = we_keep ? target : t;
    bool twins =
        dependent != principal && all_twins(dependent, principal, we_keep ? from->many : to->many);
    for (size_t i = 0; i < principal->keys.n; i++) {
        uint16_t theirs = principal->properties.at[principal->keys.at[i]].slot, own;
        const struct model_slot key = principal->slots.at[theirs];
        own = twins ? (uint16_t)twin(dependent, &key) : foreign_slot(l, dependent, as, &key);
        struct model_join join = {we_keep ? own : theirs, we_keep ? theirs : own};
        vec_add(l->a, &nav->joins, join);
    }
}

/* Children are looked for by what joins them. */
void stranger_index(struct loader *l, const struct model_nav *nav)
{
    struct model_type *target = l->m->types.at[nav->target->index];
    if (!nav->many || !nav->joins.n || !target->keys.n)
        return;
    uint16_t slot = nav->joins.at[0].theirs;
    str column = target->slots.at[slot].column;
    if (target->properties.at[target->keys.at[0]].slot == slot)
        return;
    for (size_t i = 0; i < target->indexes.n; i++)
        if (str_eq(target->indexes.at[i], column))
            return;
    vec_add(l->a, &target->indexes, column);
}
