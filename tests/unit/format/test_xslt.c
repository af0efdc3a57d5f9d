#include "../test.h"

#include "format/xslt.h"

#define SHEET(version, body)                                                            \
    "<xsl:stylesheet version='" version                                                 \
    "' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' "                               \
    "xmlns:cpi='http://sap.com/it/' xmlns:fn='http://www.w3.org/2005/xpath-functions' " \
    "exclude-result-prefixes='cpi fn'>" body "</xsl:stylesheet>"

static bool file(void *arg, str path, str *ret)
{
    (void)arg;
    if (str_eqz(path, "mapping/lib.xsl")) {
        *ret = STR(SHEET(
            "1.0", "<xsl:param name='q'/><xsl:template name='hello'><hello/></xsl:template>"));
        return true;
    }
    if (str_eqz(path, "mapping/a b.xml")) {
        *ret = STR("<data><x>from file</x></data>");
        return true;
    }
    return false;
}

static bool get(void *arg, bool property, str name, str *ret)
{
    (void)arg;
    *ret = STR("blue");
    return property && str_eqz(name, "color");
}

static void set(void *arg, bool property, str name, str value)
{
    buf_addf(arg, "%c " STR_FMT "=" STR_FMT ";", property ? 'p' : 'h', STR_ARG(name),
             STR_ARG(value));
}

static bool transform(const char *sheet, const char *input, const str *params, struct buf *calls,
                      struct buf *out, struct err *e)
{
    struct xslt *x;
    struct xml_doc *d;
    const struct xslt_host host = {calls, get, set};
    if (!xslt_compile(str_of(sheet), STR("mapping/main.xsl"), file, NULL, &x, e))
        return false;
    bool ok = xml_parse(str_of(input), &d, e);
    if (ok) {
        ok = xslt_run(x, d, params, &host, out, e);
        if (ok) { /* again: nothing of the first run is left */
            buf_reset(out);
            buf_reset(calls);
            ok = xslt_run(x, d, params, &host, out, e);
        }
        xml_free(d);
    }
    xslt_free(x);
    return ok;
}

static void gives(const char *sheet, const char *want)
{
    AUTO(buf) struct buf out = BUF(10000), calls = BUF(1000);
    struct err e = {0};
    if (!transform(sheet, "<r><i>1</i><i>2</i> <x:y xmlns:x='u'>Z</x:y></r>", NULL, &calls, &out,
                   &e))
        fail_msg("%s", e.msg);
    assert_str(buf_str(&out), want);
}

static void test_transforms(void **state)
{
    (void)state;
    gives(
        SHEET(
            "1.0",
            "<xsl:template match='/'><o n='{count(//i)}'><xsl:value-of select='//i'/></o></xsl:template>"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><o n=\"2\">1</o>");
    gives(
        SHEET(
            "1.0",
            "<xsl:output method='text'/><xsl:template match='/'>a<xsl:value-of select='r/i[2]'/>\xc3\xa9</xsl:template>"),
        "a2\xc3\xa9");
    gives(
        SHEET(
            "1.0",
            "<xsl:output omit-xml-declaration='yes' indent='yes'/><xsl:template match='/'><a><b/></a></xsl:template>"),
        "<a>\n  <b/>\n</a>\n");
}

static void test_level_not_version_counts(void **state)
{
    (void)state;
    gives(
        SHEET(
            "2.0",
            "<xsl:output omit-xml-declaration='yes'/><xsl:template match='/'><o><xsl:value-of select='//i'/>|"
            "<xsl:value-of select='//i' separator=','/>|<xsl:value-of select=\"upper-case(//*:y)\"/>|"
            "<xsl:value-of select=\"fn:count(//i)\"/></o></xsl:template>"),
        "<o>1 2|1,2|Z|2</o>");
}

static void test_default_namespace(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = BUF(10000), calls = BUF(1000);
    struct err e = {0};
    const char *sheet =
        "<xsl:stylesheet version='2.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' "
        "xpath-default-namespace='urn:d'><xsl:output omit-xml-declaration='yes'/>"
        "<xsl:template match='a'><o x='{@b}'><xsl:value-of select='c'/></o></xsl:template></xsl:stylesheet>";
    if (!transform(sheet, "<a xmlns='urn:d' b='1'><c>2</c></a>", NULL, &calls, &out, &e))
        fail_msg("%s", e.msg);
    assert_str(buf_str(&out), "<o x=\"1\">2</o>");
}

static void test_sap_functions(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = BUF(10000), calls = BUF(1000);
    struct err e = {0};
    assert_true(transform(
        SHEET("3.0",
              "<xsl:output method='text'/><xsl:param name='exchange'/><xsl:template match='/'>"
              "<xsl:value-of select=\"cpi:setHeader($exchange,'a',//i[1])\"/>"
              "<xsl:value-of select=\"cpi:setProperty($exchange,'b','x')\"/>"
              "[<xsl:value-of select=\"cpi:getProperty($exchange,'color')\"/>]"
              "[<xsl:value-of select=\"cpi:getHeader($exchange,'color')\"/>]</xsl:template>"),
        "<i>7</i>", NULL, &calls, &out, &e));
    assert_str(buf_str(&out), "[blue][]");
    assert_str(buf_str(&calls), "h a=7;p b=x;");
}

static void test_params_and_files(void **state)
{
    (void)state;
    AUTO(buf) struct buf out = BUF(10000), calls = BUF(1000);
    struct err e = {0};
    const str params[] = {STR("it's \"q\""), STR_NONE};
    const char *sheet = SHEET(
        "1.0",
        "<xsl:import href='lib.xsl'/><xsl:output omit-xml-declaration='yes'/>"
        "<xsl:param name='p' select=\"'d'\"/><xsl:template match='/'><o p='{$p}' q='{$q}'>"
        "<xsl:call-template name='hello'/><xsl:value-of select=\"document('a%20b.xml')//x\"/></o></xsl:template>");
    if (!transform(sheet, "<i/>", params, &calls, &out, &e))
        fail_msg("%s", e.msg);
    assert_str(buf_str(&out), "<o p=\"it's &quot;q&quot;\" q=\"\"><hello/>from file</o>");
}

static void refuses(const char *sheet, enum err_code code, const char *words)
{
    AUTO(buf) struct buf out = BUF(1 << 20), calls = BUF(1000);
    struct err e = {0};
    if (transform(sheet, "<a/>", NULL, &calls, &out, &e))
        fail_msg("accepted; wanted: %s", words);
    if (!strstr(e.msg, words))
        fail_msg("'%s', wanted: %s", e.msg, words);
    assert_int_equal(e.code, code);
}

static void test_refuses_later_versions(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"<xsl:template match='/'><xsl:for-each-group select='a' group-by='b'/></xsl:template>",
         "xsl:for-each-group"                                                                                                                  },
        {"<xsl:function name='cpi:f'/>",                                                                                  "xsl:function"       },
        {"<xsl:template match='/'><xsl:sequence select='1'/></xsl:template>",                                             "xsl:sequence"       },
        {"<xsl:character-map name='m'/>",                                                                                 "xsl:character-map"  },
        {"<xsl:template match='/' as='x'/>",                                                                              "attribute as"       },
        {"<xsl:template match='/' mode='#all'/>",                                                                         "#all"               },
        {"<xsl:template match='/'><xsl:value-of select=\"tokenize(a,',')\"/></xsl:template>",
         "'tokenize'"                                                                                                                          },
        {"<xsl:template match='/'><a b=\"{format-date(a,'x')}\"/></xsl:template>",                                        "'format-date'"      },
        {"<xsl:template match='/'><xsl:if test='if (a) then b else c'/></xsl:template>",                                  "'if'"               },
        {"<xsl:template match='/'><xsl:copy-of select='for $x in a return $x'/></xsl:template>",
         "'for'"                                                                                                                               },
        {"<xsl:variable name='v'><a/></xsl:variable><xsl:template match='/'><xsl:copy-of select='$v/a'/></xsl:template>",
         "temporary tree"                                                                                                                      },
        {"<xsl:template match='/' xmlns:d='java:java.util.Date'/>",                                                       "java:java.util.Date"},
        {"<xsl:template match='/'><xsl:value-of select='cpi:nope()'/></xsl:template>",                                    "cpi:nope"           }
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(arena) struct arena *a = arena_new();
        str sheet = arena_fmt(a, SHEET("1.0", "%s"), rows[i][0]);
        refuses(sheet.p, ERR_NOT_IMPLEMENTED, rows[i][1]);
    }
}

static void test_errors(void **state)
{
    (void)state;
    refuses("<xsl:stylesheet", ERR_BAD_REQUEST, "line 1");
    refuses(SHEET("1.0", "<xsl:template match='a['/>"), ERR_BAD_REQUEST, "a[");
    refuses(SHEET("1.0", "<xsl:import href='nope.xsl'/>"), ERR_BAD_REQUEST, "nope.xsl");
    refuses(SHEET("1.0", "<xsl:import href='file:///etc/x.xsl'/>"), ERR_BAD_REQUEST, "bundle");
    refuses(SHEET("1.0", "<xsl:import href='../../x.xsl'/>"), ERR_BAD_REQUEST, "bundle");
    refuses(
        SHEET(
            "1.0",
            "<xsl:template match='/'><xsl:copy-of select=\"document('/etc/passwd')\"/></xsl:template>"),
        ERR_BAD_REQUEST, "bundle");
    refuses(
        SHEET(
            "1.0",
            "<xsl:template match='/'><xsl:copy-of select=\"document('http://127.0.0.1:9/x')\"/></xsl:template>"),
        ERR_BAD_REQUEST, "http");
    refuses(
        SHEET(
            "1.0",
            "<xsl:template match='/'><xsl:message terminate='yes'>stop here</xsl:message></xsl:template>"),
        ERR_BAD_REQUEST, "stop here");
    refuses(SHEET("1.0", "<xsl:template match='/'><xsl:value-of select='$nope'/></xsl:template>"),
            ERR_BAD_REQUEST, "nope");
    refuses(SHEET("1.0",
                  "<xsl:template match='/'><xsl:call-template name='r'/></xsl:template>"
                  "<xsl:template name='r'><a><xsl:call-template name='r'/></a></xsl:template>"),
            ERR_BAD_REQUEST, "recursion");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transforms),
        cmocka_unit_test(test_level_not_version_counts),
        cmocka_unit_test(test_default_namespace),
        cmocka_unit_test(test_sap_functions),
        cmocka_unit_test(test_params_and_files),
        cmocka_unit_test(test_refuses_later_versions),
        cmocka_unit_test(test_errors),
    };
    return RUN(tests);
}
