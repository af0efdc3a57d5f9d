/* data_store: rows of data stores (semantics.md 7). Table "data_store_entry":
 *   id                TEXT  key
 *   data_store_name   TEXT  key
 *   integration_flow  TEXT  key; artifact id of a local store, "" of a global one
 *   type              TEXT  key; always "" (both kinds, api.md)
 *   status            TEXT  "Waiting"; Overdue is what has due_at in the past, computed by who shows it
 *   message_id        TEXT  id of the message that wrote it
 *   due_at            INT   ms; created_at + alert days
 *   created_at        INT   ms
 *   retain_until      INT   ms; created_at + expire days
 *   payload           BYTES the body
 *   headers           TEXT  JSON object name -> text of the stored headers, or null
 * Variables: table "variable", see variable_store.h. */
#ifndef STEPS_DATA_STORE_H
#define STEPS_DATA_STORE_H
#include "steps/pending.h"

enum { DATA_STORE_NAME_MAX = 40, DATA_STORE_ID_MAX = 255, DATA_STORE_DAYS_MAX = 180 };
struct data_store_key {
    str store, flow; /* flow "": global */
};
struct data_store_entry {
    str id, payload, headers; /* headers "": none */
    int64_t created_at, retain_until, due_at;
};
/* Expired entries are none. Texts live in x's arena. */
bool data_store_find(struct exchange *x, const struct data_store_key *k, str id,
                     struct data_store_entry *ret, bool *ret_found, struct err *e) MUST_USE;
/* The oldest first, at most max. */
bool data_store_select(struct exchange *x, const struct data_store_key *k, size_t max,
                       struct data_store_entry **ret, size_t *ret_n, struct err *e) MUST_USE;
/* override false: an existing entry makes the whole batch fail with ERR_CONFLICT. */
void data_store_put(struct exchange *x, const struct pending_write *w,
                    const struct data_store_key *k, const struct data_store_entry *entry,
                    bool override);
void data_store_remove(struct exchange *x, const struct pending_write *w,
                       const struct data_store_key *k, str id);
void data_store_remove_at_end(struct exchange *x, const struct data_store_key *k, str id);
#endif
