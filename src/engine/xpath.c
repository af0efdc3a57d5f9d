/* XPath of a flow. */
#include "engine/program.h"
#include "engine/simple_inside.h"
#include "engine/xpath_host.h"

struct flow_xpath {
    str source;
    struct xpath *compiled;
    struct host_xpath *host; /* of version 2 or 3 */
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

/* The expression with a number for each ${..}. */
static str with_numbers(struct arena *a, str expr)
{
    struct buf b = BUF(1 << 16);
    for (size_t open; (open = str_find(expr, STR("${"), 0)) != SIZE_MAX;) {
        size_t close = str_find_char(expr, '}', open);
        buf_add(&b, str_sub(expr, 0, open));
        buf_addz(&b, "1");
        expr = close == SIZE_MAX ? STR("") : str_from(expr, close + 1);
    }
    buf_add(&b, expr);
    str text = arena_str(a, buf_str(&b));
    buf_free(&b);
    return text;
}

/* Whether libxml2 will take it, as far as that is known before the message. */
static bool is_plain(const struct prepare *p, str expr, const struct map *namespaces,
                     struct flow_xpath **ret, struct err *e)
{
    struct xpath *trial;
    if (!flow_xpath_compile(p->arena, expr, namespaces, ret, e))
        return false;
    return (*ret)->compiled || !namespaces ||
           xpath_compile(p->arena, with_numbers(p->arena, without_calls(p->arena, (*ret)->source)),
                         namespaces, &trial, e);
}

bool prepare_xpath_in(const struct prepare *p, str expr, const struct map *namespaces,
                      struct flow_xpath **ret, struct err *e)
{
    struct script_hosts *hosts = p->registry ? p->registry->scripts : NULL;
    struct flow_xpath *x = NULL;
    struct err none;
    if (is_plain(p, expr, namespaces, &x, e)) {
        *ret = x;
        return true;
    }
    if (!hosts || !script_available(hosts, &none))
        return false;
    if (!x)
        x = arena_new_of(p->arena, struct flow_xpath);
    x->source = arena_str(p->arena, str_trim(expr));
    x->namespaces = namespaces;
    struct script_unit *unit = prepare_unit(p, e);
    str text = without_calls(p->arena, x->source);
    if (!unit ||
        !host_xpath_compile(p->arena, with_numbers(p->arena, text), namespaces, unit, &x->host, e))
        return false;
    p->program->waits = true;
    *ret = x;
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

/* What its ${..} make of the expression. */
static bool compile_now(const struct flow_xpath *p, struct exchange *x, struct arena *a,
                        struct xpath **ret, struct host_xpath **ret_host, struct err *e)
{
    str text;
    const struct map *namespaces = p->namespaces ? p->namespaces
                                   : x->program  ? &x->program->namespaces
                                                 : NULL;
    if (!simple_text(p->text, x, a, &text, e))
        return false;
    if (!p->host)
        return xpath_compile(a, text, namespaces, ret, e);
    *ret_host = host_xpath_once(a, text, namespaces, x->program->unit);
    return true;
}

bool flow_xpath_eval(const struct flow_xpath *p, struct exchange *x, struct arena *a,
                     struct xpath_result *ret, struct err *e)
{
    const struct xml_doc *doc = NULL;
    struct xpath *compiled = p->compiled;
    struct host_xpath *host = p->host;
    if ((p->text && !compile_now(p, x, a, &compiled, &host, e)) ||
        (!body_xml(x->body, &doc, e) && needs_document(p)))
        return err_ctx(e, "XPath '" STR_FMT "'", STR_ARG(str_sub(p->source, 0, 100)));
    e->code = ERR_NONE;
    if (host)
        return host_xpath_eval(host, x, doc, a, ret, e);
    return xpath_eval(compiled, doc, NULL, variable, x, a, ret, e);
}

str flow_xpath_source(const struct flow_xpath *p)
{
    return p->source;
}
