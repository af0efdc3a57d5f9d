/* Filter: the body becomes what an XPath finds in it (format.md 3). */
#include "engine/step.h"

enum filter_kind { FILTER_NODES, FILTER_NODE, FILTER_STRING, FILTER_INTEGER, FILTER_BOOLEAN };
struct filter {
    struct flow_xpath *xpath;
    enum filter_kind kind;
};

static const char *const kind_names[] = {
    [FILTER_NODES] = "Nodelist",  [FILTER_NODE] = "Node",       [FILTER_STRING] = "String",
    [FILTER_INTEGER] = "Integer", [FILTER_BOOLEAN] = "Boolean",
};

static void prepare(void *cfg, struct prepare *p)
{
    struct filter *c = cfg;
    str kind = str_trim(prepare_text_or(p, "xpathType", "Nodelist"));
    size_t i = 0;
    while (i < COUNT(kind_names) && !str_eq_nocase(kind, str_of(kind_names[i])))
        i++;
    if (i == COUNT(kind_names))
        prepare_unsupported(p, "xpathType '" STR_FMT "'", STR_ARG(kind));
    c->kind = (enum filter_kind)(i % COUNT(kind_names));
    c->xpath = prepare_xpath(p, str_trim(prepare_text(p, "wrapContent")));
    if (!c->xpath)
        prepare_wrong(p, "the filter's XPath");
}

static struct body *nodes_body(const struct xpath_result *r, size_t most)
{
    AUTO(buf) struct buf out = BUF(XML_MAX_BYTES);
    for (size_t i = 0; i < r->n && i < most; i++)
        xml_write(r->nodes[i], &out, XML_NAMESPACES);
    return body_of_buf(&out);
}

/* A Filter may leave elements without a root; what follows sees them as a fragment, in which "//" finds them and an
 * absolute path finds nothing. */
static bool eval_fragment(const struct filter *c, struct exchange *x, struct xpath_result *ret)
{
    AUTO(buf) struct buf out = BUF(XML_MAX_BYTES);
    struct err e = {0};
    struct body *old = x->body;
    str s = str_trim(old ? body_bytes(old) : STR(""));
    if (!str_starts(s, STR("<")))
        return false;
    buf_addf(&out, "<fragment>" STR_FMT "</fragment>", STR_ARG(s));
    body_ref(old);
    exchange_set_body(x, body_of_buf(&out));
    bool ok = flow_xpath_eval(c->xpath, x, x->arena, ret, &e);
    if (!ok)
        exchange_set_body(x, old);
    else
        body_unref(old);
    return ok;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct filter *c = cfg;
    struct xpath_result r;
    if (!flow_xpath_eval(c->xpath, x, x->arena, &r, e) && !eval_fragment(c, x, &r))
        return FAIL;
    *e = (struct err){0};
    bool nodes = r.kind == XPATH_NODES && (c->kind == FILTER_NODES || c->kind == FILTER_NODE);
    if (c->kind == FILTER_BOOLEAN)
        exchange_set_body(x, body_of_text(xpath_truth(&r) ? STR("true") : STR("false")));
    else if (nodes)
        exchange_set_body(x, nodes_body(&r, c->kind == FILTER_NODE ? 1 : SIZE_MAX));
    else
        exchange_set_body(x, body_of_text(xpath_text(x->arena, &r)));
    return CONTINUE;
}

static void explain(const void *cfg, struct buf *out)
{
    const struct filter *c = cfg;
    buf_addf(out, "%s " STR_FMT, kind_names[c->kind], STR_ARG(flow_xpath_source(c->xpath)));
}

const struct step_type step_filter = {
    .name = "Filter",
    .activity = "Filter",
    .cfg_size = sizeof(struct filter),
    .prepare = prepare,
    .run = run,
    .explain = explain,
};
