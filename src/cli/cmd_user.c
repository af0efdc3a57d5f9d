/* tidemill user list|add|remove, tidemill key create: over the admin API of a running server. */
#include "cli/remote.h"
#include "cli/table.h"

#include "base/codec.h"
#include "base/file.h"

#include <stdio.h>

static const struct option remote_options[] = {REMOTE_OPTIONS};
static const struct option add_options[] = {
    REMOTE_OPTIONS,
    {"role",              'r', OPTION_LIST, "ROLE", NULL,
      "role or role collection; repeatable [PI_Integration_Developer]"},
    {"new-password-file", 0,   OPTION_TEXT, "FILE", "-",
      "file with the new user's password; - for stdin"                },
};
static const struct option key_options[] = {
    REMOTE_OPTIONS,
    {"role", 'r', OPTION_LIST, "ROLE", NULL,
      "role or role collection; repeatable [PI_Integration_Developer]"},
};

static enum exit_code list_run(struct cli *c, struct err *e)
{
    static const char *const names[] = {"name", "kind", "roles"};
    struct table t = {names, COUNT(names), {0}};
    AUTO(remote) struct remote r = {0};
    struct answer a;
    if (!remote_open(c, &r, e) ||
        !remote_call(&r, "GET", STR("/tidemill/v1/users"), STR_NONE, NULL, &a, e))
        return cli_exit_code(e);
    for (const struct jr *u = a.json ? a.json->first : NULL; u; u = u->next) {
        str cells[] = {jr_text(u, "name"), jr_text(u, "kind"), jr_text(u, "roles")};
        table_add(c, &t, cells);
    }
    table_print(c, &t);
    return CLI_OK;
}

static void write_roles(struct cli *c, struct jw *w)
{
    const str *roles;
    size_t n = cli_list(c, "role", &roles);
    jw_keyz(w, "roles");
    jw_array(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, roles[i]);
    if (!n)
        jw_str(w, STR("PI_Integration_Developer"));
    jw_array_end(w);
}

static enum exit_code add_run(struct cli *c, struct err *e)
{
    AUTO(remote) struct remote r = {0};
    AUTO(buf) struct buf b = BUF(65536);
    struct jw w;
    struct answer a;
    str password, file = cli_text(c, "new-password-file");
    if (str_eqz(file, "-"))
        fprintf(stderr, "password of " STR_FMT ": ", STR_ARG(c->arguments.at[0]));
    if (!file_read(c->arena, arena_strdup(c->arena, file), 4096, &password, e))
        return cli_exit_code(e);
    jw_init(&w, &b);
    jw_object(&w);
    jw_keyz(&w, "name");
    jw_str(&w, c->arguments.at[0]);
    jw_keyz(&w, "password");
    jw_str(&w, str_trim(password));
    write_roles(c, &w);
    jw_object_end(&w);
    if (!remote_open(c, &r, e) ||
        !remote_call(&r, "POST", STR("/tidemill/v1/users"), buf_str(&b), NULL, &a, e))
        return cli_exit_code(e);
    return CLI_OK;
}

static enum exit_code remove_run(struct cli *c, struct err *e)
{
    AUTO(remote) struct remote r = {0};
    struct answer a;
    str path = arena_fmt(c->arena, "/tidemill/v1/users/" STR_FMT,
                         STR_ARG(percent_encode(c->arena, c->arguments.at[0], "")));
    if (!remote_open(c, &r, e) || !remote_call(&r, "DELETE", path, STR_NONE, NULL, &a, e))
        return cli_exit_code(e);
    return CLI_OK;
}

static enum exit_code key_run(struct cli *c, struct err *e)
{
    AUTO(remote) struct remote r = {0};
    AUTO(buf) struct buf b = BUF(65536);
    struct jw w;
    struct answer a;
    jw_init(&w, &b);
    jw_object(&w);
    write_roles(c, &w);
    jw_object_end(&w);
    if (!remote_open(c, &r, e) ||
        !remote_call(&r, "POST", STR("/tidemill/v1/keys"), buf_str(&b), NULL, &a, e))
        return cli_exit_code(e);
    printf(STR_FMT "\n", STR_ARG(a.body));
    return CLI_OK;
}

const struct command command_user_list = {"user list",
                                          "",
                                          0,
                                          0,
                                          "List users and clients with their roles",
                                          NULL,
                                          remote_options,
                                          COUNT(remote_options),
                                          list_run};
const struct command command_user_add = {
    "user add",
    "NAME",
    1,
    1,
    "Add a user, or change its password and roles",
    "  $ tidemill user add ann --role PI_Administrator --new-password-file ann.txt\n",
    add_options,
    COUNT(add_options),
    add_run};
const struct command command_user_remove = {
    "user remove",         "NAME",    1, 1, "Remove a user or client", NULL, remote_options,
    COUNT(remote_options), remove_run};
const struct command command_key_create = {
    "key create",
    "",
    0,
    0,
    "Create a service key; its secret is shown this once",
    "  $ tidemill key create --role PI_Integration_Developer > service-key.json\n",
    key_options,
    COUNT(key_options),
    key_run};
