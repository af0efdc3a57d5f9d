/* The page is a template (page.html) with its own style, script and charts; here its data goes in, as JSON. Only '<' needs
 * care inside a script element, and in JSON it stands in texts only. */
#include "report/usage.h"

#include "base/time.h"

extern const char report_page[], report_page_end[]; /* made by scripts/embed.py */
static const char mark[] = "/*DATA*/";

static void member(struct jw *w, const char *name, int64_t v)
{
    jw_keyz(w, name);
    if (v == UNKNOWN)
        jw_null(w);
    else
        jw_int(w, v);
}

static void text(struct jw *w, const char *name, str s)
{
    jw_keyz(w, name);
    jw_str(w, s);
}

static void counts(struct jw *w, const struct usage_count *n)
{
    member(w, "messages", n->n);
    member(w, "failed", n->failed);
    member(w, "medianMs", n->median_ms);
    member(w, "p95Ms", n->p95_ms);
    member(w, "calls", n->calls);
    member(w, "bytes", n->bytes);
    member(w, "billable", n->billable);
}

static void object(struct jw *w, const char *name, const struct usage_count *n)
{
    jw_keyz(w, name);
    jw_object(w);
    counts(w, n);
    jw_object_end(w);
}

static void artifact(struct jw *w, const struct usage_artifact *f)
{
    jw_object(w);
    text(w, "package", f->package_id);
    text(w, "packageName", f->package_name);
    text(w, "vendor", f->vendor);
    text(w, "id", f->id);
    text(w, "name", f->name);
    text(w, "edited", str_of(usage_edited(f)));
    text(w, "status", f->status);
    jw_keyz(w, "designed");
    jw_bool(w, f->designed);
    counts(w, &f->now);
    member(w, "before", f->before);
    jw_object_end(w);
}

static void days(struct jw *w, const struct usage *u)
{
    jw_keyz(w, "days");
    jw_array(w);
    for (size_t i = 0; i < period_days(&u->period); i++) {
        jw_object(w);
        text(w, "date", period_date(u->arena, &u->period, u->period.edges.at[i]));
        counts(w, &u->days[i]);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void data(struct jw *w, const struct usage *u)
{
    jw_object(w);
    text(w, "url", u->url);
    text(w, "period", u->period.label);
    text(w, "zone", u->period.zone);
    text(w, "made", time_iso(u->arena, u->made_at / 1000 * 1000, false));
    member(w, "packages", (int64_t)u->packages);
    jw_keyz(w, "sampled");
    jw_bool(w, u->sampled);
    jw_keyz(w, "measured"); /* calls and bytes are known */
    jw_bool(w, u->tidemill);
    object(w, "total", &u->total);
    object(w, "before", &u->before);
    days(w, u);
    jw_keyz(w, "missing");
    jw_array(w);
    for (size_t i = 0; i < u->missing.n; i++)
        jw_str(w, u->missing.at[i]);
    jw_array_end(w);
    jw_keyz(w, "artifacts");
    jw_array(w);
    for (size_t i = 0; i < u->artifacts.n; i++)
        artifact(w, u->artifacts.at[i]);
    jw_array_end(w);
    jw_object_end(w);
}

void usage_write_html(const struct usage *u, struct buf *out)
{
    str page = {report_page, (size_t)(report_page_end - report_page)};
    size_t at = str_find(page, str_of(mark), 0);
    AUTO(buf) struct buf json = BUF(out->limit);
    struct jw w;
    jw_init(&w, &json);
    data(&w, u);
    buf_add(out, str_sub(page, 0, at));
    for (size_t i = 0; i < json.n; i++)
        if (json.p[i] == '<')
            buf_addz(out, "\\u003c");
        else
            buf_add_char(out, json.p[i]);
    buf_add(out, str_from(page, at + strlen(mark)));
    out->failed |= json.failed;
}
