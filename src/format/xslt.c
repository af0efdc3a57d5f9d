/* XSLT on libxslt. Like compiled XPath, a compiled stylesheet changes while it runs (caches in its
 * expressions), so each struct xslt keeps a list of them and a run takes one. The input is copied,
 * because libxslt strips white space from it and marks its nodes. Errors and messages of both libraries
 * end in a thread-local text: their handlers are process-wide. */
#include "format/xslt.h"

#include "base/codec.h"
#include "format/xpath_functions.h"
#include "format/xslt_check.h"

#include <libxml/xpathInternals.h>
#include <libxslt/documents.h>
#include <libxslt/extensions.h>
#include <libxslt/imports.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEEPEST = 1500, MOST_OPERATIONS = 100000000, MOST_PARAMS = 256, MOST_FILES = 100 };

struct instance {
    struct instance *next;
    xsltStylesheet *sheet;
};
struct xslt {
    struct arena *arena;
    str source, path;
    xslt_file_fn *file;
    void *arg;
    pthread_mutex_t lock;
    struct instance *idle;
    VEC(str) params;
};
struct run { /* one compilation or transformation of this thread */
    const struct xslt *xslt;
    const struct xslt_host *host;
    struct err *e;
    struct err library; /* the first structured error */
    struct xpath_state state;
    char text[400]; /* what the libraries said */
    size_t n;
    unsigned files;
};
static _Thread_local struct run *current;

static void PRINTF(2, 3) on_text(void *unused, const char *fmt, ...)
{
    struct run *r = current;
    va_list ap;
    (void)unused;
    if (!r || r->n >= sizeof r->text - 1)
        return;
    va_start(ap, fmt);
    int n = vsnprintf(r->text + r->n, sizeof r->text - r->n, fmt, ap);
    va_end(ap);
    r->n = n > 0 && (size_t)n < sizeof r->text - r->n ? r->n + (size_t)n : sizeof r->text - 1;
}

static bool fail(struct run *r, const char *doing)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->text[i] == '\n')
            r->text[i] = ' ';
    if (r->e->code)
        return false;
    str text = str_trim((str){r->text, r->n});
    return err_set(r->e, ERR_BAD_REQUEST, "XSLT: %s: %s%s" STR_FMT, doing, r->library.msg,
                   text.n && r->library.code ? ": " : "", STR_ARG(text));
}

/* ---- files ---- */
static bool inside(str path)
{
    str rest = path, part;
    if (!path.n || path.p[0] == '/' || str_find_char(path, ':', 0) != SIZE_MAX)
        return false;
    while (str_split(&rest, '/', &part))
        if (str_eqz(part, ".."))
            return false;
    return true;
}

static xmlDoc *load_bundle_file(struct run *r, str path, bool stylesheet)
{
    struct xml_doc *doc;
    str bytes;
    if (r->files++ >= MOST_FILES) {
        err_set(r->e, ERR_TOO_LARGE, "XSLT: more than %d files are loaded", MOST_FILES);
        return NULL;
    }
    if (!inside(path) || !r->xslt->file || !r->xslt->file(r->xslt->arg, path, &bytes)) {
        err_set(r->e, ERR_BAD_REQUEST, "XSLT: no file '" STR_FMT "' in the bundle",
                STR_ARG(str_sub(path, 0, 200)));
        return NULL;
    }
    if (!xml_parse(bytes, &doc, r->e)) {
        err_ctx(r->e, STR_FMT, STR_ARG(str_sub(path, 0, 60)));
        return NULL;
    }
    if (!stylesheet || xslt_check(xml_lib_doc(doc), r->e))
        return xml_lib_doc(doc);
    xml_free(doc);
    return NULL;
}

static xmlDoc *load(const xmlChar *uri, xmlDict *dict, int options, void *context,
                    xsltLoadType type)
{
    struct run *r = current;
    str path;
    (void)dict;
    (void)options;
    (void)context;
    AUTO(arena) struct arena *a = arena_new();
    if (!r || r->e->code || !percent_decode(a, str_of((const char *)uri), false, &path))
        return NULL;
    xmlDoc *doc = load_bundle_file(r, path, type == XSLT_LOAD_STYLESHEET);
    if (doc)
        doc->URL = xmlStrdup(uri);
    return doc;
}

/* ---- functions ---- */
static str pop(xmlXPathParserContext *c)
{
    return str_of((const char *)xmlXPathPopString(c));
}

static void drop(str s)
{
    xmlFree((void *)(uintptr_t)s.p);
}

/* ([exchange,] name, value) */
static void set_value(xmlXPathParserContext *c, int n, bool property)
{
    if (n != 2 && n != 3) {
        xmlXPathErr(c, XPATH_INVALID_ARITY);
        return;
    }
    str value = pop(c), name = pop(c);
    if (n == 3)
        xmlXPathFreeObject(valuePop(c));
    const struct xslt_host *h = current->host;
    if (h && h->set && name.p && value.p)
        h->set(h->arg, property, name, value);
    drop(name);
    drop(value);
    valuePush(c, xmlXPathNewCString(""));
}

/* ([exchange,] name) */
static void get_value(xmlXPathParserContext *c, int n, bool property)
{
    str value = STR("");
    if (n != 1 && n != 2) {
        xmlXPathErr(c, XPATH_INVALID_ARITY);
        return;
    }
    str name = pop(c);
    if (n == 2)
        xmlXPathFreeObject(valuePop(c));
    const struct xslt_host *h = current->host;
    if (!h || !h->get || !name.p || !h->get(h->arg, property, name, &value) || !utf8_valid(value))
        value = STR("");
    valuePush(c, xmlXPathWrapString(xmlStrndup(xml_z(value.p ? value.p : ""), (int)value.n)));
    drop(name);
}

static void set_header(xmlXPathParserContext *c, int n)
{
    set_value(c, n, false);
}

static void set_property(xmlXPathParserContext *c, int n)
{
    set_value(c, n, true);
}

static void get_header(xmlXPathParserContext *c, int n)
{
    get_value(c, n, false);
}

static void get_property(xmlXPathParserContext *c, int n)
{
    get_value(c, n, true);
}

/* tm-join(items, separator): one value as it is, nodes with the separator between them. */
static void join(xmlXPathParserContext *c, int n)
{
    if (n != 2) {
        xmlXPathErr(c, XPATH_INVALID_ARITY);
        return;
    }
    bool nodes = c->valueNr >= 2 && c->valueTab[c->valueNr - 2]->type == XPATH_NODESET;
    if (nodes) {
        xpath_string_join(c, n);
        return;
    }
    drop(pop(c));
    str s = pop(c);
    valuePush(c, xmlXPathWrapString(xmlStrdup(xml_z(s.p ? s.p : ""))));
    drop(s);
}

static xsltSecurityPrefs *rights;

static void setup(void)
{
    static const struct {
        const char *name;
        xmlXPathFunction fn;
    } functions[] = {
        {"setHeader",   set_header  },
        {"setProperty", set_property},
        {"getHeader",   get_header  },
        {"getProperty", get_property}
    };
    static const xsltSecurityOption forbidden[] = {
        XSLT_SECPREF_WRITE_FILE, XSLT_SECPREF_CREATE_DIRECTORY, XSLT_SECPREF_READ_NETWORK,
        XSLT_SECPREF_WRITE_NETWORK};
    xml_setup();
    xsltSetGenericErrorFunc(NULL, on_text);
    xsltSetLoaderFunc(load); /* "reading files" reads the bundle */
    for (size_t i = 0; i < COUNT(functions); i++)
        xsltRegisterExtModuleFunction(xml_z(functions[i].name), xml_z(SAP_URI), functions[i].fn);
    rights = xsltNewSecurityPrefs();
    for (size_t i = 0; i < COUNT(forbidden); i++)
        xsltSetSecurityPrefs(rights, forbidden[i], xsltSecurityForbid);
}

/* ---- compiling ---- */
static void instance_free(struct instance *i)
{
    xsltFreeStylesheet(i->sheet);
    free(i);
}

static xsltStylesheet *compile_document(struct run *r, struct xml_doc *doc)
{
    xmlDoc *d = xml_lib_doc(doc);
    d->URL = xmlStrdup(xml_z(r->xslt->path.p));
    if (!xslt_check(d, r->e)) {
        xml_free(doc);
        return NULL;
    }
    xsltStylesheet *sheet = xsltParseStylesheetDoc(d);
    if (!sheet) {
        xml_free(doc);
        fail(r, "compiling");
        return NULL;
    }
    if (sheet->errors || r->e->code) {
        fail(r, "compiling");
        xsltFreeStylesheet(sheet);
        return NULL;
    }
    return sheet;
}

static struct instance *instance_new(const struct xslt *s, struct err *e)
{
    struct run r = {.xslt = s, .e = e}, *outer = current;
    struct xml_doc *doc;
    if (!xml_parse(s->source, &doc, e))
        return NULL;
    struct err *former = xml_catch(&r.library);
    current = &r;
    xsltStylesheet *sheet = compile_document(&r, doc);
    current = outer;
    xml_uncatch(former);
    if (!sheet)
        return NULL;
    if (!sheet->encoding && !(sheet->method && xmlStrEqual(sheet->method, xml_z("html"))))
        sheet->encoding = xmlStrdup(xml_z("UTF-8"));
    struct instance *i = mem_alloc(sizeof *i);
    *i = (struct instance){.sheet = sheet};
    return i;
}

static void collect_params(struct xslt *s, xsltStylesheet *sheet)
{
    for (xsltStylesheet *one = sheet; one; one = xsltNextImport(one))
        for (const xsltStackElem *v = one->variables; v; v = v->next)
            if (v->comp && v->comp->type == XSLT_FUNC_PARAM && s->params.n < MOST_PARAMS)
                vec_add(s->arena, &s->params, arena_str(s->arena, str_of((const char *)v->name)));
}

bool xslt_compile(str stylesheet, str path, xslt_file_fn *file, void *arg, struct xslt **ret,
                  struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, setup);
    struct arena *a = arena_new();
    struct xslt *s = arena_new_of(a, struct xslt);
    *s = (struct xslt){.arena = a, .source = arena_str(a, stylesheet), .file = file, .arg = arg};
    s->path = arena_str(a, path.n ? path : STR("stylesheet.xsl"));
    pthread_mutex_init(&s->lock, NULL);
    s->idle = instance_new(s, e);
    if (!s->idle) {
        xslt_free(s);
        return false;
    }
    collect_params(s, s->idle->sheet);
    *ret = s;
    return true;
}

void xslt_free(struct xslt *s)
{
    if (!s)
        return;
    for (struct instance *i = s->idle, *next; i; i = next) {
        next = i->next;
        instance_free(i);
    }
    pthread_mutex_destroy(&s->lock);
    arena_free(s->arena);
}

size_t xslt_nparams(const struct xslt *s)
{
    return s->params.n;
}

str xslt_param(const struct xslt *s, size_t i)
{
    return s->params.at[i];
}

/* ---- running ---- */
static struct instance *take(struct xslt *s, struct err *e)
{
    pthread_mutex_lock(&s->lock);
    struct instance *i = s->idle;
    if (i)
        s->idle = i->next;
    pthread_mutex_unlock(&s->lock);
    return i ? i : instance_new(s, e);
}

static void put_back(struct xslt *s, struct instance *i)
{
    pthread_mutex_lock(&s->lock);
    i->next = s->idle;
    s->idle = i;
    pthread_mutex_unlock(&s->lock);
}

static bool pass_params(struct run *r, xsltTransformContext *c, const str *params)
{
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; params && i < r->xslt->params.n; i++) {
        if (!params[i].p)
            continue;
        if (!utf8_valid(params[i]))
            return err_set(r->e, ERR_BAD_REQUEST,
                           "XSLT: the value for the parameter " STR_FMT " is not UTF-8",
                           STR_ARG(r->xslt->params.at[i]));
        xsltQuoteOneUserParam(c, xml_z(r->xslt->params.at[i].p), xml_z(arena_strdup(a, params[i])));
    }
    return true;
}

/* An XML result as the original writes it: no line break behind the declaration, nor at the end unless
 * it is indented. */
static void add_result(xsltStylesheet *sheet, struct buf *out, str s)
{
    const xmlChar *method = NULL;
    int indent = -1;
    XSLT_GET_IMPORT_PTR(method, sheet, method)
    XSLT_GET_IMPORT_INT(indent, sheet, indent)
    if (method && !xmlStrEqual(method, xml_z("xml"))) {
        buf_add(out, s);
        return;
    }
    size_t end = str_starts(s, STR("<?xml ")) ? str_find(s, STR("?>\n"), 0) : SIZE_MAX;
    if (end != SIZE_MAX) {
        buf_add(out, str_sub(s, 0, end + 2));
        s = str_from(s, end + 3);
    }
    buf_add(out, indent <= 0 && str_ends(s, STR("\n")) ? str_sub(s, 0, s.n - 1) : s);
}

static bool transform(struct run *r, xsltStylesheet *sheet, xmlDoc *in, const str *params,
                      struct buf *out)
{
    xsltTransformContext *c = xsltNewTransformContext(sheet, in);
    xmlChar *text = NULL;
    int n = 0;
    xsltSetCtxtSecurityPrefs(rights, c);
    xsltSetTransformErrorFunc(c, NULL, on_text);
    c->maxTemplateDepth = DEEPEST;
    c->opLimit = MOST_OPERATIONS;
    xpath_functions_register(c->xpathCtxt, &r->state);
    xmlXPathRegisterFunc(c->xpathCtxt, xml_z(XSLT_JOIN), join);
    xmlDoc *result = NULL;
    if (pass_params(r, c, params))
        result = xsltApplyStylesheetUser(sheet, in, NULL, NULL, NULL, c);
    bool ok = result && c->state == XSLT_STATE_OK && !r->e->code &&
              xsltSaveResultToString(&text, &n, result, sheet) == 0;
    if (ok)
        add_result(sheet, out, (str){(const char *)text, (size_t)n});
    else
        fail(r, "transforming");
    xmlFree(text);
    xmlFreeDoc(result);
    xsltFreeTransformContext(c);
    return ok && buf_check(out, r->e);
}

bool xslt_run(const struct xslt *shared, const struct xml_doc *in, const str *params,
              const struct xslt_host *host, struct buf *out, struct err *e)
{
    struct xslt *s =
        (struct xslt *)(uintptr_t)shared; /* only its list of instances changes, under its lock */
    struct run r = {.xslt = s, .host = host, .e = e}, *outer = current;
    e->code = ERR_NONE;
    struct instance *i = take(s, e);
    if (!i)
        return false;
    struct err *former = xml_catch(&r.library);
    r.state.e = &r.library;
    current = &r;
    xmlDoc *copy = xmlCopyDoc(xml_lib_doc(in), 1);
    bool ok = transform(&r, i->sheet, copy, params, out);
    xmlFreeDoc(copy);
    current = outer;
    xml_uncatch(former);
    arena_free(r.state.arena);
    put_back(s, i);
    return ok;
}
