/* tidemill mapping explain, tidemill mapping run: message mappings without a flow. FILE is an .mmap inside an unpacked
 * bundle (its schemas and scripts are found beside it), or a bundle with --name. */
#include "cli/command.h"

#include "base/file.h"
#include "cli/source.h"
#include "format/zip.h"
#include "mapping/mapping.h"

#include <stdlib.h>

enum { LARGEST = 256 << 20 };
struct opened {
    struct map files; /* path -> (str *) */
    str path;         /* of the mapping, in files */
};

static bool is_mmap(str path)
{
    return str_ends_nocase(path, STR(".mmap"));
}

static void put_file(struct cli *c, struct opened *o, str path, str bytes)
{
    str *f = arena_new_of(c->arena, str);
    *f = bytes;
    map_put(&o->files, path, f);
}

/* A ZIP, or a folder. */
static bool read_files(struct cli *c, str source, struct opened *o, struct err *e)
{
    str zip;
    zip_entries entries = {0};
    map_init(&o->files, c->arena, false);
    if (!source_read(c->arena, source, &zip, e) ||
        !zip_read(c->arena, zip, &zip_bundle_limits, &entries, e))
        return false;
    for (size_t i = 0; i < entries.n; i++)
        put_file(c, o, entries.at[i].name, entries.at[i].bytes);
    return true;
}

/* The bundle around the file: the folder above src/main/resources. Without one the file stands alone. */
static bool read_beside(struct cli *c, str file, struct opened *o, struct err *e)
{
    char *full = realpath(arena_strdup(c->arena, file), NULL);
    str path = full ? arena_str(c->arena, str_of(full)) : STR(""), bytes;
    free(full);
    if (!path.n)
        return err_set(e, ERR_NOT_FOUND, "there is no file " STR_FMT, STR_ARG(file));
    size_t root = str_find(path, STR("/src/main/resources/"), 0);
    o->path = str_from(path, root == SIZE_MAX ? 0 : root + 1);
    if (root != SIZE_MAX)
        return read_files(c, str_sub(path, 0, root ? root : 1), o, e);
    map_init(&o->files, c->arena, false);
    if (!file_read(c->arena, path.p, LARGEST, &bytes, e))
        return false;
    put_file(c, o, path, bytes);
    return true;
}

static bool choose(struct cli *c, struct opened *o, struct err *e)
{
    str wanted = cli_text(c, "name");
    size_t n = 0;
    for (size_t i = 0; i < o->files.entries.n; i++) {
        str path = o->files.entries.at[i].key;
        if (!is_mmap(path) || (wanted.n && str_find(path, wanted, 0) == SIZE_MAX))
            continue;
        o->path = path;
        n++;
    }
    if (!n)
        return err_set(e, ERR_NOT_FOUND, "there is no message mapping in the bundle");
    return n == 1 || err_set(e, ERR_BAD_REQUEST,
                             "the bundle has %zu message mappings: choose one with --name", n);
}

static bool open_mapping(struct cli *c, struct opened *o, struct mapping **ret, struct err *e)
{
    struct mapping_problems problems = {0};
    str source = c->arguments.at[0];
    if (is_mmap(source) ? !read_beside(c, source, o, e)
                        : !read_files(c, source, o, e) || !choose(c, o, e))
        return false;
    const str *bytes = map_get(&o->files, o->path);
    if (!bytes)
        return err_set(e, ERR_NOT_FOUND, "there is no file " STR_FMT, STR_ARG(o->path));
    if (mapping_compile(c->arena, o->path, *bytes, &o->files, ret, &problems))
        return true;
    for (size_t i = 0; i + 1 < problems.list.n; i++)
        fprintf(stderr, STR_FMT "\n", STR_ARG(problems.list.at[i].text));
    return err_set(e, problems.list.at[problems.list.n - 1].code, STR_FMT,
                   STR_ARG(problems.list.at[problems.list.n - 1].text));
}

static enum exit_code finish(struct buf *b, bool ok, const struct err *e)
{
    if (ok) /* never half a document */
        cli_write(stdout, buf_str(b));
    return ok ? CLI_OK : cli_exit_code(e);
}

static enum exit_code explain(struct cli *c, struct err *e)
{
    struct opened o = {0};
    struct mapping *m;
    AUTO(buf) struct buf b = BUF(LARGEST);
    bool ok = open_mapping(c, &o, &m, e);
    if (ok)
        mapping_explain(m, &b);
    return finish(&b, ok, e);
}

static enum exit_code functions(struct cli *c, struct err *e)
{
    AUTO(buf) struct buf b = BUF(1 << 20);
    (void)c, (void)e;
    mapping_functions(&b);
    cli_write(stdout, buf_str(&b));
    return CLI_OK;
}

/* ---- run ---- */
struct message {
    struct cli *cli;
    VEC(struct value_mapping *) values;
};

/* The value of NAME=VALUE. */
static bool field(void *arg, bool property, str name, str *ret)
{
    const struct message *m = arg;
    const str *list;
    size_t n = cli_list(m->cli, property ? "property" : "header", &list);
    for (size_t i = 0; i < n; i++) {
        size_t equals = str_find_char(list[i], '=', 0);
        str key = str_sub(list[i], 0, equals);
        if (equals != SIZE_MAX && (property ? str_eq(key, name) : str_eq_nocase(key, name))) {
            *ret = str_from(list[i], equals + 1);
            return true;
        }
    }
    return false;
}

static bool lookup(void *arg, const struct value_query *q, str *ret)
{
    const struct message *m = arg;
    for (size_t i = 0; i < m->values.n; i++)
        if (value_mapping_find(m->values.at[i], q, ret))
            return true;
    return false;
}

static bool read_values(struct cli *c, struct message *m, struct err *e)
{
    const str *list;
    size_t n = cli_list(c, "value-mapping", &list);
    for (size_t i = 0; i < n; i++) {
        struct opened o = {0};
        struct value_mapping *v;
        str xml = STR_NONE;
        bool whole = !str_ends_nocase(list[i], STR(".xml"));
        if (whole ? !read_files(c, list[i], &o, e)
                  : !file_read(c->arena, arena_strdup(c->arena, list[i]), LARGEST, &xml, e))
            return false;
        const str *found = whole ? map_get(&o.files, STR("value_mapping.xml")) : &xml;
        bool ok = found ? value_mapping_read(c->arena, *found, &v, e)
                        : err_set(e, ERR_NOT_FOUND, STR_FMT " has no value_mapping.xml",
                                  STR_ARG(list[i]));
        if (!ok)
            return false;
        vec_add(c->arena, &m->values, v);
    }
    return true;
}

static bool run_document(struct cli *c, const struct mapping *m, str input, struct message *x,
                         struct buf *out, struct err *e)
{
    struct xml_doc *doc = NULL;
    struct jr *json = NULL;
    const struct mapping_host host = {x, field, lookup};
    if (mapping_from_json(m) ? !jr_parse(c->arena, input, &json, e) : !xml_parse(input, &doc, e))
        return false;
    struct mapping_run *r = mapping_start(m, c->arena, doc, json, &host);
    enum mapping_next next = mapping_go(r, out, e);
    if (next == MAPPING_CALL)
        err_set(e, ERR_NOT_IMPLEMENTED,
                "the mapping calls functions of scripts, which need a flow: tidemill run");
    xml_free(doc);
    return next == MAPPING_DONE;
}

static enum exit_code run(struct cli *c, struct err *e)
{
    struct opened o = {0};
    struct mapping *m;
    struct message x = {.cli = c};
    str input, body = cli_text(c, "body");
    AUTO(buf) struct buf b = BUF(LARGEST);
    bool ok =
        open_mapping(c, &o, &m, e) &&
        file_read(c->arena, body.p ? arena_strdup(c->arena, body) : "-", LARGEST, &input, e) &&
        read_values(c, &x, e) && run_document(c, m, input, &x, &b, e);
    return finish(&b, ok, e);
}

static const struct option explain_options[] = {
    {"name", 0, OPTION_TEXT, "NAME", NULL, "which mapping of a bundle with several"},
};
static const struct option run_options[] = {
    {"body",          'b', OPTION_TEXT, "FILE|-",     NULL, "the source document; -: standard input"},
    {"header",        'H', OPTION_LIST, "NAME=VALUE", NULL, "a header of the message"               },
    {"property",      'p', OPTION_LIST, "NAME=VALUE", NULL, "a property of the message"             },
    {"value-mapping", 0,   OPTION_LIST, "FILE",       NULL,
     "a value mapping: its value_mapping.xml or bundle"                                             },
    {"name",          0,   OPTION_TEXT, "NAME",       NULL, "which mapping of a bundle with several"},
};
const struct command command_mapping_explain = {
    "mapping explain",
    "FILE.mmap|BUNDLE.zip|FOLDER",
    1,
    1,
    "Print what a message mapping compiles to, or everything it lacks",
    "  $ tidemill mapping explain src/main/resources/mapping/Orders.mmap\n",
    explain_options,
    COUNT(explain_options),
    explain};
const struct command command_mapping_functions = {
    "mapping functions",
    "",
    0,
    0,
    "List the standard functions: name, inputs, what they do",
    NULL,
    NULL,
    0,
    functions};
const struct command command_mapping_run = {
    "mapping run",
    "FILE.mmap|BUNDLE.zip|FOLDER",
    1,
    1,
    "Map one document without a flow",
    "  $ tidemill mapping run export.zip --name Orders --body order.xml\n",
    run_options,
    COUNT(run_options),
    run};
