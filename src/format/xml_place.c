/* Nodes by their place. The host's parser and ours agree on elements and attributes; a run of text is one node there,
 * and here as many as it has CDATA sections. */
#include "format/xml_lib.h"

static xmlNode *element(xmlNode *first, int64_t n)
{
    for (; first; first = first->next)
        if (first->type == XML_ELEMENT_NODE && n-- == 0)
            return first;
    return NULL;
}

static bool is_text(const xmlNode *n)
{
    return n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE;
}

static xmlNode *text_run(xmlNode *first, int64_t n)
{
    for (bool inside = false; first; first = first->next) {
        if (is_text(first) && !inside && n-- == 0)
            return first;
        inside = is_text(first);
    }
    return NULL;
}

static xmlNode *attribute(const xmlNode *of, str name)
{
    str uri = STR("");
    size_t close = str_starts(name, STR("{")) ? str_find_char(name, '}', 0) : SIZE_MAX;
    if (close != SIZE_MAX) {
        uri = str_sub(name, 1, close);
        name = str_from(name, close + 1);
    }
    for (xmlAttr *a = of->properties; a; a = a->next)
        if (str_eqz(name, (const char *)a->name) &&
            str_eqz(uri, a->ns ? (const char *)a->ns->href : ""))
            return (xmlNode *)a;
    return NULL;
}

const struct xml_node *xml_at(const struct xml_doc *d, str path)
{
    xmlNode *at = NULL;
    int64_t n;
    if (!str_starts(path, STR("/")))
        return NULL;
    for (path = str_from(path, 1); path.n;) {
        if (path.p[0] == '@')
            return at ? xml_our_node(attribute(at, str_from(path, 1))) : NULL;
        str part = str_sub(path, 0, str_find_char(path, '/', 0));
        path = part.n < path.n ? str_from(path, part.n + 1) : STR("");
        bool text = str_starts(part, STR("#"));
        if (!str_to_i64(text ? str_from(part, 1) : part, &n) || (text && !at))
            return NULL;
        if (text)
            return xml_our_node(text_run(at->children, n));
        at = at ? element(at->children, n) : element(xml_lib_doc(d)->children, n);
        if (!at)
            return NULL;
    }
    return at ? xml_our_node(at) : NULL;
}
