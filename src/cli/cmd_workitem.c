/* tidemill workitem create|list|show|set-status|import: over the admin API of a running server. */
#include "cli/remote.h"
#include "cli/table.h"

#include "base/codec.h"
#include "base/file.h"

#include <stdio.h>

enum { IMPORT_FILE = 40 << 20 };
#define PATH "/tidemill/v1/workitems"

static const struct option remote_options[] = {REMOTE_OPTIONS};

/* ---- list ---- */
static const struct option list_options[] = {
    REMOTE_OPTIONS,
    {"status",  's', OPTION_TEXT, "CODE", NULL,  "only items in this user status"        },
    {"type",    't', OPTION_TEXT, "TYPE", NULL,  "only items of this process type"       },
    {"project", 'p', OPTION_TEXT, "NAME", NULL,  "only items planned in this project"    },
    {"top",     'n', OPTION_INT,  "N",    "100", "how many, at most 1000"                },
    {"skip",    0,   OPTION_INT,  "N",    "0",   "how many to leave out at the beginning"},
};

static str list_path(struct cli *c)
{
    static const struct {
        const char *option, *parameter;
    } filters[] = {
        {"status",  "userStatus"    },
        {"type",    "processType"   },
        {"project", "plannedProject"},
    };
    str path = arena_fmt(c->arena, PATH "?top=%lld&skip=%lld", (long long)cli_int(c, "top"),
                         (long long)cli_int(c, "skip"));
    for (size_t i = 0; i < COUNT(filters); i++) {
        str v = cli_text(c, filters[i].option);
        if (v.p)
            path = arena_fmt(c->arena, STR_FMT "&%s=" STR_FMT, STR_ARG(path), filters[i].parameter,
                             STR_ARG(percent_encode(c->arena, v, "")));
    }
    return path;
}

static enum exit_code list_run(struct cli *c, struct err *e)
{
    static const char *const names[] = {"objectId",   "guid",           "processType",
                                        "userStatus", "userStatusDesc", "changedBy",
                                        "changedAt",  "description"};
    struct table t = {names, COUNT(names), {0}};
    AUTO(remote) struct remote r = {0};
    struct answer a;
    if (!remote_open(c, &r, e) || !remote_call(&r, "GET", list_path(c), STR_NONE, NULL, &a, e))
        return cli_exit_code(e);
    for (const struct jr *item = a.json ? a.json->first : NULL; item; item = item->next) {
        str cells[COUNT(names)];
        for (size_t i = 0; i < COUNT(names); i++)
            cells[i] = jr_text(item, names[i]);
        table_add(c, &t, cells);
    }
    table_print(c, &t);
    return CLI_OK;
}

/* ---- one item ---- */
/* JSON as answered, or a line for each thing worth reading. */
static void print_list(const struct jr *item, const char *list, const char *const *members,
                       size_t n)
{
    const struct jr *all = jr_get(item, list);
    for (const struct jr *x = all ? all->first : NULL; x; x = x->next) {
        printf("%s", x == all->first ? list : "");
        for (size_t i = 0; i < n; i++)
            printf("%s" STR_FMT, i ? "  " : "\t", STR_ARG(jr_text(x, members[i])));
        printf("\n");
    }
}

static void print_item(const struct cli *c, const struct answer *a)
{
    static const char *const releases[] = {"releaseNumber", "releaseDesc"},
                             *const categories[] = {"catId", "catDesc"},
                             *const texts[] = {"createdAt", "textType", "textTypeDesc", "createdBy",
                                               "textContent"},
                             *const files[] = {"createdAt", "attachmentId", "fileName", "mimeType",
                                               "createdBy"},
                             *const changes[] = {"at", "by", "action", "before", "after"};
    if (cli_json(c)) {
        printf(STR_FMT "\n", STR_ARG(a->body));
        return;
    }
    for (const struct jr *m = a->json ? a->json->first : NULL; m; m = m->next)
        if (m->kind == JR_STRING || m->kind == JR_NUMBER)
            printf(STR_FMT "\t" STR_FMT "\n", STR_ARG(m->key), STR_ARG(m->s));
    print_list(a->json, "releases", releases, COUNT(releases));
    print_list(a->json, "categories", categories, COUNT(categories));
    print_list(a->json, "texts", texts, COUNT(texts));
    print_list(a->json, "attachments", files, COUNT(files));
    print_list(a->json, "changes", changes, COUNT(changes));
}

static enum exit_code call_and_print(struct cli *c, const char *method, str path, str body,
                                     struct err *e)
{
    AUTO(remote) struct remote r = {0};
    struct answer a;
    if (!remote_open(c, &r, e) || !remote_call(&r, method, path, body, NULL, &a, e))
        return cli_exit_code(e);
    print_item(c, &a);
    return CLI_OK;
}

static str item_path(struct cli *c, const char *tail)
{
    return arena_fmt(c->arena, PATH "/" STR_FMT "%s",
                     STR_ARG(percent_encode(c->arena, c->arguments.at[0], "")), tail);
}

static enum exit_code show_run(struct cli *c, struct err *e)
{
    return call_and_print(c, "GET", item_path(c, ""), STR_NONE, e);
}

/* ---- create ---- */
static const struct {
    const char *option, *property;
} properties[] = {
    {"type",        "processType"   },
    {"description", "description"   },
    {"status",      "userStatus"    },
    {"guid",        "guid"          },
    {"number",      "objectId"      },
    {"priority",    "priority"      },
    {"wricef",      "wricefId"      },
    {"project",     "plannedProject"},
    {"sprint",      "sprint"        },
    {"package",     "workPackageId" },
    {"system",      "systemId"      },
};
static const struct option create_options[] = {
    REMOTE_OPTIONS,
    {"type",        't', OPTION_TEXT, "TYPE",   "S1MJ",
      "process type: S1MJ normal change, S1CG general change"                                       },
    {"description", 'd', OPTION_TEXT, "TEXT",   NULL,   "at most 40 characters"                    },
    {"status",      's', OPTION_TEXT, "CODE",   NULL,
      "user status; the profile's initial one when not given"                                       },
    {"guid",        0,   OPTION_TEXT, "GUID",   NULL,   "its guid; a new one when not given"       },
    {"number",      0,   OPTION_TEXT, "NUMBER", NULL,   "its objectId; the next one when not given"},
    {"priority",    0,   OPTION_TEXT, "1-4",    NULL,   "1 high to 4 very low"                     },
    {"wricef",      0,   OPTION_TEXT, "LETTER", NULL,   "W, R, I, C, E or F"                       },
    {"project",     'p', OPTION_TEXT, "NAME",   NULL,   "planned project"                          },
    {"sprint",      0,   OPTION_TEXT, "NAME",   NULL,   "sprint"                                   },
    {"package",     0,   OPTION_TEXT, "NUMBER", NULL,   "objectId of its work package"             },
    {"system",      0,   OPTION_TEXT, "NAME",   NULL,   "system"                                   },
};

static enum exit_code create_run(struct cli *c, struct err *e)
{
    AUTO(buf) struct buf b = BUF(65536);
    struct jw w;
    jw_init(&w, &b);
    jw_object(&w);
    for (size_t i = 0; i < COUNT(properties); i++) {
        str v = cli_text(c, properties[i].option);
        if (!v.p)
            continue;
        jw_keyz(&w, properties[i].property);
        jw_str(&w, v);
    }
    jw_object_end(&w);
    return call_and_print(c, "POST", STR(PATH), buf_str(&b), e);
}

/* ---- status ---- */
static const struct option status_options[] = {
    REMOTE_OPTIONS,
    {"force", 0, OPTION_FLAG, NULL, NULL, "leave the profile's rules out of account"},
};

static enum exit_code set_status_run(struct cli *c, struct err *e)
{
    AUTO(buf) struct buf b = BUF(65536);
    struct jw w;
    jw_init(&w, &b);
    jw_object(&w);
    jw_keyz(&w, "userStatus");
    jw_str(&w, c->arguments.at[1]);
    jw_keyz(&w, "force");
    jw_bool(&w, cli_flag(c, "force"));
    jw_object_end(&w);
    return call_and_print(c, "POST", item_path(c, "/status"), buf_str(&b), e);
}

/* ---- import ---- */
static enum exit_code import_run(struct cli *c, struct err *e)
{
    static const char *const names[] = {"kind", "imported"};
    struct table t = {names, COUNT(names), {0}};
    AUTO(remote) struct remote r = {0};
    struct answer a;
    str body;
    if (!file_read(c->arena, arena_strdup(c->arena, c->arguments.at[0]), IMPORT_FILE, &body, e))
        return cli_exit_code(e);
    body = str_trim(body);
    if (!str_starts(body, STR("{"))) {
        err_set(e, ERR_BAD_REQUEST, STR_FMT " holds no JSON object", STR_ARG(c->arguments.at[0]));
        return cli_exit_code(e);
    }
    if (!remote_open(c, &r, e) || !remote_call(&r, "POST", STR(PATH "/import"), body, NULL, &a, e))
        return cli_exit_code(e);
    for (const struct jr *m = a.json ? a.json->first : NULL; m; m = m->next) {
        str cells[] = {m->key, m->s};
        table_add(c, &t, cells);
    }
    table_print(c, &t);
    return CLI_OK;
}

const struct command command_workitem_list = {"workitem list",
                                              "",
                                              0,
                                              0,
                                              "List work items of the DevOps service",
                                              "  $ tidemill workitem list --status E0004\n",
                                              list_options,
                                              COUNT(list_options),
                                              list_run};
const struct command command_workitem_show = {
    "workitem show",
    "ID",
    1,
    1,
    "Show a work item, its texts and attachments, and who changed it",
    "  $ tidemill workitem show 8000000101 -o json\n",
    remote_options,
    COUNT(remote_options),
    show_run};
const struct command command_workitem_create = {
    "workitem create",
    "",
    0,
    0,
    "Create a work item",
    "  $ tidemill workitem create --description 'Invoice form' --project FB_BUILD_01\n",
    create_options,
    COUNT(create_options),
    create_run};
const struct command command_workitem_set_status = {
    "workitem set-status",
    "ID STATUS",
    2,
    2,
    "Change the status of a work item",
    "  $ tidemill workitem set-status 8000000101 E0004\n",
    status_options,
    COUNT(status_options),
    set_status_run};
const struct command command_workitem_import = {
    "workitem import",
    "FILE",
    1,
    1,
    "Import work items with their parts from JSON; - for stdin",
    "  $ tidemill workitem import items.json\n",
    remote_options,
    COUNT(remote_options),
    import_run};
