#include "mapping/value_mapping.h"

#include "format/xml.h"

#include <stdio.h>

enum { LONGEST = 2048 }; /* agency, schema and value together that can be asked for */

struct entry {
    str agency, schema, value;
    struct entry *group; /* the next entry of its group, in a ring */
    struct entry *same;  /* the next with the same key, in order of the file */
};
struct value_mapping {
    struct arena *arena;
    struct map entries; /* agency, schema, value -> (struct entry *) */
    size_t n;
};

/* The lengths keep "a|b" + "c" apart from "a" + "b|c". */
static str key_of(struct arena *a, str agency, str schema, str value)
{
    return arena_fmt(a, "%zu %zu " STR_FMT STR_FMT STR_FMT, agency.n, schema.n, STR_ARG(agency),
                     STR_ARG(schema), STR_ARG(value));
}

static str child_text(struct arena *a, const struct xml_node *n, const char *name)
{
    const struct xml_node *c = xml_child(n, name);
    return c ? xml_text(a, c) : STR("");
}

static struct entry *read_entry(struct value_mapping *v, const struct xml_node *n)
{
    struct entry *x = arena_new_of(v->arena, struct entry);
    x->agency = str_trim(child_text(v->arena, n, "agency"));
    x->schema = str_trim(child_text(v->arena, n, "schema"));
    x->value = child_text(v->arena, n, "value");
    x->group = x;
    if (x->agency.n + x->schema.n + x->value.n > LONGEST)
        return x; /* only reached through its group */
    str key = key_of(v->arena, x->agency, x->schema, x->value);
    struct entry *first = map_get(&v->entries, key);
    if (!first) {
        map_put(&v->entries, key, x);
        return x;
    }
    x->same = first->same; /* after the first; order among the others does not matter */
    first->same = x;
    return x;
}

static bool read_group(struct value_mapping *v, const struct xml_node *group, struct err *e)
{
    struct entry *last = NULL;
    for (const struct xml_node *n = xml_first(group); n; n = xml_next(n)) {
        if (!xml_is(n, "entry"))
            continue;
        if (++v->n > VALUE_MAPPING_ENTRIES)
            return err_set(e, ERR_TOO_LARGE, "more than %d entries", VALUE_MAPPING_ENTRIES);
        struct entry *x = read_entry(v, n);
        if (last) {
            x->group = last->group;
            last->group = x;
        }
        last = x;
    }
    return true;
}

bool value_mapping_read(struct arena *a, str xml, struct value_mapping **ret, struct err *e)
{
    struct xml_doc *doc;
    struct value_mapping *v = arena_new_of(a, struct value_mapping);
    v->arena = a;
    map_init(&v->entries, a, false);
    if (!xml_parse(xml, &doc, e))
        return err_ctx(e, "value_mapping.xml");
    bool ok = xml_is(xml_root(doc), "vm") ||
              err_set(e, ERR_BAD_REQUEST, "value_mapping.xml: the root is not 'vm'");
    for (const struct xml_node *n = xml_first(xml_root(doc)); ok && n; n = xml_next(n))
        ok = !xml_is(n, "group") || read_group(v, n, e);
    xml_free(doc);
    if (ok)
        *ret = v;
    return ok;
}

static const struct entry *in_group(const struct entry *x, str agency, str schema)
{
    for (const struct entry *o = x->group; o != x; o = o->group)
        if (str_eq(o->agency, agency) && str_eq(o->schema, schema))
            return o;
    return NULL;
}

bool value_mapping_find(const struct value_mapping *v, const struct value_query *q, str *ret)
{
    char small[LONGEST + 64];
    int n = snprintf(small, sizeof small, "%zu %zu " STR_FMT STR_FMT STR_FMT, q->source_agency.n,
                     q->source_schema.n, STR_ARG(q->source_agency), STR_ARG(q->source_schema),
                     STR_ARG(q->value));
    if (n < 0 || (size_t)n >= sizeof small)
        return false;
    for (const struct entry *x = map_get(&v->entries, (str){small, (size_t)n}); x; x = x->same) {
        const struct entry *found = in_group(x, q->target_agency, q->target_schema);
        if (found) {
            *ret = found->value;
            return true;
        }
    }
    return false;
}

size_t value_mapping_size(const struct value_mapping *v)
{
    return v->n;
}
