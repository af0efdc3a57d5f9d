/* usage: who uses what: the packages and artifacts of a tenant, whether they are edited and deployed, and what the
 * message processing logs of a period say about them. Collected through the public API (collect.c), written as CSV,
 * JSON or HTML (write_*.c). */
#ifndef REPORT_USAGE_H
#define REPORT_USAGE_H
#include "report/caller.h"
#include "report/period.h"

enum { UNKNOWN = -1 }; /* of all numbers below */
struct usage_count {
    int64_t n, failed;
    int64_t median_ms, p95_ms;
    int64_t calls, bytes; /* outgoing */
    int64_t billable;     /* outgoing calls in slices of 250 KB; at least one a message */
};
struct usage_artifact {
    const struct artifact_kind *kind;
    str package_id, package_name, vendor; /* "" without a design-time twin */
    str id, name, version;
    bool designed; /* has a design-time twin */
    enum { EDITED_UNKNOWN, NOT_EDITED, EDITED } edited;
    bool exact; /* edited by content, not by timestamps */
    str status; /* of the runtime artifact; "": not deployed */
    int64_t deployed_at;
    struct usage_count now;
    int64_t before; /* messages in the period before */
};
struct usage {
    struct arena *arena;
    struct period period;
    str url;
    int64_t made_at; /* ms */
    VEC(struct usage_artifact *)
    artifacts; /* as the tenant lists packages and artifacts; then those only deployed */
    struct usage_count total, before;
    struct usage_count *days; /* period_days(); n UNKNOWN where nothing is known */
    bool sampled;             /* durations are of a part of the messages */
    bool tidemill;            /* the server grouped the logs */
    size_t packages, calls;
    VEC(str) missing; /* what could not be had, a line each */
};

/* auto: grouped by the server, else whichever takes fewer calls */
enum usage_logs { LOGS_AUTO, LOGS_ROWS, LOGS_COUNTS };
struct collect_config {
    struct caller *caller;
    str kinds; /* "Integration,ValueMapping", "all" */
    enum usage_logs logs;
    bool by_content; /* edited by content where the server knows */
};
/* Fills ret, whose arena, period and url are set. false: nothing at all could be had. What could not be had in part is
 * listed in ret->missing. */
bool usage_collect(const struct collect_config *c, struct usage *ret, struct err *e) MUST_USE;

/* The columns and objects of the script this command replaces. */
void usage_write_csv(const struct usage *u, struct buf *out);
void usage_write_json(const struct usage *u, struct buf *out);
/* All there is, as one page. */
void usage_write_html(const struct usage *u, struct buf *out);
/* Cells for a table of n columns; "" where unknown. */
str usage_number(struct arena *a, int64_t v);
const char *usage_edited(const struct usage_artifact *f);
#endif
