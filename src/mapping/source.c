/* One walk over the document fills the queues of all source fields: the fields somebody wants stand in a tree, which is
 * gone down together with the document. */
#include "mapping/inside.h"

enum { MOST_SUBTREE = 64 << 20 };

struct reading {
    struct eval *v;
    struct err *e;
    bool failed;
};

static void open_contexts(struct reading *r, const struct source *s)
{
    for (size_t i = 0; i < s->contexts.n; i++)
        queue_open(r->v->a, &r->v->queues[s->contexts.at[i]]);
}

static void add_value(struct reading *r, const struct source *s, str value)
{
    for (size_t i = 0; i < s->values.n; i++)
        queue_add(r->v->a, &r->v->queues[s->values.at[i]], entry_text(value));
    r->v->nvalues += s->values.n + s->contexts.n;
    if (!r->failed && (r->v->nvalues > MOST_VALUES || arena_size(r->v->a) > MOST_MEMORY)) {
        r->failed = true;
        err_set(r->e, ERR_TOO_LARGE, "the document is too large for the mapping");
    }
}

static void add_subtree(struct reading *r, const struct source *s, const struct xml_node *n)
{
    AUTO(buf) struct buf b = BUF(MOST_SUBTREE);
    if (!s->subtrees.n || r->failed)
        return;
    xml_write(n, &b, XML_NAMESPACES);
    struct entry x = entry_text(arena_str(r->v->a, buf_str(&b)));
    for (size_t i = 0; i < s->subtrees.n; i++)
        queue_add(r->v->a, &r->v->queues[s->subtrees.at[i]], x);
}

static const struct source *child(const struct source *s, str name, str uri)
{
    const struct source *c = map_get(&s->children, name);
    while (c && !c->any_uri && !str_eq(c->uri, uri))
        c = c->same;
    return c;
}

static void read_attributes(struct reading *r, const struct source *s, const struct xml_node *n)
{
    for (size_t i = 0; i < s->children.entries.n; i++)
        for (const struct source *c = s->children.entries.at[i].value; c; c = c->same) {
            str value =
                c->attribute ? xml_attr_ns(n, c->uri.p ? c->uri.p : NULL, c->name.p) : STR_NONE;
            if (value.p)
                add_value(r, c, value);
        }
}

static void read_element(struct reading *r, const struct source *s, const struct xml_node *n)
{
    const struct xml_node *first = xml_first(n);
    open_contexts(r, s);
    if (s->values.n || s->contexts.n)
        add_value(r, s, s->values.n && !s->has_elements && !first ? xml_text(r->v->a, n) : STR(""));
    add_subtree(r, s, n);
    if (s->has_attributes)
        read_attributes(r, s, n);
    for (; first && s->has_elements && !r->failed; first = xml_next(first)) {
        const struct source *c = child(s, xml_local(first), xml_uri(first));
        if (c)
            read_element(r, c, first);
    }
}

/* Where the context never occurs there is one empty context. */
static void complete(struct eval *v)
{
    for (size_t i = 0; i < v->m->ops.n; i++)
        if (v->m->ops.at[i].kind == OP_SOURCE && !v->queues[i].ends.n)
            queue_open(v->a, &v->queues[i]);
}

bool source_read_xml(struct eval *v, const struct xml_doc *doc, struct err *e)
{
    struct reading r = {.v = v, .e = e};
    const struct xml_node *root = xml_root(doc);
    open_contexts(&r, &v->m->source);
    const struct source *c = child(&v->m->source, xml_local(root), xml_uri(root));
    if (c)
        read_element(&r, c, root);
    complete(v);
    return !r.failed;
}

static void read_json(struct reading *r, const struct source *s, const struct jr *j)
{
    if (r->failed || j->kind == JR_NULL)
        return;
    if (j->kind == JR_ARRAY) {
        for (const struct jr *x = j->first; x; x = x->next)
            read_json(r, s, x);
        return;
    }
    open_contexts(r, s);
    add_value(r, s,
              j->kind == JR_OBJECT ? STR("")
              : j->kind == JR_BOOL ? (j->b ? STR("true") : STR("false"))
                                   : j->s);
    for (const struct jr *m = j->kind == JR_OBJECT ? j->first : NULL; m; m = m->next) {
        const struct source *c = child(s, m->key, STR_NONE);
        if (c)
            read_json(r, c, m);
    }
}

/* The root stands for the object, or for every one of the array. */
bool source_read_json(struct eval *v, const struct jr *json, struct err *e)
{
    struct reading r = {.v = v, .e = e};
    open_contexts(&r, &v->m->source);
    for (size_t i = 0; i < v->m->source.children.entries.n; i++)
        read_json(&r, v->m->source.children.entries.at[i].value, json);
    complete(v);
    return !r.failed;
}
