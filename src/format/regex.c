#include "format/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    STEPS = 1000000,
    DEPTH = 100000,
    HEAP_KIB = 20000,
    MOST_GROUPS = 100,
    LONGEST_PATTERN = 65536
};

struct regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static void free_regex(void *arg)
{
    struct regex *r = arg;
    pcre2_code_free(r->code);
    pcre2_match_context_free(r->limits);
}

static uint32_t options(unsigned flags)
{
    static const uint32_t bits[] = {PCRE2_CASELESS, PCRE2_MULTILINE, PCRE2_DOTALL, PCRE2_EXTENDED,
                                    PCRE2_ANCHORED | PCRE2_ENDANCHORED};
    uint32_t o = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    for (size_t i = 0; i < COUNT(bits); i++)
        o |= flags >> i & 1 ? bits[i] : 0;
    return o;
}

bool regex_compile(struct arena *a, str pattern, unsigned flags, struct regex **ret, struct err *e)
{
    int code;
    size_t at;
    if (pattern.n > LONGEST_PATTERN)
        return err_set(e, ERR_TOO_LARGE, "pattern longer than %d bytes", LONGEST_PATTERN);
    pcre2_code *c = pcre2_compile((PCRE2_SPTR)(pattern.p ? pattern.p : ""), pattern.n,
                                  options(flags), &code, &at, NULL);
    if (!c) {
        char why[120];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
        return err_set(e, ERR_BAD_REQUEST, "pattern '" STR_FMT "', at %zu: %s",
                       STR_ARG(str_sub(pattern, 0, 200)), at, why);
    }
    pcre2_jit_compile(c, PCRE2_JIT_COMPLETE); /* without it matching is slower, not wrong */
    struct regex *r = arena_new_of(a, struct regex);
    *r = (struct regex){c, pcre2_match_context_create(NULL)};
    pcre2_set_match_limit(r->limits, STEPS);
    pcre2_set_depth_limit(r->limits, DEPTH);
    pcre2_set_heap_limit(r->limits, HEAP_KIB);
    arena_defer(a, free_regex, r);
    *ret = r;
    return true;
}

static bool match_error(int code, struct err *e)
{
    char why[120];
    pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
    return err_set(e, ERR_BAD_REQUEST, "matching a regular expression: %s", why);
}

static void take_groups(pcre2_match_data *m, str text, int count, str *groups, size_t max)
{
    const size_t *v = pcre2_get_ovector_pointer(m);
    for (size_t i = 0; i < max; i++) {
        bool there = i < (size_t)count && v[2 * i] != PCRE2_UNSET;
        /* \K may put the start behind the end */
        groups[i] = there ? str_sub(text, v[2 * i], v[2 * i + 1]) : STR_NONE;
    }
}

bool regex_find(const struct regex *r, str text, size_t from, bool *ret_hit, str *groups,
                size_t max, struct err *e)
{
    text.p = text.p ? text.p : "";
    pcre2_match_data *m = pcre2_match_data_create_from_pattern(r->code, NULL);
    uint32_t checked = from ? PCRE2_NO_UTF_CHECK : 0; /* by the call that began at 0 */
    int count = pcre2_match(r->code, (PCRE2_SPTR)text.p, text.n, from, checked, m, r->limits);
    bool ok = count > 0 || count == PCRE2_ERROR_NOMATCH || match_error(count, e);
    *ret_hit = count > 0;
    if (count > 0 && groups)
        take_groups(m, text, count, groups, max);
    pcre2_match_data_free(m);
    return ok;
}

static size_t group_number(str s, size_t *at, size_t ngroups)
{
    size_t n = 0, i = *at;
    bool braces = i < s.n && s.p[i] == '{';
    for (i += braces; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        size_t longer = n * 10 + (size_t)(s.p[i] - '0');
        if (longer >= ngroups && n > 0) /* $12 with one group: group 1, then "2" */
            break;
        n = longer;
    }
    *at = i + (braces && i < s.n && s.p[i] == '}');
    return n;
}

static void add_replacement(struct buf *out, str s, const str *groups, size_t ngroups)
{
    for (size_t i = 0; i < s.n;) {
        char c = s.p[i++];
        if (c == '$' && i < s.n) {
            size_t n = group_number(s, &i, ngroups);
            if (n < ngroups)
                buf_add(out, groups[n]);
        } else {
            buf_add_char(out, c == '\\' && i < s.n ? s.p[i++] : c);
        }
    }
}

static size_t next_character(str s, size_t at)
{
    do
        at++;
    while (at < s.n && (s.p[at] & 0xc0) == 0x80);
    return at;
}

bool regex_replace(const struct regex *r, str text, str replacement, bool all, struct buf *out,
                   struct err *e)
{
    str groups[MOST_GROUPS];
    uint32_t captures = 0;
    size_t done = 0, at = 0;
    bool hit;
    text.p = text.p ? text.p : "";
    pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &captures);
    size_t ngroups = captures + 1 < MOST_GROUPS ? captures + 1 : MOST_GROUPS;
    do {
        if (!regex_find(r, text, at, &hit, groups, ngroups, e))
            return false;
        if (!hit)
            break;
        size_t start = (size_t)(groups[0].p - text.p), end = start + groups[0].n;
        buf_add(out, str_sub(text, done, start));
        add_replacement(out, replacement, groups, ngroups);
        done = end;
        at = groups[0].n ? end : next_character(text, end);
    } while (all && at <= text.n && !out->failed);
    buf_add(out, str_from(text, done));
    return buf_check(out, e);
}
