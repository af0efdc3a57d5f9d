/* An Atom body as an entity. */
#include "fuzz_odata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    return fuzz_body(atom_entity, data, n);
}
