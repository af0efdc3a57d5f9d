/* Functions on one text. Positions and lengths count UTF-16 units, as Java's do: beyond U+FFFF two for one
 * character. */
#include "mapping/inside.h"

#include "base/utf8.h"

#define FUNCTION(name)                                                            \
    static bool name(struct eval *v, const struct op *op, const struct entry *in, \
                     struct entry *ret, struct err *e)
#define UNUSED (void)v, (void)op, (void)in, (void)e

static size_t char_bytes(unsigned char c)
{
    return c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static size_t units(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80 ? 1 + (size_t)((unsigned char)s.p[i] >= 0xF0)
                                                    : 0;
    return n;
}

/* The byte at which the unit begins. */
static size_t unit_at(str s, size_t unit)
{
    size_t i = 0;
    for (size_t n = 0; i < s.n && n < unit;
         n += 1 + (size_t)((unsigned char)s.p[i] >= 0xF0), i += char_bytes((unsigned char)s.p[i]))
        ;
    return i < s.n ? i : s.n;
}

static struct entry number(struct eval *v, long long n)
{
    return entry_text(arena_fmt(v->a, "%lld", n));
}

FUNCTION(constant)
{
    UNUSED;
    *ret = entry_text(op->settings.texts[0]);
    return true;
}

FUNCTION(concat)
{
    str a = entry_str(in[0]), d = op->settings.texts[0], b = entry_str(in[1]);
    if (a.n + d.n + b.n > MOST_TEXT)
        return err_set(e, ERR_TOO_LARGE, "concat: more than %d bytes", MOST_TEXT);
    *ret = entry_text(arena_fmt(v->a, STR_FMT STR_FMT STR_FMT, STR_ARG(a), STR_ARG(d), STR_ARG(b)));
    return true;
}

/* Beyond the end: what there is. */
FUNCTION(substring)
{
    (void)v, (void)e;
    str s = entry_str(in[0]);
    int64_t start = op->settings.numbers[0], count = op->settings.numbers[1];
    s = str_from(s, unit_at(s, start > 0 ? (size_t)start : 0));
    *ret = entry_text(count > 0 ? str_sub(s, 0, unit_at(s, (size_t)count)) : s);
    return true;
}

FUNCTION(replace)
{
    (void)op;
    str s = entry_str(in[0]), what = entry_str(in[1]), by = entry_str(in[2]);
    size_t from = 0, at;
    *ret = in[0];
    if (!what.n || str_find(s, what, 0) == SIZE_MAX)
        return true;
    AUTO(buf) struct buf b = BUF(MOST_TEXT);
    while ((at = str_find(s, what, from)) != SIZE_MAX) {
        buf_add(&b, str_sub(s, from, at));
        buf_add(&b, by);
        from = at + what.n;
    }
    buf_add(&b, str_from(s, from));
    if (!buf_check(&b, e))
        return false;
    *ret = entry_text(arena_str(v->a, buf_str(&b)));
    return true;
}

FUNCTION(trim)
{
    UNUSED;
    str s = entry_str(in[0]);
    while (s.n && (unsigned char)s.p[0] <= ' ')
        s = str_from(s, 1);
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    *ret = entry_text(s);
    return true;
}

/* Latin-1, Latin Extended-A, Greek and Cyrillic; other letters stay. */
static uint32_t change_case(uint32_t c, bool upper)
{
    if (c < 0x80)
        return upper ? (c >= 'a' && c <= 'z' ? c - 32 : c) : (c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (c >= 0xC0 && c <= 0xFE && c != 0xD7 && c != 0xF7 && c != 0xDF)
        return upper ? (c >= 0xE0 ? c - 32 : c) : (c < 0xE0 ? c + 32 : c);
    if (c == 0xFF)
        return upper ? 0x178 : c;
    if ((c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) || (c >= 0x14A && c <= 0x177))
        return upper ? c & ~1U : c | 1U;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return upper ? (c % 2 ? c : c - 1) : (c % 2 ? c + 1 : c);
    if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2))
        return upper ? (c >= 0x3B1 ? c - 32 : c) : (c < 0x3B1 ? c + 32 : c);
    if (c >= 0x410 && c <= 0x44F)
        return upper ? (c >= 0x430 ? c - 32 : c) : (c < 0x430 ? c + 32 : c);
    if (c >= 0x400 && c <= 0x45F)
        return upper ? (c >= 0x450 ? c - 80 : c) : (c < 0x410 ? c + 80 : c);
    return c;
}

static bool to_case(struct eval *v, str s, bool upper, struct entry *ret)
{
    char *out = arena_alloc(v->a, s.n + 1), *to = out;
    for (size_t i = 0, k; i < s.n; i += k) {
        k = utf8_len(s.p + i, s.p + s.n);
        uint32_t c = k == 1 || k == 2 ? utf8_get(s.p + i, k) : 0;
        if (!c) { /* a script without the case, or no UTF-8 */
            k = k ? k : 1;
            memcpy(to, s.p + i, k);
            to += k;
        } else if (c == 0xDF && upper) {
            *to++ = 'S';
            *to++ = 'S';
        } else {
            to += utf8_put(to, change_case(c, upper));
        }
    }
    *ret = entry_text((str){out, (size_t)(to - out)});
    return true;
}

FUNCTION(to_upper)
{
    UNUSED;
    return to_case(v, entry_str(in[0]), true, ret);
}

FUNCTION(to_lower)
{
    UNUSED;
    return to_case(v, entry_str(in[0]), false, ret);
}

FUNCTION(length)
{
    UNUSED;
    *ret = number(v, (long long)units(entry_str(in[0])));
    return true;
}

FUNCTION(string_equals)
{
    UNUSED;
    *ret = entry_bool(str_eq(entry_str(in[0]), entry_str(in[1])));
    return true;
}

/* The third input: a position in UTF-16 units, as a byte of s; otherwise where there are two inputs. */
static bool position(const struct op *op, const struct entry *in, size_t otherwise, size_t *ret,
                     struct err *e)
{
    int64_t at = 0;
    *ret = otherwise;
    if (op->nin < 3)
        return true;
    if (!str_to_i64(str_trim(entry_str(in[2])), &at))
        return err_set(e, ERR_BAD_REQUEST, "For input string: \"" STR_FMT "\"",
                       STR_ARG(entry_str(in[2])));
    *ret = unit_at(entry_str(in[0]), at > 0 ? (size_t)at : 0);
    return true;
}

FUNCTION(starts_with)
{
    (void)v;
    size_t at;
    if (!position(op, in, 0, &at, e))
        return false;
    *ret = entry_bool(str_starts(str_from(entry_str(in[0]), at), entry_str(in[1])));
    return true;
}

FUNCTION(ends_with)
{
    UNUSED;
    *ret = entry_bool(str_ends(entry_str(in[0]), entry_str(in[1])));
    return true;
}

static long long unit_index(str s, size_t byte)
{
    return byte == SIZE_MAX ? -1 : (long long)units(str_sub(s, 0, byte));
}

FUNCTION(index_of)
{
    str s = entry_str(in[0]);
    size_t from;
    if (!position(op, in, 0, &from, e))
        return false;
    *ret = number(v, unit_index(s, str_find(s, entry_str(in[1]), from)));
    return true;
}

FUNCTION(last_index_of)
{
    str s = entry_str(in[0]), what = entry_str(in[1]);
    size_t from, last = SIZE_MAX;
    if (!position(op, in, s.n, &from, e))
        return false;
    for (size_t at = from + 1; what.n <= s.n && at-- > 0;)
        if (str_starts(str_from(s, at), what)) {
            last = at;
            break;
        }
    *ret = number(v, unit_index(s, last));
    return true;
}

static uint32_t code_at(str s, size_t i)
{
    size_t n = utf8_len(s.p + i, s.p + s.n);
    return n ? utf8_get(s.p + i, n) : (unsigned char)s.p[i];
}

/* Java's compareTo for texts of the basic plane: the difference of the first characters that differ, or of the
 * lengths. */
FUNCTION(compare)
{
    UNUSED;
    str a = entry_str(in[0]), b = entry_str(in[1]);
    size_t i = 0;
    while (i < a.n && i < b.n && a.p[i] == b.p[i])
        i++;
    while (i && i < a.n && ((unsigned char)a.p[i] & 0xC0) == 0x80)
        i--; /* to the begin of the character */
    if (i >= a.n || i >= b.n) {
        *ret = number(v, (long long)units(a) - (long long)units(b));
        return true;
    }
    *ret = number(v, (long long)code_at(a, i) - (long long)code_at(b, i));
    return true;
}

static const struct function rows[] = {
    {"const",         0, 0, "value",     NULL,          NULL, constant,      NULL, NULL, "the constant `value`",             false},
    {"concat",        2, 2, "delimeter", NULL,          NULL, concat,        NULL, NULL,
     "both texts with `delimeter` between them",                                                                             false},
    {"substring",     1, 1, NULL,        "start|count", NULL, substring,     NULL, NULL,
     "`count` characters from position `start`; 0: the rest",                                                                false},
    {"replaceString", 3, 3, NULL,        NULL,          NULL, replace,       NULL, NULL,
     "every occurrence of the second text by the third",                                                                     false},
    {"trim",          1, 1, NULL,        NULL,          NULL, trim,          NULL, NULL, "without white space at both ends", false},
    {"toUpperCase",   1, 1, NULL,        NULL,          NULL, to_upper,      NULL, NULL, "in capital letters",               false},
    {"toLowerCase",   1, 1, NULL,        NULL,          NULL, to_lower,      NULL, NULL, "in small letters",                 false},
    {"length",        1, 1, NULL,        NULL,          NULL, length,        NULL, NULL, "the number of UTF-16 units",       false},
    {"stringEquals",  2, 2, NULL,        NULL,          NULL, string_equals, NULL, NULL,
     "whether both texts are equal",                                                                                         false},
    {"startWith2",    2, 2, NULL,        NULL,          NULL, starts_with,   NULL, NULL,
     "whether the first text begins with the second",                                                                        false},
    {"startWith3",    3, 3, NULL,        NULL,          NULL, starts_with,   NULL, NULL,
     "whether the second text is at that position of the first",                                                             false},
    {"endWith",       2, 2, NULL,        NULL,          NULL, ends_with,     NULL, NULL,
     "whether the first text ends with the second",                                                                          false},
    {"endWith2",      2, 2, NULL,        NULL,          NULL, ends_with,     NULL, NULL,
     "whether the first text ends with the second",                                                                          false},
    {"indexOf2",      2, 2, NULL,        NULL,          NULL, index_of,      NULL, NULL,
     "where the second text is in the first; -1: nowhere",                                                                   false},
    {"indexOf3",      3, 3, NULL,        NULL,          NULL, index_of,      NULL, NULL, "as indexOf2, from a position on",
     false                                                                                                                        },
    {"lastIndexOf2",  2, 2, NULL,        NULL,          NULL, last_index_of, NULL, NULL,
     "where the second text is last in the first",                                                                           false},
    {"lastIndexOf3",  3, 3, NULL,        NULL,          NULL, last_index_of, NULL, NULL,
     "as lastIndexOf2, up to a position",                                                                                    false},
    {"compare",       2, 2, NULL,        NULL,          NULL, compare,       NULL, NULL, "Java's compareTo",                 false},
};
const struct function_table text_functions = {rows, COUNT(rows)};
