/* place: the data directory and its lock. Private to store/. */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H
#include "base/err.h"

struct store;
struct place {
    char dir[512];
    str where; /* the same, for the driver */
    bool durable, temporary;
    int lock; /* fd + 1; 0: not taken */
};
bool place_take(struct place *p, str dir, struct err *e) MUST_USE;
const struct place *store_place(const struct store *s);
void place_leave(struct place *p); /* removes a temporary one */
#endif
