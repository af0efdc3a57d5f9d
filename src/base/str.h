/* str: bytes that someone else owns, passed by value; not NUL-terminated. Reading never allocates. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
/* AUTO(buf) b = ...: runs buf_cleanup(&b) at the end of the scope; initialise in the declaration. */
#define AUTO(kind) __attribute__((cleanup(kind##_cleanup)))

typedef struct {
    const char *p;
    size_t n;
} str;
#define STR(lit) ((str){"" lit, sizeof(lit) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p
#define STR_NONE ((str){0}) /* p == NULL: absent, which is not the same as empty */

static inline str str_of(const char *z) /* z may be NULL: gives STR_NONE */
{
    return z ? (str){z, strlen(z)} : STR_NONE;
}
static inline bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool str_eqz(str a, const char *z)
{
    return str_eq(a, str_of(z));
}
/* The part [from, to); both are clamped to the length. */
static inline str str_sub(str s, size_t from, size_t to)
{
    to = to > s.n ? s.n : to;
    from = from > to ? to : from;
    return (str){s.p ? s.p + from : NULL, to - from};
}
static inline str str_from(str s, size_t from)
{
    return str_sub(s, from, s.n);
}
static inline bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}
bool str_same_nocase(str a, str b);            /* of the same length */
static inline bool str_eq_nocase(str a, str b) /* ASCII only */
{
    return a.n == b.n && (str_eq(a, b) || str_same_nocase(a, b));
}
int str_cmp(str a, str b); /* by bytes */
bool str_starts_nocase(str s, str prefix);
bool str_ends(str s, str suffix);
bool str_ends_nocase(str s, str suffix);
/* Index of the first occurrence at or after from, or SIZE_MAX. */
size_t str_find(str s, str what, size_t from);
size_t str_find_char(str s, char c, size_t from);
size_t str_rfind_char(str s, char c);
str str_trim(str s); /* ASCII white space at both ends */
/* Takes the next piece up to sep off *rest; false when nothing is left. "a,,b" gives a, "", b. */
bool str_split(str *rest, char sep, str *ret);
/* Whole-string decimal numbers; false when s is not one or does not fit. */
bool str_to_i64(str s, int64_t *ret) MUST_USE;
bool str_to_double(str s, double *ret) MUST_USE;
uint64_t str_hash(str s);
uint64_t str_hash_nocase(str s);
#endif
