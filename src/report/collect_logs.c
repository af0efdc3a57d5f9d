/* The log of a tenant that does not group: by all its rows, or by counts and a sample of rows for durations. */
#include "report/collector.h"

#include "base/time.h"

#include <stdlib.h>

enum { PAGE = 1000, SAMPLE = 500 };

static str moment(struct collector *c, int64_t ms)
{
    str iso = time_iso(c->arena, ms, ms % 1000 != 0);
    return arena_fmt(c->arena, "datetime'" STR_FMT "'", STR_ARG(str_sub(iso, 0, iso.n - 1)));
}

static str ended_between(struct collector *c, int64_t from, int64_t to)
{
    return arena_fmt(c->arena, "LogEnd%%20ge%%20" STR_FMT "%%20and%%20LogEnd%%20lt%%20" STR_FMT,
                     STR_ARG(moment(c, from)), STR_ARG(moment(c, to)));
}

static const char FAILED[] = "%20and%20Status%20eq%20'FAILED'";

struct counting { /* an answer's __count goes to *to */
    int64_t *to;
    str what;
};

static void count_came(void *arg, void *item, const struct call_answer *a)
{
    struct counting *n = item;
    *n->to = collect_number(jr_get(jr_get(a->json, "d"), "__count"));
    if (*n->to == UNKNOWN)
        collect_miss(arg, a, "count of", n->what);
}

static void ask_count(struct collector *c, str filter, const char *more, int64_t *to, str what)
{
    struct counting *n = arena_new_of(c->arena, struct counting);
    *n = (struct counting){to, what};
    collect_get(
        c, CALL_LOGS,
        arena_fmt(c->arena,
                  "/api/v1/MessageProcessingLogs?$inlinecount=allpages&$top=0&$filter=" STR_FMT
                  "%s",
                  STR_ARG(filter), more),
        count_came, n);
}

static void add_duration(struct collector *c, durations *d, int64_t start, int64_t end)
{
    if (start != UNKNOWN && end != UNKNOWN && end >= start)
        vec_add(c->arena, d, (uint32_t)(end - start > UINT32_MAX ? UINT32_MAX : end - start));
}

/* day NULL: a sample for durations only. */
static void add_row(struct collector *c, const struct jr *r, struct usage_count *day)
{
    int64_t start = collect_date(jr_get(r, "LogStart")), end = collect_date(jr_get(r, "LogEnd"));
    bool failed = str_eqz(jr_text(r, "Status"), "FAILED");
    str id = jr_text(r, "IntegrationFlowName");
    struct logged *l = map_get(&c->by_id, id);
    add_duration(c, &c->all, start, end);
    if (day) {
        day->n++;
        day->failed += failed;
    }
    if (!l)
        return; /* deleted and undeployed since */
    if (day) {
        l->artifact->now.n++;
        l->artifact->now.failed += failed;
    }
    add_duration(c, &l->times, start, end);
}

static void rows_came(void *arg, void *item, const struct call_answer *a)
{
    struct collector *c = arg;
    const struct jr *d = jr_get(a->json, "d"), *results = jr_get(d, "results");
    if (a->e || !results) {
        collect_miss(c, a, "messages of",
                     period_date(c->arena, &c->u->period,
                                 c->u->period.edges.at[(struct usage_count *)item - c->u->days]));
        return;
    }
    for (const struct jr *r = results->first; r; r = r->next)
        add_row(c, r, c->scanned ? item : NULL);
    str next = c->scanned ? collect_next(c, d) : STR_NONE;
    if (next.p)
        collect_get(c, CALL_LOGS, next, rows_came, item);
}

static void ask_rows(struct collector *c, size_t day)
{
    const int64_t *edge = &c->u->period.edges.at[day];
    str top = c->scanned ? STR("") : arena_fmt(c->arena, "&$top=%d", SAMPLE);
    collect_get(
        c, CALL_LOGS,
        arena_fmt(
            c->arena,
            "/api/v1/MessageProcessingLogs?$select=IntegrationFlowName,Status,LogStart,LogEnd&$filter=" STR_FMT
                STR_FMT,
            STR_ARG(ended_between(c, edge[0], edge[1])), STR_ARG(top)),
        rows_came, &c->u->days[day]);
}

static void ask_flow(struct collector *c, struct usage_artifact *f)
{
    str filter =
        arena_fmt(c->arena, STR_FMT "%%20and%%20IntegrationFlowName%%20eq%%20" STR_FMT,
                  STR_ARG(ended_between(c, period_from(&c->u->period), period_to(&c->u->period))),
                  STR_ARG(collect_quoted(c, f->id)));
    ask_count(c, filter, "", &f->now.n, f->id);
    ask_count(c, filter, FAILED, &f->now.failed, f->id);
}

static void ask_by_scan(struct collector *c)
{
    struct usage *u = c->u;
    c->scanned = true;
    for (size_t i = 0; i < u->artifacts.n; i++)
        u->artifacts.at[i]->now.n = u->artifacts.at[i]->now.failed = 0;
    for (size_t i = 0; i < period_days(&u->period); i++) {
        u->days[i].n = u->days[i].failed = 0;
        ask_rows(c, i);
    }
}

static void ask_by_count(struct collector *c)
{
    struct usage *u = c->u;
    u->sampled = true;
    for (size_t i = 0; i < u->artifacts.n; i++)
        ask_flow(c, u->artifacts.at[i]);
    for (size_t i = 0; i < period_days(&u->period); i++) {
        str filter = ended_between(c, u->period.edges.at[i], u->period.edges.at[i + 1]);
        str day = period_date(c->arena, &u->period, u->period.edges.at[i]);
        ask_count(c, filter, "", &u->days[i].n, day);
        ask_count(c, filter, FAILED, &u->days[i].failed, day);
        ask_rows(c, i);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank. */
static void percentiles(durations *d, struct usage_count *ret)
{
    ret->median_ms = ret->p95_ms = UNKNOWN;
    if (!d->n)
        return;
    qsort(d->at, d->n, sizeof *d->at, by_size);
    ret->median_ms = d->at[(d->n - 1) / 2];
    ret->p95_ms = d->at[(d->n * 95 + 99) / 100 - 1];
}

bool collect_logs(struct collector *c, struct err *e)
{
    struct usage *u = c->u;
    str now = ended_between(c, period_from(&u->period), period_to(&u->period));
    str before = ended_between(c, u->period.before_from, u->period.before_to);
    collect_join(c);
    c->logged = arena_new_array(c->arena, struct logged, u->artifacts.n);
    for (size_t i = 0; i < u->artifacts.n; i++) {
        c->logged[i].artifact = u->artifacts.at[i];
        c->logged[i].artifact->now = nothing_known;
        map_put(&c->by_id, u->artifacts.at[i]->id, &c->logged[i]);
    }
    ask_count(c, now, "", &u->total.n, u->period.label);
    ask_count(c, now, FAILED, &u->total.failed, u->period.label);
    ask_count(c, before, "", &u->before.n, STR("the period before"));
    ask_count(c, before, FAILED, &u->before.failed, STR("the period before"));
    if (!caller_run(c->config->caller, e))
        return false;
    /* Two counts an artifact and two a day, against a page for a thousand rows: a page costs more, and tells more. */
    size_t pages = (size_t)(u->total.n < 0 ? 0 : u->total.n) / PAGE + period_days(&u->period);
    bool cheaper = u->total.n >= 0 && pages <= u->artifacts.n + period_days(&u->period);
    if (c->config->logs == LOGS_ROWS || (c->config->logs == LOGS_AUTO && cheaper))
        ask_by_scan(c);
    else
        ask_by_count(c);
    if (!caller_run(c->config->caller, e))
        return false;
    for (size_t i = 0; i < u->artifacts.n; i++) {
        percentiles(&c->logged[i].times, &u->artifacts.at[i]->now);
        u->artifacts.at[i]->now.billable = u->artifacts.at[i]->now.n;
    }
    percentiles(&c->all, &u->total);
    u->total.billable = u->total.n;
    u->before.billable = u->before.n;
    return true;
}
