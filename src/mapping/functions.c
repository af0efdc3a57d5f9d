#include "mapping/inside.h"

static const struct function_table *const tables[] = {&text_functions,  &number_functions,
                                                      &date_functions,  &condition_functions,
                                                      &queue_functions, &lookup_functions};

const struct function *function_named(str name)
{
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t i = 0; i < tables[t]->n; i++)
            if (str_eqz(name, tables[t]->rows[i].name))
                return &tables[t]->rows[i];
    return NULL;
}

void mapping_functions(struct buf *out)
{
    for (size_t t = 0; t < COUNT(tables); t++)
        for (size_t i = 0; i < tables[t]->n; i++) {
            const struct function *f = &tables[t]->rows[i];
            buf_addf(out, "%-16s %u  %s\n", f->name, f->most, f->doc);
        }
}

struct entry entry_bool(bool b)
{
    return entry_text(b ? STR("true") : STR("false"));
}

bool entry_truth(struct entry v)
{
    str s = entry_str(v);
    return v.kind == ENTRY_TEXT && (str_eqz(s, "1") || str_eq_nocase(s, STR("true")));
}

struct entry entry_error(struct eval *v, const struct err *e)
{
    struct entry x = entry_text(arena_str(v->a, str_of(e->msg)));
    x.kind = ENTRY_ERROR;
    return x;
}
