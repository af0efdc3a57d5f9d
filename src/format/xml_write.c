/* Writing of XML: UTF-8, as it was read but for white space inside tags. */
#include "format/xml_lib.h"

void xml_escape(struct buf *out, str s, bool attribute)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *to = NULL;
        switch (s.p[i]) {
        case '&':
            to = "&amp;";
            break;
        case '<':
            to = "&lt;";
            break;
        case '>':
            to = "&gt;";
            break;
        case '\r':
            to = "&#13;";
            break;
        case '"':
            to = attribute ? "&quot;" : NULL;
            break;
        case '\n':
            to = attribute ? "&#10;" : NULL;
            break;
        case '\t':
            to = attribute ? "&#9;" : NULL;
            break;
        default:
            break;
        }
        if (!to)
            continue;
        buf_add(out, str_sub(s, from, i));
        buf_addz(out, to);
        from = i + 1;
    }
    buf_add(out, str_from(s, from));
}

static void add(struct buf *out, const xmlChar *z)
{
    buf_add(out, str_of((const char *)z));
}

static void name(struct buf *out, const xmlNs *ns, const xmlChar *local)
{
    if (ns && ns->prefix) {
        add(out, ns->prefix);
        buf_add_char(out, ':');
    }
    add(out, local);
}

static void attribute(struct buf *out, const xmlAttr *a)
{
    buf_add_char(out, ' ');
    name(out, a->ns, a->name);
    buf_add(out, STR("=\""));
    for (const xmlNode *t = a->children; t; t = t->next)
        xml_escape(out, t->content ? str_of((const char *)t->content) : STR(""), true);
    buf_add_char(out, '"');
}

static void declaration(struct buf *out, const xmlNs *ns)
{
    buf_add(out, STR(" xmlns"));
    if (ns->prefix) {
        buf_add_char(out, ':');
        add(out, ns->prefix);
    }
    buf_add(out, STR("=\""));
    xml_escape(out, ns->href ? str_of((const char *)ns->href) : STR(""), true);
    buf_add_char(out, '"');
}

/* Whether an element between n and the one that declares ns declares the same prefix. */
static bool hidden(const xmlNode *n, const xmlNode *declaring, const xmlNs *ns)
{
    for (; n != declaring; n = n->parent)
        for (const xmlNs *other = n->nsDef; other; other = other->next)
            if (xmlStrEqual(other->prefix, ns->prefix))
                return true;
    return false;
}

/* Those of the ancestors, nearest first. */
static void inherited_declarations(struct buf *out, const xmlNode *n)
{
    for (const xmlNode *p = n->parent; p && p->type == XML_ELEMENT_NODE; p = p->parent)
        for (const xmlNs *ns = p->nsDef; ns; ns = ns->next)
            if (ns->href && *ns->href && !hidden(n, p, ns))
                declaration(out, ns);
}

static void start_tag(struct buf *out, const xmlNode *n, bool inherited)
{
    buf_add_char(out, '<');
    name(out, n->ns, n->name);
    for (const xmlNs *ns = n->nsDef; ns; ns = ns->next)
        declaration(out, ns);
    if (inherited)
        inherited_declarations(out, n);
    for (const xmlAttr *a = n->properties; a; a = a->next)
        attribute(out, a);
    buf_addz(out, n->children ? ">" : "/>");
}

static void end_tag(struct buf *out, const xmlNode *n)
{
    buf_add(out, STR("</"));
    name(out, n->ns, n->name);
    buf_add_char(out, '>');
}

static void wrapped(struct buf *out, const char *before, const xmlChar *content, const char *after)
{
    buf_addz(out, before);
    if (content)
        add(out, content);
    buf_addz(out, after);
}

static void leaf(struct buf *out, const xmlNode *n)
{
    str text =
        n->content && n->type != XML_ENTITY_REF_NODE ? str_of((const char *)n->content) : STR("");
    if (n->type == XML_TEXT_NODE)
        xml_escape(out, text, false);
    else if (n->type == XML_CDATA_SECTION_NODE)
        wrapped(out, "<![CDATA[", n->content, "]]>");
    else if (n->type == XML_COMMENT_NODE)
        wrapped(out, "<!--", n->content, "-->");
    else if (n->type == XML_ENTITY_REF_NODE)
        wrapped(out, "&", n->name, ";");
    else if (n->type == XML_PI_NODE) {
        wrapped(out, "<?", n->name, text.n ? " " : "");
        wrapped(out, "", n->content, "?>");
    }
}

void xml_write(const struct xml_node *node, struct buf *out, unsigned flags)
{
    const xmlNode *top = xml_lib_node(node), *n = top;
    if (flags & XML_DECLARATION)
        buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    if (top->type == XML_ATTRIBUTE_NODE) {
        attribute(out, (const xmlAttr *)top);
        return;
    }
    for (;;) {
        if (n->type != XML_ELEMENT_NODE)
            leaf(out, n);
        else
            start_tag(out, n, n == top && (flags & XML_NAMESPACES));
        if (n->type == XML_ELEMENT_NODE && n->children) {
            n = n->children;
            continue;
        }
        while (n != top && !n->next) {
            n = n->parent;
            end_tag(out, n);
        }
        if (n == top)
            return;
        n = n->next;
    }
}

static bool is_element(const xmlNode *n)
{
    return n && n->type == XML_ELEMENT_NODE;
}

static void write_before(const xmlNode *n, struct buf *out)
{
    const xmlNode *up = n->parent;
    if (!is_element(up))
        return;
    write_before(up, out);
    start_tag(out, up, false);
    for (const xmlNode *s = up->children; s && s != n; s = s->next)
        xml_write(xml_our_node(s), out, 0);
}

void xml_write_around(const struct xml_node *node, bool later, struct buf *before,
                      struct buf *after)
{
    const xmlNode *n = xml_lib_node(node);
    write_before(n, before);
    for (; is_element(n->parent); n = n->parent) {
        for (const xmlNode *s = n->next; later && s; s = s->next)
            xml_write(xml_our_node(s), after, 0);
        end_tag(after, n->parent);
    }
}

/* Behind a comment or processing instruction (not the declaration) and white space. */
static str skip_prolog(str s)
{
    for (;;) {
        size_t end = SIZE_MAX;
        s = str_trim(s);
        if (str_starts(s, STR("<!--")))
            end = str_find(s, STR("-->"), 4);
        else if (str_starts(s, STR("<?")))
            end = str_find(s, STR("?>"), 2);
        if (end == SIZE_MAX)
            return s;
        s = str_from(s, end + (s.p[1] == '?' ? 2 : 3));
    }
}

/* Behind "<!DOCTYPE ... [ ... ] >", quotes respected. */
static str skip_doctype(str s)
{
    char quote = 0;
    int brackets = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '[' || c == ']')
            brackets += c == '[' ? 1 : -1;
        else if (c == '>' && brackets <= 0)
            return str_trim(str_from(s, i + 1));
    }
    return s;
}

str xml_strip_declaration(str bytes)
{
    str s = str_starts(bytes, STR("\xef\xbb\xbf")) ? str_from(bytes, 3) : bytes;
    str t = str_trim(s);
    if (str_starts(t, STR("<?xml")) && t.n > 5 &&
        (t.p[5] == ' ' || t.p[5] == '\t' || t.p[5] == '\n' || t.p[5] == '\r')) {
        size_t end = str_find(t, STR("?>"), 0);
        s = end == SIZE_MAX ? t : str_trim(str_from(t, end + 2));
    }
    str behind = skip_prolog(s);
    return str_starts(behind, STR("<!DOCTYPE")) ? skip_doctype(behind) : s;
}
