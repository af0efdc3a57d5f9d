/* XPath of a flow. */
#include "engine/program.h"
#include "engine/simple_inside.h"

struct flow_xpath {
    str source;
    struct xpath *compiled;
    struct simple
        *text; /* with ${..}, or with prefixes of a flow not known here: compiled when it runs */
    const struct map *namespaces;
};

/* function:simple('${x}') calls Simple: the quotes stay, the value stands between them. */
static str without_calls(struct arena *a, str expr)
{
    static const char CALL[] = "function:simple(";
    size_t at;
    while ((at = str_find(expr, STR("function:simple("), 0)) != SIZE_MAX)
        expr = arena_fmt(a, STR_FMT "string(" STR_FMT, STR_ARG(str_sub(expr, 0, at)),
                         STR_ARG(str_from(expr, at + sizeof CALL - 1)));
    return expr;
}

bool flow_xpath_compile(struct arena *a, str expr, const struct map *namespaces,
                        struct flow_xpath **ret, struct err *e)
{
    struct flow_xpath *p = arena_new_of(a, struct flow_xpath);
    p->source = arena_str(a, str_trim(expr));
    p->namespaces = namespaces;
    str text = without_calls(a, p->source);
    bool late = str_find(text, STR("${"), 0) != SIZE_MAX ||
                (!namespaces && str_find_char(text, ':', 0) != SIZE_MAX);
    bool ok = late ? simple_parse_text(a, text, false, &p->text, e)
                   : xpath_compile(a, text, namespaces, &p->compiled, e);
    if (!ok)
        return err_ctx(e, "XPath '" STR_FMT "'", STR_ARG(str_sub(p->source, 0, 100)));
    *ret = p;
    return true;
}

static bool variable(void *arg, str name, str *ret)
{
    struct exchange *x = arg;
    const struct field *f = fields_find(&x->headers, name);
    if (!f)
        f = fields_find(&x->properties, name);
    *ret = f ? datum_str(x->arena, f->value) : STR("");
    return f != NULL;
}

/* An expression without a path needs no document. */
static bool needs_document(const struct flow_xpath *p)
{
    return str_find_char(p->source, '/', 0) != SIZE_MAX ||
           str_find_char(p->source, '(', 0) != SIZE_MAX ||
           str_find_char(p->source, '$', 0) == SIZE_MAX;
}

bool flow_xpath_eval(const struct flow_xpath *p, struct exchange *x, struct arena *a,
                     struct xpath_result *ret, struct err *e)
{
    const struct xml_doc *doc = NULL;
    struct xpath *compiled = p->compiled;
    str text;
    if (!compiled) {
        const struct map *namespaces = p->namespaces ? p->namespaces
                                       : x->program  ? &x->program->namespaces
                                                     : NULL;
        if (!simple_text(p->text, x, a, &text, e) ||
            !xpath_compile(a, text, namespaces, &compiled, e))
            return err_ctx(e, "XPath '" STR_FMT "'", STR_ARG(str_sub(p->source, 0, 100)));
    }
    if (!body_xml(x->body, &doc, e) && needs_document(p))
        return err_ctx(e, "XPath '" STR_FMT "'", STR_ARG(str_sub(p->source, 0, 100)));
    e->code = ERR_NONE;
    return xpath_eval(compiled, doc, NULL, variable, x, a, ret, e);
}

str flow_xpath_source(const struct flow_xpath *p)
{
    return p->source;
}
