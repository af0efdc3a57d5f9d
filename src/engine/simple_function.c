/* What ${..} may hold: one row per function. */
#include <stdlib.h>

#include "base/codec.h"
#include "engine/date_format.h"
#include "engine/program.h"
#include "engine/simple_inside.h"

/* ---- running ---- */

static bool give_text(struct simple_value *ret, str s)
{
    *ret = (struct simple_value){.kind = s.p ? VAL_TEXT : VAL_NULL, .text = s};
    return true;
}

static bool give_datum(struct simple_value *ret, struct datum *d)
{
    *ret = (struct simple_value){.kind = d ? VAL_DATUM : VAL_NULL, .datum = d};
    return true;
}

/* The name with what ${..} inside it gives. */
static bool name_of(const struct simple_part *p, struct simple_eval *v, str *ret)
{
    *ret = p->text;
    return !p->inner || simple_text(p->inner, v->x, v->a, ret, v->e);
}

static bool run_header(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    str name;
    return name_of(p, v, &name) && give_datum(ret, fields_get(&v->x->headers, name));
}

/* Old texts use the header form for what are properties, and the other way round (semantics.md 18). */
static bool run_split_header(const struct simple_part *p, struct simple_eval *v,
                             struct simple_value *ret)
{
    struct datum *d = fields_get(&v->x->headers, p->text);
    return give_datum(ret, d ? d : fields_get(&v->x->properties, p->text));
}

static bool run_property(const struct simple_part *p, struct simple_eval *v,
                         struct simple_value *ret)
{
    str name;
    return name_of(p, v, &name) && give_datum(ret, fields_get(&v->x->properties, name));
}

static bool run_body(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    (void)p;
    *ret = (struct simple_value){.kind = v->x->body ? VAL_BODY : VAL_NULL, .body = v->x->body};
    return true;
}

static struct datum *caught(const struct exchange *x)
{
    struct datum *d = fields_get(&x->properties, STR("CamelExceptionCaught"));
    return datum_as_fault(d) ? d : x->fault;
}

static bool run_exception(const struct simple_part *p, struct simple_eval *v,
                          struct simple_value *ret)
{
    (void)p;
    return give_datum(ret, caught(v->x));
}

static bool run_message(const struct simple_part *p, struct simple_eval *v,
                        struct simple_value *ret)
{
    (void)p;
    const struct fault *f = datum_as_fault(caught(v->x));
    return give_text(ret, f ? f->message : STR_NONE);
}

static bool run_stacktrace(const struct simple_part *p, struct simple_eval *v,
                           struct simple_value *ret)
{
    (void)p;
    struct datum *d = caught(v->x);
    str text = d ? datum_str(v->a, d) : STR_NONE;
    return give_text(ret, d ? arena_fmt(v->a, STR_FMT "\n", STR_ARG(text)) : text);
}

static bool run_null(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    (void)p, (void)v;
    *ret = (struct simple_value){.kind = VAL_NULL};
    return true;
}

static bool run_camel_id(const struct simple_part *p, struct simple_eval *v,
                         struct simple_value *ret)
{
    (void)p;
    str id = v->x->program ? v->x->program->artifact_id : STR_NONE;
    return give_text(ret, id.p ? id : STR(""));
}

static bool run_id(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    (void)p;
    return give_text(ret, v->x->message ? str_of(exchange_message_id(v->x)) : STR(""));
}

static bool run_environment(const struct simple_part *p, struct simple_eval *v,
                            struct simple_value *ret)
{
    char name[128];
    if (p->text.n >= sizeof name)
        return give_text(ret, STR_NONE);
    memcpy(name, p->text.p, p->text.n);
    name[p->text.n] = 0;
    str value = str_of(getenv(name));
    return give_text(ret, value.p ? arena_str(v->a, value) : value);
}

static bool run_random(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    uint64_t r = 0;
    (void)v;
    random_bytes(&r, sizeof r);
    int64_t width = p->range[1] - p->range[0];
    *ret = (struct simple_value){
        .kind = VAL_INT, .i = p->range[0] + (int64_t)(r % (uint64_t)(width > 0 ? width : 1))};
    return true;
}

static bool run_xpath(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    struct xpath_result r = {0};
    return flow_xpath_eval(p->xpath, v->x, v->a, &r, v->e) && give_text(ret, xpath_text(v->a, &r));
}

static bool date_value(const struct simple_date *d, struct simple_eval *v, int64_t *ret)
{
    if (!d->field.p) {
        *ret = time_now_ms() + d->offset_ms;
        return true;
    }
    struct datum *value = fields_get(d->is_header ? &v->x->headers : &v->x->properties, d->field);
    double ms = 0;
    if (datum_number(value, &ms))
        *ret = (int64_t)ms;
    else if (!value || !time_parse_iso(datum_str(v->a, value), ret))
        return err_set(v->e, ERR_BAD_REQUEST, "'" STR_FMT "' holds no date", STR_ARG(d->field));
    *ret += d->offset_ms;
    return true;
}

static bool run_date(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    AUTO(buf) struct buf out = BUF(4096);
    int64_t ms = 0;
    str pattern = p->date->pattern.p ? p->date->pattern : STR("EEE MMM dd HH:mm:ss z yyyy");
    return date_value(p->date, v, &ms) && date_format(&out, pattern, ms, p->date->zone, v->e) &&
           buf_check(&out, v->e) && give_text(ret, arena_str(v->a, buf_str(&out)));
}

/* Header CamelFileName: "in/a.b.txt". The part's text says which piece. */
static bool run_file(const struct simple_part *p, struct simple_eval *v, struct simple_value *ret)
{
    struct datum *d = fields_get(&v->x->headers, STR("CamelFileName"));
    if (!d)
        return give_text(ret, STR_NONE);
    str name = datum_str(v->a, d);
    size_t slash = str_rfind_char(name, '/');
    str only = str_from(name, slash == SIZE_MAX ? 0 : slash + 1);
    size_t first_dot = str_find_char(only, '.', 0), last_dot = str_rfind_char(only, '.');
    if (str_starts(p->text, STR("onlyname")))
        name = only;
    if (str_eqz(p->text, "ext"))
        return give_text(ret, first_dot == SIZE_MAX ? STR_NONE : str_from(only, first_dot + 1));
    if (str_eqz(p->text, "name.ext.single"))
        return give_text(ret, last_dot == SIZE_MAX ? STR_NONE : str_from(only, last_dot + 1));
    if (str_eqz(p->text, "parent"))
        return give_text(ret, slash == SIZE_MAX ? STR_NONE : str_sub(name, 0, slash));
    size_t base = name.n - only.n;
    if (str_ends(p->text, STR(".noext")) && first_dot != SIZE_MAX)
        name = str_sub(name, 0, base + first_dot);
    if (str_ends(p->text, STR(".noext.single")) && last_dot != SIZE_MAX)
        name = str_sub(name, 0, base + last_dot);
    return give_text(ret, name);
}

/* ---- methods of exceptions ---- */

typedef const struct simple_call call;

static const struct fault *self_fault(const struct simple_eval *v)
{
    return v->self && v->self->kind == VAL_DATUM ? datum_as_fault(v->self->datum) : NULL;
}

static bool get_message(call *c, str self, const str *args, struct simple_eval *v,
                        struct simple_value *ret)
{
    (void)c, (void)args, (void)self;
    const struct fault *f = self_fault(v);
    return give_text(ret, f ? f->message : STR_NONE);
}

/* A class stands for its name, so that getClass().getName() works. */
static bool get_class(call *c, str self, const str *args, struct simple_eval *v,
                      struct simple_value *ret)
{
    (void)c, (void)args;
    const struct fault *f = self_fault(v);
    return give_text(ret, f ? str_of(f->class_name) : self);
}

static bool get_simple_name(call *c, str self, const str *args, struct simple_eval *v,
                            struct simple_value *ret)
{
    (void)c, (void)args, (void)v;
    size_t dot = str_rfind_char(self, '.');
    return give_text(ret, str_from(self, dot == SIZE_MAX ? 0 : dot + 1));
}

static bool get_status(call *c, str self, const str *args, struct simple_eval *v,
                       struct simple_value *ret)
{
    (void)c, (void)args, (void)self;
    const struct fault *f = self_fault(v);
    *ret = (struct simple_value){.kind = f ? VAL_INT : VAL_NULL, .i = f ? f->http_status : 0};
    return true;
}

static bool get_status_text(call *c, str self, const str *args, struct simple_eval *v,
                            struct simple_value *ret)
{
    (void)c, (void)args, (void)self;
    const struct fault *f = self_fault(v);
    return give_text(ret, f ? f->http_reason : STR_NONE);
}

static bool get_response(call *c, str self, const str *args, struct simple_eval *v,
                         struct simple_value *ret)
{
    (void)c, (void)args, (void)self;
    const struct fault *f = self_fault(v);
    return give_text(ret, f ? body_bytes(f->http_body) : STR_NONE);
}

const struct simple_method *simple_fault_method_named(str name)
{
    static const struct simple_method METHODS[] = {
        {"getMessage",          0, 0, false, get_message    },
        {"getLocalizedMessage", 0, 0, false, get_message    },
        {"getClass",            0, 0, false, get_class      },
        {"getName",             0, 0, false, get_class      },
        {"getCanonicalName",    0, 0, false, get_class      },
        {"getSimpleName",       0, 0, false, get_simple_name},
        {"getStatusCode",       0, 0, false, get_status     },
        {"getStatusText",       0, 0, false, get_status_text},
        {"getResponseBody",     0, 0, false, get_response   },
    };
    for (size_t i = 0; i < COUNT(METHODS); i++)
        if (str_eqz(name, METHODS[i].name))
            return &METHODS[i];
    return NULL;
}

/* ---- parsing ---- */

static bool is_word(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Names may contain dots: the first ".word(" begins the calls. */
static size_t first_call(str s)
{
    for (size_t dot = 0; (dot = str_find_char(s, '.', dot)) != SIZE_MAX; dot++) {
        size_t end = dot + 1;
        while (end < s.n && is_word(s.p[end]))
            end++;
        if (end > dot + 1 && end < s.n && s.p[end] == '(')
            return dot && s.p[dot - 1] == '?' ? dot - 1 : dot;
    }
    return s.n;
}

/* .name, :name, [name], ['name'] */
static bool parse_name(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    str calls = STR("");
    if (rest.n > 1 && rest.p[0] == '[') {
        size_t close = str_find_char(rest, ']', 0);
        if (close == SIZE_MAX)
            return err_set(e, ERR_BAD_REQUEST, "']' is missing");
        calls = str_from(rest, close + 1);
        rest = str_sub(rest, 1, close);
        if (rest.n > 1 && (rest.p[0] == '\'' || rest.p[0] == '"'))
            rest = str_sub(rest, 1, rest.n - 1);
    } else if (rest.n > 1 && (rest.p[0] == '.' || rest.p[0] == ':')) {
        size_t end = first_call(rest);
        calls = str_from(rest, end);
        rest = str_sub(rest, 1, end);
    } else {
        return err_set(e, ERR_BAD_REQUEST, "a name is missing");
    }
    ret->text = rest;
    if (str_find(rest, STR("${"), 0) != SIZE_MAX &&
        !simple_parse_text(a, rest, false, &ret->inner, e))
        return false;
    return simple_parse_calls(a, calls, ret, e);
}

static bool parse_header(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    ret->fn = run_header;
    if (!parse_name(a, rest, ret, e))
        return false;
    if (!ret->inner && str_starts_nocase(ret->text, STR("CamelSplit")))
        ret->fn = run_split_header;
    return true;
}

static bool parse_property(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    ret->fn = run_property;
    return parse_name(a, rest, ret, e);
}

static bool parse_body(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    ret->fn = run_body;
    if (str_eqz(rest, ".length"))
        rest = STR(".length()");
    return simple_parse_calls(a, rest, ret, e);
}

/* bodyAs(TYPE): the type changes nothing for texts. */
static bool parse_body_as(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    size_t close = str_find_char(rest, ')', 0);
    if (!str_starts(rest, STR("(")) || close == SIZE_MAX)
        return err_set(e, ERR_BAD_REQUEST, "a type in brackets is missing");
    return parse_body(a, str_from(rest, close + 1), ret, e);
}

static bool parse_exception(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    static const struct {
        const char *field;
        simple_part_fn *fn;
    } FIELDS[] = {
        {".message",    run_message   },
        {".stacktrace", run_stacktrace}
    };
    ret->fn = run_exception;
    for (size_t i = 0; i < COUNT(FIELDS); i++) {
        str field = str_of(FIELDS[i].field);
        if (!str_starts(rest, field))
            continue;
        ret->fn = FIELDS[i].fn;
        rest = str_from(rest, field.n);
        break;
    }
    if (str_starts(rest, STR(".class")))
        rest = str_eqz(rest, ".class.name") ? STR(".getClass().getName()") : STR(".getClass()");
    return simple_parse_calls(a, rest, ret, e);
}

static bool parse_plain(struct simple_part *ret, simple_part_fn *fn, str rest, struct err *e)
{
    ret->fn = fn;
    return !rest.n ||
           err_set(e, ERR_NOT_IMPLEMENTED, "'" STR_FMT "' is not supported here", STR_ARG(rest));
}

static bool parse_null(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    (void)a;
    return parse_plain(ret, run_null, rest, e);
}

static bool parse_camel_id(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    (void)a;
    return parse_plain(ret, run_camel_id, rest, e);
}

static bool parse_id(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    (void)a;
    return parse_plain(ret, run_id, rest, e);
}

/* Only what the platform offers: IT_TENANT_UX_DOMAIN, HC_..., never secrets of the process. */
static bool parse_environment(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    (void)a;
    ret->fn = run_environment;
    ret->text = str_from(rest, 1);
    if (!rest.n || (rest.p[0] != '.' && rest.p[0] != ':'))
        return err_set(e, ERR_BAD_REQUEST, "a name is missing");
    if (!str_starts(ret->text, STR("IT_")) && !str_starts(ret->text, STR("HC_")) &&
        !str_starts(ret->text, STR("TENANT_")))
        ret->fn = run_null;
    return true;
}

static bool parse_random(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    (void)a;
    str args = str_sub(rest, 1, rest.n - 1), first;
    ret->fn = run_random;
    bool ok =
        str_starts(rest, STR("(")) && str_ends(rest, STR(")")) && str_split(&args, ',', &first);
    if (ok && args.n)
        ok = str_to_i64(str_trim(first), &ret->range[0]) &&
             str_to_i64(str_trim(args), &ret->range[1]);
    else
        ok = ok && str_to_i64(str_trim(first), &ret->range[1]);
    return (ok && ret->range[0] < ret->range[1]) ||
           err_set(e, ERR_BAD_REQUEST, "random(least, most) expects two numbers");
}

static bool parse_xpath(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    ret->fn = run_xpath;
    if (rest.n < 2)
        return err_set(e, ERR_BAD_REQUEST, "an XPath is missing");
    return flow_xpath_compile(a, str_from(rest, 1), NULL, &ret->xpath, e);
}

static bool parse_file(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    static const char *const PIECES[] = {
        "name",     "name.ext",       "name.ext.single",       "name.noext", "name.noext.single",
        "onlyname", "onlyname.noext", "onlyname.noext.single", "ext",        "parent"};
    (void)a;
    ret->fn = run_file;
    ret->text = str_from(rest, 1);
    for (size_t i = 0; i < COUNT(PIECES); i++)
        if (str_eqz(ret->text, PIECES[i])) {
            if (str_eqz(ret->text, "name.ext"))
                ret->text = STR("ext");
            return true;
        }
    return err_set(e, ERR_NOT_IMPLEMENTED, "file" STR_FMT " is not supported", STR_ARG(rest));
}

/* +1h, -2d12h, + 30m; units ms, s, m, h, d. */
static bool parse_offset(str s, int64_t *ret)
{
    int64_t sign = 1;
    for (size_t i = 0; i < s.n;) {
        int64_t n = 0;
        while (i < s.n && strchr(" +-", s.p[i]))
            sign = s.p[i] == '+' ? 1 : s.p[i] == '-' ? -1 : sign, i++;
        size_t digits = i;
        while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && n < 100000000000)
            n = n * 10 + (s.p[i++] - '0');
        size_t unit = i;
        while (i < s.n && (s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z')
            i++;
        str u = str_sub(s, unit, i);
        int64_t ms = str_eqz(u, "ms") || !u.n ? 1
                     : u.p[0] == 's'          ? 1000
                     : u.p[0] == 'm'          ? 60000
                     : u.p[0] == 'h'          ? 3600000
                     : u.p[0] == 'd'          ? 86400000
                                              : 0;
        if (digits == unit || !ms)
            return false;
        *ret += sign * n * ms;
    }
    return true;
}

static bool parse_date_command(str command, struct simple_date *d, struct err *e)
{
    static const struct {
        const char *prefix;
        bool is_header;
    } SOURCES[] = {
        {"in.header.",        true },
        {"header.",           true },
        {"property.",         false},
        {"exchangeProperty.", false}
    };
    command = str_trim(command);
    size_t plus = str_find_char(command, '+', 0), minus = str_find_char(command, '-', 0);
    if (str_starts(command, STR("now")))
        return parse_offset(str_from(command, 3), &d->offset_ms) ||
               err_set(e, ERR_BAD_REQUEST, "the offset '" STR_FMT "' is wrong", STR_ARG(command));
    for (size_t i = 0; i < COUNT(SOURCES); i++) {
        if (!str_starts(command, str_of(SOURCES[i].prefix)))
            continue;
        size_t sign = plus != SIZE_MAX ? plus : minus;
        size_t from = strlen(SOURCES[i].prefix), end = sign;
        if (end != SIZE_MAX && !parse_offset(str_from(command, end), &d->offset_ms))
            end = SIZE_MAX; /* a '-' of the name */
        d->field = str_trim(str_sub(command, from, end));
        d->is_header = SOURCES[i].is_header;
        return true;
    }
    return err_set(e, ERR_NOT_IMPLEMENTED, "the date '" STR_FMT "' is not supported",
                   STR_ARG(command));
}

static bool parse_date_rest(struct arena *a, str command, str pattern, const struct time_zone *zone,
                            struct simple_part *ret, struct err *e)
{
    ret->fn = run_date;
    ret->date = arena_new_of(a, struct simple_date);
    ret->date->pattern = pattern;
    ret->date->zone = zone;
    return parse_date_command(command, ret->date, e) &&
           (!pattern.p || date_pattern_check(pattern, e));
}

static bool parse_date(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    rest = str_from(rest, 1);
    size_t colon = str_find_char(rest, ':', 0);
    return parse_date_rest(a, str_sub(rest, 0, colon),
                           colon == SIZE_MAX ? STR_NONE : str_from(rest, colon + 1), NULL, ret, e);
}

static bool parse_date_zone(struct arena *a, str rest, struct simple_part *ret, struct err *e)
{
    rest = str_from(rest, 1);
    size_t first = str_find_char(rest, ':', 0),
           second = first == SIZE_MAX ? first : str_find_char(rest, ':', first + 1);
    if (second == SIZE_MAX)
        return err_set(e, ERR_BAD_REQUEST, "date-with-timezone:command:zone:pattern is expected");
    str zone = str_trim(str_sub(rest, first + 1, second));
    const struct time_zone *z = time_zone_named(zone);
    if (!z)
        return err_set(e, ERR_BAD_REQUEST, "the time zone '" STR_FMT "' is unknown", STR_ARG(zone));
    return parse_date_rest(a, str_sub(rest, 0, first), str_from(rest, second + 1), z, ret, e);
}

/* The longest name that fits first. */
static const struct simple_function FUNCTIONS[] = {
    {"date-with-timezone", parse_date_zone  },
    {"date",               parse_date       },
    {"in.headers",         parse_header     },
    {"in.header",          parse_header     },
    {"headers",            parse_header     },
    {"header",             parse_header     },
    {"exchangeProperty",   parse_property   },
    {"property",           parse_property   },
    {"mandatoryBodyAs",    parse_body_as    },
    {"bodyAs",             parse_body_as    },
    {"in.body",            parse_body       },
    {"body",               parse_body       },
    {"exception",          parse_exception  },
    {"file",               parse_file       },
    {"camelId",            parse_camel_id   },
    {"camelContextId",     parse_camel_id   },
    {"routeId",            parse_camel_id   },
    {"exchangeId",         parse_id         },
    {"messageId",          parse_id         },
    {"id",                 parse_id         },
    {"null",               parse_null       },
    {"sysenv",             parse_environment},
    {"env",                parse_environment},
    {"random",             parse_random     },
    {"xpath",              parse_xpath      },
};

bool simple_parse_function(struct arena *a, str inside, struct simple_part *ret, struct err *e)
{
    for (size_t i = 0; i < COUNT(FUNCTIONS); i++) {
        str name = str_of(FUNCTIONS[i].name);
        char after = name.n < inside.n ? inside.p[name.n] : 0;
        if (str_starts(inside, name) && !is_word(after) && after != '-')
            return FUNCTIONS[i].parse(a, str_from(inside, name.n), ret, e);
    }
    return err_set(e, ERR_NOT_IMPLEMENTED, "the Simple function '${" STR_FMT "}' is not supported",
                   STR_ARG(str_sub(inside, 0, 100)));
}
