/* usage: GET /tidemill/v1/usage, the processing log of a period grouped by flow and day, for the usage report. One walk over
 * the rows by the index on log_end: SQLite takes some 250 ns a row, so that counters kept beside the log would have to be
 * kept right for little. calls and bytes are what was sent to receivers; billable counts calls in slices of 250 KB, at least
 * one a message. */
#include "app/admin.h"
#include "app/api.h"

#include "base/codec.h"
#include "base/map.h"

#include <pthread.h>

enum { EDGES = 402 };

struct tally {
    str id;
    int64_t n, failed, calls, bytes, billable;
    VEC(uint32_t) times; /* ms; not of days */
};
struct grouping {
    struct arena *arena;
    int64_t edges[EDGES];
    size_t nedges, day;
    bool counts; /* only these are wanted */
    struct tally total, days[EDGES];
    struct map flows; /* id -> struct tally */
};

static bool read_edges(str text, struct grouping *g, struct err *e)
{
    str edge;
    while (str_split(&text, ',', &edge)) {
        if (g->nedges == EDGES || !str_to_i64(edge, &g->edges[g->nedges]) ||
            (g->nedges && g->edges[g->nedges] <= g->edges[g->nedges - 1]))
            break;
        g->nedges++;
    }
    return (g->nedges >= 2 && !text.n) ||
           err_set(e, ERR_BAD_REQUEST,
                   "edges must be 2 to %d ascending times in milliseconds, separated by commas",
                   EDGES);
}

static void add(struct tally *t, bool failed, int64_t calls, int64_t bytes, int64_t slices)
{
    t->n++;
    t->failed += failed;
    t->calls += calls;
    t->bytes += bytes;
    t->billable += slices > 1 ? slices : 1;
}

static struct tally *flow_of(struct grouping *g, str id)
{
    struct tally *t = map_get(&g->flows, id);
    if (t)
        return t;
    t = arena_new_of(g->arena, struct tally);
    t->id = arena_str(g->arena, id);
    map_put(&g->flows, t->id, t);
    return t;
}

/* Few columns, since each costs as much as a step of SQLite: the duration with the failure as its last bit, calls and slices
 * as halves of one number. */
enum { FLOW, END, TIME, BYTES, SENT, COLUMNS };
static const char rows_sql[] =
    "SELECT integration_artifact_id, log_end, (log_end - log_start) * 2 + (status = 'FAILED'), sent_bytes,"
    " sent_calls * 4294967296 + sent_slices"
    " FROM message_processing_log WHERE log_end >= ? AND log_end < ? ORDER BY log_end";

/* 0 for the nulls in rows of an earlier version. */
static int64_t number(const struct value *v)
{
    return v->kind == V_INT || v->kind == V_BOOL ? v->i : 0;
}

static bool add_row(void *arg, const struct value *v, size_t n)
{
    struct grouping *g = arg;
    if (n < COLUMNS)
        return false;
    struct tally *flow = flow_of(g, v[FLOW].kind == V_TEXT ? v[FLOW].s : STR(""));
    int64_t packed = number(&v[TIME]), ms = packed >> 1, sent = number(&v[SENT]);
    while (v[END].i >= g->edges[g->day + 1])
        g->day++;
    struct tally *all[] = {&g->total, &g->days[g->day], flow};
    for (size_t i = 0; i < COUNT(all); i++)
        add(all[i], packed & 1, sent >> 32, number(&v[BYTES]), sent & 0xFFFFFFFF);
    ms = ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : ms;
    vec_add(g->arena, &flow->times, (uint32_t)ms);
    return true;
}

/* Without rows: from flow to flow in the index on flow and time, and what is in between counted there. */
static const char counts_sql[] =
    "WITH RECURSIVE f(id) AS (SELECT MIN(integration_artifact_id) FROM message_processing_log UNION ALL"
    " SELECT (SELECT MIN(m.integration_artifact_id) FROM message_processing_log m WHERE m.integration_artifact_id > f.id)"
    " FROM f WHERE f.id IS NOT NULL)"
    " SELECT f.id, (SELECT COUNT(*) FROM message_processing_log m WHERE m.integration_artifact_id = f.id AND m.log_end >= ?"
    " AND m.log_end < ?) FROM f WHERE f.id IS NOT NULL";
static const char failed_sql[] =
    "SELECT COUNT(*) FROM message_processing_log WHERE log_end >= ? AND log_end < ? AND status = 'FAILED'";

static bool add_count(void *arg, const struct value *v, size_t n)
{
    struct grouping *g = arg;
    int64_t messages = n == 2 ? number(&v[1]) : 0;
    if (messages)
        flow_of(g, v[0].s)->n = messages;
    g->total.n += messages;
    return true;
}

static bool add_failed(void *arg, const struct value *v, size_t n)
{
    ((struct grouping *)arg)->total.failed = n ? number(v) : 0;
    return false;
}

/* The value that would stand at k if v were sorted (Hoare's selection); v is left partly sorted: smaller ones before k. */
static uint32_t select_nth(uint32_t *v, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        uint32_t pivot = v[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i >= j)
                break;
            uint32_t swap = v[i];
            v[i++] = v[j];
            v[j--] = swap;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return v[k];
}

static void member(struct jw *w, const char *name, int64_t v)
{
    jw_keyz(w, name);
    jw_int(w, v);
}

/* Percentiles by nearest rank. */
static void write_tally(struct jw *w, const struct grouping *g, struct tally *t)
{
    jw_object(w);
    if (t->id.p) {
        jw_keyz(w, "id");
        jw_str(w, t->id);
    }
    member(w, "messages", t->n);
    if (!g->counts || t == &g->total)
        member(w, "failed", t->failed);
    if (t->times.n) {
        size_t n = t->times.n, last = (n * 95 + 99) / 100 - 1;
        member(w, "p95Ms", select_nth(t->times.at, n, last));
        member(w, "medianMs", select_nth(t->times.at, last + 1, (n - 1) / 2));
    }
    if (!g->counts) {
        member(w, "calls", t->calls);
        member(w, "bytes", t->bytes);
        member(w, "billable", t->billable);
    }
    jw_object_end(w);
}

/* All times of all flows, for the percentiles of the whole. */
static void join_times(struct grouping *g)
{
    g->total.times.at = arena_new_array(g->arena, uint32_t, (size_t)g->total.n);
    for (size_t i = 0; i < g->flows.entries.n; i++) {
        const struct tally *t = g->flows.entries.at[i].value;
        memcpy(g->total.times.at + g->total.times.n, t->times.at, t->times.n * sizeof *t->times.at);
        g->total.times.n += t->times.n;
    }
}

static void write_groups(struct jw *w, struct grouping *g)
{
    jw_keyz(w, "flows");
    jw_array(w);
    for (size_t i = 0; i < g->flows.entries.n; i++)
        write_tally(w, g, g->flows.entries.at[i].value);
    jw_array_end(w);
    jw_keyz(w, "days");
    jw_array(w);
    for (size_t i = 0; i + 1 < g->nedges && !g->counts; i++)
        write_tally(w, g, &g->days[i]);
    jw_array_end(w);
    if (!g->counts)
        join_times(g);
    jw_keyz(w, "total");
    write_tally(w, g, &g->total);
}

static bool write_id(void *arg, const struct value *v, size_t n)
{
    (void)n;
    jw_str(arg, v[0].s);
    return true;
}

/* Artifacts whose current content is the first (=) or another (<>); those of an earlier version are in neither list. */
static bool write_edited(struct store *s, struct jw *w, const char *name, const char *sql,
                         struct err *e)
{
    jw_keyz(w, name);
    jw_array(w);
    bool ok = store_query(s, sql, NULL, 0, write_id, w, e);
    jw_array_end(w);
    return ok;
}
#define BY_CONTENT(op)                                                                                          \
    "SELECT a.id FROM designtime_artifact a JOIN designtime_version v ON v.id = a.id AND v.version = a.version" \
    " WHERE a.first_hash <> '' AND v.content_hash <> '' AND v.content_hash " op " a.first_hash"

/* ---- the second half of the days is read by a thread of its own ---- */
struct half {
    struct store *store;
    struct grouping *group;
    size_t from, to; /* edges */
    bool ok;
    struct err err;
};

static void *read_half(void *arg)
{
    struct half *h = arg;
    struct grouping *g = h->group;
    struct value binds[] = {VALUE_INT(g->edges[h->from]), VALUE_INT(g->edges[h->to])};
    g->day = h->from;
    h->ok = store_query(h->store, rows_sql, binds, COUNT(binds), add_row, g, &h->err);
    return NULL;
}

static void merge(struct tally *to, const struct tally *from)
{
    to->n += from->n;
    to->failed += from->failed;
    to->calls += from->calls;
    to->bytes += from->bytes;
    to->billable += from->billable;
}

static void merge_groups(struct grouping *to, const struct grouping *from)
{
    merge(&to->total, &from->total);
    for (size_t i = 0; i + 1 < to->nedges; i++)
        merge(&to->days[i], &from->days[i]);
    for (size_t i = 0; i < from->flows.entries.n; i++) {
        const struct tally *theirs = from->flows.entries.at[i].value;
        struct tally *ours = flow_of(to, theirs->id);
        merge(ours, theirs);
        for (size_t k = 0; k < theirs->times.n; k++)
            vec_add(to->arena, &ours->times, theirs->times.at[k]);
    }
}

static bool read_rows(struct store *s, struct grouping *g, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct grouping *other = arena_new_of(a, struct grouping);
    size_t middle = g->nedges / 2, last = g->nedges - 1;
    struct half first = {.store = s, .group = g, .to = middle},
                second = {.store = s, .group = other, .from = middle, .to = last};
    pthread_t thread;
    memcpy(other->edges, g->edges, sizeof g->edges);
    other->nedges = g->nedges;
    other->arena = a;
    map_init(&other->flows, a, false);
    bool parted = middle < last && pthread_create(&thread, NULL, read_half, &second) == 0;
    first.to = parted ? middle : last;
    read_half(&first);
    if (parted)
        pthread_join(thread, NULL);
    if (parted && second.ok)
        merge_groups(g, other);
    if (first.ok && (!parted || second.ok))
        return true;
    *e = first.ok ? second.err : first.err;
    return false;
}

static bool read_groups(struct store *s, struct grouping *g, struct err *e)
{
    struct value binds[] = {VALUE_INT(g->edges[0]), VALUE_INT(g->edges[g->nedges - 1])};
    if (!g->counts)
        return read_rows(s, g, e);
    return store_query(s, counts_sql, binds, COUNT(binds), add_count, g, e) &&
           store_query(s, failed_sql, binds, COUNT(binds), add_failed, g, e);
}

static bool get_usage(struct api_call *c, struct err *e)
{
    struct grouping *g = arena_new_of(c->arena, struct grouping);
    struct store *s = c->admin->store;
    g->arena = c->arena;
    g->counts = str_eqz(query_value(c->arena, c->request->query, "detail"), "counts");
    map_init(&g->flows, c->arena, false);
    if (!read_edges(query_value(c->arena, c->request->query, "edges"), g, e) ||
        !read_groups(s, g, e))
        return false;
    jw_object(&c->out);
    write_groups(&c->out, g);
    bool ok = g->counts || (write_edited(s, &c->out, "unedited", BY_CONTENT("="), e) &&
                            write_edited(s, &c->out, "edited", BY_CONTENT("<>"), e));
    jw_object_end(&c->out);
    return ok;
}

const struct api_operation usage_operations[] = {
    {"getUsage", get_usage},
    {NULL,       NULL     },
};
