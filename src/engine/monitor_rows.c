/* The rows of the processing log.
 *
 * Tables and columns used here (the EDMX of Cloud Integration defines them; times are ms since 1970):
 *   message_processing_log   message_guid* correlation_id application_message_id application_message_type log_start
 *                            log_end sender receiver status integration_artifact_id
 *                            integration_artifact_name integration_artifact_type integration_artifact_package_id
 *                            integration_artifact_package_name log_level custom_status transaction_id
 *                            local_component_name last_change_time sent_calls sent_bytes sent_slices
 *                                                                          (index: status; see services for others)
 *   custom_header_property   id* message_guid name value                   (index: message_guid)
 *   adapter_attribute        id* message_guid adapter_id adapter_message_id name value     (index: message_guid)
 *   mpl_attachment           id* message_guid time_stamp name content_type payload_size payload (index: message_guid)
 *   error_information        message_guid* type last_error_model_step_id text
 *   mpl_run                  id* message_guid run_start run_stop log_level overall_state process_id
 *                                                                          (index: message_guid)
 *   run_step                 run_id* child_count* step_start step_stop step_id model_step_id branch_id status error
 *                            activity
 *   run_step_property        run_id* child_count* name* value              (not written by the engine yet)
 *   trace_message            trace_id* mpl_id run_id child_count model_step_id payload_size mime_type payload
 *                                                                          (index: run_id)
 *   trace_message_property, trace_message_exchange_property   trace_id* name* value
 * (*: key.) Runs, run steps are written at DEBUG and TRACE and for messages that failed; trace tables at TRACE only.
 */
#include "engine/inside.h"

static const char *const STATUS[] = {"PROCESSING", "COMPLETED", "FAILED",    "ESCALATED",
                                     "RETRY",      "CANCELLED", "DISCARDED", "ABANDONED"};
static const char *const LEVEL[] = {"NONE", "ERROR", "INFO", "DEBUG", "TRACE"};

const char *message_status_name(enum message_status s)
{
    return STATUS[s];
}

const char *monitor_level_name(int level)
{
    return LEVEL[level];
}

static struct value text_or_null(str s)
{
    return s.p ? VALUE_TEXT(s) : VALUE_NULL;
}

void monitor_add_log(struct store_batch *b, struct message *m)
{
    static const char SQL[] =
        "INSERT INTO message_processing_log (message_guid, correlation_id, application_message_id,"
        " application_message_type, log_start, log_end, sender, receiver, status,"
        " integration_artifact_id, integration_artifact_name, integration_artifact_type,"
        " integration_artifact_package_id, integration_artifact_package_name, log_level, custom_status,"
        " transaction_id, local_component_name, last_change_time, sent_calls, sent_bytes, sent_slices)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (message_guid) DO UPDATE SET"
        " application_message_id = excluded.application_message_id,"
        " application_message_type = excluded.application_message_type, log_end = excluded.log_end,"
        " sender = excluded.sender, receiver = excluded.receiver, status = excluded.status,"
        " log_level = excluded.log_level, custom_status = excluded.custom_status,"
        " last_change_time = excluded.last_change_time, sent_calls = excluded.sent_calls,"
        " sent_bytes = excluded.sent_bytes, sent_slices = excluded.sent_slices";
    const struct artifact_info *i = artifact_info(m->main->artifact);
    int64_t changed = m->end_ms ? m->end_ms : m->start_ms;
    struct value row[] = {VALUE_TEXT(str_of(m->id)),
                          VALUE_TEXT(m->correlation_id),
                          text_or_null(m->application_id),
                          text_or_null(m->application_type),
                          VALUE_INT(m->start_ms),
                          m->end_ms ? VALUE_INT(m->end_ms) : VALUE_NULL,
                          text_or_null(m->logged_sender.p ? m->logged_sender : m->sender),
                          text_or_null(m->receiver),
                          VALUE_TEXT(str_of(STATUS[m->status])),
                          text_or_null(i->id),
                          text_or_null(i->name),
                          text_or_null(i->type),
                          text_or_null(i->package_id),
                          text_or_null(i->package_name),
                          VALUE_TEXT(str_of(LEVEL[m->level])),
                          text_or_null(m->custom_status),
                          text_or_null(m->transaction_id),
                          text_or_null(m->local_component),
                          VALUE_INT(changed),
                          VALUE_INT(m->sent_calls),
                          VALUE_INT(m->sent_bytes),
                          VALUE_INT(m->sent_slices)};
    store_batch_add(b, SQL, row, COUNT(row));
}

static void add_attachment(struct store_batch *b, const struct message *m, const struct log_item *i,
                           struct arena *a)
{
    bool text = !i->type.n || str_eqz(i->type, "null");
    str uuid = id_uuid(a);
    struct value row[] = {VALUE_TEXT(arena_fmt(a, "sap-it-res:att:" STR_FMT, STR_ARG(uuid))),
                          VALUE_TEXT(str_of(m->id)),
                          VALUE_INT(i->at),
                          VALUE_TEXT(i->name),
                          VALUE_TEXT(text ? STR("text/plain") : i->type),
                          VALUE_INT((int64_t)i->value.n),
                          VALUE_BYTES(i->value)};
    store_batch_add(
        b,
        "INSERT INTO mpl_attachment (id, message_guid, time_stamp, name, content_type, payload_size, payload)"
        " VALUES (?,?,?,?,?,?,?)",
        row, COUNT(row));
}

static void add_items(struct store_batch *b, const struct message *m, struct arena *a)
{
    size_t n = m->nitems; /* the list runs backwards */
    for (const struct log_item *i = m->items; i; i = i->next, n--) {
        struct value id = VALUE_TEXT(arena_fmt(a, "%s-%04zu", m->id, n));
        struct value guid = VALUE_TEXT(str_of(m->id));
        if (i->kind == LOG_ATTACHMENT) {
            add_attachment(b, m, i, a);
        } else if (i->kind == LOG_HEADER) {
            struct value row[] = {id, guid, VALUE_TEXT(i->name), text_or_null(i->value)};
            store_batch_add(
                b,
                "INSERT INTO custom_header_property (id, message_guid, name, value) VALUES (?,?,?,?)",
                row, COUNT(row));
        } else {
            struct value row[] = {id, guid, text_or_null(i->type), VALUE_TEXT(i->name),
                                  text_or_null(i->value)};
            store_batch_add(
                b,
                "INSERT INTO adapter_attribute (id, message_guid, adapter_id, name, value)"
                " VALUES (?,?,?,?,?)",
                row, COUNT(row));
        }
    }
}

static void add_error(struct store_batch *b, const struct message *m, struct arena *a)
{
    str step = m->last_error_step ? m->last_error_step->id : STR_NONE;
    str text = m->main->fault ? datum_str(a, m->main->fault) : str_of(m->main->error->msg);
    struct value row[] = {VALUE_TEXT(str_of(m->id)), VALUE_TEXT(STR("EXCEPTION")),
                          text_or_null(step), VALUE_TEXT(text)};
    store_batch_add(
        b,
        "INSERT INTO error_information (message_guid, type, last_error_model_step_id, text)"
        " VALUES (?,?,?,?) ON CONFLICT (message_guid) DO UPDATE SET text = excluded.text",
        row, COUNT(row));
}

static void add_trace_fields(struct store_batch *b, const char *sql, int64_t id,
                             const struct fields *f, struct arena *a)
{
    for (size_t i = 0; i < f->n; i++) {
        str value = field_is_secret(f->at[i].name) ? STR("***") : datum_str(a, f->at[i].value);
        struct value row[] = {VALUE_INT(id), VALUE_TEXT(f->at[i].name),
                              VALUE_TEXT(str_sub(value, 0, 4000))};
        store_batch_add(b, sql, row, COUNT(row));
    }
}

static void add_trace(struct store_batch *b, const struct message *m, const struct trace *t,
                      size_t n, struct arena *a)
{
    int64_t id = atomic_fetch_add(&m->main->engine->monitor.trace_id, 1);
    struct value row[] = {VALUE_INT(id),
                          VALUE_TEXT(str_of(m->id)),
                          VALUE_TEXT(str_of(m->id)),
                          VALUE_INT((int64_t)n),
                          VALUE_TEXT(t->operation->id),
                          VALUE_INT((int64_t)body_size(t->body)),
                          VALUE_TEXT(STR("application/octet-stream")),
                          VALUE_BYTES(body_bytes(t->body))};
    store_batch_add(
        b,
        "INSERT INTO trace_message (trace_id, mpl_id, run_id, child_count, model_step_id, payload_size,"
        " mime_type, payload) VALUES (?,?,?,?,?,?,?,?)",
        row, COUNT(row));
    add_trace_fields(
        b,
        "INSERT INTO trace_message_property (trace_id, name, value) VALUES (?,?,?) ON CONFLICT DO NOTHING",
        id, &t->headers, a);
    add_trace_fields(
        b,
        "INSERT INTO trace_message_exchange_property (trace_id, name, value) VALUES (?,?,?) ON CONFLICT DO NOTHING",
        id, &t->properties, a);
}

static void add_step(struct store_batch *b, const struct message *m, const struct trace *t,
                     size_t n, struct arena *a)
{
    struct value row[] = {
        VALUE_TEXT(str_of(m->id)),
        VALUE_INT((int64_t)n),
        VALUE_INT(t->start),
        VALUE_INT(t->end),
        VALUE_TEXT(arena_fmt(a, "%zu", n)),
        VALUE_TEXT(t->operation->id),
        VALUE_TEXT(arena_fmt(a, "%zu", t->branch)),
        VALUE_TEXT(t->error ? STR("FAILED") : STR("COMPLETED")),
        text_or_null(str_of(t->error)),
        VALUE_TEXT(t->operation->label.n ? t->operation->label : str_of(t->operation->type->name))};
    store_batch_add(
        b,
        "INSERT INTO run_step (run_id, child_count, step_start, step_stop, step_id, model_step_id, branch_id,"
        " status, error, activity) VALUES (?,?,?,?,?,?,?,?,?,?)",
        row, COUNT(row));
}

static void add_run(struct store_batch *b, const struct message *m, struct arena *a)
{
    struct value row[] = {VALUE_TEXT(str_of(m->id)),
                          VALUE_TEXT(str_of(m->id)),
                          VALUE_INT(m->start_ms),
                          VALUE_INT(m->end_ms),
                          VALUE_TEXT(str_of(LEVEL[m->level])),
                          VALUE_TEXT(str_of(STATUS[m->status])),
                          VALUE_TEXT(STR("worker-0"))};
    store_batch_add(
        b,
        "INSERT INTO mpl_run (id, message_guid, run_start, run_stop, log_level, overall_state, process_id)"
        " VALUES (?,?,?,?,?,?,?)",
        row, COUNT(row));
    size_t n = 1;
    for (const struct trace *t = m->traces; t; t = t->next) {
        if (!t->operation || !t->operation->id.n)
            continue; /* of a part that a timeout left behind; the implicit end */
        add_step(b, m, t, n, a);
        if (t->headers.n || t->body)
            add_trace(b, m, t, n, a);
        n++;
    }
    if (m->traces || !m->last_error_step)
        return;
    struct trace only = {.operation = m->last_error_step,
                         .start = m->end_ms,
                         .end = m->end_ms,
                         .error = m->main->error->msg};
    add_step(b, m, &only, n, a);
}

void monitor_add_details(struct store_batch *b, const struct exchange *x)
{
    const struct message *m = x->message;
    bool failed = x->error != NULL;
    add_items(b, m, x->arena);
    if (failed)
        add_error(b, m, x->arena);
    if (m->level >= MPL_DEBUG || failed)
        add_run(b, m, x->arena);
}
