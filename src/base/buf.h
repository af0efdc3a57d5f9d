/* buf: owned bytes that grow up to a stated limit. The first failure sticks; check once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/arena.h"
#include "base/err.h"

struct buf {
    char *p;
    size_t n, cap, limit;
    bool failed;
};
#define BUF(max) ((struct buf){.limit = (max)})
void buf_free(struct buf *b);
void buf_reset(struct buf *b);           /* empty again, memory kept */
char *buf_grow(struct buf *b, size_t n); /* for buf_reserve */
/* Room for n more bytes, to be written at p + n by the caller, who then adds to n; NULL when over. */
static inline char *buf_reserve(struct buf *b, size_t n)
{
    return n < b->cap - b->n && n <= b->limit - b->n && !b->failed ? b->p + b->n : buf_grow(b, n);
}
static inline void buf_add(struct buf *b, str s)
{
    char *to = s.n ? buf_reserve(b, s.n) : NULL;
    if (to) {
        memcpy(to, s.p, s.n);
        b->n += s.n;
    }
}
static inline void buf_addz(struct buf *b, const char *z)
{
    buf_add(b, str_of(z));
}
static inline void buf_add_char(struct buf *b, char c)
{
    char *to = buf_reserve(b, 1);
    if (to) {
        *to = c;
        b->n++;
    }
}
void buf_add_int(struct buf *b, int64_t v); /* decimal */
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
str buf_str(const struct buf *b);                            /* borrowed until the next change */
bool buf_check(const struct buf *b, struct err *e) MUST_USE; /* ERR_TOO_LARGE when it overflowed */
static inline void buf_cleanup(struct buf *b)
{
    buf_free(b);
}
#endif
