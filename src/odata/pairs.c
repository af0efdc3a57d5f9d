/* Associations that no property can hold: the pairs of entities in their table of links. A nav leads from its
 * own end (nav->end) to the other one; the columns of ends[0] are a0, a1, .., those of ends[1] b0, b1, .. */
#include "odata/plan.h"
#include "odata/write.h"

#include <stdlib.h>

static char letter(unsigned end)
{
    return end ? 'b' : 'a';
}

static size_t keys(const struct model_links *l, unsigned end)
{
    return l->ends[end]->keys.n;
}

/* "a0, a1" */
static str columns(struct arena *a, const struct model_links *l, unsigned end)
{
    AUTO(buf) struct buf b = BUF(1 << 16);
    for (size_t i = 0; i < keys(l, end); i++)
        buf_addf(&b, "%s%c%zu", i ? ", " : "", letter(end), i);
    return arena_str(a, buf_str(&b));
}

struct store_table pairs_table(struct arena *a, const struct model_links *l)
{
    size_t n = keys(l, 0) + keys(l, 1), at = 0;
    struct store_column *list = arena_new_array(a, struct store_column, n);
    const char **names = arena_new_array(a, const char *, n);
    const char **index = arena_new_array(a, const char *, 1);
    for (unsigned end = 0; end < 2; end++)
        for (size_t i = 0; i < keys(l, end); i++) {
            const struct model_slot *slot =
                &l->ends[end]->slots.at[model_key_slot(l->ends[end], i)];
            names[at] = arena_fmt(a, "%c%zu", letter(end), i).p;
            list[at] = (struct store_column){names[at], slot->kind, true};
            at++;
        }
    index[0] = arena_strdup(a, columns(a, l, 1));
    return (struct store_table){.name = arena_strdup(a, l->table),
                                .columns = list,
                                .ncolumns = n,
                                .keys = names,
                                .nkeys = n,
                                .indexes = index,
                                .nindexes = 1};
}

/* ---- statements ---- */
/* A statement being written, with its binds. */
struct statement {
    const struct model_links *links;
    struct arena *a;
    struct buf sql;
    VEC(struct value) binds;
};

static void bind_key(struct statement *s, unsigned end, const struct entity *en)
{
    for (size_t i = 0; i < keys(s->links, end); i++)
        vec_add(s->a, &s->binds, en->values[model_key_slot(s->links->ends[end], i)]);
}

/* WHERE, or AND: the key of en at that end. */
static void where(struct statement *s, unsigned end, const struct entity *en)
{
    for (size_t i = 0; i < keys(s->links, end); i++)
        buf_addf(&s->sql, "%s%c%zu = ?", s->binds.n || i ? " AND " : " WHERE ", letter(end), i);
    bind_key(s, end, en);
}

static void add(struct store_batch *b, struct statement *s)
{
    buf_add_char(&s->sql, '\0');
    store_batch_add(b, s->sql.p, s->binds.at, s->binds.n);
    buf_free(&s->sql);
    arena_free(s->a);
}

static struct statement statement(const struct model_links *l, const char *verb)
{
    struct statement s = {.links = l, .a = arena_new(), .sql = BUF(1 << 16)};
    buf_addf(&s.sql, "%s \"" STR_FMT "\"", verb, STR_ARG(l->table));
    return s;
}

static void drop(struct store_batch *b, const struct model_links *l, unsigned end,
                 const struct entity *en)
{
    struct statement s = statement(l, "DELETE FROM");
    where(&s, end, en);
    add(b, &s);
}

void pairs_drop(struct store_batch *b, const struct model_nav *nav, const struct entity *us,
                const struct entity *other)
{
    struct statement s = statement(nav->links, "DELETE FROM");
    where(&s, nav->end, us);
    where(&s, !nav->end, other);
    add(b, &s);
}

void pairs_add(struct store_batch *b, const struct model_nav *nav, const struct entity *us,
               const struct entity *other)
{
    const struct model_links *l = nav->links;
    const struct entity *ends[] = {nav->end ? other : us, nav->end ? us : other};
    for (unsigned end = 0; end < 2; end++)
        if (!l->many[!end]) /* who had another partner loses it */
            drop(b, l, end, ends[end]);
    struct statement s = statement(l, "INSERT INTO");
    buf_addf(&s.sql, " (" STR_FMT ", " STR_FMT ")", STR_ARG(columns(s.a, l, 0)),
             STR_ARG(columns(s.a, l, 1)));
    for (size_t i = 0; i < keys(l, 0) + keys(l, 1); i++)
        buf_addz(&s.sql, i ? ", ?" : " VALUES (?");
    buf_addz(&s.sql, ") ON CONFLICT DO NOTHING");
    bind_key(&s, 0, ends[0]);
    bind_key(&s, 1, ends[1]);
    add(b, &s);
}

void pairs_forget(struct store_batch *b, const struct model *m, const struct entity *key)
{
    for (size_t i = 0; i < m->links.n; i++)
        for (unsigned end = 0; end < 2; end++)
            if (m->links.at[i]->ends[end] == key->type)
                drop(b, m->links.at[i], end, key);
}

void odata_batch_clear_links(struct store_batch *b, const struct model_links *l)
{
    struct statement s = statement(l, "DELETE FROM");
    add(b, &s);
}

/* ---- conditions ---- */
void pairs_where(struct plan *p, const struct model_nav *nav, const struct entity *us)
{
    const struct model_links *l = nav->links;
    const struct model_type *t = l->ends[!nav->end];
    plan_conjunct(p);
    for (size_t i = 0; i < t->keys.n; i++)
        buf_addf(&p->where, "%st0.\"" STR_FMT "\"", i ? ", " : "(",
                 STR_ARG(t->slots.at[model_key_slot(t, i)].column));
    buf_addf(&p->where, ") IN (SELECT " STR_FMT " FROM \"" STR_FMT "\"",
             STR_ARG(columns(p->a, l, !nav->end)), STR_ARG(l->table));
    for (size_t i = 0; i < keys(l, nav->end); i++) {
        buf_addf(&p->where, "%s%c%zu = ", i ? " AND " : " WHERE ", letter(nav->end), i);
        plan_bind(p, &p->where, us->values[model_key_slot(l->ends[nav->end], i)]);
    }
    buf_add_char(&p->where, ')');
}

void pairs_join(struct plan *p, const struct model_nav *nav)
{
    const struct model_links *l = nav->links;
    const struct model_type *t = l->ends[!nav->end];
    AUTO(buf) struct buf also = BUF(1 << 16);
    buf_addf(&p->from, " JOIN \"" STR_FMT "\" x", STR_ARG(l->table));
    for (size_t i = 0; i < t->keys.n; i++)
        buf_addf(&p->from, "%sx.%c%zu = t0.\"" STR_FMT "\"", i ? " AND " : " ON ",
                 letter(!nav->end), i, STR_ARG(t->slots.at[model_key_slot(t, i)].column));
    for (size_t i = 0; i < keys(l, nav->end); i++)
        buf_addf(&also, ",x.%c%zu", letter(nav->end), i);
    p->also = arena_str(p->a, buf_str(&also));
}

void pairs_column(struct buf *out, const struct model_nav *nav, size_t i)
{
    buf_addf(out, "x.%c%zu", letter(nav->end), i);
}
