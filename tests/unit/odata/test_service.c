#include "fake.h"

static struct world w;

static int setup(void **state)
{
    (void)state;
    world_open(&w);
    assert_int_equal(
        post(&w, "Authors",
             "{\"d\":{\"Id\":\"a b\",\"Name\":\"Anna\",\"Born\":{\"City\":\"Ulm\",\"Year\":1900},"
             "\"Secret\":\"x\"}}")
            .status,
        201);
    assert_int_equal(post(&w, "Authors", "{\"Id\":\"o'c\",\"Born\":{}}").status, 201);
    static const char *const books[] = {
        "{\"No\":\"1\",\"Lang\":\"en\",\"Title\":\"One\",\"Pages\":10,\"Price\":\"9.50\",\"AuthorId\":\"a b\",\"Rare\":true,"
        "\"Printed\":\"/Date(86400000)/\"}",
        "{\"No\":1,\"Lang\":\"de\",\"Title\":\"Eins\",\"Pages\":20,\"Price\":\"10\",\"AuthorId\":\"a b\",\"Weight\":1.5}",
        "{\"No\":2,\"Lang\":\"en\",\"Title\":null,\"Pages\":30,\"AuthorId\":\"o'c\"}",
        "{\"No\":3,\"Lang\":\"en\",\"Title\":\"Three\",\"Pages\":5}",
        "{\"No\":4,\"Lang\":\"en\",\"Title\":\"Four\",\"Pages\":5}",
        "{\"No\":5,\"Lang\":\"en\",\"Title\":\"Five\",\"Pages\":7}",
    };
    for (size_t i = 0; i < COUNT(books); i++)
        assert_int_equal(post(&w, "Books", books[i]).status, 201);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

#define A_B                                                                                                        \
    "{\"__metadata\":{\"id\":\"http://h:1/lib/Authors('a%20b')\",\"uri\":\"http://h:1/lib/Authors('a%20b')\","     \
    "\"type\":\"LIB.Author\"},\"Id\":\"a b\",\"Name\":\"Anna\",\"Born\":{\"__metadata\":{\"type\":\"LIB.Place\"}," \
    "\"City\":\"Ulm\",\"Year\":1900},\"Secret\":null,\"Books\":"

static void test_entity(void **state)
{
    (void)state;
    struct answer r = get(&w, "Authors('a%20b')");
    assert_int_equal(r.status, 200);
    assert_string_equal(r.type, "application/json");
    assert_body(r, "{\"d\":" A_B
                   "{\"__deferred\":{\"uri\":\"http://h:1/lib/Authors('a%20b')/Books\"}}}}");
    r = get(&w, "Books(Lang='en',No=1L)?$select=No,Lang,Pages,Price,Printed,Rare,Weight,Author");
    assert_body(
        r,
        "{\"d\":{\"__metadata\":{\"id\":\"http://h:1/lib/Books(No=1L,Lang='en')\",\"uri\":\"http://h:1/lib/"
        "Books(No=1L,Lang='en')\",\"type\":\"LIB.Book\"},\"No\":\"1\",\"Lang\":\"en\",\"Pages\":10,\"Rare\":true,"
        "\"Price\":\"9.50\",\"Weight\":null,\"Printed\":\"\\/Date(86400000)\\/\",\"Author\":{\"__deferred\":{\"uri\":"
        "\"http://h:1/lib/Books(No=1L,Lang='en')/Author\"}}}}");
    assert_has(get(&w, "Authors%28%27o%27%27c%27%29"),
               "\"uri\":\"http://h:1/lib/Authors('o''c')\"");
}

static void test_absent_and_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int status;
        const char *code, *text;
    } rows[] = {
        {"Authors('x')",         404, "Not Found",       "Requested entity could not be found."                       },
        {"Nope",                 404, "Not Found",       "Could not find an entity set or function import for 'Nope'."},
        {"Authors('x')/Nope",    404, "Not Found",       "Could not find property with name: 'Nope'."                 },
        {"Authors('x')/Books",   404, "Not Found",       "Requested entity could not be found."                       },
        {"Authors(1)",           400, "Bad Request",     "Format of '1' is not compatible with 'Id'."                 },
        {"Authors('x",           404, "Not Found",       "Could not match segment: 'Authors('x'."                     },
        {"Books(1L)",            400, "Bad Request",     "Missing key predicate name for key: '1L'."                  },
        {"Authors?$foo=1",       400, "Bad Request",     "Invalid system query option: '$foo'."                       },
        {"Authors?$top=-1",      400, "Bad Request",     "Provided value '-1' must not be negative."                  },
        {"Authors('x')?$top=1",  400, "Bad Request",
         "System query option '$top' is not compatible with the return type."                                         },
        {"Few?$skip=1",          501, "Not Implemented", "The query option $skip is not supported"                    },
        {"Few/$count",           501, "Not Implemented", "$count is not supported"                                    },
        {"Few(No=1L,Lang='en')", 501, "Not Implemented",
         "The entity set 'Few' cannot be read directly."                                                              },
        {"Shelves",              501, "Not Implemented",
         "The entity set 'Shelves' can only be reached through a navigation."                                         },
        {"Closed",               501, "Not Implemented", "The entity set 'Closed' is not supported."                  },
        {"Nothing",              501, "Not Implemented", "The function import 'Nothing' is not supported."            },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer r = get(&w, rows[i].path);
        str want = arena_fmt(
            w.a, "{\"error\":{\"code\":\"%s\",\"message\":{\"lang\":\"en\",\"value\":\"%s\"}}}",
            rows[i].code, rows[i].text);
        assert_body(r, want.p);
        assert_int_equal(r.status, rows[i].status);
    }
}

static void test_error_formats(void **state)
{
    (void)state;
    struct answer r = ask(&w, "GET", "Authors('x')", NULL, NULL, NULL);
    assert_string_equal(r.type, "application/xml");
    assert_body(
        r,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><error xmlns=\"http://schemas.microsoft.com/ado/2007/08/"
        "dataservices/metadata\"><code>Not Found</code><message xml:lang=\"en\">Requested entity could not be "
        "found.</message></error>");
    assert_has(ask(&w, "GET", "Authors('x')?$format=json", "*/*", NULL, NULL), "{\"error\":");
    w.deny = true;
    r = get(&w, "Books(No=1L,Lang='en')/Shelves");
    w.deny = false;
    assert_int_equal(r.status, 403);
    assert_body(
        r, "{\"error\":{\"code\":\"Forbidden\",\"message\":{\"lang\":\"en\",\"value\":null}}}");
}

static void test_negotiation(void **state)
{
    (void)state;
    static const struct {
        const char *path, *accept, *type;
    } rows[] = {
        {"Authors",              NULL,                                        "application/atom+xml;type=feed;charset=utf-8"},
        {"Authors",              "*/*",                                       "application/atom+xml;type=feed;charset=utf-8"},
        {"Authors",              "application/json, text/plain, */*",         "application/json"                            },
        {"Authors('a%20b')",     "application/xml;q=0.5,application/json",    "application/json"                            },
        {"Authors('a%20b')",     "text/html,application/xml;q=0.9,*/*;q=0.8",
         "application/xml;charset=utf-8"                                                                                    },
        {"Authors?$format=json", "application/xml",                           "application/json"                            },
        {"$metadata",            "*/*",                                       "application/xml;charset=utf-8"               },
        {"",                     "*/*",                                       "application/atomsvc+xml;charset=utf-8"       },
        {"Authors/$count",       "image/png",                                 "text/plain;charset=utf-8"                    },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer r = ask(&w, "GET", rows[i].path, rows[i].accept, NULL, NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.type, rows[i].type);
    }
    assert_int_equal(ask(&w, "GET", "Authors", "image/png", NULL, NULL).status, 406);
    assert_int_equal(ask(&w, "GET", "Authors?$format=png", NULL, NULL, NULL).status, 406);
    assert_int_equal(ask(&w, "GET", "Authors", "a/b;q=2", NULL, NULL).status, 400);
    assert_body(get(&w, ""), "{\"d\":{\"EntitySets\":[\"Authors\",\"Books\",\"Shelves\"]}}");
    assert_true(!strstr(get(&w, "$metadata").body, "tm:"));
}

static void test_atom(void **state)
{
    (void)state;
    struct answer r = ask(&w, "GET", "Books?$filter=No eq 1&$expand=Author&$inlinecount=allpages",
                          NULL, NULL, NULL);
    assert_has(r, "<m:count>2</m:count>");
    assert_has(r, "<link href=\"Books(No=1L,Lang='de')\" rel=\"edit\" title=\"Book\"/>");
    assert_has(r, "title=\"Author\" type=\"application/atom+xml;type=entry\"><m:inline><entry>");
    assert_has(r, "<d:Price m:type=\"Edm.Decimal\">9.50</d:Price><d:Weight m:null=\"true\"/>");
    assert_has(r, "<d:Born m:type=\"LIB.Place\"><d:City>Ulm</d:City>");
    r = ask(&w, "GET", "Books(No=1L,Lang='en')/Shelves", NULL, NULL, NULL);
    assert_has(
        r,
        "<content src=\"Shelves('S1')/$value\" type=\"application/octet-stream\"/><m:properties>");
}

static void test_paging(void **state)
{
    (void)state;
    struct answer r = get(&w, "Books?$inlinecount=allpages&$select=No&$skip=1");
    assert_true(str_starts(str_of(r.body), STR("{\"d\":{\"__count\":\"6\",\"results\":[")));
    assert_has(
        r,
        ",\"__next\":\"http://h:1/lib/Books?$inlinecount=allpages&$select=No&$skiptoken=k4L,'en'\"}}");
    r = get(&w, "Books?$select=No&$skiptoken=k4L,'en'");
    assert_has(r, "\"No\":\"5\"");
    assert_null(strstr(r.body, "__next"));
    assert_null(strstr(r.body, "\"No\":\"4\""));
    assert_has(get(&w, "Books?$orderby=Title%20desc&$top=5"),
               "$orderby=Title%20desc&$top=1&$skiptoken=k'Five',5L,'en'");
    assert_has(get(&w, "Books?$orderby=Title+desc&$skiptoken=k'Five',5L,'en'"),
               "\"Title\":\"Eins\"");
    assert_has(get(&w, "Books?$orderby=Title&$skiptoken=knull,2L,'en'"), "\"Title\":\"Eins\"");
    assert_has(get(&w, "Copies"), "Copies?$skiptoken=4%3A3L,'en'\"");
    assert_has(get(&w, "Copies?$skiptoken=4"), "\"No\":\"4\"");
    assert_has(get(&w, "Few"), "$skiptoken=");
    assert_int_equal(get(&w, "Books?$skiptoken=x").status, 400);
    assert_body(get(&w, "Books/$count"), "6");
    assert_body(get(&w, "Books/$count?$filter=Pages%20lt%2010&$top=2"), "2");
    assert_body(get(&w, "Copies/$count?$filter=Pages%20lt%2010"), "3");
    assert_body(get(&w, "Books(No=1L,Lang='en')/$count"), "1");
}

static void test_filter_and_order(void **state)
{
    (void)state;
    static const struct {
        const char *filter, *titles;
    } rows[] = {
        {"Author/Name eq 'Anna'",                  "Eins One "       },
        {"Author/Born/City eq 'Ulm' and No eq 1",  "Eins One "       },
        {"Author eq null",                         "Five Four Three "},
        {"Price gt 9.75M",                         "Eins "           },
        {"Price mul 2 eq 19",                      "One "            },
        {"startswith(Title,'F')",                  "Five Four "      },
        {"substringof('e',Title) and not Rare",    ""                },
        {"not (Rare eq true) and Title ne 'Eins'", "Five Four Three "},
        {"year(Printed) eq 1970",                  "One "            },
        {"Title gt 'P'",                           "Three "          },
        {"length(concat(Title,'x')) eq 4",         "One "            },
        {"Weight eq 1.5D",                         "Eins "           },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int memory = 0; memory < 2; memory++) {
            str path =
                arena_fmt(w.a, "%s?$orderby=Title&$select=Title&$filter=Title ne null and (%s)",
                          memory ? "Copies" : "Books", rows[i].filter);
            struct answer r = get(&w, path.p);
            AUTO(buf) struct buf got = BUF(1000);
            for (const char *at = r.body; (at = strstr(at, "\"Title\":\"")); at++)
                buf_addf(&got, "%.*s ", (int)strcspn(at + 9, "\""), at + 9);
            buf_add_char(&got, '\0');
            if (strcmp(got.p, rows[i].titles))
                fail_msg("%s %s: got '%s', want '%s'", rows[i].filter, memory ? "(memory)" : "",
                         got.p, rows[i].titles);
        }
}

static void test_expand(void **state)
{
    (void)state;
    struct answer r = get(
        &w,
        "Authors?$expand=Books/Shelves,Books/Author&$select=Id,Books/No,Books/Shelves/Width,Books/Author/Name");
    assert_has(
        r,
        "\"Books\":{\"results\":[{\"__metadata\":{\"id\":\"http://h:1/lib/Books(No=1L,Lang='de')\"");
    assert_has(r, "\"No\":\"1\",\"Author\":{\"__metadata\":{");
    assert_has(r, "\"Name\":\"Anna\"}");
    assert_has(r, "\"Width\":22}]}}");
    r = get(&w, "Books(No=3L,Lang='en')?$expand=Author&$select=No,Author");
    assert_has(r, "\"No\":\"3\",\"Author\":null}}");
    assert_int_equal(get(&w, "Books?$expand=Title").status, 400);
    assert_int_equal(get(&w, "Books?$expand=Nope").status, 404);
    assert_int_equal(get(&w, "Books(No=1L,Lang='en')?$filter=Pages%20eq%2011").status, 404);
    assert_int_equal(get(&w, "Books(No=1L,Lang='en')?$filter=Author/Name%20eq%20'Anna'").status,
                     200);
}

/* Books of an author of a book of ...: grows by the number of books with every step. */
static void test_endless_expand(void **state)
{
    (void)state;
    struct world small;
    world_open(&small);
    post(&small, "Authors", "{\"Id\":\"a\"}");
    for (int i = 0; i < 60; i++)
        post(&small, "Books",
             arena_fmt(small.a, "{\"No\":%d,\"Lang\":\"en\",\"Pages\":1,\"AuthorId\":\"a\"}", i).p);
    assert_int_equal(get(&small, "Authors?$expand=Books/Author/Books/Author").status, 200);
    assert_int_equal(
        get(&small, "Authors?$expand=Books/Author/Books/Author/Books/Author/Books/Author").status,
        413);
    assert_int_equal(
        get(&small, "Authors?$expand=Books/Author/Books/Author/Books/Author/Books/Author/Books")
            .status,
        400);
    world_close(&small);
}

static void test_navigation(void **state)
{
    (void)state;
    assert_has(get(&w, "Authors('a%20b')/Books(No=1L,Lang='de')/Author?$select=Name"),
               "\"Name\":\"Anna\"");
    assert_int_equal(get(&w, "Authors('a%20b')/Books(No=2L,Lang='en')").status, 404);
    assert_int_equal(get(&w, "Books(No=3L,Lang='en')/Author").status, 404);
    assert_body(get(&w, "Authors('a%20b')/Books/$count"), "2");
    assert_has(get(&w, "Books(No=2L,Lang='en')/Shelves?$filter=Width%20eq%2022"), "\"Id\":\"S2\"");
    assert_has(get(&w, "Books(No=2L,Lang='en')/Shelves('S1')"),
               "\"media_src\":\"http://h:1/lib/Shelves('S1')/$value\"");
    assert_int_equal(get(&w, "Books(No=2L,Lang='en')/Shelves('S9')").status, 404);
    assert_body(get(&w, "Books(No=2L,Lang='en')/Pages"), "{\"d\":{\"Pages\":30}}");
    assert_body(get(&w, "Books(No=2L,Lang='en')/Pages/$value"), "30");
    assert_body(get(&w, "Authors('a%20b')/Born/City/$value"), "Ulm");
    assert_body(
        get(&w, "Authors('a%20b')/$links/Books"),
        "{\"d\":[{\"uri\":\"http://h:1/lib/Books(No=1L,Lang='de')\"},{\"uri\":\"http://h:1/lib/Books(No=1L,Lang='en')\"}]}");
    assert_body(get(&w, "Books(No=2L,Lang='en')/$links/Author"),
                "{\"d\":{\"uri\":\"http://h:1/lib/Authors('o''c')\"}}");
}

static struct answer send(const char *method, const char *path, const char *json)
{
    return ask(&w, method, path, "application/json", "application/json", json);
}

static void test_writes(void **state)
{
    (void)state;
    struct answer r =
        send("POST", "Authors('o''c')/Books", "{\"No\":9,\"Lang\":\"fr\",\"Pages\":1}");
    assert_int_equal(r.status, 201);
    assert_string_equal(r.location, "http://h:1/lib/Books(No=9L,Lang='fr')");
    assert_has(r, "\"AuthorId\":\"o'c\"");
    assert_int_equal(send("POST", "Books", "{\"No\":9,\"Lang\":\"fr\",\"Pages\":1}").status, 409);
    assert_int_equal(send("MERGE", "Books(No=9L,Lang='fr')", "{\"Title\":\"Neuf\"}").status, 202);
    assert_has(get(&w, "Books(No=9L,Lang='fr')"), "\"Title\":\"Neuf\",\"Pages\":1");
    assert_int_equal(send("PUT", "Books(No=9L,Lang='fr')", "{\"Pages\":2}").status, 202);
    assert_has(get(&w, "Books(No=9L,Lang='fr')"), "\"Title\":null,\"Pages\":2");
    assert_int_equal(send("PUT", "Books(No=9L,Lang='fr')/Title", "{\"Title\":\"X\"}").status, 202);
    assert_int_equal(
        ask(&w, "PUT", "Books(No=9L,Lang='fr')/Pages/$value", NULL, "text/plain", "77").status,
        202);
    assert_has(get(&w, "Books(No=9L,Lang='fr')"), "\"Title\":\"X\",\"Pages\":77");
    assert_int_equal(send("PUT", "Books(No=9L,Lang='fr')/No", "{\"No\":1}").status, 405);
    assert_int_equal(send("DELETE", "Books(No=9L,Lang='fr')", NULL).status, 202);
    assert_int_equal(send("DELETE", "Books(No=9L,Lang='fr')", NULL).status, 404);
    assert_int_equal(send("MERGE", "Books(No=9L,Lang='fr')", "{\"Pages\":1}").status, 404);
    assert_int_equal(send("POST", "Books(No=1L,Lang='en')", "{}").status, 405);
    assert_int_equal(send("DELETE", "Books", NULL).status, 405);
    assert_int_equal(send("POST", "Copies", "{}").status, 405);
    assert_int_equal(ask(&w, "POST", "Books", NULL, "text/csv", "1").status, 415);
}

static void test_bad_bodies(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "[]",
        "{\"Id\":\"n\",\"Nope\":1}",
        "{\"Id\":5}",
        "{\"Id\":null}",
        "{\"Name\":\"no key\"}",
        "{\"Id\":\"n\",\"Name\":\"longer than ten\"}",
        "{\"Id\":\"n\",\"Born\":{\"Year\":\"9\"}}",
        "{\"Id\":\"n\",\"Born\":{\"Year\":99999999999}}",
        "{\"Id\":\"n\",\"Born\":{\"Year\":1.5}}",
        "{\"Id\":\"n\",\"Born\":null}",
        "{\"Id\":\"n\",\"Born\":{\"Nope\":1}}",
        "{\"Id\":\"n\",\"Id\":\"n\"}",
        "{\"Id\":\"n\",\"Books\":5}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++)
        if (send("POST", "Authors", bodies[i]).status != 400)
            fail_msg("accepted: %s", bodies[i]);
    assert_int_equal(
        send("POST", "Books", "{\"No\":8,\"Lang\":\"x\",\"Pages\":1,\"Price\":\"1.234\"}").status,
        400);
    assert_int_equal(
        send("POST", "Books", "{\"No\":8,\"Lang\":\"x\",\"Pages\":1,\"Rare\":1}").status, 400);
}

static void test_deep_insert_and_links(void **state)
{
    (void)state;
    assert_int_equal(send("POST", "Authors",
                          "{\"Id\":\"deep\",\"Books\":[{\"No\":20,\"Lang\":\"en\",\"Pages\":1},"
                          "{\"No\":21,\"Lang\":\"en\",\"Pages\":1}]}")
                         .status,
                     201);
    assert_body(get(&w, "Authors('deep')/Books/$count"), "2");
    assert_has(
        send(
            "POST", "Authors",
            "{\"Id\":\"deep2\",\"Books\":{\"results\":[{\"No\":30,\"Lang\":\"en\",\"Pages\":1}]}}"),
        "\"Books\":{\"results\":[{\"__metadata\":{\"id\":\"http://h:1/lib/Books(No=30L,Lang='en')\"");
    assert_int_equal(
        send("POST", "Books",
             "{\"No\":22,\"Lang\":\"en\",\"Pages\":1,\"Author\":{\"__metadata\":{\"uri\":"
             "\"http://h:1/lib/Authors('deep')\"}}}")
            .status,
        201);
    assert_body(get(&w, "Authors('deep')/Books/$count"), "3");
    assert_int_equal(send("DELETE", "Authors('deep')/$links/Books(No=20L,Lang='en')", NULL).status,
                     204);
    assert_int_equal(send("DELETE", "Books(No=21L,Lang='en')/$links/Author", NULL).status, 204);
    assert_body(get(&w, "Authors('deep')/Books/$count"), "1");
    assert_int_equal(
        send("PUT", "Books(No=21L,Lang='en')/$links/Author", "{\"uri\":\"Authors('a%20b')\"}")
            .status,
        204);
    assert_int_equal(
        send("POST", "Authors('deep')/$links/Books", "{\"uri\":\"Books(No=20L,Lang='en')\"}")
            .status,
        204);
    assert_int_equal(
        ask(&w, "PUT", "Books(No=21L,Lang='en')/$links/Author", NULL, "text/plain", "<uri/>")
            .status,
        415);
    assert_int_equal(
        ask(&w, "PUT", "Books(No=21L,Lang='en')/$links/Author", NULL, "application/xml", "<uri/>")
            .status,
        400);
    assert_body(get(&w, "Books(No=21L,Lang='en')/Author/Id/$value"), "a b");
    assert_body(get(&w, "Books(No=20L,Lang='en')/Author/Id/$value"), "deep");
}

static void test_hooks(void **state)
{
    (void)state;
    assert_int_equal(
        send("PUT", "Books(No=1L,Lang='en')/$links/Shelves('S1')", "{\"Width\":5}").status, 202);
    struct answer r = send("PUT", "Books(No=1L,Lang='en')/$links/Shelves('S1')", "{\"Width\":6}");
    assert_int_equal(r.status, 409);
    assert_has(r, "\"value\":\"width 6\"");
    r = ask(&w, "GET", "Books(No=1L,Lang='en')/Shelves('S1')/$value", NULL, NULL, NULL);
    assert_body(r, "PNG");
    assert_string_equal(r.type, "image/png");
    assert_string_equal(r.disposition, "attachment; filename=\"s1.png\"");
    r = ask(&w, "GET", "Books(No=1L,Lang='en')/Shelves('S2')/$value", "*/*", NULL, NULL);
    assert_int_equal(r.status, 404);
    assert_has(r, "<code>Not Found</code>");
    assert_int_equal(
        ask(&w, "PUT", "Books(No=1L,Lang='en')/Shelves('S1')/$value", NULL, "image/png", "abc")
            .status,
        202);
    assert_int_equal(
        ask(&w, "PUT", "Books(No=1L,Lang='en')/Shelves('S1')/$value", NULL, "text/plain", "abc")
            .status,
        415);
}

static void test_functions(void **state)
{
    (void)state;
    assert_body(get(&w, "Count?lang='it''s'&max=5"), "{\"d\":{\"Count\":9}}");
    assert_body(get(&w, "Count?lang='x'&double='it''s'"), "{\"d\":{\"Count\":2}}");
    assert_has(ask(&w, "GET", "Count?lang='x'", NULL, NULL, NULL), ">1</Count>");
    assert_int_equal(get(&w, "Count").status, 400);
    assert_int_equal(get(&w, "Count?lang=x").status, 400);
    assert_int_equal(get(&w, "Count?lang=5").status, 400);
    assert_int_equal(get(&w, "Count?lang='x'&max='5'").status, 400);
    assert_int_equal(post(&w, "Count?lang='x'", "").status, 405);
    struct answer r = ask(&w, "POST", "Print", NULL, NULL, NULL);
    assert_int_equal(r.status, 202);
    assert_body(r, "job-1");
    assert_body(get(&w, "Long/$count?$filter=Pages%20gt%2015"), "2");
    assert_has(get(&w, "Long(No=1L,Lang='de')?$select=Pages"), "\"Pages\":20}}");
    assert_int_equal(get(&w, "Long(No=1L,Lang='xx')").status, 404);
    assert_int_equal(get(&w, "Long?$top=1&$orderby=Pages%20desc").status, 200);
    assert_int_equal(get(&w, "Count/x").status, 400);
    assert_has(get(&w, "Longest?$select=Pages&$expand=Author"), "\"Pages\":30}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entity),
        cmocka_unit_test(test_absent_and_unknown),
        cmocka_unit_test(test_error_formats),
        cmocka_unit_test(test_negotiation),
        cmocka_unit_test(test_atom),
        cmocka_unit_test(test_paging),
        cmocka_unit_test(test_filter_and_order),
        cmocka_unit_test(test_expand),
        cmocka_unit_test(test_endless_expand),
        cmocka_unit_test(test_navigation),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_deep_insert_and_links),
        cmocka_unit_test(test_hooks),
        cmocka_unit_test(test_functions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
