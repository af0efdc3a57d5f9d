/* json_scan: finds the end of plain text in a JSON string, eight bytes at a time. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H
#include "base/str.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the scan finds the lowest set byte first");

/* The high bit of each byte of x that is '"', '\\', a control character or over 0x7f; above the lowest such byte
 * there may be bits that mean nothing: a borrow spoils them. */
static inline uint64_t json_not_plain(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
    uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
    return (((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | x) &
           high;
}

/* The first of those; end when there is none. */
static inline const char *json_plain_end(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t x;
        memcpy(&x, p, 8);
        uint64_t hit = json_not_plain(x);
        if (hit)
            return p + __builtin_ctzll(hit) / 8;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
}

/* Copies s to `to` when all of it is plain, else some of it: the last eight bytes overlap those before. */
static inline bool json_copy_plain(char *to, str s)
{
    uint64_t x, hit = 0;
    if (s.n < 8) {
        memcpy(to, s.p, s.n);
        return json_plain_end(s.p, s.p + s.n) == s.p + s.n;
    }
    for (size_t i = 0; i + 8 < s.n; i += 8) {
        memcpy(&x, s.p + i, 8);
        memcpy(to + i, &x, 8);
        hit |= json_not_plain(x);
    }
    memcpy(&x, s.p + s.n - 8, 8);
    memcpy(to + s.n - 8, &x, 8);
    return !(hit | json_not_plain(x));
}
#endif
