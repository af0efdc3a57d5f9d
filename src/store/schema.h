/* schema: the version of the store itself. Private to store/; see store_define and store_migrate.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H
#include "store/store.h"

bool schema_open(struct store *s,
                 struct err *e) MUST_USE; /* refuses what a newer version has written */
#endif
