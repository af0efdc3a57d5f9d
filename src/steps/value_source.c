/* Types of a row decide what its value text is; Datatype decides what becomes of the result. An
 * unknown Datatype is a misspelt String (format.md 3). Persisted variables are read from the table
 * of variable_store.h. */
#include "steps/value_source.h"

#include "steps/variable_store.h"

static const struct {
    const char *name;
    enum source_kind kind;
} kinds[] = {
    {"constant",                   SOURCE_CONSTANT       },
    {"external parameter",         SOURCE_CONSTANT       },
    {"header",                     SOURCE_HEADER         },
    {"property",                   SOURCE_PROPERTY       },
    {"xpath",                      SOURCE_XPATH          },
    {"expression",                 SOURCE_EXPRESSION     },
    {"persisted variables",        SOURCE_LOCAL_VARIABLE },
    {"local variable",             SOURCE_LOCAL_VARIABLE },
    {"global persisted variables", SOURCE_GLOBAL_VARIABLE},
    {"global variable",            SOURCE_GLOBAL_VARIABLE},
};

static const struct {
    const char *name;
    enum source_type type;
} types[] = {
    {"",                     TYPE_ANY   },
    {"java.lang.Integer",    TYPE_INT   },
    {"java.lang.Long",       TYPE_INT   },
    {"java.lang.Double",     TYPE_REAL  },
    {"java.lang.Float",      TYPE_REAL  },
    {"java.lang.Boolean",    TYPE_BOOL  },
    {"org.w3c.dom.Node",     TYPE_NODE  },
    {"org.w3c.dom.Document", TYPE_NODE  },
    {"org.w3c.dom.NodeList", TYPE_NODES },
    {"java.lang.Object",     TYPE_OBJECT},
};

static bool find_kind(str name, enum source_kind *ret)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eq_nocase(name, str_of(kinds[i].name))) {
            *ret = kinds[i].kind;
            return true;
        }
    return false;
}

static enum source_type find_type(str name)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (str_eq_nocase(name, str_of(types[i].name)))
            return types[i].type;
    return TYPE_TEXT;
}

void value_source_prepare(struct value_source *v, const struct prepare *p, str type, str value,
                          str datatype, str otherwise)
{
    v->type = find_type(str_trim(datatype));
    v->name = value;
    v->otherwise = otherwise;
    if (str_eq_nocase(type, STR("numberRange"))) {
        prepare_unsupported(p, "a value from the number range '" STR_FMT "'", STR_ARG(value));
        return;
    }
    if (!find_kind(type, &v->kind)) {
        prepare_wrong(p, "the value type '" STR_FMT "'", STR_ARG(type));
        return;
    }
    if (v->kind == SOURCE_CONSTANT)
        v->constant = datum_text(value);
    else if (v->kind == SOURCE_EXPRESSION)
        v->simple = prepare_simple(p, value, SIMPLE_TEXT);
    else if (v->kind == SOURCE_XPATH)
        v->xpath = prepare_xpath(p, value);
}

/* An object as the class asked for; takes d. What does not convert is null, as Camel's converters
 * give. */
static struct datum *convert(struct datum *take, enum source_type type, struct exchange *x)
{
    struct datum *ret = NULL;
    double number;
    if (!take || type == TYPE_OBJECT || type == TYPE_NODE || type == TYPE_NODES)
        return take;
    if (type == TYPE_ANY && datum_kind(take) != DATUM_BODY)
        return take;
    if (datum_kind(take) == DATUM_TEXT && type == TYPE_TEXT)
        return take;
    str text = datum_str(x->arena, take);
    if (type == TYPE_ANY || type == TYPE_TEXT)
        ret = datum_text(text);
    else if (type == TYPE_BOOL)
        ret = datum_bool(str_eq_nocase(str_trim(text), STR("true")));
    else if (str_to_double(str_trim(text), &number))
        ret = type == TYPE_INT && number > -9e18 && number < 9e18 ? datum_int((int64_t)number)
                                                                  : datum_real(number);
    datum_unref(take);
    return ret;
}

/* Nodes keep their markup: what reads them later may parse it again. */
static struct datum *nodes_datum(const struct xpath_result *r, bool all)
{
    AUTO(buf) struct buf out = BUF(XML_MAX_BYTES);
    for (size_t i = 0; i < r->n && (all || i == 0); i++)
        xml_write(r->nodes[i], &out, XML_NAMESPACES);
    struct body *b = body_of_buf(&out);
    struct datum *d = datum_body(b);
    body_unref(b);
    return d;
}

static bool get_xpath(const struct value_source *v, struct exchange *x, struct datum **ret,
                      struct err *e)
{
    struct xpath_result r;
    bool nodes = v->type == TYPE_NODE || v->type == TYPE_NODES;
    if (!v->xpath) {
        *ret = datum_text(STR(""));
        return true;
    }
    if (!flow_xpath_eval(v->xpath, x, x->arena, &r, e))
        return false;
    if (nodes && r.kind == XPATH_NODES)
        *ret = r.n ? nodes_datum(&r, v->type == TYPE_NODES) : NULL;
    else if (v->type == TYPE_BOOL)
        *ret = datum_bool(xpath_truth(&r));
    else
        *ret = convert(datum_text(xpath_text(x->arena, &r)), v->type, x);
    return true;
}

static bool get_variable(const struct value_source *v, struct exchange *x, struct datum **ret,
                         struct err *e)
{
    bool global = v->kind == SOURCE_GLOBAL_VARIABLE, found = false;
    if (!variable_read(x, v->name, global, ret, &found, e))
        return false;
    if (found)
        return true;
    if (!v->otherwise.n)
        return err_set(e, ERR_NOT_FOUND, "no %s variable '" STR_FMT "' and no default value",
                       global ? "global" : "local", STR_ARG(v->name));
    *ret = datum_text(v->otherwise);
    return true;
}

bool value_source_get(const struct value_source *v, struct exchange *x, struct datum **ret,
                      struct err *e)
{
    switch (v->kind) {
    case SOURCE_CONSTANT:
        *ret = datum_ref(v->constant);
        return true;
    case SOURCE_HEADER:
        *ret = datum_ref(fields_get(&x->headers, v->name));
        return true;
    case SOURCE_PROPERTY:
        *ret = datum_ref(fields_get(&x->properties, v->name));
        return true;
    case SOURCE_XPATH:
        return get_xpath(v, x, ret, e);
    case SOURCE_EXPRESSION:
        if (!v->simple)
            *ret = datum_text(STR(""));
        else if (!simple_datum(v->simple, x, ret, e))
            return false;
        else
            *ret = convert(*ret, v->type, x);
        return true;
    case SOURCE_LOCAL_VARIABLE:
    case SOURCE_GLOBAL_VARIABLE:
        return get_variable(v, x, ret, e);
    }
    return err_set(e, ERR_INTERNAL, "unknown source");
}

void value_source_dispose(struct value_source *v)
{
    datum_unref(v->constant);
    v->constant = NULL;
}
