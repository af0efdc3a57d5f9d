/* period: which instants a report covers. A month, or from/to, in a time zone; its days, and the period before. */
#ifndef REPORT_PERIOD_H
#define REPORT_PERIOD_H
#include "base/err.h"
#include "base/vec.h"

enum { PERIOD_DAYS = 400 };
struct period {
    str label; /* "2026-10", or "2026-10-01 to 2026-10-15" */
    str zone;
    VEC(int64_t)
    edges; /* ms: the start, every midnight in between, the end; a message belongs to from <= LogEnd < to */
    int64_t before_from, before_to; /* the month before, or as much time before */
};
/* month "2026-10"; or from and to: dates (to is the last day) or instants with a zone. All STR_NONE: the month before
 * now. zone STR_NONE: UTC. ERR_BAD_REQUEST names what cannot be read, is empty or longer than PERIOD_DAYS. */
bool period_make(struct arena *a, str month, str from, str to, str zone, int64_t now,
                 struct period *ret, struct err *e) MUST_USE;
static inline size_t period_days(const struct period *p)
{
    return p->edges.n - 1;
}
static inline int64_t period_from(const struct period *p)
{
    return p->edges.at[0];
}
static inline int64_t period_to(const struct period *p)
{
    return p->edges.at[p->edges.n - 1];
}
str period_date(struct arena *a, const struct period *p, int64_t at); /* "2026-10-31" in its zone */
#endif
