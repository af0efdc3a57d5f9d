/* Content Modifier (Enricher): header rows, then property rows, then the body; every row sees what
 * those before it made, and the old body (format.md 3). Old bundles hold rows in keys HEADER_n and
 * property_n. */
#include "engine/step.h"
#include "steps/value_source.h"

enum { LEGACY_ROWS = 500 };

struct row {
    str name;
    bool remove;
    struct value_source source;
};
typedef VEC(struct row) rows;
struct content_modifier {
    rows headers, properties;
    struct body *constant; /* body of type constant */
    struct simple *body;
};

static void add_row(rows *to, struct prepare *p, bool remove, str name, str type, str value,
                    str datatype, str otherwise)
{
    struct row r = {.name = name, .remove = remove};
    if (!name.n)
        return;
    if (!remove)
        value_source_prepare(&r.source, p, type, value, datatype, otherwise);
    vec_add(p->arena, to, r);
}

static void prepare_table(rows *to, struct prepare *p, const char *key)
{
    struct prepare_row *r;
    size_t n;
    if (!prepare_rows(p, key, &r, &n))
        return;
    for (size_t i = 0; i < n; i++)
        add_row(to, p, str_eq_nocase(row_cell(&r[i], "Action", 0), STR("Delete")),
                row_cell(&r[i], "Name", 4), row_cell(&r[i], "Type", 1), row_cell(&r[i], "Value", 2),
                row_cell(&r[i], "Datatype", 5), row_cell(&r[i], "Default", 3));
}

/* "Name:=:n:;Type:=:t:;Datatype:=::;Value:=:v:;Default:=:" */
static str legacy_cell(str text, const char *name)
{
    for (size_t at = 0; at <= text.n;) {
        size_t end = str_find(text, STR(":;"), at);
        str pair = str_sub(text, at, end == SIZE_MAX ? text.n : end);
        size_t eq = str_find(pair, STR(":=:"), 0);
        if (eq != SIZE_MAX && str_eqz(str_sub(pair, 0, eq), name))
            return str_from(pair, eq + 3);
        if (end == SIZE_MAX)
            break;
        at = end + 2;
    }
    return STR("");
}

static void prepare_legacy(rows *to, struct prepare *p, const char *prefix)
{
    for (int i = 0; i < LEGACY_ROWS; i++) {
        str text = prepare_text(p, arena_fmt(p->arena, "%s_%d", prefix, i).p);
        if (!text.n)
            return;
        add_row(to, p, str_eq_nocase(legacy_cell(text, "Action"), STR("Delete")),
                legacy_cell(text, "Name"), legacy_cell(text, "Type"), legacy_cell(text, "Value"),
                legacy_cell(text, "Datatype"), legacy_cell(text, "Default"));
    }
}

static void prepare(void *cfg, struct prepare *p)
{
    struct content_modifier *c = cfg;
    str body = prepare_text(p, "wrapContent");
    if (!body.n)
        body = prepare_text(p, "body");
    prepare_table(&c->headers, p, "headerTable");
    prepare_legacy(&c->headers, p, "HEADER");
    prepare_table(&c->properties, p, "propertyTable");
    prepare_legacy(&c->properties, p, "property");
    if (body.n && str_eqz(prepare_text(p, "bodyType"), "constant"))
        c->constant = body_of_text(body);
    else
        c->body = prepare_simple(p, body, SIMPLE_TEXT);
}

static void dispose_rows(rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        value_source_dispose(&r->at[i].source);
}

static void dispose(void *cfg)
{
    struct content_modifier *c = cfg;
    dispose_rows(&c->headers);
    dispose_rows(&c->properties);
    body_unref(c->constant);
}

static bool apply(const rows *rs, struct fields *to, struct exchange *x, struct err *e)
{
    for (size_t i = 0; i < rs->n; i++) {
        const struct row *r = &rs->at[i];
        struct datum *d;
        if (r->remove)
            fields_remove_pattern(to, r->name);
        else if (value_source_get(&r->source, x, &d, e))
            fields_set(to, r->name, d);
        else
            return err_ctx(e, "'" STR_FMT "'", STR_ARG(r->name));
    }
    return true;
}

static bool apply_body(const struct simple *text, struct exchange *x, struct err *e)
{
    struct datum *d;
    if (!simple_datum(text, x, &d, e))
        return err_ctx(e, "body");
    struct body *same = d ? datum_as_body(d) : NULL;
    exchange_set_body(x, !d ? NULL : same ? body_ref(same) : body_of_text(datum_str(x->arena, d)));
    datum_unref(d);
    return true;
}

static struct step_result run(const void *cfg, struct exchange *x, struct err *e)
{
    const struct content_modifier *c = cfg;
    if (!apply(&c->headers, &x->headers, x, e) || !apply(&c->properties, &x->properties, x, e))
        return FAIL;
    if (c->constant)
        exchange_set_body(x, body_ref(c->constant));
    else if (c->body && !apply_body(c->body, x, e))
        return FAIL;
    return CONTINUE;
}

static void explain(const void *cfg, struct buf *out)
{
    const struct content_modifier *c = cfg;
    buf_addf(out, "%zu headers, %zu properties%s", c->headers.n, c->properties.n,
             c->constant || c->body ? ", body" : "");
}

const struct step_type step_content_modifier = {
    .name = "ContentModifier",
    .activity = "Enricher",
    .cfg_size = sizeof(struct content_modifier),
    .prepare = prepare,
    .run = run,
    .dispose = dispose,
    .explain = explain,
};
