/* date_format: java.text.SimpleDateFormat as flows use it. */
#ifndef ENGINE_DATE_FORMAT_H
#define ENGINE_DATE_FORMAT_H
#include "base/buf.h"
#include "base/time.h"

/* Names of months and days are English. zone NULL: UTC. ERR_BAD_REQUEST names a letter Java does not know. */
bool date_format(struct buf *out, str pattern, int64_t ms, const struct time_zone *zone, struct err *e) MUST_USE;
bool date_pattern_check(str pattern, struct err *e) MUST_USE;
#endif
