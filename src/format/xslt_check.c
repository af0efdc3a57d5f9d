/* One walk over the stylesheet. Elements and attributes are compared with what XSLT 1.0 has; every
 * expression, pattern and attribute value template goes through the rewriter of XPath, so that the few
 * things of 2.0 which 1.0 can say otherwise (*:name, value-of of several nodes) still run in process. */
#include "format/xslt_check.h"

#include "format/xpath_lib.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONGEST = 65536 };

struct check {
    struct arena *arena;
    struct map
        namespaces;   /* of the dialect: only the default for unprefixed names, if there is one */
    struct map trees; /* names of variables and parameters that hold a temporary tree */
    const xmlNode *at;
    bool joins; /* version 2.0 or later: value-of joins all items */
    struct err *e;
};

/* Elements of XSLT 1.0 with the attributes that hold expressions (E), patterns (P), templates (T) or
 * plain text (-). */
static const struct {
    const char *name, *attributes;
} elements[] = {
    {"apply-imports",          ""                                                                        },
    {"apply-templates",        "select=E mode=-"                                                         },
    {"attribute",              "name=T namespace=T"                                                      },
    {"attribute-set",          "name=- use-attribute-sets=-"                                             },
    {"call-template",          "name=-"                                                                  },
    {"choose",                 ""                                                                        },
    {"comment",                ""                                                                        },
    {"copy",                   "use-attribute-sets=-"                                                    },
    {"copy-of",                "select=E"                                                                },
    {"decimal-format",
     "name=- decimal-separator=- grouping-separator=- infinity=- minus-sign=- NaN=- percent=- "
     "per-mille=- zero-digit=- digit=- pattern-separator=-"                                              },
    {"element",                "name=T namespace=T use-attribute-sets=-"                                 },
    {"fallback",               ""                                                                        },
    {"for-each",               "select=E"                                                                },
    {"if",                     "test=E"                                                                  },
    {"import",                 "href=-"                                                                  },
    {"include",                "href=-"                                                                  },
    {"key",                    "name=- match=P use=E"                                                    },
    {"message",                "terminate=-"                                                             },
    {"namespace-alias",        "stylesheet-prefix=- result-prefix=-"                                     },
    {"number",
     "level=- count=P from=P value=E format=T lang=T letter-value=T grouping-separator=T grouping-size=T"},
    {"otherwise",              ""                                                                        },
    {"output",
     "method=- version=- encoding=- omit-xml-declaration=- standalone=- doctype-public=- doctype-system=- "
     "cdata-section-elements=- indent=- media-type=- byte-order-mark=- include-content-type=- "
     "escape-uri-attributes=-"                                                                           },
    {"param",                  "name=- select=E required=-"                                              },
    {"preserve-space",         "elements=-"                                                              },
    {"processing-instruction", "name=T"                                                                  },
    {"sort",                   "select=E lang=T data-type=T order=T case-order=T"                        },
    {"strip-space",            "elements=-"                                                              },
    {"stylesheet",             "id=- extension-element-prefixes=- exclude-result-prefixes=- version=-"   },
    {"template",               "match=P name=- priority=- mode=-"                                        },
    {"text",                   "disable-output-escaping=-"                                               },
    {"transform",              "id=- extension-element-prefixes=- exclude-result-prefixes=- version=-"   },
    {"value-of",               "select=E disable-output-escaping=- separator=-"                          },
    {"variable",               "name=- select=E"                                                         },
    {"when",                   "test=E"                                                                  },
    {"with-param",             "name=- select=E"                                                         },
};
static const char *const xslt_functions[] = {"document",           "key",
                                             "format-number",      "current",
                                             "generate-id",        "system-property",
                                             "element-available",  "function-available",
                                             "unparsed-entity-uri"};

static bool unsupported(struct check *c, const char *what, str name)
{
    return err_set(c->e, ERR_NOT_IMPLEMENTED, "stylesheet, line %ld: %s" STR_FMT " is not XSLT 1.0",
                   xmlGetLineNo(c->at), what, STR_ARG(str_sub(name, 0, 60)));
}

/* ---- expressions ---- */
static const char *uri_of_prefix(const struct check *c, str prefix)
{
    for (const xmlNode *n = c->at; n && n->type == XML_ELEMENT_NODE; n = n->parent)
        for (const xmlNs *ns = n->nsDef; ns; ns = ns->next)
            if (ns->prefix && str_eqz(prefix, (const char *)ns->prefix))
                return (const char *)ns->href;
    return NULL;
}

static bool function(void *arg, str name)
{
    static const char *const sap[] = {"setHeader", "setProperty", "getHeader", "getProperty"};
    const struct check *c = arg;
    size_t colon = str_find_char(name, ':', 0);
    for (size_t i = 0; colon == SIZE_MAX && i < COUNT(xslt_functions); i++)
        if (str_eqz(name, xslt_functions[i]))
            return true;
    const char *uri = colon == SIZE_MAX ? NULL : uri_of_prefix(c, str_sub(name, 0, colon));
    for (size_t i = 0; uri && !strcmp(uri, SAP_URI) && i < COUNT(sap); i++)
        if (str_eqz(str_from(name, colon + 1), sap[i]))
            return true;
    return false;
}

static bool is_tree(void *arg, str variable)
{
    const struct check *c = arg;
    return map_get(&c->trees, variable) != NULL;
}

static bool rewrite(struct check *c, str in, str *ret)
{
    const struct xpath_dialect d = {.namespaces = &c->namespaces,
                                    .arg = c,
                                    .function = function,
                                    .is_tree = is_tree,
                                    .any_prefix = true};
    if (xpath_rewrite(c->arena, in, &d, ret, c->e))
        return true;
    char why[sizeof c->e->msg];
    snprintf(why, sizeof why, "%s", c->e->msg);
    return err_set(c->e, c->e->code, "stylesheet, line %ld: %.400s", xmlGetLineNo(c->at), why);
}

/* The end of the expression in braces that begins at from, quotes respected. */
static size_t brace_end(str s, size_t from)
{
    char quote = 0;
    for (size_t i = from; i < s.n; i++) {
        if (quote)
            quote = s.p[i] == quote ? 0 : quote;
        else if (s.p[i] == '"' || s.p[i] == '\'')
            quote = s.p[i];
        else if (s.p[i] == '}')
            return i;
    }
    return SIZE_MAX;
}

static bool rewrite_template(struct check *c, str in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i++) {
        bool brace = in.p[i] == '{';
        buf_add_char(out, in.p[i]);
        if (!brace)
            continue;
        if (i + 1 < in.n && in.p[i + 1] == '{') {
            buf_add_char(out, in.p[++i]);
            continue;
        }
        size_t end = brace_end(in, i + 1);
        str expr;
        if (end == SIZE_MAX)
            return err_set(c->e, ERR_BAD_REQUEST, "stylesheet, line %ld: '{' without '}'",
                           xmlGetLineNo(c->at));
        if (!rewrite(c, str_sub(in, i + 1, end), &expr))
            return false;
        buf_addf(out, c->joins ? XSLT_JOIN "(" STR_FMT ",' ')}" : STR_FMT "}", STR_ARG(expr));
        i = end;
    }
    return buf_check(out, c->e);
}

static str value_of(const xmlAttr *a)
{
    return a->children && a->children->content ? str_of((const char *)a->children->content)
                                               : STR("");
}

static void replace_value(xmlAttr *a, str value)
{
    if (!str_eq(value_of(a), value)) {
        char *z = mem_alloc(value.n + 1);
        memcpy(z, value.p, value.n);
        z[value.n] = 0;
        xmlNode *text = xmlNewDocText(a->doc, xml_z(z));
        xmlFreeNodeList(a->children);
        a->children = a->last = text;
        text->parent = (xmlNode *)a;
        free(z);
    }
}

static bool check_expression(struct check *c, xmlAttr *a, char kind)
{
    AUTO(buf) struct buf b = BUF(LONGEST);
    str out = STR("");
    if (kind == 'T' ? !rewrite_template(c, value_of(a), &b) : !rewrite(c, value_of(a), &out))
        return false;
    replace_value(a, kind == 'T' ? buf_str(&b) : out);
    return true;
}

/* ---- elements ---- */
/* The kind letter of an attribute in a list such as "name=- select=E"; 0: not in it. */
static char kind_in(const char *list, str name)
{
    str rest = str_of(list), part;
    while (str_split(&rest, ' ', &part))
        if (part.n == name.n + 2 && str_starts(part, name) && part.p[name.n] == '=')
            return part.p[name.n + 1];
    return 0;
}

static bool check_attribute(struct check *c, xmlAttr *a, const char *known)
{
    str name = str_of((const char *)a->name);
    if (a->ns)
        return true; /* xml:space and the like */
    char kind = kind_in(known, name);
    if (!kind)
        return unsupported(c, "the attribute ", name);
    if (str_eqz(name, "mode") &&
        (str_find_char(value_of(a), ' ', 0) != SIZE_MAX || str_starts(value_of(a), STR("#"))) &&
        !str_eqz(value_of(a), "#default"))
        return unsupported(c, "the mode ", value_of(a));
    return kind == '-' || check_expression(c, a, kind);
}

/* <value-of select="E" separator="S"/> of 2.0: all items, with S between them. */
static void join_items(struct check *c, xmlNode *n)
{
    xmlAttr *select = xmlHasProp(n, xml_z("select")),
            *separator = xmlHasProp(n, xml_z("separator"));
    if (select && c->joins) {
        str between = separator ? value_of(separator) : STR(" ");
        char quote = str_find_char(between, '\'', 0) == SIZE_MAX ? '\'' : '"';
        replace_value(select, arena_fmt(c->arena, XSLT_JOIN "(" STR_FMT ",%c" STR_FMT "%c)",
                                        STR_ARG(value_of(select)), quote, STR_ARG(between), quote));
    }
    if (separator)
        xmlRemoveProp(separator);
}

static bool check_instruction(struct check *c, xmlNode *n, str name)
{
    size_t i = 0;
    while (i < COUNT(elements) && !str_eqz(name, elements[i].name))
        i++;
    if (i == COUNT(elements))
        return unsupported(c, "xsl:", name);
    for (xmlAttr *a = n->properties; a; a = a->next)
        if (!check_attribute(c, a, elements[i].attributes))
            return false;
    if (str_eqz(name, "value-of") && !xmlHasProp(n, xml_z("select")))
        return unsupported(c, "content in xsl:", name);
    if (str_eqz(name, "value-of"))
        join_items(c, n);
    if (str_eqz(name, "param"))
        xmlUnsetProp(n, xml_z("required"));
    xmlAttr *version = xmlHasProp(n, xml_z("version"));
    if (version && !str_eqz(name, "output"))
        replace_value(version, STR("1.0"));
    return true;
}

static bool check_literal(struct check *c, xmlNode *n)
{
    for (xmlAttr *a = n->properties; a; a = a->next) {
        bool of_xslt = a->ns && str_eqz(STR(XSLT_URI), (const char *)a->ns->href);
        if (of_xslt && str_eqz(STR("version"), (const char *)a->name))
            replace_value(a, STR("1.0"));
        else if (!of_xslt && !check_expression(c, a, 'T'))
            return false;
    }
    return true;
}

static bool is_xslt(const xmlNode *n)
{
    return n->ns && n->ns->href && str_eqz(STR(XSLT_URI), (const char *)n->ns->href);
}

static bool check_element(struct check *c, xmlNode *n)
{
    c->at = n;
    for (const xmlNs *ns = n->nsDef; ns; ns = ns->next)
        if (ns->href && str_starts(str_of((const char *)ns->href), STR("java:")))
            return unsupported(c, "the namespace ", str_of((const char *)ns->href));
    if (is_xslt(n))
        return check_instruction(c, n, str_of((const char *)n->name));
    bool top_level = n->parent && n->parent->type == XML_ELEMENT_NODE && is_xslt(n->parent) &&
                     n->parent == xmlDocGetRootElement(n->doc);
    return top_level || check_literal(c, n); /* data of others on top is ignored */
}

static xmlNode *following(xmlNode *n)
{
    if (n->type == XML_ELEMENT_NODE && n->children)
        return n->children;
    while (n && !n->next)
        n = n->parent && n->parent->type == XML_ELEMENT_NODE ? n->parent : NULL;
    return n ? n->next : NULL;
}

static void collect_trees(struct check *c, xmlNode *root)
{
    static int yes;
    for (xmlNode *n = root; n; n = following(n)) {
        if (n->type != XML_ELEMENT_NODE || !is_xslt(n) || !n->children ||
            xmlHasProp(n, xml_z("select")))
            continue;
        xmlAttr *name = xmlHasProp(n, xml_z("name"));
        str local = str_of((const char *)n->name);
        if (name &&
            (str_eqz(local, "variable") || str_eqz(local, "param") || str_eqz(local, "with-param")))
            map_put(&c->trees, value_of(name), &yes);
    }
}

/* xpath-default-namespace of the root element becomes a prefix that the rewriter puts before names. */
static void take_default_namespace(struct check *c, xmlNode *root)
{
    xmlAttr *a = xmlHasProp(root, xml_z("xpath-default-namespace"));
    xmlAttr *excluded = xmlHasProp(root, xml_z("exclude-result-prefixes"));
    str *uri = arena_new_of(c->arena, str);
    map_init(&c->namespaces, c->arena, false);
    if (!a)
        return;
    *uri = arena_str(c->arena, value_of(a));
    xmlRemoveProp(a);
    if (!uri->n)
        return;
    map_put(&c->namespaces, STR(""), uri);
    xmlNewNs(root, xml_z(uri->p), xml_z(XPATH_DEFAULT_PREFIX));
    if (excluded)
        replace_value(excluded, arena_fmt(c->arena, STR_FMT " " XPATH_DEFAULT_PREFIX,
                                          STR_ARG(value_of(excluded))));
    else
        xmlNewProp(root, xml_z("exclude-result-prefixes"), xml_z(XPATH_DEFAULT_PREFIX));
}

bool xslt_check(xmlDoc *doc, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct check c = {.arena = a, .e = e};
    xmlNode *root = xmlDocGetRootElement(doc);
    xmlAttr *version = xmlHasProp(root, xml_z("version"));
    double number = 1;
    c.joins = version && str_to_double(str_trim(value_of(version)), &number) && number >= 2;
    map_init(&c.trees, a, false);
    take_default_namespace(&c, root);
    collect_trees(&c, root);
    for (xmlNode *n = root; n; n = following(n))
        if (n->type == XML_ELEMENT_NODE && !check_element(&c, n))
            return false;
    return true;
}
