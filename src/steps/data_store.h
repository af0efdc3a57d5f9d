/* data_store: rows of data stores (semantics.md 7). Table "data_store_entry":
 *   id                TEXT  key
 *   data_store_name   TEXT  key
 *   integration_flow  TEXT  key; artifact id of a local store, "" of a global one
 *   type              TEXT  key; always "" (both kinds, api.md)
 *   status            TEXT  "Waiting"; Overdue is what has due_at in the past, computed by who
 * shows it message_id        TEXT  id of the message that wrote it due_at            INT   ms;
 * created_at + alert days created_at        INT   ms retain_until      INT   ms; created_at +
 * expire days payload           BYTES the body headers           TEXT  JSON object name -> text of
 * the stored headers, or null Variables: table "variable", see variable_store.h. */
#ifndef STEPS_DATA_STORE_H
#define STEPS_DATA_STORE_H
#endif
