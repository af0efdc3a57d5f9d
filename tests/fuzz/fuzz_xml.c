/* Input: an XPath expression, a line break, a document. What is parsed can be written and parsed again;
 * both tests of well-formedness agree. */
#include "format/xml.h"

#include <stdlib.h>

static bool variable(void *arg, str name, str *ret)
{
    (void)arg;
    *ret = name;
    return name.n < 5;
}

static void evaluate(struct arena *a, str expr, const struct xml_doc *d)
{
    static const str uri = {"urn:p", 5};
    struct xpath *x;
    struct xpath_result r;
    struct map m;
    struct err e = {0};
    map_init(&m, a, false);
    map_put(&m, STR("p"), (void *)(uintptr_t)&uri);
    if (!xpath_compile(a, expr, &m, &x, &e)) {
        if (!e.code)
            abort();
        return;
    }
    if (xpath_eval(x, d, NULL, variable, NULL, a, &r, &e)) {
        xpath_truth(&r);
        xpath_text(a, &r);
    } else if (!e.code) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf b = BUF(1 << 24);
    str in = {(const char *)data, n}, expr, xml;
    struct xml_doc *d = NULL, *again;
    struct err e = {0};
    if (n > 4096) /* libxml2's XPath needs time for long ones */
        return 0;
    size_t end = str_find_char(in, '\n', 0);
    expr = str_sub(in, 0, end);
    xml = end == SIZE_MAX ? STR("") : str_from(in, end + 1);
    bool ok = xml_parse(xml, &d, &e);
    if (ok != xml_well_formed(xml) || (!ok && !e.code))
        abort();
    evaluate(a, expr, d);
    if (ok) {
        xml_text(a, xml_root(d));
        xml_write(xml_root(d), &b, XML_DECLARATION | XML_NAMESPACES);
        if (!xml_parse(buf_str(&b), &again, &e))
            abort();
        xml_free(again);
    }
    xml_strip_declaration(xml);
    xml_free(d);
    return 0;
}
