/* Parted by the byte 1: a mapping, its target schema, a script, a document. What compiles is explained and run; user
 * functions give their first argument back. A target is one well-formed document. */
#include <stdlib.h>

#include "mapping/mapping.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool nothing(void *arg, bool property, str name, str *ret)
{
    (void)arg;
    *ret = name;
    return property;
}

static void answer(struct arena *a, struct mapping_call *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct mapping_item *items = arena_new_array(a, struct mapping_item, 3);
        items[0].text = c->script->narguments && c->arguments[i * c->script->narguments].n
                            ? c->arguments[i * c->script->narguments].at[0]
                            : STR("x");
        items[1].kind = MAPPING_CONTEXT_CHANGE;
        items[2].kind = MAPPING_SUPPRESS;
        if (i % 5 == 4)
            c->errors[i] = STR("failed");
        for (size_t k = 0; k < c->script->noutputs; k++)
            c->results[i * c->script->noutputs + k] = (struct mapping_items){items, 1 + i % 3};
    }
}

static void run(struct arena *a, const struct mapping *m, str document)
{
    struct xml_doc *doc = NULL;
    struct jr *json = NULL;
    struct err e = {0};
    const struct mapping_host host = {.field = nothing};
    AUTO(buf) struct buf out = BUF(16 << 20);
    enum mapping_next next;
    if (mapping_from_json(m) ? !jr_parse(a, document, &json, &e) : !xml_parse(document, &doc, &e))
        return;
    struct mapping_run *r = mapping_start(m, a, doc, json, &host);
    while ((next = mapping_go(r, &out, &e)) == MAPPING_CALL) {
        size_t n;
        struct mapping_call *calls = mapping_calls(r, &n);
        for (size_t i = 0; i < n; i++)
            answer(a, &calls[i]);
    }
    if (next == MAPPING_FAIL && !e.code)
        abort();
    xml_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const paths[] = {"src/main/resources/mapping/m.mmap",
                                        "src/main/resources/xsd/t.xsd",
                                        "src/main/resources/script/lib.gsh", "document"};
    AUTO(arena) struct arena *a = arena_new();
    AUTO(buf) struct buf text = BUF(16 << 20);
    struct map files;
    struct mapping *m = NULL;
    struct mapping_problems problems = {0};
    str rest =
            {
                (const char *)data, n
    },
        parts[4] = {{"", 0}, {"", 0}, {"", 0}, {"<O><I><n>1</n></I></O>", 22}};
    map_init(&files, a, false);
    for (size_t i = 0; i < COUNT(paths) && str_split(&rest, 1, &parts[i]); i++)
        map_put(&files, str_of(paths[i]), &parts[i]);
    if (mapping_compile(a, STR("m"), parts[0], &files, &m, &problems)) {
        mapping_explain(m, &text);
        run(a, m, parts[3]);
    } else if (!problems.list.n) {
        abort();
    }
    return 0;
}
