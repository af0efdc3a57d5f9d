#include "app/retention.h"

#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FIRST_MS = 60000, EVERY_MS = 3600000 };

struct retention {
    struct engine *engine;
    unsigned log_days;
};

static const char *const log_deletes[] = {
    "DELETE FROM custom_header_property WHERE message_guid = ?",
    "DELETE FROM adapter_attribute WHERE message_guid = ?",
    "DELETE FROM mpl_attachment WHERE message_guid = ?",
    "DELETE FROM error_information WHERE message_guid = ?",
    "DELETE FROM run_step WHERE run_id IN (SELECT id FROM mpl_run WHERE message_guid = ?)",
    "DELETE FROM run_step_property WHERE run_id IN (SELECT id FROM mpl_run WHERE message_guid = ?)",
    "DELETE FROM trace_message_property WHERE trace_id IN (SELECT trace_id FROM trace_message WHERE mpl_id = ?)",
    "DELETE FROM trace_message_exchange_property WHERE trace_id IN (SELECT trace_id FROM trace_message WHERE mpl_id = ?)",
    "DELETE FROM trace_message WHERE mpl_id = ?",
    "DELETE FROM mpl_run WHERE message_guid = ?",
    "DELETE FROM message_processing_log WHERE message_guid = ?",
};
/* Few rows at a time, so one statement each. */
static const char *const expired[] = {
    "DELETE FROM data_store_entry WHERE retain_until < ?",
    "DELETE FROM variable WHERE retain_until < ?",
};

static void forget_logs(struct retention *r, int64_t now)
{
    struct err e = {0};
    uint64_t n = 0;
    struct value before = VALUE_INT(now - (int64_t)r->log_days * 86400000);
    struct store_purge purge = {
        .select = "SELECT message_guid FROM message_processing_log WHERE log_end < ?",
        .binds = &before,
        .nbinds = 1,
        .deletes = log_deletes,
        .ndeletes = COUNT(log_deletes)};
    if (!store_purge(engine_config(r->engine)->store, &purge, &n, &e))
        log_err(LOG_ERROR, "retention.failed", &e, "message processing logs");
    else if (n)
        log_event(LOG_INFO, "retention.done",
                  "%" PRIu64 " message processing logs older than %u days", n, r->log_days);
}

static void forget_expired(struct retention *r, int64_t now)
{
    struct err e = {0};
    struct store_batch *b = store_batch_new();
    for (size_t i = 0; i < COUNT(expired); i++)
        store_batch_add(b, expired[i], &VALUE_INT(now), 1);
    if (!store_commit_wait(engine_config(r->engine)->store, b, &e))
        log_err(LOG_ERROR, "retention.failed", &e, "data stores and variables");
}

static void on_time(void *arg);

static void forget(void *arg)
{
    struct retention *r = arg;
    int64_t now = time_now_ms();
    if (r->log_days)
        forget_logs(r, now);
    forget_expired(r, now);
    engine_at(r->engine, time_monotonic_ms() + EVERY_MS, on_time, r);
}

static void on_time(void *arg)
{
    struct retention *r = arg;
    engine_run_blocking(r->engine, forget, r);
}

struct retention *retention_start(struct engine *g, unsigned log_days)
{
    struct retention *r = mem_alloc(sizeof *r);
    *r = (struct retention){.engine = g, .log_days = log_days};
    engine_at(g, time_monotonic_ms() + FIRST_MS, on_time, r);
    return r;
}

void retention_free(struct retention *r)
{
    free(r);
}
