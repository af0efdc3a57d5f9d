/* xml: reading, XPath 1.0 and writing of XML. The one room that knows libxml2. No network, no external
 * entities, no DTD loading; internal entity expansion is refused. Documents are read-only once parsed
 * and may be read by several threads. */
#ifndef FORMAT_XML_H
#define FORMAT_XML_H
#include "base/buf.h"
#include "base/map.h"

enum { XML_MAX_BYTES = 64 << 20, XML_MAX_DEPTH = 256 };
struct xml_doc;
struct xml_node; /* an element, attribute or text of a document */

void xml_setup(void); /* once, before threads */
/* ERR_BAD_REQUEST with line, ERR_TOO_LARGE. Bytes may be in any encoding that the declaration names. */
bool xml_parse(str bytes, struct xml_doc **ret, struct err *e) MUST_USE;
void xml_free(struct xml_doc *d); /* NULL is fine */
/* Cheap test: only whether bytes are one well-formed document. */
bool xml_well_formed(str bytes);

/* ---- walking elements ---- */
const struct xml_node *xml_root(const struct xml_doc *d);
const struct xml_node *xml_first(const struct xml_node *n);  /* first child element, or NULL */
const struct xml_node *xml_next(const struct xml_node *n);   /* next sibling element, or NULL */
const struct xml_node *xml_parent(const struct xml_node *n); /* parent element, or NULL */
const struct xml_node *xml_child(const struct xml_node *n,
                                 const char *local); /* first child element of that local name */
str xml_local(const struct xml_node *n);             /* borrowed */
str xml_prefix(const struct xml_node *n);            /* STR_NONE: none */
str xml_uri(const struct xml_node *n);               /* namespace; STR_NONE: none */
bool xml_is(const struct xml_node *n, const char *local);
str xml_attr(const struct xml_node *n,
             const char *local); /* no namespace; STR_NONE: absent; borrowed */
str xml_attr_ns(const struct xml_node *n, const char *uri, const char *local);
str xml_namespace(const struct xml_node *n, str prefix); /* bound there; "": the default; STR_NONE: nothing */
unsigned xml_line(const struct xml_node *n);
str xml_text(struct arena *a, const struct xml_node *n); /* string value */
/* All content, mixed included, for converters: calls in document order. Any member may be NULL. */
struct xml_events {
    void (*start)(void *arg, const struct xml_node *element);
    void (*end)(void *arg, const struct xml_node *element);
    void (*text)(void *arg, str text); /* text and CDATA */
    void (*attribute)(void *arg, const struct xml_node *attribute,
                      str value); /* after start; no xmlns */
};
void xml_walk(const struct xml_node *n, const struct xml_events *ev, void *arg);

/* A node by its place, as script hosts tell it: "/0" is the root, "/0/2" its third child element, "/0/2/@{uri}a" an
 * attribute of that ("@a": of no namespace), "/0/2/#1" its second run of text. NULL: there is none. Borrowed. */
const struct xml_node *xml_at(const struct xml_doc *d, str path);

/* ---- writing ---- */
enum { XML_DECLARATION = 1, XML_NAMESPACES = 2 }; /* NAMESPACES: declare all that are in scope */
void xml_write(const struct xml_node *n, struct buf *out, unsigned flags); /* UTF-8 */
/* What stands around n in its document: before has the root's start tag down to n's parent, each with all that
 * comes earlier inside it; after has the end tags, with later also the siblings that follow on each level. */
void xml_write_around(const struct xml_node *n, bool later, struct buf *before, struct buf *after);
void xml_escape(struct buf *out, str s, bool attribute);
/* The bytes without BOM, XML declaration and DOCTYPE. */
str xml_strip_declaration(str bytes);

/* ---- XPath 1.0, with upper-case(), lower-case(), ends-with(), matches(), replace(), tokenize-free
 *      string-join(), exists(), empty(), abs(), current-dateTime() from 2.0 added ---- */
struct xpath;
/* namespaces: prefix -> (const str *) URI; "" is the default element namespace for unprefixed names
 * (may be NULL). The expression lives in the arena. */
bool xpath_compile(struct arena *a, str expr, const struct map *namespaces, struct xpath **ret,
                   struct err *e) MUST_USE;
typedef bool xpath_variable_fn(void *arg, str name,
                               str *ret); /* false: unknown variable, an error */
enum xpath_kind { XPATH_NODES, XPATH_STRING, XPATH_NUMBER, XPATH_BOOLEAN };
struct xpath_result {
    enum xpath_kind kind;
    const struct xml_node **nodes; /* document order; borrowed from the document */
    size_t n;
    str s;
    double number;
    bool b;
};
/* doc NULL: an empty document. The result lives in the arena. */
bool xpath_eval(const struct xpath *x, const struct xml_doc *doc, const struct xml_node *context,
                xpath_variable_fn *var, void *arg, struct arena *a, struct xpath_result *ret,
                struct err *e) MUST_USE;
bool xpath_truth(const struct xpath_result *r);
/* string(): the first node's string value; numbers as XPath writes them (5, not 5.0). */
str xpath_text(struct arena *a, const struct xpath_result *r);
#endif
