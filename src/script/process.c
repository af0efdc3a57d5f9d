/* fork and exec rather than posix_spawn: limits and the system call filter must be set in between. Only
 * async-signal-safe calls there. */
#include "script/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 1 << 20, LAST_WORDS = 20 /* times 5 ms, to end by itself */ };

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(errno_) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (errno_))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* If the number is nr: the answer that follows. */
#define REFUSE(nr, errno_) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), ANSWER(errno_)

/* No new processes, only threads; clone3 hides its flags in memory, so it does not exist (glibc then uses clone). */
static void forbid_processes(void)
{
    static const struct sock_filter code[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        ANSWER(EPERM),
        LOAD(nr),
#ifdef SYS_fork
        REFUSE(SYS_fork, EPERM),
        REFUSE(SYS_vfork, EPERM),
#endif
        REFUSE(SYS_clone3, ENOSYS),
        REFUSE(SYS_ptrace, EPERM),
        REFUSE(SYS_process_vm_readv, EPERM),
        REFUSE(SYS_process_vm_writev, EPERM),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
        ANSWER(EPERM),
        ALLOW,
    };
    struct sock_fprog program = {sizeof code / sizeof *code, (struct sock_filter *)(uintptr_t)code};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
#else
static void forbid_processes(void)
{
}
#endif

static void limit(int what, rlim_t n)
{
    struct rlimit r = {n, n};
    setrlimit((__rlimit_resource_t)what, &r);
}

static void join_cgroup(const char *directory)
{
    int dir = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int fd = dir >= 0 ? openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC) : -1;
    if (directory && (fd < 0 || write(fd, "0", 1) != 1))
        _exit(125);
}

static void run_child(const char *const *argv, const char *dir, const char *cgroup, int channel,
                      int errors, pid_t parent)
{
    static char path[] = "PATH=/usr/bin:/bin", lang[] = "LANG=C.UTF-8";
    char *const environment[] = {path, lang, NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(channel, 0) < 0 || dup2(channel, 1) < 0 || dup2(errors, 2) < 0)
        _exit(126);
    if (syscall(SYS_close_range, 3U, ~0U, 0U) < 0)
        for (int fd = 3; fd < 65536; fd++)
            close(fd);
    join_cgroup(cgroup);
    limit(RLIMIT_CORE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    forbid_processes();
    if (chdir(dir) == 0)
        execve(argv[0], (char *const *)(uintptr_t)argv, environment);
    _exit(127);
}

bool process_start(const char *const *argv, const char *dir, const char *cgroup,
                   struct process *ret, struct err *e)
{
    int pair[2], errors[2], size = SOCKET_BUFFER;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set(e, ERR_UNAVAILABLE, "no socket for the script host: errno %d", errno);
    if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0) {
        close(pair[0]);
        close(pair[1]);
        return err_set(e, ERR_UNAVAILABLE, "no pipe for the script host: errno %d", errno);
    }
    for (size_t i = 0; i < 2; i++)
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        run_child(argv, dir, cgroup, pair[1], errors[1], parent);
    close(pair[1]);
    close(errors[1]);
    if (pid < 0) {
        close(pair[0]);
        close(errors[0]);
        return err_set(e, ERR_UNAVAILABLE, "the script host cannot be started: errno %d", errno);
    }
    *ret = (struct process){pid, pair[0], errors[0]};
    return true;
}

void process_kill(const struct process *p)
{
    kill(p->pid, SIGKILL);
    kill(-p->pid, SIGKILL);
}

void process_end(struct process *p, char *ret_how, size_t cap)
{
    struct timespec pause = {.tv_nsec = 5000000};
    int status = 0;
    pid_t gone = 0;
    for (int i = 0; i < LAST_WORDS && (gone = waitpid(p->pid, &status, WNOHANG)) == 0; i++)
        nanosleep(&pause, NULL);
    process_kill(p); /* its group, too */
    while (gone == 0 && waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(p->channel);
    close(p->errors);
    if (WIFEXITED(status))
        snprintf(ret_how, cap, "exit status %d", WEXITSTATUS(status));
    else
        snprintf(ret_how, cap, "signal %d", WTERMSIG(status));
}
