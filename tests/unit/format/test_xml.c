#include "../test.h"

#include "format/xml.h"

static struct xml_doc *parse(const char *text)
{
    struct xml_doc *d = NULL;
    struct err e = {0};
    if (!xml_parse(str_of(text), &d, &e))
        fail_msg("%s: %s", text, e.msg);
    return d;
}

static void test_walks(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct xml_doc *d = parse(
        "<?xml version='1.0' encoding='ISO-8859-1'?>\n<p:r xmlns:p='urn:p' x='1' p:y='&lt;&#233;'>\n"
        " t<b>u<![CDATA[<v>]]></b><!--c--><b2/></p:r>");
    const struct xml_node *r = xml_root(d);
    assert_str(xml_local(r), "r");
    assert_str(xml_prefix(r), "p");
    assert_str(xml_uri(r), "urn:p");
    assert_str(xml_attr(r, "x"), "1");
    assert_null(xml_attr(r, "y").p);
    assert_str(xml_attr_ns(r, "urn:p", "y"), "<\xc3\xa9");
    assert_int_equal(xml_line(r), 2);
    assert_str(xml_text(a, r), "\n tu<v>");
    assert_str(xml_text(a, xml_child(r, "b")), "u<v>");
    assert_true(xml_is(xml_next(xml_first(r)), "b2"));
    assert_null(xml_next(xml_next(xml_first(r))));
    assert_ptr_equal(xml_parent(xml_first(r)), r);
    assert_null(xml_parent(r));
    xml_free(d);
}

static void test_places(void **state)
{
    (void)state;
    AUTO(arena) struct arena *a = arena_new();
    struct xml_doc *d =
        parse("<r x='1' xmlns:p='urn:p' p:x='2'>t<b/>u<!--c-->v<![CDATA[w]]><b y='3'><c/></b></r>");
    static const struct {
        const char *path, *text;
    } places[] = {
        {"/0/@x",        "1"},
        {"/0/@{urn:p}x", "2"},
        {"/0/#0",        "t"},
        {"/0/#1",        "u"},
        {"/0/#2",        "v"},
        {"/0/1/@y",      "3"},
        {"/0/1/0",       "" },
        {"/0/0",         "" }
    };
    static const char *const nowhere[] = {"",      "/1",       "/0/2",  "/0/@z", "/0/#3",
                                          "x",     "/#0",      "/@x",   "/0/x",  "/0/-1",
                                          "/0//0", "/0/1/0/0", "/0/@{}"};
    for (size_t i = 0; i < COUNT(places); i++)
        assert_str(xml_text(a, xml_at(d, str_of(places[i].path))), places[i].text);
    assert_ptr_equal(xml_at(d, STR("/0")), xml_root(d));
    for (size_t i = 0; i < COUNT(nowhere); i++)
        assert_null(xml_at(d, str_of(nowhere[i])));
    xml_free(d);
}

static void start(void *arg, const struct xml_node *n)
{
    buf_addf(arg, "(" STR_FMT, STR_ARG(xml_local(n)));
}

static void end(void *arg, const struct xml_node *n)
{
    (void)n;
    buf_addz(arg, ")");
}

static void text(void *arg, str s)
{
    buf_addf(arg, "'" STR_FMT "'", STR_ARG(s));
}

static void attribute(void *arg, const struct xml_node *n, str value)
{
    buf_addf(arg, "@" STR_FMT "=" STR_FMT, STR_ARG(xml_local(n)), STR_ARG(value));
}

static void test_events(void **state)
{
    (void)state;
    static const struct xml_events ev = {start, end, text, attribute};
    AUTO(buf) struct buf b = BUF(1000);
    struct xml_doc *d = parse("<a x='1'>t<b><c/></b>u<d y='2'/></a>");
    xml_walk(xml_root(d), &ev, &b);
    assert_str(buf_str(&b), "(a@x=1't'(b(c))'u'(d@y=2))");
    xml_free(d);
}

static void test_writes(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1000);
    static const char same[] =
        "<a xmlns=\"u\" xmlns:p=\"v\" x=\"&quot;&amp;&#10;\">t&amp;&lt;&gt;&#13;<p:b><![CDATA[<]]></p:b><!--c--><?pi x?><d/></a>";
    struct xml_doc *d = parse(same);
    xml_write(xml_root(d), &b, 0);
    assert_str(buf_str(&b), same);
    buf_reset(&b);
    xml_write(xml_first(xml_root(d)), &b, XML_DECLARATION | XML_NAMESPACES);
    assert_str(buf_str(&b),
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
               "<p:b xmlns=\"u\" xmlns:p=\"v\"><![CDATA[<]]></p:b>");
    xml_free(d);
    buf_reset(&b);
    d = parse("<a xmlns='u' xmlns:p='v'><b xmlns='' xmlns:q='w'><c/></b></a>");
    xml_write(xml_first(xml_first(xml_root(d))), &b, XML_NAMESPACES);
    assert_str(buf_str(&b), "<c xmlns:q=\"w\" xmlns:p=\"v\"/>");
    xml_free(d);
}

static void refuse(const char *bytes, enum err_code code, const char *words)
{
    struct xml_doc *d = NULL;
    struct err e = {0};
    if (xml_parse(str_of(bytes), &d, &e))
        fail_msg("accepted %.60s", bytes);
    assert_int_equal(e.code, code);
    if (!strstr(e.msg, words))
        fail_msg("%s", e.msg);
    assert_false(xml_well_formed(str_of(bytes)));
}

static void test_refuses(void **state)
{
    (void)state;
    refuse("", ERR_BAD_REQUEST, "empty");
    refuse("<a>\n<b></a>", ERR_BAD_REQUEST, "line 2");
    refuse("<a/><b/>", ERR_BAD_REQUEST, "line 1");
    refuse("text", ERR_BAD_REQUEST, "line 1");
    refuse("<a>&x;</a>", ERR_BAD_REQUEST, "'x'");
    refuse("<a>\xff</a>", ERR_BAD_REQUEST, "line 1");
    refuse("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", ERR_BAD_REQUEST, "entity");
    refuse("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", ERR_BAD_REQUEST,
           "entity");
    refuse("<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///etc/passwd'>%x;]><a/>", ERR_BAD_REQUEST,
           "entity");
    refuse("<!DOCTYPE a [<!ATTLIST a b CDATA 'long'>]><a/>", ERR_BAD_REQUEST, "default");
}

static void test_limits(void **state)
{
    (void)state;
    AUTO(buf) struct buf b = BUF(1 << 20);
    for (int i = 0; i < XML_MAX_DEPTH; i++)
        buf_addz(&b, "<a>");
    for (int i = 0; i < XML_MAX_DEPTH; i++)
        buf_addz(&b, "</a>");
    assert_true(xml_well_formed(buf_str(&b)));
    struct xml_doc *d = NULL;
    struct err e = {0};
    assert_true(xml_parse(buf_str(&b), &d, &e));
    xml_free(d);
    buf_reset(&b);
    for (int i = 0; i < 100000; i++)
        buf_addz(&b, "<a>");
    buf_add_char(&b, 0);
    refuse(b.p, ERR_TOO_LARGE, "256 levels");
    buf_reset(&b);
    buf_addz(&b, "<a ");
    for (int i = 0; i < 5000; i++)
        buf_addf(&b, "a%d='' ", i);
    buf_addz(&b, "/>");
    buf_add_char(&b, 0);
    refuse(b.p, ERR_TOO_LARGE, "attributes");
}

static void test_harmless_doctype(void **state)
{
    (void)state;
    xml_free(parse("<!DOCTYPE a SYSTEM \"http://x.invalid/a.dtd\"><a/>"));
    assert_true(xml_well_formed(STR("<!DOCTYPE a PUBLIC 'p' 's'><a><b x='1'/></a>")));
}

static void test_strips(void **state)
{
    (void)state;
    assert_str(xml_strip_declaration(STR("\xef\xbb\xbf<?xml version='1.0'?>\n<a/>")), "<a/>");
    assert_str(
        xml_strip_declaration(STR("<?xml version='1.0'?><!DOCTYPE a [<!ELEMENT a '>'>]>\n<a/>")),
        "<a/>");
    assert_str(xml_strip_declaration(STR("<!--c--><a/>")), "<!--c--><a/>");
    assert_str(xml_strip_declaration(STR("<?xml-stylesheet x?><a/>")), "<?xml-stylesheet x?><a/>");
    assert_str(xml_strip_declaration(STR("plain")), "plain");
}

int main(void)
{
    xml_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),           cmocka_unit_test(test_walks),
        cmocka_unit_test(test_events),           cmocka_unit_test(test_writes),
        cmocka_unit_test(test_refuses),          cmocka_unit_test(test_limits),
        cmocka_unit_test(test_harmless_doctype), cmocka_unit_test(test_strips),
    };
    return RUN(tests);
}
