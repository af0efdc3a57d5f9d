/* process: a script host as a child process, with as few rights as it can do its work with. */
#ifndef SCRIPT_PROCESS_H
#define SCRIPT_PROCESS_H
#include <sys/types.h>

#include "base/err.h"

struct process {
    pid_t pid;
    int channel; /* one end of a socket pair; the other is the child's standard input and output */
    int errors;  /* what it writes to standard error */
};
/* argv[0]: the program's path. The child has no other open file and no environment but PATH and LANG, its own
 * process group, dir as working directory, cannot start processes, and dies with the calling thread. cgroup: a
 * directory of cgroup v2 that it joins, or NULL. */
bool process_start(const char *const *argv, const char *dir, const char *cgroup,
                   struct process *ret, struct err *e) MUST_USE;
void process_kill(const struct process *p); /* it and its group; thread-safe */
/* Kills, reaps and closes. The text says how it ended: "exit status 3", "signal 9". */
void process_end(struct process *p, char *ret_how, size_t cap);
#endif
