/* A service document from a stranger: what loads is consistent, and its $metadata loads again. */
#include <assert.h>
#include <stdint.h>

#include "format/xml.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_type(const struct model_type *t)
{
    for (size_t i = 0; i < t->properties.n; i++)
        assert(t->properties.at[i].slot + t->properties.at[i].slots <= t->slots.n);
    for (size_t i = 0; i < t->keys.n; i++)
        assert(t->properties.at[t->keys.at[i]].is_key);
    for (size_t i = 0; i < t->navs.n; i++)
        for (size_t k = 0; k < t->navs.at[i].joins.n; k++) {
            assert(t->navs.at[i].joins.at[k].own < t->slots.n);
            assert(t->navs.at[i].joins.at[k].theirs < t->navs.at[i].target->slots.n);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct model *m = NULL, *again = NULL;
    struct err e = {0};
    if (!model_load((str){(const char *)data, n}, &m, &e)) {
        assert(e.code != ERR_NONE);
        return 0;
    }
    for (size_t i = 0; i < m->types.n; i++)
        check_type(m->types.at[i]);
    for (size_t i = 0; i < m->sets.n; i++)
        assert(m->sets.at[i]->index == i && m->sets.at[i]->type);
    if (model_load(m->metadata, &again, &e))
        assert(again->types.n == m->types.n && again->sets.n == m->sets.n);
    model_free(again);
    model_free(m);
    return 0;
}
