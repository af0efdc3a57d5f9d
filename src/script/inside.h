/* inside: what the files of script/ share. Nobody else includes this. */
#ifndef SCRIPT_INSIDE_H
#define SCRIPT_INSIDE_H
#include <pthread.h>
#include <stdatomic.h>

#include "script/process.h"
#include "script/script.h"

enum { HOSTS_MAX = 16, CALLS_MAX = 32 /* at a time in one host */ };

struct call {
    struct call *next;
    uint32_t id;
    enum wire_kind kind;
    struct script_unit *unit; /* counted */
    struct buf frame;
    unsigned limit_ms;
    int64_t deadline; /* monotonic ms; once sent */
    unsigned attempts;
    bool stopped; /* its time was over */
    bool guilty;  /* took the memory */
    bool suspect; /* was running when a host ended: runs alone */
    script_done_fn *done;
    script_ask_fn *ask;
    void *arg;
};
struct host {
    struct script_hosts *all;
    unsigned index;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below; held while writing to the process */
    pthread_cond_t changed;
    bool has_thread, wanted, stopping;
    bool running, ready;
    struct process process;
    uint32_t generation; /* how many times it was started */
    unsigned failed_starts;
    uint32_t last_call;
    struct call *queue, **queue_end;
    struct call *in_flight;
    size_t nin_flight;
    struct buf released; /* numbers of objects, to be told with the next call */
    int64_t heard, pinged;
    char last_words[200];
};
struct script_hosts {
    struct script_config config;
    struct host hosts[HOSTS_MAX];
    unsigned nhosts;
    char folder[64];      /* temporary: units, and files of the hosts */
    pthread_mutex_t lock; /* of published and arena */
    struct arena *arena;
    struct map published;       /* name -> struct script_unit * */
    char java[256], home[4096]; /* program; folder of our jar; "": not there */
    char *class_path;
    atomic_uint last_unit;
};
struct script_unit {
    atomic_uint refs;
    struct script_hosts *all;
    struct host *host;
    uint32_t id;
    uint32_t loaded; /* generation of the host that knows it; host->lock */
    char *name, *folder;
};

/* ---- install.c ---- */
void install_find(struct script_hosts *s);
bool install_check(struct script_hosts *s, struct err *e) MUST_USE;
/* The command line of host h: pointers into a. */
const char *const *install_command(const struct host *h, struct arena *a);

/* ---- unit.c ---- */
void unit_remove_folder(const char *path);

/* ---- host.c ---- */
void host_init(struct host *h, struct script_hosts *all, unsigned index);
void host_want(struct host *h); /* starts its thread and process, if need be */
void host_add(struct host *h, struct call *c);
void host_forget(struct host *h, struct script_unit *u);
void host_write(struct host *h, uint32_t call, struct buf *take);
void host_close(struct host *h);
void call_free(struct call *c);
#endif
