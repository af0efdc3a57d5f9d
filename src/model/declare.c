/* First pass: what the schemas declare gets its names, in whatever order it stands in the file. */
#include "load.h"

/* Under its namespace, under the schema's alias, and under the plain name for whoever is first. */
static void name_type(struct loader *l, struct declaration *d, str alias)
{
    struct model_type *t = d->type;
    const str names[] = {
        t->qualified,
        alias.p ? arena_fmt(l->a, STR_FMT "." STR_FMT, STR_ARG(alias), STR_ARG(t->name)) : t->name,
        t->name};
    for (size_t i = 0; i < COUNT(names); i++)
        if (!model_type_named(l->m, names[i])) {
            map_put(&l->m->types_by_name, names[i], t);
            map_put(&l->declarations, names[i], d);
        }
}

static bool declare_type(struct loader *l, const struct xml_node *n, str ns, str alias,
                         struct err *e)
{
    struct model_type *t = arena_new_of(l->a, struct model_type);
    struct declaration *d = arena_new_of(l->a, struct declaration);
    t->name = load_attr(l, n, "Name");
    t->qualified = arena_fmt(l->a, STR_FMT "." STR_FMT, STR_ARG(ns), STR_ARG(t->name));
    t->complex = xml_is(n, "ComplexType");
    t->media_slot = -1;
    t->index = (uint16_t)l->m->types.n;
    *d = (struct declaration){.type = t, .node = n, .ns = ns};
    if (!name_is_plain(t->name))
        return load_fail(e, n, "Name is missing, or no name");
    if (model_type_named(l->m, t->qualified))
        return load_fail(e, n, "there are two types of that name");
    if (l->m->types.n >= MODEL_MAX_PARTS)
        return load_too_large(e, n, "too many types");
    vec_add(l->a, &l->m->types, t);
    name_type(l, d, alias);
    return true;
}

static void declare_constraint(struct loader *l, struct association *as,
                               const struct xml_node *side)
{
    str role = xml_attr(side, "Role");
    for (size_t i = 0; i < 2; i++)
        if (str_eq(as->ends[i].role, role))
            for (const struct xml_node *r = xml_first(side); r; r = xml_next(r))
                vec_add(l->a, &as->ends[i].refs, load_attr(l, r, "Name"));
}

static bool declare_association(struct loader *l, const struct xml_node *n, str ns, str alias,
                                struct err *e)
{
    struct association *as = arena_new_of(l->a, struct association);
    size_t ends = 0;
    if (!name_is_plain(xml_attr(n, "Name"))) /* it names tables and columns */
        return load_fail(e, n, "Name: missing or no plain name");
    as->name = arena_fmt(l->a, STR_FMT "." STR_FMT, STR_ARG(ns), STR_ARG(xml_attr(n, "Name")));
    for (const struct xml_node *c = xml_first(n); c; c = xml_next(c)) {
        if (!xml_is(c, "End"))
            continue;
        if (ends == 2)
            return load_fail(e, n, "has more than two Ends");
        as->ends[ends++] = (struct end){.role = load_attr(l, c, "Role"),
                                        .type = load_attr(l, c, "Type"),
                                        .many = str_eqz(xml_attr(c, "Multiplicity"), "*")};
    }
    if (ends != 2)
        return load_fail(e, n, "needs two Ends");
    const struct xml_node *constraint = xml_child(n, "ReferentialConstraint");
    for (const struct xml_node *c = constraint ? xml_first(constraint) : NULL; c; c = xml_next(c))
        declare_constraint(l, as, c);
    map_put(&l->associations, as->name, as);
    if (!map_get(&l->associations, load_attr(l, n, "Name")))
        map_put(&l->associations, load_attr(l, n, "Name"), as);
    if (alias.p)
        map_put(&l->associations,
                arena_fmt(l->a, STR_FMT "." STR_FMT, STR_ARG(alias), STR_ARG(xml_attr(n, "Name"))),
                as);
    return true;
}

/* The default one goes first. */
static void add_container(struct loader *l, const struct xml_node *n)
{
    vec_add(l->a, &l->containers, n);
    if (load_flag(xml_attr_ns(n, MODEL_M, "IsDefaultEntityContainer"), false)) {
        l->containers.at[l->containers.n - 1] = l->containers.at[0];
        l->containers.at[0] = n;
    }
}

bool declare_schema(struct loader *l, const struct xml_node *schema, struct err *e)
{
    str ns = load_attr(l, schema, "Namespace"), alias = load_attr(l, schema, "Alias");
    for (str rest = ns, part; str_split(&rest, '/', &part);) /* "/IWBEP/GWSAMPLE" */
        if (part.n && !name_is_plain(part))
            return load_fail(e, schema, "Namespace: no name");
    if (!l->m->ns.p)
        l->m->ns = ns;
    for (const struct xml_node *n = xml_first(schema); n; n = xml_next(n)) {
        bool type = xml_is(n, "EntityType") || xml_is(n, "ComplexType");
        if (type && !declare_type(l, n, ns, alias, e) && !load_forgive(l, e))
            return false;
        if (xml_is(n, "Association") && !declare_association(l, n, ns, alias, e) &&
            !load_forgive(l, e))
            return false;
        if (xml_is(n, "EntityContainer"))
            add_container(l, n);
    }
    return true;
}

/* <Using Namespace="N" Alias="A"/>: A.T is another name of N.T. */
static void add_alias(struct loader *l, struct map *names, str ns, str alias)
{
    for (size_t i = 0, n = names->entries.n; i < n; i++) {
        str name = names->entries.at[i].key;
        bool in = name.n > ns.n && str_starts(name, ns) && name.p[ns.n] == '.';
        str other =
            in ? arena_fmt(l->a, STR_FMT STR_FMT, STR_ARG(alias), STR_ARG(str_from(name, ns.n)))
               : STR_NONE;
        if (in && !map_get(names, other))
            map_put(names, other, names->entries.at[i].value);
    }
}

void declare_aliases(struct loader *l, const struct xml_node *services)
{
    for (const struct xml_node *s = xml_first(services); s; s = xml_next(s))
        for (const struct xml_node *n = xml_first(s); n; n = xml_next(n)) {
            str ns = xml_attr(n, "Namespace"), alias = xml_attr(n, "Alias");
            if (!xml_is(n, "Using") || !ns.n || !alias.n)
                continue;
            add_alias(l, &l->m->types_by_name, ns, alias);
            add_alias(l, &l->declarations, ns, alias);
            add_alias(l, &l->associations, ns, alias);
        }
}
