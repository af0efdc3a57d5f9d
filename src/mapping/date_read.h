/* date_read: java.text.SimpleDateFormat's parse, English, UTC where the text names no zone. Private to mapping/. */
#ifndef MAPPING_DATE_READ_H
#define MAPPING_DATE_READ_H
#include "base/err.h"
#include "base/time.h"

/* Text after the last field of the pattern is ignored, as Java does. lenient: fields beyond their range carry over.
 * ERR_BAD_REQUEST: Unparseable date. */
bool date_read(str text, str pattern, bool lenient, int64_t *ret_ms, struct err *e) MUST_USE;
/* ERR_NOT_IMPLEMENTED: a field of weeks, which says nothing without others; ERR_BAD_REQUEST: no pattern. */
bool date_read_check(str pattern, struct err *e) MUST_USE;
#endif
