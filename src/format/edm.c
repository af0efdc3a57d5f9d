/* Names of the types, literals of URIs and their conversion (OData V2, URI conventions 4.5 and
 * abstract type system 6). The text between quotes or before a suffix is read by edm_text.c. */
#include "format/edm.h"

#include "base/codec.h"

#include <math.h>

static const struct {
    const char *name;
    enum value_kind kind;
    int64_t least, most; /* integers */
} types[] = {
    [EDM_STRING] = {"Edm.String",         V_TEXT,  0,         0        },
    [EDM_BOOLEAN] = {"Edm.Boolean",        V_BOOL,  0,         1        },
    [EDM_BYTE] = {"Edm.Byte",           V_INT,   0,         UINT8_MAX},
    [EDM_SBYTE] = {"Edm.SByte",          V_INT,   INT8_MIN,  INT8_MAX },
    [EDM_INT16] = {"Edm.Int16",          V_INT,   INT16_MIN, INT16_MAX},
    [EDM_INT32] = {"Edm.Int32",          V_INT,   INT32_MIN, INT32_MAX},
    [EDM_INT64] = {"Edm.Int64",          V_INT,   INT64_MIN, INT64_MAX},
    [EDM_DECIMAL] = {"Edm.Decimal",        V_TEXT,  0,         0        },
    [EDM_SINGLE] = {"Edm.Single",         V_REAL,  0,         0        },
    [EDM_DOUBLE] = {"Edm.Double",         V_REAL,  0,         0        },
    [EDM_DATETIME] = {"Edm.DateTime",       V_INT,   0,         0        },
    [EDM_DATETIMEOFFSET] = {"Edm.DateTimeOffset", V_INT,   0,         0        },
    [EDM_TIME] = {"Edm.Time",           V_INT,   0,         0        },
    [EDM_GUID] = {"Edm.Guid",           V_TEXT,  0,         0        },
    [EDM_BINARY] = {"Edm.Binary",         V_BYTES, 0,         0        },
    [EDM_COMPLEX] = {"complex type",       V_NULL,  0,         0        },
};

const char *edm_name(enum edm t)
{
    return t < EDM_COUNT ? types[t].name : "null";
}

bool edm_named(str name, enum edm *ret)
{
    for (enum edm t = 0; t < EDM_COMPLEX; t++)
        if (str_eqz(name, types[t].name)) {
            *ret = t;
            return true;
        }
    return false;
}

enum value_kind edm_value_kind(enum edm t)
{
    return t < EDM_COUNT ? types[t].kind : V_NULL;
}

static bool is_integer(enum edm t)
{
    return t >= EDM_BYTE && t <= EDM_INT64;
}

static bool bad(struct err *e, str literal)
{
    return err_set(e, ERR_BAD_REQUEST, "'" STR_FMT "' is not a literal",
                   STR_ARG(str_sub(literal, 0, 100)));
}

/* ---- literals ---- */
static bool string_literal(struct arena *a, str literal, struct value *ret, struct err *e)
{
    if (literal.n < 2 || literal.p[literal.n - 1] != '\'')
        return bad(e, literal);
    str in = str_sub(literal, 1, literal.n - 1);
    char *z = arena_strdup(a, in);
    size_t n = str_find_char(in, '\'', 0);
    n = n < in.n ? n : in.n; /* up to the first quote it is copied already */
    for (size_t i = n; i < in.n; i++) {
        if (in.p[i] == '\'' && (i + 1 == in.n || in.p[++i] != '\''))
            return bad(e, literal);
        z[n++] = in.p[i];
    }
    *ret = VALUE_TEXT(((str){z, n}));
    return utf8_valid(ret->s) || err_set(e, ERR_BAD_REQUEST, "a string is not UTF-8");
}

static const struct {
    const char *prefix; /* with the opening quote */
    enum edm type;
} prefixes[] = {
    {"datetime'",       EDM_DATETIME      },
    {"datetimeoffset'", EDM_DATETIMEOFFSET},
    {"time'",           EDM_TIME          },
    {"guid'",           EDM_GUID          },
    {"binary'",         EDM_BINARY        },
    {"X'",              EDM_BINARY        }
};

static bool prefixed_literal(struct arena *a, str literal, enum edm *ret_type, struct value *ret,
                             struct err *e)
{
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        str prefix = str_of(prefixes[i].prefix);
        if (!str_starts(literal, prefix) || literal.n <= prefix.n ||
            literal.p[literal.n - 1] != '\'')
            continue;
        str in = str_sub(literal, prefix.n, literal.n - 1), bytes;
        *ret_type = prefixes[i].type;
        if (*ret_type != EDM_BINARY)
            return edm_parse_text(a, *ret_type, in, ret, e);
        if (!hex_decode(a, in, &bytes))
            return bad(e, literal);
        *ret = VALUE_BYTES(bytes);
        return true;
    }
    return bad(e, literal);
}

static enum edm smallest_type(int64_t v)
{
    enum edm t = EDM_BYTE;
    while (v < types[t].least || v > types[t].most)
        t++;
    return t;
}

static bool number_literal(struct arena *a, str literal, enum edm *ret_type, struct value *ret,
                           struct err *e)
{
    static const struct {
        char suffix;
        enum edm type;
    } suffixes[] = {
        {'l', EDM_INT64  },
        {'m', EDM_DECIMAL},
        {'d', EDM_DOUBLE },
        {'f', EDM_SINGLE }
    };
    char last = (char)(literal.p[literal.n - 1] | 32);
    for (size_t i = 0; i < COUNT(suffixes); i++)
        if (last == suffixes[i].suffix) {
            *ret_type = suffixes[i].type;
            return edm_parse_text(a, *ret_type, str_sub(literal, 0, literal.n - 1), ret, e);
        }
    if (!edm_parse_text(a, EDM_INT32, literal, ret, e))
        return bad(e, literal);
    *ret_type = smallest_type(ret->i);
    return true;
}

bool edm_parse_uri(struct arena *a, str literal, enum edm *ret_type, struct value *ret,
                   struct err *e)
{
    static const struct {
        const char *text;
        enum edm type;
        struct value value;
    } words[] = {
        {"null",  EDM_COUNT,   {.kind = V_NULL}                },
        {"true",  EDM_BOOLEAN, {.kind = V_BOOL, .i = 1}        },
        {"false", EDM_BOOLEAN, {.kind = V_BOOL, .i = 0}        },
        {"INF",   EDM_SINGLE,  {.kind = V_REAL, .d = INFINITY} },
        {"-INF",  EDM_SINGLE,  {.kind = V_REAL, .d = -INFINITY}},
        {"NaN",   EDM_SINGLE,  {.kind = V_REAL, .d = NAN}      }
    };
    enum edm type = EDM_STRING;
    struct value v;
    bool ok;
    if (!literal.n)
        return err_set(e, ERR_BAD_REQUEST, "a literal is missing");
    char c = literal.p[0];
    for (size_t i = 0; c != '\'' && i < COUNT(words); i++)
        if (str_eqz(literal, words[i].text)) {
            *ret_type = words[i].type;
            *ret = words[i].value;
            return true;
        }
    if (c == '\'')
        ok = string_literal(a, literal, &v, e);
    else if (c == '-' || (c >= '0' && c <= '9'))
        ok = number_literal(a, literal, &type, &v, e);
    else
        ok = prefixed_literal(a, literal, &type, &v, e);
    if (!ok)
        return false;
    *ret_type = type;
    *ret = v;
    return true;
}

/* ---- conversion ---- */
static bool integer_to(struct arena *a, enum edm from, enum edm to, struct value *v)
{
    if (is_integer(to)) {
        bool fits = v->i >= types[to].least && v->i <= types[to].most;
        return fits && (from != EDM_INT64 || to == EDM_INT64);
    }
    if (to == EDM_BOOLEAN && (v->i == 0 || v->i == 1) && from != EDM_INT64)
        *v = VALUE_BOOL(v->i);
    else if (to == EDM_SINGLE || to == EDM_DOUBLE)
        *v = VALUE_REAL((double)v->i);
    else if (to == EDM_DECIMAL)
        *v = VALUE_TEXT(arena_fmt(a, "%lld", (long long)v->i));
    else
        return false;
    return true;
}

bool edm_convert(struct arena *a, enum edm from, enum edm to, struct value *v, struct err *e)
{
    if (from == to || v->kind == V_NULL)
        return true;
    if (from == EDM_SINGLE && to == EDM_DOUBLE)
        return true;
    return (is_integer(from) && integer_to(a, from, to, v)) ||
           err_set(e, ERR_BAD_REQUEST, "a literal of type %s does not fit %s", edm_name(from),
                   edm_name(to));
}
