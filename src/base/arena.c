/* A list of blocks and a list of deferred calls. A new block is half as large as what is there already, between
 * 1 and 64 KiB, so that ten thousand waiting exchanges cost little each and a large one few allocations. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 1008, LARGEST_BLOCK = 65536 };

struct block {
    struct block *next;
    size_t used, cap;
    _Alignas(16) char data[];
};
struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *arg;
};
struct arena {
    struct block *blocks;
    struct deferred *defers;
    size_t size;
};

void *mem_alloc(size_t n)
{
    void *p = malloc(n ? n : 1);
    if (!p)
        abort();
    return p;
}

void *mem_realloc(void *p, size_t n)
{
    p = realloc(p, n);
    if (!p)
        abort();
    return p;
}

static struct block *block_new(struct arena *a, size_t cap)
{
    struct block *b = mem_alloc(sizeof *b + cap);
    b->next = a->blocks;
    b->used = 0;
    b->cap = cap;
    a->size += sizeof *b + cap;
    return a->blocks = b;
}

struct arena *arena_new(void)
{
    struct arena *a = mem_alloc(sizeof *a);
    *a = (struct arena){0};
    return a;
}

void *arena_alloc(struct arena *a, size_t n)
{
    struct block *b = a->blocks;
    if (n > SIZE_MAX / 2)
        abort();
    n = (n + 15) & ~(size_t)15;
    if (!b || b->cap - b->used < n) {
        size_t cap = a->size / 2 < FIRST_BLOCK ? FIRST_BLOCK : a->size / 2;
        cap = cap < LARGEST_BLOCK ? cap : LARGEST_BLOCK;
        b = block_new(a, n > cap ? n : cap);
    }
    void *p = b->data + b->used;
    b->used += n;
    return memset(p, 0, n);
}

char *arena_strdup(struct arena *a, str s)
{
    char *z = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(z, s.p, s.n);
    return z;
}

str arena_str(struct arena *a, str s)
{
    return s.p ? (str){arena_strdup(a, s), s.n} : s;
}

str arena_join(struct arena *a, const str *parts, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++)
        size += parts[i].n;
    char *z = arena_alloc(a, size + 1), *to = z;
    for (size_t i = 0; i < n; i++)
        if (parts[i].n)
            to = mempcpy(to, parts[i].p, parts[i].n);
    return (str){z, size};
}

str arena_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *z = arena_alloc(a, (size_t)n + 1);
    vsnprintf(z, (size_t)n + 1, fmt, again);
    va_end(again);
    return (str){z, (size_t)n};
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
    struct deferred *d = arena_new_of(a, struct deferred);
    *d = (struct deferred){a->defers, fn, arg};
    a->defers = d;
}

size_t arena_size(const struct arena *a)
{
    return a->size;
}

static void run_defers(struct arena *a)
{
    for (struct deferred *d = a->defers; d; d = d->next)
        d->fn(d->arg);
    a->defers = NULL;
}

static void free_blocks(struct arena *a)
{
    for (struct block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *a = (struct arena){0};
}

void arena_reset(struct arena *a, size_t keep)
{
#ifdef __SANITIZE_ADDRESS__
    keep = 0; /* a block that is used again would hide a use after its end */
#endif
    size_t size = a->size;
    run_defers(a);
    if (a->blocks && !a->blocks->next && size <= keep) {
        a->blocks->used = 0;
        return;
    }
    free_blocks(a);
    if (size && size <= keep)
        block_new(a, size);
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    run_defers(a);
    free_blocks(a);
    free(a);
}
