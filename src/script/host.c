/* host: one script process and the thread that starts it, reads from it and ends it. Whoever adds a call writes it
 * to the socket itself; at most CALLS_MAX run at a time, the others wait here.
 *
 * When the process ends, its calls are judged: one that was over its time or took the memory fails. If none was, and
 * only one ran, it is that one; otherwise each of them runs again alone, so that the one that kills hosts is found
 * and the others succeed. */
#include "script/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

enum {
    POLL_MS = 250,      /* how exact limits are */
    OBEY_MS = 2000,     /* after the limit, until the process is killed */
    PING_MS = 10000,    /* silence after which the host is asked for a sign of life */
    SILENCE_MS = 20000, /* then until it is killed */
    START_MS = 30000,
    ATTEMPTS_MAX = 3,
    STARTS_MAX = 3,
    READ = 256 << 10,
    RELEASED_MAX = 1 << 20
};

void host_init(struct host *h, struct script_hosts *all, unsigned index)
{
    *h = (struct host){.all = all, .index = index, .released = BUF(RELEASED_MAX)};
    h->queue_end = &h->queue;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
}

void call_free(struct call *c)
{
    buf_free(&c->frame);
    script_unit_unref(c->unit);
    free(c);
}

static void finish(struct host *h, struct call *c, struct script_reply *r)
{
    r->host = h->index;
    c->done(c->arg, r);
    buf_free(&r->payload);
    call_free(c);
}

static void lose(struct host *h, struct call *c, const struct err *why)
{
    struct script_reply r = {.outcome = SCRIPT_LOST, .error = *why};
    finish(h, c, &r);
}

/* ---- writing; h->lock is held ---- */

static bool write_bytes(struct host *h, str bytes)
{
    while (bytes.n) {
        ssize_t n = send(h->process.channel, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            process_kill(&h->process); /* the thread sees the end */
            return false;
        }
        bytes = str_from(bytes, (size_t)n);
    }
    return true;
}

static bool write_small(struct host *h, enum wire_kind kind, uint32_t id, str one, str two)
{
    AUTO(buf) struct buf b = BUF(1 << 16);
    struct err e = {0};
    wire_begin(&b);
    if (one.p)
        wire_text(&b, one);
    if (two.p)
        wire_text(&b, two);
    return wire_end(&b, kind, id, &e) && write_bytes(h, buf_str(&b));
}

static bool write_released(struct host *h)
{
    AUTO(buf) struct buf b = BUF(RELEASED_MAX + 64);
    struct err e = {0};
    if (!h->released.n)
        return true;
    wire_begin(&b);
    wire_i32(&b, (uint32_t)(h->released.n / 8));
    buf_add(&b, buf_str(&h->released));
    buf_reset(&h->released);
    return wire_end(&b, WIRE_RELEASE, 0, &e) && write_bytes(h, buf_str(&b));
}

static bool write_call(struct host *h, struct call *c)
{
    struct script_unit *u = c->unit;
    if (u->loaded != h->generation) {
        if (!write_small(h, WIRE_LOAD, u->id, str_of(u->name), str_of(u->folder)))
            return false;
        u->loaded = h->generation;
    }
    return write_released(h) && write_bytes(h, buf_str(&c->frame));
}

static bool may_run(const struct host *h, const struct call *c)
{
    if (c->suspect)
        return h->nin_flight == 0;
    return h->nin_flight < CALLS_MAX && !(h->in_flight && h->in_flight->suspect);
}

static void dispatch(struct host *h)
{
    while (h->ready && h->queue && may_run(h, h->queue)) {
        struct call *c = h->queue;
        struct err e = {0};
        h->queue = c->next;
        if (!h->queue)
            h->queue_end = &h->queue;
        c->id = ++h->last_call;
        c->deadline = time_monotonic_ms() + c->limit_ms;
        c->attempts++;
        c->next = h->in_flight;
        h->in_flight = c;
        h->nin_flight++;
        if (!wire_end(&c->frame, c->kind, c->id, &e) || !write_call(h, c))
            return; /* the process is ending: the call will be judged */
    }
}

static void queue_add(struct host *h, struct call *c)
{
    c->next = NULL;
    *h->queue_end = c;
    h->queue_end = &c->next;
}

static void queue_first(struct host *h, struct call *c)
{
    c->next = h->queue;
    h->queue = c;
    if (!c->next)
        h->queue_end = &c->next;
}

static struct call *in_flight(struct host *h, uint32_t id)
{
    for (struct call *c = h->in_flight; c; c = c->next)
        if (c->id == id)
            return c;
    return NULL;
}

static void unlink_call(struct host *h, struct call *gone)
{
    for (struct call **c = &h->in_flight; *c; c = &(*c)->next)
        if (*c == gone) {
            *c = gone->next;
            h->nin_flight--;
            return;
        }
}

/* ---- reading ---- */

static void on_result(struct host *h, uint32_t id, str payload)
{
    pthread_mutex_lock(&h->lock);
    struct call *c = in_flight(h, id);
    if (c)
        unlink_call(h, c);
    dispatch(h);
    pthread_mutex_unlock(&h->lock);
    if (!c)
        return;
    struct script_reply r = {.outcome = SCRIPT_ANSWERED, .payload = BUF(WIRE_MAX)};
    buf_add(&r.payload, payload);
    finish(h, c, &r);
}

static void on_ask(struct host *h, uint32_t id, str payload)
{
    pthread_mutex_lock(&h->lock);
    struct call *c = in_flight(h, id);
    script_ask_fn *ask = c ? c->ask : NULL;
    void *arg = c ? c->arg : NULL;
    pthread_mutex_unlock(&h->lock);
    if (ask) /* only this thread ends calls: it is still there */
        ask(arg, id, payload);
}

static void on_ready(struct host *h)
{
    pthread_mutex_lock(&h->lock);
    h->ready = true;
    h->failed_starts = 0;
    dispatch(h);
    pthread_mutex_unlock(&h->lock);
}

static void on_guilty(struct host *h, uint32_t id)
{
    pthread_mutex_lock(&h->lock);
    struct call *c = in_flight(h, id);
    if (c)
        c->guilty = true;
    pthread_mutex_unlock(&h->lock);
}

static void on_frame(struct host *h, const struct wire_frame *f)
{
    h->heard = time_monotonic_ms();
    if (f->kind == WIRE_RESULT)
        on_result(h, f->call, f->payload);
    else if (f->kind == WIRE_ASK)
        on_ask(h, f->call, f->payload);
    else if (f->kind == WIRE_READY)
        on_ready(h);
    else if (f->kind == WIRE_GUILTY)
        on_guilty(h, f->call);
}

/* false: the end. */
static bool receive(struct host *h, struct buf *in)
{
    char *to = buf_reserve(in, READ);
    ssize_t n = to ? read(h->process.channel, to, READ) : -1;
    if (n <= 0)
        return n < 0 && errno == EINTR;
    in->n += (size_t)n;
    size_t used = 0;
    for (;;) {
        struct wire_frame f;
        struct err e = {0};
        size_t size;
        if (!wire_frame(str_from(buf_str(in), used), &f, &size, &e)) {
            log_err(LOG_ERROR, "script.protocol", &e, "script host %u", h->index);
            return false;
        }
        if (!size)
            break;
        on_frame(h, &f);
        used += size;
    }
    memmove(in->p, in->p + used, in->n - used);
    in->n -= used;
    return true;
}

/* What it prints goes to the log, by lines. */
static void read_errors(struct host *h, struct buf *line)
{
    char bytes[4096];
    ssize_t n = read(h->process.errors, bytes, sizeof bytes);
    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] != '\n' && line->n < 4000) {
            buf_add_char(line, bytes[i]);
            continue;
        }
        str s = buf_str(line);
        bool chatter = str_starts(s, STR("WARNING: ")); /* Java 17 about its security manager */
        if (s.n && !chatter) {
            snprintf(h->last_words, sizeof h->last_words, STR_FMT, STR_ARG(s));
            log_event(LOG_INFO, "script.output", STR_FMT, STR_ARG(s));
        }
        buf_reset(line);
    }
}

/* ---- limits; false: the process must end ---- */

static bool check(struct host *h)
{
    int64_t now = time_monotonic_ms();
    bool ok = true;
    pthread_mutex_lock(&h->lock);
    for (struct call *c = h->in_flight; c; c = c->next) {
        if (now > c->deadline + OBEY_MS)
            ok = false;
        if (now <= c->deadline || c->stopped)
            continue;
        c->stopped = true;
        write_small(h, WIRE_CANCEL, c->id, STR_NONE, STR_NONE);
    }
    if (!h->ready && now - h->heard > START_MS)
        ok = false;
    if (h->ready && now - h->heard > PING_MS && h->pinged < h->heard) {
        h->pinged = now;
        write_small(h, WIRE_PING, 0, STR_NONE, STR_NONE);
    }
    if (h->pinged > h->heard && now - h->pinged > SILENCE_MS)
        ok = false;
    ok = ok && !h->stopping;
    pthread_mutex_unlock(&h->lock);
    return ok;
}

static void serve(struct host *h)
{
    AUTO(buf) struct buf in = BUF((size_t)WIRE_MAX + 2 * READ), line = BUF(1 << 14);
    struct pollfd fds[] = {
        {h->process.channel, POLLIN, 0},
        {h->process.errors,  POLLIN, 0},
    };
    for (bool go = true; go && check(h);) {
        if (poll(fds, COUNT(fds), POLL_MS) < 0 && errno != EINTR)
            return;
        if (fds[1].revents & POLLIN)
            read_errors(h, &line);
        else if (fds[1].revents)
            fds[1].fd = -1;
        if (fds[0].revents)
            go = receive(h, &in);
        if (!go)
            read_errors(h, &line);
    }
}

/* ---- the end of a process ---- */

static void why_lost(const struct call *c, const char *how, struct err *e)
{
    if (c->stopped)
        err_set(e, ERR_TIMEOUT, "the script ran longer than %u ms and was stopped", c->limit_ms);
    else if (c->guilty)
        err_set(e, ERR_TOO_LARGE, "the script needs more memory than a script host has");
    else
        err_set(e, ERR_INTERNAL, "the script ended its host (%s)", how);
}

/* Those that must fail; the others are in the queue again. */
static struct call *judge(struct host *h)
{
    struct call *all = h->in_flight, *failed = NULL, *next;
    size_t n = h->nin_flight;
    bool known = h->stopping;
    for (struct call *c = all; c; c = c->next)
        known = known || c->stopped || c->guilty;
    h->in_flight = NULL;
    h->nin_flight = 0;
    for (struct call *c = all; c; c = next) {
        next = c->next;
        bool fails = c->stopped || c->guilty || c->attempts >= ATTEMPTS_MAX ||
                     (!known && (n == 1 || c->suspect));
        if (fails || h->stopping) {
            c->next = failed;
            failed = c;
            continue;
        }
        c->suspect = !known;
        queue_first(h, c);
    }
    return failed;
}

static void after(struct host *h, bool was_ready, const char *how)
{
    pthread_mutex_lock(&h->lock);
    h->running = h->ready = false;
    struct call *failed = judge(h), *next;
    if (!was_ready && ++h->failed_starts >= STARTS_MAX) { /* nobody can be served */
        while (h->queue) {
            struct call *c = h->queue;
            h->queue = c->next;
            c->next = failed;
            failed = c;
        }
        h->queue_end = &h->queue;
        h->wanted = false;
    }
    bool stopping = h->stopping;
    pthread_mutex_unlock(&h->lock);
    if (!stopping)
        log_event(LOG_WARN, "script.ended", "script host %u ended (%s)%s%s", h->index, how,
                  was_ready ? "" : " before it was ready: ", was_ready ? "" : h->last_words);
    for (; failed; failed = next) {
        struct err e = {0};
        next = failed->next;
        if (stopping)
            err_set(&e, ERR_UNAVAILABLE, "the server is stopping");
        else if (!was_ready)
            err_set(&e, ERR_UNAVAILABLE, "the script host does not start (%s): %s", how,
                    h->last_words);
        else
            why_lost(failed, how, &e);
        lose(h, failed, &e);
    }
}

static bool start(struct host *h)
{
    AUTO(arena) struct arena *a = arena_new();
    struct err e = {0};
    struct process p;
    bool ok = install_check(h->all, &e) &&
              process_start(install_command(h, a), h->all->folder, h->all->config.cgroup, &p, &e);
    pthread_mutex_lock(&h->lock);
    if (ok) {
        h->process = p;
        h->running = true;
        h->generation++;
        h->heard = time_monotonic_ms();
        h->pinged = 0;
    } else {
        snprintf(h->last_words, sizeof h->last_words, "%s", e.msg);
    }
    pthread_mutex_unlock(&h->lock);
    return ok;
}

/* Sleeps until there is something to do; false: stop. */
static bool wait_wanted(struct host *h)
{
    pthread_mutex_lock(&h->lock);
    while (!h->wanted && !h->stopping)
        pthread_cond_wait(&h->changed, &h->lock);
    bool go = !h->stopping;
    pthread_mutex_unlock(&h->lock);
    return go;
}

static void *run(void *arg)
{
    struct host *h = arg;
    while (wait_wanted(h)) {
        char how[40] = "not started";
        bool was_ready = false;
        if (start(h)) {
            serve(h);
            pthread_mutex_lock(&h->lock);
            was_ready = h->ready;
            h->ready = false; /* nobody writes from now on */
            pthread_mutex_unlock(&h->lock);
            process_end(&h->process, how, sizeof how);
        }
        after(h, was_ready, how);
    }
    after(h, true, "stopped");
    return NULL;
}

/* ---- from other threads ---- */

static void want(struct host *h)
{
    h->wanted = true;
    if (!h->has_thread && !h->stopping)
        h->has_thread = pthread_create(&h->thread, NULL, run, h) == 0;
    pthread_cond_signal(&h->changed);
}

void host_want(struct host *h)
{
    pthread_mutex_lock(&h->lock);
    want(h);
    pthread_mutex_unlock(&h->lock);
}

void host_add(struct host *h, struct call *c)
{
    pthread_mutex_lock(&h->lock);
    bool late = h->stopping;
    if (!late) {
        want(h);
        queue_add(h, c);
        dispatch(h);
    }
    pthread_mutex_unlock(&h->lock);
    struct err e = {0};
    if (late) {
        err_set(&e, ERR_UNAVAILABLE, "the server is stopping");
        lose(h, c, &e);
    }
}

void host_forget(struct host *h, struct script_unit *u)
{
    pthread_mutex_lock(&h->lock);
    if (h->ready && u->loaded == h->generation)
        write_small(h, WIRE_UNLOAD, u->id, STR_NONE, STR_NONE);
    pthread_mutex_unlock(&h->lock);
}

void host_write(struct host *h, uint32_t call, struct buf *take)
{
    struct err e = {0};
    pthread_mutex_lock(&h->lock);
    if (h->ready && in_flight(h, call) && wire_end(take, WIRE_ANSWER, call, &e))
        write_bytes(h, buf_str(take));
    pthread_mutex_unlock(&h->lock);
    buf_free(take);
}

void script_release(struct script_hosts *s, int64_t object)
{
    struct host *h = &s->hosts[(uint64_t)object >> 56 & (HOSTS_MAX - 1)];
    pthread_mutex_lock(&h->lock);
    if (h->ready && (uint16_t)((uint64_t)object >> 40) == (uint16_t)h->generation)
        wire_i64(&h->released, object);
    pthread_mutex_unlock(&h->lock);
}

int script_pid(struct script_hosts *s)
{
    pthread_mutex_lock(&s->hosts[0].lock);
    int pid = s->hosts[0].ready ? s->hosts[0].process.pid : 0;
    pthread_mutex_unlock(&s->hosts[0].lock);
    return pid;
}

void host_close(struct host *h)
{
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    if (h->running)
        process_kill(&h->process);
    pthread_cond_signal(&h->changed);
    bool has_thread = h->has_thread;
    pthread_mutex_unlock(&h->lock);
    if (has_thread)
        pthread_join(h->thread, NULL);
    buf_free(&h->released);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->changed);
}
