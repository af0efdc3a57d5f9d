#include "odata/options.h"

#include "base/codec.h"

const char *const option_names[] = {"$format", "$filter", "$inlinecount", "$orderby", "$skiptoken",
                                    "$skip",   "$top",    "$expand",      "$select"};

/* ---- splitting ---- */
static int option_named(str name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (name.n > 1 && name.p[1] == option_names[i][1] && str_eqz(name, option_names[i]))
            return (int)i;
    return -1;
}

static bool keep(struct arena *a, str part, struct options *o, struct err *e)
{
    str name, value;
    size_t eq = str_find_char(part, '=', 0);
    if (!percent_decode(a, str_sub(part, 0, eq), true, &name) || !utf8_valid(name))
        return err_set(e, ERR_BAD_REQUEST, "Invalid URI syntax.");
    if (!str_starts(name, STR("$")))
        return true;
    int i = option_named(name);
    if (i < 0 || o->raw[i].p)
        return err_set(e, ERR_BAD_REQUEST, "Invalid system query option: '" STR_FMT "'.",
                       STR_ARG(str_sub(name, 0, 200)));
    if (!percent_decode(a, eq == SIZE_MAX ? STR("") : str_from(part, eq + 1), true, &value) ||
        !utf8_valid(value))
        return err_set(e, ERR_BAD_REQUEST, "Invalid URI syntax.");
    if (!str_trim(value).n)
        return err_set(e, ERR_BAD_REQUEST, "Invalid value: '%s'.", option_names[i]);
    o->raw[i] = value;
    return true;
}

bool options_split(struct arena *a, str query, struct options *o, struct err *e)
{
    str part;
    *o = (struct options){.top = -1};
    while (str_split(&query, '&', &part))
        if (part.n && !keep(a, part, o, e))
            return false;
    return true;
}

str options_next(struct arena *a, str query, int64_t top, str token)
{
    AUTO(buf) struct buf out = BUF(query.n + token.n * 3 + 64);
    str part, name;
    while (str_split(&query, '&', &part)) {
        if (!percent_decode(a, str_sub(part, 0, str_find_char(part, '=', 0)), true, &name) ||
            !part.n)
            continue;
        int i = option_named(name);
        if (i == OPTION_SKIP || i == OPTION_SKIPTOKEN || i == OPTION_TOP)
            continue;
        buf_add(&out, part);
        buf_add_char(&out, '&');
    }
    if (top >= 0)
        buf_addf(&out, "$top=%lld&", (long long)top);
    buf_addz(&out, "$skiptoken=");
    percent_write(&out, token, "'(),");
    return arena_str(a, buf_str(&out));
}

/* ---- what is legal where ---- */
#define B(o) (1U << OPTION_##o)
enum {
    FEED = B(FORMAT) | B(FILTER) | B(INLINECOUNT) | B(ORDERBY) | B(SKIPTOKEN) | B(SKIP) | B(TOP) |
           B(EXPAND) | B(SELECT),
    ENTITY = B(FORMAT) | B(FILTER) | B(EXPAND) | B(SELECT),
    LINKS_MANY = FEED & ~(B(EXPAND) | B(SELECT)),
    LINKS_ONE = B(FORMAT) | B(FILTER),
    COUNTING = B(FILTER) | B(ORDERBY) | B(SKIP) | B(TOP)
};

static unsigned legal(const struct uri *u)
{
    if (u->count)
        return COUNTING;
    if (u->value)
        return u->kind == URI_ENTITY ? B(FILTER) : 0;
    if (u->links)
        return u->kind == URI_FEED ? LINKS_MANY : LINKS_ONE;
    switch (u->kind) {
    case URI_FEED:
        return FEED;
    case URI_ENTITY:
        return ENTITY;
    case URI_FUNCTION:
        if (!u->function->set)
            return B(FORMAT);
        return u->function->returns_many && !u->function_key ? FEED : ENTITY;
    case URI_SERVICE:
    case URI_PROPERTY:
    case URI_METADATA: /* Gateway tolerates $format there */
        return B(FORMAT);
    case URI_BATCH:
        break;
    }
    return 0;
}

/* What the set itself serves (tm:options). */
static bool served(const struct model_set *set, str option)
{
    bool found = set->all_options || str_eqz(option, "format") || str_eqz(option, "skiptoken");
    for (size_t i = 0; i < set->options.n; i++)
        found |= str_eq(set->options.at[i], option);
    return found;
}

static bool check(const struct uri *u, const struct options *o, struct err *e)
{
    const struct model_set *set = u->function  ? u->function->set
                                  : u->steps.n ? uri_last(u)->set
                                               : NULL;
    unsigned bits = legal(u);
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (!o->raw[i].p)
            continue;
        if (!(bits & 1U << i))
            return err_set(e, ERR_BAD_REQUEST,
                           "System query option '%s' is not compatible with the return type.",
                           option_names[i]);
        if (set && !served(set, str_of(option_names[i] + 1)))
            return err_set(e, ERR_NOT_IMPLEMENTED, "The query option %s is not supported",
                           option_names[i]);
    }
    if (u->count && set && !served(set, STR("count")))
        return err_set(e, ERR_NOT_IMPLEMENTED, "$count is not supported");
    return true;
}

/* ---- numbers ---- */
static bool number(str s, int64_t *ret, struct err *e)
{
    int64_t v;
    if (!s.p)
        return true;
    if (s.p[0] == '+' || !str_to_i64(s, &v) || v > INT32_MAX)
        return err_set(e, ERR_BAD_REQUEST, "Invalid value: '" STR_FMT "'.",
                       STR_ARG(str_sub(s, 0, 100)));
    if (v < 0 || s.p[0] == '-')
        return err_set(e, ERR_BAD_REQUEST, "Provided value '" STR_FMT "' must not be negative.",
                       STR_ARG(s));
    *ret = v;
    return true;
}

static bool bind_inlinecount(struct options *o, struct err *e)
{
    str s = o->raw[OPTION_INLINECOUNT];
    o->inlinecount = str_eqz(s, "allpages");
    return !s.p || o->inlinecount || str_eqz(s, "none") ||
           err_set(e, ERR_BAD_REQUEST, "Invalid value: '" STR_FMT "'.",
                   STR_ARG(str_sub(s, 0, 100)));
}

/* ---- $select and $expand ---- */
static struct pick everything = {.all = true};

static struct pick *pick_new(struct arena *a, const struct model_type *t, bool all)
{
    struct pick *p = arena_new_of(a, struct pick);
    p->all = all;
    p->props = arena_new_array(a, bool, t->properties.n);
    return p;
}

/* The branch of that navigation; NULL: not there. */
static struct pick_nav *branch(struct pick *p, const struct model_nav *nav)
{
    for (size_t i = 0; i < p->navs.n; i++)
        if (p->navs.at[i].nav == nav)
            return &p->navs.at[i];
    return NULL;
}

static bool unknown_name(str name, struct err *e)
{
    return err_set(e, ERR_NOT_FOUND, "Could not find property with name: '" STR_FMT "'.",
                   STR_ARG(str_sub(name, 0, 200)));
}

static bool select_path(struct arena *a, const struct model_type *t, struct pick *p, str path,
                        struct err *e)
{
    str name;
    for (unsigned depth = 0; str_split(&path, '/', &name); depth++) {
        const struct model_property *prop = model_property_named(t, name);
        const struct model_nav *nav = prop ? NULL : model_nav_named(t, name);
        bool star = str_eqz(name, "*");
        if (!star && !prop && !nav)
            return unknown_name(name, e);
        if ((star || prop) && path.p)
            return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' must be the last segment.",
                           STR_ARG(name));
        if (depth == PICK_MAX_DEPTH)
            return err_set(e, ERR_BAD_REQUEST, "$select is deeper than %d.", PICK_MAX_DEPTH);
        if (star)
            p->all = true;
        if (prop)
            p->props[prop - t->properties.at] = true;
        if (!nav)
            return true;
        if (!branch(p, nav))
            vec_add(a, &p->navs, (struct pick_nav){nav, false, pick_new(a, nav->target, false)});
        p = branch(p, nav)->sub;
        p->all |= !path.p;
        t = nav->target;
    }
    return true;
}

/* A navigation that $select leaves out is not expanded. */
static bool expand_path(struct arena *a, const struct model_type *t, struct pick *p, str path,
                        struct err *e)
{
    str name;
    for (unsigned depth = 0; str_split(&path, '/', &name); depth++) {
        const struct model_nav *nav = model_nav_named(t, name);
        if (!nav && model_property_named(t, name))
            return err_set(e, ERR_BAD_REQUEST,
                           "Property '" STR_FMT "' must be a navigation property.", STR_ARG(name));
        if (!nav)
            return unknown_name(name, e);
        if (depth == PICK_MAX_DEPTH)
            return err_set(e, ERR_BAD_REQUEST, "$expand is deeper than %d.", PICK_MAX_DEPTH);
        t = nav->target;
        if (!p)
            continue;
        if (!branch(p, nav) && p->all)
            vec_add(a, &p->navs, (struct pick_nav){nav, false, pick_new(a, t, true)});
        struct pick_nav *to = branch(p, nav);
        if (to)
            to->expand = true;
        p = to ? to->sub : NULL;
    }
    return true;
}

static bool each_path(struct arena *a, const struct model_type *t, struct pick *p, str list,
                      struct err *e,
                      bool (*one)(struct arena *a, const struct model_type *t, struct pick *p,
                                  str path, struct err *e))
{
    str path;
    while (str_split(&list, ',', &path)) {
        path = str_trim(path);
        if (!path.n)
            return err_set(e, ERR_BAD_REQUEST, "No empty segment allowed.");
        if (!one(a, t, p, path, e))
            return false;
    }
    return true;
}

static bool bind_pick(struct arena *a, const struct model_type *t, struct options *o, struct err *e)
{
    str select = o->raw[OPTION_SELECT], expand = o->raw[OPTION_EXPAND];
    o->pick = &everything;
    if (!select.p && !expand.p)
        return true;
    o->pick = pick_new(a, t, !select.p);
    return each_path(a, t, o->pick, select, e, select_path) &&
           each_path(a, t, o->pick, expand, e, expand_path);
}

bool options_bind(struct arena *a, const struct model *types, const struct uri *u,
                  struct options *o, struct err *e)
{
    const struct model_type *t = u->function ? u->function->returns_type : u->type;
    str filter = o->raw[OPTION_FILTER], orderby = o->raw[OPTION_ORDERBY];
    o->pick = &everything;
    if (!check(u, o, e) || !number(o->raw[OPTION_TOP], &o->top, e) ||
        !number(o->raw[OPTION_SKIP], &o->skip, e))
        return false;
    if (!t || t->complex)
        return true;
    if (filter.p && !filter_parse(a, types, t, filter, &o->filter, e))
        return false;
    if (orderby.p && !orderby_parse(a, types, t, orderby, &o->orderby, e))
        return false;
    return bind_inlinecount(o, e) && bind_pick(a, t, o, e);
}
