/* utf8: one code point at a time, strict (RFC 3629: no overlong forms, surrogates or > U+10FFFF).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include "base/str.h"

/* Bytes of the valid sequence at p (1..4), 0 when there is none. */
static inline size_t utf8_len(const char *p, const char *end)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t left = (size_t)(end - p);
    if (!left)
        return 0;
    if (u[0] < 0x80)
        return 1;
    if (u[0] < 0xc2 || left < 2 || (u[1] & 0xc0) != 0x80)
        return 0;
    if (u[0] < 0xe0)
        return 2;
    if (left < 3 || (u[2] & 0xc0) != 0x80)
        return 0;
    if (u[0] < 0xf0)
        return (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] >= 0xa0) ? 0 : 3;
    if (left < 4 || (u[3] & 0xc0) != 0x80 || u[0] > 0xf4)
        return 0;
    return (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] >= 0x90) ? 0 : 4;
}

/* The code point of a valid sequence of n bytes. */
static inline uint32_t utf8_get(const char *p, size_t n)
{
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)p[0] & mask[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3f);
    return c;
}

/* Writes c (a scalar value) to p, which has room for 4; returns the bytes written. */
static inline size_t utf8_put(char *p, uint32_t c)
{
    if (c < 0x80) {
        p[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        p[i] = (char)(0x80 | (c & 0x3f));
    p[0] = (char)((0xf00U >> n & 0xf0) | c);
    return n;
}
#endif
