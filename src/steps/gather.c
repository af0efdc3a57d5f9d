/* Gather (semantics.md 17): what a splitter or multicast spread becomes one message again. Headers are those of the
 * message before it was spread; properties are overlaid by each part's in order. */
#include "base/codec.h"
#include "engine/step.h"
#include "format/zip.h"
#include "steps/xml_pieces.h"

enum { MAX_BODY = 1 << 30 };
#define MULTIMAP "<multimap:Messages xmlns:multimap=\"http://sap.com/xi/XI/SplitAndMerge\">"
#define DECLARATION "<?xml version='1.0' encoding='UTF-8'?>"

struct gather {
    bool (*combine)(const struct gather *c, struct exchange *x, struct buf *out, struct err *e);
    struct flow_xpath *source, *target;
    struct simple *file_name;
    str algorithm;
};

/* ---- combine ---- */

static bool add_part_xml(struct exchange *x, size_t i, struct buf *out, struct err *e)
{
    struct body *b = x->parts[i]->body;
    if (xml_piece(body_bytes(b), out))
        return true;
    const struct xml_doc *d;
    if (!body_xml(b, &d, e))
        return err_ctx(e, "part %zu", i + 1);
    xml_write(xml_root(d), out,
              0); /* another encoding than UTF-8, or something rare before the root */
    return true;
}

static bool combine_same(const struct gather *c, struct exchange *x, struct buf *out, struct err *e)
{
    (void)c;
    buf_addz(out, DECLARATION MULTIMAP "<multimap:Message1>");
    for (size_t i = 0; i < x->nparts; i++)
        if (!add_part_xml(x, i, out, e))
            return false;
    buf_addz(out, "</multimap:Message1></multimap:Messages>");
    return true;
}

static bool combine_different(const struct gather *c, struct exchange *x, struct buf *out,
                              struct err *e)
{
    (void)c;
    buf_addz(out, DECLARATION MULTIMAP);
    for (size_t i = 0; i < x->nparts; i++) {
        buf_addf(out, "<multimap:Message%zu>", i + 1);
        if (!add_part_xml(x, i, out, e))
            return false;
        buf_addf(out, "</multimap:Message%zu>", i + 1);
    }
    buf_addz(out, "</multimap:Messages>");
    return true;
}

static bool concatenate(const struct gather *c, struct exchange *x, struct buf *out, struct err *e)
{
    (void)c;
    (void)e;
    for (size_t i = 0; i < x->nparts; i++)
        if (x->parts[i]->body)
            buf_add(out, body_bytes(x->parts[i]->body));
    return true;
}

/* ---- merge: the first part is the frame ---- */

static bool find(const struct flow_xpath *p, struct exchange *x, size_t part,
                 struct xpath_result *ret, struct err *e)
{
    if (!flow_xpath_eval(p, x->parts[part], x->arena, ret, e))
        return err_ctx(e, "part %zu", part + 1);
    if (ret->kind == XPATH_NODES && ret->n)
        return true;
    str source = flow_xpath_source(p);
    return err_set(e, ERR_BAD_REQUEST, "the XPath '" STR_FMT "' finds nothing in part %zu",
                   STR_ARG(source), part + 1);
}

static bool add_sources(const struct gather *c, struct exchange *x, struct buf *out, struct err *e)
{
    struct xpath_result r;
    for (size_t i = 1; i < x->nparts; i++) {
        if (!find(c->source, x, i, &r, e))
            return false;
        for (size_t k = 0; k < r.n; k++)
            xml_write(r.nodes[k], out, XML_NAMESPACES);
    }
    return true;
}

/* The frame with text put inside an element, behind its children. */
static void write_inside(const struct xml_node *n, str text, struct buf *out)
{
    AUTO(buf) struct buf element = BUF(MAX_BODY);
    xml_write(n, &element, 0);
    str s = buf_str(&element);
    if (str_ends(s, STR("/>"))) {
        str prefix = xml_prefix(n), local = xml_local(n);
        buf_add(out, str_sub(s, 0, s.n - 2));
        buf_addf(out, ">" STR_FMT "</" STR_FMT "%s" STR_FMT ">", STR_ARG(text), STR_ARG(prefix),
                 prefix.n ? ":" : "", STR_ARG(local));
        return;
    }
    size_t end = str_rfind_char(s, '<');
    buf_add(out, str_sub(s, 0, end));
    buf_add(out, text);
    buf_add(out, str_from(s, end));
}

static bool merge(const struct gather *c, struct exchange *x, struct buf *out, struct err *e)
{
    struct xpath_result r, own;
    AUTO(buf) struct buf added = BUF(MAX_BODY);
    AUTO(buf) struct buf after = BUF(MAX_BODY);
    if (!find(c->source, x, 0, &own, e) || (c->target && !find(c->target, x, 0, &r, e)) ||
        !add_sources(c, x, &added, e))
        return false;
    const struct xml_node *at = c->target ? r.nodes[0] : own.nodes[own.n - 1];
    buf_addz(out, DECLARATION);
    xml_write_around(at, true, out, &after);
    if (c->target) {
        write_inside(at, buf_str(&added), out);
    } else {
        xml_write(at, out, 0);
        buf_add(out, buf_str(&added));
    }
    buf_add(out, buf_str(&after));
    return true;
}

/* ---- archive ---- */

static bool entry_name(const struct gather *c, struct exchange *x, size_t i, str *ret,
                       struct err *e)
{
    struct exchange *part = x->parts[i];
    str name = STR("");
    if (c->file_name && !simple_text(c->file_name, part, x->arena, &name, e))
        return false;
    if (!name.n)
        name = arena_str(x->arena, exchange_header(part, "CamelFileName"));
    *ret = name.n ? name : id_uuid(x->arena);
    return true;
}

static bool has_entry(const zip_entries *list, str name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->at[i].name, name))
            return true;
    return false;
}

static bool archive(const struct gather *c, struct exchange *x, struct buf *out, struct err *e)
{
    zip_entries list = {0};
    for (size_t i = 0; i < x->nparts; i++) {
        struct zip_entry entry = {.bytes =
                                      x->parts[i]->body ? body_bytes(x->parts[i]->body) : STR("")};
        if (!entry.bytes.n)
            continue;
        if (!entry_name(c, x, i, &entry.name, e))
            return false;
        if (has_entry(&list, entry.name))
            entry.name = arena_fmt(x->arena, "%zu_" STR_FMT, i + 1, STR_ARG(entry.name));
        vec_add(x->arena, &list, entry);
    }
    return zip_write(out, list.at, list.n, e);
}

/* ---- the step ---- */

static const struct {
    const char *name;
    bool (*combine)(const struct gather *c, struct exchange *x, struct buf *out, struct err *e);
} algorithms[] = {
    {"sap-identical-multi-mapping", combine_same     },
    {"sap-pi-multi-mapping",        combine_different},
    {"concatenate-strategy",        concatenate      },
    {"xpath-merge-strategy",        merge            },
    {"zip",                         archive          },
    {"zip-strategy",                archive          },
};

static void prepare(void *cfg, struct prepare *p)
{
    struct gather *c = cfg;
    c->algorithm =
        str_trim(prepare_text_or(p, "aggregationAlgorithm", "sap-identical-multi-mapping"));
    for (size_t i = 0; i < COUNT(algorithms); i++)
        if (str_eqz(c->algorithm, algorithms[i].name))
            c->combine = algorithms[i].combine;
    if (!c->combine)
        prepare_unsupported(p, "aggregationAlgorithm '" STR_FMT "'", STR_ARG(c->algorithm));
    c->file_name = prepare_simple(p, prepare_text(p, "gatherFileNames"), SIMPLE_TEXT);
    if (c->combine != merge)
        return;
    c->source = prepare_xpath(p, str_trim(prepare_text(p, "sourceXPath")));
    c->target = prepare_xpath(p, str_trim(prepare_text(p, "targetXPath")));
    if (!c->source)
        prepare_wrong(p, "xpath-merge-strategy without sourceXPath");
}

/* Parts start with the same values, so most fields are equal and at the same place. */
static void overlay(struct fields *to, const struct fields *from)
{
    for (size_t i = 0; i < from->n; i++) {
        const struct field *f = &from->at[i];
        if (i < to->n && to->at[i].value == f->value && to->at[i].name.p == f->name.p)
            continue;
        fields_set(to, f->name, datum_ref(f->value));
    }
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct gather *c = cfg;
    AUTO(buf) struct buf out = BUF(MAX_BODY);
    if (!x->nparts)
        return CONTINUE;
    if (!c->combine(c, x, &out, e) || !buf_check(&out, e))
        return FAIL;
    for (size_t i = 0; i < x->nparts; i++)
        overlay(&x->properties, &x->parts[i]->properties);
    exchange_set_body(x, body_of_buf(&out));
    exchange_drop_parts(x);
    return CONTINUE;
}

static void explain(const void *cfg, struct buf *out)
{
    const struct gather *c = cfg;
    buf_add(out, c->algorithm);
}

const struct step_type step_gather = {
    .name = "Gather",
    .activity = "Gather",
    .cfg_size = sizeof(struct gather),
    .prepare = prepare,
    .run = run,
    .explain = explain,
    .meets = true,
};
