#include "../test.h"

#include "model/model.h"

#define HEAD                                                                                   \
    "<edmx:Edmx Version=\"1.0\" xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\" " \
    "xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\" "              \
    "xmlns:tm=\"urn:tidemill:odata\"><edmx:DataServices m:DataServiceVersion=\"2.0\">\n"       \
    "<Schema Namespace=\"NS\" xmlns=\"http://schemas.microsoft.com/ado/2008/09/edm\">\n"
#define TAIL "</Schema></edmx:DataServices></edmx:Edmx>"
#define BOX                                                                                                   \
    "<EntityType Name=\"Box\" tm:table=\"box\" tm:index=\"label, where_floor DESC; owner\" "                  \
    "tm:columns=\"owner Edm.String, stamp Edm.Int64\">\n"                                                     \
    "<Key><PropertyRef Name=\"Id\"/></Key>\n"                                                                 \
    "<Property Name=\"Id\" Type=\"Edm.String\" Nullable=\"false\" MaxLength=\"10\"/>\n"                       \
    "<Property Name=\"Where\" Type=\"NS.Place\"/>\n"                                                          \
    "<Property Name=\"Label\" Type=\"Edm.String\" tm:readonly=\"true\"/>\n"                                   \
    "<Property Name=\"PinCode\" Type=\"Edm.String\" tm:hidden=\"true\" tm:column=\"sealed\"/>\n"              \
    "<NavigationProperty Name=\"Things\" Relationship=\"NS.BoxThings\" FromRole=\"box\" ToRole=\"thing\"/>\n" \
    "</EntityType>\n"                                                                                         \
    "<ComplexType Name=\"Place\"><Property Name=\"Floor\" Type=\"Edm.Int32\"/>"                               \
    "<Property Name=\"Room\" Type=\"Edm.String\"/></ComplexType>\n"
#define THING                                                                                                          \
    "<EntityType Name=\"Thing\" m:HasStream=\"true\" tm:table=\"thing\"><Key><PropertyRef Name=\"No\"/></Key>"         \
    "<Property Name=\"No\" Type=\"Edm.Int64\" Nullable=\"false\"/><Property Name=\"BoxId\" Type=\"Edm.String\"/>"      \
    "<NavigationProperty Name=\"Box\" Relationship=\"NS.BoxThings\" FromRole=\"thing\" ToRole=\"box\" "                \
    "tm:join=\"BoxId = Id\"/></EntityType>\n"                                                                          \
    "<EntityType Name=\"RedThing\" BaseType=\"NS.Thing\"><Property Name=\"Red\" Type=\"Edm.Boolean\"/></EntityType>\n" \
    "<Association Name=\"BoxThings\"><End Type=\"NS.Box\" Multiplicity=\"0..1\" Role=\"box\"/>"                        \
    "<End Type=\"NS.Thing\" Multiplicity=\"*\" Role=\"thing\"/><ReferentialConstraint>"                                \
    "<Principal Role=\"box\"><PropertyRef Name=\"Id\"/></Principal>"                                                   \
    "<Dependent Role=\"thing\"><PropertyRef Name=\"BoxId\"/></Dependent></ReferentialConstraint></Association>\n"
#define SETS                                                                                                                      \
    "<EntityContainer Name=\"C\" m:IsDefaultEntityContainer=\"true\">\n"                                                          \
    "<EntitySet Name=\"Boxes\" EntityType=\"NS.Box\" tm:operations=\"list read\" tm:nav-operations=\"\" "                         \
    "tm:options=\"top skip\" tm:read=\"R\" tm:write=\"W\" tm:hook=\"boxes\" tm:status=\"201 202\" tm:page=\"30\"/>\n"             \
    "<EntitySet Name=\"Things\" EntityType=\"NS.Thing\" tm:listed=\"false\"/>\n"                                                  \
    "<AssociationSet Name=\"BT\" Association=\"NS.BoxThings\"><End EntitySet=\"Boxes\" Role=\"box\"/>"                            \
    "<End EntitySet=\"Things\" Role=\"thing\"/></AssociationSet>\n"                                                               \
    "<FunctionImport Name=\"Pack\" ReturnType=\"Collection(NS.Box)\" EntitySet=\"Boxes\" m:HttpMethod=\"POST\" tm:hook=\"pack\" " \
    "tm:status=\"202\"><Parameter Name=\"Id\" Type=\"Edm.String\" Nullable=\"false\" Mode=\"In\"/></FunctionImport>\n"            \
    "<FunctionImport Name=\"Shake\" m:HttpMethod=\"POST\"/></EntityContainer>\n"
#define GOOD HEAD BOX THING SETS TAIL

static struct model *load(const char *edmx)
{
    struct model *m = NULL;
    struct err e = {0};
    if (!model_load(str_of(edmx), &m, &e))
        fail_msg("%s", e.msg);
    return m;
}

static void test_types(void **state)
{
    (void)state;
    struct model *m = load(GOOD);
    const struct model_type *box = model_type_named(m, STR("NS.Box")),
                            *red = model_type_named(m, STR("RedThing"));
    assert_non_null(box);
    assert_str(box->table, "box");
    assert_int_equal(box->slots.n, 7);
    assert_str(box->slots.at[1].path, "Where/Floor");
    assert_str(box->slots.at[1].column, "where_floor");
    assert_int_equal(model_slot_named(box, STR("Where/Room")), 2);
    assert_int_equal(model_slot_named(box, STR("owner")), 5);
    assert_int_equal(model_slot_named(box, STR("Where")), -1);
    assert_str(box->slots.at[4].column, "sealed");
    assert_true(box->slots.at[4].property->hidden);
    assert_true(box->slots.at[6].property->type == EDM_INT64);
    assert_int_equal(box->indexes.n, 2);
    assert_str(box->indexes.at[0], "label, where_floor DESC");
    const struct model_property *id = model_property_named(box, STR("Id"));
    assert_true(id->is_key && !id->nullable && id->max_length == 10);
    assert_true(model_property_named(box, STR("Label"))->read_only);
    assert_int_equal(red->slots.n, 3);
    assert_true(red->has_stream && !red->table.p && red->keys.n == 1);
    assert_non_null(model_nav_named(red, STR("Box")));
    assert_ptr_equal(model_set_of_type(m, red), model_set_named(m, STR("Things")));
    model_free(m);
}

static void test_service(void **state)
{
    (void)state;
    struct model *m = load(GOOD);
    const struct model_set *boxes = model_set_named(m, STR("Boxes"));
    assert_int_equal(boxes->operations, SET_LIST | SET_READ);
    assert_int_equal(boxes->nav_operations, 0);
    assert_true(!boxes->all_options && boxes->options.n == 2);
    assert_str(boxes->read_role, "R");
    assert_str(boxes->hook, "boxes");
    assert_int_equal(boxes->status_update, 202);
    assert_int_equal(boxes->status_delete, 204);
    assert_int_equal(boxes->page, 30);
    assert_false(model_set_named(m, STR("Things"))->in_service_document);
    const struct model_nav *things = model_nav_named(boxes->type, STR("Things"));
    assert_true(things->many && things->joins.n == 1);
    assert_int_equal(things->joins.at[0].theirs, 1);
    assert_ptr_equal(things->set, model_set_named(m, STR("Things")));
    const struct model_function *pack = model_function_named(m, STR("Pack"));
    assert_true(pack->returns_many && pack->returns_type == boxes->type && pack->status == 202);
    assert_int_equal(pack->parameters.n, 1);
    assert_int_equal(model_function_named(m, STR("Shake"))->status, 204);
    assert_null(model_set_named(m, STR("boxes")));
    model_free(m);
}

static void test_metadata_has_no_trace_of_us(void **state)
{
    (void)state;
    struct model *m = load(GOOD);
    assert_true(str_find(m->metadata, STR("tm:"), 0) == SIZE_MAX);
    assert_true(str_find(m->metadata, STR("tidemill"), 0) == SIZE_MAX);
    assert_true(str_find(m->metadata, STR("<EntityType Name=\"Thing\" m:HasStream=\"true\"><Key>"),
                         0) != SIZE_MAX);
    assert_true(str_find(m->metadata, STR("<EntitySet Name=\"Things\" EntityType=\"NS.Thing\"/>"),
                         0) != SIZE_MAX);
    model_free(m);
}

static void test_stranger_is_served_from_tables(void **state)
{
    (void)state;
    struct model *m = load(
        "<Edmx><DataServices><Schema Namespace='N'><EntityType Name='SAPDocNumber'><Key><PropertyRef Name='A'/></Key>"
        "<Property Name='A' Type='Edm.Int32'/></EntityType><EntityContainer Name='C'>"
        "<EntitySet Name='Docs' EntityType='N.SAPDocNumber' xmlns:sap='http://www.sap.com/Protocols/SAPData' "
        "sap:creatable='false'/></EntityContainer></Schema></DataServices></Edmx>");
    const struct model_set *docs = model_set_named(m, STR("Docs"));
    assert_str(docs->type->table, "sap_doc_number");
    assert_int_equal(docs->operations, SET_LIST | SET_READ | SET_UPDATE | SET_DELETE);
    model_free(m);
}

/* One word of the good document is replaced; the loader must name it. */
static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *want;
    } rows[] = {
        {"tm:table=\"box\"",              "tm:tabel=\"box\"",
         "line 3: EntityType 'Box': tm:tabel is unknown here"                                                                       },
        {"tm:readonly=\"true\"",          "tm:hook=\"x\"",
         "line 7: Property 'Label': tm:hook is unknown here"                                                                        },
        {"Type=\"NS.Place\"",             "Type=\"NS.Space\"",                  "line 6: Property 'Where': Type: unknown type"      },
        {"Type=\"Edm.Int32\"",            "Type=\"Edm.Int31\"",                 "unknown type 'Edm.Int31'"                          },
        {"Type=\"Edm.Int32\"",            "Type=\"NS.Place\"",                  "ComplexType 'Place': contains itself"              },
        {"Name=\"Room\"",                 "Name=\"Floor\"",                     "there are two of that name"                        },
        {"MaxLength=\"10\"",              "MaxLength=\"ten\"",                  "MaxLength: no number"                              },
        {"PropertyRef Name=\"Id\"",       "PropertyRef Name=\"Ib\"",
         "line 4: PropertyRef 'Ib': Name: no property of Box"                                                                       },
        {"tm:index=\"label",              "tm:index=\"lable",                   "tm:index: no column 'lable'"                       },
        {"tm:index=\"label",              "tm:media=\"mime\" tm:index=\"label", "tm:media: 'mime' is no text"                       },
        {"floor DESC",                    "floor DOWN",                         "tm:index: 'DOWN' is neither ASC, DESC nor NOT NULL"},
        {"owner Edm.String",              "owner",                              "tm:columns: 'owner' is not a name and a type"      },
        {"tm:column=\"sealed\"",          "tm:column=\"id\"",                   "two properties have the column 'id'"               },
        {"Relationship=\"NS.BoxThings\"", "Relationship=\"NS.Nothing\"",
         "line 9: NavigationProperty 'Things': Relationship"                                                                        },
        {"ToRole=\"thing\"",              "ToRole=\"thin\"",                    "ToRole: the association has no role 'thin'"        },
        {"tm:join=\"BoxId = Id\"",        "tm:join=\"BoxNo = Id\"",
         "tm:join: no property 'BoxNo' in Thing"                                                                                    },
        {"tm:join=\"BoxId = Id\"",        "tm:join=\"BoxId\"",                  "tm:join: 'BoxId' is not own=theirs"                },
        {"BaseType=\"NS.Thing\"",         "BaseType=\"NS.Thong\"",              "BaseType: unknown type 'NS.Thong'"                 },
        {"BaseType=\"NS.Thing\"",         "BaseType=\"NS.RedThing\"",           "contains itself"                                   },
        {"EntityType=\"NS.Box\"",         "EntityType=\"NS.Bux\"",
         "EntitySet 'Boxes': EntityType: unknown type"                                                                              },
        {"operations=\"list read\"",      "operations=\"list reed\"",
         "tm:operations: unknown operation 'reed'"                                                                                  },
        {"tm:options=\"top skip\"",       "tm:options=\"top hop\"",             "tm:options: unknown option 'hop'"                  },
        {"tm:status=\"201 202\"",         "tm:status=\"201 404\"",              "tm:status: '404' is not one of three"              },
        {"tm:page=\"30\"",                "tm:page=\"0\"",                      "tm:page: no number of rows"                        },
        {"EntitySet=\"Things\"",          "EntitySet=\"Thinks\"",
         "AssociationSet 'BT': EntitySet: unknown set"                                                                              },
        {"EntitySet Name=\"Things\"",     "EntitySet Name=\"Boxes\"",           "there are two of that name"                        },
        {"Collection(NS.Box)",            "Collection(NS.Bix)",
         "FunctionImport 'Pack': ReturnType: unknown type"                                                                          },
        {"tm:status=\"202\"",             "tm:status=\"700\"",                  "tm:status: '700' is no success code"               },
        {"<EntityContainer",              "<EntityContainers",                  ""                                                  },
    };
    AUTO(arena) struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT(rows); i++) {
        str good = STR(GOOD);
        size_t at = str_find(good, str_of(rows[i].from), 0);
        assert_true(at != SIZE_MAX);
        str bad = arena_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(str_sub(good, 0, at)), rows[i].to,
                            STR_ARG(str_from(good, at + strlen(rows[i].from))));
        struct model *m = NULL;
        struct err e = {0};
        if (model_load(bad, &m, &e))
            fail_msg("row %zu was accepted", i);
        if (!strstr(e.msg, rows[i].want))
            fail_msg("row %zu: got '%s', want '%s'", i, e.msg, rows[i].want);
    }
}

static void test_limits(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1 << 20);
    struct model *m = NULL;
    struct err e = {0};
    buf_addz(
        &b,
        "<Edmx><DataServices><Schema Namespace='N'><ComplexType Name='C0'><Property Name='P' Type='Edm.Int32'/>"
        "</ComplexType>");
    for (int i = 1; i < 40; i++) /* doubles with every step */
        buf_addf(
            &b,
            "<ComplexType Name='C%d'><Property Name='A' Type='N.C%d'/><Property Name='B' Type='N.C%d'/></ComplexType>",
            i, i - 1, i - 1);
    buf_addz(&b, "<EntityContainer Name='C'/></Schema></DataServices></Edmx>");
    assert_false(model_load(buf_str(&b), &m, &e));
    assert_non_null(strstr(e.msg, "too many properties"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_service),
        cmocka_unit_test(test_metadata_has_no_trace_of_us),
        cmocka_unit_test(test_stranger_is_served_from_tables),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_limits),
    };
    return RUN(tests);
}
