#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.limit = b->limit};
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->failed = false;
}

char *buf_grow(struct buf *b, size_t n)
{
    if (b->failed || n > b->limit - b->n) {
        b->failed = true;
        return NULL;
    }
    if (b->n + n >= b->cap) { /* one byte to spare for the NUL of buf_addf */
        size_t cap = b->cap ? b->cap * 2 : 256;
        while (cap <= b->n + n)
            cap *= 2;
        b->p = mem_realloc(b->p, cap);
        b->cap = cap;
    }
    return b->p + b->n;
}

static const char pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

void buf_add_int(struct buf *b, int64_t v)
{
    char digits[24], *p = digits + sizeof digits;
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    for (; left >= 10; left /= 100) { /* byte by byte: memcpy would be a checked call */
        *--p = pairs[left % 100 * 2 + 1];
        *--p = pairs[left % 100 * 2];
    }
    if (left || p == digits + sizeof digits)
        *--p = (char)('0' + left);
    if (v < 0)
        *--p = '-';
    buf_add(b, (str){p, (size_t)(digits + sizeof digits - p)});
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *to = buf_reserve(b, (size_t)n);
    if (to) {
        vsnprintf(to, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

str buf_str(const struct buf *b)
{
    return (str){b->p ? b->p : "", b->n};
}

bool buf_check(const struct buf *b, struct err *e)
{
    return !b->failed || err_set(e, ERR_TOO_LARGE, "more than %zu bytes", b->limit);
}
