/* JSON to XML (semantics.md 19 a-c): the tree of the JSON reader is walked and written as tags. */
#include "base/json.h"
#include "steps/json_names.h"

#include <ctype.h>

enum { MAX_XML = XML_MAX_BYTES };
#define DECLARATION "<?xml version='1.0' encoding='UTF-8'?>"

struct json_to_xml {
    struct json_names names;
    bool add_root;
    str root; /* as a JSON name: a prefix may stand before it */
    str root_uri;
};
struct writer {
    const struct json_to_xml *c;
    struct buf *out;
    struct err *e;
    bool declared; /* the root's tag is written */
};

static void prepare(void *cfg, struct prepare *p)
{
    struct json_to_xml *c = cfg;
    json_names_prepare(&c->names, p);
    c->add_root = prepare_bool(p, "addXMLRootElement", true);
    c->root = str_trim(prepare_text_or(p, "additionalRootElementName", "root"));
    c->root_uri = str_trim(prepare_text(p, "additionalRootElementNamespace"));
    if (!c->add_root || !c->root_uri.n || str_find(c->root, c->names.separator, 0) != SIZE_MAX)
        return;
    str prefix = json_names_prefix(&c->names, c->root_uri);
    if (prefix.n)
        c->root = arena_fmt(p->arena, STR_FMT STR_FMT STR_FMT, STR_ARG(prefix),
                            STR_ARG(c->names.separator), STR_ARG(c->root));
    else
        prepare_unsupported(p,
                            "additionalRootElementNamespace '" STR_FMT "' without a mapped prefix",
                            STR_ARG(c->root_uri));
}

/* ---- names and texts ---- */

static bool is_name(str s)
{
    if (!s.n || isdigit((unsigned char)s.p[0]) || s.p[0] == '-' || s.p[0] == '.')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!isalnum(c) && c < 128 && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

/* "p:a" as prefix and local name of XML; what has no mapped prefix stays as it is, or loses its prefix. */
static bool write_name(struct writer *w, str name)
{
    const struct json_names *j = &w->c->names;
    size_t at = str_find(name, j->separator, 0);
    str prefix = at == SIZE_MAX ? STR("") : str_sub(name, 0, at);
    str local = at == SIZE_MAX ? name : str_from(name, at + j->separator.n);
    if (!is_name(local) || (at != SIZE_MAX && !is_name(prefix)))
        return err_set(w->e, ERR_BAD_REQUEST, "the JSON name '" STR_FMT "' is no XML name",
                       STR_ARG(name));
    if (prefix.n && j->namespaces) {
        buf_add(w->out, prefix);
        buf_add_char(w->out, ':');
    }
    buf_add(w->out, local);
    return true;
}

static bool write_text(struct writer *w, str text, bool attribute)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
            return err_set(w->e, ERR_BAD_REQUEST, "the character 0x%02x is not allowed in XML", c);
    }
    xml_escape(w->out, text, attribute);
    return true;
}

static bool scalar(const struct jr *v, str *ret)
{
    if (v->kind == JR_ARRAY || v->kind == JR_OBJECT)
        return false;
    *ret = v->kind == JR_NULL   ? STR("")
           : v->kind == JR_BOOL ? (v->b ? STR("true") : STR("false"))
                                : v->s;
    return true;
}

/* ---- elements ---- */

static bool write_attribute(struct writer *w, const struct jr *v)
{
    str text;
    if (v->kind == JR_NULL || !scalar(v, &text))
        return err_set(w->e, ERR_BAD_REQUEST, "the attribute '" STR_FMT "' has no text",
                       STR_ARG(v->key));
    buf_add_char(w->out, ' ');
    if (!write_name(w, str_from(v->key, 1)))
        return false;
    buf_addz(w->out, "=\"");
    if (!write_text(w, text, true))
        return false;
    buf_add_char(w->out, '"');
    return true;
}

static bool is_attribute(const struct jr *v)
{
    return str_starts(v->key, STR("@"));
}

/* Those in front; one behind an element is an error. */
static bool write_attributes(struct writer *w, const struct jr *object, const struct jr **ret_rest)
{
    const struct jr *v = object->kind == JR_OBJECT ? object->first : NULL;
    for (; v && is_attribute(v); v = v->next)
        if (!write_attribute(w, v))
            return false;
    *ret_rest = v;
    for (; v; v = v->next)
        if (is_attribute(v))
            return err_set(w->e, ERR_BAD_REQUEST,
                           "the attribute '" STR_FMT "' stands behind a member that is none",
                           STR_ARG(v->key));
    return true;
}

static void write_declarations(struct writer *w)
{
    const struct json_names *j = &w->c->names;
    for (size_t i = 0; i < j->n && j->namespaces && !w->declared; i++) {
        str prefix = j->mapping[i].prefix;
        buf_addf(w->out, " xmlns%s" STR_FMT "=\"", prefix.n ? ":" : "", STR_ARG(prefix));
        xml_escape(w->out, j->mapping[i].uri, true);
        buf_add_char(w->out, '"');
    }
    w->declared = true;
}

static bool write_member(struct writer *w, const struct jr *v);

static bool write_element(struct writer *w, str name, const struct jr *v)
{
    const struct jr *rest = NULL;
    str text = STR("");
    buf_add_char(w->out, '<');
    if (!write_name(w, name))
        return false;
    write_declarations(w);
    if (!write_attributes(w, v, &rest))
        return false;
    if (!rest && (!scalar(v, &text) || !text.n)) {
        buf_addz(w->out, "/>");
        return true;
    }
    buf_add_char(w->out, '>');
    if (!write_text(w, text, false))
        return false;
    for (; rest; rest = rest->next)
        if (!write_member(w, rest))
            return false;
    buf_addz(w->out, "</");
    if (!write_name(w, name))
        return false;
    buf_add_char(w->out, '>');
    return true;
}

/* A member of an object: text, one element, or one for each entry of an array. */
static bool write_repeated(struct writer *w, str name, const struct jr *v)
{
    if (v->kind != JR_ARRAY)
        return write_element(w, name, v);
    for (const struct jr *one = v->first; one; one = one->next)
        if (!write_repeated(w, name, one))
            return false;
    return true;
}

static bool write_member(struct writer *w, const struct jr *v)
{
    str text;
    if (!str_eqz(v->key, "$"))
        return write_repeated(w, v->key, v);
    if (!scalar(v, &text))
        return err_set(w->e, ERR_BAD_REQUEST, "the member '$' has no text");
    return write_text(w, text, false);
}

static bool write_document(struct writer *w, const struct jr *top)
{
    if (top->kind != JR_OBJECT)
        return err_set(w->e, ERR_BAD_REQUEST, "the JSON document is no object");
    for (const struct jr *v = top->first; v; v = v->next)
        if (is_attribute(v))
            return err_set(w->e, ERR_BAD_REQUEST, "the attribute '" STR_FMT "' stands at the top",
                           STR_ARG(v->key));
    buf_addz(w->out, DECLARATION);
    if (w->c->add_root)
        return write_element(w, w->c->root, top);
    if (top->n != 1 || top->first->kind == JR_ARRAY || str_eqz(top->first->key, "$"))
        return err_set(
            w->e, ERR_BAD_REQUEST,
            "the JSON document has no single root: add a root element, or send exactly one member");
    return write_element(w, top->first->key, top->first);
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    AUTO(buf) struct buf out = BUF(MAX_XML);
    AUTO(arena) struct arena *a = arena_new();
    struct writer w = {.c = cfg, .out = &out, .e = e};
    struct jr *top;
    if (!jr_parse(a, body_bytes(x->body), &top, e)) {
        err_ctx(e, "JSON");
        return FAIL;
    }
    if (!write_document(&w, top) || !buf_check(&out, e))
        return FAIL;
    exchange_set_body(x, body_of_buf(&out));
    return CONTINUE;
}

const struct step_type step_json_to_xml = {
    .name = "JsonToXmlConverter",
    .activity = "JsonToXmlConverter",
    .cfg_size = sizeof(struct json_to_xml),
    .prepare = prepare,
    .run = run,
};
