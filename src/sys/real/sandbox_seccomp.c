/*
 * The words as lists of system calls. Each table is one word; what is in no promised table and
 * not in sandbox_asked ends the process. sandbox_program.c makes filters of them; of libseccomp
 * only the numbers of the calls are used.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "sys/real/sandbox_program.h"

#include "sys/real/sandbox.h"

#include <sched.h>
#include <string.h>

#define CALL(name)           SCMP_SYS(name)
#define SANDBOX_ERRNO(error) (SECCOMP_RET_ERRNO | (error))

/* Who has no loop: descriptors it has, memory without execution (sandbox_memory), time. */
static const int sandbox_worker[] = {
    CALL(read),        CALL(write),         CALL(readv),           CALL(writev),
    CALL(close),       CALL(poll),          CALL(ppoll),           CALL(brk),
    CALL(munmap),      CALL(madvise),       CALL(mremap),          CALL(exit),
    CALL(exit_group),  CALL(rt_sigreturn),  CALL(rt_sigprocmask),  CALL(rt_sigaction),
    CALL(sigaltstack), CALL(clock_gettime), CALL(gettimeofday),    CALL(getpid),
    CALL(gettid),      CALL(getrandom),     CALL(restart_syscall), CALL(futex),
    CALL(recvfrom),    CALL(sendto),        CALL(getrusage),
};

static const int sandbox_stdio[] = {
    CALL(pread64),
    CALL(pwrite64),
    CALL(preadv),
    CALL(pwritev),
    CALL(lseek),
    CALL(fstat),
    CALL(dup),
    CALL(dup2),
    CALL(dup3),
    CALL(select),
    CALL(pselect6),
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_wait),
    CALL(epoll_pwait),
    CALL(epoll_pwait2),
    CALL(eventfd2),
    CALL(pipe2),
    CALL(pipe),
    CALL(nanosleep),
    CALL(clock_nanosleep),
    CALL(clock_getres),
    CALL(time),
    CALL(times),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(rt_sigpending),
    CALL(rt_sigtimedwait),
    CALL(sched_yield),
    CALL(set_robust_list),
    CALL(rseq),
    CALL(membarrier),
    CALL(uname),
    CALL(sysinfo),
    CALL(shutdown),
    CALL(getsockopt),
    CALL(setsockopt),
    CALL(getsockname),
    CALL(getpeername),
    CALL(timerfd_create),
    CALL(timerfd_settime),
    CALL(timerfd_gettime),
    CALL(getrlimit),
    CALL(close_range),
    CALL(getcpu),
    CALL(sched_getaffinity),
    CALL(mlock),
    CALL(munlock),
    CALL(get_mempolicy),
    CALL(recvmmsg),
    CALL(mincore),
};

static const int sandbox_sendfd[] = { CALL(sendmsg), CALL(memfd_create), CALL(ftruncate),
                                      CALL(fallocate) };
static const int sandbox_recvfd[] = { CALL(recvmsg) };
static const int sandbox_inet[] = { CALL(connect), CALL(bind),     CALL(sendmsg),
                                    CALL(recvmsg), CALL(sendmmsg), CALL(recvmmsg) };
static const int sandbox_listen[] = { CALL(bind), CALL(listen), CALL(accept), CALL(accept4) };
static const int sandbox_unix[] = { CALL(connect), CALL(bind),     CALL(listen),
                                    CALL(accept),  CALL(accept4),  CALL(umask),
                                    CALL(unlink),  CALL(unlinkat), CALL(pidfd_open) };
static const int sandbox_rpath[] = {
    CALL(stat),       CALL(lstat),      CALL(newfstatat), CALL(statx),
    CALL(access),     CALL(faccessat),  CALL(faccessat2), CALL(readlink),
    CALL(readlinkat), CALL(getdents64), CALL(getcwd),     CALL(statfs),
    CALL(fstatfs),    CALL(fadvise64),  CALL(flock),      CALL(sendfile),
};
static const int sandbox_wpath[] = {
    CALL(open),      CALL(openat),    CALL(creat),           CALL(mkdir),     CALL(mkdirat),
    CALL(unlink),    CALL(unlinkat),  CALL(rmdir),           CALL(rename),    CALL(renameat),
    CALL(renameat2), CALL(link),      CALL(linkat),          CALL(ftruncate), CALL(fallocate),
    CALL(fsync),     CALL(fdatasync), CALL(sync_file_range), CALL(chmod),     CALL(fchmod),
    CALL(fchmodat),  CALL(umask),     CALL(utimensat),       CALL(flock),     CALL(copy_file_range),
};
static const int sandbox_ps[] = { CALL(stat),      CALL(newfstatat), CALL(statx),
                                  CALL(readlink),  CALL(readlinkat), CALL(getdents64),
                                  CALL(pidfd_open) };

/* Libraries ask for these to look around, and live with a no. */
static const int sandbox_asked[] = {
    CALL(open),
    CALL(openat),
    CALL(openat2),
    CALL(stat),
    CALL(lstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(access),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(readlink),
    CALL(readlinkat),
    CALL(socket),
    CALL(socketpair),
    CALL(connect),
    CALL(ioctl),
    CALL(prctl),
    CALL(prlimit64),
    CALL(getcwd),
    CALL(statfs),
    CALL(fstatfs),
    CALL(sched_setaffinity),
    CALL(sched_setscheduler),
    CALL(setpriority),
    CALL(mbind),
    CALL(io_uring_setup),
    CALL(kill),
    CALL(tgkill),
    CALL(pidfd_open),
    CALL(fadvise64),
    CALL(mprotect),
    CALL(mmap),
    CALL(seccomp),
};

/* With "proc": nobody who is started needs these, root or not. */
static const int sandbox_never[] = {
    CALL(ptrace),
    CALL(process_vm_readv),
    CALL(process_vm_writev),
    CALL(mount),
    CALL(umount2),
    CALL(pivot_root),
    CALL(swapon),
    CALL(swapoff),
    CALL(reboot),
    CALL(kexec_load),
    CALL(kexec_file_load),
    CALL(init_module),
    CALL(finit_module),
    CALL(delete_module),
    CALL(bpf),
    CALL(perf_event_open),
    CALL(acct),
    CALL(settimeofday),
    CALL(clock_settime),
    CALL(add_key),
    CALL(request_key),
    CALL(keyctl),
    CALL(open_by_handle_at),
    CALL(setns),
    CALL(iopl),
    CALL(ioperm),
    CALL(move_mount),
    CALL(fsopen),
    CALL(open_tree),
    CALL(userfaultfd),
};

static const struct {
    unsigned int promise;
    const int *calls;
    size_t count;
} sandbox_tables[] = {
    { SANDBOX_STDIO | SANDBOX_WORKER, sandbox_worker, ARRAY_COUNT(sandbox_worker) },
    { SANDBOX_STDIO, sandbox_stdio, ARRAY_COUNT(sandbox_stdio) },
    { SANDBOX_SENDFD, sandbox_sendfd, ARRAY_COUNT(sandbox_sendfd) },
    { SANDBOX_RECVFD, sandbox_recvfd, ARRAY_COUNT(sandbox_recvfd) },
    { SANDBOX_INET, sandbox_inet, ARRAY_COUNT(sandbox_inet) },
    { SANDBOX_LISTEN, sandbox_listen, ARRAY_COUNT(sandbox_listen) },
    { SANDBOX_UNIX, sandbox_unix, ARRAY_COUNT(sandbox_unix) },
    { SANDBOX_RPATH | SANDBOX_WPATH, sandbox_rpath, ARRAY_COUNT(sandbox_rpath) },
    { SANDBOX_WPATH, sandbox_wpath, ARRAY_COUNT(sandbox_wpath) },
    { SANDBOX_PS, sandbox_ps, ARRAY_COUNT(sandbox_ps) },
};

/* A call that is allowed only with certain arguments: argument `at`, under mask, is value. */
struct sandbox_clause {
    unsigned int promise;
    int call;
    unsigned int at;
    uint64_t mask;
    uint64_t value;
};

static const struct sandbox_clause sandbox_clauses[] = {
    { SANDBOX_STDIO | SANDBOX_WORKER, CALL(mmap), 2, PROT_EXEC, 0 },
    { SANDBOX_STDIO | SANDBOX_WORKER, CALL(mprotect), 2, PROT_EXEC, 0 },
    { SANDBOX_WORKER, CALL(setpriority), 2, UINT32_MAX, 19 }, /* the lowest priority */
    { SANDBOX_WORKER, CALL(sched_setscheduler), 1, UINT32_MAX, SCHED_IDLE },
    /* Not whom a signal goes to when something comes in, and which: that is as good as kill. */
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_DUPFD },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_DUPFD_CLOEXEC },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_GETFD },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_SETFD },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_GETFL },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_SETFL },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_GETLK },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_SETLK },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_SETLKW },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_OFD_SETLK },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_ADD_SEALS },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_GET_SEALS },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_GETPIPE_SZ },
    { SANDBOX_STDIO, CALL(fcntl), 1, UINT32_MAX, F_SETPIPE_SZ },
    { SANDBOX_STDIO, CALL(ioctl), 1, UINT32_MAX, FIONBIO },
    { SANDBOX_STDIO, CALL(ioctl), 1, UINT32_MAX, FIONREAD },
    { SANDBOX_STDIO, CALL(ioctl), 1, UINT32_MAX, FIOCLEX },
    { SANDBOX_STDIO, CALL(ioctl), 1, UINT32_MAX, TCGETS },
    { SANDBOX_STDIO, CALL(prctl), 0, UINT32_MAX, PR_SET_NAME },
    { SANDBOX_STDIO, CALL(prctl), 0, UINT32_MAX, PR_GET_NAME },
    { SANDBOX_STDIO, CALL(prlimit64), 2, UINT64_MAX, 0 },
    { SANDBOX_LIMIT, CALL(prlimit64), 0, UINT32_MAX, 0 },
    { SANDBOX_TTY, CALL(ioctl), 1, UINT32_MAX, TIOCGWINSZ },
    { SANDBOX_TTY, CALL(ioctl), 1, UINT32_MAX, TCSETS },
    { SANDBOX_TTY, CALL(ioctl), 1, UINT32_MAX, TCSETSW },
    { SANDBOX_TTY, CALL(ioctl), 1, UINT32_MAX, TCSETSF },
    { SANDBOX_UNIX, CALL(socket), 0, UINT32_MAX, AF_UNIX },
    { SANDBOX_UNIX, CALL(socketpair), 0, UINT32_MAX, AF_UNIX },
    { SANDBOX_INET | SANDBOX_LISTEN, CALL(socket), 0, UINT32_MAX, AF_INET },
    { SANDBOX_INET | SANDBOX_LISTEN, CALL(socket), 0, UINT32_MAX, AF_INET6 },
    { SANDBOX_INET, CALL(socketpair), 0, UINT32_MAX, AF_UNIX },
    { SANDBOX_THREAD, CALL(clone), 0, CLONE_THREAD, CLONE_THREAD },
    { SANDBOX_RPATH | SANDBOX_PS, CALL(open), 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
    { SANDBOX_RPATH | SANDBOX_PS, CALL(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
};

/*
 * Two filters, of which the kernel takes the stricter answer for each call:
 *
 *  - outer: what is in no table, no clause and not asked ends the process;
 *  - inner: what no table and no clause allows answers EPERM.
 */
static bool sandbox_in_tables(unsigned int promised, int call)
{
    for (size_t i = 0; i < ARRAY_COUNT(sandbox_tables); i++)
        for (size_t k = 0; k < sandbox_tables[i].count; k++)
            if ((sandbox_tables[i].promise & promised) && sandbox_tables[i].calls[k] == call)
                return true;
    return false;
}

static void sandbox_add(struct sandbox__rules *rules, uint32_t action, const int *calls,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        sandbox__rule_add(rules, &(struct sandbox__rule){ .call = calls[i], .action = action });
}

static void sandbox_add_tables(struct sandbox__rules *rules, unsigned int promised)
{
    for (size_t i = 0; i < ARRAY_COUNT(sandbox_tables); i++)
        if (sandbox_tables[i].promise & promised)
            sandbox_add(rules, SECCOMP_RET_ALLOW, sandbox_tables[i].calls, sandbox_tables[i].count);
}

/* whole: the call with any arguments, for the outer filter. */
static void sandbox_add_clauses(struct sandbox__rules *rules, unsigned int promised, bool whole)
{
    for (size_t i = 0; i < ARRAY_COUNT(sandbox_clauses); i++) {
        const struct sandbox_clause *clause = &sandbox_clauses[i];

        if ((clause->promise & promised) && !sandbox_in_tables(promised, clause->call))
            sandbox__rule_add(rules, &(struct sandbox__rule){ .call = clause->call,
                                                              .action = SECCOMP_RET_ALLOW,
                                                              .compares = !whole,
                                                              .at = clause->at,
                                                              .mask = clause->mask,
                                                              .value = clause->value });
    }
}

/* glibc starts threads by clone3, whose flags no filter can see, or else by clone. */
static void sandbox_add_clone3(struct sandbox__rules *rules, unsigned int promised, uint32_t action)
{
    static const int clone3 = CALL(clone3);

    if (promised & SANDBOX_THREAD)
        sandbox_add(rules, action, &clone3, 1);
}

/* Signals to itself: abort, and the end by SIGSYS. */
static void sandbox_add_self(struct sandbox__rules *rules)
{
    sandbox__rule_add(rules, &(struct sandbox__rule){ .call = CALL(tgkill),
                                                      .action = SECCOMP_RET_ALLOW,
                                                      .compares = true,
                                                      .at = 0,
                                                      .mask = UINT32_MAX,
                                                      .value = (uint64_t)getpid() });
}

static void sandbox_outer(struct sandbox__rules *rules, unsigned int promised)
{
    sandbox_add_tables(rules, promised);
    sandbox_add_clauses(rules, promised, true);
    sandbox_add_clone3(rules, promised, SANDBOX_ERRNO(ENOSYS));
    sandbox_add(rules, SECCOMP_RET_ALLOW, sandbox_asked, ARRAY_COUNT(sandbox_asked));
}

static void sandbox_inner(struct sandbox__rules *rules, unsigned int promised)
{
    sandbox_add_self(rules);
    sandbox_add_clauses(rules, promised, false);
    sandbox_add_tables(rules, promised);
    sandbox_add_clone3(rules, promised, SECCOMP_RET_ALLOW);
}

static void sandbox_starter(struct sandbox__rules *rules, unsigned int promised)
{
    (void)promised;
    sandbox_add(rules, SANDBOX_ERRNO(EPERM), sandbox_never, ARRAY_COUNT(sandbox_never));
}

static bool sandbox_load(uint32_t otherwise, unsigned int promised,
                         void (*fill)(struct sandbox__rules *rules, unsigned int promised))
{
    struct sandbox__rules rules = { .otherwise = otherwise };
    struct sandbox__program program;
    struct sock_fprog given;

    fill(&rules, promised);
    sandbox__assemble(&rules, &program);
    given = (struct sock_fprog){ (unsigned short)program.count, program.at };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &given) == 0;
}

/* Says what was not promised, in a way that works inside the filter, and ends by the signal. */
static void sandbox_on_sigsys(int number, siginfo_t *info, void *context)
{
    static const char start[] = "writ: a system call that was not promised: number ";
    struct sigaction usual = { .sa_handler = SIG_DFL };
    char digits[16];
    size_t at = sizeof(digits);
    unsigned int call = (unsigned int)info->si_syscall;

    (void)context;
    digits[--at] = '\n';
    do {
        digits[--at] = (char)('0' + call % 10);
        call /= 10;
    } while (call && at > 0);
    (void)!write(2, start, sizeof(start) - 1); /* It may be closed. */
    (void)!write(2, digits + at, sizeof(digits) - at);
    (void)sigaction(number, &usual, NULL);
    (void)raise(number);
}

static void sandbox_catch(void)
{
    struct sigaction tell = { .sa_sigaction = sandbox_on_sigsys, .sa_flags = SA_SIGINFO };

    CHECK(sigaction(SIGSYS, &tell, NULL) == 0);
}

bool sandbox__filter(unsigned int promised)
{
    if (SANDBOX_RELAXED)
        return false;
    if (promised & SANDBOX_PROC)
        return sandbox_load(SECCOMP_RET_ALLOW, promised, sandbox_starter);
    sandbox_catch();
    /* Outer first: it lets the loading of the second pass, and the second forbids a third. */
    return sandbox_load(SECCOMP_RET_TRAP, promised, sandbox_outer) &&
           sandbox_load(SANDBOX_ERRNO(EPERM), promised, sandbox_inner);
}

bool sandbox__filter_possible(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}
