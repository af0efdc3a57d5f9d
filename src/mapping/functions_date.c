/* Dates, by the patterns of java.text.SimpleDateFormat, in UTC and English. */
#include "engine/date_format.h"
#include "mapping/date_read.h"
#include "mapping/inside.h"

enum { INPUT = 0, OUTPUT = 1, LENIENT = 2, FIRST_DAY = 3, MINIMAL_DAYS = 4 };

static bool lenient(const struct op *op)
{
    return !str_eq_nocase(op->settings.texts[LENIENT], STR("false"));
}

static bool write_date(struct eval *v, str pattern, int64_t ms, struct entry *ret, struct err *e)
{
    AUTO(buf) struct buf b = BUF(4096);
    if (!date_format(&b, pattern, ms, NULL, e) || !buf_check(&b, e))
        return false;
    *ret = entry_text(arena_str(v->a, buf_str(&b)));
    return true;
}

static bool transform(struct eval *v, const struct op *op, const struct entry *in,
                      struct entry *ret, struct err *e)
{
    int64_t ms;
    *ret = in[0];
    if (!in[0].n) /* an empty date stays empty */
        return true;
    return date_read(entry_str(in[0]), op->settings.texts[INPUT], lenient(op), &ms, e) &&
           write_date(v, op->settings.texts[OUTPUT], ms, ret, e);
}

static bool current(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                    struct err *e)
{
    (void)in;
    return write_date(v, op->settings.texts[OUTPUT], v->now_ms, ret, e);
}

static bool read2(const struct op *op, const struct entry *in, int64_t *a, int64_t *b,
                  struct err *e)
{
    return date_read(entry_str(in[0]), op->settings.texts[INPUT], lenient(op), a, e) &&
           date_read(entry_str(in[1]), op->settings.texts[OUTPUT], lenient(op), b, e);
}

static bool before(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                   struct err *e)
{
    int64_t a, b;
    (void)v;
    if (!read2(op, in, &a, &b, e))
        return false;
    *ret = entry_bool(a < b);
    return true;
}

static bool after(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                  struct err *e)
{
    int64_t a, b;
    (void)v;
    if (!read2(op, in, &a, &b, e))
        return false;
    *ret = entry_bool(a > b);
    return true;
}

static bool compare(struct eval *v, const struct op *op, const struct entry *in, struct entry *ret,
                    struct err *e)
{
    int64_t a, b;
    if (!read2(op, in, &a, &b, e))
        return false;
    *ret = entry_text(arena_fmt(v->a, "%d", (a > b) - (a < b)));
    return true;
}

/* Weeks are counted as in the United States, which is what every pattern seen with weeks asks for. */
static bool check_output(const struct bind *b, const struct settings *s)
{
    str p = s->texts[OUTPUT];
    bool weeks = str_find_char(p, 'w', 0) != SIZE_MAX || str_find_char(p, 'Y', 0) != SIZE_MAX ||
                 str_find_char(p, 'W', 0) != SIZE_MAX;
    bool other = (s->texts[FIRST_DAY].n && !str_eqz(s->texts[FIRST_DAY], "1")) ||
                 (s->texts[MINIMAL_DAYS].n && !str_eqz(s->texts[MINIMAL_DAYS], "1"));
    if (weeks && other)
        return err_set(b->e, ERR_NOT_IMPLEMENTED,
                       "weeks of another calendar in the pattern '" STR_FMT "'", STR_ARG(p));
    return date_pattern_check(p, b->e);
}

static bool check_both(const struct bind *b, const struct settings *s)
{
    return date_read_check(s->texts[INPUT], b->e) && check_output(b, s);
}

static bool check_inputs(const struct bind *b, const struct settings *s)
{
    return date_read_check(s->texts[INPUT], b->e) && date_read_check(s->texts[OUTPUT], b->e);
}

#define SETTINGS "iform|oform|calend/le|calend/fd|calend/md"
static const struct function rows[] = {
    {"currentDate",   0, 0, SETTINGS, NULL, check_output, current,   NULL, NULL, "now, as `oform` says",
     false                                                                                                    },
    {"TransformDate", 1, 1, SETTINGS, NULL, check_both,   transform, NULL, NULL,
     "a date of `iform` in the form `oform`",                                                            false},
    {"DateBefore",    2, 2, SETTINGS, NULL, check_inputs, before,    NULL, NULL,
     "whether the first date is earlier",                                                                false},
    {"DateAfter",     2, 2, SETTINGS, NULL, check_inputs, after,     NULL, NULL,
     "whether the first date is later",                                                                  false},
    {"CompareDates",  2, 2, SETTINGS, NULL, check_inputs, compare,   NULL, NULL, "-1, 0 or 1",           false},
};
const struct function_table date_functions = {rows, COUNT(rows)};
