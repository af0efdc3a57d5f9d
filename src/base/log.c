/* A line is built first and written by one write(2): lines of several threads never mix. */
#include "base/log.h"

#include "base/json.h"
#include "base/time.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { LONGEST_TEXT = 4096, LONGEST_LINE = 32768 };

static _Atomic int least_level = LOG_INFO;
static _Atomic bool as_json;
static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_level least, bool json)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&as_json, json);
}

static void timestamp(char z[32])
{
    struct time_parts t;
    time_split_utc(time_now_ms(), &t);
    snprintf(z, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.year, t.month, t.day, t.hour, t.minute,
             t.second, t.ms);
}

static void member(struct jw *w, const char *key, const char *text)
{
    jw_keyz(w, key);
    jw_str(w, str_of(text));
}

static void line_json(struct buf *out, enum log_level level, const char *event, const char *text,
                      const struct err *e)
{
    char ts[32];
    struct jw w;
    timestamp(ts);
    jw_init(&w, out);
    jw_object(&w);
    member(&w, "ts", ts);
    member(&w, "level", level_names[level]);
    member(&w, "event", event);
    member(&w, "msg", text);
    if (e) {
        member(&w, "error", e->msg);
        if (e->ctx[0])
            member(&w, "context", e->ctx);
        if (e->file) {
            jw_keyz(&w, "at");
            jw_strf(&w, "%s:%d", e->file, e->line);
        }
    }
    jw_object_end(&w);
}

static void line_text(struct buf *out, enum log_level level, const char *event, const char *text,
                      const struct err *e)
{
    char ts[32];
    timestamp(ts);
    buf_addf(out, "%s %-5s %s: %s", ts, level_names[level], event, text);
    if (e)
        buf_addf(out, ": %s%s%s (%s:%d)", e->ctx, e->ctx[0] ? ": " : "", e->msg,
                 e->file ? e->file : "?", e->line);
    for (size_t i = 0; i < out->n; i++) /* texts from outside must not forge lines */
        if ((unsigned char)out->p[i] < 0x20 || out->p[i] == 0x7f)
            out->p[i] = ' ';
}

static void PRINTF(4, 0) write_line(enum log_level level, const char *event, const struct err *e,
                                    const char *fmt, va_list ap)
{
    char text[LONGEST_TEXT];
    AUTO(buf) struct buf b = BUF(LONGEST_LINE);
    if ((int)level < atomic_load(&least_level))
        return;
    vsnprintf(text, sizeof text, fmt, ap);
    (atomic_load(&as_json) ? line_json : line_text)(&b, level, event, text, e);
    buf_add_char(&b, '\n');
    ssize_t done = write(STDERR_FILENO, b.p, b.n);
    (void)done; /* there is no place left to complain */
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_line(level, event, NULL, fmt, ap);
    va_end(ap);
}

void log_err(enum log_level level, const char *event, const struct err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    write_line(level, event, e, fmt, ap);
    va_end(ap);
}
