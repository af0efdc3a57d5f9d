/* The container of the EDMX: entity sets with what they serve, association sets (where a navigation
 * leads to) and function imports. */
#include "load.h"

#include "base/codec.h"

struct word {
    const char *name;
    unsigned bit;
};
static const struct word operations[] = {
    {"list",   SET_LIST  },
    {"read",   SET_READ  },
    {"create", SET_CREATE},
    {"update", SET_UPDATE},
    {"delete", SET_DELETE},
};
enum { SET_ALL = SET_LIST | SET_READ | SET_CREATE | SET_UPDATE | SET_DELETE };
static const char *const option_names[] = {"filter", "orderby", "top",         "skip",  "skiptoken",
                                           "select", "expand",  "inlinecount", "count", "format"};

/* Next word of a list separated by blanks. */
static bool next_word(str *rest, str *ret)
{
    *rest = str_trim(*rest);
    return rest->n && str_split(rest, ' ', ret);
}

static bool load_operations(const struct xml_node *n, const char *attribute, str list,
                            unsigned *ret, struct err *e)
{
    str one;
    *ret = 0;
    while (next_word(&list, &one)) {
        unsigned bit = 0;
        for (size_t i = 0; i < COUNT(operations); i++)
            if (str_eqz(one, operations[i].name))
                bit = operations[i].bit;
        if (!bit)
            return load_fail(e, n, "tm:%s: unknown operation '" STR_FMT "'", attribute,
                             STR_ARG(one));
        *ret |= bit;
    }
    return true;
}

/* Without tm:operations: everything in a document that knows no tm:, less what sap: takes away. */
static unsigned default_operations(const struct loader *l, const struct xml_node *n)
{
    static const struct word sap[] = {
        {"creatable", SET_CREATE},
        {"updatable", SET_UPDATE},
        {"deletable", SET_DELETE},
    };
    unsigned all = l->annotated ? 0 : SET_ALL;
    for (size_t i = 0; i < COUNT(sap); i++)
        if (str_eqz(xml_attr_ns(n, MODEL_SAP, sap[i].name), "false"))
            all &= ~sap[i].bit;
    return all;
}

static bool load_options(struct loader *l, struct model_set *s, const struct xml_node *n,
                         struct err *e)
{
    str list = load_tm(l, n, "options"), one;
    s->all_options = !list.p;
    while (next_word(&list, &one)) {
        bool known = false;
        for (size_t i = 0; i < COUNT(option_names); i++)
            known |= str_eqz(one, option_names[i]);
        if (!known)
            return load_fail(e, n, "tm:options: unknown option '" STR_FMT "'", STR_ARG(one));
        vec_add(l->a, &s->options, one);
    }
    return true;
}

static bool load_status(struct model_set *s, const struct xml_node *n, struct err *e)
{
    str list = xml_attr_ns(n, MODEL_TM, "status"), one;
    int *where[] = {&s->status_create, &s->status_update, &s->status_delete};
    s->status_create = 201;
    s->status_update = s->status_delete = 204;
    for (size_t i = 0; next_word(&list, &one); i++) {
        int64_t v;
        if (i == 3 || !str_to_i64(one, &v) || v < 200 || v > 299)
            return load_fail(e, n, "tm:status: '" STR_FMT "' is not one of three success codes",
                             STR_ARG(one));
        *where[i] = (int)v;
    }
    return true;
}

static bool load_set_service(struct loader *l, struct model_set *s, const struct xml_node *n,
                             struct err *e)
{
    str ops = load_tm(l, n, "operations"), nav = load_tm(l, n, "nav-operations"),
        page = load_tm(l, n, "page");
    s->operations = default_operations(l, n);
    if (ops.p && !load_operations(n, "operations", ops, &s->operations, e))
        return false;
    s->nav_operations = s->operations;
    if (nav.p && !load_operations(n, "nav-operations", nav, &s->nav_operations, e))
        return false;
    if (!load_options(l, s, n, e) || !load_status(s, n, e))
        return false;
    s->read_role = load_tm(l, n, "read");
    s->write_role = load_tm(l, n, "write");
    s->hook = load_tm(l, n, "hook");
    s->searchable = load_flag(xml_attr_ns(n, MODEL_SAP, "searchable"), false);
    s->in_service_document = load_flag(xml_attr_ns(n, MODEL_TM, "listed"), true);
    int64_t rows = 0;
    if (page.p && (!str_to_i64(page, &rows) || rows < 1 || rows > 1000000))
        return load_fail(e, n, "tm:page: no number of rows");
    s->page = (unsigned)rows;
    if ((s->operations | s->nav_operations) && !s->hook.p && !s->type->table.p)
        return load_fail(e, n,
                         "tm:operations: there is neither a tm:hook nor a tm:table to serve them");
    return true;
}

static bool add_set(struct loader *l, struct model_set *s, const struct xml_node *n, struct err *e)
{
    if (l->m->sets.n >= MODEL_MAX_PARTS)
        return load_too_large(e, n, "too many sets");
    s->index = (uint16_t)l->m->sets.n;
    s->uri_name = percent_encode(l->a, s->name, "");
    vec_add(l->a, &l->m->sets, s);
    map_put(&l->m->sets_by_name, s->name, s);
    return true;
}

static bool load_set(struct loader *l, const struct xml_node *n, struct err *e)
{
    struct model_set *s = arena_new_of(l->a, struct model_set);
    str type = xml_attr(n, "EntityType");
    s->name = load_attr(l, n, "Name");
    s->type = load_named(l, &l->m->types_by_name, type);
    if (!s->type || s->type->complex)
        return load_fail(e, n, "EntityType: unknown type '" STR_FMT "'", STR_ARG(type));
    if (!name_is_plain(s->name) || model_set_named(l->m, s->name))
        return load_fail(e, n, "Name: missing, or there are two of that name");
    return load_set_service(l, s, n, e) && add_set(l, s, n, e);
}

/* A type that navigations or functions lead to and that no set holds gets an unlisted one under its
 * own name, so that there is an address for what they find. */
static bool give_home(struct loader *l, const struct model_type *t, struct err *e)
{
    if (!t || !t->table.p || model_set_of_type(l->m, t) || model_set_named(l->m, t->name))
        return true;
    struct model_set *s = arena_new_of(l->a, struct model_set);
    *s = (struct model_set){.name = t->name,
                            .type = t,
                            .operations = SET_ALL,
                            .nav_operations = SET_ALL,
                            .all_options = true,
                            .status_create = 201,
                            .status_update = 204,
                            .status_delete = 204};
    return add_set(l, s, l->containers.at[0], e);
}

static bool give_homes(struct loader *l, struct err *e)
{
    for (size_t i = 0; i < l->associations.entries.n && !l->annotated; i++) {
        const struct association *as = l->associations.entries.at[i].value;
        for (size_t k = 0; k < COUNT(as->ends); k++)
            if (!give_home(l, load_named(l, &l->m->types_by_name, as->ends[k].type), e))
                return false;
    }
    return true;
}

static bool load_association_set(struct loader *l, const struct xml_node *n, struct err *e)
{
    struct association *as = load_named(l, &l->associations, xml_attr(n, "Association"));
    if (!as)
        return load_fail(e, n, "Association: unknown association '" STR_FMT "'",
                         STR_ARG(xml_attr(n, "Association")));
    for (const struct xml_node *end = xml_first(n); end; end = xml_next(end)) {
        str set = load_attr(l, end, "EntitySet");
        if (!model_set_named(l->m, set))
            return load_fail(e, n, "EntitySet: unknown set '" STR_FMT "'", STR_ARG(set));
        for (size_t i = 0; i < 2; i++)
            if (str_eq(as->ends[i].role, xml_attr(end, "Role")) && !as->ends[i].set.p)
                as->ends[i].set = set;
    }
    return true;
}

static bool load_returns(struct loader *l, struct model_function *f, const struct xml_node *n,
                         struct err *e)
{
    const struct xml_node *element = xml_child(n, "ReturnType"); /* as later versions have it */
    str type = element ? load_attr(l, element, "Type") : load_attr(l, n, "ReturnType"),
        set = xml_attr(n, "EntitySet");
    f->returns = EDM_COUNT;
    if (!type.p)
        return true;
    if (str_starts(type, STR("Collection(")) && str_ends(type, STR(")"))) {
        f->returns_many = true;
        type = str_sub(type, sizeof "Collection(" - 1, type.n - 1);
    }
    if (!load_primitive(l, type, &f->returns)) {
        f->returns = EDM_COUNT;
        f->returns_type = load_named(l, &l->m->types_by_name, type);
        if (!f->returns_type)
            return load_fail(e, n, "ReturnType: unknown type '" STR_FMT "'", STR_ARG(type));
    }
    if (set.p && !(f->set = model_set_named(l->m, set)))
        return load_fail(e, n, "EntitySet: unknown set '" STR_FMT "'", STR_ARG(set));
    bool entity = f->returns_type && !f->returns_type->complex;
    if (entity && !f->set && !l->annotated) {
        if (!give_home(l, f->returns_type, e))
            return false;
        f->set = model_set_of_type(l->m, f->returns_type);
    }
    if (entity && !f->set && l->annotated)
        return load_fail(e, n, "EntitySet is missing");
    return true;
}

static bool load_function(struct loader *l, const struct xml_node *n, struct err *e)
{
    struct model_function *f = arena_new_of(l->a, struct model_function);
    str method = arena_str(l->a, xml_attr_ns(n, MODEL_M, "HttpMethod")),
        status = load_tm(l, n, "status");
    int64_t code = 0;
    f->name = load_attr(l, n, "Name");
    f->method = method.p ? method : STR("GET");
    f->hook = load_tm(l, n, "hook");
    f->role = load_tm(l, n, "role");
    if (!name_is_plain(f->name) || model_function_named(l->m, f->name) ||
        model_set_named(l->m, f->name))
        return load_fail(e, n, "Name: missing, or there are two of that name");
    if (!load_returns(l, f, n, e))
        return false;
    bool entity = f->returns_type && !f->returns_type->complex;
    if (entity && !f->set && !l->annotated)
        return true; /* it stays in $metadata; there is no address for what it returns */
    if (status.p && (!str_to_i64(status, &code) || code < 200 || code > 299))
        return load_fail(e, n, "tm:status: '" STR_FMT "' is no success code", STR_ARG(status));
    f->status = code ? (int)code : f->returns == EDM_COUNT && !f->returns_type ? 204 : 200;
    for (const struct xml_node *p = xml_first(n); p; p = xml_next(p)) {
        struct model_property parameter = {0};
        if (!xml_is(p, "Parameter") || str_eqz(xml_attr(p, "Mode"), "Out"))
            continue;
        if (!load_property(l, p, &parameter, e))
            return false;
        vec_add(l->a, &f->parameters, parameter);
    }
    vec_add(l->a, &l->m->functions, f);
    map_put(&l->m->functions_by_name, f->name, f);
    return true;
}

static bool load_part(struct loader *l, const char *element,
                      bool (*load)(struct loader *l, const struct xml_node *n, struct err *e),
                      struct err *e)
{
    for (size_t i = 0; i < l->containers.n; i++)
        for (const struct xml_node *n = xml_first(l->containers.at[i]); n; n = xml_next(n))
            if (xml_is(n, element) && !load(l, n, e) && !load_forgive(l, e))
                return false;
    return true;
}

bool load_containers(struct loader *l, struct err *e)
{
    for (size_t i = 0; i < l->containers.n; i++) {
        str name = load_attr(l, l->containers.at[i], "Name");
        if (!name.p && !l->annotated) /* nobody needs it */
            name = STR("Container");
        if (!name_is_plain(name))
            return load_fail(e, l->containers.at[i], "Name is missing, or no name");
        map_put(&l->m->containers, name, l);
        l->m->container = i ? l->m->container : name;
    }
    return load_part(l, "EntitySet", load_set, e) && give_homes(l, e) &&
           load_part(l, "AssociationSet", load_association_set, e) &&
           load_part(l, "FunctionImport", load_function, e);
}
