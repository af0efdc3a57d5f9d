/* xml_lib: what the files on libxml2 share; nobody else includes it. Our nodes are libxml2's
 * own, under another name. */
#ifndef FORMAT_XML_LIB_H
#define FORMAT_XML_LIB_H
#include "format/xml.h"

#include <libxml/tree.h>
/* These three of libxml2's names are ours, too. */
#define XPATH_BOOLEAN LIB_XPATH_BOOLEAN
#define XPATH_NUMBER LIB_XPATH_NUMBER
#define XPATH_STRING LIB_XPATH_STRING
#include <libxml/xpath.h>
#undef XPATH_BOOLEAN
#undef XPATH_NUMBER
#undef XPATH_STRING

static inline const xmlChar *xml_z(const char *z)
{
    return (const xmlChar *)z;
}

static inline const xmlNode *xml_lib_node(const struct xml_node *n)
{
    return (const xmlNode *)n;
}

static inline const struct xml_node *xml_our_node(const xmlNode *n)
{
    return (const struct xml_node *)n;
}

static inline xmlDoc *xml_lib_doc(const struct xml_doc *d)
{
    return (xmlDoc *)(uintptr_t)d;
}

/* From here on the first error that libxml2 or libxslt raises in this thread fills e (code ERR_NONE until
 * then). Returns what to give to xml_uncatch. */
struct err *xml_catch(struct err *e);
void xml_uncatch(struct err *former);
#endif
