/* variable_store: persisted variables (semantics.md 7): values that outlive a message. Table "variable":
 *   variable_name     TEXT  key
 *   integration_flow  TEXT  key; artifact id of a local variable, "" of a global one
 *   visibility        TEXT  "Integration Flow" or "Global"
 *   updated_at        INT   ms
 *   retain_until      INT   ms; 400 days after the last write
 *   payload           BYTES the value as text
 *   headers           TEXT  JSON: {"type":"text"|"int"|"real"|"bool"|"bytes"} */
#ifndef STEPS_VARIABLE_STORE_H
#define STEPS_VARIABLE_STORE_H
#include "steps/pending.h"

/* The data store under whose name flows delete variables. */
#define VARIABLE_STORE "sap_global_store"
bool variable_read(struct exchange *x, str name, bool global, struct datum **ret, bool *ret_found,
                   struct err *e) MUST_USE;
/* NULL: null, stored as an empty text. */
void variable_write(struct exchange *x, const struct pending_write *w, str name, bool global,
                    const struct datum *value);
void variable_remove(struct exchange *x, const struct pending_write *w, str name, bool global);
#endif
