#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

bool err_set_at(struct err *e, const char *file, int line, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    *e = (struct err){.code = code, .file = file, .line = line};
    va_start(ap, fmt);
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    va_end(ap);
    return false;
}

bool err_ctx(struct err *e, const char *fmt, ...)
{
    char head[80], old[sizeof e->ctx];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    snprintf(old, sizeof old, "%s", e->ctx);
    snprintf(e->ctx, sizeof e->ctx, "%s%s%.100s", head, old[0] ? ": " : "", old);
    return false;
}

bool err_id(struct err *e, const char *id)
{
    snprintf(e->id, sizeof e->id, "%s", id);
    return false;
}

static const struct {
    int http;
    const char *phrase;
} table[] = {
#define X(code, http, phrase) [code] = {http, phrase},
    ERR_MAP(X)
#undef X
};

int err_http(enum err_code code)
{
    return table[code].http;
}

const char *err_phrase(enum err_code code)
{
    return table[code].phrase;
}
