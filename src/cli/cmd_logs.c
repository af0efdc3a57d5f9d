/* tidemill logs: message processing logs, newest first. */
#include "cli/remote.h"
#include "cli/table.h"

#include "base/codec.h"
#include "base/time.h"

#include <stdio.h>

static const struct option options[] = {
    REMOTE_OPTIONS,
    {"flow",   'f', OPTION_TEXT, "ID",     NULL, "only this flow's"                  },
    {"status", 's', OPTION_TEXT, "STATUS", NULL, "only these: COMPLETED, FAILED, ..."},
    {"top",    'n', OPTION_INT,  "N",      "20", "how many"                          },
};

/* "/Date(ms)/" as ISO time. */
static str date_text(struct arena *a, str date, int64_t *ret_ms)
{
    int64_t ms = 0;
    *ret_ms = 0;
    if (!str_starts(date, STR("/Date(")) ||
        !str_to_i64(str_sub(date, 6, str_find_char(date, ')', 6)), &ms))
        return STR("");
    *ret_ms = ms;
    return time_iso(a, ms, true);
}

static str error_of(struct remote *r, str guid)
{
    struct answer a;
    struct err ignored = {0};
    str path =
        arena_fmt(r->arena, "/api/v1/MessageProcessingLogs('" STR_FMT "')/ErrorInformation/$value",
                  STR_ARG(remote_key(r, guid)));
    return remote_call(r, "GET", path, STR_NONE, NULL, &a, &ignored) ? a.body : STR("");
}

static str filter_of(struct cli *c, struct remote *r)
{
    str flow = cli_text(c, "flow"), status = cli_text(c, "status"), f = STR("");
    if (flow.p)
        f = arena_fmt(c->arena, "IntegrationFlowName%%20eq%%20'" STR_FMT "'",
                      STR_ARG(remote_key(r, flow)));
    if (status.p)
        f = arena_fmt(c->arena, STR_FMT "%sStatus%%20eq%%20'" STR_FMT "'", STR_ARG(f),
                      f.n ? "%20and%20" : "", STR_ARG(remote_key(r, status)));
    return f.n ? arena_fmt(c->arena, "&$filter=" STR_FMT, STR_ARG(f)) : f;
}

static void add_row(struct cli *c, struct remote *r, struct table *t, const struct jr *log)
{
    int64_t start, end;
    str guid = jr_text(log, "MessageGuid"), status = jr_text(log, "Status");
    str from = date_text(c->arena, jr_text(log, "LogStart"), &start);
    date_text(c->arena, jr_text(log, "LogEnd"), &end);
    str error = str_eqz(status, "COMPLETED") ? STR("") : error_of(r, guid);
    if (!cli_json(c)) /* one line a message */
        error = str_sub(error, 0, str_find_char(error, '\n', 0));
    str cells[] = {from,
                   guid,
                   jr_text(log, "IntegrationFlowName"),
                   status,
                   arena_fmt(c->arena, "%lld", (long long)(end - start)),
                   error};
    table_add(c, t, cells);
}

static enum exit_code run(struct cli *c, struct err *e)
{
    static const char *const names[] = {"start", "message", "flow", "status", "ms", "error"};
    struct table t = {names, COUNT(names), {0}};
    AUTO(remote) struct remote r = {0};
    struct answer a;
    if (!remote_open(c, &r, e))
        return cli_exit_code(e);
    str path =
        c->arguments.n
            ? arena_fmt(c->arena, "/api/v1/MessageProcessingLogs('" STR_FMT "')",
                        STR_ARG(remote_key(&r, c->arguments.at[0])))
            : arena_fmt(c->arena,
                        "/api/v1/MessageProcessingLogs?$orderby=LogEnd%%20desc&$top=%lld" STR_FMT,
                        (long long)cli_int(c, "top"), STR_ARG(filter_of(c, &r)));
    if (!remote_call(&r, "GET", path, STR_NONE, NULL, &a, e))
        return cli_exit_code(e);
    const struct jr *d = jr_get(a.json, "d"), *list = jr_get(d, "results");
    if (c->arguments.n)
        add_row(c, &r, &t, d);
    for (const struct jr *log = list ? list->first : NULL; log; log = log->next)
        add_row(c, &r, &t, log);
    table_print(c, &t);
    return CLI_OK;
}

const struct command command_logs = {
    "logs",
    "[MESSAGE]",
    0,
    1,
    "Show message processing logs, newest first, with the errors of failed messages",
    "  $ tidemill logs --flow hello --status FAILED\n  $ tidemill logs AGkw2... -o json\n",
    options,
    COUNT(options),
    run};
