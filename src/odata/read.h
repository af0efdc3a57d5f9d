/* read: entities of what a path addresses, from tables and hooks alike. */
#ifndef ODATA_READ_H
#define ODATA_READ_H
#include "odata/service.h"

struct page {
    entities rows;
    int64_t count;    /* with $inlinecount; else -1 */
    str next;         /* $skiptoken of the next page; STR_NONE: this is the last */
    int64_t next_top; /* $top of the next page; -1: none */
};
/* Follows the path up to its last step: fills rq->call (set, path, nav, key, parent). With a table
 * behind the last navigation the parent is read: ERR_NOT_FOUND when it is missing. */
bool read_walk(struct odata_request *rq, struct err *e) MUST_USE;
/* After read_walk. The collection: filtered, ordered, one page of it, expanded. */
bool read_page(struct odata_request *rq, struct page *ret, struct err *e) MUST_USE;
bool read_count(struct odata_request *rq, int64_t *ret, struct err *e) MUST_USE;
/* The addressed entity, without $filter and $expand; *ret NULL: there is none. */
bool read_entity(struct odata_request *rq, struct entity **ret, struct err *e) MUST_USE;
/* Follows the expanded navigations of p for all of list, a query per navigation and level. */
bool read_expand(struct odata_request *rq, const struct set_info *info, const entities *list,
                 const struct pick *p, struct err *e) MUST_USE;
/* $filter and $expand of a single entity. ERR_NOT_FOUND when the filter does not hold. */
bool read_finish(struct odata_request *rq, const struct set_info *info, struct entity *en,
                 struct err *e) MUST_USE;
/* Filter, order and page for what a function returned. */
bool read_list(struct odata_request *rq, const struct set_info *info, entities *list,
               struct page *ret, struct err *e) MUST_USE;
bool same_key(const struct entity *en, const struct entity *key);
bool may_read(const struct odata_request *rq, const struct model_set *set, struct err *e) MUST_USE;
bool not_found(struct err *e);
/* A row as handed out by the store, copied into the arena. */
struct entity *entity_of_row(struct arena *a, const struct model_type *t,
                             const struct value *columns);
#endif
