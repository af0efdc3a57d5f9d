/* struct err as the error document. The code is the reason phrase (api.md 1.4). What went wrong
 * inside stays inside: 5xx details are logged, except what is not implemented, which is a sentence
 * for the caller. A missing role has no text. */
#include "base/json.h"
#include "base/log.h"
#include "format/xml.h"
#include "odata/out.h"

static str message(const struct err *e)
{
    if (e->code == ERR_NOT_FOUND && !e->msg[0])
        return STR("Requested entity could not be found.");
    if (e->code == ERR_FORBIDDEN && !e->msg[0])
        return STR_NONE;
    if (err_http(e->code) >= 500 && e->code != ERR_NOT_IMPLEMENTED && e->code != ERR_UNAVAILABLE &&
        e->code != ERR_REFUSED)
        return STR("An internal error occurred. The details are in the server's log.");
    return str_of(e->msg);
}

static void json_error(struct buf *out, const struct err *e)
{
    struct jw w;
    jw_init(&w, out);
    jw_object(&w);
    jw_keyz(&w, "error");
    jw_object(&w);
    jw_keyz(&w, "code");
    jw_str(&w, str_of(err_phrase(e->code)));
    jw_keyz(&w, "message");
    jw_object(&w);
    jw_keyz(&w, "lang");
    jw_str(&w, STR("en"));
    jw_keyz(&w, "value");
    jw_str(&w, message(e));
    jw_object_end(&w);
    jw_object_end(&w);
    jw_object_end(&w);
}

static void xml_error(struct buf *out, const struct err *e)
{
    buf_addz(
        out,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><error xmlns=\"http://schemas.microsoft.com/ado/2007/08/"
        "dataservices/metadata\"><code>");
    buf_addz(out, err_phrase(e->code));
    buf_addz(out, "</code><message xml:lang=\"en\">");
    str text = message(e);
    if (text.p)
        xml_escape(out, text, false);
    buf_addz(out, "</message></error>");
}

void error_out(struct odata_service *s, struct http_request *r, const struct err *e)
{
    bool json = prefers_json(r, s->config.json_by_default);
    if (err_http(e->code) >= 500 && e->code != ERR_NOT_IMPLEMENTED && e->code != ERR_REFUSED)
        log_err(LOG_ERROR, "odata.failed", e, STR_FMT " " STR_FMT, STR_ARG(r->method),
                STR_ARG(r->path));
    buf_reset(&r->response.out);
    blob_unref(r->response.blob);
    r->response.blob = NULL;
    r->response.status = err_http(e->code);
    http_set(r, "Content-Type", json ? STR("application/json") : STR("application/xml"));
    http_set(r, "DataServiceVersion", STR("1.0"));
    if (s->config.gateway)
        error_gateway(s, r->arena, e, message(e), json, &r->response.out);
    else
        (json ? json_error : xml_error)(&r->response.out, e);
}
