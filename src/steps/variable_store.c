/* Reads see what the message itself has written but not yet committed (read-your-writes of its
 * transaction). */
#include "steps/variable_store.h"

#include "base/time.h"

enum { RETAIN_DAYS = 400 };

static const char *const kind_names[] = {
    [DATUM_TEXT] = "text",  [DATUM_BOOL] = "bool",  [DATUM_INT] = "int",     [DATUM_REAL] = "real",
    [DATUM_BODY] = "bytes", [DATUM_FAULT] = "text", [DATUM_OBJECT] = "text",
};

static str flow_of(struct exchange *x, bool global)
{
    return global ? STR("") : artifact_info(x->artifact)->id;
}

static struct datum *restore(str payload, str headers)
{
    int64_t i;
    double d;
    if (str_find(headers, STR("\"int\""), 0) != SIZE_MAX && str_to_i64(payload, &i))
        return datum_int(i);
    if (str_find(headers, STR("\"real\""), 0) != SIZE_MAX && str_to_double(payload, &d))
        return datum_real(d);
    if (str_find(headers, STR("\"bool\""), 0) != SIZE_MAX)
        return datum_bool(str_eqz(payload, "true"));
    if (str_find(headers, STR("\"bytes\""), 0) == SIZE_MAX)
        return datum_text(payload);
    struct body *b = body_of_text(payload);
    struct datum *ret = datum_body(b);
    body_unref(b);
    return ret;
}

bool variable_read(struct exchange *x, str name, bool global, struct datum **ret, bool *ret_found,
                   struct err *e)
{
    str flow = flow_of(x, global);
    const struct pending *own = pending_find(x, PENDING_VARIABLE, STR(""), flow, name);
    const struct value binds[] = {VALUE_TEXT(name), VALUE_TEXT(flow), VALUE_INT(time_now_ms())};
    struct value row[2];
    if (own) {
        *ret_found = !own->removed;
        if (!own->removed)
            *ret = restore(own->payload, own->headers);
        return true;
    }
    if (!store_get(
            engine_config(x->engine)->store, x->arena,
            "SELECT payload, headers FROM variable WHERE variable_name = ? AND integration_flow = ?"
            " AND retain_until > ?",
            binds, COUNT(binds), row, COUNT(row), ret_found, e))
        return false;
    if (*ret_found)
        *ret = restore(row[0].kind == V_NULL ? STR("") : row[0].s,
                       row[1].kind == V_NULL ? STR("") : row[1].s);
    return true;
}

void variable_write(struct exchange *x, const struct pending_write *w, str name, bool global,
                    const struct datum *value)
{
    const struct pending change = {
        .kind = PENDING_VARIABLE,
        .store = STR(""),
        .flow = flow_of(x, global),
        .id = name,
        .payload = datum_str(x->arena, value),
        .headers = arena_fmt(x->arena, "{\"type\":\"%s\"}",
                             kind_names[value ? datum_kind(value) : DATUM_TEXT]),
        .created_at = time_now_ms(),
    };
    const struct value binds[] = {
        VALUE_TEXT(name),
        VALUE_TEXT(change.flow),
        VALUE_TEXT(global ? STR("Global") : STR("Integration Flow")),
        VALUE_INT(change.created_at),
        VALUE_INT(change.created_at + (int64_t)RETAIN_DAYS * 86400000),
        VALUE_BYTES(change.payload),
        VALUE_TEXT(change.headers),
    };
    store_batch_add(
        w->batch,
        "INSERT INTO variable (variable_name, integration_flow, visibility, updated_at, retain_until,"
        " payload, headers) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (variable_name, integration_flow) DO UPDATE SET visibility = excluded.visibility,"
        " updated_at = excluded.updated_at, retain_until = excluded.retain_until,"
        " payload = excluded.payload, headers = excluded.headers",
        binds, COUNT(binds));
    pending_note(x, w, &change);
}

void variable_remove(struct exchange *x, const struct pending_write *w, str name, bool global)
{
    const struct pending change = {.kind = PENDING_VARIABLE,
                                   .removed = true,
                                   .store = STR(""),
                                   .flow = flow_of(x, global),
                                   .id = name};
    const struct value binds[] = {VALUE_TEXT(name), VALUE_TEXT(change.flow)};
    store_batch_add(w->batch,
                    "DELETE FROM variable WHERE variable_name = ? AND integration_flow = ?", binds,
                    COUNT(binds));
    pending_note(x, w, &change);
}
