/* json_names: how names of XML and JSON correspond in the two converters (format.md 3, semantics.md 19). */
#ifndef STEPS_JSON_NAMES_H
#define STEPS_JSON_NAMES_H
#include "engine/step.h"

struct json_names {
    bool namespaces; /* useNamespaces */
    str separator;   /* between prefix and name in JSON */
    size_t n;
    struct {
        str uri, prefix;
    } * mapping;
};
/* Reads useNamespaces, jsonNamespaceMapping and jsonNamespaceSeparator. */
void json_names_prepare(struct json_names *j, struct prepare *p);
str json_names_prefix(const struct json_names *j, str uri); /* STR_NONE: not mapped */
str json_names_uri(const struct json_names *j, str prefix); /* STR_NONE: not mapped */
#endif
