/* header_filter: which headers pass the borders of a flow (semantics.md 2, 3, 3a). */
#ifndef ADAPTERS_HEADER_FILTER_H
#define ADAPTERS_HEADER_FILTER_H
#include "engine/step.h"

/* ---- inbound: the collaboration's allowedHeaderList ---- */
struct inbound_filter;
/* "", "*" or one regular expression for the whole name, case ignored. A wrong one becomes a problem. */
struct inbound_filter *inbound_filter_prepare(const struct prepare *p, str list);
bool inbound_filter_passes(const struct inbound_filter *f, str name);

/* ---- HTTP: names that are the connection's business, or Camel's own ---- */
bool header_is_internal(str name);
bool header_is_camel(str name); /* prefix "camel", case ignored */
bool header_is_token(str name); /* legal as a header name */
/* The value without line breaks and other control characters. */
str header_value(struct arena *a, str value);

/* ---- receivers: "a|b" without patterns, or "*" alone, case ignored ---- */
bool header_list_has(str list, str name);
#endif
