/* What prepare functions use to read properties and to report problems. */
#include <stdarg.h>
#include <stdio.h>

#include "engine/program.h"

/* ---- problems ---- */

PRINTF(5, 0)
static void add_problem(struct problems *ps, enum err_code code, str step, str label,
                        const char *fmt, va_list ap)
{
    char text[500];
    vsnprintf(text, sizeof text, fmt, ap);
    vec_add(ps->arena, &ps->list,
            (struct problem){code, arena_str(ps->arena, step), arena_str(ps->arena, label),
                             arena_str(ps->arena, str_of(text))});
}

void problem_add(struct problems *ps, enum err_code code, str step, str label, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_problem(ps, code, step, label, fmt, ap);
    va_end(ap);
}

void prepare_unsupported(const struct prepare *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_problem(p->problems, ERR_NOT_IMPLEMENTED, p->id, p->label, fmt, ap);
    va_end(ap);
}

void prepare_wrong(const struct prepare *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_problem(p->problems, ERR_BAD_REQUEST, p->id, p->label, fmt, ap);
    va_end(ap);
}

/* ---- values ---- */

str prepare_text(const struct prepare *p, const char *key)
{
    const str *v = map_get(p->properties, str_of(key));
    return v && v->p ? *v : STR("");
}

str prepare_text_or(const struct prepare *p, const char *key, const char *otherwise)
{
    str v = prepare_text(p, key);
    return v.n ? v : str_of(otherwise);
}

bool prepare_bool(const struct prepare *p, const char *key, bool otherwise)
{
    str v = str_trim(prepare_text(p, key));
    if (str_eq_nocase(v, STR("true")) || str_eqz(v, "1"))
        return true;
    return !(str_eq_nocase(v, STR("false")) || str_eqz(v, "0")) && otherwise;
}

int64_t prepare_int(const struct prepare *p, const char *key, int64_t otherwise, int64_t least,
                    int64_t most)
{
    str v = str_trim(prepare_text(p, key));
    int64_t n = 0;
    if (!v.n)
        return otherwise;
    if (str_to_i64(v, &n) && n >= least && n <= most)
        return n;
    prepare_wrong(p, "%s must be a number from %lld to %lld, not '" STR_FMT "'", key,
                  (long long)least, (long long)most, STR_ARG(v));
    return otherwise;
}

static void report(const struct prepare *p, const struct err *e)
{
    problem_add(p->problems, e->code, p->id, p->label, "%s", e->msg);
}

struct simple *prepare_simple(const struct prepare *p, str text, enum simple_mode mode)
{
    struct simple *s = NULL;
    struct err e = {0};
    if (text.n && !simple_compile(p->arena, text, mode, &s, &e))
        report(p, &e);
    return s;
}

struct flow_xpath *prepare_xpath(const struct prepare *p, str expr)
{
    struct flow_xpath *x = NULL;
    struct err e = {0};
    if (str_trim(expr).n && !prepare_xpath_in(p, expr, &p->program->namespaces, &x, &e))
        report(p, &e);
    return x;
}

/* ---- files of the bundle ---- */

static const str *lookup(const struct prepare *p, str path, str *ret_path)
{
    const str *bytes = map_get(p->files, path);
    if (bytes && ret_path)
        *ret_path = path;
    return bytes;
}

/* Any file of that folder, at any depth, whose name is the last part of the reference. */
static const str *by_last_part(const struct prepare *p, str reference, const char *folder,
                               str *ret_path)
{
    size_t slash = str_rfind_char(reference, '/');
    str tail = arena_fmt(p->arena, "/" STR_FMT,
                         STR_ARG(str_from(reference, slash == SIZE_MAX ? 0 : slash + 1)));
    str prefix = arena_fmt(p->arena, "src/main/resources/%s", folder);
    for (size_t i = 0; i < p->files->entries.n; i++) {
        const struct map_entry *f = &p->files->entries.at[i];
        if (f->value && str_starts(f->key, prefix) && str_ends(f->key, tail))
            return lookup(p, f->key, ret_path);
    }
    return NULL;
}

const str *prepare_file(const struct prepare *p, str reference, const char *folder, str *ret_path)
{
    size_t root = str_find(reference, STR("src/main/resources/"), 0);
    if (root != SIZE_MAX) {
        const str *found = lookup(p, str_from(reference, root), ret_path);
        return found ? found : by_last_part(p, reference, folder, ret_path);
    }
    while (reference.n && reference.p[0] == '/')
        reference = str_from(reference, 1);
    if (!reference.n)
        return NULL;
    const str *found =
        lookup(p, arena_fmt(p->arena, "src/main/resources/" STR_FMT, STR_ARG(reference)), ret_path);
    if (!found)
        found = lookup(
            p, arena_fmt(p->arena, "src/main/resources/%s/" STR_FMT, folder, STR_ARG(reference)),
            ret_path);
    return found ? found : by_last_part(p, reference, folder, ret_path);
}

struct script_unit *prepare_unit(const struct prepare *p, struct err *e)
{
    struct script_hosts *s = p->registry ? p->registry->scripts : NULL;
    if (!s)
        err_set(e, ERR_NOT_IMPLEMENTED, "scripts cannot run here");
    else if (!p->program->unit && !script_unit_new(s, p->artifact, p->files, &p->program->unit, e))
        p->program->unit = NULL;
    return p->program->unit;
}

/* ---- tables: a scanner of its own, because cells hold texts that are no XML once parameters are in ---- */

str row_cell(const struct prepare_row *r, const char *id, size_t position)
{
    bool has_ids = false;
    for (size_t i = 0; i < r->ncells; i++) {
        has_ids = has_ids || r->cells[i].id.p;
        if (r->cells[i].id.p && str_eqz(r->cells[i].id, id))
            return r->cells[i].value;
    }
    return has_ids || position >= r->ncells ? STR("") : r->cells[position].value;
}

static size_t read_number(str s, char *out)
{
    bool hex = s.n && (s.p[0] == 'x' || s.p[0] == 'X');
    uint32_t c = 0;
    for (size_t i = hex; i < s.n; i++) {
        char d = s.p[i];
        int digit = d >= '0' && d <= '9'                        ? d - '0'
                    : hex && (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 'a' + 10
                                                                : -1;
        if (digit < 0 || c > 0x10FFFF)
            return 0;
        c = c * (hex ? 16 : 10) + (uint32_t)digit;
    }
    if (!c || c > 0x10FFFF)
        return 0;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
    return n;
}

/* One entity's text, without & and ;: bytes written, 0 when it is none. */
static size_t entity(str name, char *out)
{
    static const struct {
        const char *name;
        char c;
    } NAMED[] = {
        {"lt",   '<' },
        {"gt",   '>' },
        {"amp",  '&' },
        {"apos", '\''},
        {"quot", '"' }
    };
    if (name.n > 1 && name.p[0] == '#')
        return read_number(str_from(name, 1), out);
    for (size_t i = 0; i < COUNT(NAMED); i++)
        if (str_eqz(name, NAMED[i].name)) {
            *out = NAMED[i].c;
            return 1;
        }
    return 0;
}

static str unescape(struct arena *a, str s)
{
    if (str_find_char(s, '&', 0) == SIZE_MAX)
        return arena_str(a, s.p ? s : STR(""));
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        size_t end = s.p[i] == '&' ? str_find_char(s, ';', i) : SIZE_MAX;
        size_t wrote =
            end != SIZE_MAX && end - i <= 10 ? entity(str_sub(s, i + 1, end), out + n) : 0;
        if (wrote)
            i = end;
        else
            out[n] = s.p[i], wrote = 1;
        n += wrote;
    }
    return (str){out, n};
}

/* The attribute id='X' or id="X" of a start tag's inside. */
static str cell_id(struct arena *a, str tag)
{
    size_t at = str_find(tag, STR("id="), 0);
    if (at == SIZE_MAX || at + 4 > tag.n)
        return STR_NONE;
    size_t end = str_find_char(tag, tag.p[at + 3], at + 4);
    return end == SIZE_MAX ? STR_NONE : arena_str(a, str_sub(tag, at + 4, end));
}

static bool read_cell(const struct prepare *p, str row, size_t *at, struct prepare_row *r)
{
    size_t open = str_find(row, STR("<cell"), *at),
           close = open == SIZE_MAX ? open : str_find_char(row, '>', open);
    if (close == SIZE_MAX || r->ncells == COUNT(r->cells))
        return false;
    str tag = str_sub(row, open + 5, close);
    r->cells[r->ncells].id = cell_id(p->arena, tag);
    r->cells[r->ncells].value = STR("");
    *at = close + 1;
    if (!str_ends(tag, STR("/"))) {
        size_t end = str_find(row, STR("</cell>"), close);
        end = end == SIZE_MAX ? row.n : end;
        r->cells[r->ncells].value = unescape(p->arena, str_sub(row, close + 1, end));
        *at = end;
    }
    r->ncells++;
    return true;
}

bool prepare_rows(const struct prepare *p, const char *key, struct prepare_row **ret, size_t *ret_n)
{
    str table = prepare_text(p, key);
    VEC(struct prepare_row) rows = {0};
    for (size_t at = 0; (at = str_find(table, STR("<row>"), at)) != SIZE_MAX;) {
        size_t end = str_find(table, STR("</row>"), at);
        if (end == SIZE_MAX) {
            prepare_wrong(p, "the table '%s' has a row without end", key);
            return false;
        }
        struct prepare_row row = {0};
        str inside = str_sub(table, at + 5, end);
        for (size_t c = 0; read_cell(p, inside, &c, &row);)
            ;
        vec_add(p->arena, &rows, row);
        at = end;
    }
    if (!rows.n && str_trim(table).n) {
        prepare_wrong(p, "the table '%s' has no rows: '" STR_FMT "'", key,
                      STR_ARG(str_sub(table, 0, 80)));
        return false;
    }
    *ret = rows.at;
    *ret_n = rows.n;
    return true;
}
