/* The model that the odata targets parse against. */
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
#endif
