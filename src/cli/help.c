/* Help, shell completion and the manual page, printed from the commands' tables. */
#include "cli/command.h"

#include <stdio.h>

static void print_option(const struct option *o)
{
    char left[64];
    if (o->letter)
        snprintf(left, sizeof left, "-%c, --%s %s", o->letter, o->name, o->value ? o->value : "");
    else
        snprintf(left, sizeof left, "    --%s %s", o->name, o->value ? o->value : "");
    printf("  %-30s %s", left, o->doc);
    if (o->fallback)
        printf(" [%s]", o->fallback);
    puts("");
}

static void print_summary(const struct command *c)
{
    printf("  %-20s %s\n", c->name, c->summary);
}

void help_program(void)
{
    puts(
        "Tidemill runs exported SAP Cloud Integration flows on your own machine.\n\n"
        "usage: tidemill COMMAND [options] [arguments]\n");
    for (size_t i = 0; commands[i]; i++)
        print_summary(commands[i]);
    puts(
        "\n'tidemill help COMMAND' shows its options and examples; 'tidemill help exit-codes' the exit codes.");
}

bool help_group(str group)
{
    bool any = false;
    for (size_t i = 0; commands[i]; i++) {
        if (!cli_in_group(commands[i], group))
            continue;
        if (!any)
            printf("usage: tidemill " STR_FMT " COMMAND [options] [arguments]\n\n", STR_ARG(group));
        print_summary(commands[i]);
        any = true;
    }
    return any;
}

void help_command(const struct command *c)
{
    printf("%s\n\nusage: tidemill %s [options] %s\n", c->summary, c->name, c->arguments);
    if (c->examples)
        printf("\n%s", c->examples);
    puts(
        "\noptions, also as TIDEMILL_<NAME> in the environment and as 'name = value' in the file of --config:");
    for (size_t i = 0; i < c->noptions; i++)
        print_option(&c->options[i]);
    for (size_t i = 0; i < ncommon_options; i++)
        print_option(&common_options[i]);
}

static void help_exit_codes(void)
{
#define X(name, code, doc) printf("  %d  %s\n", code, doc);
    EXIT_CODES(X)
#undef X
}

enum exit_code help_run(struct cli *c, struct err *e)
{
    str name = c->arguments.n ? c->arguments.at[0] : STR_NONE;
    if (c->arguments.n == 2)
        name = arena_fmt(c->arena, STR_FMT " " STR_FMT, STR_ARG(name), STR_ARG(c->arguments.at[1]));
    if (!name.p) {
        help_program();
        return CLI_OK;
    }
    if (str_eqz(name, "exit-codes")) {
        help_exit_codes();
        return CLI_OK;
    }
    for (size_t i = 0; commands[i]; i++)
        if (str_eqz(name, commands[i]->name)) {
            help_command(commands[i]);
            return CLI_OK;
        }
    if (help_group(name))
        return CLI_OK;
    err_set(e, ERR_BAD_REQUEST, "no command '" STR_FMT "'; see 'tidemill help'", STR_ARG(name));
    return CLI_USAGE;
}

static void option_words(const struct command *c)
{
    for (size_t i = 0; i < c->noptions; i++)
        printf(" --%s", c->options[i].name);
    for (size_t i = 0; i < ncommon_options; i++)
        printf(" --%s", common_options[i].name);
}

/* The command's first word, unless an earlier row has it; n 0: it has. */
static str new_word(size_t i)
{
    str word =
        str_sub(str_of(commands[i]->name), 0, str_find_char(str_of(commands[i]->name), ' ', 0));
    for (size_t k = 0; k < i; k++)
        if (str_starts(str_of(commands[k]->name), word))
            return STR("");
    return word;
}

static void first_words(void)
{
    for (size_t i = 0; commands[i]; i++)
        printf(STR_FMT " ", STR_ARG(new_word(i)));
}

/* What may follow a first word: second words of commands, or the choices of an argument ("bash|zsh"). */
static void second_words(size_t i, str first)
{
    static const char choices[] = "abcdefghijklmnopqrstuvwxyz|";
    for (; commands[i]; i++) {
        str name = str_of(commands[i]->name), rest = str_of(commands[i]->arguments), choice;
        if (cli_in_group(commands[i], first))
            printf(STR_FMT " ", STR_ARG(str_from(name, first.n + 1)));
        else if (str_eq(name, first) && rest.n && strspn(rest.p, choices) == rest.n)
            while (str_split(&rest, '|', &choice))
                printf(STR_FMT " ", STR_ARG(choice));
    }
}

static void completion_bash(void)
{
    puts(
        "# bash completion: source <(tidemill completion bash)\n"
        "_tidemill() {\n"
        "  local cur=${COMP_WORDS[COMP_CWORD]} words=\n"
        "  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in");
    for (size_t i = 0; commands[i]; i++) {
        printf("  \"%s%s) words=\"", commands[i]->name,
               strchr(commands[i]->name, ' ') ? "\"*" : " \"*");
        option_words(commands[i]);
        puts("\" ;;");
    }
    printf("  esac\n  [ $COMP_CWORD -eq 1 ] && words=\"");
    first_words();
    puts("\"\n  [ $COMP_CWORD -eq 2 ] && case \"${COMP_WORDS[1]}\" in");
    for (size_t i = 0; commands[i]; i++)
        if (new_word(i).n) {
            printf("  " STR_FMT ") words+=\" ", STR_ARG(new_word(i)));
            second_words(i, new_word(i));
            puts("\" ;;");
        }
    puts(
        "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
        "  [[ $cur == -* || $COMP_CWORD -eq 1 ]] || COMPREPLY+=($(compgen -f -- \"$cur\"))\n}\n"
        "complete -o filenames -F _tidemill tidemill");
}

enum exit_code completion_run(struct cli *c, struct err *e)
{
    str shell = c->arguments.at[0];
    if (str_eqz(shell, "zsh"))
        puts("#compdef tidemill\nautoload -U +X bashcompinit && bashcompinit");
    else if (!str_eqz(shell, "bash")) {
        err_set(e, ERR_BAD_REQUEST, "completion is there for bash and zsh, not for '" STR_FMT "'",
                STR_ARG(shell));
        return CLI_USAGE;
    }
    completion_bash();
    return CLI_OK;
}

/* roff: a leading dot or quote and every backslash and dash want care. */
static void roff(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((p == text || p[-1] == '\n') && (*p == '.' || *p == '\''))
            fputs("\\&", stdout);
        if (*p == '\\' || *p == '-')
            putchar('\\');
        putchar(*p);
    }
}

static void man_option(const struct option *o)
{
    printf(".TP\n\\fB\\-\\-");
    roff(o->name);
    printf("\\fR %s\n", o->value ? o->value : "");
    roff(o->doc);
    if (o->fallback) {
        fputs(" Default: ", stdout);
        roff(o->fallback);
    }
    puts("");
}

enum exit_code man_run(struct cli *c, struct err *e)
{
    (void)c;
    (void)e;
    puts(
        ".TH TIDEMILL 1\n.SH NAME\ntidemill \\- run exported SAP Cloud Integration flows on your own machine\n"
        ".SH SYNOPSIS\n.B tidemill\n.I COMMAND\n[options] [arguments]\n.SH COMMANDS");
    for (size_t i = 0; commands[i]; i++) {
        printf(".SS %s %s\n", commands[i]->name, commands[i]->arguments);
        roff(commands[i]->summary);
        puts("");
        for (size_t k = 0; k < commands[i]->noptions; k++)
            man_option(&commands[i]->options[k]);
    }
    puts(".SH OPTIONS OF EVERY COMMAND");
    for (size_t k = 0; k < ncommon_options; k++)
        man_option(&common_options[k]);
    puts(".SH EXIT STATUS");
#define X(name, code, doc) printf(".TP\n%d\n%s\n", code, doc);
    EXIT_CODES(X)
#undef X
    puts(
        ".SH ENVIRONMENT\nEvery option may be given as TIDEMILL_<NAME>, in capitals with _ for \\-.");
    return CLI_OK;
}
