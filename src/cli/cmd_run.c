/* tidemill run: one message through a flow, without a server. */
#include "cli/command.h"

#include "app/app.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/source.h"

#include <pthread.h>
#include <stdio.h>

enum { LARGEST_BODY = 400 << 20, SHOWN = 2000 };

static const struct option options[] = {
    {"body",     'b', OPTION_TEXT, "FILE|-",     NULL, "message body; - for stdin"          },
    {"header",   'H', OPTION_LIST, "NAME=VALUE", NULL, "message header; repeatable"         },
    {"property", 'p', OPTION_LIST, "NAME=VALUE", NULL, "exchange property; repeatable"      },
    {"trace",    't', OPTION_FLAG, NULL,         NULL,
     "show every step with its time, and the bodies, on stderr"                             },
    {"map-host", 0,   OPTION_LIST, "FROM=TO",    NULL, "redirect outgoing calls; repeatable"},
    {"map-smtp", 0,   OPTION_TEXT, "HOST:PORT",  NULL, "redirect all mail"                  },
};

struct outcome {
    struct cli *cli;
    pthread_mutex_t lock; /* steps of parallel branches come from several threads */
    struct body *last;
    bool failed;
    struct err error;
    str message_id;
};

static void print_body(struct body *b)
{
    str s = body_bytes(b);
    fprintf(stderr, "      body, %zu bytes: " STR_FMT "%s\n", s.n, STR_ARG(str_sub(s, 0, SHOWN)),
            s.n > SHOWN ? " …" : "");
}

static void show_step(void *arg, const struct step_seen *s)
{
    struct outcome *o = arg;
    const struct operation *op = s->operation;
    pthread_mutex_lock(&o->lock);
    fprintf(stderr, "%8.3f ms  %-18s " STR_FMT " (" STR_FMT ")%s%s\n",
            (double)(s->end_us - s->start_us) / 1000.0, op->type->name, STR_ARG(op->label),
            STR_ARG(op->id), s->error ? "  FAILED: " : "", s->error ? s->error->msg : "");
    if (s->exchange->body != o->last) {
        print_body(s->exchange->body);
        body_unref(o->last);
        o->last = body_ref(s->exchange->body);
    }
    pthread_mutex_unlock(&o->lock);
}

static void write_field_list(struct jw *w, const struct fields *f, struct arena *a)
{
    jw_object(w);
    for (size_t i = 0; i < f->n; i++) {
        jw_key(w, f->at[i].name);
        jw_str(w, datum_str(a, f->at[i].value));
    }
    jw_object_end(w);
}

static void print_json(struct exchange *x, bool failed)
{
    AUTO(buf) struct buf b = BUF(SIZE_MAX / 2);
    struct jw w;
    jw_init(&w, &b);
    jw_object(&w);
    jw_keyz(&w, "status");
    jw_str(&w, str_of(message_status_name(message_status(x->message))));
    jw_keyz(&w, "error");
    jw_str(&w, failed ? str_of(x->error->msg) : STR_NONE);
    jw_keyz(&w, "headers");
    write_field_list(&w, &x->headers, x->arena);
    jw_keyz(&w, "properties");
    write_field_list(&w, &x->properties, x->arena);
    jw_keyz(&w, "body");
    jw_str(&w, body_bytes(x->body));
    jw_object_end(&w);
    cli_write(stdout, buf_str(&b));
    putchar('\n');
}

static void done(void *arg, struct exchange *x)
{
    struct outcome *o = arg;
    o->failed = x->error != NULL;
    if (x->error)
        o->error = *x->error;
    if (cli_json(o->cli)) {
        print_json(x, o->failed);
    } else if (!o->failed) {
        str s = body_bytes(x->body);
        cli_write(stdout, s);
        fflush(stdout);
    }
}

static enum exit_code run(struct cli *c, struct err *e)
{
    str path = c->arguments.at[0], body_path = cli_text(c, "body"), body;
    struct outcome o = {.cli = c, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct offline_run r = {.done = done, .done_arg = &o, .smtp_map = cli_text(c, "map-smtp")};
    AUTO(buf) struct buf problems = BUF(1 << 20);
    r.problems = &problems;
    r.nheaders = cli_list(c, "header", &r.headers);
    r.nproperties = cli_list(c, "property", &r.properties);
    r.nhost_map = cli_list(c, "map-host", &r.host_map);
    log_setup(LOG_WARN, false);
    if (cli_flag(c, "trace")) {
        r.observe = show_step;
        r.observe_arg = &o;
    }
    if (!source_read(c->arena, path, &r.bundle, e))
        return cli_exit_code(e);
    if (body_path.p) {
        if (!file_read(c->arena, arena_strdup(c->arena, body_path), LARGEST_BODY, &body, e))
            return cli_exit_code(e);
        r.body = body_of_text(body);
    }
    bool ran = offline_run(&r, e);
    body_unref(o.last);
    cli_write(stderr, buf_str(&problems));
    if (!ran)
        return cli_exit_code(e);
    if (o.failed)
        *e = o.error;
    return o.failed ? CLI_FLOW_FAILED : CLI_OK;
}

const struct command command_run = {
    "run",
    "FLOW.zip|FOLDER",
    1,
    1,
    "Run one message through a flow, without a server; the answer goes to stdout",
    "  $ tidemill run export.zip --body order.xml --header SAP_Sender=ERP --trace\n"
    "  $ echo '<order/>' | tidemill run my-flow/ --body -\n",
    options,
    COUNT(options),
    run};
