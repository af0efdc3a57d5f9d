/* options: the system query options of a request: parsed, checked against what was addressed, bound
 * to its type. */
#ifndef ODATA_OPTIONS_H
#define ODATA_OPTIONS_H
#include "odata/expr.h"
#include "odata/uri_path.h"

enum { PICK_MAX_DEPTH = 8 };
enum option {
    OPTION_FORMAT,
    OPTION_FILTER,
    OPTION_INLINECOUNT,
    OPTION_ORDERBY,
    OPTION_SKIPTOKEN,
    OPTION_SKIP,
    OPTION_TOP,
    OPTION_EXPAND,
    OPTION_SELECT,
    OPTION_COUNT
};
/* $select and $expand as a tree: what of an entity is written. */
struct pick {
    bool all;    /* every property, and every navigation at least deferred */
    bool *props; /* per property, when not all */
    VEC(struct pick_nav {
        const struct model_nav *nav;
        bool expand;
        struct pick *sub;
    })
    navs;
};
struct options {
    str raw[OPTION_COUNT]; /* decoded; STR_NONE: not given */
    struct expr *filter;   /* NULL: none */
    order_list orderby;
    int64_t skip, top; /* top -1: none */
    bool inlinecount;
    struct pick *pick; /* never NULL once bound; shared when there is neither $select nor $expand */
};
extern const char *const option_names[]; /* "$format" .. */

/* Splits and decodes. Unknown '$' names, empty values and repetitions are ERR_BAD_REQUEST. */
bool options_split(struct arena *a, str query, struct options *ret, struct err *e) MUST_USE;
/* Checks which are legal for u, and parses them. types: as for filter_parse. */
bool options_bind(struct arena *a, const struct model *types, const struct uri *u,
                  struct options *o, struct err *e) MUST_USE;
/* The raw query with skip, skiptoken and top replaced: "$filter=..&$top=5&$skiptoken=token" */
str options_next(struct arena *a, str query, int64_t top, str token);
#endif
