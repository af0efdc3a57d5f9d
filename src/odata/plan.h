/* plan: a query as SQL with bound values. What SQL cannot do exactly as OData wants it is left over
 * for eval.c. */
#ifndef ODATA_PLAN_H
#define ODATA_PLAN_H
#include "odata/service.h"

struct plan {
    struct arena *a;
    const struct type_info *type;
    struct buf from, where, order;
    VEC(struct value) binds; /* those of from, then those of where */
    VEC(struct plan_join {
        size_t parent; /* alias number the join starts from */
        const struct model_nav *nav;
    })
    joins;
    int range;                    /* slot of an indexed range condition; -1: none */
    bool filter_left, order_left; /* not all of it is in the statement */
    VEC(struct plan_key {
        uint16_t slot;
        bool descending;
    })
    keys;        /* the order, when it is all own slots */
    str also;    /* ",column" beside those of the type; "" */
    bool keyset; /* keys says it all */
};
void plan_init(struct plan *p, struct arena *a, const struct type_info *t, const char *restriction,
               const struct value *binds, size_t nbinds);
void plan_free(struct plan *p);
void plan_equal(struct plan *p, uint16_t slot,
                struct value v);                          /* AND slot = v; null matches nothing */
void plan_filter(struct plan *p, const struct expr *x);   /* conjuncts that SQL can do */
void plan_order(struct plan *p, const order_list *order); /* with the key as tie-break */
/* Rows after that one; token as plan_token wrote it. */
bool plan_after(struct plan *p, str token, struct err *e) MUST_USE;
str plan_token(const struct plan *p, const struct entity *last);
str plan_count(struct plan *p);
/* limit, offset < 0: none. */
str plan_select(struct plan *p, int64_t limit, int64_t offset);

/* ---- pairs.c: navigations along a table of links ---- */
/* AND it is tied to us by nav. */
void pairs_where(struct plan *p, const struct model_nav *nav, const struct entity *us);
/* Joins the links as x; the key of the end that nav leaves stands behind the columns of the row. */
void pairs_join(struct plan *p, const struct model_nav *nav);
void pairs_column(struct buf *out, const struct model_nav *nav, size_t i); /* of that key */

/* ---- between plan.c and plan_filter.c ---- */
void plan_conjunct(struct plan *p); /* WHERE or AND */
void plan_bind(struct plan *p, struct buf *out, struct value v);
/* false: SQL cannot do it exactly; what was written to out is to be dropped. */
bool plan_sql(struct plan *p, struct buf *out, const struct expr *x) MUST_USE;
bool plan_comparable(const struct expr *x); /* columns compare as their values do */
#endif
