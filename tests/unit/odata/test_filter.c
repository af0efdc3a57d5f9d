/* The grammar: cases of our own, and, when TIDEMILL_ODATA_SPEC names the folder of the protocol's
 * vectors, all of those. */
#include "fake.h"

#include "base/file.h"
#include "base/json.h"
#include "format/xml.h"
#include "odata/expr.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the canonical tree, as the vectors write it ---- */
static void print(struct buf *out, const struct expr *x);

static str without_zeros(str s) /* fraction of seconds */
{
    size_t point = str_find_char(s, '.', 0);
    while (point != SIZE_MAX && (s.p[s.n - 1] == '0' || s.p[s.n - 1] == '.'))
        s = str_sub(s, 0, s.n - 1);
    return s;
}

static void print_literal(struct buf *out, const struct expr *x)
{
    static const char *const suffixes = "lLmMdDfF";
    AUTO(buf) struct buf text = BUF(4096);
    str s = x->text;
    char last = s.n ? s.p[s.n - 1] : '0';
    bool zero_or_one = x->type == EDM_BOOLEAN && (last == '0' || last == '1');
    bool plain = zero_or_one || (edm_is_integer(x->type) && !strchr(suffixes, last));
    bool number = zero_or_one || edm_is_number(x->type);
    if (x->type == EDM_COUNT) {
        buf_addz(out, "[\"lit\",\"null\",null]");
        return;
    }
    if (x->type == EDM_STRING)
        s = x->value.s;
    else if (number)
        s = !zero_or_one && strchr(suffixes, last) && !str_ends(s, STR("INF"))
                ? str_sub(s, 0, s.n - 1)
                : s;
    else if (x->type == EDM_TIME)
        s = str_sub(s, 5, s.n - 1);
    else if (x->type != EDM_BINARY)
        edm_write_text(&text, x->type, x->value);
    for (size_t i = 0; x->type == EDM_BINARY && i < x->value.s.n; i++)
        buf_addf(&text, "%02X", (unsigned char)x->value.s.p[i]);
    if (text.n || x->type == EDM_BINARY)
        s = buf_str(&text);
    bool zone = x->type == EDM_DATETIMEOFFSET;
    if (x->type == EDM_DATETIME || zone)
        s = without_zeros(zone ? str_sub(s, 0, s.n - 1) : s);
    struct jw w;
    buf_addf(out, "[\"lit\",\"%s\",", plain ? "int" : edm_name(x->type));
    jw_init(&w, out);
    AUTO(buf) struct buf whole = BUF(4096);
    buf_add(&whole, s);
    buf_addz(&whole, zone ? "Z" : "");
    jw_str(&w, (str){whole.p ? whole.p : "", whole.n});
    buf_add_char(out, ']');
}

static void print(struct buf *out, const struct expr *x)
{
    switch (x->kind) {
    case EXPR_LITERAL:
        print_literal(out, x);
        return;
    case EXPR_PATH:
        buf_addf(out, "[\"prop\",\"" STR_FMT "\"]", STR_ARG(x->text));
        return;
    case EXPR_CALL:
        buf_addf(out, "[\"call\",\"%s\"", x->fn_name);
        break;
    case EXPR_NOT:
        buf_addz(out, "[\"not\"");
        break;
    case EXPR_NEG:
        buf_addz(out, "[\"neg\"");
        break;
    case EXPR_BINARY:
        buf_addf(out, "[\"%s\"", expr_op_names[x->op]);
        break;
    }
    const struct expr *sides[] = {x->left, x->right};
    for (size_t i = 0; i < 2; i++)
        if (sides[i]) {
            buf_add_char(out, ',');
            print(out, sides[i]);
        }
    for (size_t i = 0; i < x->args.n; i++) {
        buf_add_char(out, ',');
        print(out, x->args.at[i]);
    }
    buf_add_char(out, ']');
}

/* JSON without blanks, as print writes it. */
static void write_json(struct jw *w, const struct jr *v)
{
    if (v->kind == JR_NULL)
        jw_null(w);
    if (v->kind == JR_STRING)
        jw_str(w, v->s);
    if (v->kind != JR_ARRAY)
        return;
    jw_array(w);
    for (const struct jr *c = v->first; c; c = c->next)
        write_json(w, c);
    jw_array_end(w);
}

static void test_trees(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree; /* tree NULL: an error */
    } rows[] = {
        {"Pages eq 1 or Pages eq 2 and Rare",
         "[\"or\",[\"eq\",[\"prop\",\"Pages\"],[\"lit\",\"int\",\"1\"]],[\"and\",[\"eq\",[\"prop\",\"Pages\"],"
         "[\"lit\",\"int\",\"2\"]],[\"prop\",\"Rare\"]]]"                                                               },
        {"not Rare eq true",
         "[\"eq\",[\"not\",[\"prop\",\"Rare\"]],[\"lit\",\"Edm.Boolean\",\"true\"]]"                                    },
        {"Author/Born/City eq 'it''s'",
         "[\"eq\",[\"prop\",\"Author/Born/City\"],[\"lit\",\"Edm.String\",\"it's\"]]"                                   },
        {"-Pages lt -5",                      "[\"lt\",[\"neg\",[\"prop\",\"Pages\"]],[\"lit\",\"int\",\"-5\"]]"        },
        {"length( Title ) add 1 gt 2",
         "[\"gt\",[\"add\",[\"call\",\"length\",[\"prop\",\"Title\"]],[\"lit\",\"int\",\"1\"]],[\"lit\",\"int\",\"2\"]]"},
        {"Pages",                             NULL                                                                      },
        {"Pages eq",                          NULL                                                                      },
        {"Pages eq 'a'",                      NULL                                                                      },
        {"Title eq 'a",                       NULL                                                                      },
        {"(Rare",                             NULL                                                                      },
        {"Rare)",                             NULL                                                                      },
        {"Rare and",                          NULL                                                                      },
        {"nope(Title) eq 1",                  NULL                                                                      },
        {"length(Title,Title) eq 1",          NULL                                                                      },
        {"Author/Books eq 1",                 NULL                                                                      },
        {"Author/Born eq null",               NULL                                                                      },
        {"Nope eq 1",                         NULL                                                                      },
        {"Title eq 1x",                       NULL                                                                      },
        {"Title eq 'a' & 1",                  NULL                                                                      },
        {"",                                  NULL                                                                      },
    };
    struct err e;
    struct model *m;
    AUTO(arena) struct arena *a = arena_new();
    assert_true(model_load(str_of(library_edmx), &m, &e));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expr *x = NULL;
        AUTO(buf) struct buf out = BUF(10000);
        if (filter_parse(a, NULL, model_type_named(m, STR("Book")), str_of(rows[i].text), &x, &e) !=
            (rows[i].tree != NULL))
            fail_msg("%s: %s", rows[i].text, rows[i].tree ? e.msg : "accepted");
        if (!rows[i].tree)
            continue;
        print(&out, x);
        assert_str(buf_str(&out), rows[i].tree);
    }
    model_free(m);
}

/* Types are known when a filter is read. */
static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"isof('LIB.Book')",                "[\"lit\",\"Edm.Boolean\",\"true\"]"                   },
        {"isof('LIB.Author')",              "[\"lit\",\"Edm.Boolean\",\"false\"]"                  },
        {"isof(Pages,'Edm.Int32')",         "[\"lit\",\"Edm.Boolean\",\"true\"]"                   },
        {"isof(Title,'Edm.String')",        "[\"ne\",[\"prop\",\"Title\"],[\"lit\",\"null\",null]]"},
        {"cast(Title,'Edm.String') eq 'a'",
         "[\"eq\",[\"prop\",\"Title\"],[\"lit\",\"Edm.String\",\"a\"]]"                            },
        {"cast(Pages,'Edm.Double') gt 1",
         "[\"gt\",[\"call\",\"cast\",[\"prop\",\"Pages\"]],[\"lit\",\"int\",\"1\"]]"               },
        {"cast(Title,'Edm.Int32') eq 1",    NULL                                                   },
        {"cast('LIB.Author') eq null",      NULL                                                   },
        {"isof('LIB.Nope')",                NULL                                                   },
    };
    struct err e;
    struct model *m;
    AUTO(arena) struct arena *a = arena_new();
    assert_true(model_load(str_of(library_edmx), &m, &e));
    const struct model_type *t = model_type_named(m, STR("Book"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expr *x = NULL;
        AUTO(buf) struct buf out = BUF(10000);
        if (filter_parse(a, m, t, str_of(rows[i].text), &x, &e) != (rows[i].tree != NULL))
            fail_msg("%s: %s", rows[i].text, rows[i].tree ? e.msg : "accepted");
        if (rows[i].tree) {
            print(&out, x);
            assert_str(buf_str(&out), rows[i].tree);
        }
        assert_false(filter_parse(a, NULL, t, str_of(rows[i].text), &x, &e));
        assert_non_null(strstr(e.msg, "Unknown function"));
    }
    model_free(m);
}

static void test_limits(void **state)
{
    (void)state;
    struct err e;
    struct model *m;
    struct expr *x;
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf deep = BUF(100000), wide = BUF(100000);
    assert_true(model_load(str_of(library_edmx), &m, &e));
    for (int i = 0; i < 5000; i++) {
        buf_add_char(&deep, '(');
        buf_addz(&wide, "Rare or ");
    }
    buf_addz(&wide, "Rare");
    const struct model_type *t = model_type_named(m, STR("Book"));
    assert_false(filter_parse(a, NULL, t, buf_str(&deep), &x, &e));
    assert_string_equal(e.msg, "The expression is nested deeper than 100.");
    assert_false(filter_parse(a, NULL, t, buf_str(&wide), &x, &e));
    assert_string_equal(e.msg, "The expression has more than 1000 parts.");
    model_free(m);
}

static int run_vector(struct arena *a, const struct model *m, const struct jr *v)
{
    struct err e = {0};
    struct expr *x = NULL;
    AUTO(buf) struct buf got = BUF(1 << 16), want = BUF(1 << 16);
    struct jw w;
    bool good = str_eqz(jr_text(v, "parse"), "ok");
    bool ok =
        filter_parse(a, NULL, model_type_named(m, jr_text(v, "type")), jr_text(v, "expr"), &x, &e);
    const struct jr *tree = jr_get(v, "tree");
    if (ok && good && tree) {
        print(&got, x);
        jw_init(&w, &want);
        write_json(&w, tree);
    }
    if (ok == good && str_eq(buf_str(&got), buf_str(&want)))
        return 0;
    print_error(STR_FMT " " STR_FMT ": %s\n  got  " STR_FMT "\n  want " STR_FMT "\n",
                STR_ARG(jr_text(v, "id")), STR_ARG(jr_text(v, "expr")), ok ? "parsed" : e.msg,
                STR_ARG(buf_str(&got)), STR_ARG(buf_str(&want)));
    return 1;
}

static void test_vectors(void **state)
{
    (void)state;
    const char *folder = getenv("TIDEMILL_ODATA_SPEC");
    struct err e;
    struct model *m;
    str edmx, lines, line;
    struct jr *v;
    if (!folder || !folder[0]) {
        print_message("TIDEMILL_ODATA_SPEC is not set: the vectors are not run\n");
        skip();
    }
    AUTO(arena) struct arena *a = arena_new();
    assert_true(
        file_read(a, arena_fmt(a, "%s/reference/reference.edmx", folder).p, 1 << 24, &edmx, &e));
    assert_true(file_read(a, arena_fmt(a, "%s/vectors.jsonl", folder).p, 1 << 24, &lines, &e));
    assert_true(model_load(edmx, &m, &e));
    int failed = 0, n = 0;
    while (str_split(&lines, '\n', &line)) {
        if (!str_trim(line).n || !jr_parse(a, line, &v, &e) ||
            !str_eqz(jr_text(v, "area"), "filter-grammar") ||
            str_eqz(jr_text(v, "basis"),
                    "spec-optional")) /* isof and cast: unknown functions here, as in Olingo */
            continue;
        failed += run_vector(a, m, v);
        n++;
    }
    model_free(m);
    print_message("%d vectors\n", n);
    assert_true(n > 0);
    assert_int_equal(failed, 0);
}

int main(void)
{
    xml_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_vectors),
    };
    return RUN(tests);
}
