/* A jar is a text of lines "host<TAB>name=value". That of an exchange is a property, so that parts and local
 * processes have it; that of a flow is in a table of this file. */
#include "adapters/http_session.h"

#include <pthread.h>
#include <stdlib.h>

enum { MAX_JAR = 64 << 10 };
#define JAR_PROPERTY STR("SAP_HttpSession")

struct jar {
    struct jar *next;
    struct buf lines;
    char id[256];
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct jar *jars;

static struct jar *find_jar(str id)
{
    for (struct jar *j = jars; j; j = j->next)
        if (str_eqz(id, j->id))
            return j;
    return NULL;
}

static struct jar *make_jar(str id)
{
    struct jar *j = find_jar(id);
    if (j || id.n >= sizeof j->id)
        return j;
    j = mem_alloc(sizeof *j);
    *j = (struct jar){.next = jars, .lines = BUF(MAX_JAR)};
    memcpy(j->id, id.p, id.n);
    return jars = j;
}

static str read_jar(struct exchange *x)
{
    if (x->program->http_session == SESSION_EXCHANGE) {
        str text = exchange_property(x, JAR_PROPERTY.p);
        return text.p ? text : STR("");
    }
    pthread_mutex_lock(&lock);
    struct jar *j = find_jar(x->program->artifact_id);
    str text = j ? arena_str(x->arena, buf_str(&j->lines)) : STR("");
    pthread_mutex_unlock(&lock);
    return text;
}

static void write_jar(struct exchange *x, str text)
{
    if (x->program->http_session == SESSION_EXCHANGE) {
        fields_set_text(&x->properties, JAR_PROPERTY, text);
        return;
    }
    pthread_mutex_lock(&lock);
    struct jar *j = make_jar(x->program->artifact_id);
    if (j) {
        buf_reset(&j->lines);
        buf_add(&j->lines, text);
    }
    pthread_mutex_unlock(&lock);
}

static bool split_line(str line, str *host, str *cookie)
{
    size_t tab = str_find_char(line, '\t', 0);
    if (tab == SIZE_MAX)
        return false;
    *host = str_sub(line, 0, tab);
    *cookie = str_from(line, tab + 1);
    return true;
}

str http_session_cookies(struct exchange *x, str host)
{
    if (x->program->http_session == SESSION_NONE)
        return STR_NONE;
    AUTO(buf) struct buf out = BUF(MAX_JAR);
    str rest = read_jar(x), line, of, cookie;
    while (str_split(&rest, '\n', &line))
        if (split_line(line, &of, &cookie) && str_eq_nocase(of, host))
            buf_addf(&out, "%s" STR_FMT, out.n ? "; " : "", STR_ARG(cookie));
    return out.n ? arena_str(x->arena, buf_str(&out)) : STR_NONE;
}

static str name_of(str cookie)
{
    return str_sub(cookie, 0, str_find_char(cookie, '=', 0));
}

void http_session_store(struct exchange *x, str host, str set_cookie)
{
    str cookie = str_trim(str_sub(set_cookie, 0, str_find_char(set_cookie, ';', 0)));
    if (x->program->http_session == SESSION_NONE || str_find_char(cookie, '=', 0) == SIZE_MAX)
        return;
    AUTO(buf) struct buf out = BUF(MAX_JAR);
    str rest = read_jar(x), line, of, old;
    while (str_split(&rest, '\n', &line))
        if (split_line(line, &of, &old) &&
            !(str_eq_nocase(of, host) && str_eq(name_of(old), name_of(cookie))))
            buf_addf(&out, STR_FMT "\n", STR_ARG(line));
    buf_addf(&out, STR_FMT "\t" STR_FMT "\n", STR_ARG(host), STR_ARG(cookie));
    if (!out.failed)
        write_jar(x, buf_str(&out));
}

void http_session_forget(str artifact_id)
{
    pthread_mutex_lock(&lock);
    for (struct jar **at = &jars; *at; at = &(*at)->next)
        if (str_eqz(artifact_id, (*at)->id)) {
            struct jar *j = *at;
            *at = j->next;
            buf_free(&j->lines);
            free(j);
            break;
        }
    pthread_mutex_unlock(&lock);
}
