/* Slices. Nothing here allocates. */
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 32 : c);
}

bool str_same_nocase(str a, str b)
{
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

int str_cmp(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts_nocase(str s, str prefix)
{
    return s.n >= prefix.n && str_eq_nocase(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends(str s, str suffix)
{
    return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

bool str_ends_nocase(str s, str suffix)
{
    return s.n >= suffix.n && str_eq_nocase(str_from(s, s.n - suffix.n), suffix);
}

size_t str_find(str s, str what, size_t from)
{
    if (from > s.n)
        return SIZE_MAX;
    if (!what.n)
        return from;
    const char *hit = s.n > from ? memmem(s.p + from, s.n - from, what.p, what.n) : NULL;
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t str_find_char(str s, char c, size_t from)
{
    const char *hit = from < s.n ? memchr(s.p + from, c, s.n - from) : NULL;
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t str_rfind_char(str s, char c)
{
    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == c)
            return i;
    return SIZE_MAX;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.n && is_space(s.p[0]))
        s = str_from(s, 1);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_split(str *rest, char sep, str *ret)
{
    if (!rest->p)
        return false;
    size_t at = str_find_char(*rest, sep, 0);
    *ret = str_sub(*rest, 0, at);
    *rest = at == SIZE_MAX ? STR_NONE : str_from(*rest, at + 1);
    return true;
}

bool str_to_i64(str s, int64_t *ret)
{
    bool minus = s.n && s.p[0] == '-';
    size_t i = s.n && (minus || s.p[0] == '+') ? 1 : 0;
    if (i == s.n)
        return false;
    int64_t v = 0; /* kept negative: its range is the larger one */
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, s.p[i] - '0', &v))
            return false;
    }
    if (!minus && v == INT64_MIN)
        return false;
    *ret = minus ? v : -v;
    return true;
}

bool str_to_double(str s, double *ret)
{
    char z[64], *end;
    if (!s.n || s.n >= sizeof z || is_space(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("0123456789+-.eE", s.p[i]) || !s.p[i])
            return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    double d = strtod(z, &end);
    if (*end)
        return false;
    *ret = d;
    return true;
}

static uint64_t word(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0xFF51AFD7ED558CCDU;
    return h ^ h >> 32;
}

/* SQL texts and paths are hashed on every request: four words at a time, so that the multiplications overlap. */
uint64_t str_hash(str s)
{
    uint64_t h = 0x9E3779B97F4A7C15U ^ s.n, lanes[4] = {h, h + 1, h + 2, h + 3}, v = 0;
    if (s.n >= sizeof lanes) {
        for (; s.n >= sizeof lanes; s.p += sizeof lanes, s.n -= sizeof lanes)
            for (size_t i = 0; i < COUNT(lanes); i++)
                lanes[i] = mix(lanes[i], word(s.p + 8 * i));
        h = mix(mix(mix(lanes[0], lanes[1]), lanes[2]), lanes[3]);
    }
    for (; s.n >= sizeof v; s.p += sizeof v, s.n -= sizeof v)
        h = mix(h, word(s.p));
    memcpy(&v, s.n ? s.p : "", s.n);
    h = (h ^ v) * 0xC4CEB9FE1A85EC53U;
    return h ^ h >> 29;
}

uint64_t str_hash_nocase(str s)
{
    uint64_t h = 1469598103934665603U;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ lower(s.p[i])) * 1099511628211U;
    return h;
}
