/* An Atom body as an entity: values have the kinds of their types. */
#include "fuzz_odata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str s = arena_str(a, (str){(const char *)data, n});
    const struct model_type *t = model_type_named(fuzz_model(), STR("A"));
    struct err e = {0};
    struct entity *en;
    if (!atom_entity(a, fuzz_model(), t, s, &en, &e)) {
        assert(e.code == ERR_BAD_REQUEST || e.code == ERR_NOT_FOUND || e.code == ERR_TOO_LARGE);
        return 0;
    }
    for (size_t i = 0; i < t->slots.n; i++)
        assert(en->values[i].kind == V_NULL ||
               en->values[i].kind == edm_value_kind(t->slots.at[i].property->type));
    return 0;
}
