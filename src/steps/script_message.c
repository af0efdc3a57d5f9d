#include "steps/script_message.h"

#include "engine/xpath_host.h"

/* What the real system throws for any failure of a script. */
#define EXCEPTION "javax.script.ScriptException"

/* ---- to the host ---- */

static void write_fault(struct buf *b, const struct fault *f)
{
    wire_u8(b, WIRE_FAULT);
    wire_text(b, str_of(f->class_name));
    wire_text(b, f->message);
    wire_i32(b, (uint32_t)f->http_status);
    wire_text(b, f->http_reason);
    wire_text(b, f->http_body ? body_bytes(f->http_body) : STR_NONE);
}

static void write_text(struct buf *b, struct exchange *x, const struct datum *d)
{
    str s = datum_str(x->arena, d);
    wire_u8(b, WIRE_TEXT);
    wire_text(b, s.p ? s : STR(""));
}

static void write_int(struct buf *b, const struct datum *d)
{
    int64_t v = 0;
    (void)datum_int_value(d, &v);
    wire_u8(b, WIRE_INT);
    wire_i64(b, v);
}

static void write_datum(struct buf *b, struct exchange *x, const struct datum *d)
{
    double v = 0;
    if (!d) {
        wire_u8(b, WIRE_NULL);
        return;
    }
    switch (datum_kind(d)) {
    case DATUM_TEXT:
    case DATUM_BODY: /* texts that a Content Modifier has kept are what it mostly is */
        write_text(b, x, d);
        return;
    case DATUM_BOOL:
        wire_u8(b, WIRE_BOOL);
        wire_u8(b, datum_truth(d));
        return;
    case DATUM_INT:
        write_int(b, d);
        return;
    case DATUM_REAL:
        (void)datum_number(d, &v);
        wire_u8(b, WIRE_REAL);
        wire_f64(b, v);
        return;
    case DATUM_FAULT:
        write_fault(b, datum_as_fault(d));
        return;
    case DATUM_OBJECT:
        wire_u8(b, WIRE_OBJECT);
        wire_i64(b, datum_object_number(d));
        wire_text(b, datum_str(x->arena, d));
        return;
    }
}

static void write_fields(struct buf *b, struct exchange *x, const struct fields *f)
{
    wire_i32(b, (uint32_t)f->n);
    for (size_t i = 0; i < f->n; i++) {
        wire_text(b, f->at[i].name);
        write_datum(b, x, f->at[i].value);
    }
}

void script_message_write(struct buf *b, struct exchange *x)
{
    wire_text(b, x->program->artifact_id);
    wire_text(b, str_of(exchange_message_id(x)));
    wire_i64(b, exchange_started_ms(x));
    wire_u8(b, (uint8_t)exchange_log_level(x));
    host_write_body(b, x->body);
    write_fields(b, x, &x->headers);
    write_fields(b, x, &x->properties);
}

/* ---- from the host ---- */

struct reading {
    struct wire_in in;
    struct exchange *x;
    struct script_hosts *hosts;
};

static void release(void *owner, int64_t number)
{
    script_release(owner, number);
}

static struct datum *read_object(struct reading *r)
{
    int64_t number = wire_read_i64(&r->in);
    str text = wire_read_text(&r->in);
    return datum_object(text.p ? text : STR(""), number, release, r->hosts);
}

static struct datum *read_bytes(struct reading *r)
{
    struct body *b = body_of_text(wire_read_text(&r->in));
    struct datum *d = datum_body(b);
    body_unref(b);
    return d;
}

static struct datum *read_datum(struct reading *r)
{
    str s;
    switch (wire_read_u8(&r->in)) {
    case WIRE_TEXT:
        s = wire_read_text(&r->in);
        return datum_text(s.p ? s : STR(""));
    case WIRE_BOOL:
        return datum_bool(wire_read_u8(&r->in));
    case WIRE_INT:
        return datum_int(wire_read_i64(&r->in));
    case WIRE_REAL:
        return datum_real(wire_read_f64(&r->in));
    case WIRE_BYTES:
        return read_bytes(r);
    case WIRE_OBJECT:
        return read_object(r);
    default:
        return NULL;
    }
}

static void read_fields(struct reading *r, struct fields *f)
{
    for (uint32_t n = wire_read_i32(&r->in); n && !r->in.failed; n--) {
        str name = wire_read_text(&r->in);
        if (wire_read_u8(&r->in))
            fields_set(f, name, read_datum(r));
        else
            fields_remove(f, name);
    }
}

static void read_log(struct reading *r)
{
    for (uint32_t n = wire_read_i32(&r->in); n && !r->in.failed; n--) {
        str kind = wire_read_text(&r->in), name = wire_read_text(&r->in),
            value = wire_read_text(&r->in), type = wire_read_text(&r->in);
        name = name.p ? name : STR("");
        if (str_eqz(kind, "attachment"))
            exchange_log_attachment(r->x, name, type, value);
        else if (str_eqz(kind, "header"))
            exchange_log_header(r->x, name, value);
        else if (artifact_log_level(r->x->artifact) >= MPL_DEBUG) /* semantics.md 8 */
            exchange_log_adapter(r->x, STR("Script"), name, value);
    }
}

static bool read_body(struct reading *r, struct err *e)
{
    struct blob *blob;
    unsigned kind = wire_read_u8(&r->in);
    str s = kind == WIRE_NULL ? STR_NONE : wire_read_text(&r->in);
    if (r->in.failed || kind == WIRE_NULL) {
        exchange_set_body(r->x, NULL);
    } else if (kind == WIRE_FILE) {
        if (!script_take_file(r->hosts, s, &blob, e))
            return false;
        exchange_set_body(r->x, body_of_blob(blob));
    } else if (kind == WIRE_TEXT) {
        exchange_set_body(r->x, body_of_text(s));
    } else {
        exchange_set_body(r->x, body_of_blob(blob_copy(s)));
    }
    return true;
}

static bool read_changes(struct reading *r, struct err *e)
{
    read_log(r);
    if (wire_read_u8(&r->in) && !read_body(r, e))
        return false;
    read_fields(r, &r->x->headers);
    read_fields(r, &r->x->properties);
    return !r->in.failed || err_set(e, ERR_INTERNAL, "the script host's answer is broken");
}

bool script_message_read(str payload, struct exchange *x, struct script_hosts *hosts, struct err *e)
{
    struct reading r = {.in = {.rest = payload}, .x = x, .hosts = hosts};
    if (!wire_read_u8(&r.in))
        return read_changes(&r, e);
    str class_name = wire_read_text(&r.in), message = wire_read_text(&r.in),
        where = wire_read_text(&r.in);
    if (!read_changes(&r, e))
        return false;
    /* semantics.md 5 */
    str text =
        arena_fmt(x->arena, "java.lang.Exception: " STR_FMT ": " STR_FMT "@ " STR_FMT,
                  STR_ARG(class_name), STR_ARG(message.p ? message : STR("null")), STR_ARG(where));
    exchange_throw_fault(x, &(struct fault){.class_name = EXCEPTION, .message = text}, e);
    return false;
}
