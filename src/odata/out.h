/* out: answers in the formats of the protocol. Each writer appends to rq->out. */
#ifndef ODATA_OUT_H
#define ODATA_OUT_H
#include "odata/read.h"

struct links {
    const struct set_info *info;
    const entities *list;
    bool many;
    int64_t count; /* -1: not asked for */
    str next;      /* absolute URI, or STR_NONE */
};
/* A property of an entity; values: its slots. */
struct out_property {
    const struct model_property *property;
    const struct value *values;
};
struct out_function {
    const struct model_function *function;
    const struct odata_result *result; /* primitives or complex values */
};
struct writer {
    void (*feed)(struct odata_request *rq, const struct set_info *info, const struct page *page);
    void (*entry)(struct odata_request *rq, const struct set_info *info, const struct entity *en);
    void (*links)(struct odata_request *rq, const struct links *l);
    void (*property)(struct odata_request *rq, const struct out_property *p);
    void (*function)(struct odata_request *rq, const struct out_function *f);
    void (*service)(struct odata_request *rq);
};
extern const struct writer json_writer, atom_writer;
const struct writer *writer_of(const struct odata_request *rq);

/* W/"..": from the properties with ConcurrencyMode="Fixed"; STR_NONE when the type has none. */
str etag_of(struct arena *a, const struct entity *en);
/* "Set('key')" and with the base in front, percent-encoded. */
void write_entity_path(struct buf *out, const struct model_set *set, const struct entity *en);
str entity_uri(const struct odata_request *rq, const struct model_set *set,
               const struct entity *en);
/* Absolute URI of the next page, or STR_NONE. */
str next_uri(const struct odata_request *rq, const struct page *page);
bool picked(const struct pick *p, size_t property);
/* What becomes of a navigation: NULL: nothing; else its branch, or &nav_deferred. */
const struct pick_nav *picked_nav(const struct pick *p, const struct model_nav *nav);
extern const struct pick_nav nav_deferred;

/* ---- negotiation ---- */
enum answer_kind { ANSWER_FEED, ANSWER_ENTRY, ANSWER_PLAIN, ANSWER_SERVICE, ANSWER_METADATA };
/* Sets rq->format and rq->content_type from $format and Accept. ERR_NOT_ACCEPTABLE. */
bool negotiate(struct odata_request *rq, enum answer_kind kind, struct err *e) MUST_USE;
/* Whether an error document should be JSON. */
bool prefers_json(struct http_request *r, bool json_by_default);

/* Fills the response with the error document (not sent); 5xx details go to the log. */
void error_out(struct odata_service *s, struct http_request *r, const struct err *e);
/* The document of SAP Gateway; plain: the text for the caller. */
void error_gateway(const struct odata_service *s, struct arena *a, const struct err *e, str plain,
                   bool json, struct buf *out);
#endif
