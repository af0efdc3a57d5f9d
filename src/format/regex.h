/* regex: regular expressions by pcre2 (the one file that knows it), compiled once, shared by
 * threads. Syntax: that of Perl, which java.util.regex and XPath's share for what flows use.
 * Matching is bounded in steps and depth, so that no pattern and text can hold a thread. */
#ifndef FORMAT_REGEX_H
#define FORMAT_REGEX_H
#include "base/buf.h"

enum {
    REGEX_NOCASE = 1,
    REGEX_MULTILINE = 2,
    REGEX_DOTALL = 4,
    REGEX_EXTENDED = 8,
    REGEX_WHOLE = 16
};
struct regex;
/* flags: REGEX_WHOLE asks for a match of the whole text (String.matches). Lives in the arena.
 * ERR_BAD_REQUEST with the position for a bad pattern. */
bool regex_compile(struct arena *a, str pattern, unsigned flags, struct regex **ret,
                   struct err *e) MUST_USE;
/* *ret_hit: whether it matches anywhere at or after from. groups (may be NULL): group 0 is the
 * match, absent groups are STR_NONE; at most max. Errors: text that is not UTF-8, the step limit.
 */
bool regex_find(const struct regex *r, str text, size_t from, bool *ret_hit, str *groups,
                size_t max, struct err *e) MUST_USE;
/* Replaces all matches (or the first): $1, ${1}, \$ and \\ in replacement as in java.util.regex. */
bool regex_replace(const struct regex *r, str text, str replacement, bool all, struct buf *out,
                   struct err *e) MUST_USE;
#endif
