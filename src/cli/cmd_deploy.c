/* tidemill deploy: uploads, deploys and waits until started, over the public API. */
#include "cli/remote.h"
#include "cli/source.h"
#include "cli/table.h"

#include "base/codec.h"
#include "base/time.h"
#include "flow/flow.h"

#include <stdio.h>
#include <unistd.h>

static const struct option options[] = {
    REMOTE_OPTIONS,
    {"package", 'p', OPTION_TEXT, "ID",      "Default",
      "integration package to put the artifacts into; made when missing"               },
    {"timeout", 0,   OPTION_INT,  "SECONDS", "60",      "how long to wait for STARTED"},
};
/* What an artifact's kind is called in entity sets and functions. */
static const struct {
    const char *type, *family;
} families[] = {
    {"IntegrationFlow",  "Integration"     },
    {"ScriptCollection", "ScriptCollection"},
    {"ValueMapping",     "ValueMapping"    },
    {"MessageMapping",   "MessageMapping"  },
};
static const int absent[] = {404, 0}, exists[] = {409, 500, 0};

static const char *family_of(const struct bundle *b)
{
    for (size_t i = 0; i < COUNT(families); i++)
        if (str_eqz(b->type, families[i].type))
            return families[i].family;
    return families[0].family;
}

/* Ids hold letters, digits, '_', '-' and '.'; other characters become '_'. */
static str artifact_id(struct arena *a, str id)
{
    char *z = arena_strdup(a, id);
    for (size_t i = 0; i < id.n; i++) {
        char ch = z[i];
        bool ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                  (ch >= '0' && ch <= '9') || strchr("_.-", ch);
        z[i] = ok ? ch : '_';
    }
    return (str){z, id.n};
}

static str json_object(struct arena *a, const char *const *keys, const str *values, size_t n)
{
    AUTO(buf) struct buf b = BUF(SIZE_MAX / 2);
    struct jw w;
    jw_init(&w, &b);
    jw_object(&w);
    for (size_t i = 0; i < n; i++) {
        jw_keyz(&w, keys[i]);
        jw_str(&w, values[i]);
    }
    jw_object_end(&w);
    return arena_str(a, buf_str(&b));
}

static bool upload(struct remote *r, const struct bundle *b, const char *family, str id,
                   str package, str zip, struct err *e)
{
    static const char *const keys[] = {"Name", "ArtifactContent", "Id", "PackageId"};
    struct answer a;
    str entity =
        arena_fmt(r->arena, "/api/v1/%sDesigntimeArtifacts(Id='" STR_FMT "',Version='active')",
                  family, STR_ARG(remote_key(r, id)));
    str values[] = {b->name.n ? b->name : id, base64_encode(r->arena, zip), id, package};
    if (!remote_call(r, "GET", entity, STR_NONE, absent, &a, e))
        return false;
    if (a.status == 200)
        return remote_call(r, "PUT", entity, json_object(r->arena, keys, values, 2), NULL, &a, e);
    return remote_call(r, "POST", arena_fmt(r->arena, "/api/v1/%sDesigntimeArtifacts", family),
                       json_object(r->arena, keys, values, COUNT(keys)), NULL, &a, e);
}

/* Why it did not start: every parameter of the error document. */
static void read_problems(struct remote *r, str path, struct err *e)
{
    struct answer a;
    struct err ignored = {0};
    AUTO(buf) struct buf b = BUF(400);
    if (!remote_call(r, "GET",
                     arena_fmt(r->arena, STR_FMT "/ErrorInformation/$value", STR_ARG(path)),
                     STR_NONE, NULL, &a, &ignored))
        return;
    const struct jr *list = jr_get(a.json, "parameter");
    for (const struct jr *p = list ? list->first : NULL; p; p = p->next)
        buf_addf(&b, "%s" STR_FMT, b.n ? "; " : "", STR_ARG(p->s));
    err_set(e, ERR_BAD_REQUEST, STR_FMT, STR_ARG(b.n ? buf_str(&b) : str_sub(a.body, 0, 400)));
}

static bool wait_started(struct remote *r, str id, int64_t timeout_s, struct err *e)
{
    int64_t end = time_monotonic_ms() + timeout_s * 1000;
    str path = arena_fmt(r->arena, "/api/v1/IntegrationRuntimeArtifacts('" STR_FMT "')",
                         STR_ARG(remote_key(r, id)));
    for (useconds_t pause = 2000; time_monotonic_ms() < end;
         pause = pause < 200000 ? pause * 2 : pause) {
        struct answer a;
        if (!remote_call(r, "GET", path, STR_NONE, absent, &a, e))
            return false;
        str status = jr_text(jr_get(a.json, "d"), "Status");
        if (str_eqz(status, "STARTED"))
            return true;
        if (str_eqz(status, "ERROR")) {
            err_set(e, ERR_BAD_REQUEST, "it did not start");
            read_problems(r, path, e);
            return false;
        }
        usleep(pause);
    }
    return err_set(e, ERR_TIMEOUT, "not started after %lld s", (long long)timeout_s);
}

static bool deploy(struct cli *c, struct remote *r, str path, str *ret_id, struct err *e)
{
    static const char *const keys[] = {"Id", "Name", "ShortText"};
    struct bundle *b;
    struct answer a;
    str zip, package = cli_text(c, "package"), values[] = {package, package, package};
    if (!source_read(c->arena, path, &zip, e) || !bundle_read(zip, &b, e))
        return false;
    const char *family = family_of(b);
    str id = *ret_id = artifact_id(c->arena, b->id);
    bool ok = remote_call(r, "POST", STR("/api/v1/IntegrationPackages"),
                          json_object(r->arena, keys, values, COUNT(keys)), exists, &a, e) &&
              upload(r, b, family, id, package, zip, e) &&
              remote_call(r, "POST",
                          arena_fmt(r->arena,
                                    "/api/v1/Deploy%sDesigntimeArtifact?Id='" STR_FMT
                                    "'&Version='active'",
                                    family, STR_ARG(remote_key(r, id))),
                          STR_NONE, NULL, &a, e) &&
              wait_started(r, id, cli_int(c, "timeout"), e);
    bundle_free(b);
    return ok;
}

/* Addresses of the flow, one after the other. */
static str endpoints_of(struct remote *r, str id)
{
    struct answer a;
    struct err ignored = {0};
    str all = STR("");
    str path = arena_fmt(r->arena,
                         "/api/v1/ServiceEndpoints?$filter=Name%%20eq%%20'" STR_FMT
                         "'&$expand=EntryPoints",
                         STR_ARG(remote_key(r, id)));
    if (!remote_call(r, "GET", path, STR_NONE, NULL, &a, &ignored))
        return all;
    const struct jr *list = jr_get(jr_get(a.json, "d"), "results");
    for (const struct jr *s = list ? list->first : NULL; s; s = s->next) {
        const struct jr *points = jr_get(jr_get(s, "EntryPoints"), "results");
        for (const struct jr *p = points ? points->first : NULL;
             p && str_eq(jr_text(s, "Name"), id); p = p->next)
            all = arena_fmt(r->arena, STR_FMT "%s" STR_FMT, STR_ARG(all), all.n ? " " : "",
                            STR_ARG(jr_text(p, "Url")));
    }
    return all;
}

static enum exit_code run(struct cli *c, struct err *e)
{
    static const char *const names[] = {"file", "id", "status", "ms", "endpoints", "reason"};
    struct table t = {names, COUNT(names), {0}};
    AUTO(remote) struct remote r = {0};
    enum exit_code code = CLI_OK;
    if (!remote_open(c, &r, e))
        return cli_exit_code(e);
    for (size_t i = 0; i < c->arguments.n; i++) {
        int64_t start = time_monotonic_ms();
        struct err failure = {0};
        str path = c->arguments.at[i], id = STR("");
        if (c->arguments.n > 1 && isatty(STDERR_FILENO))
            fprintf(stderr, "\rdeploying %zu of %zu", i + 1, c->arguments.n);
        bool ok = deploy(c, &r, path, &id, &failure);
        if (!ok && code == CLI_OK)
            code = cli_exit_code(&failure);
        str cells[] = {path,
                       id,
                       ok ? STR("STARTED") : STR("ERROR"),
                       arena_fmt(c->arena, "%lld", (long long)(time_monotonic_ms() - start)),
                       ok ? endpoints_of(&r, id) : STR(""),
                       arena_fmt(c->arena, "%s", failure.msg)};
        table_add(c, &t, cells);
    }
    if (c->arguments.n > 1 && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    table_print(c, &t);
    return code;
}

const struct command command_deploy = {
    "deploy",
    "FLOW.zip|FOLDER...",
    1,
    10000,
    "Upload and deploy artifacts, and wait until they have started",
    "  $ tidemill deploy export.zip\n  $ tidemill deploy --key service-key.json --package Orders flows/*.zip -o json\n",
    options,
    COUNT(options),
    run};
