/* The one main(): finds the command, runs it, prints its error. */
#include "cli/command.h"

#include <stdio.h>

static bool is_help(const char *word)
{
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

int main(int argc, char **argv)
{
    AUTO(arena) struct arena *arena = arena_new();
    struct cli c = {.arena = arena};
    struct err e = {0};
    enum exit_code code;
    if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version"))) {
        puts("tidemill " TIDEMILL_VERSION);
        return CLI_OK;
    }
    if (argc < 2 || is_help(argv[1])) {
        help_program();
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    if ((argc == 2 || is_help(argv[2])) && help_group(str_of(argv[1])))
        return argc == 2 ? CLI_USAGE : CLI_OK;
    if (!cli_parse(&c, argc - 1, argv + 1, &e)) {
        code = CLI_USAGE;
    } else if (cli_flag(&c, "help")) {
        help_command(c.command);
        return CLI_OK;
    } else {
        code = c.command->run(&c, &e);
    }
    if (e.code)
        fprintf(stderr, "tidemill: %s%s%s%s\n", e.msg, e.ctx[0] ? " (" : "", e.ctx,
                e.ctx[0] ? ")" : "");
    return (int)code;
}
