/* The statements, and the merge of rows with what the message has pending. */
#include "steps/data_store.h"

#include "base/time.h"

#define KEY_IS " WHERE id = ? AND data_store_name = ? AND integration_flow = ? AND type = ''"

static struct store *store_of(struct exchange *x)
{
    return engine_config(x->engine)->store;
}

static str text_of(struct value v)
{
    return v.kind == V_NULL ? STR("") : v.s;
}

static struct data_store_entry entry_of_pending(const struct pending *p)
{
    return (struct data_store_entry){
        .id = p->id,
        .payload = p->payload,
        .headers = p->headers,
        .created_at = p->created_at,
        .retain_until = p->retain_until,
    };
}

bool data_store_find(struct exchange *x, const struct data_store_key *k, str id,
                     struct data_store_entry *ret, bool *ret_found, struct err *e)
{
    const struct pending *own = pending_find(x, PENDING_ENTRY, k->store, k->flow, id);
    const struct value binds[] = {VALUE_TEXT(id), VALUE_TEXT(k->store), VALUE_TEXT(k->flow),
                                  VALUE_INT(time_now_ms())};
    struct value row[4];
    if (own) {
        *ret_found = !own->removed;
        *ret = entry_of_pending(own);
        return true;
    }
    if (!store_get(store_of(x), x->arena,
                   "SELECT payload, headers, created_at, retain_until FROM data_store_entry" KEY_IS
                   " AND retain_until > ?",
                   binds, COUNT(binds), row, COUNT(row), ret_found, e))
        return false;
    if (*ret_found)
        *ret = (struct data_store_entry){
            .id = id,
            .payload = text_of(row[0]),
            .headers = text_of(row[1]),
            .created_at = row[2].i,
            .retain_until = row[3].i,
        };
    return true;
}

struct selection {
    struct exchange *x;
    const struct data_store_key *k;
    size_t max;
    VEC(struct data_store_entry) list;
};

static bool add_row(void *arg, const struct value *v, size_t n)
{
    struct selection *s = arg;
    struct arena *a = s->x->arena;
    (void)n;
    if (pending_find(s->x, PENDING_ENTRY, s->k->store, s->k->flow, text_of(v[0])))
        return true; /* rewritten or removed by this message */
    struct data_store_entry entry = {.id = arena_str(a, text_of(v[0])),
                                     .payload = arena_str(a, text_of(v[1]))};
    vec_add(a, &s->list, entry);
    return s->list.n < s->max;
}

static void add_pending(struct selection *s)
{
    const struct pending *p = pending_first(s->x);
    for (; p && s->list.n < s->max; p = p->next)
        if (p->kind == PENDING_ENTRY && !p->removed && str_eq(p->store, s->k->store) &&
            pending_find(s->x, PENDING_ENTRY, s->k->store, s->k->flow, p->id) == p)
            vec_add(s->x->arena, &s->list, entry_of_pending(p));
}

bool data_store_select(struct exchange *x, const struct data_store_key *k, size_t max,
                       struct data_store_entry **ret, size_t *ret_n, struct err *e)
{
    struct selection s = {.x = x, .k = k, .max = max};
    const struct value binds[] = {VALUE_TEXT(k->store), VALUE_TEXT(k->flow),
                                  VALUE_INT(time_now_ms())};
    if (!store_query(
            store_of(x),
            "SELECT id, payload FROM data_store_entry WHERE data_store_name = ? AND integration_flow = ?"
            " AND retain_until > ? ORDER BY created_at, id",
            binds, COUNT(binds), add_row, &s, e))
        return false;
    add_pending(&s);
    *ret = s.list.at;
    *ret_n = s.list.n;
    return true;
}

void data_store_put(struct exchange *x, const struct pending_write *w,
                    const struct data_store_key *k, const struct data_store_entry *entry,
                    bool override)
{
    const struct pending change = {
        .kind = PENDING_ENTRY,
        .store = k->store,
        .flow = k->flow,
        .id = entry->id,
        .payload = entry->payload,
        .headers = entry->headers,
        .created_at = entry->created_at,
        .retain_until = entry->retain_until,
    };
    const struct value binds[] = {
        VALUE_TEXT(entry->id),
        VALUE_TEXT(k->store),
        VALUE_TEXT(k->flow),
        VALUE_TEXT(str_of(exchange_message_id(x))),
        VALUE_INT(entry->due_at),
        VALUE_INT(entry->created_at),
        VALUE_INT(entry->retain_until),
        VALUE_BYTES(entry->payload),
        entry->headers.n ? VALUE_TEXT(entry->headers) : VALUE_NULL,
        VALUE_INT(override ? INT64_MAX : entry->created_at),
    };
    store_batch_add(
        w->batch,
        "INSERT INTO data_store_entry (id, data_store_name, integration_flow, type, status, message_id,"
        " due_at, created_at, retain_until, payload, headers)"
        " VALUES (?, ?, ?, '', 'Waiting', ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id, data_store_name, integration_flow, type) DO UPDATE SET"
        " status = excluded.status, message_id = excluded.message_id, due_at = excluded.due_at,"
        " created_at = excluded.created_at, retain_until = excluded.retain_until,"
        " payload = excluded.payload, headers = excluded.headers"
        " WHERE data_store_entry.retain_until <= ?",
        binds, COUNT(binds));
    store_batch_expect_one(w->batch, ERR_CONFLICT,
                           "an entry of that ID exists already in the data store");
    pending_note(x, w, &change);
}

void data_store_remove(struct exchange *x, const struct pending_write *w,
                       const struct data_store_key *k, str id)
{
    const struct pending change = {
        .kind = PENDING_ENTRY, .removed = true, .store = k->store, .flow = k->flow, .id = id};
    const struct value binds[] = {VALUE_TEXT(id), VALUE_TEXT(k->store), VALUE_TEXT(k->flow)};
    store_batch_add(w->batch, "DELETE FROM data_store_entry" KEY_IS, binds, COUNT(binds));
    pending_note(x, w, &change);
}

void data_store_remove_at_end(struct exchange *x, const struct data_store_key *k, str id)
{
    const struct value binds[] = {VALUE_TEXT(id), VALUE_TEXT(k->store), VALUE_TEXT(k->flow)};
    exchange_at_end(x, "DELETE FROM data_store_entry" KEY_IS, binds, COUNT(binds));
}
