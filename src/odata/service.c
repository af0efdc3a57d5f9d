/* Opening a service: hooks are tied to the model, tables are defined in the store, and the constant
 * pieces of answers and statements are made once. */
#include "odata/write.h"

static void add_columns(struct buf *b, const struct model_type *t, const char *prefix)
{
    for (size_t i = 0; i < t->slots.n; i++)
        buf_addf(b, "%s%s\"" STR_FMT "\"", i ? "," : "", prefix, STR_ARG(t->slots.at[i].column));
}

static void prepare_statements(struct odata_service *s, struct type_info *info)
{
    const struct model_type *t = info->type;
    AUTO(buf) struct buf b = BUF(1 << 20);
    add_columns(&b, t, "t0.");
    info->columns = arena_str(s->arena, buf_str(&b));
    buf_reset(&b);
    buf_addf(&b, "SELECT " STR_FMT " FROM \"" STR_FMT "\" t0", STR_ARG(info->columns),
             STR_ARG(t->table));
    for (size_t i = 0; i < t->keys.n; i++)
        buf_addf(&b, "%st0.\"" STR_FMT "\" = ?", i ? " AND " : " WHERE ",
                 STR_ARG(t->slots.at[t->properties.at[t->keys.at[i]].slot].column));
    info->by_key = store_sql(arena_str(s->arena, buf_str(&b)));
}

static void prepare_type(struct odata_service *s, const struct model_type *t)
{
    struct type_info *info = &s->types[t->index];
    info->type = t;
    info->keys = arena_new_array(s->arena, str, t->properties.n);
    info->deferred = arena_new_array(s->arena, str, t->navs.n);
    info->nav_tails = arena_new_array(s->arena, str, t->navs.n);
    for (size_t i = 0; i < t->properties.n; i++) {
        const struct model_property *p = &t->properties.at[i];
        info->versioned |= p->concurrency && !p->complex;
        info->keys[i] = arena_fmt(s->arena, ",\"" STR_FMT "\":", STR_ARG(p->name));
    }
    for (size_t i = 0; i < t->navs.n; i++) {
        str name = t->navs.at[i].name;
        info->deferred[i] =
            arena_fmt(s->arena, ",\"" STR_FMT "\":{\"__deferred\":{\"uri\":\"", STR_ARG(name));
        info->nav_tails[i] =
            arena_fmt(s->arena, "/" STR_FMT "\"}}", STR_ARG(t->navs.at[i].uri_name));
    }
    info->meta = arena_fmt(s->arena, "\",\"type\":\"" STR_FMT "\"", STR_ARG(t->qualified));
    if (t->table.p)
        prepare_statements(s, info);
}

/* ---- tables ---- */
static struct store_table table_of(struct odata_service *s, const struct model_type *t)
{
    struct arena *a = s->arena;
    struct store_column *columns = arena_new_array(a, struct store_column, t->slots.n);
    const char **keys = arena_new_array(a, const char *, t->keys.n);
    const char **indexes = arena_new_array(a, const char *, t->indexes.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < t->slots.n; i++) {
        const struct model_property *p = t->slots.at[i].property;
        const char *name = arena_strdup(a, t->slots.at[i].column);
        size_t k = 0; /* a column that two properties share */
        while (k < n && strcmp(columns[k].name, name) != 0)
            k++;
        if (k == n)
            columns[n++] = (struct store_column){name, edm_value_kind(p->type), p->is_key};
    }
    for (size_t i = 0; i < t->keys.n; i++)
        keys[i] = arena_strdup(a, t->slots.at[t->properties.at[t->keys.at[i]].slot].column);
    for (size_t i = 0; i < t->indexes.n; i++)
        indexes[i] = arena_strdup(a, t->indexes.at[i]);
    return (struct store_table){.name = arena_strdup(a, t->table),
                                .columns = columns,
                                .ncolumns = n,
                                .keys = keys,
                                .nkeys = t->keys.n,
                                .indexes = indexes,
                                .nindexes = t->indexes.n};
}

static bool define_tables(struct odata_service *s, struct err *e)
{
    bool *used = arena_new_array(s->arena, bool, s->model->types.n);
    struct store_table *tables =
        arena_new_array(s->arena, struct store_table, s->model->types.n + s->model->links.n);
    size_t n = 0;
    for (size_t i = 0; i < s->model->sets.n; i++)
        used[s->model->sets.at[i]->type->index] = true;
    for (size_t i = 0; i < s->model->types.n; i++) {
        const struct model_type *t = s->model->types.at[i];
        if (t->table.p && used[i] && t->keys.n)
            tables[n++] = table_of(s, t);
    }
    for (size_t i = 0; i < s->model->links.n; i++)
        tables[n++] = pairs_table(s->arena, s->model->links.at[i]);
    return store_define(s->config.store, tables, n, e);
}

/* ---- hooks ---- */
static const struct odata_set_hook *set_hook(const struct odata_config *c, str name)
{
    for (size_t i = 0; i < c->nsets; i++)
        if (str_eqz(name, c->sets[i].name))
            return &c->sets[i];
    return NULL;
}

static const struct odata_function_hook *function_hook(const struct odata_config *c, str name)
{
    for (size_t i = 0; i < c->nfunctions; i++)
        if (str_eqz(name, c->functions[i].name))
            return &c->functions[i];
    return NULL;
}

static bool tie_sets(struct odata_service *s, struct err *e)
{
    for (size_t i = 0; i < s->model->sets.n; i++) {
        const struct model_set *set = s->model->sets.at[i];
        struct set_info *info = &s->sets[i];
        *info = (struct set_info){set, type_info_of(s, set->type), set_hook(&s->config, set->hook),
                                  set->type->table.p != NULL};
        if (!set->hook.p)
            info->hook = s->config.any_set;
        if (set->hook.p && !info->hook)
            return err_set(e, ERR_INTERNAL,
                           "the set '" STR_FMT "' wants the hook '" STR_FMT "', which is not there",
                           STR_ARG(set->name), STR_ARG(set->hook));
    }
    return true;
}

static bool tie_functions(struct odata_service *s, struct err *e)
{
    for (size_t i = 0; i < s->model->functions.n; i++) {
        const struct model_function *f = s->model->functions.at[i];
        s->functions[i] = f->hook.p ? function_hook(&s->config, f->hook) : s->config.any_function;
        if (f->hook.p && !s->functions[i])
            return err_set(e, ERR_INTERNAL,
                           "the function '" STR_FMT "' wants the hook '" STR_FMT
                           "', which is not there",
                           STR_ARG(f->name), STR_ARG(f->hook));
    }
    return true;
}

/* A hook nobody asks for is a spelling mistake on one of the two sides. */
static bool all_hooks_used(const struct odata_service *s, struct err *e)
{
    const struct odata_config *c = &s->config;
    for (size_t i = 0; i < c->nsets; i++) {
        bool used = false;
        for (size_t k = 0; k < s->model->sets.n; k++)
            used |= s->sets[k].hook == &c->sets[i];
        if (!used)
            return err_set(e, ERR_INTERNAL, "no set wants the hook '%s'", c->sets[i].name);
    }
    for (size_t i = 0; i < c->nfunctions; i++) {
        bool used = false;
        for (size_t k = 0; k < s->model->functions.n; k++)
            used |= s->functions[k] == &c->functions[i];
        if (!used)
            return err_set(e, ERR_INTERNAL, "no function wants the hook '%s'",
                           c->functions[i].name);
    }
    return true;
}

bool odata_open(const struct odata_config *c, struct odata_service **ret, struct err *e)
{
    struct arena *a = arena_new();
    struct odata_service *s = arena_new_of(a, struct odata_service);
    *s = (struct odata_service){
        .config = *c, .arena = a, .model = c->model, .root = str_of(c->root)};
    s->types = arena_new_array(a, struct type_info, c->model->types.n);
    s->sets = arena_new_array(a, struct set_info, c->model->sets.n);
    s->functions = arena_new_array(a, const struct odata_function_hook *, c->model->functions.n);
    if (!s->config.page_size)
        s->config.page_size = ODATA_PAGE;
    for (size_t i = 0; i < c->model->types.n; i++)
        prepare_type(s, c->model->types.at[i]);
    if (!tie_sets(s, e) || !tie_functions(s, e) || !all_hooks_used(s, e) || !define_tables(s, e) ||
        !media_define(s, e)) {
        odata_close(s);
        return false;
    }
    *ret = s;
    return true;
}

void odata_close(struct odata_service *s)
{
    if (s)
        arena_free(s->arena);
}
