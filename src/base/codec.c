/* Encodings by table. Decoders accept what the header says and nothing more. */
#include "base/codec.h"

#include "base/time.h"
#include "base/utf8.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

/* ---- base64 (RFC 4648) ---- */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64_group(const unsigned char *u, size_t n, char *to)
{
    uint32_t v = (uint32_t)u[0] << 16 | (n > 1 ? (uint32_t)u[1] << 8 : 0) | (n > 2 ? u[2] : 0);
    to[0] = alphabet[v >> 18];
    to[1] = alphabet[v >> 12 & 63];
    to[2] = n > 1 ? alphabet[v >> 6 & 63] : '=';
    to[3] = n > 2 ? alphabet[v & 63] : '=';
}

static void base64_to(char *to, str bytes)
{
    for (size_t i = 0; i < bytes.n; i += 3, to += 4)
        base64_group((const unsigned char *)bytes.p + i, bytes.n - i, to);
}

str base64_encode(struct arena *a, str bytes)
{
    size_t n = (bytes.n + 2) / 3 * 4;
    char *z = arena_alloc(a, n + 1);
    base64_to(z, bytes);
    return (str){z, n};
}

void base64_write(struct buf *out, str bytes, bool mime_lines)
{
    size_t line = mime_lines ? 57 : 3 * 1024;
    for (size_t i = 0; i < bytes.n; i += line) {
        str part = str_sub(bytes, i, i + line);
        size_t n = (part.n + 2) / 3 * 4;
        char *to = buf_reserve(out, n);
        if (!to)
            return;
        base64_to(to, part);
        out->n += n;
        if (mime_lines)
            buf_add(out, STR("\r\n"));
    }
}

enum { BAD = 64, SKIP = 65, PAD = 66 };

static unsigned char base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned char)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (unsigned char)(c - '0' + 52);
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return c == '=' ? PAD : c == ' ' || (c >= '\t' && c <= '\r') ? SKIP : BAD;
}

bool base64_decode(struct arena *a, str text, str *ret)
{
    char *z = arena_alloc(a, text.n / 4 * 3 + 4);
    size_t n = 0, digits = 0, pads = 0;
    uint32_t v = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = base64_value((unsigned char)text.p[i]);
        if (c == SKIP)
            continue;
        if (c == PAD && ++pads <= 2)
            continue;
        if (c >= BAD || pads)
            return false;
        v = v << 6 | c;
        if (++digits % 4 == 0) {
            z[n++] = (char)(v >> 16 & 255);
            z[n++] = (char)(v >> 8 & 255);
            z[n++] = (char)(v & 255);
        }
    }
    size_t rest = digits % 4;
    if (rest == 1 || (pads && rest + pads != 4))
        return false;
    if (rest)
        z[n++] = (char)(v >> (rest == 2 ? 4 : 10) & 255);
    if (rest == 3)
        z[n++] = (char)(v >> 2 & 255);
    *ret = (str){z, n};
    return true;
}

/* ---- hex, percent ---- */
str hex_encode(struct arena *a, str bytes, bool upper)
{
    const char *digit = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char *z = arena_alloc(a, bytes.n * 2 + 1);
    for (size_t i = 0; i < bytes.n; i++) {
        z[2 * i] = digit[(unsigned char)bytes.p[i] >> 4];
        z[2 * i + 1] = digit[bytes.p[i] & 15];
    }
    return (str){z, bytes.n * 2};
}

static bool hex_byte(str s, size_t at, char *ret)
{
    unsigned v = 0;
    if (s.n < at + 2)
        return false;
    for (size_t i = at; i < at + 2; i++) {
        char c = s.p[i], low = (char)(c | 32);
        if (c >= '0' && c <= '9')
            v = v << 4 | (unsigned)(c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v << 4 | (unsigned)(low - 'a' + 10);
        else
            return false;
    }
    *ret = (char)v;
    return true;
}

bool hex_decode(struct arena *a, str text, str *ret)
{
    char *z = arena_alloc(a, text.n / 2 + 1);
    if (text.n % 2)
        return false;
    for (size_t i = 0; i < text.n; i += 2)
        if (!hex_byte(text, i, &z[i / 2]))
            return false;
    *ret = (str){z, text.n / 2};
    return true;
}

bool percent_decode(struct arena *a, str s, bool plus, str *ret)
{
    if (str_find_char(s, '%', 0) == SIZE_MAX && (!plus || str_find_char(s, '+', 0) == SIZE_MAX)) {
        *ret = (str){arena_strdup(a, s), s.n};
        return true;
    }
    char *z = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++, n++) {
        z[n] = plus && s.p[i] == '+' ? ' ' : s.p[i];
        if (s.p[i] != '%')
            continue;
        if (!hex_byte(s, i + 1, &z[n]) || !z[n])
            return false;
        i += 2;
    }
    *ret = (str){z, n};
    return true;
}

static bool unreserved(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void percent_write(struct buf *out, str s, const char *keep)
{
    static const char digit[] = "0123456789ABCDEF";
    for (size_t from = 0, i = 0; i <= s.n; i++) {
        if (i < s.n && (unreserved(s.p[i]) || (s.p[i] && keep && strchr(keep, s.p[i]))))
            continue;
        buf_add(out, str_sub(s, from, i));
        from = i + 1;
        if (i < s.n)
            buf_add(out,
                    (str){
                        (char[]){'%', digit[(unsigned char)s.p[i] >> 4], digit[s.p[i] & 15]},
                        3
            });
    }
}

str percent_encode(struct arena *a, str s, const char *keep)
{
    AUTO(buf) struct buf b = BUF(s.n * 3);
    percent_write(&b, s, keep);
    return arena_str(a, buf_str(&b));
}

str query_value(struct arena *a, str query, const char *name)
{
    str pair, key, value;
    while (str_split(&query, '&', &pair)) {
        size_t eq = str_find_char(pair, '=', 0);
        if (!percent_decode(a, str_sub(pair, 0, eq), true, &key) || !str_eqz(key, name))
            continue;
        if (percent_decode(a, eq == SIZE_MAX ? STR("") : str_from(pair, eq + 1), true, &value))
            return value;
    }
    return STR_NONE;
}

/* ---- random, ids ---- */
void random_bytes(void *p, size_t n)
{
    for (char *to = p; n;) {
        ssize_t got = getrandom(to, n, 0);
        if (got < 0)
            abort();
        to += got;
        n -= (size_t)got;
    }
}

str id_uuid(struct arena *a)
{
    unsigned char u[16];
    random_bytes(u, sizeof u);
    u[6] = (unsigned char)(0x40 | (u[6] & 15));
    u[8] = (unsigned char)(0x80 | (u[8] & 63));
    str h = hex_encode(a, (str){(char *)u, sizeof u}, false);
    return arena_fmt(a, "%.8s-%.4s-%.4s-%.4s-%.12s", h.p, h.p + 8, h.p + 12, h.p + 16, h.p + 20);
}

/* 'A' as in the original, 9 digits of milliseconds and a sequence within them, 18 random digits;
 * the digits are in ASCII order, so ids compare as their times do. */
void id_message(char ret[ID_MESSAGE + 1])
{
    static const char digit[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    static _Atomic uint64_t latest;
    uint64_t now = (uint64_t)time_now_ms() << 12, old = atomic_load(&latest), mine;
    do
        mine = now > old ? now : old + 1;
    while (!atomic_compare_exchange_weak(&latest, &old, mine));
    random_bytes(ret, ID_MESSAGE);
    ret[0] = 'A';
    for (int i = 9; i > 0; i--, mine >>= 6)
        ret[i] = digit[mine & 63];
    for (int i = 10; i < ID_MESSAGE; i++)
        ret[i] = digit[ret[i] & 63];
    ret[ID_MESSAGE] = 0;
}

bool utf8_valid(str s)
{
    const uint64_t high = UINT64_MAX / 255 * 128;
    uint64_t w;
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        if (end - p >= 8 && !(memcpy(&w, p, 8), w & high)) {
            p += 8;
            continue;
        }
        size_t n = utf8_len(p, end);
        if (!n)
            return false;
        p += n;
    }
    return true;
}

size_t utf8_count(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80;
    return n;
}
