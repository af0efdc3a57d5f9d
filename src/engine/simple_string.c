/* Methods of java.lang.String (and what else flows call on a value). Positions count bytes where the text is ASCII,
 * else code points; Java counts UTF-16 units, which differs beyond the basic plane only. */
#include "base/codec.h"
#include "engine/simple_inside.h"

typedef const struct simple_call call;

static bool give_text(struct simple_value *ret, str s)
{
    *ret = (struct simple_value){.kind = VAL_TEXT, .text = s};
    return true;
}

static bool give_int(struct simple_value *ret, int64_t i)
{
    *ret = (struct simple_value){.kind = VAL_INT, .i = i};
    return true;
}

static bool give_bool(struct simple_value *ret, bool b)
{
    *ret = (struct simple_value){.kind = VAL_BOOL, .i = b};
    return true;
}

/* ---- positions ---- */

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static int64_t characters(str s)
{
    int64_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += starts_character(s.p[i]);
    return n;
}

/* The byte where character n begins; s.n for the end, SIZE_MAX beyond. */
static size_t byte_at(str s, int64_t n)
{
    size_t i = 0;
    for (; i < s.n && n >= 0; i++)
        if (starts_character(s.p[i]) && n-- == 0)
            return i;
    return n == 0 ? s.n : SIZE_MAX;
}

static bool position(str s, str arg, size_t *ret, struct simple_eval *v)
{
    int64_t n = 0;
    if (!str_to_i64(str_trim(arg), &n))
        return err_set(v->e, ERR_BAD_REQUEST, "'" STR_FMT "' is no position", STR_ARG(arg));
    *ret = n < 0 ? SIZE_MAX : byte_at(s, n);
    if (*ret == SIZE_MAX)
        return err_set(v->e, ERR_BAD_REQUEST, "String index out of range: %lld", (long long)n);
    return true;
}

static bool give_position(struct simple_value *ret, str self, size_t at)
{
    return give_int(ret, at == SIZE_MAX ? -1 : characters(str_sub(self, 0, at)));
}

/* ---- methods ---- */

static bool change_case(str self, struct simple_eval *v, struct simple_value *ret, char from,
                        char to)
{
    char *out = arena_strdup(v->a, self);
    for (size_t i = 0; i < self.n; i++)
        if (out[i] >= from && out[i] <= to)
            out[i] = (char)(out[i] ^ 32);
    return give_text(ret, (str){out, self.n});
}

static bool to_upper(call *c, str self, const str *args, struct simple_eval *v,
                     struct simple_value *ret)
{
    (void)c, (void)args;
    return change_case(self, v, ret, 'a', 'z');
}

static bool to_lower(call *c, str self, const str *args, struct simple_eval *v,
                     struct simple_value *ret)
{
    (void)c, (void)args;
    return change_case(self, v, ret, 'A', 'Z');
}

static bool trim(call *c, str self, const str *args, struct simple_eval *v,
                 struct simple_value *ret)
{
    (void)c, (void)args, (void)v;
    return give_text(ret, str_trim(self));
}

static bool same(call *c, str self, const str *args, struct simple_eval *v,
                 struct simple_value *ret)
{
    (void)c, (void)args, (void)v;
    return give_text(ret, self);
}

static bool length(call *c, str self, const str *args, struct simple_eval *v,
                   struct simple_value *ret)
{
    (void)c, (void)args, (void)v;
    return give_int(ret, characters(self));
}

static bool is_empty(call *c, str self, const str *args, struct simple_eval *v,
                     struct simple_value *ret)
{
    (void)c, (void)args, (void)v;
    return give_bool(ret, self.n == 0);
}

static bool substring(call *c, str self, const str *args, struct simple_eval *v,
                      struct simple_value *ret)
{
    size_t from = 0, to = self.n;
    if (!position(self, args[0], &from, v) || (c->nargs > 1 && !position(self, args[1], &to, v)))
        return false;
    if (from > to)
        return err_set(v->e, ERR_BAD_REQUEST, "String index out of range: begin is behind end");
    return give_text(ret, str_sub(self, from, to));
}

static bool char_at(call *c, str self, const str *args, struct simple_eval *v,
                    struct simple_value *ret)
{
    (void)c;
    size_t from = 0, to;
    if (!position(self, args[0], &from, v))
        return false;
    for (to = from + 1; to < self.n && !starts_character(self.p[to]); to++)
        ;
    return give_text(ret, str_sub(self, from, to));
}

static bool index_of(call *c, str self, const str *args, struct simple_eval *v,
                     struct simple_value *ret)
{
    (void)c, (void)v;
    return give_position(ret, self, str_find(self, args[0], 0));
}

static bool last_index_of(call *c, str self, const str *args, struct simple_eval *v,
                          struct simple_value *ret)
{
    (void)c, (void)v;
    size_t last = SIZE_MAX;
    for (size_t at = 0; (at = str_find(self, args[0], at)) != SIZE_MAX && at < self.n; at++)
        last = at;
    return give_position(ret, self, last);
}

static bool contains(call *c, str self, const str *args, struct simple_eval *v,
                     struct simple_value *ret)
{
    (void)c, (void)v;
    return give_bool(ret, str_find(self, args[0], 0) != SIZE_MAX);
}

static bool starts_with(call *c, str self, const str *args, struct simple_eval *v,
                        struct simple_value *ret)
{
    (void)c, (void)v;
    return give_bool(ret, str_starts(self, args[0]));
}

static bool ends_with(call *c, str self, const str *args, struct simple_eval *v,
                      struct simple_value *ret)
{
    (void)c, (void)v;
    return give_bool(ret, str_ends(self, args[0]));
}

static bool equals(call *c, str self, const str *args, struct simple_eval *v,
                   struct simple_value *ret)
{
    (void)c, (void)v;
    return give_bool(ret, str_eq(self, args[0]));
}

static bool equals_nocase(call *c, str self, const str *args, struct simple_eval *v,
                          struct simple_value *ret)
{
    (void)c, (void)v;
    return give_bool(ret, str_eq_nocase(self, args[0]));
}

static bool concat(call *c, str self, const str *args, struct simple_eval *v,
                   struct simple_value *ret)
{
    (void)c;
    return give_text(ret, arena_fmt(v->a, STR_FMT STR_FMT, STR_ARG(self), STR_ARG(args[0])));
}

enum { RESULT_MAX = 256 << 20 };

static bool give_buf(struct buf *out, struct simple_eval *v, struct simple_value *ret)
{
    return buf_check(out, v->e) && give_text(ret, arena_str(v->a, buf_str(out)));
}

static bool replace(call *c, str self, const str *args, struct simple_eval *v,
                    struct simple_value *ret)
{
    (void)c;
    AUTO(buf) struct buf out = BUF(RESULT_MAX);
    size_t at = 0, hit;
    while (args[0].n && (hit = str_find(self, args[0], at)) != SIZE_MAX) {
        buf_add(&out, str_sub(self, at, hit));
        buf_add(&out, args[1]);
        at = hit + args[0].n;
    }
    buf_add(&out, str_from(self, at));
    return give_buf(&out, v, ret);
}

static bool regex_of(call *c, str pattern, struct simple_eval *v, struct regex **ret)
{
    *ret = c->regex;
    return *ret || regex_compile(v->a, pattern, 0, ret, v->e);
}

static bool replace_by(call *c, str self, const str *args, struct simple_eval *v, bool all,
                       struct simple_value *ret)
{
    AUTO(buf) struct buf out = BUF(RESULT_MAX);
    struct regex *r = NULL;
    return regex_of(c, args[0], v, &r) && regex_replace(r, self, args[1], all, &out, v->e) &&
           give_buf(&out, v, ret);
}

static bool replace_all(call *c, str self, const str *args, struct simple_eval *v,
                        struct simple_value *ret)
{
    return replace_by(c, self, args, v, true, ret);
}

static bool replace_first(call *c, str self, const str *args, struct simple_eval *v,
                          struct simple_value *ret)
{
    return replace_by(c, self, args, v, false, ret);
}

static bool matches(call *c, str self, const str *args, struct simple_eval *v,
                    struct simple_value *ret)
{
    (void)c;
    struct regex *r = NULL;
    bool hit = false;
    return regex_compile(v->a, args[0], REGEX_WHOLE, &r, v->e) &&
           regex_find(r, self, 0, &hit, NULL, 0, v->e) && give_bool(ret, hit);
}

/* split(regex)[n]: the n-th piece. */
static bool split(call *c, str self, const str *args, struct simple_eval *v,
                  struct simple_value *ret)
{
    struct regex *r = NULL;
    str hit[1];
    size_t from = 0, begin = 0;
    if (c->index < 0)
        return err_set(v->e, ERR_NOT_IMPLEMENTED, "split(..) without [n]");
    if (!regex_of(c, args[0], v, &r))
        return false;
    for (int n = 0; from <= self.n; n++) {
        bool found = false;
        if (!regex_find(r, self, from, &found, hit, 1, v->e))
            return false;
        size_t end = found ? (size_t)(hit[0].p - self.p) : self.n;
        if (n == c->index)
            return give_text(ret, str_sub(self, begin, end));
        if (!found)
            break;
        begin = end + hit[0].n;
        from = hit[0].n ? begin : begin + 1;
    }
    return err_set(v->e, ERR_BAD_REQUEST, "Index: %d out of the pieces of '" STR_FMT "'", c->index,
                   STR_ARG(str_sub(self, 0, 100)));
}

static const struct simple_method METHODS[] = {
    {"toUpperCase",      0, 0, false, to_upper     },
    {"toLowerCase",      0, 0, false, to_lower     },
    {"trim",             0, 0, false, trim         },
    {"strip",            0, 0, false, trim         },
    {"toString",         0, 0, false, same         },
    {"length",           0, 0, false, length       },
    {"size",             0, 0, false, length       },
    {"isEmpty",          0, 0, false, is_empty     },
    {"substring",        1, 2, false, substring    },
    {"charAt",           1, 1, false, char_at      },
    {"indexOf",          1, 1, false, index_of     },
    {"lastIndexOf",      1, 1, false, last_index_of},
    {"contains",         1, 1, false, contains     },
    {"startsWith",       1, 1, false, starts_with  },
    {"endsWith",         1, 1, false, ends_with    },
    {"equals",           1, 1, false, equals       },
    {"equalsIgnoreCase", 1, 1, false, equals_nocase},
    {"concat",           1, 1, false, concat       },
    {"replace",          2, 2, false, replace      },
    {"replaceAll",       2, 2, true,  replace_all  },
    {"replaceFirst",     2, 2, true,  replace_first},
    {"matches",          1, 1, false, matches      },
    {"split",            1, 1, true,  split        },
};

const struct simple_method *simple_method_named(str name)
{
    for (size_t i = 0; i < COUNT(METHODS); i++)
        if (str_eqz(name, METHODS[i].name))
            return &METHODS[i];
    return NULL;
}
