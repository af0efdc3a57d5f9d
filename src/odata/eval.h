/* eval: expressions on entities in memory; the same answers as their SQL. */
#ifndef ODATA_EVAL_H
#define ODATA_EVAL_H
#include "odata/expr.h"
#include "odata/options.h"

/* The condition holds (null is false). To-one navigations of paths must have been followed into
 * en->inlines; one that is missing is null. */
bool eval_filter(struct arena *a, const struct expr *x, const struct entity *en);
/* Sorts stably by the items, null lowest. */
void eval_sort(struct arena *a, const order_list *order, entities *list);
/* The entity behind a to-one navigation in en->inlines, or NULL. */
const struct entity *entity_inlined(const struct entity *en, const struct model_nav *nav);
#endif
