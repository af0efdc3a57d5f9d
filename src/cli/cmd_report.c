/* tidemill report usage: src/report from the command line. */
#include "cli/command.h"

#include "app/app.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/table.h"
#include "report/access.h"
#include "report/sample.h"
#include "report/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { KEY_MAX = 1 << 20, OUT_MAX = 1 << 30, SAMPLE_FLOWS = 1000, SAMPLE_ROWS = 1000000 };

static const struct option options[] = {
    {"output",        'o', OPTION_TEXT, "csv|json|html|table", "csv",
     "csv and json as the well-known script wrote them"                                                                              },
    {"out",           0,   OPTION_TEXT, "FILE",                NULL,
     "where to; - for stdout; default as the script's: 'CIAnalysisResults <time>.CSV'"                                               },
    {"month",         'm', OPTION_TEXT, "YYYY-MM",             NULL,
     "month to count messages in; default: the last one"                                                                             },
    {"from",          0,   OPTION_TEXT, "DATE",                NULL,
     "instead: first day, or an instant as 2026-10-31T12:00:00Z"                                                                     },
    {"to",            0,   OPTION_TEXT, "DATE",                NULL,                    "last day, or an instant"                    },
    {"zone",          'z', OPTION_TEXT, "ZONE",                "UTC",                   "time zone of months and days: Europe/Berlin"},
    {"kinds",         0,   OPTION_TEXT, "KINDS",               "Integration",
     "Integration,ValueMapping,MessageMapping,ScriptCollection, or all"                                                              },
    {"edited",        0,   OPTION_TEXT, "HOW",                 "content",
     "content: exactly, where the server knows; timestamps: as the script"                                                           },
    {"key",           'k', OPTION_TEXT, "FILE",                NULL,
     "service key as downloaded; default: config.json when it is there"                                                              },
    {"env",           'e', OPTION_TEXT, "NAME",                NULL,
     "profile: the service key NAME.json in TIDEMILL_HOME or ~/.config/tidemill"                                                     },
    {"url",           0,   OPTION_TEXT, "URL",                 "http://127.0.0.1:8080", "without a key: server to talk to"           },
    {"token-url",     0,   OPTION_TEXT, "URL",                 NULL,
     "without a key: where tokens are; secret in TIDEMILL_CLIENT_SECRET"                                                             },
    {"client-id",     0,   OPTION_TEXT, "ID",                  NULL,                    "without a key: the OAuth client"            },
    {"user",          'u', OPTION_TEXT, "NAME",                "dev",
     "without a key: user; password in TIDEMILL_PASSWORD; dev needs none"                                                            },
    {"password-file", 0,   OPTION_TEXT, "FILE",                NULL,
     "file with the password or client secret, - for stdin"                                                                          },
    {"parallel",      0,   OPTION_INT,  "N",                   "4",                     "calls at a time"                            },
    {"no-limits",     0,   OPTION_FLAG, NULL,                  NULL,                    "do not keep to SAP's rate limits"           },
    {"logs",          0,   OPTION_TEXT, "auto|rows|counts",    "auto",
     "how messages are counted: grouped by Tidemill, else row by row or flow by flow"                                                },
    {"progress",      0,   OPTION_TEXT, "auto|bar|json|none",  "auto",
     "on stderr; auto: a bar on a terminal, else JSON"                                                                               },
    {"fresh",         0,   OPTION_FLAG, NULL,                  NULL,                    "do not go on with an interrupted run"       },
    {"sample",        0,   OPTION_FLAG, NULL,                  NULL,
     "make a scratch tenant of 1,000 flows and a million log rows and report on it"                                                  },
    {"data",          'd', OPTION_TEXT, "DIR",                 NULL,
     "with --sample: keep the tenant there, to serve it later"                                                                       },
    {"sample-flows",  0,   OPTION_INT,  "N",                   "1000",                  "with --sample: how many flows"              },
    {"sample-rows",   0,   OPTION_INT,  "N",                   "1000000",               "with --sample: how many log rows"           },
};

/* ---- progress, on stderr ---- */
enum progress { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_JSON };
struct meter {
    enum progress kind;
    const char *what;
    int64_t shown, started;
};

static void show(void *arg, size_t done, size_t total)
{
    struct meter *m = arg;
    int64_t now = time_monotonic_ms();
    char bar[31];
    if (m->kind == PROGRESS_NONE ||
        (m->kind == PROGRESS_JSON && done < total && now - m->shown < 1000))
        return;
    m->shown = now;
    if (m->kind == PROGRESS_JSON) {
        fprintf(
            stderr,
            "{\"event\":\"report.progress\",\"step\":\"%s\",\"done\":%zu,\"total\":%zu,\"ms\":%lld}\n",
            m->what, done, total, (long long)(now - m->started));
        return;
    }
    size_t full = total ? done * (sizeof bar - 1) / total : 0;
    memset(bar, ' ', sizeof bar - 1);
    memset(bar, '#', full);
    bar[sizeof bar - 1] = '\0';
    fprintf(stderr, "\r%s [%s] %zu of %zu%s", m->what, bar, done, total,
            done >= total ? "\033[K\n" : "\033[K");
}

static bool choose_progress(struct cli *c, struct meter *m, struct err *e)
{
    str how = cli_text(c, "progress");
    m->started = time_monotonic_ms();
    m->kind = str_eqz(how, "bar")     ? PROGRESS_BAR
              : str_eqz(how, "json")  ? PROGRESS_JSON
              : str_eqz(how, "none")  ? PROGRESS_NONE
              : isatty(STDERR_FILENO) ? PROGRESS_BAR
                                      : PROGRESS_JSON;
    return m->kind != PROGRESS_JSON || str_eqz(how, "json") || str_eqz(how, "auto") ||
           err_set(e, ERR_BAD_REQUEST, "--progress is auto, bar, json or none, not '" STR_FMT "'",
                   STR_ARG(how));
}

/* ---- the way in ---- */
static str env(const char *name)
{
    return str_of(getenv(name));
}

static bool read_secret(struct cli *c, const char *variable, str *ret, struct err *e)
{
    str file = cli_text(c, "password-file");
    *ret = env(variable);
    if (!file.p)
        return true;
    if (!file_read(c->arena, arena_strdup(c->arena, file), KEY_MAX, ret, e))
        return err_ctx(e, "--password-file");
    *ret = str_trim(*ret);
    return true;
}

static str profile_path(struct cli *c, str name)
{
    str home = env("TIDEMILL_HOME");
    if (home.n)
        return arena_fmt(c->arena, STR_FMT "/" STR_FMT ".json", STR_ARG(home), STR_ARG(name));
    return arena_fmt(c->arena, "%s/.config/tidemill/" STR_FMT ".json",
                     getenv("HOME") ? getenv("HOME") : ".", STR_ARG(name));
}

static bool without_key(struct cli *c, struct access *ret, struct err *e)
{
    *ret = (struct access){.url = cli_text(c, "url"),
                           .token_url = cli_text(c, "token-url"),
                           .client_id = cli_text(c, "client-id"),
                           .user = cli_text(c, "user")};
    while (str_ends(ret->url, STR("/")))
        ret->url.n--;
    if (ret->token_url.p || ret->client_id.p) {
        if (!read_secret(c, "TIDEMILL_CLIENT_SECRET", &ret->client_secret, e))
            return false;
        return (ret->token_url.n && ret->client_id.n && ret->client_secret.n) ||
               err_set(e, ERR_UNAUTHORIZED,
                       "--token-url, --client-id and TIDEMILL_CLIENT_SECRET belong together");
    }
    if (!read_secret(c, "TIDEMILL_PASSWORD", &ret->password, e))
        return false;
    if (!ret->password.p && str_eqz(ret->user, "dev"))
        ret->password = STR("dev");
    return ret->password.p ||
           err_set(e, ERR_UNAUTHORIZED,
                   "no password for '" STR_FMT "': use --password-file or TIDEMILL_PASSWORD",
                   STR_ARG(ret->user));
}

static bool given(const struct cli *c, const char *option)
{
    return map_get(&c->values, str_of(option)) != NULL;
}

static bool find_access(struct cli *c, struct access *ret, struct err *e)
{
    str path = cli_text(c, "key"), text;
    if (given(c, "env"))
        path = profile_path(c, cli_text(c, "env"));
    else if (!path.p && !given(c, "url") && !given(c, "token-url") &&
             access("config.json", R_OK) == 0)
        path = STR("config.json");
    if (!path.p)
        return without_key(c, ret, e);
    return (file_read(c->arena, arena_strdup(c->arena, path), KEY_MAX, &text, e) &&
            access_of_key(c->arena, text, ret, e)) ||
           err_ctx(e, STR_FMT, STR_ARG(path));
}

/* ---- the report ---- */
static str journal_path(struct cli *c, const struct access *x, const struct period *p)
{
    str name = arena_fmt(c->arena, STR_FMT "|" STR_FMT "|%lld|%lld|" STR_FMT "|" STR_FMT,
                         STR_ARG(x->url), STR_ARG(x->client_id.p ? x->client_id : x->user),
                         (long long)period_from(p), (long long)period_to(p),
                         STR_ARG(cli_text(c, "kinds")), STR_ARG(cli_text(c, "logs")));
    str cache = env("XDG_CACHE_HOME");
    struct err e = {0};
    cache =
        cache.n ? cache : arena_fmt(c->arena, "%s/.cache", getenv("HOME") ? getenv("HOME") : ".");
    str dir = arena_fmt(c->arena, STR_FMT "/tidemill", STR_ARG(cache));
    if (!file_make_dir(dir.p, &e))
        return STR_NONE; /* then there is no going on */
    return arena_fmt(c->arena, STR_FMT "/report-%016llx.part", STR_ARG(dir),
                     (unsigned long long)str_hash(name));
}

static bool logs_named(str name, enum usage_logs *ret)
{
    static const char *const names[] = {
        [LOGS_AUTO] = "auto", [LOGS_ROWS] = "rows", [LOGS_COUNTS] = "counts"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (str_eqz(name, names[i])) {
            *ret = (enum usage_logs)i;
            return true;
        }
    return false;
}

static bool collect(struct cli *c, const struct access *x, struct meter *m, struct usage *u,
                    struct err *e)
{
    struct caller *caller;
    str journal = journal_path(c, x, &u->period);
    int64_t parallel = cli_int(c, "parallel");
    if (cli_flag(c, "fresh") && journal.p)
        unlink(journal.p);
    struct caller_config config = {.access = x,
                                   .parallel = (unsigned)(parallel < 1    ? 1
                                                          : parallel > 64 ? 64
                                                                          : parallel),
                                   .unlimited = cli_flag(c, "no-limits"),
                                   .journal = journal,
                                   .progress = show,
                                   .arg = m};
    if (!caller_open(&config, &caller, e))
        return false;
    struct collect_config how = {.caller = caller,
                                 .kinds = cli_text(c, "kinds"),
                                 .by_content = str_eqz(cli_text(c, "edited"), "content")};
    (void)logs_named(cli_text(c, "logs"), &how.logs); /* run has looked at it */
    bool ok = usage_collect(&how, u, e);
    caller_close(caller, ok && !u->missing.n);
    return ok;
}

static void print_table(struct cli *c, const struct usage *u)
{
    static const char *const names[] = {"package",  "id",     "status",    "deployed",
                                        "messages", "failed", "median ms", "p95 ms"};
    struct table t = {names, COUNT(names), {0}};
    for (size_t i = 0; i < u->artifacts.n; i++) {
        const struct usage_artifact *f = u->artifacts.at[i];
        str cells[] = {f->package_id,
                       f->id,
                       str_of(usage_edited(f)),
                       f->status.n ? f->status : STR("NO"),
                       usage_number(c->arena, f->now.n),
                       usage_number(c->arena, f->now.failed),
                       usage_number(c->arena, f->now.median_ms),
                       usage_number(c->arena, f->now.p95_ms)};
        table_add(c, &t, cells);
    }
    table_print(c, &t);
}

static const struct form {
    const char *name, *ending;
    void (*write)(const struct usage *u, struct buf *out);
} forms[] = {
    {"csv",   "CSV",  usage_write_csv },
    {"json",  "JSON", usage_write_json},
    {"html",  "html", usage_write_html},
    {"table", NULL,   NULL            },
};

static const struct form *form_named(str name)
{
    for (size_t i = 0; i < COUNT(forms); i++)
        if (str_eqz(name, forms[i].name))
            return &forms[i];
    return NULL;
}

/* As the script called its files: local time, month first. */
static str file_name(struct cli *c, const struct form *f)
{
    char text[40];
    time_t now = (time_t)(time_now_ms() / 1000);
    struct tm local;
    localtime_r(&now, &local);
    strftime(text, sizeof text, "%m-%d-%Y %H-%M-%S", &local);
    return arena_fmt(c->arena, "CIAnalysisResults %s.%s", text, f->ending);
}

static bool write_out(struct cli *c, const struct form *f, const struct usage *u, struct err *e)
{
    AUTO(buf) struct buf out = BUF(OUT_MAX);
    str path = cli_text(c, "out");
    if (!f->write) {
        print_table(c, u);
        return true;
    }
    f->write(u, &out);
    if (!buf_check(&out, e))
        return false;
    if (str_eqz(path, "-")) {
        cli_write(stdout, buf_str(&out));
        return true;
    }
    path = path.p ? path : file_name(c, f);
    if (!file_write(arena_strdup(c->arena, path), buf_str(&out), 0644, e))
        return false;
    fprintf(stderr,
            STR_FMT ": %zu packages, %zu artifacts, %lld messages in " STR_FMT "; %zu calls\n",
            STR_ARG(path), u->packages, u->artifacts.n, (long long)u->total.n,
            STR_ARG(u->period.label), u->calls);
    return true;
}

static enum exit_code report(struct cli *c, const struct access *x, struct meter *m,
                             const struct form *f, struct err *e)
{
    struct usage u = {.arena = c->arena, .url = x->url, .made_at = time_now_ms()};
    if (!period_make(c->arena, cli_text(c, "month"), cli_text(c, "from"), cli_text(c, "to"),
                     cli_text(c, "zone"), u.made_at, &u.period, e))
        return CLI_USAGE;
    m->what = "asking";
    if (!collect(c, x, m, &u, e))
        return cli_exit_code(e);
    if (!write_out(c, f, &u, e))
        return CLI_FAILURE;
    for (size_t i = 0; i < u.missing.n; i++)
        fprintf(stderr, "missing: " STR_FMT "\n", STR_ARG(u.missing.at[i]));
    if (u.missing.n)
        fprintf(stderr,
                "the report is not complete; the same command asks again for what is missing\n");
    return u.missing.n ? CLI_PARTIAL : CLI_OK;
}

/* ---- --sample ---- */
static bool scratch_dir(struct cli *c, str *ret, bool *ret_scratch, struct err *e)
{
    *ret = cli_text(c, "data");
    *ret_scratch = !ret->p;
    if (ret->p)
        return true;
    char *path = arena_strdup(c->arena, arena_fmt(c->arena, "%s/tidemill-sample-XXXXXX",
                                                  getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp"));
    *ret = str_of(path);
    return mkdtemp(path) || err_set(e, ERR_UNAVAILABLE, "%s: cannot be made", path);
}

static enum exit_code on_sample(struct cli *c, struct meter *m, const struct form *f, struct err *e)
{
    str dir;
    bool scratch;
    struct app *app;
    enum exit_code code = CLI_FAILURE;
    log_setup(LOG_ERROR, false);
    if (!scratch_dir(c, &dir, &scratch, e))
        return CLI_FAILURE;
    m->what = "making rows";
    struct sample_config sample = {.dir = dir,
                                   .flows = (size_t)cli_int(c, "sample-flows"),
                                   .rows = (size_t)cli_int(c, "sample-rows"),
                                   .now_ms = time_now_ms(),
                                   .seed = 5,
                                   .progress = show,
                                   .arg = m};
    struct app_config config = {
        .data = dir, .listen = STR("127.0.0.1:0"), .dev = true, .retention_days = 36500};
    if (sample_make(&sample, e) && app_start(&config, &app, e)) {
        struct access x = {.url = arena_fmt(c->arena, "http://127.0.0.1:%u", app_port(app)),
                           .user = STR("dev"),
                           .password = STR("dev")};
        code = report(c, &x, m, f, e);
        app_stop(app);
    }
    if (scratch)
        sample_remove(dir.p);
    else
        fprintf(stderr,
                "the tenant: tidemill serve --dev --retention-days 36500 --data " STR_FMT "\n",
                STR_ARG(dir));
    return code;
}

static enum exit_code run(struct cli *c, struct err *e)
{
    struct access x;
    struct meter m = {0};
    enum usage_logs logs;
    const struct form *f = form_named(cli_text(c, "output"));
    if (!f)
        err_set(e, ERR_BAD_REQUEST, "-o is csv, json, html or table, not '" STR_FMT "'",
                STR_ARG(cli_text(c, "output")));
    else if (!logs_named(cli_text(c, "logs"), &logs))
        err_set(e, ERR_BAD_REQUEST, "--logs is auto, rows or counts, not '" STR_FMT "'",
                STR_ARG(cli_text(c, "logs")));
    if (e->code || !choose_progress(c, &m, e))
        return CLI_USAGE;
    if (cli_flag(c, "sample"))
        return on_sample(c, &m, f, e);
    return find_access(c, &x, e) ? report(c, &x, &m, f, e) : cli_exit_code(e);
}

const struct command command_report_usage = {
    "report usage",
    "",
    0,
    0,
    "For every package and flow of a tenant: edited, deployed, how often used last month",
    "  $ tidemill report usage                         with config.json, the service key, in this folder\n"
    "  $ tidemill report usage --env prod --month 2026-10 -o html --out october.html\n"
    "  $ tidemill report usage --sample -o html --out sample.html\n",
    options,
    COUNT(options),
    run};
