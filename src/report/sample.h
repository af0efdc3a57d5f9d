/* sample: a tenant to try the report on: 50 packages, 1,000 flows, a year of log rows, made up from a seed. */
#ifndef REPORT_SAMPLE_H
#define REPORT_SAMPLE_H
#include "base/err.h"

struct sample_config {
    str dir;      /* store; made when missing; must hold no flows yet */
    size_t flows; /* 1 to 100,000 */
    size_t rows;
    int64_t now_ms; /* rows end here and go back a year */
    uint64_t seed;
    void (*progress)(void *arg, size_t done, size_t total); /* MAY */
    void *arg;
};
bool sample_make(const struct sample_config *c, struct err *e) MUST_USE;
void sample_remove(const char *dir); /* with all in it */
#endif
