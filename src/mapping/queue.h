/* queue: the values of one node of a mapping, cut into contexts (message-mapping.md 3). A generating queue (a constant,
 * the current date) has one value in each of as many contexts as anybody asks for. Private to mapping/. */
#ifndef MAPPING_QUEUE_H
#define MAPPING_QUEUE_H
#include "base/vec.h"

/* An error travels as a value, so that a condition can leave it behind in the branch it does not choose; it fails
 * the mapping when it comes to a target field. */
enum entry_kind { ENTRY_TEXT, ENTRY_SUPPRESS, ENTRY_NIL, ENTRY_ERROR };
struct entry {
    const char *p;
    uint32_t n;
    uint32_t kind;
};
struct queue {
    VEC(struct entry) values;
    VEC(uint32_t) ends; /* of each context, in values */
    bool generating;    /* values.at[0] is the value */
    bool lazy;          /* generating, and every reading gives another value (eval_generated) */
};
static inline struct entry entry_text(str s)
{
    return (struct entry){s.p, (uint32_t)s.n, ENTRY_TEXT};
}
static inline str entry_str(struct entry v)
{
    return (str){v.p, v.n};
}
static inline void queue_open(struct arena *a, struct queue *q)
{
    vec_add(a, &q->ends, (uint32_t)q->values.n);
}
/* Into the last context. */
static inline void queue_add(struct arena *a, struct queue *q, struct entry v)
{
    vec_add(a, &q->values, v);
    q->ends.at[q->ends.n - 1]++;
}
/* The values of context c; beyond the last one: *ret_n is 0. */
static inline const struct entry *queue_context(const struct queue *q, size_t c, size_t *ret_n)
{
    if (q->generating || c >= q->ends.n) {
        *ret_n = q->generating;
        return q->values.at;
    }
    size_t from = c ? q->ends.at[c - 1] : 0;
    *ret_n = q->ends.at[c] - from;
    return q->values.at + from;
}
#endif
