/* Which format the answer has: $format beats Accept; among what a caller accepts, higher q wins, then
 * the more specific range, then the one named first, then ours. */
#include "odata/out.h"

#define ATOM "application/atom+xml"
struct offer {
    const char *type, *short_name; /* of $format */
    enum format format;
    const char *content_type;
};
enum { OFFERS = 3, MAX_RANGES = 50 };
static const double LAST_RESORT = 1e-4; /* q has three digits */
static const struct offer offers[][OFFERS] = {
    [ANSWER_FEED] = {{ATOM, "atom", FORMAT_ATOM, ATOM ";type=feed;charset=utf-8"},
                     {"application/json", "json", FORMAT_JSON, "application/json"},
                     {"application/xml", "xml", FORMAT_ATOM, "application/xml;charset=utf-8"}},
    [ANSWER_ENTRY] = {{ATOM, "atom", FORMAT_ATOM, ATOM ";type=entry;charset=utf-8"},
                     {"application/json", "json", FORMAT_JSON, "application/json"},
                     {"application/xml", "xml", FORMAT_ATOM, "application/xml;charset=utf-8"}},
    [ANSWER_PLAIN] = {{"application/xml", "xml", FORMAT_XML, "application/xml;charset=utf-8"},
                     {"application/json", "json", FORMAT_JSON, "application/json"},
                     {"text/xml", "text/xml", FORMAT_XML, "text/xml;charset=utf-8"}},
    [ANSWER_SERVICE] = {{"application/atomsvc+xml", "atom", FORMAT_ATOM,
                         "application/atomsvc+xml;charset=utf-8"},
                     {"application/json", "json", FORMAT_JSON, "application/json"},
                     {"application/xml", "xml", FORMAT_ATOM, "application/xml;charset=utf-8"}},
    [ANSWER_METADATA] = {{"application/xml", "xml", FORMAT_XML, "application/xml;charset=utf-8"} },
};

struct range {
    str type; /* "application/json", "application/...*" */
    double q;
};

static bool token(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == ',' || s.p[i] == ';' || s.p[i] == '/')
            return false;
    return s.n > 0;
}

/* JSON of later versions ("odata=minimalmetadata", "odata.metadata=minimal") is not what we speak: who
 * names it gets ours when nothing else fits. */
static bool is_later_json(str parameter)
{
    bool odata = str_starts_nocase(parameter, STR("odata=")) ||
                 str_starts_nocase(parameter, STR("odata.metadata="));
    return odata && !str_ends_nocase(parameter, STR("=verbose"));
}

/* "type/subtype;q=0.5;other=x" */
static bool parse_range(str s, struct range *ret)
{
    str part;
    bool later = false;
    str_split(&s, ';', &part);
    ret->type = str_trim(part);
    ret->q = 1;
    size_t slash = str_find_char(ret->type, '/', 0);
    /* Java's URLConnection sends a lone "*". */
    if (slash == SIZE_MAX
            ? !str_eqz(ret->type, "*")
            : !token(str_sub(ret->type, 0, slash)) || !token(str_from(ret->type, slash + 1)))
        return false;
    while (str_split(&s, ';', &part)) {
        part = str_trim(part);
        if (str_starts_nocase(part, STR("q=")) &&
            (!str_to_double(str_trim(str_from(part, 2)), &ret->q) || ret->q < 0 || ret->q > 1))
            return false;
        later |= is_later_json(part);
    }
    ret->q *= later ? LAST_RESORT : 1;
    return true;
}

/* How well the range names the type: 0 not, 1 all types, 2 all subtypes, 3 exactly. */
static int fit(str range, str type)
{
    if (str_eqz(range, "*/*") || str_eqz(range, "*"))
        return 1;
    if (str_eq_nocase(range, type))
        return 3;
    size_t slash = str_find_char(type, '/', 0);
    return str_ends(range, STR("/*")) &&
                   str_eq_nocase(str_sub(range, 0, range.n - 2), str_sub(type, 0, slash))
               ? 2
               : 0;
}

/* Larger is better. */
struct score {
    double q;
    int fit;
    size_t place; /* smaller is better */
};

static bool better(struct score a, struct score b)
{
    if (a.q != b.q)
        return a.q > b.q;
    if (a.fit != b.fit)
        return a.fit > b.fit;
    return a.place < b.place;
}

static struct score score_of(const struct range *ranges, size_t n, const char *type)
{
    struct score best = {0};
    for (size_t i = 0; i < n; i++) {
        int f = fit(ranges[i].type, str_of(type));
        if (f > best.fit || (f && f == best.fit && ranges[i].q > best.q))
            best = (struct score){ranges[i].q, f, i};
    }
    return best;
}

static bool parse_accept(str accept, struct range *ret, size_t *n)
{
    str one;
    *n = 0;
    while (str_split(&accept, ',', &one)) {
        if (!str_trim(one).n)
            continue;
        struct range r;
        if (!parse_range(one, &r))
            return false;
        if (*n < MAX_RANGES) /* whoever asks for more gets what came first */
            ret[(*n)++] = r;
    }
    return true;
}

static void choose(struct odata_request *rq, const struct offer *o)
{
    rq->format = o->format;
    rq->content_type = str_of(o->content_type);
}

static bool by_format(struct odata_request *rq, const struct offer *of, struct err *e)
{
    str wanted = rq->options.raw[OPTION_FORMAT], type = wanted;
    str_split(&wanted, ';', &type);
    type = str_trim(type);
    for (size_t i = 0; i < OFFERS && of[i].type; i++)
        if (str_eqz(type, of[i].short_name) || str_eqz(type, of[i].type)) {
            choose(rq, &of[i]);
            return true;
        }
    return err_set(e, ERR_NOT_ACCEPTABLE, "Content type '" STR_FMT "' is not supported.",
                   STR_ARG(str_sub(rq->options.raw[OPTION_FORMAT], 0, 100)));
}

bool negotiate(struct odata_request *rq, enum answer_kind kind, struct err *e)
{
    const struct offer *of = offers[kind];
    struct range ranges[MAX_RANGES];
    size_t n;
    str accept = http_header(&rq->http->headers, "Accept");
    bool named = rq->options.raw[OPTION_FORMAT].p;
    if (named && (kind != ANSWER_METADATA || str_eqz(rq->options.raw[OPTION_FORMAT], "xml")))
        return by_format(rq, of, e);
    if (kind == ANSWER_METADATA && rq->service->config.gateway) {
        choose(rq, of);
        return true;
    }
    if (!parse_accept(accept, ranges, &n))
        return err_set(
            e, ERR_BAD_REQUEST,
            "The request contains an invalid header parameter 'Accept' with value '" STR_FMT "'.",
            STR_ARG(str_sub(accept, 0, 200)));
    if (!n)
        ranges[n++] = (struct range){STR("*/*"), 1};
    const struct offer *best = NULL;
    struct score top = {0};
    bool json = rq->service->config.json_by_default;
    for (size_t i = 0; i < OFFERS && of[i].type; i++) {
        struct score s = score_of(ranges, n, of[i].type);
        bool preferred =
            json && of[i].format == FORMAT_JSON && s.fit == 1 && s.q == top.q && top.fit == 1;
        if (s.fit && s.q > 0 && (!best || better(s, top) || preferred)) {
            best = &of[i];
            top = s;
        }
    }
    if (!best)
        return err_set(e, ERR_NOT_ACCEPTABLE,
                       "The accept header '" STR_FMT "' is not supported for this resource.",
                       STR_ARG(str_sub(accept, 0, 200)));
    choose(rq, best);
    return true;
}

/* $format=json in a query that may be malformed. */
static bool format_is_json(struct http_request *r)
{
    str query = r->query, part;
    while (str_split(&query, '&', &part)) {
        bool format =
            str_starts(part, STR("$format=")) || str_starts_nocase(part, STR("%24format="));
        if (format)
            return str_starts(str_from(part, str_find_char(part, '=', 0) + 1), STR("json")) ||
                   str_find(part, STR("application/json"), 0) != SIZE_MAX;
    }
    return false;
}

bool prefers_json(struct http_request *r, bool json_by_default)
{
    struct range ranges[MAX_RANGES];
    size_t n;
    if (format_is_json(r))
        return true;
    if (!parse_accept(http_header(&r->headers, "Accept"), ranges, &n))
        return json_by_default;
    struct score json = score_of(ranges, n, "application/json"),
                 xml = score_of(ranges, n, "application/xml"), atom = score_of(ranges, n, ATOM);
    if (better(atom, xml))
        xml = atom;
    if (!json.fit && !xml.fit)
        return json_by_default;
    if (json.fit == 1 && xml.fit == 1)
        return json_by_default;
    return json.q > 0 && better(json, xml);
}
