/* Reads see what the message itself has written but not yet committed (read-your-writes of its
 * transaction). */
#include "steps/variable_store.h"

#include "base/time.h"
#include "engine/engine.h"

enum { RETAIN_DAYS = 400 };

static const char *const kind_names[] = {
    [DATUM_TEXT] = "text", [DATUM_BOOL] = "bool",  [DATUM_INT] = "int",
    [DATUM_REAL] = "real", [DATUM_BODY] = "bytes", [DATUM_FAULT] = "text",
};

static str flow_of(struct exchange *x, bool global)
{
    return global ? STR("") : artifact_info(x->artifact)->id;
}

struct found {
    struct datum *value;
    bool any;
};

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

static bool take_row(void *arg, const struct value *v, size_t n)
{
    struct found *f = arg;
    (void)n;
    f->any = true;
    f->value =
        restore(v[0].kind == V_NULL ? STR("") : v[0].s, v[1].kind == V_NULL ? STR("") : v[1].s);
    return false;
}

bool variable_read(struct exchange *x, str name, bool global, struct datum **ret, bool *ret_found,
                   struct err *e)
{
    struct found f = {0};
    const struct value binds[] = {VALUE_TEXT(name), VALUE_TEXT(flow_of(x, global)),
                                  VALUE_INT(time_now_ms())};
    if (!store_query(
            engine_config(x->engine)->store,
            "SELECT payload, headers FROM variable WHERE variable_name = ? AND integration_flow = ?"
            " AND retain_until > ?",
            binds, COUNT(binds), take_row, &f, e))
        return false;
    *ret_found = f.any;
    if (f.any)
        *ret = f.value;
    return true;
}

void variable_write(struct exchange *x, struct store_batch *b, str name, bool global,
                    const struct datum *value)
{
    int64_t now = time_now_ms();
    str type = arena_fmt(x->arena, "{\"type\":\"%s\"}",
                         kind_names[value ? datum_kind(value) : DATUM_TEXT]);
    const struct value binds[] = {
        VALUE_TEXT(name),
        VALUE_TEXT(flow_of(x, global)),
        VALUE_TEXT(global ? STR("Global") : STR("Integration Flow")),
        VALUE_INT(now),
        VALUE_INT(now + (int64_t)RETAIN_DAYS * 86400000),
        VALUE_BYTES(datum_str(x->arena, value)),
        VALUE_TEXT(type),
    };
    store_batch_add(
        b,
        "INSERT INTO variable (variable_name, integration_flow, visibility, updated_at, retain_until,"
        " payload, headers) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (variable_name, integration_flow) DO UPDATE SET visibility = excluded.visibility,"
        " updated_at = excluded.updated_at, retain_until = excluded.retain_until,"
        " payload = excluded.payload, headers = excluded.headers",
        binds, COUNT(binds));
}

void variable_remove(struct exchange *x, struct store_batch *b, str name, bool global)
{
    const struct value binds[] = {VALUE_TEXT(name), VALUE_TEXT(flow_of(x, global))};
    store_batch_add(b, "DELETE FROM variable WHERE variable_name = ? AND integration_flow = ?",
                    binds, COUNT(binds));
}
