/* What is asked of the tenant, in this order:
 *   grouped logs of the period and of the one before (only Tidemill has them; 404 elsewhere), packages, runtime artifacts
 *   -> artifacts of every package, a call per kind
 *   -> without grouped logs: how many rows there are in all; then whichever takes fewer calls:
 *      all rows, a stream of pages per day, or two counts per artifact and day and a sample of rows for durations.
 * An answer's handler adds the next calls; when none is left, the report is complete. */
#include "report/collector.h"

#include "base/codec.h"

#include <stdlib.h>

static const struct artifact_kind kinds[COLLECT_KINDS] = {
    {"Integration",      "INTEGRATION_FLOW" },
    {"ValueMapping",     "VALUE_MAPPING"    },
    {"MessageMapping",   "MESSAGE_MAPPING"  },
    {"ScriptCollection", "SCRIPT_COLLECTION"},
};
static const struct usage_count never_used = {0, 0, UNKNOWN, UNKNOWN, 0, 0, 0};
struct package {
    str id, name, vendor;
    VEC(struct usage_artifact *) lists[COLLECT_KINDS];
};
struct list { /* artifacts of one kind in one package */
    struct package *package;
    size_t kind;
};

/* ---- small things ---- */
void collect_miss(struct collector *c, const struct call_answer *a, const char *what, str name)
{
    struct arena *arena = c->arena;
    vec_add(arena, &c->u->missing,
            arena_fmt(arena, "%s " STR_FMT ": %s%s%s", what, STR_ARG(name), a->e ? a->e->ctx : "",
                      a->e && *a->e->ctx ? ": " : "", a->e ? a->e->msg : "unreadable answer"));
}

static str keep(struct collector *c, const struct jr *object, const char *name)
{
    str s = jr_text(object, name);
    return s.n ? arena_str(c->arena, s) : STR("");
}

int64_t collect_number(const struct jr *v)
{
    int64_t n;
    return v && (v->kind == JR_NUMBER || v->kind == JR_STRING) && str_to_i64(v->s, &n) ? n
                                                                                       : UNKNOWN;
}

int64_t collect_date(const struct jr *v)
{
    int64_t ms;
    if (!v || v->kind != JR_STRING || !str_starts(v->s, STR("/Date(")))
        return UNKNOWN;
    str text = str_from(v->s, 6);
    size_t end = 0;
    while (end < text.n &&
           ((text.p[end] >= '0' && text.p[end] <= '9') || (!end && text.p[end] == '-')))
        end++;
    return str_to_i64(str_sub(text, 0, end), &ms) ? ms : UNKNOWN;
}

str collect_quoted(struct collector *c, str s)
{
    AUTO(buf) struct buf b = BUF(1 << 20);
    buf_add_char(&b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        buf_add_char(&b, s.p[i]);
        if (s.p[i] == '\'')
            buf_add_char(&b, '\'');
    }
    buf_add_char(&b, '\'');
    return percent_encode(c->arena, buf_str(&b), "'");
}

str collect_next(struct collector *c, const struct jr *d)
{
    str next = jr_text(d, "__next");
    size_t at = str_find(next, STR("/api/v1/"), 0);
    AUTO(buf) struct buf b = BUF(1 << 20);
    if (!next.n || ++c->pages > PAGES_MAX)
        return STR_NONE;
    if (at == SIZE_MAX)
        buf_addz(&b, "/api/v1/");
    percent_write(&b, at == SIZE_MAX ? next : str_from(next, at), "%/:=&?~#+!$,;'@()*[]");
    return arena_str(c->arena, buf_str(&b));
}

void collect_get(struct collector *c, enum call_group group, str path, call_done *done, void *item)
{
    caller_get(c->config->caller, group, path, done, c, item);
}

/* ---- packages and artifacts ---- */
static void artifacts_came(void *arg, void *item, const struct call_answer *a)
{
    struct collector *c = arg;
    struct list *l = item;
    const struct jr *d = jr_get(a->json, "d"), *results = jr_get(d, "results");
    if (a->e || !results) {
        if (a->status != 404) /* deleted meanwhile */
            collect_miss(c, a, kinds[l->kind].name, l->package->id);
        return;
    }
    for (const struct jr *r = results->first; r; r = r->next) {
        struct usage_artifact *f = arena_new_of(c->arena, struct usage_artifact);
        int64_t created = collect_number(jr_get(r, "CreatedAt")),
                modified = collect_number(jr_get(r, "ModifiedAt"));
        *f = (struct usage_artifact){.kind = &kinds[l->kind],
                                     .package_id = l->package->id,
                                     .package_name = l->package->name,
                                     .vendor = l->package->vendor,
                                     .id = keep(c, r, "Id"),
                                     .name = keep(c, r, "Name"),
                                     .version = keep(c, r, "Version"),
                                     .designed = true,
                                     .status = STR(""),
                                     .before = UNKNOWN};
        if (created != UNKNOWN && modified != UNKNOWN) /* as the script has it: give or take one */
            f->edited = llabs(created - modified) <= 1 ? NOT_EDITED : EDITED;
        vec_add(c->arena, &l->package->lists[l->kind], f);
    }
    str next = collect_next(c, d);
    if (next.p)
        collect_get(c, CALL_DESIGN, next, artifacts_came, item);
}

static void packages_came(void *arg, void *item, const struct call_answer *a)
{
    struct collector *c = arg;
    const struct jr *d = jr_get(a->json, "d"), *results = jr_get(d, "results");
    if (a->e || !results) {
        collect_miss(c, a, "packages", STR("list"));
        return;
    }
    for (const struct jr *r = results->first; r; r = r->next) {
        struct package *p = arena_new_of(c->arena, struct package);
        *p = (struct package){
            .id = keep(c, r, "Id"), .name = keep(c, r, "Name"), .vendor = keep(c, r, "Vendor")};
        vec_add(c->arena, &c->packages, p);
        for (size_t k = 0; k < COUNT(kinds); k++) {
            struct list *l = arena_new_of(c->arena, struct list);
            *l = (struct list){p, k};
            if (c->wanted[k])
                collect_get(c, CALL_DESIGN,
                            arena_fmt(c->arena,
                                      "/api/v1/IntegrationPackages(" STR_FMT
                                      ")/%sDesigntimeArtifacts",
                                      STR_ARG(collect_quoted(c, p->id)), kinds[k].name),
                            artifacts_came, l);
        }
    }
    str next = collect_next(c, d);
    if (next.p)
        collect_get(c, CALL_DESIGN, next, packages_came, item);
}

static void runtime_came(void *arg, void *item, const struct call_answer *a)
{
    struct collector *c = arg;
    const struct jr *d = jr_get(a->json, "d"), *results = jr_get(d, "results");
    if (a->e || !results) {
        collect_miss(c, a, "deployed", STR("artifacts"));
        return;
    }
    for (const struct jr *r = results->first; r; r = r->next) {
        struct usage_artifact *f = arena_new_of(c->arena, struct usage_artifact);
        *f = (struct usage_artifact){.package_id = STR(""),
                                     .package_name = STR(""),
                                     .vendor = STR(""),
                                     .id = keep(c, r, "Id"),
                                     .name = keep(c, r, "Name"),
                                     .version = keep(c, r, "Version"),
                                     .status = keep(c, r, "Status"),
                                     .deployed_at = collect_date(jr_get(r, "DeployedOn")),
                                     .before = UNKNOWN};
        for (size_t k = 0; k < COUNT(kinds); k++)
            if (c->wanted[k] && str_eqz(jr_text(r, "Type"), kinds[k].runtime_type))
                f->kind = &kinds[k];
        vec_add(c->arena, &c->deployed, f);
    }
    str next = collect_next(c, d);
    if (next.p)
        collect_get(c, CALL_RUNTIME, next, runtime_came, item);
}

void collect_join(struct collector *c)
{
    struct usage *u = c->u;
    map_init(&c->by_id, c->arena, false);
    for (size_t i = 0; i < c->packages.n; i++)
        for (size_t k = 0; k < COUNT(kinds); k++)
            for (size_t j = 0; j < c->packages.at[i]->lists[k].n; j++)
                vec_add(c->arena, &u->artifacts, c->packages.at[i]->lists[k].at[j]);
    for (size_t i = 0; i < u->artifacts.n; i++)
        map_put(&c->by_id, u->artifacts.at[i]->id, u->artifacts.at[i]);
    for (size_t i = 0; i < c->deployed.n; i++) {
        struct usage_artifact *d = c->deployed.at[i], *f = map_get(&c->by_id, d->id);
        if (f) {
            f->status = d->status.n ? d->status : STR("STARTED");
            f->deployed_at = d->deployed_at;
        } else if (d->kind) {
            vec_add(c->arena, &u->artifacts, d);
            map_put(&c->by_id, d->id, d);
        }
    }
    u->packages = c->packages.n;
}

/* ---- grouped logs, from Tidemill ---- */
static void take_count(const struct jr *r, struct usage_count *ret)
{
    *ret = (struct usage_count){
        collect_number(jr_get(r, "messages")), collect_number(jr_get(r, "failed")),
        collect_number(jr_get(r, "medianMs")), collect_number(jr_get(r, "p95Ms")),
        collect_number(jr_get(r, "calls")),    collect_number(jr_get(r, "bytes")),
        collect_number(jr_get(r, "billable"))};
}

struct flow_count {
    struct usage_count now;
    int64_t before;
};

static void grouped_came(void *arg, void *item, const struct call_answer *a)
{
    struct collector *c = arg;
    bool before = item == &c->grouped_before;
    const struct jr *flows = jr_get(a->json, "flows"), *days = jr_get(a->json, "days");
    if (a->e || !flows || !days || flows->kind != JR_ARRAY ||
        days->n != (before ? 0 : period_days(&c->u->period)))
        return; /* no Tidemill: the long way */
    caller_unlimit(c->config->caller);
    *(bool *)item = true;
    take_count(jr_get(a->json, "total"), before ? &c->u->before : &c->u->total);
    size_t i = 0;
    for (const struct jr *r = before ? NULL : days->first; r; r = r->next)
        take_count(r, &c->u->days[i++]);
    for (const struct jr *r = flows->first; r; r = r->next) {
        str id = jr_text(r, "id");
        struct flow_count *f = map_get(&c->by_id, id);
        if (!f) {
            f = arena_new_of(c->arena, struct flow_count);
            *f = (struct flow_count){never_used, 0};
            map_put(&c->by_id, arena_str(c->arena, id), f);
        }
        if (before)
            f->before = collect_number(jr_get(r, "messages"));
        else
            take_count(r, &f->now);
    }
    const char *const lists[] = {"unedited", "edited"};
    for (size_t k = 0; k < COUNT(lists) && !before; k++)
        for (const struct jr *list = jr_get(a->json, lists[k]), *r = list ? list->first : NULL; r;
             r = r->next)
            map_put(&c->edited, arena_str(c->arena, r->s), k ? "1" : "0");
}

static void ask_grouped(struct collector *c)
{
    const struct period *p = &c->u->period;
    AUTO(buf) struct buf path = BUF(1 << 16);
    buf_addz(&path, "/tidemill/v1/usage?edges=");
    for (size_t i = 0; i < p->edges.n; i++)
        buf_addf(&path, "%s%lld", i ? "," : "", (long long)p->edges.at[i]);
    collect_get(c, CALL_FREE, buf_str(&path), grouped_came, &c->grouped);
    collect_get(c, CALL_FREE,
                arena_fmt(c->arena, "/tidemill/v1/usage?detail=counts&edges=%lld,%lld",
                          (long long)p->before_from, (long long)p->before_to),
                grouped_came, &c->grouped_before);
}

/* by_id held counts until now. */
static void use_grouped(struct collector *c)
{
    struct usage *u = c->u;
    struct map counts = c->by_id;
    collect_join(c);
    for (size_t i = 0; i < u->artifacts.n; i++) {
        struct usage_artifact *f = u->artifacts.at[i];
        const struct flow_count *n = map_get(&counts, f->id);
        const char *edited = map_get(&c->edited, f->id);
        f->now = n ? n->now : never_used;
        f->before = !c->grouped_before ? UNKNOWN : n ? n->before : 0;
        if (edited && f->designed && c->config->by_content) {
            f->edited = *edited == '1' ? EDITED : NOT_EDITED;
            f->exact = true;
        }
    }
    u->tidemill = true;
}

/* ---- all ---- */
static bool choose_kinds(struct collector *c, str names, struct err *e)
{
    str name;
    while (str_split(&names, ',', &name)) {
        bool found = false;
        name = str_trim(name);
        for (size_t k = 0; k < COUNT(kinds); k++)
            if (str_eqz(name, "all") || str_eqz(name, kinds[k].name))
                found = c->wanted[k] = true;
        if (!found)
            return err_set(
                e, ERR_BAD_REQUEST,
                "--kinds knows Integration, ValueMapping, MessageMapping, ScriptCollection and all, not '" STR_FMT
                "'",
                STR_ARG(name));
    }
    return true;
}

bool usage_collect(const struct collect_config *config, struct usage *u, struct err *e)
{
    struct collector c = {.config = config, .u = u, .arena = u->arena};
    u->days = arena_new_array(u->arena, struct usage_count, period_days(&u->period));
    for (size_t i = 0; i < period_days(&u->period); i++)
        u->days[i] = nothing_known;
    u->total = u->before = nothing_known;
    map_init(&c.by_id, c.arena, false);
    map_init(&c.edited, c.arena, false);
    if (!choose_kinds(&c, config->kinds, e))
        return false;
    if (config->logs == LOGS_AUTO)
        ask_grouped(&c);
    collect_get(&c, CALL_DESIGN, STR("/api/v1/IntegrationPackages"), packages_came, NULL);
    collect_get(
        &c, CALL_RUNTIME,
        STR("/api/v1/IntegrationRuntimeArtifacts?$select=Id,Name,Version,Type,Status,DeployedOn"),
        runtime_came, NULL);
    if (!caller_run(config->caller, e))
        return false;
    if (c.grouped)
        use_grouped(&c);
    else if (!collect_logs(&c, e))
        return false;
    u->calls = caller_calls(config->caller);
    return true;
}

const char *usage_edited(const struct usage_artifact *f)
{
    return f->edited == EDITED ? "EDITED" : f->edited == NOT_EDITED ? "NOT EDITED" : "";
}

str usage_number(struct arena *a, int64_t v)
{
    return v == UNKNOWN ? STR("") : arena_fmt(a, "%lld", (long long)v);
}
