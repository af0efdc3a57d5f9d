/* Write Variables (format.md 3): positional cells name, datatype, type, value, scope. */
#include "steps/value_source.h"
#include "steps/variable_store.h"

struct variable_row {
    struct simple *name;
    struct value_source source;
    bool global;
};
struct write_variables {
    VEC(struct variable_row) rows;
};

static void prepare(void *cfg, struct prepare *p)
{
    struct write_variables *c = cfg;
    struct prepare_row *rows;
    size_t n;
    if (!prepare_rows(p, "variable", &rows, &n))
        return;
    for (size_t i = 0; i < n; i++) {
        struct variable_row r = {.name =
                                     prepare_simple(p, row_cell(&rows[i], "name", 0), SIMPLE_TEXT)};
        if (!r.name)
            continue;
        r.global = str_eq_nocase(row_cell(&rows[i], "scope", 4), STR("global"));
        value_source_prepare(&r.source, p, row_cell(&rows[i], "type", 2),
                             row_cell(&rows[i], "value", 3), row_cell(&rows[i], "datatype", 1),
                             STR(""));
        vec_add(p->arena, &c->rows, r);
    }
}

static void dispose(void *cfg)
{
    struct write_variables *c = cfg;
    for (size_t i = 0; i < c->rows.n; i++)
        value_source_dispose(&c->rows.at[i].source);
}

static bool write_row(const struct variable_row *r, struct exchange *x,
                      const struct pending_write *w, struct err *e)
{
    str name;
    struct datum *d;
    if (!simple_text(r->name, x, x->arena, &name, e) || !value_source_get(&r->source, x, &d, e))
        return false;
    variable_write(x, w, name, r->global, d);
    datum_unref(d);
    return true;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct write_variables *c = cfg;
    struct pending_write w = pending_begin(x);
    for (size_t i = 0; i < c->rows.n; i++)
        if (!write_row(&c->rows.at[i], x, &w, e)) {
            if (w.now)
                store_batch_free(w.batch);
            return FAIL;
        }
    return pending_end(x, &w);
}

const struct step_type step_write_variables = {
    .name = "WriteVariables",
    .activity = "Variables",
    .cfg_size = sizeof(struct write_variables),
    .prepare = prepare,
    .run = run,
    .resume = pending_resume,
    .dispose = dispose,
};
