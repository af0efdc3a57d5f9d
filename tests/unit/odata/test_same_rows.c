/* Property: a query gives the same rows in the same order whether SQL or the evaluator works it out.
 * The set Copies hands out the rows of Books through a hook. Random rows, random expressions, fixed
 * seeds; a failure prints the query. */
#include "fake.h"

#include <stdio.h>

enum { ROWS = 60, QUERIES = 1500 };

static uint64_t seed = 42;
static unsigned roll(unsigned n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(seed >> 33) % n;
}

static const char *pick(const char *const *list, size_t n)
{
    return list[roll((unsigned)n)];
}
#define PICK(...) \
    pick((const char *const[]){__VA_ARGS__}, COUNT(((const char *const[]){__VA_ARGS__})))

static void boolean(struct buf *out, unsigned depth);

static void text(struct buf *out, unsigned depth)
{
    if (!depth || roll(2)) {
        buf_addz(out, PICK("Title", "Lang", "AuthorId", "Author/Name", "Author/Born/City", "'a'",
                           "'B'", "''", "'abc'", "'%'"));
        return;
    }
    switch (roll(5)) {
    case 0:
        buf_addz(out, "concat(");
        text(out, depth - 1);
        buf_add_char(out, ',');
        text(out, depth - 1);
        break;
    case 1:
        buf_addz(out, "substring(");
        text(out, depth - 1);
        buf_addz(out, PICK(",0", ",1", ",1,2", ",9"));
        break;
    case 2:
        buf_addz(out, "replace(");
        text(out, depth - 1);
        buf_addz(out, ",'a','xy'");
        break;
    default:
        buf_addf(out, "%s(", PICK("tolower", "toupper", "trim"));
        text(out, depth - 1);
    }
    buf_add_char(out, ')');
}

static void number(struct buf *out, unsigned depth)
{
    if (!depth || roll(3)) {
        buf_addz(out, PICK("Pages", "No", "Price", "Weight", "Author/Born/Year", "0", "1", "-2",
                           "3L", "1.5M", "2.5D", "7"));
        return;
    }
    if (!roll(4)) {
        buf_addf(out, "%s(", PICK("round", "floor", "ceiling"));
        number(out, depth - 1);
        buf_add_char(out, ')');
    } else if (roll(2)) {
        buf_addf(out, "%s(", PICK("length", "length"));
        text(out, depth - 1);
        buf_add_char(out, ')');
    } else {
        buf_add_char(out, '(');
        number(out, depth - 1);
        buf_addf(out, " %s ", PICK("add", "sub", "mul", "div", "mod"));
        number(out, depth - 1);
        buf_add_char(out, ')');
    }
}

static void comparison(struct buf *out, unsigned depth)
{
    void (*side)(struct buf *, unsigned) = roll(2) ? text : number;
    side(out, depth);
    buf_addf(out, " %s ", PICK("eq", "ne", "lt", "le", "gt", "ge"));
    if (roll(6))
        side(out, depth);
    else
        buf_addz(out, "null");
}

static void boolean(struct buf *out, unsigned depth)
{
    unsigned kind = depth ? roll(8) : 3 + roll(5);
    if (kind < 2) {
        buf_add_char(out, '(');
        boolean(out, depth - 1);
        buf_addz(out, kind ? " and " : " or ");
        boolean(out, depth - 1);
        buf_add_char(out, ')');
    } else if (kind == 2) {
        buf_addz(out, "not (");
        boolean(out, depth - 1);
        buf_add_char(out, ')');
    } else if (kind == 3) {
        buf_addz(out,
                 PICK("Rare", "Rare eq true", "Rare ne false", "Rare eq null", "Author eq null",
                      "Author ne null", "Printed ge datetime'1970-01-02T00:00:00'",
                      "hour(Printed) eq 0", "true"));
    } else if (kind == 4) {
        buf_addf(out, "%s(", PICK("substringof", "startswith", "endswith"));
        text(out, depth ? depth - 1 : 0);
        buf_add_char(out, ',');
        text(out, depth ? depth - 1 : 0);
        buf_add_char(out, ')');
    } else {
        comparison(out, depth ? depth - 1 : 0);
    }
}

static void random_query(struct buf *out)
{
    buf_addz(out, "$select=No,Lang&$inlinecount=allpages&$filter=");
    boolean(out, 4);
    if (roll(2))
        buf_addf(
            out, "&$orderby=%s%s",
            PICK("Title", "Pages", "Price", "Weight", "Rare", "Author/Name", "Lang", "Printed"),
            PICK("", " desc", " asc,Title desc", ",No"));
    else
        buf_addz(out, "&$orderby=No,Lang");
    if (roll(2))
        buf_addf(out, "&$top=%u", roll(5));
    if (roll(2))
        buf_addf(out, "&$skip=%u", roll(8));
}

static void fill(struct world *w)
{
    for (unsigned i = 0; i < 6; i++) {
        str body = arena_fmt(w->a, "{\"Id\":\"%c\",\"Name\":%s,\"Born\":{\"City\":%s,\"Year\":%s}}",
                             'a' + i, PICK("null", "\"a\"", "\"Ba\"", "\"abc\""),
                             PICK("null", "\"x\"", "\"\""), PICK("null", "1", "7"));
        assert_int_equal(post(w, "Authors", body.p).status, 201);
    }
    for (unsigned i = 0; i < ROWS; i++) {
        str body = arena_fmt(
            w->a,
            "{\"No\":%u,\"Lang\":%s,\"Title\":%s,\"Pages\":%s,\"Rare\":%s,\"Price\":%s,\"Weight\":%s,"
            "\"Printed\":%s,\"AuthorId\":%s}",
            i, PICK("\"a\"", "\"B\"", "\"\""),
            PICK("null", "\"\"", "\"a\"", "\"B\"", "\"abc\"", "\"ABC\"", "\" a \"",
                 "\"\xc3\xa4"
                 "a%\"",
                 "\"a_a\""),
            PICK("0", "1", "-2", "7", "2147483647"), PICK("null", "true", "false"),
            PICK("null", "\"1.5\"", "\"10\"", "\"9.75\"", "\"-2\""),
            PICK("null", "\"2.5\"", "\"-0.5\"", "\"1\""),
            PICK("null", "\"/Date(0)/\"", "\"/Date(90000000)/\"", "\"/Date(-1)/\""),
            PICK("null", "\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"zz\""));
        struct answer r = post(w, "Books", body.p);
        if (r.status != 201)
            fail_msg("%s: %s", body.p, r.body);
    }
}

/* The keys in order and the count: everything but the set's name and the way to the next page. */
static void digest(struct buf *out, const struct answer *r)
{
    buf_addf(out, "%d %.20s", r->status, r->status == 200 ? strstr(r->body, "__count") : "");
    for (const char *at = r->body; (at = strstr(at, "\"No\":")); at++)
        buf_addf(out, " %.*s", (int)strcspn(at, "}"), at + 5);
    buf_addz(out, strstr(r->body, "__next") ? " next" : "");
}

static void test_same_rows(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    fill(&w);
    size_t found = 0;
    for (int i = 0; i < QUERIES; i++) {
        AUTO(buf) struct buf query = BUF(100000), table = BUF(100000), memory = BUF(100000);
        random_query(&query);
        struct answer a = get(&w, arena_fmt(w.a, "Books?" STR_FMT, STR_ARG(buf_str(&query))).p),
                      b = get(&w, arena_fmt(w.a, "Copies?" STR_FMT, STR_ARG(buf_str(&query))).p);
        digest(&table, &a);
        digest(&memory, &b);
        found += a.status == 200 && strstr(a.body, "\"No\":") != NULL;
        if (!str_eq(buf_str(&table), buf_str(&memory)))
            fail_msg("query %d: " STR_FMT "\n  table  " STR_FMT "\n  memory " STR_FMT "\n%.300s", i,
                     STR_ARG(buf_str(&query)), STR_ARG(buf_str(&table)), STR_ARG(buf_str(&memory)),
                     a.status == 200 ? "" : a.body);
    }
    assert_true(found > QUERIES / 4);
    world_close(&w);
}

/* All pages together are the whole, whatever the order. */
static void test_pages_are_complete(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    fill(&w);
    static const char *const orders[] = {"",
                                         "&$orderby=Title",
                                         "&$orderby=Title desc",
                                         "&$orderby=Rare,Weight desc",
                                         "&$orderby=Author/Name",
                                         "&$orderby=Price desc",
                                         "&$orderby=Pages desc,Lang",
                                         "&$filter=Pages ge -5",
                                         "&$filter=Pages ge -5&$orderby=Pages desc"};
    for (size_t i = 0; i < COUNT(orders); i++) {
        bool seen[ROWS] = {0};
        size_t n = 0;
        str path = arena_fmt(w.a, "Books?$select=No%s", orders[i]);
        while (path.p) {
            struct answer r = get(&w, path.p);
            if (r.status != 200)
                fail_msg("%s: %s", path.p, r.body);
            for (const char *at = r.body; (at = strstr(at, "\"No\":\"")); at++) {
                unsigned no;
                assert_int_equal(sscanf(at, "\"No\":\"%u", &no), 1);
                assert_false(seen[no]);
                seen[no] = true;
                n++;
            }
            const char *mark = "\"__next\":\"http://h:1/lib/", *next = strstr(r.body, mark);
            next = next ? next + strlen(mark) : NULL;
            path = next ? arena_fmt(w.a, "%.*s", (int)strcspn(next, "\""), next) : STR_NONE;
        }
        assert_int_equal(n, ROWS);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_rows),
        cmocka_unit_test(test_pages_are_complete),
    };
    return RUN(tests);
}
