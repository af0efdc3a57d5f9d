/* The error document of SAP Gateway: a message code, and inside it what a support ticket needs. The
 * code is that of the hook (err_id), else found here by what odata noticed. Texts with {1} take the
 * first quoted word of odata's own text. */
#include "base/codec.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "format/xml.h"
#include "odata/out.h"

#define RESOLUTION "The server's log has a line with this transaction id"
static const struct gateway_message {
    const char *id; /* set by odata, or NULL: any */
    enum err_code code;
    const char *name, *text; /* NULL: odata's */
} messages[] = {
    {"segment",           ERR_NOT_FOUND,             "/IWFND/CM_URI/001",            "Resource not found for the segment '{1}'."},
    {"key",               ERR_BAD_REQUEST,           "/IWFND/CM_URI/002",            NULL                                       },
    {"missing-parameter", ERR_BAD_REQUEST,           "/IWFND/CM_URI/003",
     "Missing mandatory function import parameter '{1}'."                                                                       },
    {"parameter",         ERR_BAD_REQUEST,           "/IWFND/CM_URI/004",            NULL                                       },
    {"property",          ERR_BAD_REQUEST,           "/IWFND/CM_MGW/002",            "Property '{1}' is invalid"                },
    {NULL,                ERR_NOT_FOUND,             "/IWBEP/CM_MGW_RT/020",         NULL                                       },
    {NULL,                ERR_NOT_IMPLEMENTED,       "/IWBEP/CM_MGW_RT/021",         NULL                                       },
    {NULL,                ERR_PRECONDITION_REQUIRED, "/IWBEP/CM_MGW_RT/194",         NULL                                       },
    {NULL,                ERR_FORBIDDEN,             "/IWFND/CM_MGW/079",            NULL                                       },
    {NULL,                ERR_METHOD,                "/IWFND/CM_MGW/003",            NULL                                       },
    {NULL,                ERR_INTERNAL,              "/IWBEP/CX_MGW_TECH_EXCEPTION", NULL                                       },
    {NULL,                ERR_NONE,                  "/IWFND/CM_MGW/001",            NULL                                       },
};

/* The row for what odata noticed itself; ERR_NONE matches all. */
static const struct gateway_message *message_of(const struct err *e)
{
    const struct gateway_message *m = messages;
    for (;; m++) {
        bool code = m->code == e->code || m->code == ERR_NONE;
        if (code && (!m->id || strcmp(m->id, e->id) == 0))
            return m;
    }
}

static str quoted(str text)
{
    size_t from = str_find_char(text, '\'', 0), to = str_find_char(text, '\'', from + 1);
    return from == SIZE_MAX || to == SIZE_MAX ? STR("") : str_sub(text, from + 1, to);
}

static str text_of(struct arena *a, const struct gateway_message *m, str plain)
{
    if (!m->text)
        return plain;
    str t = str_of(m->text);
    size_t at = str_find(t, STR("{1}"), 0);
    return arena_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(t, 0, at)), STR_ARG(quoted(plain)),
                     STR_ARG(str_from(t, at + 3)));
}

static str stamp(struct arena *a)
{
    struct time_parts t;
    int64_t now = time_now_ms();
    time_split_utc(now, &t);
    return arena_fmt(a, "%04d%02d%02d%02d%02d%02d.%03d0000", t.year, t.month, t.day, t.hour,
                     t.minute, t.second, t.ms);
}

static str transaction(struct arena *a)
{
    unsigned char raw[16];
    random_bytes(raw, sizeof raw);
    return hex_encode(a, (str){(char *)raw, sizeof raw}, true);
}

struct report {
    str code, text, ns, service, transaction, stamp;
};

static void pair(struct jw *w, const char *name, str value)
{
    jw_keyz(w, name);
    jw_str(w, value);
}

static void json_detail(struct jw *w, str code, str text)
{
    jw_object(w);
    pair(w, "code", code);
    pair(w, "message", text);
    pair(w, "propertyref", STR(""));
    pair(w, "severity", STR("error"));
    pair(w, "target", STR(""));
    jw_object_end(w);
}

static void json_inner(struct jw *w, const struct report *r)
{
    jw_keyz(w, "innererror");
    jw_object(w);
    jw_keyz(w, "application");
    jw_object(w);
    pair(w, "component_id", STR(""));
    pair(w, "service_namespace", r->ns);
    pair(w, "service_id", r->service);
    pair(w, "service_version", STR("0001"));
    jw_object_end(w);
    pair(w, "transactionid", r->transaction);
    pair(w, "timestamp", r->stamp);
    jw_keyz(w, "Error_Resolution");
    jw_object(w);
    pair(w, "SAP_Transaction", STR(RESOLUTION));
    pair(w, "SAP_Note", STR(""));
    jw_object_end(w);
    jw_keyz(w, "errordetails");
    jw_array(w);
    json_detail(w, r->code, r->text);
    json_detail(w, STR("/IWBEP/CX_MGW_BUSI_EXCEPTION"), r->text);
    jw_array_end(w);
    jw_object_end(w);
}

static void json_report(struct buf *out, const struct report *r)
{
    struct jw w;
    jw_init(&w, out);
    jw_object(&w);
    jw_keyz(&w, "error");
    jw_object(&w);
    pair(&w, "code", r->code);
    jw_keyz(&w, "message");
    jw_object(&w);
    pair(&w, "lang", STR("en"));
    pair(&w, "value", r->text);
    jw_object_end(&w);
    json_inner(&w, r);
    jw_object_end(&w);
    jw_object_end(&w);
}

static void element(struct buf *out, const char *name, str value)
{
    buf_addf(out, "<%s>", name);
    xml_escape(out, value, false);
    buf_addf(out, "</%s>", name);
}

static void xml_detail(struct buf *out, str code, str text)
{
    buf_addz(out, "<errordetail>");
    element(out, "code", code);
    element(out, "message", text);
    buf_addz(out, "<propertyref/><severity>error</severity><target/></errordetail>");
}

static void xml_report(struct buf *out, const struct report *r)
{
    buf_addz(
        out,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><error xmlns=\"http://schemas.microsoft.com/ado/2007/08/"
        "dataservices/metadata\">");
    element(out, "code", r->code);
    buf_addz(out, "<message xml:lang=\"en\">");
    xml_escape(out, r->text, false);
    buf_addz(out, "</message><innererror><application><component_id/>");
    element(out, "service_namespace", r->ns);
    element(out, "service_id", r->service);
    buf_addz(out, "<service_version>0001</service_version></application>");
    element(out, "transactionid", r->transaction);
    element(out, "timestamp", r->stamp);
    buf_addz(out, "<Error_Resolution><SAP_Transaction>" RESOLUTION
                  "</SAP_Transaction><SAP_Note/></Error_Resolution><errordetails>");
    xml_detail(out, r->code, r->text);
    xml_detail(out, STR("/IWBEP/CX_MGW_BUSI_EXCEPTION"), r->text);
    buf_addz(out, "</errordetails></innererror></error>");
}

void error_gateway(const struct odata_service *s, struct arena *a, const struct err *e, str plain,
                   bool json, struct buf *out)
{
    str ns = s->model->ns;
    size_t slash = str_rfind_char(ns, '/') + 1; /* none: SIZE_MAX + 1 */
    const struct gateway_message *m = message_of(e);
    bool own = str_find_char(str_of(e->id), '/', 0) != SIZE_MAX;
    struct report r = {.code = own ? str_of(e->id) : str_of(m->name),
                       .text = own ? plain : text_of(a, m, plain),
                       .ns = str_sub(ns, 0, slash),
                       .service = str_from(ns, slash),
                       .transaction = transaction(a),
                       .stamp = stamp(a)};
    if (e->code == ERR_FORBIDDEN && !own)
        r.text = arena_fmt(a, "No authorization to access service '" STR_FMT "'", STR_ARG(ns));
    log_event(LOG_INFO, "gateway.refused", "transaction " STR_FMT ": " STR_FMT ": " STR_FMT,
              STR_ARG(r.transaction), STR_ARG(r.code), STR_ARG(r.text));
    (json ? json_report : xml_report)(out, &r);
}
