/* json_scan: finds the end of plain text in a JSON string, eight bytes at a time. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H
#include "base/str.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the scan finds the lowest set byte first");

/* The first of '"', '\\', a control character or a byte over 0x7f; end when there is none. */
static inline const char *json_plain_end(const char *p, const char *end)
{
    const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
    for (; end - p >= 8; p += 8) {
        uint64_t x;
        memcpy(&x, p, 8);
        uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
        /* Each term sets the high bit of its matching bytes; a borrow can only spoil bytes above a
         * match. */
        uint64_t hit =
            (((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | x) &
            high;
        if (hit)
            return p + __builtin_ctzll(hit) / 8;
    }
    while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
           *p != '\\')
        p++;
    return p;
}
#endif
