/* script: the processes that run flows' Groovy and JavaScript, and XSLT 2/3: JVMs behind a socket, started when the
 * first artifact needs them. A call is a frame; its answer comes on the host's thread here. A call that exceeds its
 * time is stopped, a host that does not obey or runs out of memory is killed and started again; only the call that
 * caused it fails, the others run once more (docs/SCRIPTS.md). */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H
#include "base/blob.h"
#include "base/map.h"
#include "script/wire.h"

struct script_hosts;
struct script_config {
    unsigned processes; /* 0: 1 */
    unsigned limit_ms;  /* of one call; 0: 60,000 */
    unsigned heap_mb;   /* of one host; 0: 256 */
    const char *cgroup; /* directory of a cgroup v2 for the hosts; NULL: none. Borrowed */
    uint16_t own_port;  /* which scripts may not connect to; 0: none */
};
/* Starts no process yet; nothing needs to be installed. */
bool script_open(const struct script_config *c, struct script_hosts **ret, struct err *e) MUST_USE;
/* All calls are over, units may live on. NULL is fine. */
void script_close(struct script_hosts *s);
/* ERR_NOT_IMPLEMENTED names the packages to install. */
bool script_available(struct script_hosts *s, struct err *e) MUST_USE;

/* ---- units: the files of one artifact, in a folder that hosts read ---- */
struct script_unit;
/* files: path -> (str *) bytes; those below src/main/resources are written out. Starts a host, if none runs. */
bool script_unit_new(struct script_hosts *s, str name, const struct map *files,
                     struct script_unit **ret, struct err *e) MUST_USE;
struct script_unit *script_unit_ref(struct script_unit *u); /* NULL is fine, here and below */
void script_unit_unref(struct script_unit *u);
/* Compiles a file (path in the bundle). ERR_BAD_REQUEST says what is wrong, with file and line. Waits. */
bool script_compile(struct script_unit *u, str path, struct err *e) MUST_USE;

/* Script collections: units that other artifacts use by their name. Replaces the one before. */
bool script_publish(struct script_hosts *s, str name, const struct map *files,
                    struct err *e) MUST_USE;
void script_withdraw(struct script_hosts *s, str name);
struct script_unit *script_published(struct script_hosts *s, str name); /* a reference, or NULL */

/* ---- calls ---- */
enum script_outcome {
    SCRIPT_ANSWERED, /* payload: of WIRE_RESULT */
    SCRIPT_LOST      /* error: time, memory or the end of the host */
};
struct script_reply {
    enum script_outcome outcome;
    struct buf payload; /* taken by the receiver */
    struct err error;
    unsigned host; /* for script_release */
};
/* Both run on the host's thread and must not block. */
typedef void script_done_fn(void *arg, struct script_reply *r);
/* The script asks for something: to be answered with script_answer, later or at once, from any thread. question is
 * borrowed for the call. */
typedef void script_ask_fn(void *arg, uint32_t call, str question);
struct script_call {
    struct script_unit *unit; /* borrowed */
    struct buf frame;         /* taken: begun with script_begin */
    unsigned limit_ms;        /* 0: the default */
    script_done_fn *done;
    script_ask_fn *ask;
    void *arg;
};
/* The start of a call's frame: the rest is docs/SCRIPTS.md, CALL. */
void script_begin(struct buf *b, const struct script_unit *u, str path, str function);
/* done is called exactly once, unless this fails. */
bool script_send(struct script_call *take, struct err *e) MUST_USE;
/* Sends and waits for the reply: only where a thread may block. done, ask and arg are not used. */
bool script_call_wait(struct script_call *take, struct script_reply *ret, struct err *e) MUST_USE;
/* frame: begun with wire_begin; taken. */
void script_answer(struct script_unit *u, uint32_t call, struct buf *frame);
/* A Java object that nobody holds any more. */
void script_release(struct script_hosts *s, int64_t object);
struct script_hosts *script_unit_hosts(const struct script_unit *u);
/* A file that a host wrote (WIRE_FILE in an answer), which is removed. */
bool script_take_file(struct script_hosts *s, str name, struct blob **ret, struct err *e) MUST_USE;
/* Process id of a running host, for tests and metrics; 0: none. */
int script_pid(struct script_hosts *s);
#endif
