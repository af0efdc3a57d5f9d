/* logs: message processing logs (api.md 3). The engine writes the rows and the tables serve them; here
 * is what goes beyond rows: the filter over custom header properties, error texts, payloads. */
#include "services/ci/parts.h"

#include "base/codec.h"

/* filterCustomHeaderProperties='name' eq 'value' */
static bool parse_header_filter(struct arena *a, str text, str *ret_name, str *ret_value)
{
    str parts[2];
    for (size_t i = 0; i < 2; i++) {
        text = str_trim(text);
        if (!text.n || text.p[0] != '\'')
            return false;
        struct buf out = BUF(64 << 10);
        size_t at = 1;
        for (; at < text.n; at++) {
            if (text.p[at] == '\'' && !(at + 1 < text.n && text.p[at + 1] == '\''))
                break;
            at += text.p[at] == '\'';
            buf_add_char(&out, text.p[at]);
        }
        bool closed = at < text.n;
        parts[i] = arena_str(a, out.n ? buf_str(&out) : STR(""));
        buf_free(&out);
        text = str_trim(str_from(text, at + 1));
        if (!closed || (i == 0 && !str_starts(text, STR("eq "))))
            return false;
        text = i == 0 ? str_from(text, 3) : text;
    }
    *ret_name = parts[0];
    *ret_value = parts[1];
    return !text.n;
}

/* odata_option takes off surrounding quotes, which here belong to two literals. */
static str raw_option(struct odata_call *c, const char *name)
{
    return query_value(c->arena, c->request->query, name);
}

static bool restrict_list(struct odata_call *c, const char **ret_sql, struct value *ret_binds,
                          size_t *ret_nbinds, struct err *e)
{
    str text = raw_option(c, "filterCustomHeaderProperties"), name, value;
    *ret_sql = NULL;
    if (!text.p || !str_trim(text).n)
        return true;
    if (!parse_header_filter(c->arena, text, &name, &value))
        return err_set(e, ERR_BAD_REQUEST,
                       "filterCustomHeaderProperties must read 'name' eq 'value'");
    *ret_sql =
        "message_guid IN (SELECT message_guid FROM custom_header_property WHERE name = ? AND value = ?)";
    ret_binds[0] = VALUE_TEXT(name);
    ret_binds[1] = VALUE_TEXT(value);
    *ret_nbinds = 2;
    return true;
}

const struct odata_set_hook logs_hook = {.name = "logs", .restrict_list = restrict_list};

/* ---- ErrorInformation ---- */

static str log_guid(const struct odata_call *c)
{
    return entity_text(c->key ? c->key : c->parent, "MessageGuid");
}

static bool read_error(struct odata_call *c, struct entity **ret, struct err *e)
{
    struct entity *key = entity_new(c->arena, c->set->type);
    entity_set(key, "MessageGuid", VALUE_TEXT(log_guid(c)));
    if (!odata_row(c, key, ret, e))
        return false;
    if (!*ret)
        c->status = 204;
    else
        (*ret)->media_type = STR("text/plain");
    return true;
}

static bool error_text(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct value bind = VALUE_TEXT(log_guid(c)), text;
    bool found;
    if (!query_row(c->store, c->arena, "SELECT text FROM error_information WHERE message_guid = ?",
                   &bind, 1, &text, 1, &found, e))
        return false;
    ret->content_type = STR("text/plain;charset=utf-8");
    if (found)
        ret->blob = blob_copy(text_of(c->arena, text));
    else
        ret->status = 204;
    return true;
}

const struct odata_set_hook log_error_hook = {
    .name = "log_error", .read = read_error, .media = error_text};

/* ---- payloads: rows with a payload column ---- */

static bool payload(struct odata_call *c, const char *sql, const struct value *binds, size_t n,
                    struct odata_raw *ret, struct err *e)
{
    struct value row[2];
    bool found;
    if (!query_row(c->store, c->arena, sql, binds, n, row, COUNT(row), &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "%s", "");
    str type = text_of(c->arena, row[1]);
    ret->content_type = type.n ? type : STR("application/octet-stream");
    ret->blob = blob_copy(text_of(c->arena, row[0]));
    return true;
}

static bool attachment(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct value id = *entity_at(c->key, "Id");
    return payload(c, "SELECT payload, content_type FROM mpl_attachment WHERE id = ?", &id, 1, ret,
                   e);
}

const struct odata_set_hook attachments_hook = {.name = "attachments", .media = attachment};

static bool trace(struct odata_call *c, struct odata_raw *ret, struct err *e)
{
    struct value id = *entity_at(c->key, "TraceId");
    return payload(c, "SELECT payload, mime_type FROM trace_message WHERE trace_id = ?", &id, 1,
                   ret, e);
}

const struct odata_set_hook trace_messages_hook = {.name = "trace_messages", .media = trace};
