/* The model that the odata targets parse against, and the check of bodies. */
#ifndef FUZZ_ODATA_H
#define FUZZ_ODATA_H
#include <assert.h>
#include <stdint.h>

#include "format/xml.h"
#include "odata/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static inline const struct model *fuzz_model(void)
{
    static struct model *m;
    struct err e;
    if (!m) {
        xml_setup();
        bool ok = model_load(
            STR("<Edmx><DataServices><Schema Namespace='N'>"
                "<EntityType Name='A'><Key><PropertyRef Name='S'/><PropertyRef Name='I'/></Key>"
                "<Property Name='S' Type='Edm.String' MaxLength='9'/><Property Name='I' Type='Edm.Int32'/>"
                "<Property Name='L' Type='Edm.Int64'/><Property Name='B' Type='Edm.Boolean'/>"
                "<Property Name='D' Type='Edm.DateTime'/><Property Name='O' Type='Edm.DateTimeOffset'/>"
                "<Property Name='T' Type='Edm.Time'/><Property Name='M' Type='Edm.Decimal' Precision='9' Scale='2'/>"
                "<Property Name='F' Type='Edm.Double'/><Property Name='G' Type='Edm.Guid'/>"
                "<Property Name='X' Type='Edm.Binary'/><Property Name='C' Type='N.C'/>"
                "<NavigationProperty Name='Up' Relationship='N.R' FromRole='d' ToRole='u'/>"
                "<NavigationProperty Name='Down' Relationship='N.R' FromRole='u' ToRole='d'/></EntityType>"
                "<ComplexType Name='C'><Property Name='P' Type='Edm.String'/><Property Name='Q' Type='Edm.Byte'/></ComplexType>"
                "<Association Name='R'><End Type='N.A' Multiplicity='0..1' Role='u'/><End Type='N.A' Multiplicity='*' Role='d'/>"
                "</Association><EntityContainer Name='E'><EntitySet Name='As' EntityType='N.A'/>"
                "<FunctionImport Name='Fn' ReturnType='Edm.Int32'/></EntityContainer></Schema></DataServices></Edmx>"),
            &m, &e);
        assert(ok);
        (void)ok;
    }
    return m;
}

/* A body as an entity: values have the kinds of their types. */
typedef bool fuzz_reader(struct arena *a, const struct model *m, const struct model_type *t,
                         str body, struct entity **ret, struct err *e);
static inline int fuzz_body(fuzz_reader *read, const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    str s = arena_str(a, (str){(const char *)data, n});
    const struct model_type *t = model_type_named(fuzz_model(), STR("A"));
    struct err e = {0};
    struct entity *en;
    if (!read(a, fuzz_model(), t, s, &en, &e)) {
        assert(e.code == ERR_BAD_REQUEST || e.code == ERR_NOT_FOUND || e.code == ERR_TOO_LARGE);
        return 0;
    }
    for (size_t i = 0; i < t->slots.n; i++)
        assert(en->values[i].kind == V_NULL ||
               en->values[i].kind == edm_value_kind(t->slots.at[i].property->type));
    return 0;
}
#endif
