/* Tables, value mappings, headers and properties. vmstrategy: 1 the default, 2 the value itself, else an error. */
#include "mapping/inside.h"

static bool not_found(const struct op *op, str strategy, str fallback, struct entry value,
                      struct entry *ret, struct err *e)
{
    if (str_eqz(strategy, "1"))
        *ret = entry_text(fallback);
    else if (str_eqz(strategy, "2"))
        *ret = value;
    else
        return err_set(e, ERR_BAD_REQUEST, "%s: no value for '" STR_FMT "'", op->function->name,
                       STR_ARG(str_sub(entry_str(value), 0, 80)));
    return true;
}

static bool fix_values(struct eval *v, const struct op *op, const struct entry *in,
                       struct entry *ret, struct err *e)
{
    (void)v;
    const str *found = op->settings.table ? map_get(op->settings.table, entry_str(in[0])) : NULL;
    if (!found)
        return not_found(op, op->settings.texts[0], op->settings.texts[1], in[0], ret, e);
    *ret = entry_text(*found);
    return true;
}

static bool value_map(struct eval *v, const struct op *op, const struct entry *in,
                      struct entry *ret, struct err *e)
{
    const str *t = op->settings.texts;
    const struct value_query q = {t[2], t[3], entry_str(in[0]), t[4], t[5]};
    str found;
    if (!v->host || !v->host->lookup || !v->host->lookup(v->host->arg, &q, &found))
        return not_found(op, t[0], t[1], in[0], ret, e);
    *ret = entry_text(arena_str(v->a, found));
    return true;
}

static bool field(struct eval *v, bool property, str name, struct entry *ret)
{
    str found = STR("");
    if (!v->host || !v->host->field || !v->host->field(v->host->arg, property, name, &found))
        found = STR("");
    *ret = entry_text(arena_str(v->a, found));
    return true;
}

static bool header(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                   struct err *e)
{
    (void)e;
    return field(v, false, op->nin ? entry_str(in[0]) : op->settings.texts[0], ret);
}

static bool property(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                     struct err *e)
{
    (void)e;
    return field(v, true, op->nin ? entry_str(in[0]) : op->settings.texts[0], ret);
}

static const struct function rows[] = {
    {"FixValues",      1, 1, "vmstrategy|vmdefault",                                 NULL, NULL, fix_values, NULL, NULL,
     "the value's entry in a table",                                                                                                                                         false},
    {"valuemap",       1, 1, "vmstrategy|vmdefault|agency1|schema1|agency2|schema2", NULL, NULL,
     value_map,                                                                                              NULL, NULL, "the value's entry in the deployed value mappings", false},
    {"getHeader",      0, 1, "name",                                                 NULL, NULL, header,     NULL, NULL, "a header of the message",                          false},
    {"getHeaderParam", 0, 1, "name",                                                 NULL, NULL, header,     NULL, NULL, "a header of the message",
     false                                                                                                                                                                        },
    {"getProperty",    0, 1, "name",                                                 NULL, NULL, property,   NULL, NULL, "a property of the message",
     false                                                                                                                                                                        },
};
const struct function_table lookup_functions = {rows, COUNT(rows)};
