/* xpath_lib: between the files of XPath. */
#ifndef FORMAT_XPATH_LIB_H
#define FORMAT_XPATH_LIB_H
#include "format/xml.h"

/* The prefix that unprefixed element names get when there is a default element namespace. */
#define XPATH_DEFAULT_PREFIX "tm-default"

/* Who asks for a rewrite. Stylesheets have their own prefixes and functions, which libxslt checks. */
struct xpath_dialect {
    const struct map *namespaces; /* prefix -> (const str *) URI; NULL: none */
    void *arg;
    bool (*function)(void *arg, str name);    /* further functions; NULL: none */
    bool (*is_tree)(void *arg, str variable); /* a path may not start from it; NULL: all may be */
    bool any_prefix;                          /* prefixes are not checked */
};
/* Rewrites what flows use of later versions to XPath 1.0 and refuses the rest by name: *:name, fn: and
 * xs: functions, comments, eq ne lt le gt ge, union, the default namespace. Names of functions and
 * prefixes are checked here, since libxml2 looks them up only when it meets them. */
bool xpath_rewrite(struct arena *a, str expr, const struct xpath_dialect *d, str *ret,
                   struct err *e) MUST_USE;
/* Whether name is one of the functions that xpath_functions.c adds. */
bool xpath_function_added(str name);

struct regex;
struct xpath_state { /* of one evaluation, for the functions */
    struct err *e;
    struct arena *arena; /* of the compiled instance */
    struct regex *regex; /* the latest one used */
    str pattern;
    unsigned flags;
};
#endif
