/* Parsing of the command line by the commands' tables. */
#include "cli/command.h"

#include "base/file.h"
#include "format/properties.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef VEC(str) values;

/* Edit distance of short words, for suggestions. */
static size_t distance(const char *a, const char *b)
{
    size_t row[64], n = strlen(b);
    if (n >= COUNT(row))
        return SIZE_MAX;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = corner + (a[i - 1] != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            corner = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

/* Options of the command and those of every command, as one sequence. */
static const struct option *option_at(const struct command *c, size_t i)
{
    if (i < c->noptions)
        return &c->options[i];
    return i - c->noptions < ncommon_options ? &common_options[i - c->noptions] : NULL;
}

static const struct option *option_named(const struct command *c, str name)
{
    const struct option *o;
    for (size_t i = 0; (o = option_at(c, i)); i++)
        if (str_eqz(name, o->name) || (name.n == 1 && o->letter == name.p[0]))
            return o;
    return NULL;
}

/* The name nearest to a word that is none. */
struct guess {
    char word[64];
    const char *best; /* NULL: nothing is near */
    size_t least;
};

static struct guess guess_for(str word)
{
    struct guess g = {.least = 4};
    snprintf(g.word, sizeof g.word, STR_FMT, STR_ARG(word));
    return g;
}

static void guess_try(struct guess *g, const char *name)
{
    size_t d = distance(g->word, name);
    if (d < g->least) {
        g->least = d;
        g->best = name;
    }
}

static bool unknown_option(const struct cli *c, const char *what, str name, struct err *e)
{
    const struct option *o;
    struct guess g = guess_for(name);
    for (size_t i = 0; (o = option_at(c->command, i)); i++)
        guess_try(&g, o->name);
    if (g.best)
        return err_set(e, ERR_BAD_REQUEST, "unknown %s '%s'; did you mean '%s'?", what, g.word,
                       g.best);
    return err_set(e, ERR_BAD_REQUEST, "unknown %s '%s'; see 'tidemill help %s'", what, g.word,
                   c->command->name);
}

/* Of options whose value is written "table|json", one of these. */
static bool is_allowed(const struct option *o, str value)
{
    str choices = str_of(o->value), choice;
    if (str_find_char(choices, '|', 0) == SIZE_MAX ||
        strspn(o->value, "abcdefghijklmnopqrstuvwxyz|") != choices.n)
        return true;
    while (str_split(&choices, '|', &choice))
        if (str_eq(choice, value))
            return true;
    return false;
}

static bool put(struct cli *c, const struct option *o, str value, struct err *e)
{
    int64_t number;
    if (o->kind == OPTION_INT && (!str_to_i64(value, &number) || number < 0))
        return err_set(e, ERR_BAD_REQUEST, "--%s wants a number, not '" STR_FMT "'", o->name,
                       STR_ARG(value));
    if (!is_allowed(o, value))
        return err_set(e, ERR_BAD_REQUEST, "--%s wants one of %s, not '" STR_FMT "'", o->name,
                       o->value, STR_ARG(value));
    values *v = map_get(&c->values, str_of(o->name));
    if (!v) {
        v = arena_alloc(c->arena, sizeof *v);
        map_put(&c->values, str_of(o->name), v);
    }
    if (o->kind != OPTION_LIST)
        v->n = 0;
    vec_add(c->arena, v, value);
    return true;
}

/* argv[*at] is an option; *at moves to its last word. */
static bool take_option(struct cli *c, int argc, char **argv, int *at, struct err *e)
{
    str word = str_from(str_of(argv[*at]), str_starts(str_of(argv[*at]), STR("--")) ? 2 : 1);
    size_t equals = str_find_char(word, '=', 0);
    str name = str_sub(word, 0, equals);
    const struct option *o = option_named(c->command, name);
    if (!o)
        return unknown_option(c, "option", name, e);
    if (o->kind == OPTION_FLAG)
        return put(c, o, equals == SIZE_MAX ? STR("true") : str_from(word, equals + 1), e);
    if (equals != SIZE_MAX)
        return put(c, o, str_from(word, equals + 1), e);
    if (*at + 1 >= argc)
        return err_set(e, ERR_BAD_REQUEST, "--%s wants a value: %s", o->name, o->value);
    return put(c, o, str_of(argv[++*at]), e);
}

static bool from_environment(struct cli *c, struct err *e)
{
    const struct option *o;
    for (size_t i = 0; (o = option_at(c->command, i)); i++) {
        char name[80];
        size_t n = (size_t)snprintf(name, sizeof name, "TIDEMILL_%s", o->name);
        for (size_t k = 0; k < n && k < sizeof name; k++)
            name[k] = name[k] == '-' ? '_' : (char)toupper((unsigned char)name[k]);
        const char *value = getenv(name);
        if (value && *value && !map_get(&c->values, str_of(o->name)) &&
            !put(c, o, str_of(value), e))
            return err_ctx(e, "environment %s", name);
    }
    return true;
}

static bool from_file(struct cli *c, struct err *e)
{
    str path = cli_text(c, "config"), text;
    struct map m;
    if (!path.p)
        return true;
    if (!file_read(c->arena, arena_strdup(c->arena, path), 1 << 20, &text, e))
        return err_ctx(e, "--config");
    properties_read(c->arena, text, &m);
    for (size_t i = 0; i < m.entries.n; i++) {
        const struct option *o = option_named(c->command, m.entries.at[i].key);
        if (!o)
            return unknown_option(c, "setting", m.entries.at[i].key, e);
        if (!map_get(&c->values, str_of(o->name)) &&
            !put(c, o, *(const str *)m.entries.at[i].value, e))
            return err_ctx(e, STR_FMT, STR_ARG(path));
    }
    return true;
}

/* argv's first words, as a command with that many is called. */
static str name_of(struct arena *a, int argc, char **argv, int words)
{
    return words > 1 && argc > 1 ? arena_fmt(a, "%s %s", argv[0], argv[1])
                                 : str_of(argc ? argv[0] : "");
}

/* The command whose one or two words stand at the front; *ret_words tells how many. */
static const struct command *find_command(struct arena *a, int argc, char **argv, int *ret_words)
{
    for (int words = 2; words; words--)
        for (size_t k = 0; commands[k]; k++)
            if (str_eqz(name_of(a, argc, argv, words), commands[k]->name)) {
                *ret_words = words;
                return commands[k];
            }
    return NULL;
}

bool cli_in_group(const struct command *c, str group)
{
    str name = str_of(c->name);
    return name.n > group.n && str_starts(name, group) && name.p[group.n] == ' ';
}

static bool is_group(str word)
{
    for (size_t k = 0; commands[k]; k++)
        if (cli_in_group(commands[k], word))
            return true;
    return false;
}

static bool unknown_command(struct arena *a, int argc, char **argv, struct err *e)
{
    str group = str_of(argc ? argv[0] : ""), word = name_of(a, argc, argv, is_group(group) ? 2 : 1);
    struct guess g = guess_for(word);
    for (size_t k = 0; commands[k]; k++)
        guess_try(&g, commands[k]->name);
    if (g.best)
        return err_set(e, ERR_BAD_REQUEST, "unknown command '%s'; did you mean '%s'?", g.word,
                       g.best);
    return err_set(e, ERR_BAD_REQUEST, "unknown command '%s'; see 'tidemill help%s%s'", g.word,
                   is_group(group) ? " " : "", is_group(group) ? group.p : "");
}

bool cli_parse(struct cli *c, int argc, char **argv, struct err *e)
{
    int words = 0;
    bool only_arguments = false;
    c->command = find_command(c->arena, argc, argv, &words);
    if (!c->command)
        return unknown_command(c->arena, argc, argv, e);
    map_init(&c->values, c->arena, false);
    for (int i = words; i < argc; i++) {
        if (!only_arguments && !strcmp(argv[i], "--")) {
            only_arguments = true;
        } else if (!only_arguments && argv[i][0] == '-' && argv[i][1]) {
            if (!take_option(c, argc, argv, &i, e))
                return false;
        } else {
            vec_add(c->arena, &c->arguments, str_of(argv[i]));
        }
    }
    if (cli_flag(c, "help"))
        return true;
    if (c->arguments.n < c->command->least || c->arguments.n > c->command->most)
        return err_set(e, ERR_BAD_REQUEST, "usage: tidemill %s [options] %s", c->command->name,
                       c->command->arguments);
    return from_environment(c, e) && from_file(c, e);
}

size_t cli_list(const struct cli *c, const char *option, const str **ret)
{
    const values *v = map_get(&c->values, str_of(option));
    *ret = v ? v->at : NULL;
    return v ? v->n : 0;
}

str cli_text(const struct cli *c, const char *option)
{
    const str *v;
    if (cli_list(c, option, &v))
        return v[0];
    const struct option *o = option_named(c->command, str_of(option));
    return o ? str_of(o->fallback) : STR_NONE;
}

bool cli_flag(const struct cli *c, const char *option)
{
    str v = cli_text(c, option);
    return v.n && !str_eqz(v, "false") && !str_eqz(v, "0");
}

int64_t cli_int(const struct cli *c, const char *option)
{
    int64_t v = 0;
    return str_to_i64(cli_text(c, option), &v) ? v : 0;
}

bool cli_json(const struct cli *c)
{
    return str_eqz(cli_text(c, "output"), "json");
}

void cli_write(FILE *to, str s)
{
    if (s.n)
        fwrite(s.p, 1, s.n, to);
}

enum exit_code cli_exit_code(const struct err *e)
{
    static const struct {
        enum err_code code;
        enum exit_code exit;
    } rows[] = {
        {ERR_NONE,         CLI_OK         },
        {ERR_NOT_FOUND,    CLI_NOT_FOUND  },
        {ERR_UNAUTHORIZED, CLI_AUTH       },
        {ERR_FORBIDDEN,    CLI_AUTH       },
        {ERR_CONFLICT,     CLI_CONFLICT   },
        {ERR_PRECONDITION, CLI_CONFLICT   },
        {ERR_UNAVAILABLE,  CLI_UNAVAILABLE},
        {ERR_UPSTREAM,     CLI_UNAVAILABLE},
        {ERR_TIMEOUT,      CLI_UNAVAILABLE},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].code == e->code)
            return rows[i].exit;
    return CLI_FAILURE;
}
