/* A JSON body as an entity. */
#include "fuzz_odata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    return fuzz_body(json_entity, data, n);
}
