/* log: one line per event on stderr, as JSON ({"ts","level","event","msg",...}) or as text. Edges log;
 * libraries return errors instead. Never pass a secret. Thread-safe. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_setup(enum log_level least, bool json);
/* event: stable dotted name ("deploy.failed"); the rest: printf text for people. */
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF(3, 4);
/* The same with an error's message, context and place in source. */
void log_err(enum log_level level, const char *event, const struct err *e, const char *fmt, ...)
    PRINTF(4, 5);
#endif
