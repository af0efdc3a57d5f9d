#include "../test.h"

#include <stdio.h>

#include "model/model.h"

static struct model *load(const char *edmx)
{
    struct model *m = NULL;
    struct err e = {0};
    if (!model_load(str_of(edmx), &m, &e))
        fail_msg("%s", e.msg);
    return m;
}

#define HEAD                                                                    \
    "<edmx:Edmx xmlns:edmx='http://schemas.microsoft.com/ado/2007/06/edmx' "    \
    "xmlns:m='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata'>" \
    "<edmx:DataServices><Schema Namespace='/X/ONE' Alias='Self'>"
#define TAIL "</Schema></edmx:DataServices></edmx:Edmx>"
#define KEY(n) "<Key><PropertyRef Name='" n "'/></Key><Property Name='" n "' Type='Edm.String'/>"

static void test_names_that_fall_together(void **state)
{
    (void)state;
    struct model *m = load(HEAD
                           "<EntityType Name='Doc' m:HasStream='true'>" KEY("Id") "<Property Name='ID' Type='Edm.Int32'/>"
                           "<Property Name='MediaType' Type='Edm.String'/>"
                           "<Property Name='At' Type='Self.Point'/><Property Name='AtX' Type='Edm.Int32'/></EntityType>"
                           "<EntityType Name='DOC'>" KEY("Id") "</EntityType>"
                           "<EntityType Name='StoreVersion'>" KEY("Id") "</EntityType>"
                           "<ComplexType Name='Point'><Property Name='X' Type='Edm.Int32'/></ComplexType>"
                           "<EntityContainer Name='C'><EntitySet Name='Docs' EntityType='/X/ONE.Doc'/></EntityContainer>" TAIL);
    const struct model_type *doc = model_type_named(m, STR("Self.Doc"));
    assert_ptr_equal(doc, model_type_named(m, STR("/X/ONE.Doc")));
    assert_str(doc->table, "doc");
    assert_str(model_type_named(m, STR("DOC"))->table, "doc_2");
    assert_str(model_type_named(m, STR("StoreVersion"))->table, "t_store_version");
    assert_str(doc->slots.at[0].column, "id");
    assert_str(doc->slots.at[1].column, "id_2");
    assert_str(doc->slots.at[3].column, "at_x");
    assert_str(doc->slots.at[4].column, "at_x_2");
    assert_int_equal(doc->media_slot, 5);
    assert_str(doc->slots.at[5].column, "media_type_2");
    assert_true(doc->slots.at[5].property->hidden);
    model_free(m);
}

#define ASSOCIATION(name, a, am, b, bm)                                     \
    "<Association Name='" name "'><End Type='Self." a "' Multiplicity='" am \
    "' Role='a'/>"                                                          \
    "<End Type='Self." b "' Multiplicity='" bm "' Role='b'/></Association>"
#define NAV(name, association, from, to)                                                      \
    "<NavigationProperty Name='" name "' Relationship='Self." association "' FromRole='" from \
    "' ToRole='" to "'/>"

static void test_associations_without_a_constraint(void **state)
{
    (void)state;
    struct model *m = load(
        HEAD "<EntityType Name='Order'>" KEY("Order") NAV("Items", "OI", "a", "b") NAV("Peers", "PP", "a", "b")
        NAV("Notes", "ON", "a", "b") "</EntityType>"
        "<EntityType Name='Item'><Key><PropertyRef Name='Order'/><PropertyRef Name='No'/></Key>"
        "<Property Name='Order' Type='Edm.String'/><Property Name='No' Type='Edm.Int32'/>"
        NAV("Parent", "OI", "b", "a") "</EntityType>"
        "<EntityType Name='Note'>" KEY("Id") NAV("Of", "ON", "b", "a") "</EntityType>"
        "<EntityType Name='LongNote' BaseType='Self.Note'/>"
        ASSOCIATION("OI", "Order", "1", "Item", "*") ASSOCIATION("PP", "Order", "*", "Order", "*")
        ASSOCIATION("ON", "Order", "0..1", "Note", "*")
        "<EntityContainer Name='C'><EntitySet Name='Orders' EntityType='Self.Order'/>"
        "<EntitySet Name='Items' EntityType='Self.Item'/><EntitySet Name='Notes' EntityType='Self.Note'/></EntityContainer>" TAIL);
    const struct model_type *order = model_type_named(m, STR("Order")),
                            *item = model_type_named(m, STR("Item")),
                            *note = model_type_named(m, STR("Note")),
                            *longer = model_type_named(m, STR("LongNote"));
    const struct model_nav *items = model_nav_named(order, STR("Items"));
    assert_int_equal(items->joins.n, 1); /* by the equal name */
    assert_int_equal(items->joins.at[0].theirs, model_slot_named(item, STR("Order")));
    assert_ptr_equal(items->set, model_set_named(m, STR("Items")));
    const struct model_nav *notes = model_nav_named(order, STR("Notes")),
                           *of = model_nav_named(note, STR("Of"));
    assert_int_equal(notes->joins.n, 1); /* by a hidden column */
    assert_int_equal(notes->joins.at[0].theirs, of->joins.at[0].own);
    assert_true(note->slots.at[of->joins.at[0].own].property->hidden);
    assert_int_equal(note->indexes.n, 1);
    assert_int_equal(model_nav_named(longer, STR("Of"))->joins.n, 1);
    const struct model_nav *peers = model_nav_named(order, STR("Peers"));
    assert_int_equal(peers->joins.n, 0); /* many to many: in a table of links */
    assert_true(model_nav_kept(peers) && peers->links == m->links.at[0] && m->links.n == 1);
    assert_str(peers->links->table, "links_pp");
    assert_ptr_equal(peers->links->ends[peers->end], order);
    assert_true(peers->end == 0 && peers->links->many[0] && peers->links->many[1]);
    model_free(m);
}

static void test_functions_without_a_set(void **state)
{
    (void)state;
    struct model *m =
        load(HEAD "<EntityType Name='Doc'>" KEY("Id") "</EntityType><EntityType Name='Lost'>" KEY(
            "Id") "</EntityType>"
                  "<EntityContainer Name='C'><EntitySet Name='Docs' EntityType='Self.Doc'/>"
                  "<FunctionImport Name='Find' ReturnType='Self.Doc'/><FunctionImport Name='Lose' ReturnType='Self.Lost'/>"
                  "</EntityContainer>" TAIL);
    assert_ptr_equal(model_function_named(m, STR("Find"))->set, model_set_named(m, STR("Docs")));
    /* What it finds has an address: a set that no document lists. */
    const struct model_set *home = model_function_named(m, STR("Lose"))->set;
    assert_str(home->name, "Lost");
    assert_false(home->in_service_document);
    model_free(m);
}

static void test_types_without_a_set(void **state)
{
    (void)state;
    struct model *m = load(HEAD "<EntityType Name='Doc'>" KEY("Id") NAV(
        "Pages", "DP", "a",
        "b") "</EntityType>"
             "<EntityType Name='Page'>" KEY(
                 "Id") "</EntityType>"
                       "<EntityType Name='Unused'>" KEY("Id") "</EntityType>" ASSOCIATION(
                           "DP", "Doc", "1", "Page",
                           "*") "<EntityContainer Name='C'><EntitySet Name='Docs' EntityType='Self.Doc'/></EntityContainer>" TAIL);
    const struct model_nav *pages = model_nav_named(model_type_named(m, STR("Doc")), STR("Pages"));
    assert_str(pages->set->name, "Page");
    assert_int_equal(m->sets.n, 2);
    model_free(m);
}

/* What a document gets wrong is left out and said; the rest is served. */
static void test_mistakes_are_left_out(void **state)
{
    (void)state;
    struct model *m = load(
        HEAD "<EntityType Name='T'>" KEY("Id") "<Property Name='X' Type='Edm.Int32'/><Property Name='X' Type='Edm.String'/>"
        "<Property Name='Shape' Type='Edm.GeographyPoint'/>" NAV("Gone", "Nowhere", "a", "b") "</EntityType>"
        "<EntityType Name='T'>" KEY("Other") "</EntityType>"
        "<EntityType Name='NoKey'><Property Name='A' Type='Edm.String'/></EntityType>"
        "<EntityContainer Name='C'><EntitySet Name='Ts' EntityType='Self.T'/><EntitySet Name='Ts' EntityType='Self.T'/>"
        "<EntitySet Name='Keyless' EntityType='Self.NoKey'/><EntitySet Name='Us' EntityType='Self.U'/>"
        "<FunctionImport Name='F' ReturnType='Edm.String'/><FunctionImport Name='F' ReturnType='Edm.Int32'/>"
        "<FunctionImport Name='Ts'/></EntityContainer>" TAIL);
    const struct model_type *t = model_type_named(m, STR("T"));
    assert_int_equal(t->properties.n, 2);
    assert_int_equal(model_property_named(t, STR("X"))->type, EDM_INT32);
    assert_int_equal(t->navs.n, 0);
    assert_int_equal(m->sets.n, 1);
    assert_int_equal(m->functions.n, 1);
    assert_int_equal(m->remarks.n, 10);
    assert_non_null(
        strstr(m->remarks.at[0].p, "line 1: EntityType 'T': there are two types of that name"));
    model_free(m);
}

/* Ours has no such mercy. */
static void test_our_mistakes_are_errors(void **state)
{
    (void)state;
    struct model *m = NULL;
    struct err e = {0};
    assert_false(
        model_load(STR("<Edmx xmlns:tm='urn:tidemill:odata'><DataServices><Schema Namespace='N'>"
                       "<EntityType Name='T'>" KEY(
                           "Id") "<Property Name='X' Type='Edm.Geography'/></EntityType>"
                                 "<EntityContainer Name='C'/></Schema></DataServices></Edmx>"),
                   &m, &e));
}

static void test_names_of_types(void **state)
{
    (void)state;
    struct model *m = load(
        "<Edmx><DataServices><Schema Namespace='Svc'><Using Namespace='Lib.Types' Alias='L'/>"
        "<EntityContainer Name='C'><EntitySet Name='Ts' EntityType='L.T'/></EntityContainer></Schema>"
        "<Schema Namespace='Lib.Types'><EntityType Name='T'><Key><PropertyRef Name='Id'/></Key>"
        "<Property Name='Id' Type='Int32'/></EntityType></Schema></DataServices></Edmx>");
    assert_int_equal(m->remarks.n, 0);
    assert_int_equal(model_set_named(m, STR("Ts"))->type->properties.at[0].type, EDM_INT32);
    model_free(m);
}

/* As tutorials have it: no name of the container, namespaces of another example. */
static void test_namespaces_of_another_document(void **state)
{
    (void)state;
    struct model *m = load(HEAD "<EntityType Name='A'>" KEY(
        "Id") "<NavigationProperty Name='Bs' Relationship='wrong.AB' FromRole='a' ToRole='b'/>"
              "</EntityType><EntityType Name='B'>" KEY(
                  "Id") "</EntityType>"
                        "<Association Name='AB'><End Role='a' Type='other.A' Multiplicity='1'/><End Role='b' Type='B' Multiplicity='*'/></Association>"
                        "<EntityContainer><EntitySet Name='As' EntityType='com.example.A'/><EntitySet Name='Bs' EntityType='B'/>"
                        "<AssociationSet Name='x' Association='elsewhere.AB'><End Role='a' EntitySet='As'/><End Role='b' EntitySet='Bs'/></AssociationSet>"
                        "</EntityContainer>" TAIL);
    assert_int_equal(m->remarks.n, 0);
    const struct model_nav *bs = model_nav_named(model_set_named(m, STR("As"))->type, STR("Bs"));
    assert_ptr_equal(bs->set, model_set_named(m, STR("Bs")));
    model_free(m);
}

static void test_several_containers(void **state)
{
    (void)state;
    struct model *m = load(HEAD "<EntityType Name='T'>" KEY(
        "Id") "</EntityType>"
              "<EntityContainer Name='Base'><EntitySet Name='Bs' EntityType='Self.T'/></EntityContainer>"
              "<EntityContainer Name='Main' Extends='Base' m:IsDefaultEntityContainer='true'>"
              "<EntitySet Name='Ms' EntityType='Self.T'/></EntityContainer>"
              "<EntityContainer Name='Last'><EntitySet Name='Ls' EntityType='Self.T'/></EntityContainer>" TAIL);
    assert_str(m->container, "Main");
    assert_int_equal(m->sets.n, 3);
    assert_non_null(map_get(&m->containers, STR("Base")));
    model_free(m);
}

/* $metadata is UTF-8, whatever the file is. */
static void test_encodings(void **state)
{
    (void)state;
    static const char latin[] =
        "<?xml version='1.0' encoding='ISO-8859-1'?><Edmx><DataServices><Schema Namespace='N'>"
        "<EntityContainer Name='Gr\xfc\xdf'/></Schema></DataServices></Edmx>";
    static const char bom[] =
        "\xef\xbb\xbf<Edmx><DataServices><Schema Namespace='N'>"
        "<EntityContainer Name='C'/></Schema></DataServices></Edmx>";
    struct model *m = load(latin);
    assert_str(m->container, "Gr\xc3\xbc\xc3\x9f");
    assert_non_null(strstr(m->metadata.p, "Gr\xc3\xbc\xc3\x9f"));
    assert_null(strstr(m->metadata.p, "8859"));
    model_free(m);
    m = load(bom);
    assert_true(str_starts(m->metadata, STR("<Edmx>")));
    model_free(m);
}

/* Names go into documents, URIs and SQL as they are. */
static void test_names_must_be_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\"b", "a b", "a/b", "a&lt;b", ""};
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[900];
        snprintf(
            text, sizeof text,
            "<Edmx><DataServices><Schema Namespace='N'><EntityType Name='T'><Key><PropertyRef Name='A'/></Key>"
            "<Property Name='A' Type='Edm.Int32'/><Property Name='%s' Type='Edm.Int32'/></EntityType>"
            "<EntityContainer Name='C'/></Schema></DataServices></Edmx>",
            bad[i]);
        struct model *m = load(text);
        assert_int_equal(model_type_named(m, STR("T"))->properties.n, 1);
        assert_int_equal(m->remarks.n, 1);
        model_free(m);
        snprintf(
            text, sizeof text,
            "<Edmx><DataServices><Schema Namespace='N'><EntityType Name='T'><Key><PropertyRef Name='A'/></Key>"
            "<Property Name='A' Type='Edm.Int32'/></EntityType><Association Name='%s'><End Type='N.T' Role='a'/>"
            "<End Type='N.T' Role='b'/></Association><EntityContainer Name='C'/></Schema></DataServices></Edmx>",
            bad[i]);
        m = load(text);
        assert_non_null(strstr(m->remarks.at[0].p, "no plain name"));
        model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_that_fall_together),
        cmocka_unit_test(test_associations_without_a_constraint),
        cmocka_unit_test(test_functions_without_a_set),
        cmocka_unit_test(test_types_without_a_set),
        cmocka_unit_test(test_mistakes_are_left_out),
        cmocka_unit_test(test_our_mistakes_are_errors),
        cmocka_unit_test(test_names_of_types),
        cmocka_unit_test(test_namespaces_of_another_document),
        cmocka_unit_test(test_several_containers),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_names_must_be_names),
    };
    return RUN(tests);
}
