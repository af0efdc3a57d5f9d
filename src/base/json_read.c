/* The JSON reader: one pass, no recursion (a stack of JR_DEPTH open containers), nodes taken from
 * the arena in runs. Objects of up to FEW members are checked for repeated names by a 64-bit filter
 * and a scan, larger ones by sorting, so that no input makes it quadratic. */
#include "base/json.h"

#include "base/json_scan.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { FEW = 32, FIRST_RUN = 8, LARGEST_RUN = 256 };

struct level {
    struct jr *open, *last;
};
struct reader {
    const char *p, *end, *start;
    struct arena *arena;
    struct err *e;
    struct jr *free; /* nodes taken in advance */
    size_t nfree, run;
    str key;          /* for the next value */
    struct jr **slot; /* where the next value goes */
    unsigned depth;
    struct level *at; /* [JR_DEPTH], not cleared: it is large for a small text */
};

static bool fail_at(struct reader *r, const char *at, const char *what)
{
    unsigned line = 1, column = 1;
    for (const char *p = r->start; p < at; p++, column++)
        if (*p == '\n')
            line++, column = 0;
    return err_set(r->e, ERR_BAD_REQUEST, "JSON, line %u, column %u: %s", line, column, what);
}

static bool fail(struct reader *r, const char *what)
{
    return fail_at(r, r->p, r->p < r->end ? what : "unexpected end");
}

static char peek(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
    return r->p < r->end ? *r->p : 0;
}

static struct jr *node(struct reader *r, enum jr_kind kind)
{
    if (!r->nfree) {
        r->nfree = r->run;
        r->free = arena_new_array(r->arena, struct jr, r->run);
        if (r->run < LARGEST_RUN)
            r->run *= 2;
    }
    struct jr *v = r->free++;
    r->nfree--;
    v->kind = kind;
    v->key = r->key;
    *r->slot = v;
    if (r->depth) {
        r->at[r->depth - 1].last = v;
        r->at[r->depth - 1].open->n++;
    }
    return v;
}

static bool hex4(const char *p, const char *end, uint32_t *ret)
{
    uint32_t c = 0;
    if (end - p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char d = p[i];
        if (d >= '0' && d <= '9')
            c = c << 4 | (uint32_t)(d - '0');
        else if ((d | 32) >= 'a' && (d | 32) <= 'f')
            c = c << 4 | (uint32_t)((d | 32) - 'a' + 10);
        else
            return false;
    }
    *ret = c;
    return true;
}

/* \uXXXX at p (behind the backslash), with the second half of a pair; the bytes read, 0: bad. */
static size_t unicode_escape(const char *p, const char *end, uint32_t *ret)
{
    uint32_t low;
    if (!hex4(p + 1, end, ret))
        return 0;
    if (*ret < 0xd800 || *ret > 0xdfff)
        return 5;
    if (*ret > 0xdbff || end - p < 11 || p[5] != '\\' || p[6] != 'u' || !hex4(p + 7, end, &low) ||
        low < 0xdc00 || low > 0xdfff)
        return 0;
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
    return 11;
}

static size_t unescape(const char *p, const char *end, char **to)
{
    static const char letters[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    uint32_t c;
    if (p == end)
        return 0;
    if (*p == 'u') {
        size_t n = unicode_escape(p, end, &c);
        *to += n ? utf8_put(*to, c) : 0;
        return n;
    }
    const char *hit = *p ? strchr(letters, *p) : NULL;
    if (hit)
        *(*to)++ = meaning[hit - letters];
    return hit ? 1 : 0;
}

/* r->p stands on the first backslash of a string that began at from. An escape never gets longer by
 * decoding, so the distance to the closing quote is room enough. */
static bool escaped_string(struct reader *r, const char *from, str *ret)
{
    const char *close = r->p;
    while (close < r->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= r->end)
        return r->p = r->end, fail(r, "");
    char *z = arena_alloc(r->arena, (size_t)(close - from) + 1), *to = z + (r->p - from);
    memcpy(z, from, (size_t)(r->p - from));
    while (r->p < close) {
        size_t n = utf8_len(r->p, close);
        if (*r->p == '\\') {
            n = unescape(r->p + 1, close, &to);
            if (!n++)
                return fail(r, "bad escape sequence");
        } else if (!n || (unsigned char)*r->p < 0x20) {
            return fail(r, n ? "control character in a string" : "invalid UTF-8");
        } else {
            memcpy(to, r->p, n);
            to += n;
        }
        r->p += n;
    }
    r->p++;
    *ret = (str){z, (size_t)(to - z)};
    return true;
}

static bool string(struct reader *r, str *ret)
{
    const char *from = ++r->p;
    for (;;) {
        r->p = json_plain_end(r->p, r->end);
        if (r->p == r->end)
            return fail(r, "");
        if (*r->p == '"')
            break;
        if (*r->p == '\\')
            return escaped_string(r, from, ret);
        size_t n = utf8_len(r->p, r->end);
        if (n < 2)
            return fail(r, n ? "control character in a string" : "invalid UTF-8");
        r->p += n;
    }
    *ret = (str){from, (size_t)(r->p++ - from)};
    return true;
}

static bool digits(struct reader *r)
{
    const char *from = r->p;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return r->p > from || fail(r, "bad number");
}

static bool number(struct reader *r)
{
    const char *from = r->p;
    r->p += *r->p == '-';
    if (r->p < r->end && *r->p == '0')
        r->p++;
    else if (!digits(r))
        return false;
    if (r->p < r->end && *r->p == '.' && (r->p++, !digits(r)))
        return false;
    if (r->p < r->end && (*r->p | 32) == 'e') {
        r->p++;
        r->p += r->p < r->end && (*r->p == '+' || *r->p == '-');
        if (!digits(r))
            return false;
    }
    node(r, JR_NUMBER)->s = (str){from, (size_t)(r->p - from)};
    return true;
}

static bool word(struct reader *r, str want, enum jr_kind kind, bool b)
{
    if (!str_starts((str){r->p, (size_t)(r->end - r->p)}, want))
        return fail(r, "a value was expected");
    r->p += want.n;
    node(r, kind)->b = b;
    return true;
}

static int by_key(const void *a, const void *b)
{
    str x = (*(struct jr *const *)a)->key, y = (*(struct jr *const *)b)->key;
    return x.n != y.n ? (x.n > y.n) - (x.n < y.n) : str_cmp(x, y);
}

static const struct jr *repeated_of_many(const struct jr *object)
{
    const struct jr **all = mem_alloc(object->n * sizeof(struct jr *)), *hit = NULL;
    size_t n = 0;
    for (const struct jr *m = object->first; m; m = m->next)
        all[n++] = m;
    qsort(all, n, sizeof(struct jr *), by_key);
    for (size_t i = 1; i < n && !hit; i++)
        if (str_eq(all[i - 1]->key, all[i]->key))
            hit = all[i];
    free(all);
    return hit;
}

static const struct jr *repeated_name(const struct jr *object)
{
    uint64_t seen = 0;
    if (object->n > FEW)
        return repeated_of_many(object);
    for (const struct jr *m = object->first; m; m = m->next) {
        size_t mix = m->key.n ? m->key.n * 7 + (unsigned char)m->key.p[0] * 5 +
                                    (unsigned char)m->key.p[m->key.n - 1] * 11
                              : 0;
        uint64_t bit = (uint64_t)1 << (mix & 63);
        for (const struct jr *o = seen & bit ? object->first : m; o != m; o = o->next)
            if (str_eq(o->key, m->key))
                return m;
        seen |= bit;
    }
    return NULL;
}

static bool key(struct reader *r)
{
    if (peek(r) != '"')
        return fail(r, "a member name was expected");
    if (!string(r, &r->key))
        return false;
    if (peek(r) != ':')
        return fail(r, "':' was expected");
    r->p++;
    return true;
}

/* Closes containers and steps over commas until the next value is due; *ret_done: the text is over.
 */
static bool after_value(struct reader *r, bool *ret_done)
{
    for (; r->depth; r->depth--) {
        struct jr *top = r->at[r->depth - 1].open;
        bool object = top->kind == JR_OBJECT;
        char c = peek(r);
        if (c == ',') {
            r->p++;
            r->slot = &r->at[r->depth - 1].last->next;
            r->key = STR_NONE;
            return !object || key(r);
        }
        if (c != (object ? '}' : ']'))
            return fail(r, object ? "',' or '}' was expected" : "',' or ']' was expected");
        const struct jr *twice = object && top->n > 1 ? repeated_name(top) : NULL;
        if (twice)
            return err_set(r->e, ERR_BAD_REQUEST,
                           "JSON: member \"" STR_FMT "\" twice in one object",
                           STR_ARG(str_sub(twice->key, 0, 100)));
        r->p++;
    }
    *ret_done = true;
    return !peek(r) && r->p == r->end ? true : fail(r, "text after the value");
}

static bool container(struct reader *r, enum jr_kind kind, bool *ret_done)
{
    char close = kind == JR_OBJECT ? '}' : ']';
    if (r->depth == JR_DEPTH)
        return fail(r, "nested too deeply");
    struct jr *v = node(r, kind);
    r->p++;
    r->at[r->depth++].open = v;
    r->key = STR_NONE;
    r->slot = &v->first;
    if (peek(r) == close)
        return after_value(r, ret_done);
    return kind == JR_ARRAY || key(r);
}

static bool scalar(struct reader *r, char c)
{
    str s;
    if (c == '"') {
        if (!string(r, &s))
            return false;
        node(r, JR_STRING)->s = s;
        return true;
    }
    if (c == 't')
        return word(r, STR("true"), JR_BOOL, true);
    if (c == 'f')
        return word(r, STR("false"), JR_BOOL, false);
    if (c == 'n')
        return word(r, STR("null"), JR_NULL, false);
    if (c == '-' || (c >= '0' && c <= '9'))
        return number(r);
    return fail(r, "a value was expected");
}

bool jr_parse(struct arena *a, str text, struct jr **ret, struct err *e)
{
    struct jr *root = NULL;
    struct level levels[JR_DEPTH];
    text = text.p ? text : STR("");
    struct reader r = {.p = text.p,
                       .start = text.p,
                       .end = text.p + text.n,
                       .arena = a,
                       .e = e,
                       .run = FIRST_RUN,
                       .slot = &root,
                       .at = levels};
    if (str_starts(text, STR("\xef\xbb\xbf")))
        r.p += 3;
    for (bool done = false; !done;) {
        char c = peek(&r);
        bool ok;
        if (c == '{' || c == '[')
            ok = container(&r, c == '{' ? JR_OBJECT : JR_ARRAY, &done);
        else
            ok = scalar(&r, c) && after_value(&r, &done);
        if (!ok)
            return false;
    }
    *ret = root;
    return true;
}

const struct jr *jr_get(const struct jr *object, const char *name)
{
    str want = str_of(name);
    if (!object || object->kind != JR_OBJECT)
        return NULL;
    for (const struct jr *m = object->first; m; m = m->next)
        if (str_eq(m->key, want))
            return m;
    return NULL;
}

str jr_text(const struct jr *object, const char *name)
{
    const struct jr *m = jr_get(object, name);
    return m && m->kind == JR_STRING ? m->s : STR_NONE;
}
