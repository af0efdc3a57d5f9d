/* XPath on libxml2. A compiled expression of libxml2 caches functions while it runs, and a context is
 * dear to set up; so each expression keeps a list of ready pairs. An evaluation takes one (or makes one)
 * and puts it back: threads never share a pair, and the usual evaluation allocates next to nothing. */
#include "format/xpath_lib.h"

#include "base/codec.h"
#include "format/xml_lib.h"
#include "format/xpath_functions.h"

#include <libxml/xpathInternals.h>
#include <pthread.h>
#include <stdlib.h>

enum { MOST_OPERATIONS = 500000000 };

struct pair {
    struct pair *next;
    xmlXPathContext *context;
    xmlXPathCompExpr *compiled;
    struct xpath_state state;
};
struct namespace
{
    const char *prefix, *uri;
};
struct xpath {
    str source, text; /* as given, as rewritten */
    struct namespace *namespaces;
    size_t nnamespaces;
    pthread_mutex_t lock;
    struct pair *idle;
};

static void pair_free(struct pair *p)
{
    xmlXPathFreeCompExpr(p->compiled);
    xmlXPathFreeContext(p->context);
    arena_free(p->state.arena);
    free(p);
}

static void xpath_free(void *arg)
{
    struct xpath *x = arg;
    for (struct pair *p = x->idle, *next; p; p = next) {
        next = p->next;
        pair_free(p);
    }
    pthread_mutex_destroy(&x->lock);
}

static bool fail(const struct xpath *x, const struct err *why, struct err *e)
{
    return err_set(e, why->code ? why->code : ERR_BAD_REQUEST, "XPath '" STR_FMT "': %s",
                   STR_ARG(str_sub(x->source, 0, 200)), why->code ? why->msg : "not valid");
}

static struct pair *pair_new(const struct xpath *x, struct err *e)
{
    struct pair *p = mem_alloc(sizeof *p);
    struct err why = {0}, *former = xml_catch(&why);
    *p = (struct pair){.context = xmlXPathNewContext(NULL)};
    for (size_t i = 0; i < x->nnamespaces; i++)
        xmlXPathRegisterNs(p->context, xml_z(x->namespaces[i].prefix), xml_z(x->namespaces[i].uri));
    xpath_functions_register(p->context, &p->state);
    p->compiled = xmlXPathCtxtCompile(p->context, xml_z(x->text.p));
    xml_uncatch(former);
    if (p->compiled)
        return p;
    fail(x, &why, e);
    pair_free(p);
    return NULL;
}

static struct pair *take(struct xpath *x, struct err *e)
{
    pthread_mutex_lock(&x->lock);
    struct pair *p = x->idle;
    if (p)
        x->idle = p->next;
    pthread_mutex_unlock(&x->lock);
    return p ? p : pair_new(x, e);
}

static void put_back(struct xpath *x, struct pair *p)
{
    pthread_mutex_lock(&x->lock);
    p->next = x->idle;
    x->idle = p;
    pthread_mutex_unlock(&x->lock);
}

static void copy_namespaces(struct arena *a, struct xpath *x, const struct map *m)
{
    x->namespaces = arena_new_array(a, struct namespace, m->entries.n);
    for (size_t i = 0; i < m->entries.n; i++) {
        const str *uri = m->entries.at[i].value;
        str prefix = m->entries.at[i].key;
        if (uri)
            x->namespaces[x->nnamespaces++] = (struct namespace){
                prefix.n ? arena_strdup(a, prefix) : XPATH_DEFAULT_PREFIX, arena_strdup(a, *uri)};
    }
}

bool xpath_compile(struct arena *a, str expr, const struct map *namespaces, struct xpath **ret,
                   struct err *e)
{
    struct xpath *x = arena_new_of(a, struct xpath);
    xml_setup();
    if (!utf8_valid(expr))
        return err_set(e, ERR_BAD_REQUEST, "XPath: not UTF-8");
    x->source = arena_str(a, str_trim(expr));
    struct xpath_dialect d = {.namespaces = namespaces};
    if (!xpath_rewrite(a, expr, &d, &x->text, e))
        return false;
    if (namespaces)
        copy_namespaces(a, x, namespaces);
    pthread_mutex_init(&x->lock, NULL);
    struct pair *p = pair_new(x, e);
    if (!p) {
        pthread_mutex_destroy(&x->lock);
        return false;
    }
    put_back(x, p);
    arena_defer(a, xpath_free, x);
    *ret = x;
    return true;
}

/* ---- evaluation ---- */
struct variables {
    xpath_variable_fn *fn;
    void *arg;
    struct err *e;
};

static xmlXPathObject *look_up(void *arg, const xmlChar *name, const xmlChar *uri)
{
    struct variables *v = arg;
    str value = STR("");
    (void)uri;
    if (!v->fn || !v->fn(v->arg, str_of((const char *)name), &value)) {
        err_set(v->e, ERR_BAD_REQUEST, "variable $%.100s is unknown", (const char *)name);
        return NULL;
    }
    value = value.p ? value : STR("");
    if (!utf8_valid(value)) {
        err_set(v->e, ERR_BAD_REQUEST, "variable $%.100s is not UTF-8", (const char *)name);
        return NULL;
    }
    return xmlXPathWrapString(xmlStrndup(xml_z(value.p), (int)value.n));
}

/* Document nodes become their root element; namespace nodes, which the object owns, are left out. */
static void copy_nodes(struct arena *a, const xmlNodeSet *set, struct xpath_result *ret)
{
    size_t n = set && set->nodeNr > 0 ? (size_t)set->nodeNr : 0;
    ret->nodes = arena_new_array(a, const struct xml_node *, n);
    for (size_t i = 0; i < n; i++) {
        xmlNode *node = set->nodeTab[i];
        if (node->type == XML_DOCUMENT_NODE)
            node = xmlDocGetRootElement((xmlDoc *)node);
        if (node && node->type != XML_NAMESPACE_DECL)
            ret->nodes[ret->n++] = xml_our_node(node);
    }
}

static bool copy_result(struct arena *a, const xmlXPathObject *o, struct xpath_result *ret)
{
    *ret = (struct xpath_result){0};
    if (o->type == XPATH_NODESET) {
        ret->kind = XPATH_NODES;
        copy_nodes(a, o->nodesetval, ret);
    } else if (o->type == LIB_XPATH_BOOLEAN) {
        ret->kind = XPATH_BOOLEAN;
        ret->b = o->boolval;
    } else if (o->type == LIB_XPATH_NUMBER) {
        ret->kind = XPATH_NUMBER;
        ret->number = o->floatval;
    } else if (o->type == LIB_XPATH_STRING) {
        ret->kind = XPATH_STRING;
        ret->s = arena_str(a, str_of((const char *)o->stringval));
    } else {
        return false;
    }
    return true;
}

static const struct xml_doc *empty_document(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static xmlDoc *doc;
    pthread_mutex_lock(&lock);
    doc = doc ? doc : xmlNewDoc(xml_z("1.0"));
    pthread_mutex_unlock(&lock);
    return (const struct xml_doc *)doc;
}

static void aim(struct pair *p, const struct xml_doc *doc, const struct xml_node *node,
                struct variables *v)
{
    xmlXPathContext *c = p->context;
    c->doc = xml_lib_doc(doc ? doc : empty_document());
    c->node = node ? (xmlNode *)(uintptr_t)node : (xmlNode *)c->doc;
    c->contextSize = c->proximityPosition = 1;
    c->opLimit = MOST_OPERATIONS;
    c->opCount = 0;
    p->state.e = v->e;
    xmlXPathRegisterVariableLookup(c, look_up, v);
}

bool xpath_eval(const struct xpath *shared, const struct xml_doc *doc,
                const struct xml_node *context, xpath_variable_fn *var, void *arg, struct arena *a,
                struct xpath_result *ret, struct err *e)
{
    struct xpath *x =
        (struct xpath *)(uintptr_t)shared; /* only its list of pairs changes, under its lock */
    struct pair *p = take(x, e);
    if (!p)
        return false;
    struct err why = {0}, *former = xml_catch(&why);
    struct variables v = {var, arg, &why};
    aim(p, doc, context, &v);
    xmlXPathObject *o = xmlXPathCompiledEval(p->compiled, p->context);
    xml_uncatch(former);
    bool ok = o && !why.code && copy_result(a, o, ret);
    xmlXPathFreeObject(o);
    if (!ok) {
        pair_free(p); /* whatever state the error left */
        return fail(x, &why, e);
    }
    put_back(x, p);
    return true;
}

bool xpath_truth(const struct xpath_result *r)
{
    switch (r->kind) {
    case XPATH_NODES:
        return r->n > 0;
    case XPATH_STRING:
        return r->s.n > 0;
    case XPATH_NUMBER:
        return r->number < 0 || r->number > 0;
    case XPATH_BOOLEAN:
        return r->b;
    }
    return false;
}

str xpath_text(struct arena *a, const struct xpath_result *r)
{
    if (r->kind == XPATH_NODES)
        return r->n ? xml_text(a, r->nodes[0]) : STR("");
    if (r->kind == XPATH_STRING)
        return r->s;
    if (r->kind == XPATH_BOOLEAN)
        return r->b ? STR("true") : STR("false");
    xmlChar *z = xmlXPathCastNumberToString(r->number);
    str s = arena_str(a, str_of((const char *)z));
    xmlFree(z);
    return s;
}
