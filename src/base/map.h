/* map: str -> pointer in an arena; open addressing, insertion order kept for iteration. */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "base/vec.h"

struct map_entry {
    str key;
    void *value; /* NULL: removed */
};
struct map {
    struct arena *arena;
    bool nocase; /* ASCII case-insensitive keys */
    VEC(struct map_entry) entries; /* in order of first insertion */
    uint32_t *slots;
    size_t nslots;
};
void map_init(struct map *m, struct arena *a, bool nocase);
void *map_get(const struct map *m, str key); /* NULL: absent */
void map_put(struct map *m, str key, void *value); /* the key is borrowed, not copied; value != NULL */
void *map_remove(struct map *m, str key); /* the old value or NULL */
#endif
