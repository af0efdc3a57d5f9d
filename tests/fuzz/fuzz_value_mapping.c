/* Any bytes as a value_mapping.xml; what is read can be asked. */
#include "mapping/value_mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    struct value_mapping *v;
    struct err e = {0};
    const struct value_query queries[] = {
        {STR("A"), STR("S"), STR("1"), STR("B"), STR("T")},
        {STR(""),  STR(""),  STR(""),  STR("A"), STR("S")}
    };
    str found;
    if (value_mapping_read(a, (str){(const char *)data, n}, &v, &e))
        for (size_t i = 0; i < COUNT(queries); i++)
            (void)value_mapping_find(v, &queries[i], &found);
    return 0;
}
