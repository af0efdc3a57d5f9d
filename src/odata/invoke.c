/* Function imports. */
#include "base/codec.h"
#include "odata/write.h"

str odata_option(const struct odata_call *c, const char *name)
{
    str v = query_value(c->arena, c->request->query, name);
    if (v.n < 2 || v.p[0] != '\'' || v.p[v.n - 1] != '\'')
        return v;
    enum edm type;
    struct value literal;
    struct err ignored;
    return edm_parse_uri(c->arena, v, &type, &literal, &ignored) && type == EDM_STRING ? literal.s
                                                                                       : v;
}

static bool parse_argument(struct odata_request *rq, const struct model_property *p,
                           struct value *ret, struct err *e)
{
    str text = query_value(rq->arena, rq->http->query, arena_strdup(rq->arena, p->name));
    enum edm type;
    *ret = VALUE_NULL;
    if (!text.p)
        return p->nullable ||
               err_set(e, ERR_BAD_REQUEST, "Missing parameter '" STR_FMT "'.", STR_ARG(p->name)) ||
               err_id(e, "missing-parameter");
    if (!edm_parse_uri(rq->arena, text, &type, ret, e))
        return err_set(e, ERR_BAD_REQUEST, "Unknown literal: '" STR_FMT "'.",
                       STR_ARG(str_sub(text, 0, 200)));
    if (type == EDM_COUNT)
        return p->nullable ||
               err_set(e, ERR_BAD_REQUEST, "Value for '" STR_FMT "' must not be null.",
                       STR_ARG(p->name));
    if (!edm_convert(rq->arena, type, p->type, ret, e))
        return err_set(e, ERR_BAD_REQUEST,
                       "Format of '" STR_FMT "' is not compatible with '" STR_FMT "'.",
                       STR_ARG(str_sub(text, 0, 200)), STR_ARG(p->name));
    if (p->max_length && ret->kind == V_TEXT && utf8_count(ret->s) > p->max_length)
        return err_set(e, ERR_BAD_REQUEST, "The value of '" STR_FMT "' is longer than %u.",
                       STR_ARG(p->name), p->max_length);
    return true;
}

static bool read_argument(struct odata_request *rq, const struct model_property *p,
                          struct value *ret, struct err *e)
{
    return parse_argument(rq, p, ret, e) || (!e->id[0] && err_id(e, "parameter"));
}

/* Function(key) */
static bool answer_one_of(struct odata_request *rq, const struct set_info *info,
                          const entities *list, struct err *e)
{
    for (size_t i = 0; i < list->n; i++)
        if (same_key(list->at[i], rq->uri.function_key))
            return answer_entity(rq, info, list->at[i], 200, e);
    return not_found(e);
}

static bool answer_entities(struct odata_request *rq, const struct model_function *f,
                            struct odata_result *r, struct err *e)
{
    const struct set_info *info = info_of(rq->service, f->set);
    struct page page = {0};
    if (!f->returns_many)
        return r->list.n ? answer_entity(rq, info, r->list.at[0], f->status, e) : not_found(e);
    if (rq->uri.function_key)
        return answer_one_of(rq, info, &r->list, e);
    rq->options.inlinecount |= rq->uri.count;
    if (!read_list(rq, info, &r->list, &page, e))
        return false;
    if (!rq->uri.count)
        return answer_list(rq, info, &page, e);
    buf_addf(rq->out, "%lld", (long long)page.count);
    return answer_text(rq, e);
}

static bool answer_values(struct odata_request *rq, const struct model_function *f,
                          struct odata_result *r, struct err *e)
{
    struct out_function out = {f, r};
    if (f->returns == EDM_COUNT && !f->returns_type) {
        answer_status(rq, f->status);
        return true;
    }
    if (rq->uri.value)
        return answer_value(rq, f->returns, r->values.n ? r->values.at[0] : VALUE_NULL, e);
    if (!negotiate(rq, ANSWER_PLAIN, e))
        return false;
    writer_of(rq)->function(rq, &out);
    answer_status(rq, f->status);
    http_set(rq->http, "Content-Type", rq->content_type);
    return buf_check(rq->out, e);
}

/* MERGE and PATCH are one method here, as everywhere. */
static bool has_method(const struct model_function *f, enum method m)
{
    static const char *const names[][2] = {
        [METHOD_GET] = {"GET"  },
          [METHOD_POST] = {"POST" },
        [METHOD_PUT] = {"PUT"  },
          [METHOD_MERGE] = {"MERGE", "PATCH"},
        [METHOD_DELETE] = {"DELETE"      },
          [METHOD_UNKNOWN] = {NULL},
    };
    return str_eqz(f->method, names[m][0]) || (names[m][1] && str_eqz(f->method, names[m][1]));
}

bool invoke(struct odata_request *rq, struct err *e)
{
    const struct model_function *f = rq->uri.function;
    struct value *args = arena_new_array(rq->arena, struct value, f->parameters.n + 1);
    struct odata_result result = {0};
    size_t place = 0;
    if (!has_method(f, rq->method))
        return err_set(
            e, ERR_METHOD,
            "The request dispatcher does not allow the HTTP method used for the request.");
    for (size_t i = 0; i < f->parameters.n; i++)
        if (!read_argument(rq, &f->parameters.at[i], &args[i], e))
            return false;
    while (rq->service->model->functions.at[place] != f)
        place++;
    const struct odata_function_hook *hook = rq->service->functions[place];
    if (!hook)
        return err_set(e, ERR_NOT_IMPLEMENTED,
                       "The function import '" STR_FMT "' is not supported.", STR_ARG(f->name));
    rq->call.function = f;
    if (!hook->call(&rq->call, args, &result, e))
        return false;
    if (result.raw.status || result.raw.blob) {
        if (!result.raw.status)
            result.raw.status = f->status;
        answer_raw(rq, &result.raw);
        return true;
    }
    bool entity = f->returns_type && !f->returns_type->complex;
    return entity ? answer_entities(rq, f, &result, e) : answer_values(rq, f, &result, e);
}
