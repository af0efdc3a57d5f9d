/* The message processing log. One row for each message, written when it ends, in the same batch as the effects of
 * its transaction; a PROCESSING row before that only for messages that run longer than a second (a sweep). The
 * rows are in monitor_rows.c. */
#include "base/log.h"
#include "engine/inside.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SWEEP_MS = 1000,     /* messages that take longer get a PROCESSING row */
    SWEEP_ROWS = 500,    /* at a time: a row is 1.6 KB until it is written */
    SWEEP_PAUSE_MS = 20, /* before the next ones */
    ITEMS_MAX = 2000,    /* attachments, header properties and adapter attributes of a message */
    TRACES_MAX = 2000,   /* recorded steps of a message */
    LOG_BYTES_MAX = 64 << 20, /* all of that together */
    CUSTOM_STATUS_MAX = 40,
    APPLICATION_ID_MAX = 120,
    APPLICATION_TYPE_MAX = 100
};

enum message_status message_status(const struct message *m)
{
    return m->status;
}

/* ---- items ---- */

static str place(char **at, str s)
{
    str copy = {s.p ? *at : NULL, s.n};
    if (s.n)
        *at = mempcpy(*at, s.p, s.n);
    return copy;
}

/* One allocation with its texts: most messages have one item, and wait for their receiver with it. */
static struct log_item *item_new(struct log_item *next, enum log_kind kind, str name, str type,
                                 str value)
{
    struct log_item *i = mem_alloc(sizeof *i + name.n + type.n + value.n);
    char *at = (char *)(i + 1);
    *i = (struct log_item){
        next, kind, place(&at, name), place(&at, value), place(&at, type), time_now_ms()};
    return i;
}

static void items_free(struct log_item *i)
{
    for (struct log_item *next; i; i = next) {
        next = i->next;
        free(i);
    }
}

/* ---- a message's life ---- */

static str keep_text(struct exchange *x, str s)
{
    return arena_str(x->arena, s);
}

void message_make(struct exchange *x, const struct start *s)
{
    struct message *m = arena_new_of(x->arena, struct message);
    x->message = m;
    m->main = x;
    m->level = (int)artifact_log_level(x->artifact);
    m->traces_end = &m->traces;
    pthread_mutex_init(&m->lock, NULL);
    id_message(m->id);
    m->correlation_id = s->correlation_id.p ? keep_text(x, s->correlation_id) : str_of(m->id);
    m->sender = keep_text(x, s->sender);
    m->local_component = keep_text(x, s->local_component);
    m->transaction_id = keep_text(x, s->transaction_id);
}

void message_free(struct message *m)
{
    for (struct trace *t = m->traces; t; t = t->next) {
        body_unref(t->body);
        fields_free(&t->headers);
        fields_free(&t->properties);
    }
    if (m->effects)
        store_batch_free(m->effects);
    if (m->overlay && m->overlay_drop)
        m->overlay_drop(m->overlay);
    datum_unref(m->id_text);
    items_free(m->items);
    arena_free(m->arena);
    pthread_mutex_destroy(&m->lock);
}

static struct arena *log_arena(struct message *m)
{
    return m->arena ? m->arena : (m->arena = arena_new());
}

/* A caller may say to which conversation its message belongs. */
static void note_correlation(struct exchange *x)
{
    struct message *m = x->message;
    struct datum *given = fields_get(&x->headers, STR("SAP_MplCorrelationId"));
    bool own = str_eqz(m->correlation_id, m->id);
    if (given && own)
        m->correlation_id = arena_str(x->arena, str_sub(datum_str(x->arena, given), 0, ID_MESSAGE));
    else
        fields_set_kept(&x->headers, STR("SAP_MplCorrelationId"),
                        own ? datum_ref(m->id_text) : datum_text(m->correlation_id));
}

void monitor_begin(struct exchange *x)
{
    struct message *m = x->message;
    struct monitor *mon = &x->engine->monitor;
    m->start_ms = time_now_ms();
    m->start_us = time_monotonic_us();
    m->id_text = datum_text(str_of(m->id));
    fields_set_kept(&x->headers, STR("SAP_MessageProcessingLogID"), datum_ref(m->id_text));
    fields_set_kept(&x->properties, STR("SAP_MessageProcessingLogID"), datum_ref(m->id_text));
    note_correlation(x);
    monitor_fields(x);
    pthread_mutex_lock(&mon->lock);
    m->listed = true;
    m->next = mon->first;
    if (m->next)
        m->next->prev = m;
    mon->first = m;
    pthread_mutex_unlock(&mon->lock);
}

static void unlist(struct monitor *mon, struct message *m)
{
    pthread_mutex_lock(&mon->lock);
    if (m->prev)
        m->prev->next = m->next;
    else
        mon->first = m->next;
    if (m->next)
        m->next->prev = m->prev;
    m->listed = false;
    pthread_mutex_unlock(&mon->lock);
}

/* ---- SAP_* headers and properties ---- */

static void note(struct message *m, str *to, str value, size_t most)
{
    value = str_sub(value, 0, most);
    if (value.n && !str_eq(*to, value))
        *to = arena_str(log_arena(m), value);
}

/* Each new receiver is appended, unless the flow asks to replace. */
static void note_receiver(struct message *m, str value, bool overwrite)
{
    if (!value.n)
        return;
    if (overwrite || !m->receiver.n) {
        note(m, &m->receiver, value, value.n);
        return;
    }
    for (str rest = m->receiver, one; str_split(&rest, ',', &one);)
        if (str_eq(one, value))
            return;
    m->receiver =
        arena_fmt(log_arena(m), STR_FMT "," STR_FMT, STR_ARG(m->receiver), STR_ARG(value));
}

static void note_level(struct message *m, str value)
{
    for (int i = MPL_NONE; i <= MPL_TRACE; i++)
        if (str_eq_nocase(value, str_of(monitor_level_name(i))))
            atomic_store(&m->level, i);
}

static str text_of(const struct fields *f, str name, struct arena *a)
{
    struct datum *d = fields_get(f, name);
    return d ? datum_str(a, d) : STR_NONE;
}

/* The id in the header is read only: also a called flow's reply brings its own. */
static void keep_id(struct exchange *x)
{
    str name = STR("SAP_MessageProcessingLogID");
    struct datum *now = fields_get(&x->headers, name);
    if (now && now != x->message->id_text)
        fields_set_kept(&x->headers, name, datum_ref(x->message->id_text));
}

void monitor_fields(struct exchange *x)
{
    struct message *m = x->message;
    struct arena *a = x->arena;
    bool headers = x->headers.touched, properties = x->properties.touched;
    if (headers)
        keep_id(x);
    x->headers.touched = x->properties.touched = false;
    pthread_mutex_lock(&m->lock);
    if (headers) {
        note(m, &m->application_id, text_of(&x->headers, STR("SAP_ApplicationID"), a),
             APPLICATION_ID_MAX);
        note(m, &m->application_type, text_of(&x->headers, STR("SAP_MessageType"), a),
             APPLICATION_TYPE_MAX);
        note(m, &m->logged_sender, text_of(&x->headers, STR("SAP_Sender"), a), SIZE_MAX);
        note_receiver(m, text_of(&x->headers, STR("SAP_Receiver"), a),
                      datum_truth(fields_get(&x->properties, STR("SAP_ReceiverOverwrite"))));
        note_level(m, text_of(&x->headers, STR("SAP_MessageProcessingLogLevel"), a));
    }
    if (properties) {
        note(m, &m->custom_status,
             text_of(&x->properties, STR("SAP_MessageProcessingLogCustomStatus"), a),
             CUSTOM_STATUS_MAX);
        note_level(m, text_of(&x->properties, STR("SAP_MPL_LogLevel_Overall"), a));
    }
    pthread_mutex_unlock(&m->lock);
}

/* ---- what steps and adapters add ---- */

static void add_item(struct exchange *x, enum log_kind kind, str name, str type, str value)
{
    struct message *m = x->message;
    pthread_mutex_lock(&m->lock);
    bool fits = m->nitems < ITEMS_MAX && m->bytes + value.n + name.n < LOG_BYTES_MAX;
    if (fits) {
        m->items = item_new(m->items, kind, name, type, value);
        m->nitems++;
        m->bytes += value.n + name.n;
    }
    pthread_mutex_unlock(&m->lock);
    if (!fits)
        log_event(LOG_WARN, "mpl.full",
                  "message %s has too many or too large log entries; '" STR_FMT "' is left out",
                  m->id, STR_ARG(name));
}

void exchange_log_attachment(struct exchange *x, str name, str content_type, str bytes)
{
    add_item(x, LOG_ATTACHMENT, name, content_type, bytes);
}

void exchange_log_header(struct exchange *x, str name, str value)
{
    add_item(x, LOG_HEADER, name, STR_NONE, value);
}

void exchange_log_adapter(struct exchange *x, str adapter, str name, str value)
{
    add_item(x, LOG_ADAPTER, name, adapter, value);
}

/* ---- steps ---- */

void monitor_error(struct exchange *x, const struct operation *op)
{
    struct message *m = x->message;
    pthread_mutex_lock(&m->lock);
    m->last_error_step = op;
    pthread_mutex_unlock(&m->lock);
}

void monitor_before(struct exchange *x)
{
    struct message *m = x->message;
    x->trace = NULL;
    if (atomic_load(&m->level) < MPL_DEBUG)
        return;
    bool payload = atomic_load(&m->level) == MPL_TRACE;
    pthread_mutex_lock(&m->lock);
    if (m->ntraces < TRACES_MAX && (!payload || m->bytes + body_size(x->body) < LOG_BYTES_MAX)) {
        struct arena *a = log_arena(m);
        struct trace *t = arena_new_of(a, struct trace);
        fields_init(&t->headers, a, true);
        fields_init(&t->properties, a, false);
        if (payload) {
            t->body = body_ref(x->body);
            m->bytes += body_size(x->body);
            fields_copy(&t->headers, &x->headers);
            fields_copy(&t->properties, &x->properties);
        }
        *m->traces_end = x->trace = t;
        m->traces_end = &t->next;
        m->ntraces++;
    }
    pthread_mutex_unlock(&m->lock);
}

void monitor_step(struct exchange *x, const struct step_seen *s)
{
    struct message *m = x->message;
    struct trace *t = x->trace;
    if (!t)
        return;
    pthread_mutex_lock(&m->lock);
    t->operation = s->operation;
    t->start = m->start_ms + (s->start_us - m->start_us) / 1000;
    t->end = m->start_ms + (s->end_us - m->start_us) / 1000;
    t->branch = x->index;
    t->error = s->error ? arena_strdup(log_arena(m), str_of(s->error->msg)) : NULL;
    pthread_mutex_unlock(&m->lock);
    x->trace = NULL;
}

/* ---- the end ---- */

static void on_disk(void *arg, bool ok, const struct err *e)
{
    struct exchange *x = arg;
    run_never_here();
    if (!ok) {
        log_err(LOG_ERROR, "mpl.commit", e, "message %s could not be written", x->message->id);
        x->message->status = MESSAGE_FAILED;
        x->failed = true;
        exchange_set_error(x, e);
    }
    engine_finished(x);
}

static enum message_status final_status(struct exchange *x)
{
    if (x->failed)
        return MESSAGE_FAILED;
    if (!atomic_load(&x->message->escalated))
        return MESSAGE_COMPLETED;
    if (x->has_reply) {
        struct err e = {0};
        err_set(&e, ERR_INTERNAL, "the message was escalated");
        exchange_set_error(x, &e);
    }
    return MESSAGE_ESCALATED;
}

/* The transaction's effects, or NULL where they are dropped. */
static struct store_batch *take_effects(struct exchange *x)
{
    struct message *m = x->message;
    struct store_batch *b = m->effects;
    m->effects = NULL;
    if (b && x->error) {
        store_batch_free(b);
        b = NULL;
    }
    return b;
}

void monitor_end(struct exchange *x)
{
    struct message *m = x->message;
    struct store *store = x->engine->config.store;
    unlist(&x->engine->monitor, m);
    pthread_mutex_lock(&m->lock); /* parts that a timeout left behind may still log */
    m->status = final_status(x);
    m->end_ms = time_now_ms();
    struct store_batch *b = take_effects(x);
    bool logged =
        store && (m->level >= MPL_INFO ||
                  (m->level == MPL_ERROR && m->status != MESSAGE_COMPLETED) || m->written);
    if (logged) {
        b = b ? b : store_batch_new();
        monitor_add_log(b, m);
        monitor_add_details(b, x);
    }
    pthread_mutex_unlock(&m->lock);
    if (b && store) {
        store_commit(store, b, on_disk, x);
        return;
    }
    if (b)
        store_batch_free(b);
    engine_finished(x);
}

/* ---- the sweep ---- */

/* At most `most` rows; true: that many. */
static bool write_listed(struct engine *g, struct store_batch *b, enum message_status as,
                         int64_t before_ms, size_t most)
{
    struct monitor *mon = &g->monitor;
    size_t n = 0;
    for (struct message *m = mon->first; m && n < most; m = m->next) {
        pthread_mutex_lock(&m->lock);
        if (m->level >= MPL_INFO && m->start_ms <= before_ms &&
            (!m->written || as != MESSAGE_PROCESSING)) {
            m->status = as;
            m->written = true;
            if (as != MESSAGE_PROCESSING)
                m->end_ms = time_now_ms();
            monitor_add_log(b, m);
            n++;
        }
        pthread_mutex_unlock(&m->lock);
    }
    return n == most;
}

static void ignore(void *arg, bool ok, const struct err *e)
{
    (void)arg;
    if (!ok)
        log_err(LOG_ERROR, "mpl.sweep", e, "messages in process could not be written");
}

/* The batch is handed in under the lock, so that a message that ends now writes its row after this one. */
static void sweep(void *arg)
{
    struct engine *g = arg;
    if (atomic_load(&g->closed))
        return;
    struct store_batch *b = store_batch_new();
    pthread_mutex_lock(&g->monitor.lock);
    bool more = write_listed(g, b, MESSAGE_PROCESSING, time_now_ms() - SWEEP_MS, SWEEP_ROWS);
    store_commit(g->config.store, b, ignore, NULL);
    pthread_mutex_unlock(&g->monitor.lock);
    clock_at(g->clock, time_monotonic_ms() + (more ? SWEEP_PAUSE_MS : SWEEP_MS), sweep, g);
}

bool monitor_open(struct engine *g, struct err *e)
{
    struct monitor *mon = &g->monitor;
    pthread_mutex_init(&mon->lock, NULL);
    atomic_store(&mon->trace_id, time_now_ms() * 1000);
    if (!g->config.store)
        return true;
    struct store_batch *b = store_batch_new();
    struct value binds[] = {VALUE_INT(time_now_ms())};
    store_batch_add(
        b,
        "UPDATE message_processing_log SET status = 'ABANDONED', log_end = ? WHERE status = 'PROCESSING'",
        binds, COUNT(binds));
    if (!store_commit_wait(g->config.store, b, e))
        return false;
    mon->is_open = true;
    clock_at(g->clock, time_monotonic_ms() + SWEEP_MS, sweep, g);
    return true;
}

void monitor_close(struct engine *g)
{
    if (!g->monitor.is_open || !atomic_load(&g->in_flight))
        return;
    struct err e = {0};
    struct store_batch *b = store_batch_new();
    pthread_mutex_lock(&g->monitor.lock);
    write_listed(g, b, MESSAGE_ABANDONED, INT64_MAX, SIZE_MAX);
    pthread_mutex_unlock(&g->monitor.lock);
    if (!store_commit_wait(g->config.store, b, &e))
        log_err(LOG_ERROR, "mpl.abandon", &e, "abandoned messages could not be written");
}
