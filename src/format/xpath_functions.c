#include "format/xpath_functions.h"

#include "base/time.h"
#include "base/utf8.h"
#include "format/regex.h"

#include <libxml/xpathInternals.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <wctype.h>

enum { LONGEST_TEXT = 64 << 20 };

static locale_t utf8_locale;

static struct xpath_state *state_of(xmlXPathParserContext *c)
{
    return c->context->userData;
}

static str pop(xmlXPathParserContext *c)
{
    return str_of((const char *)xmlXPathPopString(c));
}

static void drop(str s)
{
    xmlFree((void *)(uintptr_t)s.p);
}

static void push(xmlXPathParserContext *c, str s)
{
    valuePush(c, xmlXPathWrapString(xmlStrndup(xml_z(s.p ? s.p : ""), (int)s.n)));
}

static bool takes(xmlXPathParserContext *c, int n, int least, int most)
{
    if (n >= least && n <= most)
        return true;
    xmlXPathErr(c, XPATH_INVALID_ARITY);
    return false;
}

static void change_case(xmlXPathParserContext *c, int n, wint_t (*to)(wint_t, locale_t))
{
    if (!takes(c, n, 0, 1))
        return;
    if (!n)
        valuePush(c, xmlXPathWrapString(xmlXPathCastNodeToString(c->context->node)));
    str s = pop(c);
    AUTO(buf) struct buf b = BUF(LONGEST_TEXT);
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        size_t len = utf8_len(p, end);
        char *room = buf_reserve(&b, 4);
        if (!room || !len)
            break;
        b.n += utf8_put(room, (uint32_t)to((wint_t)utf8_get(p, len), utf8_locale));
        p += len;
    }
    drop(s);
    push(c, buf_str(&b));
}

static void upper_case(xmlXPathParserContext *c, int n)
{
    change_case(c, n, towupper_l);
}

static void lower_case(xmlXPathParserContext *c, int n)
{
    change_case(c, n, towlower_l);
}

static void ends_with(xmlXPathParserContext *c, int n)
{
    if (!takes(c, n, 2, 2))
        return;
    str end = pop(c), s = pop(c);
    valuePush(c, xmlXPathNewBoolean(str_ends(s, end)));
    drop(s);
    drop(end);
}

static unsigned flags_of(str s)
{
    static const char letters[] = "imsx"; /* in the order of the bits of regex.h */
    unsigned flags = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *hit = s.p[i] ? strchr(letters, s.p[i]) : NULL;
        flags |= hit ? 1U << (hit - letters) : 0;
    }
    return flags;
}

/* The regex of the latest call is kept: a predicate asks with the same pattern for every node. */
static struct regex *regex_for(struct xpath_state *st, str pattern, unsigned flags)
{
    if (st->regex && st->flags == flags && str_eq(st->pattern, pattern))
        return st->regex;
    arena_free(st->arena);
    st->arena = arena_new();
    st->regex = NULL;
    st->pattern = arena_str(st->arena, pattern);
    st->flags = flags;
    return regex_compile(st->arena, pattern, flags, &st->regex, st->e) ? st->regex : NULL;
}

static void matches(xmlXPathParserContext *c, int n)
{
    bool hit = false;
    if (!takes(c, n, 2, 3))
        return;
    str flags = n > 2 ? pop(c) : STR_NONE, pattern = pop(c), s = pop(c);
    struct regex *r = regex_for(state_of(c), pattern, flags_of(flags));
    if (!r || !regex_find(r, s, 0, &hit, NULL, 0, state_of(c)->e))
        xmlXPathErr(c, XPATH_EXPR_ERROR);
    else
        valuePush(c, xmlXPathNewBoolean(hit));
    drop(s);
    drop(pattern);
    drop(flags);
}

static void replace(xmlXPathParserContext *c, int n)
{
    AUTO(buf) struct buf b = BUF(LONGEST_TEXT);
    if (!takes(c, n, 3, 4))
        return;
    str flags = n > 3 ? pop(c) : STR_NONE, with = pop(c), pattern = pop(c), s = pop(c);
    struct regex *r = regex_for(state_of(c), pattern, flags_of(flags));
    if (!r || !regex_replace(r, s, with, true, &b, state_of(c)->e))
        xmlXPathErr(c, XPATH_EXPR_ERROR);
    else
        push(c, buf_str(&b));
    drop(s);
    drop(with);
    drop(pattern);
    drop(flags);
}

void xpath_string_join(xmlXPathParserContext *c, int n)
{
    AUTO(buf) struct buf b = BUF(LONGEST_TEXT);
    if (!takes(c, n, 1, 2))
        return;
    str separator = n > 1 ? pop(c) : STR_NONE;
    xmlXPathObject *o = valuePop(c);
    int count = o && o->type == XPATH_NODESET && o->nodesetval ? o->nodesetval->nodeNr : 0;
    if (o && o->type != XPATH_NODESET) {
        xmlChar *z = xmlXPathCastToString(o);
        buf_addz(&b, (const char *)z);
        xmlFree(z);
    }
    if (count > 1)
        xmlXPathNodeSetSort(o->nodesetval);
    for (int i = 0; i < count; i++) {
        xmlChar *z = xmlXPathCastNodeToString(o->nodesetval->nodeTab[i]);
        buf_add(&b, i ? separator : STR(""));
        buf_addz(&b, (const char *)z);
        xmlFree(z);
    }
    xmlXPathFreeObject(o);
    drop(separator);
    push(c, buf_str(&b));
}

static void is_there(xmlXPathParserContext *c, int n, bool want)
{
    if (!takes(c, n, 1, 1))
        return;
    xmlXPathObject *o = valuePop(c);
    bool there = o && (o->type != XPATH_NODESET || !xmlXPathNodeSetIsEmpty(o->nodesetval));
    xmlXPathFreeObject(o);
    valuePush(c, xmlXPathNewBoolean(there == want));
}

static void exists(xmlXPathParserContext *c, int n)
{
    is_there(c, n, true);
}

static void empty(xmlXPathParserContext *c, int n)
{
    is_there(c, n, false);
}

static void absolute(xmlXPathParserContext *c, int n)
{
    if (takes(c, n, 1, 1))
        valuePush(c, xmlXPathNewFloat(fabs(xmlXPathPopNumber(c))));
}

static void current_date_time(xmlXPathParserContext *c, int n)
{
    AUTO(arena) struct arena *a = arena_new();
    if (takes(c, n, 0, 0))
        push(c, time_iso(a, time_now_ms(), true));
}

static const struct {
    const char *name;
    xmlXPathFunction fn;
} added[] = {
    {"upper-case",       upper_case       },
    {"lower-case",       lower_case       },
    {"ends-with",        ends_with        },
    {"matches",          matches          },
    {"replace",          replace          },
    {"string-join",      xpath_string_join},
    {"exists",           exists           },
    {"empty",            empty            },
    {"abs",              absolute         },
    {"current-dateTime", current_date_time},
};

bool xpath_function_added(str name)
{
    for (size_t i = 0; i < COUNT(added); i++)
        if (str_eqz(name, added[i].name))
            return true;
    return false;
}

static void find_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8_locale)
        utf8_locale = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

void xpath_functions_register(xmlXPathContext *c, struct xpath_state *state)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_locale);
    c->userData = state;
    for (size_t i = 0; i < COUNT(added); i++)
        xmlXPathRegisterFunc(c, xml_z(added[i].name), added[i].fn);
}
