/* devops.json to structs. Every member is read through a struct row, which knows how to call itself
 * in an error: profiles[0] 'S1MJHEAD', statuses[2] 'E0004'. */
#include "services/devops/machine.h"

#include "base/json.h"

#include <stdio.h>

enum { MAX_ATTACHMENT = 28 << 20 /* base64 of it still fits into a request */ };

struct row {
    const struct jr *json;
    char name[160];
};
enum { CODE = 5, STATUS_NAME = 30, PROFILE = 8, TYPE = 4 }; /* characters */

/* ---- one row ---- */
static bool known_members(const struct row *r, const char *const *names, struct err *e)
{
    if (r->json->kind != JR_OBJECT)
        return err_set(e, ERR_BAD_REQUEST, "%s must be an object", r->name);
    for (const struct jr *m = r->json->first; m; m = m->next) {
        size_t i = 0;
        while (names[i] && !str_eqz(m->key, names[i]))
            i++;
        if (!names[i])
            return err_set(e, ERR_BAD_REQUEST, "%s: there is no setting '" STR_FMT "'", r->name,
                           STR_ARG(str_sub(m->key, 0, 40)));
    }
    return true;
}

static bool text(const struct row *r, const char *member, size_t most, str *ret, struct err *e)
{
    *ret = jr_text(r->json, member);
    if (!ret->n || ret->n > most)
        return err_set(e, ERR_BAD_REQUEST, "%s: \"%s\" must be a text of 1 to %zu characters",
                       r->name, member, most);
    return true;
}

static bool flag(const struct row *r, const char *member, bool *ret, struct err *e)
{
    const struct jr *v = jr_get(r->json, member);
    *ret = v && v->b;
    return !v || v->kind == JR_BOOL ||
           err_set(e, ERR_BAD_REQUEST, "%s: \"%s\" must be true or false", r->name, member);
}

/* An array member; with least 0 it may be missing. */
static bool array(const struct row *r, const char *member, size_t least, const struct jr **ret,
                  struct err *e)
{
    const struct jr *v = jr_get(r->json, member);
    *ret = v ? v->first : NULL;
    if (v ? v->kind != JR_ARRAY || v->n < least || v->n > 500 : least > 0)
        return err_set(e, ERR_BAD_REQUEST, "%s: \"%s\" must be an array of %zu to 500 elements",
                       r->name, member, least);
    return true;
}

static bool words(struct arena *a, const struct row *r, const char *member, devops_codes *ret,
                  struct err *e)
{
    const struct jr *v;
    if (!array(r, member, 0, &v, e))
        return false;
    for (; v; v = v->next) {
        if (v->kind != JR_STRING || !v->s.n)
            return err_set(e, ERR_BAD_REQUEST, "%s: \"%s\" must hold texts", r->name, member);
        vec_add(a, ret, v->s);
    }
    return true;
}

static bool twice(const struct row *r, struct err *e)
{
    return err_set(e, ERR_BAD_REQUEST, "%s stands there twice", r->name);
}

static struct row row_in(const struct row *parent, const char *list, size_t i,
                         const struct jr *json, const char *key)
{
    struct row r = {.json = json};
    str name = str_sub(jr_text(json, key), 0, 20);
    snprintf(r.name, sizeof r.name, "%.80s%s%s[%zu]%s" STR_FMT "%s", parent ? parent->name : "",
             parent ? ", " : "", list, i, name.n ? " '" : "", STR_ARG(name), name.n ? "'" : "");
    return r;
}

/* ---- profiles ---- */
static bool read_status(struct arena *a, const struct row *r, struct devops_profile *p,
                        struct err *e)
{
    static const char *const names[] = {"code", "name", "final", "next", NULL};
    struct devops_status s = {0};
    if (!known_members(r, names, e) || !text(r, "code", CODE, &s.code, e) ||
        !text(r, "name", STATUS_NAME, &s.name, e) || !flag(r, "final", &s.final, e) ||
        !words(a, r, "next", &s.next, e))
        return false;
    if (machine_status(p, s.code))
        return twice(r, e);
    if (s.final && s.next.n)
        return err_set(e, ERR_BAD_REQUEST, "%s is final and has a \"next\"", r->name);
    if (!s.final && !s.next.n)
        return err_set(e, ERR_BAD_REQUEST,
                       "%s leads nowhere: give it a \"next\", or \"final\": true", r->name);
    vec_add(a, &p->statuses, s);
    return true;
}

static bool check_edges(const struct devops_profile *p, const struct devops_status *s,
                        const struct row *r, struct err *e)
{
    for (size_t k = 0; k < s->next.n; k++) {
        str to = s->next.at[k];
        if (!machine_status(p, to))
            return err_set(e, ERR_BAD_REQUEST,
                           "%s: \"next\" names '" STR_FMT "', which is no status of this profile",
                           r->name, STR_ARG(to));
        if (str_eq(to, s->code))
            return err_set(e, ERR_BAD_REQUEST, "%s: \"next\" names the status itself", r->name);
    }
    return true;
}

static void reach(const struct devops_profile *p, const struct devops_status *s, bool *reached)
{
    size_t place = (size_t)(s - p->statuses.at);
    if (reached[place])
        return;
    reached[place] = true;
    for (size_t k = 0; k < s->next.n; k++)
        reach(p, machine_status(p, s->next.at[k]), reached);
}

/* Edges lead to statuses that exist, and every status can be come to. */
static bool check_graph(struct arena *a, const struct devops_profile *p, const struct row *r,
                        struct err *e)
{
    const struct devops_status *initial = machine_status(p, p->initial);
    bool *reached = arena_new_array(a, bool, p->statuses.n);
    const struct jr *v = jr_get(r->json, "statuses")->first;
    for (size_t i = 0; i < p->statuses.n; i++, v = v->next) {
        struct row s = row_in(r, "statuses", i, v, "code");
        if (!check_edges(p, &p->statuses.at[i], &s, e))
            return false;
    }
    if (!initial)
        return err_set(e, ERR_BAD_REQUEST,
                       "%s: \"initial\" names '" STR_FMT "', which is no status of it", r->name,
                       STR_ARG(p->initial));
    reach(p, initial, reached);
    v = jr_get(r->json, "statuses")->first;
    for (size_t i = 0; i < p->statuses.n; i++, v = v->next)
        if (!reached[i])
            return err_set(e, ERR_BAD_REQUEST, "%s cannot be reached from the initial status",
                           row_in(r, "statuses", i, v, "code").name);
    return true;
}

static const struct devops_profile *profile_named(const struct machine *m, str name)
{
    for (size_t i = 0; i < m->profiles.n; i++)
        if (str_eq(m->profiles.at[i].name, name))
            return &m->profiles.at[i];
    return NULL;
}

static bool read_profile(struct arena *a, const struct row *r, struct machine *m, struct err *e)
{
    static const char *const names[] = {"name", "initial", "statuses", NULL};
    struct devops_profile p = {0};
    const struct jr *v;
    if (!known_members(r, names, e) || !text(r, "name", PROFILE, &p.name, e) ||
        !text(r, "initial", CODE, &p.initial, e) || !array(r, "statuses", 1, &v, e))
        return false;
    if (profile_named(m, p.name))
        return twice(r, e);
    for (size_t i = 0; v; v = v->next, i++) {
        struct row s = row_in(r, "statuses", i, v, "code");
        if (!read_status(a, &s, &p, e))
            return false;
    }
    vec_add(a, &m->profiles, p);
    return check_graph(a, &p, r, e);
}

/* ---- process types and text types ---- */
static bool read_process(struct arena *a, const struct row *r, struct machine *m, struct err *e)
{
    static const char *const names[] = {"type", "profile", NULL};
    struct devops_process p = {0};
    str profile;
    if (!known_members(r, names, e) || !text(r, "type", TYPE, &p.type, e) ||
        !text(r, "profile", PROFILE, &profile, e))
        return false;
    if (machine_process(m, p.type))
        return twice(r, e);
    p.profile = profile_named(m, profile);
    if (!p.profile)
        return err_set(e, ERR_BAD_REQUEST, "%s: there is no profile '" STR_FMT "'", r->name,
                       STR_ARG(profile));
    vec_add(a, &m->processes, p);
    return true;
}

static bool read_text_type(struct arena *a, const struct row *r, struct machine *m, struct err *e)
{
    static const char *const names[] = {"type", "name", "log", "processTypes", NULL};
    struct devops_text_type t = {0};
    if (!known_members(r, names, e) || !text(r, "type", TYPE, &t.type, e) ||
        !text(r, "name", STATUS_NAME, &t.name, e) || !flag(r, "log", &t.log, e) ||
        !words(a, r, "processTypes", &t.processes, e))
        return false;
    for (size_t i = 0; i < m->texts.n; i++)
        if (str_eq(m->texts.at[i].type, t.type))
            return twice(r, e);
    for (size_t i = 0; i < t.processes.n; i++)
        if (!machine_process(m, t.processes.at[i]))
            return err_set(e, ERR_BAD_REQUEST, "%s: there is no process type '" STR_FMT "'",
                           r->name, STR_ARG(t.processes.at[i]));
    vec_add(a, &m->texts, t);
    return true;
}

/* ---- the file ---- */
static const struct {
    const char *list, *key;
    bool (*read)(struct arena *a, const struct row *r, struct machine *m, struct err *e);
} lists[] = {
    {"profiles",     "name", read_profile  },
    {"processTypes", "type", read_process  }, /* names profiles */
    {"textTypes",    "type", read_text_type}, /* names process types */
};

static bool read_limits(const struct row *top, struct machine *m, struct err *e)
{
    const struct jr *bytes = jr_get(top->json, "attachmentBytes");
    int64_t n = 20 << 20;
    if (bytes &&
        (bytes->kind != JR_NUMBER || !str_to_i64(bytes->s, &n) || n < 1 || n > MAX_ATTACHMENT))
        return err_set(e, ERR_BAD_REQUEST, "\"attachmentBytes\" must be a number from 1 to %d",
                       MAX_ATTACHMENT);
    m->attachment_bytes = (size_t)n;
    return flag(top, "formatOnPost", &m->format_on_post, e);
}

bool machine_load(struct arena *a, str json, const struct machine **ret, struct err *e)
{
    static const char *const names[] = {"profiles",        "processTypes", "textTypes",
                                        "attachmentBytes", "formatOnPost", NULL};
    struct machine *m = arena_new_of(a, struct machine);
    struct row top = {.name = "the file"};
    struct jr *root;
    const struct jr *v;
    if (!jr_parse(a, json, &root, e))
        return false;
    top.json = root;
    if (!known_members(&top, names, e))
        return false;
    for (size_t k = 0; k < COUNT(lists); k++) {
        if (!array(&top, lists[k].list, 1, &v, e))
            return false;
        for (size_t i = 0; v; v = v->next, i++) {
            struct row r = row_in(NULL, lists[k].list, i, v, lists[k].key);
            if (!lists[k].read(a, &r, m, e))
                return false;
        }
    }
    *ret = m;
    return read_limits(&top, m, e);
}

const struct devops_process *machine_process(const struct machine *m, str type)
{
    for (size_t i = 0; i < m->processes.n; i++)
        if (str_eq(m->processes.at[i].type, type))
            return &m->processes.at[i];
    return NULL;
}

const struct devops_status *machine_status(const struct devops_profile *p, str code)
{
    for (size_t i = 0; i < p->statuses.n; i++)
        if (str_eq(p->statuses.at[i].code, code))
            return &p->statuses.at[i];
    return NULL;
}

const struct devops_text_type *machine_text(const struct machine *m, str process, str type)
{
    for (size_t i = 0; i < m->texts.n; i++) {
        const struct devops_text_type *t = &m->texts.at[i];
        bool fits = !t->processes.n;
        for (size_t k = 0; k < t->processes.n; k++)
            fits |= str_eq(t->processes.at[k], process);
        if (fits && str_eq(t->type, type))
            return t;
    }
    return NULL;
}

static bool has_edge(const struct devops_status *s, str to)
{
    for (size_t i = 0; i < s->next.n; i++)
        if (str_eq(s->next.at[i], to))
            return true;
    return false;
}

bool machine_change(const struct devops_profile *p, str object_id, str from, str to, bool any,
                    struct err *e)
{
    const struct devops_status *now = machine_status(p, from);
    if (!machine_status(p, to))
        return err_set(e, ERR_BAD_REQUEST,
                       "User status '" STR_FMT "' is not defined in status profile '" STR_FMT "'",
                       STR_ARG(str_sub(to, 0, 40)), STR_ARG(p->name)) ||
               err_id(e, "/SALM/EXT_DEVOPS/001");
    if (now && now->final && !any)
        return err_set(e, ERR_BAD_REQUEST, "Work item " STR_FMT " is in final status '" STR_FMT "'",
                       STR_ARG(object_id), STR_ARG(from)) ||
               err_id(e, "/SALM/EXT_DEVOPS/004");
    if (str_eq(from, to))
        return err_set(e, ERR_BAD_REQUEST, "Work item " STR_FMT " already has status '" STR_FMT "'",
                       STR_ARG(object_id), STR_ARG(to)) ||
               err_id(e, "/SALM/EXT_DEVOPS/003");
    if (!any && (!now || !has_edge(now, to)))
        return err_set(e, ERR_BAD_REQUEST,
                       "Status change from '" STR_FMT "' to '" STR_FMT "' is not allowed",
                       STR_ARG(from), STR_ARG(to)) ||
               err_id(e, "/SALM/EXT_DEVOPS/002");
    return true;
}
