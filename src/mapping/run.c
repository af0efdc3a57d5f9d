/* A run: the document fills the source queues, operations run in order, the target is written. Operations that are
 * user functions stop the run until the caller has called them; those that can be called at the same time come
 * together. */
#include "base/time.h"
#include "mapping/inside.h"

struct mapping_run {
    struct eval v;
    const struct xml_doc *doc;
    const struct jr *json;
    size_t at; /* in mapping.order */
    bool began;
    struct mapping_call *calls; /* of the operations from at on; NULL: none are out */
    size_t ncalls;
};

str mapping_name(const struct mapping *m)
{
    return m->name;
}

bool mapping_from_json(const struct mapping *m)
{
    return m->from_json;
}

bool mapping_to_json(const struct mapping *m)
{
    return m->to_json;
}

size_t mapping_nscripts(const struct mapping *m)
{
    return m->scripts.n;
}

const struct mapping_script *mapping_script(const struct mapping *m, size_t i)
{
    return &m->scripts.at[i];
}

struct mapping_run *mapping_start(const struct mapping *m, struct arena *a,
                                  const struct xml_doc *doc, const struct jr *json,
                                  const struct mapping_host *host)
{
    struct mapping_run *r = arena_new_of(a, struct mapping_run);
    r->v = (struct eval){.a = a, .m = m, .host = host, .now_ms = time_now_ms()};
    r->v.queues = arena_new_array(a, struct queue, m->ops.n + 1);
    r->v.outputs = arena_new_array(a, struct queue *, m->ops.n + 1);
    r->doc = doc;
    r->json = json;
    return r;
}

static bool is_script(const struct mapping_run *r, size_t i)
{
    const struct mapping *m = r->v.m;
    return i < m->ops.n && m->ops.at[m->order[i]].kind == OP_SCRIPT;
}

/* All script operations from here on that are on one level. */
static void ask(struct mapping_run *r)
{
    const struct mapping *m = r->v.m;
    size_t n = 0;
    while (is_script(r, r->at + n) &&
           m->ops.at[m->order[r->at + n]].level == m->ops.at[m->order[r->at]].level)
        n++;
    r->calls = arena_new_array(r->v.a, struct mapping_call, n);
    r->ncalls = n;
    for (size_t i = 0; i < n; i++)
        user_function_arguments(&r->v, &m->ops.at[m->order[r->at + i]], &r->calls[i]);
}

static bool take(struct mapping_run *r, struct err *e)
{
    for (size_t i = 0; i < r->ncalls; i++)
        if (!user_function_results(&r->v, r->v.m->order[r->at + i], &r->calls[i], e))
            return false;
    r->at += r->ncalls;
    r->calls = NULL;
    return true;
}

struct mapping_call *mapping_calls(struct mapping_run *r, size_t *ret_n)
{
    *ret_n = r->ncalls;
    return r->calls;
}

static bool begin(struct mapping_run *r, struct err *e)
{
    r->began = true;
    return r->v.m->from_json ? source_read_json(&r->v, r->json, e)
                             : source_read_xml(&r->v, r->doc, e);
}

enum mapping_next mapping_go(struct mapping_run *r, struct buf *out, struct err *e)
{
    const struct mapping *m = r->v.m;
    if ((!r->began && !begin(r, e)) || (r->calls && !take(r, e)))
        return MAPPING_FAIL;
    for (; r->at < m->ops.n; r->at++) {
        if (is_script(r, r->at)) {
            ask(r);
            return MAPPING_CALL;
        }
        if (!eval_op(&r->v, m->order[r->at], e))
            return MAPPING_FAIL;
    }
    return target_write(&r->v, out, e) ? MAPPING_DONE : MAPPING_FAIL;
}
