/* value_mapping: value_mapping.xml of value mapping artifacts: groups of values that mean the same to different
 * agencies. Every entry of a group maps to every other one of it. */
#ifndef MAPPING_VALUE_MAPPING_H
#define MAPPING_VALUE_MAPPING_H
#include "base/err.h"
#include "base/map.h"

struct value_query {
    str source_agency, source_schema, value, target_agency, target_schema;
};
struct value_mapping;
enum { VALUE_MAPPING_ENTRIES = 1000000 }; /* most */
/* Copies what it keeps. ERR_BAD_REQUEST, ERR_TOO_LARGE. */
bool value_mapping_read(struct arena *a, str xml, struct value_mapping **ret,
                        struct err *e) MUST_USE;
/* false: no entry. Where several groups hold the value, the first one that answers wins. Values are compared exactly. */
bool value_mapping_find(const struct value_mapping *v, const struct value_query *q, str *ret);
size_t value_mapping_size(const struct value_mapping *v); /* entries */
#endif
