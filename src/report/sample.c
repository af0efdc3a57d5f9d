/* The server makes the tables by starting once; the rows then go in through the store. Log rows come in the order of
 * time, as they would have: busy weekdays, quiet nights, a year of growth, a few bad days; flows share them as a few
 * shops share a street, most of the traffic with a few. */
#include "report/sample.h"

#include "app/app.h"
#include "base/codec.h"
#include "base/time.h"
#include "flow/flow.h"
#include "store/store.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>

enum {
    PACKAGES = 50,
    BATCH = 4000,
    YEAR_DAYS = 365,
    ORPHANS = 4,
    BUNDLE_MAX = 1 << 20,
    SLICE = 250 << 10
};
static const int64_t DAY_MS = 86400000;

struct flow {
    str id, name;
    size_t package;
    double share;     /* of the messages, cumulated */
    double median_ms; /* of their durations */
    double failing;   /* part of its messages that fail */
    double bytes;     /* of a message, on average */
    unsigned calls;   /* outgoing calls a message */
    bool designed, edited, deployed;
};
struct sample {
    const struct sample_config *config;
    struct arena *arena;
    struct store *store;
    struct store_batch *batch;
    size_t in_batch;
    struct flow *flows;
    size_t nflows;
    uint64_t random;
};

/* splitmix64 */
static uint64_t next_random(struct sample *s)
{
    uint64_t z = s->random += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

static double uniform(struct sample *s)
{
    return (double)(next_random(s) >> 11) / 9007199254740992.0;
}

/* About normal: twelve dice. */
static double bell(struct sample *s)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform(s);
    return sum;
}

static bool flush(struct sample *s, struct err *e)
{
    struct store_batch *b = s->batch;
    s->batch = NULL;
    s->in_batch = 0;
    return !b || store_commit_wait(s->store, b, e);
}

static bool insert(struct sample *s, const char *sql, const struct value *v, size_t n,
                   struct err *e)
{
    if (!s->batch)
        s->batch = store_batch_new();
    store_batch_add(s->batch, sql, v, n);
    return ++s->in_batch < BATCH || flush(s, e);
}
#define INSERT(sql, ...)                                \
    insert(s, sql, (const struct value[]){__VA_ARGS__}, \
           sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value), e)

/* ---- names ---- */
static const char *const areas[] = {"Sales",       "Finance",    "Logistics", "HR",
                                    "Procurement", "Production", "Service",   "Master Data",
                                    "Compliance",  "Analytics"};
static const char *const partners[] = {"S/4HANA", "SuccessFactors", "Ariba",     "Salesforce",
                                       "Bank",    "Shop",           "Warehouse", "Tax Office",
                                       "Carrier", "Partner EDI"};
static const char *const objects[] = {"Order",    "Invoice",    "Delivery",    "Employee",
                                      "Payment",  "Material",   "Customer",    "Price List",
                                      "Shipment", "Time Sheet", "Credit Memo", "Contract",
                                      "Asset",    "Forecast",   "Receipt"};
static const char *const verbs[] = {"Replicate", "Confirm", "Send",   "Request",
                                    "Validate",  "Archive", "Notify", "Reconcile"};
#define PICK(list) list[next_random(s) % COUNT(list)]

static str package_id(struct sample *s, size_t i)
{
    str area = str_of(areas[i % COUNT(areas)]);
    return arena_fmt(s->arena, STR_FMT "%02zu",
                     STR_ARG(str_sub(area, 0, str_find_char(area, ' ', 0))), i / COUNT(areas) + 1);
}

static str without_blanks(struct arena *a, str s)
{
    char *p = arena_strdup(a, s);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (p[i] != ' ' && p[i] != '/')
            p[n++] = p[i];
    return (str){p, n};
}

static void make_flow(struct sample *s, size_t i)
{
    struct flow *f = &s->flows[i];
    str text =
        arena_fmt(s->arena, "%s %s %s %zu", PICK(verbs), PICK(objects), PICK(partners), i + 1);
    f->name = text;
    f->id = without_blanks(s->arena, text);
    f->package = i % PACKAGES;
    f->designed = i + ORPHANS < s->nflows;
    f->deployed = !f->designed || uniform(s) < 0.68;
    f->edited = uniform(s) < 0.4;
    bool used = f->deployed && uniform(s) < 0.85;
    f->share = used ? 1 / pow(1 + uniform(s) * (double)s->nflows, 0.9) : 0;
    f->median_ms = exp(4.4 + 1.1 * bell(s));
    f->failing = uniform(s) < 0.12 ? 0.02 + 0.1 * uniform(s) : 0.001;
    f->bytes = exp(8.5 + 1.6 * bell(s));
    f->calls = 1 + (uniform(s) < 0.25 ? (unsigned)(1 + 4 * uniform(s)) : 0);
}

static void make_flows(struct sample *s)
{
    double sum = 0;
    s->nflows = s->config->flows;
    s->flows = arena_new_array(s->arena, struct flow, s->nflows);
    for (size_t i = 0; i < s->nflows; i++) {
        make_flow(s, i);
        s->flows[i].share = sum += s->flows[i].share;
    }
}

static const struct flow *pick_flow(struct sample *s)
{
    double at = uniform(s) * s->flows[s->nflows - 1].share;
    size_t low = 0, high = s->nflows - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->flows[middle].share > at)
            high = middle;
        else
            low = middle + 1;
    }
    return &s->flows[low];
}

/* ---- design time and runtime ---- */
static bool add_packages(struct sample *s, struct err *e)
{
    str made = arena_fmt(s->arena, "%lld", (long long)(s->config->now_ms - 500 * DAY_MS));
    for (size_t i = 0; i < PACKAGES; i++) {
        str id = package_id(s, i),
            name = arena_fmt(s->arena, "%s %zu", areas[i % COUNT(areas)], i / COUNT(areas) + 1);
        if (!INSERT(
                "INSERT INTO integration_package (id, name, resource_id, short_text, version, vendor, mode, supported_platform,"
                " created_by, creation_date, modified_by, modified_date)"
                " VALUES (?, ?, ?, ?, '1.0.0', ?, ?, 'SAP Cloud Integration', 'sample', ?, 'sample', ?)",
                VALUE_TEXT(id), VALUE_TEXT(name), VALUE_TEXT(id), VALUE_TEXT(name),
                VALUE_TEXT(i % 4 ? STR("") : STR("SAP")),
                VALUE_TEXT(i % 7 == 3 ? STR("READ_ONLY") : STR("EDIT_ALLOWED")), VALUE_TEXT(made),
                VALUE_TEXT(made)))
            return false;
    }
    return true;
}

static bool pack(struct arena *a, const struct flow *f, str *ret, struct err *e)
{
    struct bundle *b;
    AUTO(buf) struct buf zip = BUF(BUNDLE_MAX);
    if (!bundle_template(f->id, f->name, &b, e))
        return false;
    bool ok = bundle_write(b, &zip, e);
    bundle_free(b);
    *ret = arena_str(a, buf_str(&zip));
    return ok;
}

static bool add_design(struct sample *s, const struct flow *f, str content, struct err *e)
{
    int64_t created = s->config->now_ms - (int64_t)((30 + 450 * uniform(s)) * (double)DAY_MS);
    int64_t modified =
        f->edited ? created + (int64_t)(uniform(s) * (double)(s->config->now_ms - created)) + 1000
                  : created;
    return INSERT(
               "INSERT INTO designtime_artifact (id, kind, version, package_id, symbolic_name, created_by, created_at, first_hash)"
               " VALUES (?, 'Integration', '1.0.0', ?, ?, 'sample', ?, 'a')",
               VALUE_TEXT(f->id), VALUE_TEXT(package_id(s, f->package)), VALUE_TEXT(f->id),
               VALUE_TEXT(arena_fmt(s->arena, "%lld", (long long)created))) &&
           INSERT(
               "INSERT INTO designtime_version (id, version, name, description, sender, receiver, comment, modified_by, modified_at,"
               " content, content_hash) VALUES (?, '1.0.0', ?, '', '', '', '', 'sample', ?, ?, ?)",
               VALUE_TEXT(f->id), VALUE_TEXT(f->name),
               VALUE_TEXT(arena_fmt(s->arena, "%lld", (long long)modified)), VALUE_BYTES(content),
               VALUE_TEXT(f->edited ? STR("b") : STR("a")));
}

static bool add_runtime(struct sample *s, const struct flow *f, str content, struct err *e)
{
    int64_t at = s->config->now_ms - (int64_t)(300 * uniform(s) * (double)DAY_MS);
    str package = f->designed ? package_id(s, f->package) : STR("");
    return INSERT(
               "INSERT INTO integration_runtime_artifact (id, version, name, type, deployed_by, deployed_on, status, task_id,"
               " package_id, package_name, error) VALUES (?, '1.0.0', ?, 'INTEGRATION_FLOW', 'sample', ?, 'STARTED', ?, ?, ?, '')",
               VALUE_TEXT(f->id), VALUE_TEXT(f->name), VALUE_INT(at), VALUE_TEXT(f->id),
               VALUE_TEXT(package), VALUE_TEXT(package)) &&
           INSERT("INSERT INTO runtime_content (id, content) VALUES (?, ?)", VALUE_TEXT(f->id),
                  VALUE_BYTES(content));
}

static bool add_flows(struct sample *s, struct err *e)
{
    for (size_t i = 0; i < s->nflows; i++) {
        const struct flow *f = &s->flows[i];
        str content;
        if (!pack(s->arena, f, &content, e) || (f->designed && !add_design(s, f, content, e)) ||
            (f->deployed && !add_runtime(s, f, content, e)))
            return err_ctx(e, "flow '" STR_FMT "'", STR_ARG(f->id));
    }
    return flush(s, e);
}

/* ---- log rows ---- */
static double weight_of_day(size_t day)
{
    static const double of_weekday[] = {0.25, 1, 1.08, 1.05, 1.02, 0.95, 0.35};
    return of_weekday[day % 7] * (0.75 + 0.5 * (double)day / YEAR_DAYS) *
           (day % 30 == 28 ? 1.5 : 1);
}

/* Part of the day that has passed when part x of its messages have come: more by day than by night. */
static double hour_of(double x)
{
    static const double until[] = {0,    0.05, 0.12, 0.45,
                                   0.78, 0.93, 1}; /* messages before 0, 4, 8, 12, 16, 20, 24 h */
    size_t i = 0;
    while (i + 2 < COUNT(until) && until[i + 1] < x)
        i++;
    return ((double)i + (x - until[i]) / (until[i + 1] - until[i])) / (COUNT(until) - 1);
}

static const char log_sql[] =
    "INSERT INTO message_processing_log (message_guid, correlation_id, log_start, log_end, sender, receiver, status,"
    " integration_artifact_id, integration_artifact_name, integration_artifact_type, integration_artifact_package_id,"
    " integration_artifact_package_name, log_level, last_change_time, sent_calls, sent_bytes, sent_slices)"
    " VALUES (?, ?, ?, ?, 'Sender', 'Receiver', ?, ?, ?, 'INTEGRATION_FLOW', ?, ?, 'INFO', ?, ?, ?, ?)";

static bool add_log(struct sample *s, size_t n, size_t day, int64_t end, struct err *e)
{
    const struct flow *f = pick_flow(s);
    bool bad_day = day % 61 == 40;
    double chance = bad_day && f->package % 10 == 2 ? 0.35 : f->failing;
    bool failed = uniform(s) < chance;
    int64_t ms = (int64_t)(f->median_ms * exp(0.6 * bell(s))) + 1;
    int64_t bytes = (int64_t)(f->bytes * exp(0.8 * bell(s)) * f->calls) + 1;
    int64_t slices = f->calls * ((bytes / f->calls + SLICE - 1) / SLICE);
    char guid[ID_MESSAGE + 1], correlation[ID_MESSAGE + 1];
    snprintf(guid, sizeof guid, "AG%011llx%015zx", (unsigned long long)end, n);
    snprintf(correlation, sizeof correlation, "AC%011llx%015zx", (unsigned long long)end, n);
    const struct value row[] = {VALUE_TEXT(str_of(guid)),
                                VALUE_TEXT(str_of(correlation)),
                                VALUE_INT(end - ms),
                                VALUE_INT(end),
                                VALUE_TEXT(failed ? STR("FAILED") : STR("COMPLETED")),
                                VALUE_TEXT(f->id),
                                VALUE_TEXT(f->name),
                                VALUE_TEXT(str_of(areas[f->package % COUNT(areas)])),
                                VALUE_TEXT(STR("")),
                                VALUE_INT(end),
                                VALUE_INT(f->calls),
                                VALUE_INT(bytes),
                                VALUE_INT(slices)};
    return insert(s, log_sql, row, COUNT(row), e);
}

static bool add_logs(struct sample *s, struct err *e)
{
    const struct sample_config *c = s->config;
    int64_t today = c->now_ms - c->now_ms % DAY_MS, first = today - YEAR_DAYS * DAY_MS;
    size_t weekday = (size_t)((first / DAY_MS + 4) % 7), done = 0;
    double sum = 0, so_far = 0;
    for (size_t d = 0; d < YEAR_DAYS; d++)
        sum += weight_of_day(weekday + d);
    for (size_t d = 0; d < YEAR_DAYS; d++) {
        so_far += weight_of_day(weekday + d);
        size_t until = d + 1 == YEAR_DAYS ? c->rows : (size_t)(so_far / sum * (double)c->rows),
               n = until - done, k = 0;
        for (; done < until; done++, k++) {
            double part = hour_of(((double)k + 0.5) / (double)n);
            if (!add_log(s, done, d,
                         first + (int64_t)d * DAY_MS + (int64_t)(part * (double)(DAY_MS - 1)), e))
                return false;
        }
        if (c->progress)
            c->progress(c->arg, done, c->rows);
    }
    return flush(s, e);
}

/* ---- all ---- */
/* The server defines its tables when it starts. */
static bool make_tables(str dir, struct err *e)
{
    struct app_config config = {.data = dir,
                                .listen = STR("127.0.0.1:0"),
                                .dev = true,
                                .workers = 1,
                                .retention_days = 36500};
    struct app *app;
    if (!app_start(&config, &app, e))
        return false;
    app_stop(app);
    return true;
}

static bool is_empty(struct sample *s, struct err *e)
{
    struct value one;
    bool found;
    return store_get(s->store, s->arena, "SELECT 1 FROM designtime_artifact", NULL, 0, &one, 1,
                     &found, e) &&
           (!found ||
            err_set(e, ERR_CONFLICT, STR_FMT " holds flows already", STR_ARG(s->config->dir)));
}

bool sample_make(const struct sample_config *c, struct err *e)
{
    AUTO(arena) struct arena *a = arena_new();
    struct sample s = {.config = c, .arena = a, .random = c->seed};
    if (!c->flows || c->flows > 100000 || !make_tables(c->dir, e))
        return e->code ? false : err_set(e, ERR_BAD_REQUEST, "a sample has 1 to 100000 flows");
    if (!store_open(&(struct store_config){.dir = c->dir}, &s.store, e))
        return false;
    make_flows(&s);
    bool ok =
        is_empty(&s, e) && add_packages(&s, e) && add_flows(&s, e) && (!c->rows || add_logs(&s, e));
    if (!ok)
        store_batch_free(s.batch);
    store_close(s.store);
    return ok;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void sample_remove(const char *dir)
{
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
