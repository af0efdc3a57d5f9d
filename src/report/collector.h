/* collector: what the files that collect a usage report share. */
#ifndef REPORT_COLLECTOR_H
#define REPORT_COLLECTOR_H
#include "base/map.h"
#include "report/usage.h"

enum { COLLECT_KINDS = 4, PAGES_MAX = 100000 };
struct artifact_kind {
    const char *name, *runtime_type;
};
static const struct usage_count nothing_known = {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN,
                                                 UNKNOWN, UNKNOWN, UNKNOWN};
typedef VEC(uint32_t) durations;
struct logged { /* an artifact while its log rows come in */
    struct usage_artifact *artifact;
    durations times;
};
struct collector {
    const struct collect_config *config;
    struct usage *u;
    struct arena *arena;
    bool wanted[COLLECT_KINDS];
    VEC(struct package *) packages;
    VEC(struct usage_artifact *) deployed; /* as the runtime lists them */
    struct map by_id;  /* struct flow_count with grouped logs; artifacts; then struct logged */
    struct map edited; /* id -> "1" or "0", by content */
    bool grouped, grouped_before, scanned;
    size_t pages;
    durations all;
    struct logged *logged; /* parallel to u->artifacts */
};

/* A line of u->missing: "what name: why". */
void collect_miss(struct collector *c, const struct call_answer *a, const char *what, str name);
int64_t collect_number(const struct jr *v); /* a number, or one in a text; UNKNOWN: it is none */
int64_t collect_date(const struct jr *v);   /* "/Date(1761900000000+0000)/" */
str collect_quoted(struct collector *c, str s); /* a key or literal in quotes, encoded */
/* The next page, as a path below our own URL: a tenant behind a proxy may name another host. STR_NONE: none. */
str collect_next(struct collector *c, const struct jr *d);
void collect_get(struct collector *c, enum call_group group, str path, call_done *done, void *item);
/* Fills u->artifacts, in the order of the tenant's own lists, whatever the order of the answers; and by_id. */
void collect_join(struct collector *c);
/* collect_logs.c: joins, and counts by what every tenant can answer. */
bool collect_logs(struct collector *c, struct err *e) MUST_USE;
#endif
