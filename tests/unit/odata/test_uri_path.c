#include "fake.h"

#include "format/xml.h"
#include "odata/uri_path.h"

static void test_paths(void **state)
{
    (void)state;
    enum { COUNTED = 1, VALUE = 2, LINKS = 4 };
    static const struct {
        const char *path;
        enum uri_kind kind;
        size_t steps;
        int flags;
    } rows[] = {
        {"",                                          URI_SERVICE,  0, 0              },
        {"/",                                         URI_SERVICE,  0, 0              },
        {"$metadata",                                 URI_METADATA, 0, 0              },
        {"$batch",                                    URI_BATCH,    0, 0              },
        {"Authors",                                   URI_FEED,     1, 0              },
        {"Authors/",                                  URI_FEED,     1, 0              },
        {"Authors()",                                 URI_FEED,     1, 0              },
        {"C.Authors",                                 URI_FEED,     1, 0              },
        {"Authors/$count",                            URI_FEED,     1, COUNTED        },
        {"Authors('a')",                              URI_ENTITY,   1, 0              },
        {"Authors(Id='a,b=(c)')",                     URI_ENTITY,   1, 0              },
        {"Authors%28%27a%2Fb%27%29",                  URI_ENTITY,   1, 0              },
        {"Authors('a')/$count",                       URI_ENTITY,   1, COUNTED        },
        {"Books(No=1L,Lang='x')",                     URI_ENTITY,   1, 0              },
        {"Books( Lang = 'x' , No = 1 )",              URI_ENTITY,   1, 0              },
        {"Authors('a')/Books",                        URI_FEED,     2, 0              },
        {"Authors('a')/Books(No=1L,Lang='x')/Author", URI_ENTITY,   3, 0              },
        {"Authors('a')/Born/City",                    URI_PROPERTY, 1, 0              },
        {"Authors('a')/Born/City/$value",             URI_PROPERTY, 1, VALUE          },
        {"Authors('a')/$links/Books",                 URI_FEED,     2, LINKS          },
        {"Authors('a')/$links/Books/$count",          URI_FEED,     2, LINKS | COUNTED},
        {"Shelves('a')/$value",                       URI_ENTITY,   1, VALUE          },
        {"Count",                                     URI_FUNCTION, 0, 0              },
    };
    struct err e;
    struct model *m;
    AUTO(arena) struct arena *a = arena_new();
    assert_true(model_load(str_of(library_edmx), &m, &e));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uri u;
        if (!uri_parse(m, a, str_of(rows[i].path), &u, &e))
            fail_msg("%s: %s", rows[i].path, e.msg);
        int flags = u.count * COUNTED + u.value * VALUE + u.links * LINKS;
        if (u.kind != rows[i].kind || u.steps.n != rows[i].steps || flags != rows[i].flags)
            fail_msg("%s: kind %d, %zu steps, flags %d", rows[i].path, (int)u.kind, u.steps.n,
                     flags);
    }
    struct uri u;
    assert_true(uri_parse(m, a, STR("Authors%28%27a%2Fb%27%27c%27%29"), &u, &e));
    assert_str(entity_text(u.steps.at[0].key, "Id"), "a/b'c");
    model_free(m);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum err_code code;
    } rows[] = {
        {"authors",                           ERR_NOT_FOUND  },
        {"D.Authors",                         ERR_NOT_FOUND  },
        {"Authors('a')/Nope",                 ERR_NOT_FOUND  },
        {"Authors('a')/Born/Nope",            ERR_NOT_FOUND  },
        {"Authors('a')/Born/$value",          ERR_NOT_FOUND  },
        {"Authors//Books",                    ERR_BAD_REQUEST},
        {"Authors/Books",                     ERR_BAD_REQUEST},
        {"Authors('a')/Name/X",               ERR_BAD_REQUEST},
        {"Authors('a')/Name('x')",            ERR_BAD_REQUEST},
        {"Authors('a'",                       ERR_NOT_FOUND  },
        {"Authors('a')x",                     ERR_NOT_FOUND  },
        {"Authors(a)",                        ERR_BAD_REQUEST},
        {"Authors(null)",                     ERR_BAD_REQUEST},
        {"Authors(5)",                        ERR_BAD_REQUEST},
        {"Authors('a','b')",                  ERR_BAD_REQUEST},
        {"Authors(Name='a')",                 ERR_BAD_REQUEST},
        {"Authors('a')/$value",               ERR_BAD_REQUEST},
        {"Authors('a')/$links",               ERR_BAD_REQUEST},
        {"Authors('a')/$links/Name",          ERR_BAD_REQUEST},
        {"Authors('a')/$links/Books/x",       ERR_BAD_REQUEST},
        {"Authors/$count/x",                  ERR_BAD_REQUEST},
        {"$metadata/x",                       ERR_BAD_REQUEST},
        {"Books(No=1L)",                      ERR_BAD_REQUEST},
        {"Books(No=1L,No=2L)",                ERR_BAD_REQUEST},
        {"Books(No=1L,Lang='x',X=1)",         ERR_BAD_REQUEST},
        {"Books(1L,'x')",                     ERR_BAD_REQUEST},
        {"Books(No=1L,Lang='x')/Author('a')", ERR_BAD_REQUEST},
        {"%zz",                               ERR_BAD_REQUEST},
        {"%ff",                               ERR_BAD_REQUEST},
    };
    struct err e;
    struct model *m;
    AUTO(arena) struct arena *a = arena_new();
    assert_true(model_load(str_of(library_edmx), &m, &e));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uri u;
        if (uri_parse(m, a, str_of(rows[i].path), &u, &e) || e.code != rows[i].code)
            fail_msg("%s: not refused as expected (%s)", rows[i].path, e.msg);
    }
    model_free(m);
}

int main(void)
{
    xml_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_refused),
    };
    return RUN(tests);
}
