/* Reading and walking of XML on libxml2's tree. Its limits are replaced by ours (XML_PARSE_HUGE
 * lifts them, the handlers below set depth and refuse what can grow: entities and attribute
 * defaults), since a body may well hold one text of 20 MB. Errors reach struct err through one
 * structured handler and a thread-local target, because some of libxml2's layers know no parser
 * context to report to. */

#include "format/xml_lib.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <pthread.h>

enum {
    MOST_ATTRIBUTES = 4096,
    OPTIONS = XML_PARSE_NONET | XML_PARSE_COMPACT | XML_PARSE_HUGE | XML_PARSE_BIG_LINES
};

/* ---- set-up and errors ---- */
static _Thread_local struct err *target;

struct err *xml_catch(struct err *e)
{
    struct err *former = target;
    target = e;
    e->code = ERR_NONE;
    return former;
}

void xml_uncatch(struct err *former)
{
    target = former;
}

static void on_error(void *unused, xmlErrorPtr x)
{
    (void)unused;
    if (!target || target->code || x->level < XML_ERR_ERROR)
        return;
    str text = str_trim(str_of(x->message));
    if (x->domain == XML_FROM_XPATH) /* its caller names the expression */
        err_set(target, ERR_BAD_REQUEST, STR_FMT, STR_ARG(text));
    else if (x->line > 0)
        err_set(target, ERR_BAD_REQUEST, "XML, line %d: " STR_FMT, x->line, STR_ARG(text));
    else
        err_set(target, ERR_BAD_REQUEST, "XML: " STR_FMT, STR_ARG(text));
}

static void PRINTF(2, 3) on_generic_error(void *unused, const char *fmt, ...)
{
    (void)unused;
    (void)fmt;
}

static xmlParserInput *load_nothing(const char *url, const char *id, xmlParserCtxt *context)
{
    (void)url;
    (void)id;
    (void)context;
    return NULL;
}

static void setup(void)
{
    LIBXML_TEST_VERSION
    xmlInitParser();
    xmlSetExternalEntityLoader(load_nothing);
    xmlSetGenericErrorFunc(NULL, on_generic_error);
    xmlThrDefSetGenericErrorFunc(NULL, on_generic_error);
    xmlSetStructuredErrorFunc(NULL, on_error);
    xmlThrDefSetStructuredErrorFunc(NULL, on_error);
}

void xml_setup(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, setup);
}

/* ---- parsing ---- */
static void stop(void *context, enum err_code code, const char *what)
{
    xmlParserCtxt *c = context;
    if (target && !target->code)
        err_set(target, code, "XML, line %d: %s", xmlSAX2GetLineNumber(c), what);
    xmlStopParser(c);
}

static void on_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system_id, xmlChar *content)
{
    (void)name;
    (void)type;
    (void)public_id;
    (void)system_id;
    (void)content;
    stop(context, ERR_BAD_REQUEST, "entity declarations are not allowed");
}

static void on_attribute_declaration(void *context, const xmlChar *element, const xmlChar *name,
                                     int type, int fallback, const xmlChar *value,
                                     xmlEnumeration *tree)
{
    (void)element;
    (void)name;
    (void)type;
    (void)fallback;
    xmlFreeEnumeration(tree);
    if (value)
        stop(context, ERR_BAD_REQUEST, "attribute defaults are not allowed");
}

static void on_start(void *context, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int nns, const xmlChar **ns, int nattributes, int ndefaults,
                     const xmlChar **attributes)
{
    xmlParserCtxt *c = context;
    if (c->nameNr >= XML_MAX_DEPTH) /* the name of this element is not pushed yet */
        stop(c, ERR_TOO_LARGE, "more than 256 levels of elements");
    else if (c->myDoc)
        xmlSAX2StartElementNs(c, local, prefix, uri, nns, ns, nattributes, ndefaults, attributes);
}

static void use_our_handlers(xmlParserCtxt *c)
{
    c->sax->startElementNs = on_start;
    c->sax->entityDecl = on_entity;
    c->sax->attributeDecl = on_attribute_declaration;
}

static xmlParserCtxt *parser_new(struct err *e)
{
    xmlParserCtxt *c = xmlNewParserCtxt();
    if (!c)
        err_set(e, ERR_INTERNAL, "XML: out of memory");
    return c;
}

/* libxml2 compares every attribute of an element with all others. Counting '=' between '<' and '>'
 * outside quotes is exact for ASCII-like encodings and good enough for UTF-16. */
static bool few_attributes(str s)
{
    size_t at = 0, n = 0;
    while ((at = str_find_char(s, '<', at)) != SIZE_MAX) {
        char quote = 0;
        for (n = 0; at < s.n && (quote || s.p[at] != '>'); at++) {
            char c = s.p[at];
            if (quote)
                quote = c == quote ? 0 : quote;
            else if (c == '"' || c == '\'')
                quote = c;
            else if (c == '=' && ++n > MOST_ATTRIBUTES)
                return false;
        }
    }
    return true;
}

static bool check_size(str bytes, struct err *e)
{
    if (bytes.n > XML_MAX_BYTES)
        return err_set(e, ERR_TOO_LARGE, "XML: more than %d bytes", XML_MAX_BYTES);
    if (!bytes.n)
        return err_set(e, ERR_BAD_REQUEST, "XML: the document is empty");
    return few_attributes(bytes) ||
           err_set(e, ERR_TOO_LARGE, "XML: more than %d attributes in one element",
                   MOST_ATTRIBUTES);
}

bool xml_parse(str bytes, struct xml_doc **ret, struct err *e)
{
    xml_setup();
    if (!check_size(bytes, e))
        return false;
    xmlParserCtxt *c = parser_new(e);
    if (!c)
        return false;
    struct err *former = xml_catch(e);
    use_our_handlers(c);
    xmlDoc *doc = xmlCtxtReadMemory(c, bytes.p, (int)bytes.n, NULL, NULL, OPTIONS);
    bool ok = doc && !e->code && xmlDocGetRootElement(doc);
    if (!ok && !e->code)
        err_set(e, ERR_BAD_REQUEST, "XML: not well-formed");
    xml_uncatch(former);
    xmlFreeParserCtxt(c);
    if (!ok)
        xmlFreeDoc(doc);
    else {
        xmlXPathOrderDocElems(doc); /* comparing positions costs the same then, however far apart */
        *ret = (struct xml_doc *)doc;
    }
    return ok;
}

void xml_free(struct xml_doc *d)
{
    xmlFreeDoc((xmlDoc *)d);
}

bool xml_well_formed(str bytes)
{
    struct err e = {0};
    xml_setup();
    xmlParserCtxt *c = check_size(bytes, &e) ? parser_new(&e) : NULL;
    if (!c)
        return false;
    struct err *former = xml_catch(&e);
    memset(c->sax, 0, sizeof *c->sax); /* no tree */
    c->sax->initialized = XML_SAX2_MAGIC;
    use_our_handlers(c);
    xmlDoc *doc = xmlCtxtReadMemory(c, bytes.p, (int)bytes.n, NULL, NULL, OPTIONS);
    bool ok = c->wellFormed && !e.code;
    xml_uncatch(former);
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(c);
    return ok;
}

/* ---- walking ---- */
static str text_of(const xmlChar *z)
{
    return str_of((const char *)z);
}

static const struct xml_node *element_at(const xmlNode *n)
{
    while (n && n->type != XML_ELEMENT_NODE)
        n = n->next;
    return xml_our_node(n);
}

const struct xml_node *xml_root(const struct xml_doc *d)
{
    return xml_our_node(xmlDocGetRootElement(xml_lib_doc(d)));
}

const struct xml_node *xml_first(const struct xml_node *n)
{
    return element_at(xml_lib_node(n)->children);
}

const struct xml_node *xml_next(const struct xml_node *n)
{
    return element_at(xml_lib_node(n)->next);
}

const struct xml_node *xml_parent(const struct xml_node *n)
{
    const xmlNode *p = xml_lib_node(n)->parent;
    return xml_our_node(p && p->type == XML_ELEMENT_NODE ? p : NULL);
}

const struct xml_node *xml_child(const struct xml_node *n, const char *local)
{
    const struct xml_node *c = xml_first(n);
    while (c && !xml_is(c, local))
        c = xml_next(c);
    return c;
}

static bool has_name(const xmlNode *n)
{
    return n->type == XML_ELEMENT_NODE || n->type == XML_ATTRIBUTE_NODE;
}

str xml_local(const struct xml_node *n)
{
    return has_name(xml_lib_node(n)) ? text_of(xml_lib_node(n)->name) : STR("");
}

str xml_prefix(const struct xml_node *n)
{
    const xmlNode *x = xml_lib_node(n);
    return has_name(x) && x->ns ? text_of(x->ns->prefix) : STR_NONE;
}

str xml_uri(const struct xml_node *n)
{
    const xmlNode *x = xml_lib_node(n);
    return has_name(x) && x->ns ? text_of(x->ns->href) : STR_NONE;
}

bool xml_is(const struct xml_node *n, const char *local)
{
    return has_name(xml_lib_node(n)) && !strcmp((const char *)xml_lib_node(n)->name, local);
}

/* Without entities an attribute has one text or none. */
static str attribute_value(const xmlAttr *a)
{
    return a->children && a->children->content ? text_of(a->children->content) : STR("");
}

str xml_attr(const struct xml_node *n, const char *local)
{
    return xml_attr_ns(n, NULL, local);
}

str xml_attr_ns(const struct xml_node *n, const char *uri, const char *local)
{
    const xmlNode *x = xml_lib_node(n);
    for (const xmlAttr *a = x->type == XML_ELEMENT_NODE ? x->properties : NULL; a; a = a->next)
        if (!strcmp((const char *)a->name, local) &&
            (uri ? a->ns && !strcmp((const char *)a->ns->href, uri) : !a->ns))
            return attribute_value(a);
    return STR_NONE;
}

str xml_namespace(const struct xml_node *n, str prefix)
{
    for (const xmlNode *x = xml_lib_node(n); x && x->type == XML_ELEMENT_NODE; x = x->parent)
        for (const xmlNs *ns = x->nsDef; ns; ns = ns->next)
            if (str_eq(text_of(ns->prefix), prefix))
                return text_of(ns->href);
    return STR_NONE;
}

unsigned xml_line(const struct xml_node *n)
{
    long line = xmlGetLineNo(xml_lib_node(n));
    return line > 0 ? (unsigned)line : 0;
}

static bool is_text(const xmlNode *n)
{
    return (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content;
}

/* The node after n in document order within top, or NULL. */
static const xmlNode *following(const xmlNode *n, const xmlNode *top)
{
    if (n->type == XML_ELEMENT_NODE && n->children)
        return n->children;
    while (n != top && !n->next)
        n = n->parent;
    return n == top ? NULL : n->next;
}

str xml_text(struct arena *a, const struct xml_node *node)
{
    const xmlNode *top = xml_lib_node(node), *n;
    size_t size = 0;
    if (top->type == XML_ATTRIBUTE_NODE)
        return arena_str(a, attribute_value((const xmlAttr *)top));
    if (top->type == XML_COMMENT_NODE || top->type == XML_PI_NODE)
        return arena_str(a, top->content ? text_of(top->content) : STR(""));
    for (n = top; n; n = following(n, top))
        size += is_text(n) ? strlen((const char *)n->content) : 0;
    char *z = arena_alloc(a, size + 1), *to = z;
    for (n = top; n; n = following(n, top))
        if (is_text(n))
            to = stpcpy(to, (const char *)n->content);
    return (str){z, size};
}

static void start_element(const xmlNode *n, const struct xml_events *ev, void *arg)
{
    if (ev->start)
        ev->start(arg, xml_our_node(n));
    for (const xmlAttr *a = ev->attribute ? n->properties : NULL; a; a = a->next)
        ev->attribute(arg, xml_our_node((const xmlNode *)a), attribute_value(a));
}

void xml_walk(const struct xml_node *node, const struct xml_events *ev, void *arg)
{
    const xmlNode *top = xml_lib_node(node), *n = top;
    while (n) {
        if (is_text(n) && ev->text)
            ev->text(arg, text_of(n->content));
        if (n->type == XML_ELEMENT_NODE) {
            start_element(n, ev, arg);
            if (n->children) {
                n = n->children;
                continue;
            }
        }
        for (;; n = n->parent) { /* everything that ends before the next node */
            if (n->type == XML_ELEMENT_NODE && ev->end)
                ev->end(arg, xml_our_node(n));
            if (n == top)
                return;
            if (n->next)
                break;
        }
        n = n->next;
    }
}
