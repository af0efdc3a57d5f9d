/* arena: everything allocated for one request, exchange or compiled artifact, freed together.
 * Never returns NULL: running out of memory ends the process (every size from outside has met a
 * limit before). Not thread-safe; one owner at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/str.h"

struct arena;
struct arena *arena_new(void);
/* Empties it, and keeps one block for as much again when that is at most keep bytes. */
void arena_reset(struct arena *a, size_t keep);
void arena_free(struct arena *a); /* runs the deferred calls, last first; NULL is fine */
void *arena_alloc(struct arena *a, size_t n); /* zeroed, aligned to 16 */
char *arena_strdup(struct arena *a, str s);   /* NUL-terminated copy */
str arena_str(struct arena *a, str s);        /* copy; its p is NUL-terminated; keeps STR_NONE */
str arena_join(struct arena *a, const str *parts, size_t n); /* NUL-terminated */
str arena_fmt(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);
size_t arena_size(const struct arena *a); /* bytes taken from the system */
#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))
static inline void arena_cleanup(struct arena **a)
{
    arena_free(*a);
}
/* malloc that ends the process instead of failing. */
void *mem_alloc(size_t n);
void *mem_realloc(void *p, size_t n);
#endif
