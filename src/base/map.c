#include "base/map.h"

void map_init(struct map *m, struct arena *a, bool nocase)
{
    *m = (struct map){.arena = a, .nocase = nocase};
}

static bool same(const struct map *m, str a, str b)
{
    return m->nocase ? str_eq_nocase(a, b) : str_eq(a, b);
}

/* The slot that holds key, or the free one where it would go. Slots hold index + 1. */
static uint32_t *slot_of(const struct map *m, str key)
{
    uint64_t h = m->nocase ? str_hash_nocase(key) : str_hash(key);
    size_t i = (size_t)h & (m->nslots - 1);
    while (m->slots[i] && !same(m, m->entries.at[m->slots[i] - 1].key, key))
        i = (i + 1) & (m->nslots - 1);
    return &m->slots[i];
}

static void grow(struct map *m)
{
    m->nslots = m->nslots ? m->nslots * 2 : 16;
    m->slots = arena_new_array(m->arena, uint32_t, m->nslots);
    for (size_t i = 0; i < m->entries.n; i++)
        *slot_of(m, m->entries.at[i].key) = (uint32_t)i + 1;
}

void *map_get(const struct map *m, str key)
{
    if (!m->nslots)
        return NULL;
    uint32_t i = *slot_of(m, key);
    return i ? m->entries.at[i - 1].value : NULL;
}

void map_put(struct map *m, str key, void *value)
{
    if (m->entries.n * 2 >= m->nslots)
        grow(m);
    uint32_t *slot = slot_of(m, key);
    if (*slot) {
        m->entries.at[*slot - 1].value = value;
        return;
    }
    vec_add(m->arena, &m->entries, (struct map_entry){key, value});
    *slot = (uint32_t)m->entries.n;
}

void *map_remove(struct map *m, str key)
{
    uint32_t *slot = m->nslots ? slot_of(m, key) : NULL;
    if (!slot || !*slot)
        return NULL;
    void *old = m->entries.at[*slot - 1].value;
    m->entries.at[*slot - 1].value = NULL; /* the key stays: a later put finds its place again */
    return old;
}
