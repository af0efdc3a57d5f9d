/* journal: the answers a run has had, in a file, so that an interrupted run can go on. */
#ifndef REPORT_JOURNAL_H
#define REPORT_JOURNAL_H
#include "base/err.h"
#include "base/map.h"

struct journal;
/* Reads what is there, unless it is older than a day; lives in a until it is closed. */
bool journal_open(struct arena *a, str path, struct journal **ret, struct err *e) MUST_USE;
/* The body answered to a request path before; NULL: none. j NULL is fine in all of these. */
const str *journal_get(const struct journal *j, str path);
void journal_put(struct journal *j, str path,
                 str body); /* what cannot be written is asked for again */
/* completed: the file is not needed any more. */
void journal_close(struct journal *j, bool completed);
#endif
