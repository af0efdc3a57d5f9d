/* write: create, update, delete, links, media, function imports. They may block. */
#ifndef ODATA_WRITE_H
#define ODATA_WRITE_H
#include "odata/out.h"

/* Each fills the response; after read_walk where a path leads to something. */
bool write_create(struct odata_request *rq, struct err *e) MUST_USE;
bool write_update(struct odata_request *rq, struct err *e) MUST_USE;
bool write_delete(struct odata_request *rq, struct err *e) MUST_USE;
bool write_property(struct odata_request *rq, struct err *e) MUST_USE;
bool write_link(struct odata_request *rq, struct err *e) MUST_USE;
bool media_read(struct odata_request *rq, struct err *e) MUST_USE;
bool media_write(struct odata_request *rq, struct err *e) MUST_USE;
bool invoke(struct odata_request *rq, struct err *e) MUST_USE;
/* Answers of reads, also used by writes. */
bool answer_entity(struct odata_request *rq, const struct set_info *info, struct entity *en,
                   int status, struct err *e) MUST_USE;
void answer_raw(struct odata_request *rq, struct odata_raw *raw);
void answer_status(struct odata_request *rq, int status);
/* After a write that answers no entity: the hook's feed, or the status alone. */
bool answer_write(struct odata_request *rq, int status, struct err *e) MUST_USE;
bool answer_list(struct odata_request *rq, const struct set_info *info, const struct page *page,
                 struct err *e) MUST_USE;

bool answer_text(struct odata_request *rq, struct err *e) MUST_USE; /* text/plain, what out holds */
/* The raw value. */
bool answer_value(struct odata_request *rq, enum edm t, struct value v, struct err *e) MUST_USE;

/* ---- insert.c ---- */
struct insert {
    struct odata_service *service;
    struct arena *arena;
    struct store_batch *batch;
    const struct odata_call *call; /* of the request; NULL: loading, nothing is completed, what is
                                      there twice is merged */
};
/* Inserts the row; one that is there takes over what is not null. (entity.c) */
void batch_merge(struct store_batch *b, const struct entity *en);
/* en, of that set (NULL: of none), and all that is nested in it. */
bool insert_tree(const struct insert *i, const struct model_set *set, struct entity *en,
                 struct err *e) MUST_USE;

/* ---- pairs.c: associations with a table of links; entities need only their keys ---- */
struct store_table pairs_table(struct arena *a, const struct model_links *l);
/* Ties us, from where nav leads, to other; what is tied already stays so. An end that may have one
 * partner loses the one it had. */
void pairs_add(struct store_batch *b, const struct model_nav *nav, const struct entity *us,
               const struct entity *other);
void pairs_drop(struct store_batch *b, const struct model_nav *nav, const struct entity *us,
                const struct entity *other);
/* All pairs of an entity that goes. */
void pairs_forget(struct store_batch *b, const struct model *m, const struct entity *key);

/* ---- media.c: streams of table rows ---- */
bool media_define(struct odata_service *s, struct err *e) MUST_USE;
/* ---- etag.c ---- */
/* Sets the header ETag; true: the caller has it already, the answer is 304. */
bool etag_read(struct odata_request *rq, const struct entity *en);
/* What If-Match and its kin ask of a write to the addressed entity. *ret_now: the entity as it is;
 * NULL when its type has no version. */
bool etag_write(struct odata_request *rq, struct entity **ret_now, struct err *e) MUST_USE;
/* A statement that fails with 412 when the row is not in that version any more; NULL: none. */
void etag_guard(struct store_batch *b, const struct entity *now);
/* Counters and times that in leaves alone move on; sets the header ETag. now NULL: nothing. */
void etag_advance(struct odata_request *rq, struct entity *in, const struct entity *now);

/* ---- batch.c ---- */
bool batch(struct odata_request *rq, struct err *e) MUST_USE;
/* Answers r on this thread, without sending: a part of a batch. */
void serve_part(struct odata_service *s, struct http_request *r);

/* ---- bodies ---- */
/* Of the request, by its Content-Type; ERR_MEDIA_TYPE: it is neither JSON nor XML. */
bool body_entity(struct odata_request *rq, const struct model_type *t, struct entity **ret,
                 struct err *e) MUST_USE;
bool body_link(struct odata_request *rq, str *ret_uri, struct err *e) MUST_USE;
/* The text of a primitive value, in JSON strings and XML alike. */
bool body_text(struct arena *a, const struct model_property *p, str s, struct value *ret,
               struct err *e) MUST_USE;
/* An entity from JSON, with or without the outer "d"; given says what the body named. */
bool json_entity(struct arena *a, const struct model *m, const struct model_type *t, str text,
                 struct entity **ret, struct err *e) MUST_USE;
/* {"Name": value} into en at slot. */
bool json_property(struct arena *a, const struct model *m, const struct model_property *p,
                   size_t slot, str text, struct entity *en, struct err *e) MUST_USE;
/* {"uri":".."} as $links bodies have it; STR_NONE: the body is something else. */
bool json_link(struct arena *a, str text, str *ret_uri, struct err *e) MUST_USE;
/* The same from Atom and plain XML. */
bool atom_entity(struct arena *a, const struct model *m, const struct model_type *t, str text,
                 struct entity **ret, struct err *e) MUST_USE;
bool atom_property(struct arena *a, const struct model *m, const struct model_property *p,
                   size_t slot, str text, struct entity *en, struct err *e) MUST_USE;
bool atom_link(struct arena *a, str text, str *ret_uri, struct err *e) MUST_USE; /* <uri> */
/* The key that a URI (absolute or relative to the service) names in a set of that type. */
bool uri_to_key(struct arena *a, const struct model *m, str uri, const struct model_type *t,
                struct entity **ret, struct err *e) MUST_USE;
#endif
