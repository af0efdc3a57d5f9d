/* Data files are written by hand and by many tools: mock data of UI5, answers that were saved, exports.
 * Values that mean the same in another form are put into the one of JSON bodies; members that no
 * property has are left out, with a remark for each name. */
#include "services/mock/parts.h"

#include <string.h>

static void set_text(struct jr *v, enum jr_kind kind, str s)
{
    v->kind = kind;
    v->s = s;
}

static bool is_digits(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

static void mend_boolean(struct jr *v)
{
    static const struct {
        const char *text;
        bool b;
    } forms[] = {
        {"true",  true },
        {"X",     true },
        {"1",     true },
        {"false", false},
        {"",      false},
        {"0",     false}
    };
    for (size_t i = 0; i < COUNT(forms) && v->kind != JR_BOOL; i++)
        if ((v->kind == JR_STRING || v->kind == JR_NUMBER) &&
            str_eq_nocase(v->s, str_of(forms[i].text)))
            *v = (struct jr){.kind = JR_BOOL, .b = forms[i].b, .key = v->key, .next = v->next};
}

/* "2024-01-31", "2024-01-31T10:00:00Z", 1706659200000 */
static void mend_date(struct arena *a, enum edm t, struct jr *v)
{
    bool date_only = v->s.n == 10 && v->s.p[4] == '-';
    if (v->kind == JR_NUMBER)
        set_text(v, JR_STRING, arena_fmt(a, "/Date(" STR_FMT ")/", STR_ARG(v->s)));
    else if (v->kind == JR_STRING && date_only)
        v->s = arena_fmt(a, STR_FMT "T00:00:00%s", STR_ARG(v->s), t == EDM_DATETIME ? "" : "Z");
    else if (v->kind == JR_STRING && t == EDM_DATETIME && str_ends(v->s, STR("Z")))
        v->s.n--;
}

/* "10:30:00"; {"ms": 37800000, "__edmType": "Edm.Time"}, as UI5 holds it */
static void mend_time(struct arena *a, struct jr *v)
{
    const struct jr *ms = jr_get(v, "ms");
    int64_t n;
    if (ms && ms->kind == JR_NUMBER && str_to_i64(ms->s, &n))
        set_text(v, JR_STRING, arena_fmt(a, "PT%lld.%03dS", (long long)n / 1000, (int)(n % 1000)));
    else if (v->kind == JR_STRING && v->s.n == 8 && v->s.p[2] == ':' && v->s.p[5] == ':')
        v->s = arena_fmt(a, "PT%.2sH%.2sM%.2sS", v->s.p, v->s.p + 3, v->s.p + 6);
}

static void mend_guid(struct arena *a, struct jr *v)
{
    const char *p = v->s.p;
    if (v->kind == JR_STRING && v->s.n == 32)
        v->s = arena_fmt(a, "%.8s-%.4s-%.4s-%.4s-%.12s", p, p + 8, p + 12, p + 16, p + 20);
}

static void mend_number(enum edm t, struct jr *v)
{
    bool small = t == EDM_BYTE || t == EDM_SBYTE || t == EDM_INT16 || t == EDM_INT32;
    str s = v->s;
    if (v->kind == JR_STRING && small && is_digits(str_from(s, str_starts(s, STR("-")))))
        v->kind = JR_NUMBER;
}

static void mend_value(struct mock *m, const struct model_property *p, struct jr *v)
{
    struct arena *a = m->arena;
    if (p->complex && v->kind == JR_OBJECT)
        mend_object(m, p->complex, v);
    if (v->kind == JR_STRING && !v->s.n && p->type != EDM_STRING && p->type != EDM_BINARY &&
        p->type != EDM_BOOLEAN)
        v->kind = JR_NULL; /* how ABAP's initial dates and numbers are often saved */
    if (p->type == EDM_STRING && v->kind == JR_BOOL)
        set_text(v, JR_STRING, v->b ? STR("true") : STR("false"));
    if (p->type == EDM_STRING && v->kind == JR_NUMBER)
        v->kind = JR_STRING;
    if (p->type == EDM_BOOLEAN)
        mend_boolean(v);
    if (p->type == EDM_DATETIME || p->type == EDM_DATETIMEOFFSET)
        mend_date(a, p->type, v);
    if (p->type == EDM_TIME)
        mend_time(a, v);
    if (p->type == EDM_GUID)
        mend_guid(a, v);
    mend_number(p->type, v);
}

static void mend_nested(struct mock *m, const struct model_nav *nav, struct jr *v)
{
    struct jr *results = (struct jr *)(uintptr_t)jr_get(v, "results");
    struct jr *list = results ? results : v;
    for (struct jr *c = list->kind == JR_ARRAY ? list->first : NULL; c; c = c->next)
        mend_object(m, nav->target, c);
    if (list->kind == JR_OBJECT && !jr_get(list, "__deferred"))
        mend_object(m, nav->target, list);
}

static void leave_out(struct mock *m, const struct model_type *t, str name)
{
    str text = arena_fmt(m->arena, STR_FMT ": no property '" STR_FMT "'", STR_ARG(t->name),
                         STR_ARG(str_sub(name, 0, 100)));
    for (size_t i = 0; i < m->remarks.n; i++)
        if (str_eq(m->remarks.at[i], text))
            return;
    if (m->remarks.n < MOST_REMARKS)
        vec_add(m->arena, &m->remarks, text);
}

/* false: the member is to go. */
static bool mend_member(struct mock *m, const struct model_type *t, struct jr *v)
{
    const struct model_property *p = model_property_named(t, v->key);
    const struct model_nav *nav = p ? NULL : model_nav_named(t, v->key);
    if (p)
        mend_value(m, p, v);
    if (nav)
        mend_nested(m, nav, v);
    if (!p && !nav && !str_starts(v->key, STR("__")))
        leave_out(m, t, v->key);
    return p ? v->kind != JR_NULL || p->nullable : nav || str_starts(v->key, STR("__"));
}

void mend_object(struct mock *m, const struct model_type *t, struct jr *object)
{
    struct jr **link = &object->first;
    while (object->kind == JR_OBJECT && *link) {
        if (mend_member(m, t, *link)) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
            object->n--;
        }
    }
}
