#include "engine/fields.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct datum {
    atomic_uint refs;
    enum datum_kind kind;
    union {
        str text;
        bool truth;
        int64_t i;
        double d;
        struct body *body;
        struct fault fault;
        struct {
            str text;
            int64_t number;
            void (*release)(void *owner, int64_t number);
            void *owner;
        } object;
    };
    char data[]; /* texts of this datum */
};

/* ---- values ---- */

static struct datum *new_datum(enum datum_kind kind, size_t extra)
{
    struct datum *d = mem_alloc(sizeof *d + extra);
    atomic_init(&d->refs, 1);
    d->kind = kind;
    return d;
}

/* Copies s to *at, NUL-terminated, and moves *at behind it. */
static str put_text(char **at, str s)
{
    str copy = {*at, s.n};
    if (s.n)
        memcpy(*at, s.p, s.n);
    (*at)[s.n] = 0;
    *at += s.n + 1;
    return copy;
}

struct datum *datum_text(str copy)
{
    struct datum *d = new_datum(DATUM_TEXT, copy.n + 1);
    char *at = d->data;
    d->text = put_text(&at, copy);
    return d;
}

struct datum *datum_bool(bool v)
{
    struct datum *d = new_datum(DATUM_BOOL, 0);
    d->truth = v;
    return d;
}

struct datum *datum_int(int64_t v)
{
    struct datum *d = new_datum(DATUM_INT, 0);
    d->i = v;
    return d;
}

struct datum *datum_real(double v)
{
    struct datum *d = new_datum(DATUM_REAL, 0);
    d->d = v;
    return d;
}

struct datum *datum_body(struct body *ref)
{
    struct datum *d = new_datum(DATUM_BODY, 0);
    d->body = body_ref(ref);
    return d;
}

struct datum *datum_fault(const struct fault *copy)
{
    str class_name = str_of(copy->class_name ? copy->class_name : "java.lang.Exception");
    struct datum *d =
        new_datum(DATUM_FAULT, class_name.n + copy->message.n + copy->http_reason.n + 3);
    char *at = d->data;
    d->fault = *copy;
    d->fault.class_name = put_text(&at, class_name).p;
    d->fault.message = put_text(&at, copy->message);
    d->fault.http_reason = put_text(&at, copy->http_reason);
    d->fault.http_body = body_ref(copy->http_body);
    return d;
}

struct datum *datum_object(str text, int64_t number, void (*release)(void *owner, int64_t number),
                           void *owner)
{
    struct datum *d = new_datum(DATUM_OBJECT, text.n + 1);
    char *at = d->data;
    d->object.text = put_text(&at, text);
    d->object.number = number;
    d->object.release = release;
    d->object.owner = owner;
    return d;
}

struct datum *datum_ref(struct datum *d)
{
    if (d)
        atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
    return d;
}

void datum_unref(struct datum *d)
{
    if (!d || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (d->kind == DATUM_BODY)
        body_unref(d->body);
    if (d->kind == DATUM_FAULT)
        body_unref(d->fault.http_body);
    if (d->kind == DATUM_OBJECT)
        d->object.release(d->object.owner, d->object.number);
    free(d);
}

enum datum_kind datum_kind(const struct datum *d)
{
    return d->kind;
}

bool datum_truth(const struct datum *d)
{
    if (!d)
        return false;
    if (d->kind == DATUM_BOOL)
        return d->truth;
    return d->kind == DATUM_TEXT && str_eq_nocase(d->text, STR("true"));
}

bool datum_number(const struct datum *d, double *ret)
{
    if (d && d->kind == DATUM_INT)
        *ret = (double)d->i;
    else if (d && d->kind == DATUM_REAL)
        *ret = d->d;
    else if (d && d->kind == DATUM_BODY)
        return str_to_double(str_trim(body_bytes(d->body)), ret);
    else
        return d && d->kind == DATUM_TEXT && str_to_double(str_trim(d->text), ret);
    return true;
}

const struct fault *datum_as_fault(const struct datum *d)
{
    return d && d->kind == DATUM_FAULT ? &d->fault : NULL;
}

struct body *datum_as_body(const struct datum *d)
{
    return d && d->kind == DATUM_BODY ? d->body : NULL;
}

int64_t datum_object_number(const struct datum *d)
{
    return d->kind == DATUM_OBJECT ? d->object.number : 0;
}

bool datum_int_value(const struct datum *d, int64_t *ret)
{
    if (!d || d->kind != DATUM_INT)
        return false;
    *ret = d->i;
    return true;
}

/* As Java's Double.toString writes everyday numbers. */
static str real_text(struct arena *a, double v)
{
    if (v == trunc(v) && fabs(v) < 1e7)
        return arena_fmt(a, "%.1f", v);
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    return arena_str(a, str_of(text));
}

str datum_str(struct arena *a, const struct datum *d)
{
    if (!d)
        return STR("");
    switch (d->kind) {
    case DATUM_TEXT:
        return d->text;
    case DATUM_BOOL:
        return d->truth ? STR("true") : STR("false");
    case DATUM_INT:
        return arena_fmt(a, "%lld", (long long)d->i);
    case DATUM_REAL:
        return real_text(a, d->d);
    case DATUM_BODY:
        return body_bytes(d->body);
    case DATUM_OBJECT:
        return d->object.text;
    case DATUM_FAULT:
        return arena_fmt(a, "%s: " STR_FMT, d->fault.class_name, STR_ARG(d->fault.message));
    }
    return STR("");
}

/* ---- fields ---- */

void fields_init(struct fields *f, struct arena *a, bool nocase)
{
    *f = (struct fields){.arena = a, .nocase = nocase};
}

void fields_free(struct fields *f)
{
    for (size_t i = 0; i < f->n; i++)
        datum_unref(f->at[i].value);
    f->n = 0;
}

static bool same_name(const struct fields *f, str a, str b)
{
    return a.n == b.n && (f->nocase ? str_eq_nocase(a, b) : memcmp(a.p, b.p, a.n) == 0);
}

const struct field *fields_find(const struct fields *f, str name)
{
    for (size_t i = 0; i < f->n; i++)
        if (same_name(f, f->at[i].name, name))
            return &f->at[i];
    return NULL;
}

struct datum *fields_get(const struct fields *f, str name)
{
    const struct field *found = fields_find(f, name);
    return found ? found->value : NULL;
}

static void note_name(struct fields *f, str name)
{
    if (name.n > 4 && (name.p[0] == 'S' || name.p[0] == 's') &&
        str_starts_nocase(name, STR("SAP_")))
        f->touched = true;
}

static void append(struct fields *f, str kept_name, struct datum *take)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 8;
        struct field *at = arena_alloc(f->arena, cap * sizeof *at);
        if (f->n)
            memcpy(at, f->at, f->n * sizeof *at);
        f->at = at;
        f->cap = cap;
    }
    f->at[f->n++] = (struct field){kept_name, take};
}

static bool replace(struct fields *f, str name, struct datum *take)
{
    note_name(f, name);
    for (size_t i = 0; i < f->n; i++)
        if (same_name(f, f->at[i].name, name)) {
            datum_unref(f->at[i].value);
            f->at[i].value = take;
            return true;
        }
    return false;
}

void fields_set(struct fields *f, str name, struct datum *take)
{
    if (!replace(f, name, take))
        append(f, arena_str(f->arena, name), take);
}

void fields_set_kept(struct fields *f, str name, struct datum *take)
{
    if (!replace(f, name, take))
        append(f, name, take);
}

void fields_set_text(struct fields *f, str name, str copy)
{
    fields_set(f, name, copy.p ? datum_text(copy) : NULL);
}

void fields_remove(struct fields *f, str name)
{
    for (size_t i = 0; i < f->n; i++)
        if (same_name(f, f->at[i].name, name)) {
            datum_unref(f->at[i].value);
            f->at[i] = f->at[--f->n];
            note_name(f, name);
            return;
        }
}

void fields_copy(struct fields *to, const struct fields *from)
{
    for (size_t i = 0; i < from->n; i++)
        fields_set(to, from->at[i].name, datum_ref(from->at[i].value));
}

void fields_share(struct fields *to, const struct fields *from)
{
    to->n = 0;
    to->cap = from->n + 4;
    to->at = arena_alloc(to->arena, to->cap * sizeof *to->at);
    for (size_t i = 0; i < from->n; i++)
        to->at[to->n++] = (struct field){from->at[i].name, datum_ref(from->at[i].value)};
}

/* ---- patterns ---- */

static bool same_char(char a, char b, bool nocase)
{
    if (a == b || !nocase)
        return a == b;
    return ((a | 32) == (b | 32)) && (a | 32) >= 'a' && (a | 32) <= 'z';
}

/* '*' stands for any text. Linear: on a mismatch only the last star is widened. */
static bool glob(str pattern, str name, bool nocase)
{
    size_t p = 0, n = 0, star = SIZE_MAX, mark = 0;
    while (n < name.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = n;
        } else if (p < pattern.n && same_char(pattern.p[p], name.p[n], nocase)) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

/* One "$include=..." list; items without a keyword continue the list before them. */
static bool listed(str list, str name, bool nocase)
{
    bool in = false, excluding = false;
    for (str item; str_split(&list, ',', &item);) {
        item = str_trim(item);
        bool exact = str_starts_nocase(item, STR("$name="));
        if (str_starts_nocase(item, STR("$exclude=")))
            excluding = true;
        else if (exact || str_starts_nocase(item, STR("$include=")))
            excluding = false;
        if (item.n && item.p[0] == '$')
            item = str_from(item, str_find_char(item, '=', 0) + 1);
        bool hit = exact ? (nocase ? str_eq_nocase(item, name) : str_eq(item, name))
                         : glob(item, name, nocase);
        if (hit && excluding)
            return false;
        in = in || hit;
    }
    return in;
}

bool field_is_secret(str name)
{
    static const char *const names[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                        "Set-Cookie", "SAP_HttpSession"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eq_nocase(name, str_of(names[i])))
            return true;
    return false;
}

void fields_remove_pattern(struct fields *f, str pattern)
{
    pattern = str_trim(pattern);
    bool is_list = str_starts(pattern, STR("$")) && str_find_char(pattern, '=', 0) != SIZE_MAX;
    for (size_t i = f->n; i-- > 0;) {
        str name = f->at[i].name;
        if (!(is_list ? listed(pattern, name, f->nocase) : glob(pattern, name, f->nocase)))
            continue;
        datum_unref(f->at[i].value);
        f->at[i] = f->at[--f->n];
        note_name(f, name);
    }
}
