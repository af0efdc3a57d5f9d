/* Types, properties, keys and navigations from the EDMX. Two passes: first every name is declared,
 * then each type is filled when it is first needed, its base and its complex types before it, so
 * order in the file does not matter. Navigations are tied at the end, when all slots are known. */
#include "load.h"

#include "base/codec.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- the vocabulary: which tm: attribute may stand where ---- */
static const struct {
    const char *element, *attribute;
} vocabulary[] = {
    {"EntityType",         "table"         },
    {"EntityType",         "index"         },
    {"EntityType",         "columns"       },
    {"EntityType",         "media"         },
    {"Property",           "column"        },
    {"Property",           "readonly"      },
    {"Property",           "hidden"        },
    {"NavigationProperty", "join"          },
    {"EntitySet",          "operations"    },
    {"EntitySet",          "nav-operations"},
    {"EntitySet",          "options"       },
    {"EntitySet",          "read"          },
    {"EntitySet",          "write"         },
    {"EntitySet",          "hook"          },
    {"EntitySet",          "status"        },
    {"EntitySet",          "page"          },
    {"EntitySet",          "listed"        },
    {"FunctionImport",     "hook"          },
    {"FunctionImport",     "role"          },
    {"FunctionImport",     "status"        },
};

enum { MOST_REMARKS = 1000 };

bool load_fail(struct err *e, const struct xml_node *at, const char *fmt, ...)
{
    char text[320];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    str name = xml_attr(at, "Name");
    return err_set(e, ERR_BAD_REQUEST, "line %u: " STR_FMT " '" STR_FMT "': %s", xml_line(at),
                   STR_ARG(xml_local(at)), STR_ARG(name), text);
}

bool load_too_large(struct err *e, const struct xml_node *at, const char *text)
{
    (void)load_fail(e, at, "%s", text);
    e->code = ERR_TOO_LARGE;
    return false;
}

bool load_forgive(struct loader *l, const struct err *e)
{
    if (l->annotated || e->code != ERR_BAD_REQUEST)
        return false;
    if (l->m->remarks.n < MOST_REMARKS)
        vec_add(l->a, &l->m->remarks, arena_str(l->a, str_of(e->msg)));
    return true;
}

str load_attr(struct loader *l, const struct xml_node *n, const char *name)
{
    return arena_str(l->a, xml_attr(n, name));
}

str load_tm(struct loader *l, const struct xml_node *n, const char *name)
{
    return arena_str(l->a, xml_attr_ns(n, MODEL_TM, name));
}

void *load_named(const struct loader *l, const struct map *names, str name)
{
    void *found = map_get(names, name);
    size_t dot = str_rfind_char(name, '.');
    return found || l->annotated || dot == SIZE_MAX ? found
                                                    : map_get(names, str_from(name, dot + 1));
}

bool load_flag(str value, bool otherwise)
{
    return value.p ? str_eqz(value, "true") : otherwise;
}

static bool fill_type(struct loader *l, struct declaration *d, struct err *e) MUST_USE;

static bool number(str s, unsigned *ret)
{
    int64_t v;
    if (!s.p || str_eq_nocase(s, STR("max")))
        return true;
    if (!str_to_i64(s, &v) || v < 0 || v > INT32_MAX)
        return false;
    *ret = (unsigned)v;
    return true;
}

bool load_primitive(const struct loader *l, str type, enum edm *ret)
{
    char full[64];
    if (edm_named(type, ret))
        return *ret != EDM_COMPLEX;
    int n = snprintf(full, sizeof full, "Edm." STR_FMT, STR_ARG(type));
    return !l->annotated && n < (int)sizeof full && edm_named(str_of(full), ret) &&
           *ret != EDM_COMPLEX;
}

/* Paths of other namespaces stay in the content only. */
static void load_feed(struct loader *l, const struct xml_node *n, struct model_property *p)
{
    str path = arena_str(l->a, xml_attr_ns(n, MODEL_M, "FC_TargetPath"));
    if (!str_starts(path, STR("Syndication")))
        return;
    p->feed_path = path;
    p->feed_only = !load_flag(xml_attr_ns(n, MODEL_M, "FC_KeepInContent"), true);
}

/* Databases' own expressions ("getdate()") stand there, too: they are none of ours. */
static void load_default(struct loader *l, const struct xml_node *n, struct model_property *p)
{
    str text = load_attr(l, n, "DefaultValue");
    struct err ignored;
    if (text.p && !p->complex && !edm_parse_text(l->a, p->type, text, &p->initial, &ignored))
        p->initial = VALUE_NULL;
}

bool load_property(struct loader *l, const struct xml_node *n, struct model_property *p,
                   struct err *e)
{
    p->name = load_attr(l, n, "Name");
    p->uri_name = percent_encode(l->a, p->name, "");
    str type = xml_attr(n, "Type");
    if (!name_is_plain(p->name))
        return load_fail(e, n, "Name is missing, or no name");
    if (!load_primitive(l, type, &p->type)) {
        struct declaration *d = load_named(l, &l->declarations, type);
        if (!d || !d->type->complex)
            return load_fail(e, n, "Type: unknown type '" STR_FMT "'", STR_ARG(type));
        if (!fill_type(l, d, e))
            return false;
        p->type = EDM_COMPLEX;
        p->complex = d->type;
    }
    p->nullable = load_flag(xml_attr(n, "Nullable"), true);
    p->concurrency = str_eqz(xml_attr(n, "ConcurrencyMode"), "Fixed");
    if (!number(xml_attr(n, "MaxLength"), &p->max_length))
        return load_fail(e, n, "MaxLength: no number");
    if (!number(xml_attr(n, "Precision"), &p->precision))
        return load_fail(e, n, "Precision: no number");
    if (!number(xml_attr(n, "Scale"), &p->scale))
        return load_fail(e, n, "Scale: no number");
    load_default(l, n, p);
    load_feed(l, n, p);
    p->column = load_tm(l, n, "column");
    if (!p->column.p)
        p->column = name_snake(l->a, p->name);
    p->read_only = load_flag(xml_attr_ns(n, MODEL_TM, "readonly"), false);
    p->hidden = load_flag(xml_attr_ns(n, MODEL_TM, "hidden"), false);
    return true;
}

/* Gives p its slots behind those that t has already. */
static bool add_property(struct loader *l, struct model_type *t, struct model_property p,
                         const struct xml_node *n, struct err *e)
{
    size_t slots = p.complex ? p.complex->slots.n : 1;
    l->slots += slots;
    if (t->slots.n + slots > MODEL_MAX_SLOTS || l->slots > MODEL_MAX_ALL_SLOTS)
        return load_too_large(e, n, "too many properties");
    p.slot = (uint16_t)t->slots.n;
    p.slots = (uint16_t)slots;
    t->in_feeds |= p.feed_path.p != NULL;
    vec_add(l->a, &t->properties, p);
    const struct model_property *kept = &t->properties.at[t->properties.n - 1];
    if (!p.complex)
        vec_add(l->a, &t->slots,
                (struct model_slot){kept, p.name, p.column, edm_value_kind(p.type)});
    for (size_t i = 0; p.complex && i < slots; i++) {
        const struct model_slot *in = &p.complex->slots.at[i];
        vec_add(l->a, &t->slots,
                (struct model_slot){
                    in->property,
                    arena_fmt(l->a, STR_FMT "/" STR_FMT, STR_ARG(p.name), STR_ARG(in->path)),
                    arena_fmt(l->a, STR_FMT "_" STR_FMT, STR_ARG(p.column), STR_ARG(in->column)),
                    in->kind});
    }
    return true;
}

static bool add_keys(struct loader *l, struct model_type *t, const struct xml_node *key,
                     struct err *e)
{
    for (const struct xml_node *r = xml_first(key); r; r = xml_next(r)) {
        const struct model_property *p = model_property_named(t, xml_attr(r, "Name"));
        if (!xml_is(r, "PropertyRef"))
            continue;
        if (!p || p->complex)
            return load_fail(e, r, "Name: no property of " STR_FMT, STR_ARG(t->name));
        uint16_t i = (uint16_t)(p - t->properties.at);
        t->properties.at[i].is_key = true;
        vec_add(l->a, &t->keys, i);
    }
    return true;
}

uint16_t load_hidden(struct loader *l, struct model_type *t, str column, enum edm type)
{
    struct model_property *p = arena_new_of(l->a, struct model_property);
    *p = (struct model_property){.name = column,
                                 .column = column,
                                 .type = type,
                                 .nullable = true,
                                 .hidden = true,
                                 .read_only = true,
                                 .slot = (uint16_t)t->slots.n,
                                 .slots = 1};
    vec_add(l->a, &t->slots, (struct model_slot){p, column, column, edm_value_kind(type)});
    return p->slot;
}

/* tm:columns="message_guid Edm.String, position Edm.Int32" */
static bool add_columns(struct loader *l, struct model_type *t, const struct xml_node *n,
                        struct err *e)
{
    str list = load_tm(l, n, "columns"), one;
    while (str_split(&list, ',', &one)) {
        one = str_trim(one);
        size_t gap = str_find_char(one, ' ', 0);
        enum edm type;
        if (gap == SIZE_MAX || !edm_named(str_trim(str_from(one, gap)), &type) ||
            type == EDM_COMPLEX)
            return load_fail(e, n, "tm:columns: '" STR_FMT "' is not a name and a type",
                             STR_ARG(one));
        load_hidden(l, t, arena_str(l->a, str_sub(one, 0, gap)), type);
    }
    return true;
}

static bool has_column(const struct model_type *t, str column)
{
    for (size_t i = 0; i < t->slots.n; i++)
        if (str_eq(t->slots.at[i].column, column))
            return true;
    return false;
}

/* tm:index="a, b DESC; c" */
static bool add_indexes(struct loader *l, struct model_type *t, const struct xml_node *n,
                        struct err *e)
{
    str list = load_tm(l, n, "index"), one;
    while (str_split(&list, ';', &one)) {
        one = str_trim(one);
        str columns = one, column;
        while (str_split(&columns, ',', &column)) {
            column = str_trim(column);
            size_t gap = str_find_char(column, ' ', 0);
            str order = gap == SIZE_MAX ? STR("") : str_trim(str_from(column, gap));
            column = str_sub(column, 0, gap == SIZE_MAX ? column.n : gap);
            if (!has_column(t, column))
                return load_fail(e, n, "tm:index: no column '" STR_FMT "'", STR_ARG(column));
            if (order.n && !str_eqz(order, "DESC") && !str_eqz(order, "ASC") &&
                !str_eqz(order, "NOT NULL"))
                return load_fail(e, n, "tm:index: '" STR_FMT "' is neither ASC, DESC nor NOT NULL",
                                 STR_ARG(order));
        }
        vec_add(l->a, &t->indexes, arena_str(l->a, one));
    }
    return true;
}

/* Two properties may show one column when one of them is tm:readonly and the other is written. */
static bool shares_column(const struct model_slot *a, const struct model_slot *b)
{
    return a->property->type == b->property->type &&
           a->property->read_only != b->property->read_only;
}

static bool unique_columns(const struct model_type *t, const struct xml_node *n, struct err *e)
{
    AUTO(arena) struct arena *scratch = arena_new();
    struct map seen;
    map_init(&seen, scratch, false);
    for (size_t i = 0; i < t->slots.n; i++) {
        const struct model_slot *slot = &t->slots.at[i], *other = map_get(&seen, slot->column);
        if (other && !shares_column(slot, other))
            return load_fail(e, n, "two properties have the column '" STR_FMT "'",
                             STR_ARG(slot->column));
        map_put(&seen, slot->column, &t->slots.at[i]);
    }
    return true;
}

/* What a type has from its base: everything but the table and the extra columns. */
static bool inherit(struct loader *l, struct declaration *d, struct err *e)
{
    str name = xml_attr(d->node, "BaseType");
    if (!name.p)
        return true;
    struct declaration *base = load_named(l, &l->declarations, name);
    if (!base || base->type->complex != d->type->complex)
        return load_fail(e, d->node, "BaseType: unknown type '" STR_FMT "'", STR_ARG(name));
    if (!fill_type(l, base, e))
        return false;
    struct model_type *t = d->type;
    t->base = base->type;
    t->has_stream = base->type->has_stream;
    for (size_t i = 0; i < t->base->properties.n; i++)
        if (!add_property(l, t, t->base->properties.at[i], d->node, e))
            return false;
    for (size_t i = 0; i < t->base->keys.n; i++)
        vec_add(l->a, &t->keys, t->base->keys.at[i]);
    return true;
}

static bool fill_properties(struct loader *l, struct declaration *d, struct err *e)
{
    struct model_type *t = d->type;
    for (const struct xml_node *n = xml_first(d->node); n; n = xml_next(n)) {
        struct model_property p = {0};
        if (!xml_is(n, "Property"))
            continue;
        bool ok = load_property(l, n, &p, e);
        if (ok && model_property_named(t, p.name))
            ok = load_fail(e, n, "there are two of that name");
        if (ok ? !add_property(l, t, p, n, e) : !load_forgive(l, e))
            return false;
    }
    return true;
}

/* properties may have moved while it grew. */
static void point_slots(struct model_type *t)
{
    for (size_t i = 0; i < t->properties.n; i++)
        if (!t->properties.at[i].complex)
            t->slots.at[t->properties.at[i].slot].property = &t->properties.at[i];
}

/* tm:media: the text with the content type of the media stream. */
static bool find_media(struct loader *l, struct model_type *t, const struct xml_node *n,
                       struct err *e)
{
    str name = load_tm(l, n, "media");
    if (!name.p)
        return true;
    t->media_slot = model_slot_named(t, name);
    if (t->media_slot < 0 || !t->table.p || !t->has_stream ||
        t->slots.at[t->media_slot].property->type != EDM_STRING)
        return load_fail(e, n,
                         "tm:media: '" STR_FMT "' is no text of a type with a table and a stream",
                         STR_ARG(name));
    return true;
}

static bool fill(struct loader *l, struct declaration *d, struct err *e)
{
    struct model_type *t = d->type;
    if (!inherit(l, d, e) || !fill_properties(l, d, e))
        return false;
    t->has_stream = load_flag(xml_attr_ns(d->node, MODEL_M, "HasStream"), t->has_stream);
    t->abstract = load_flag(xml_attr(d->node, "Abstract"), false);
    const struct xml_node *key = xml_child(d->node, "Key");
    if (key && !add_keys(l, t, key, e))
        return false;
    point_slots(t);
    t->table = load_tm(l, d->node, "table");
    if (!add_columns(l, t, d->node, e) || !add_indexes(l, t, d->node, e) ||
        !find_media(l, t, d->node, e))
        return false;
    if (!t->complex && !t->keys.n && !t->abstract)
        return load_fail(e, d->node, "has no Key");
    if (!l->annotated && !t->complex && t->keys.n)
        stranger_table(l, t);
    return !t->table.p || unique_columns(t, d->node, e);
}

static bool fill_type(struct loader *l, struct declaration *d, struct err *e)
{
    if (d->state == FILLED)
        return true;
    if (d->state == FILLING)
        return load_fail(e, d->node, "contains itself, or is left out");
    if (l->depth == MODEL_MAX_DEPTH)
        return load_too_large(e, d->node, "bases or complex types are nested too deep");
    d->state = FILLING;
    l->depth++;
    bool ok = fill(l, d, e);
    l->depth--;
    if (ok)
        d->state = FILLED;
    return ok;
}

/* ---- the document ---- */
struct checker {
    const struct xml_node *element;
    struct err *e;
    bool ok;
};

static void check_start(void *arg, const struct xml_node *element)
{
    ((struct checker *)arg)->element = element;
}

static void check_attribute(void *arg, const struct xml_node *attribute, str value)
{
    struct checker *c = arg;
    (void)value;
    if (!c->ok || !str_eqz(xml_uri(attribute), MODEL_TM))
        return;
    str name = xml_local(attribute), element = xml_local(c->element);
    for (size_t i = 0; i < COUNT(vocabulary); i++)
        if (str_eqz(name, vocabulary[i].attribute) && str_eqz(element, vocabulary[i].element))
            return;
    c->ok = load_fail(c->e, c->element, "tm:" STR_FMT " is unknown here", STR_ARG(name));
}

static bool check_vocabulary(const struct xml_node *root, struct err *e)
{
    struct checker c = {.e = e, .ok = true};
    static const struct xml_events events = {.start = check_start, .attribute = check_attribute};
    xml_walk(root, &events, &c);
    return c.ok;
}

static bool load_types(struct loader *l, struct err *e)
{
    for (size_t i = 0; i < l->m->types.n; i++)
        if (!fill_type(l, map_get(&l->declarations, l->m->types.at[i]->qualified), e) &&
            !load_forgive(l, e))
            return false;
    return true;
}

static bool load_document(struct loader *l, const struct xml_node *root, struct err *e)
{
    const struct xml_node *services = xml_is(root, "Edmx") ? xml_child(root, "DataServices") : NULL;
    if (!services)
        return load_fail(e, root, "is no EDMX document");
    if (l->annotated && !check_vocabulary(root, e))
        return false;
    for (const struct xml_node *s = xml_first(services); s; s = xml_next(s)) {
        if (xml_is(s, "Schema") && !declare_schema(l, s, e))
            return false;
    }
    if (!l->containers.n)
        return load_fail(e, services, "has no EntityContainer");
    declare_aliases(l, services);
    return load_types(l, e) && load_containers(l, e) && load_all_navs(l, e);
}

bool model_load(str edmx, struct model **ret, struct err *e)
{
    struct xml_doc *doc;
    if (!xml_parse(edmx, &doc, e))
        return false;
    struct arena *a = arena_new();
    struct model *m = arena_new_of(a, struct model);
    m->arena = a;
    edmx = metadata_utf8(a, edmx, doc);
    struct loader l = {.m = m, .a = a, .annotated = str_find(edmx, STR(MODEL_TM), 0) != SIZE_MAX};
    map_init(&m->types_by_name, a, false);
    map_init(&m->sets_by_name, a, false);
    map_init(&m->functions_by_name, a, false);
    map_init(&m->containers, a, false);
    map_init(&l.declarations, a, false);
    map_init(&l.associations, a, false);
    map_init(&l.tables, a, false);
    map_init(&l.links, a, false);
    bool ok = load_document(&l, xml_root(doc), e);
    if (ok) {
        m->metadata = metadata_strip(a, edmx);
        *ret = m;
    } else {
        model_free(m);
    }
    xml_free(doc);
    return ok;
}
