/*
 * Children.
 *
 * The parent stands still in vfork while the child arranges itself (descriptors, session, limits,
 * fence) and executes: no page is copied. What fails on the way the child leaves as an errno in
 * the memory they share. The end of a child is seen by its pidfd.
 *
 * Between vfork and exec only calls that leave nothing behind in the parent's memory; its handlers
 * do not run there, since signals wait until the child has none.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/proc.h"

#include "base/arena.h"
#include "sys/internal.h"
#include "sys/real/landlock.h"

/* Above any number a child is given. */
#define PROC_FD_ASIDE 512

struct proc {
    struct loop__source source; /* of the pidfd */
    struct loop_ready *ready;
    int32_t pid;
    struct proc_end end;
};

/* --- In the child --- */

static bool proc_child_moves(const struct proc_plan *plan)
{
    int aside[PROC_FDS_MAX];
    int nothing;

    for (size_t i = 0; i < plan->fd_count; i++) {
        aside[i] = fcntl(plan->fds[i].from, F_DUPFD_CLOEXEC, PROC_FD_ASIDE);
        if (aside[i] < 0)
            return false;
    }
    nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0)
        return false;
    nothing = fcntl(nothing, F_DUPFD_CLOEXEC, PROC_FD_ASIDE);
    if (nothing < 0 || close_range(0, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0)
        return false;
    for (int standard = 0; standard < 3; standard++)
        if (dup2(nothing, standard) < 0)
            return false;
    for (size_t i = 0; i < plan->fd_count; i++)
        if (dup2(aside[i], plan->fds[i].to) < 0)
            return false;
    return true;
}

static bool proc_child_limit(int what, uint64_t most)
{
    struct rlimit limit;

    if (most == 0)
        return true;
    if (getrlimit((__rlimit_resource_t)what, &limit) < 0)
        return false;
    if (limit.rlim_max != RLIM_INFINITY && most > limit.rlim_max)
        most = limit.rlim_max;
    limit = (struct rlimit){ most, most };
    return setrlimit((__rlimit_resource_t)what, &limit) == 0;
}

static bool proc_child_limits(const struct proc_plan *plan)
{
    struct rlimit none = { 0, 0 };

    if (!plan->core_dump && setrlimit(RLIMIT_CORE, &none) < 0)
        return false;
    return proc_child_limit(RLIMIT_DATA, plan->memory_max) &&
           proc_child_limit(RLIMIT_NOFILE, plan->files_max) &&
           proc_child_limit(RLIMIT_NPROC, plan->children_max);
}

static bool proc_child_signals(void)
{
    struct sigaction usual = { .sa_handler = SIG_DFL };
    sigset_t none;

    for (int number = 1; number < SIGRTMIN; number++)
        (void)sigaction(number, &usual, NULL); /* KILL and STOP refuse, and need not. */
    return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static bool proc_child_belongs(const struct proc_plan *plan, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return false;
    if (getppid() != parent)
        _exit(127); /* It died before we asked to die with it. */
    if (plan->terminal)
        return setpgid(0, 0) == 0;
    return setsid() >= 0;
}

static bool proc_child_fence(const struct proc_plan *plan)
{
    struct landlock_plan fence = {
        .paths = plan->paths, .path_count = plan->path_count, .net = true, .others = false
    };

    if (!plan->fenced)
        return true;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return false;
    /* Without the wall it runs all the same: sandbox_possible() tells the keeper before. */
    (void)landlock__enter(&fence);
    return true;
}

static void proc_child_search(const struct proc_plan *plan, const char *folders)
{
    char file[PATH_MAX];
    bool denied = false;

    while (*folders) {
        size_t len = strcspn(folders, ":");
        int n = snprintf(file, sizeof(file), "%.*s/%s", (int)len, folders, plan->file);

        if (len && n > 0 && (size_t)n < sizeof(file))
            (void)execve(file, (char *const *)(uintptr_t)plan->argv,
                         (char *const *)(uintptr_t)plan->env);
        if (errno == EACCES)
            denied = true;
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
        folders += len + (folders[len] == ':');
    }
    errno = denied ? EACCES : ENOENT;
}

static void proc_child_exec(const struct proc_plan *plan)
{
    if (plan->search && !strchr(plan->file, '/')) {
        for (const char *const *at = plan->env; *at; at++)
            if (strncmp(*at, "PATH=", 5) == 0)
                proc_child_search(plan, *at + 5);
        return;
    }
    (void)execve(plan->file, (char *const *)(uintptr_t)plan->argv,
                 (char *const *)(uintptr_t)plan->env);
}

static NORETURN void proc_child(const struct proc_plan *plan, pid_t parent, volatile int *fault)
{
    errno = ENOENT;
    if (proc_child_belongs(plan, parent) && proc_child_moves(plan) &&
        (!plan->folder || chdir(plan->folder) == 0) && proc_child_limits(plan) &&
        proc_child_signals() && proc_child_fence(plan))
        proc_child_exec(plan);
    *fault = errno;
    _exit(127);
}

/* --- In the parent --- */

static void proc_on_events(struct loop__source *source, unsigned int events)
{
    struct proc *proc = container_of(source, struct proc, source);
    siginfo_t info = { 0 };

    (void)events;
    if (proc->end.ended || waitid(P_PID, (id_t)proc->pid, &info, WEXITED | WNOHANG) < 0 ||
        info.si_pid == 0)
        return;
    /* Whatever it left behind in its group goes with it. */
    (void)kill(-proc->pid, SIGKILL);
    proc->end.ended = true;
    proc->end.code = info.si_code == CLD_EXITED ? info.si_status : -1;
    proc->end.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    loop__source_stop(source);
    loop_queue(source->loop, proc->ready);
}

static void proc_reap(int32_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* The pid, or what failed up to exec: then there is no child any more. */
static int proc_start(const struct proc_plan *plan)
{
    volatile int fault = 0;
    pid_t parent = getpid();
    sigset_t all;
    sigset_t before;
    pid_t pid;

    if (sigfillset(&all) < 0 || sigprocmask(SIG_SETMASK, &all, &before) < 0)
        return RAISE(-errno);
    /* posix_spawn knows nothing of sessions, limits and fences. */
    pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0)
        proc_child(plan, parent, &fault); /* NOLINT(clang-analyzer-unix.Vfork) */
    if (pid < 0)
        fault = errno;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (fault == 0)
        return pid;
    if (pid > 0)
        proc_reap(pid);
    return RAISE(-fault);
}

static int proc_watch(struct loop *loop, int32_t pid, struct loop_ready *ready,
                      struct proc **ret_proc)
{
    struct proc *proc = heap_alloc(sizeof(*proc));
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int r = pidfd < 0 ? RAISE(-errno) : 0;

    *proc = (struct proc){ .source.on_events = proc_on_events, .ready = ready, .pid = pid };
    if (r == 0)
        r = loop__source_start(loop, &proc->source, pidfd);
    if (r == 0)
        r = loop__source_want(&proc->source, LOOP_READ);
    if (r < 0) {
        loop__source_stop(&proc->source);
        if (pidfd >= 0)
            (void)close(pidfd);
        (void)heap_free(proc);
        return TRACE(r);
    }
    *ret_proc = proc;
    return 0;
}

int proc_spawn(struct loop *loop, const struct proc_plan *plan, struct loop_ready *ready,
               struct proc **ret_proc)
{
    static const char *const no_env[] = { NULL };
    struct proc_plan copy = *plan;
    int pid;
    int r;

    CHECK(plan->fd_count <= PROC_FDS_MAX && plan->path_count <= PROC_PATHS_MAX);
    if (!copy.env)
        copy.env = no_env;
    pid = proc_start(&copy);
    if (pid < 0)
        return TRACE(pid);
    r = proc_watch(loop, pid, ready, ret_proc);
    if (r < 0) {
        (void)kill(-pid, SIGKILL);
        (void)kill(pid, SIGKILL);
        proc_reap(pid);
        return TRACE(r);
    }
    return 0;
}

struct proc *proc_free(struct proc *proc)
{
    if (!proc)
        return NULL;
    loop_unqueue(proc->source.loop, proc->ready);
    if (!proc->end.ended) {
        proc_kill(proc, SIGKILL);
        proc_reap(proc->pid);
        loop__source_stop(&proc->source);
    }
    (void)close(proc->source.fd);
    return heap_free(proc);
}

int32_t proc_pid(const struct proc *proc)
{
    return proc->pid;
}

void proc_kill(struct proc *proc, int signal_number)
{
    /* The group is there as long as we have not reaped its leader. */
    if (!proc->end.ended)
        (void)kill(-proc->pid, signal_number);
}

struct proc_end proc_end_get(const struct proc *proc)
{
    return proc->end;
}

int32_t proc_self(void)
{
    return getpid();
}
