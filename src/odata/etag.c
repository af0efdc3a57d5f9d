/* ETags: weak, from the properties with ConcurrencyMode="Fixed" (odata-v2.md 8). */
#include "base/codec.h"
#include "base/time.h"
#include "odata/write.h"

#include <stdlib.h>

static bool in_version(const struct model_property *p)
{
    return p->concurrency && !p->complex;
}

/* Numbers and texts as they are, the others as URI literals: datetime'..' */
static void write_version(struct buf *out, enum edm t, struct value v)
{
    AUTO(buf) struct buf b = BUF(1 << 20);
    if (v.kind == V_NULL)
        buf_addz(&b, "null");
    else if (t == EDM_DATETIME || t == EDM_DATETIMEOFFSET || t == EDM_TIME || t == EDM_BINARY)
        edm_write_uri(&b, t, v);
    else
        edm_write_text(&b, t, v);
    percent_write(out, buf_str(&b), "':,+ ");
}

str etag_of(struct arena *a, const struct entity *en)
{
    const struct model_type *t = en->type;
    AUTO(buf) struct buf b = BUF(1 << 20);
    for (size_t i = 0; i < t->properties.n; i++) {
        const struct model_property *p = &t->properties.at[i];
        if (!in_version(p))
            continue;
        buf_addz(&b, b.n ? ";" : "W/\"");
        write_version(&b, p->type, en->values[p->slot]);
    }
    if (!b.n)
        return STR_NONE;
    buf_add_char(&b, '"');
    return arena_str(a, buf_str(&b));
}

/* "*", or a list with the tag in it; W/ does not matter. */
static bool matches(str list, str tag)
{
    str one;
    while (str_split(&list, ',', &one)) {
        one = str_trim(one);
        if (str_eqz(one, "*") ||
            str_eq(str_starts(one, STR("W/")) ? str_from(one, 2) : one, str_from(tag, 2)))
            return true;
    }
    return false;
}

bool etag_read(struct odata_request *rq, const struct entity *en)
{
    if (!type_info_of(rq->service, en->type)->versioned)
        return false;
    str tag = etag_of(rq->arena, en), none = http_header(&rq->http->headers, "If-None-Match");
    http_set(rq->http, "ETag", tag);
    if (rq->method != METHOD_GET || !none.p || !matches(none, tag))
        return false;
    answer_status(rq, 304);
    return true;
}

bool etag_write(struct odata_request *rq, struct entity **ret_now, struct err *e)
{
    static const char *const conditions[] = {"If-Match", "If-None-Match", "If-Modified-Since",
                                             "If-Unmodified-Since"};
    const struct http_headers *h = &rq->http->headers;
    str match = http_header(h, "If-Match"), none = http_header(h, "If-None-Match");
    bool any = false;
    *ret_now = NULL;
    if (!type_info_of(rq->service, uri_last(&rq->uri)->set->type)->versioned)
        return true;
    if (!read_entity(rq, ret_now, e) || (!*ret_now && !not_found(e)))
        return false;
    for (size_t i = 0; i < COUNT(conditions); i++)
        any |= http_header(h, conditions[i]).p != NULL;
    if (!any)
        return err_set(e, ERR_PRECONDITION_REQUIRED,
                       "The request needs a precondition: send the entity's ETag in If-Match.");
    str tag = etag_of(rq->arena, *ret_now);
    if ((match.p && !matches(match, tag)) || (none.p && matches(none, tag)))
        return err_set(e, ERR_PRECONDITION, "The entity has changed; its ETag is " STR_FMT " now.",
                       STR_ARG(tag));
    return true;
}

void etag_guard(struct store_batch *b, const struct entity *now)
{
    if (!now || !now->type->table.p)
        return;
    const struct model_type *t = now->type;
    AUTO(buf) struct buf sql = BUF(1 << 20);
    struct value *binds = mem_alloc((t->slots.n + 1) * sizeof *binds);
    size_t n = 0;
    str key = t->slots.at[t->properties.at[t->keys.at[0]].slot].column;
    const char *glue = "WHERE";
    buf_addf(&sql, "UPDATE \"" STR_FMT "\" SET \"" STR_FMT "\" = \"" STR_FMT "\"",
             STR_ARG(t->table), STR_ARG(key), STR_ARG(key));
    for (size_t i = 0; i < t->properties.n; i++) {
        const struct model_property *p = &t->properties.at[i];
        if (!p->is_key && !in_version(p))
            continue;
        struct value v = now->values[p->slot];
        buf_addf(&sql, " %s \"" STR_FMT "\" %s", glue, STR_ARG(t->slots.at[p->slot].column),
                 v.kind == V_NULL ? "IS NULL" : "= ?");
        glue = "AND";
        if (v.kind != V_NULL)
            binds[n++] = v;
    }
    buf_add_char(&sql, '\0');
    store_batch_add(b, sql.p, binds, n);
    store_batch_expect_one(b, ERR_PRECONDITION, "The entity has changed meanwhile.");
    free(binds);
}

/* The next of a counter; it starts over before it leaves its type. */
static int64_t next_count(enum edm t, int64_t v)
{
    static const int64_t most[EDM_COUNT] = {
        [EDM_BYTE] = UINT8_MAX,  [EDM_SBYTE] = INT8_MAX,  [EDM_INT16] = INT16_MAX,
        [EDM_INT32] = INT32_MAX, [EDM_INT64] = INT64_MAX, [EDM_TIME] = 86399999};
    return v < most[t] ? v + 1 : 1;
}

static bool moves_on(const struct model_property *p, const struct entity *in, struct value old,
                     size_t slot)
{
    bool same =
        !in->given[slot] || (in->values[slot].kind == old.kind && in->values[slot].i == old.i);
    return in_version(p) && !p->is_key && old.kind == V_INT && same;
}

void etag_advance(struct odata_request *rq, struct entity *in, const struct entity *now)
{
    struct entity *after = entity_new(rq->arena, in->type);
    if (!now)
        return;
    for (size_t i = 0; i < in->type->slots.n; i++) {
        const struct model_property *p = in->type->slots.at[i].property;
        struct value old = now->values[i];
        bool date = p->type == EDM_DATETIME || p->type == EDM_DATETIMEOFFSET;
        if (moves_on(p, in, old, i)) {
            in->values[i] = VALUE_INT(date ? time_now_ms() : next_count(p->type, old.i));
            in->given[i] = true;
        }
        after->values[i] = in->given[i] ? in->values[i] : old;
    }
    http_set(rq->http, "ETag", etag_of(rq->arena, after));
}
