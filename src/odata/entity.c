/* Entities in memory and as rows. */
#include "odata/write.h"

#include <stdio.h>
#include <stdlib.h>

struct entity *entity_new(struct arena *a, const struct model_type *t)
{
    struct entity *en = arena_new_of(a, struct entity);
    en->type = t;
    en->values = arena_new_array(a, struct value, t->slots.n + 1);
    return en;
}

static int slot_of(const struct entity *en, const char *path)
{
    int slot = model_slot_named(en->type, str_of(path));
    if (slot < 0) {
        fprintf(stderr, "no property %s in " STR_FMT "\n", path, STR_ARG(en->type->name));
        abort();
    }
    return slot;
}

struct value *entity_at(const struct entity *en, const char *path)
{
    return &en->values[slot_of(en, path)];
}

str entity_text(const struct entity *en, const char *path)
{
    const struct value *v = entity_at(en, path);
    return v->kind == V_TEXT ? v->s : STR_NONE;
}

void entity_set(struct entity *en, const char *path, struct value v)
{
    int slot = slot_of(en, path);
    en->values[slot] = v;
    if (en->given)
        en->given[slot] = true;
}

bool entity_given(const struct entity *en, const char *path)
{
    return !en->given || en->given[slot_of(en, path)];
}

/* ---- statements ---- */
/* "a" = ? AND "b" = ?: the key of t; binds are added behind those there. */
static void where_key(struct buf *sql, const struct entity *key, struct value *binds, size_t *n)
{
    const struct model_type *t = key->type;
    for (size_t i = 0; i < t->keys.n; i++) {
        uint16_t slot = t->properties.at[t->keys.at[i]].slot;
        buf_addf(sql, "%s\"" STR_FMT "\" = ?", i ? " AND " : " WHERE ",
                 STR_ARG(t->slots.at[slot].column));
        binds[(*n)++] = key->values[slot];
    }
}

static void insert_into(struct buf *sql, const struct model_type *t)
{
    buf_addf(sql, "INSERT INTO \"" STR_FMT "\" (", STR_ARG(t->table));
    for (size_t i = 0; i < t->slots.n; i++)
        buf_addf(sql, "%s\"" STR_FMT "\"", i ? ", " : "", STR_ARG(t->slots.at[i].column));
    for (size_t i = 0; i < t->slots.n; i++)
        buf_addz(sql, i ? ", ?" : ") VALUES (?");
    buf_add_char(sql, ')');
}

void odata_batch_insert(struct store_batch *b, const struct entity *en)
{
    AUTO(buf) struct buf sql = BUF(1 << 20);
    insert_into(&sql, en->type);
    buf_add_char(&sql, '\0');
    store_batch_add(b, sql.p, en->values, en->type->slots.n);
}

void batch_merge(struct store_batch *b, const struct entity *en)
{
    const struct model_type *t = en->type;
    AUTO(buf) struct buf sql = BUF(1 << 20);
    const char *glue = "DO UPDATE SET";
    insert_into(&sql, t);
    for (size_t i = 0; i < t->keys.n; i++)
        buf_addf(&sql, "%s\"" STR_FMT "\"", i ? ", " : " ON CONFLICT (",
                 STR_ARG(t->slots.at[t->properties.at[t->keys.at[i]].slot].column));
    buf_addz(&sql, ") ");
    for (size_t i = 0; i < t->slots.n; i++) {
        str column = t->slots.at[i].column;
        if (t->slots.at[i].property->is_key || en->values[i].kind == V_NULL)
            continue;
        buf_addf(&sql, "%s \"" STR_FMT "\" = excluded.\"" STR_FMT "\"", glue, STR_ARG(column),
                 STR_ARG(column));
        glue = ",";
    }
    buf_addz(&sql, glue[0] == ',' ? "" : "DO NOTHING");
    buf_add_char(&sql, '\0');
    store_batch_add(b, sql.p, en->values, t->slots.n);
}

void odata_batch_update(struct store_batch *b, const struct entity *key, const struct entity *en)
{
    const struct model_type *t = en->type;
    AUTO(buf) struct buf sql = BUF(1 << 20);
    struct value *binds = mem_alloc((t->slots.n + t->keys.n) * sizeof *binds);
    size_t n = 0;
    buf_addf(&sql, "UPDATE \"" STR_FMT "\" SET ", STR_ARG(t->table));
    for (size_t i = 0; i < t->slots.n; i++) {
        if (en->given && !en->given[i])
            continue;
        buf_addf(&sql, "%s\"" STR_FMT "\" = ?", n ? ", " : "", STR_ARG(t->slots.at[i].column));
        binds[n++] = en->values[i];
    }
    if (n) {
        where_key(&sql, key, binds, &n);
        buf_add_char(&sql, '\0');
        store_batch_add(b, sql.p, binds, n);
        store_batch_expect_one(b, ERR_NOT_FOUND, "Requested entity could not be found.");
    }
    free(binds);
}

void odata_batch_delete(struct store_batch *b, const struct entity *key)
{
    AUTO(buf) struct buf sql = BUF(1 << 16);
    struct value *binds = mem_alloc(key->type->keys.n * sizeof *binds);
    size_t n = 0;
    buf_addf(&sql, "DELETE FROM \"" STR_FMT "\"", STR_ARG(key->type->table));
    where_key(&sql, key, binds, &n);
    buf_add_char(&sql, '\0');
    store_batch_add(b, sql.p, binds, n);
    store_batch_expect_one(b, ERR_NOT_FOUND, "Requested entity could not be found.");
    free(binds);
}
