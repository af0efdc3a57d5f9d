/* command: what the command line offers, as tables. Parsing, help, completion and the manual page all come
 * from the same rows. A command's options may also come from the environment (TIDEMILL_<NAME>) and from the
 * file of --config (name = value): flags win over environment, file, default. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H
#include "base/err.h"
#include "base/map.h"

#include <stdio.h>

/* Exit codes, as `tidemill help exit-codes` lists them. */
#define EXIT_CODES(X)                                                  \
    X(CLI_OK, 0, "done")                                               \
    X(CLI_FAILURE, 1, "failed; the message says why")                  \
    X(CLI_USAGE, 2, "wrong command line or setting")                   \
    X(CLI_NOT_FOUND, 3, "the thing named is not there")                \
    X(CLI_AUTH, 4, "credentials missing, wrong or without the role")   \
    X(CLI_CONFLICT, 5, "exists already, or changed meanwhile")         \
    X(CLI_UNAVAILABLE, 6, "the server cannot be reached, or timed out") \
    X(CLI_FLOW_FAILED, 7, "the flow ran and its message failed")        \
    X(CLI_PARTIAL, 8, "done in part; what is missing is listed")
enum exit_code {
#define X(name, code, doc) name = (code),
    EXIT_CODES(X)
#undef X
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_INT, OPTION_LIST /* repeatable */ };
struct option {
    const char *name;
    char letter; /* 0: none */
    enum option_kind kind;
    const char *value;    /* how help calls it: "HOST:PORT" */
    const char *fallback; /* NULL: none */
    const char *doc;
};
struct cli;
struct command {
    const char *name;      /* "serve", "flow explain" */
    const char *arguments; /* "FLOW.zip..."; "" when there are none */
    unsigned least, most;  /* arguments */
    const char *summary;
    const char *examples;  /* lines of "  $ ..." */
    const struct option *options;
    size_t noptions;
    enum exit_code (*run)(struct cli *c, struct err *e);
};
extern const struct command *const commands[]; /* commands.c; ends with NULL */
extern const struct option common_options[];   /* of every command */
extern const size_t ncommon_options;

struct cli {
    struct arena *arena;
    const struct command *command;
    VEC(str) arguments;
    struct map values; /* option name -> VEC(str) of its values */
};
/* Fills c from the arguments after the program's name, the environment and the config file. Errors name the
 * word and suggest the nearest known one. */
bool cli_parse(struct cli *c, int argc, char **argv, struct err *e) MUST_USE;
bool cli_in_group(const struct command *c, str group); /* "flow explain" is in "flow" */
str cli_text(const struct cli *c, const char *option); /* STR_NONE: not given and no default */
bool cli_flag(const struct cli *c, const char *option);
int64_t cli_int(const struct cli *c, const char *option); /* checked by cli_parse */
size_t cli_list(const struct cli *c, const char *option, const str **ret);
bool cli_json(const struct cli *c); /* -o json */
enum exit_code cli_exit_code(const struct err *e);
void cli_write(FILE *to, str s); /* STR_NONE is fine */

/* help.c */
void help_program(void);
bool help_group(str group); /* false: no command begins with that word */
void help_command(const struct command *c);
enum exit_code help_run(struct cli *c, struct err *e);
enum exit_code completion_run(struct cli *c, struct err *e);
enum exit_code man_run(struct cli *c, struct err *e);
#endif
