/* Navigations: where they lead, and which slots of both sides are equal. */
#include "load.h"

#include "base/codec.h"

static bool join_by_constraint(struct loader *l, struct model_type *t, struct model_nav *nav,
                               const struct end *from, const struct end *to,
                               const struct xml_node *n, struct err *e)
{
    if (from->refs.n != to->refs.n)
        return load_fail(e, n, "the ReferentialConstraint is uneven");
    for (size_t i = 0; i < from->refs.n; i++) {
        int own = model_slot_named(t, from->refs.at[i]),
            theirs = model_slot_named(nav->target, to->refs.at[i]);
        if (own < 0 || theirs < 0)
            return load_fail(e, n, "the ReferentialConstraint names no property of '" STR_FMT "'",
                             STR_ARG(own < 0 ? t->name : nav->target->name));
        vec_add(l->a, &nav->joins, (struct model_join){(uint16_t)own, (uint16_t)theirs});
    }
    return true;
}

/* tm:join="PackageId=Id, own=theirs" */
static bool join_by_attribute(struct loader *l, struct model_type *t, struct model_nav *nav,
                              str list, const struct xml_node *n, struct err *e)
{
    str one;
    nav->joins.n = 0;
    while (str_split(&list, ',', &one)) {
        size_t eq = str_find_char(one, '=', 0);
        if (eq == SIZE_MAX)
            return load_fail(e, n, "tm:join: '" STR_FMT "' is not own=theirs",
                             STR_ARG(str_trim(one)));
        str own_name = str_trim(str_sub(one, 0, eq)), their_name = str_trim(str_from(one, eq + 1));
        int own = model_slot_named(t, own_name), theirs = model_slot_named(nav->target, their_name);
        if (own < 0)
            return load_fail(e, n, "tm:join: no property '" STR_FMT "' in " STR_FMT,
                             STR_ARG(own_name), STR_ARG(t->name));
        if (theirs < 0)
            return load_fail(e, n, "tm:join: no property '" STR_FMT "' in " STR_FMT,
                             STR_ARG(their_name), STR_ARG(nav->target->name));
        vec_add(l->a, &nav->joins, (struct model_join){(uint16_t)own, (uint16_t)theirs});
    }
    return true;
}

static bool load_nav(struct loader *l, struct model_type *t, const struct xml_node *n,
                     struct err *e)
{
    struct model_nav nav = {.name = load_attr(l, n, "Name"),
                            .relationship = load_attr(l, n, "Relationship"),
                            .to_role = load_attr(l, n, "ToRole")};
    if (!name_is_plain(nav.name) || model_nav_named(t, nav.name) ||
        model_property_named(t, nav.name))
        return load_fail(e, n, "Name: missing, or there are two of that name");
    nav.uri_name = percent_encode(l->a, nav.name, "");
    const struct association *as = load_named(l, &l->associations, nav.relationship);
    if (!as)
        return load_fail(e, n, "Relationship: unknown association '" STR_FMT "'",
                         STR_ARG(nav.relationship));
    const struct end *to = NULL, *from = NULL;
    for (size_t i = 0; i < 2; i++)
        if (str_eq(as->ends[i].role, nav.to_role)) {
            to = &as->ends[i];
            from = &as->ends[1 - i];
        }
    if (!to)
        return load_fail(e, n, "ToRole: the association has no role '" STR_FMT "'",
                         STR_ARG(nav.to_role));
    nav.target = load_named(l, &l->m->types_by_name, to->type);
    if (!nav.target || nav.target->complex)
        return load_fail(e, n, "leads to the unknown type '" STR_FMT "'", STR_ARG(to->type));
    nav.many = to->many;
    nav.set = to->set.p ? model_set_named(l->m, to->set) : model_set_of_type(l->m, nav.target);
    str join = load_tm(l, n, "join");
    bool ok = join.p ? join_by_attribute(l, t, &nav, join, n, e)
                     : join_by_constraint(l, t, &nav, from, to, n, e);
    if (ok && !nav.joins.n && !l->annotated)
        stranger_join(l, t, &nav, as, from, to);
    if (ok && !l->annotated)
        stranger_index(l, &nav);
    if (ok)
        vec_add(l->a, &t->navs, nav);
    return ok;
}

/* Those of its base first: joined anew, since its hidden columns are its own. */
static bool load_navs(struct loader *l, struct model_type *t, const struct declaration *d,
                      struct err *e)
{
    if (t->complex)
        return true;
    if (d->type->base && !load_navs(l, t, map_get(&l->declarations, d->type->base->qualified), e))
        return false;
    for (const struct xml_node *n = xml_first(d->node); n; n = xml_next(n))
        if (xml_is(n, "NavigationProperty") && !load_nav(l, t, n, e) && !load_forgive(l, e))
            return false;
    return true;
}

bool load_all_navs(struct loader *l, struct err *e)
{
    for (size_t i = 0; i < l->m->types.n; i++) {
        struct model_type *t = l->m->types.at[i];
        if (!load_navs(l, t, map_get(&l->declarations, t->qualified), e))
            return false;
    }
    return true;
}
