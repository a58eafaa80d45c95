/*
 * forbidden WORDS FOLDER: what a process that promised these words can still do. Each try is a raw
 * system call in a child of its own behind the walls, and one line: its name, and "done", an
 * errno's number, or "killed". The last lines say which walls there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/sandbox.h"

#define X32_BIT 0x40000000L

static pid_t parent;
static int pair[2];
static char word[64];

static long try_open(void)
{
    return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long try_write(void)
{
    return syscall(SYS_openat, AT_FDCWD, "/tmp/writ-forbidden", O_WRONLY | O_CREAT | O_CLOEXEC,
                   0600);
}

static long try_unlink(void)
{
    return syscall(SYS_unlinkat, AT_FDCWD, "/tmp/writ-forbidden", 0);
}

static long try_stat(void)
{
    struct stat facts;

    return syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &facts, 0);
}

static long try_socket_inet(void)
{
    return syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long try_socket_unix(void)
{
    return syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long try_socket_netlink(void)
{
    return syscall(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static long try_connect(void)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/nobody" };

    return syscall(SYS_connect, pair[0], &to, sizeof(to));
}

static long try_bind(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };

    return syscall(SYS_bind, pair[0], &at, sizeof(at));
}

static long try_execve(void)
{
    char *const none[] = { NULL };

    return syscall(SYS_execve, "/nobody", none, none);
}

static long try_execveat(void)
{
    char *const none[] = { NULL };

    return syscall(SYS_execveat, AT_FDCWD, "/nobody", none, none, 0);
}

static long try_fork(void)
{
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (pid == 0)
        _exit(0);
    return pid;
}

static long try_unshare(void)
{
    return syscall(SYS_unshare, CLONE_FILES);
}

static long try_ptrace(void)
{
    return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

static long try_read_memory(void)
{
    char bytes[8];
    struct iovec here = { bytes, sizeof(bytes) };
    struct iovec there = { word, sizeof(bytes) };

    return syscall(SYS_process_vm_readv, parent, &here, 1, &there, 1, 0);
}

static long try_write_memory(void)
{
    char bytes[8] = "changed";
    struct iovec here = { bytes, sizeof(bytes) };
    struct iovec there = { word, sizeof(bytes) };

    return syscall(SYS_process_vm_writev, parent, &here, 1, &there, 1, 0);
}

static long try_kill(void)
{
    return syscall(SYS_kill, parent, 0);
}

static long try_tgkill(void)
{
    return syscall(SYS_tgkill, parent, parent, 0);
}

static long try_tkill(void)
{
    return syscall(SYS_tkill, parent, 0);
}

static long try_pidfd_open(void)
{
    return syscall(SYS_pidfd_open, parent, 0);
}

/* A signal of any kind to anybody, when something comes in. */
static long try_owner(void)
{
    return syscall(SYS_fcntl, pair[0], F_SETOWN, parent);
}

static long try_owner_signal(void)
{
    return syscall(SYS_fcntl, pair[0], F_SETSIG, SIGKILL);
}

static long try_map_code(void)
{
    return syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long try_make_code(void)
{
    return syscall(SYS_mprotect, (uintptr_t)word & ~4095UL, 4096, PROT_READ | PROT_EXEC);
}

static long try_bpf(void)
{
    return syscall(SYS_bpf, 0, 0, 0);
}

static long try_io_uring(void)
{
    char params[120] = { 0 };

    return syscall(SYS_io_uring_setup, 1, params);
}

static long try_keyctl(void)
{
    return syscall(SYS_keyctl, 0, -3, 1); /* The session's keyring. */
}

static long try_perf(void)
{
    return syscall(SYS_perf_event_open, 0, 0, -1, -1, 0);
}

static long try_userfaultfd(void)
{
    return syscall(SYS_userfaultfd, O_CLOEXEC | 1);
}

static long try_setuid(void)
{
    return syscall(SYS_setuid, getuid());
}

static long try_mount(void)
{
    return syscall(SYS_mount, 0, "/nobody", "tmpfs", 0, 0);
}

static long try_chroot(void)
{
    return syscall(SYS_chroot, "/");
}

static long try_dumpable(void)
{
    return syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long try_limit(void)
{
    struct rlimit limit = { 1, 1 };

    return syscall(SYS_prlimit64, parent, RLIMIT_NOFILE, &limit, 0);
}

static long try_filter(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { 1, &allow };

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* The same under the numbers of another ABI. */
static long try_x32(void)
{
    return syscall(X32_BIT | 2, "/etc/passwd", O_RDONLY);
}

static const struct {
    const char *name;
    long (*attempt)(void);
} tries[] = {
    { "open", try_open },
    { "write", try_write },
    { "unlink", try_unlink },
    { "stat", try_stat },
    { "socket_inet", try_socket_inet },
    { "socket_unix", try_socket_unix },
    { "socket_netlink", try_socket_netlink },
    { "connect", try_connect },
    { "bind", try_bind },
    { "execve", try_execve },
    { "execveat", try_execveat },
    { "fork", try_fork },
    { "unshare", try_unshare },
    { "ptrace", try_ptrace },
    { "read_memory", try_read_memory },
    { "write_memory", try_write_memory },
    { "kill", try_kill },
    { "tgkill", try_tgkill },
    { "tkill", try_tkill },
    { "pidfd_open", try_pidfd_open },
    { "owner", try_owner },
    { "owner_signal", try_owner_signal },
    { "map_code", try_map_code },
    { "make_code", try_make_code },
    { "bpf", try_bpf },
    { "io_uring", try_io_uring },
    { "keyctl", try_keyctl },
    { "perf", try_perf },
    { "userfaultfd", try_userfaultfd },
    { "setuid", try_setuid },
    { "mount", try_mount },
    { "chroot", try_chroot },
    { "dumpable", try_dumpable },
    { "limit", try_limit },
    { "filter", try_filter },
    { "x32", try_x32 },
};

static void attempt(const char *words, const char *folder, size_t i)
{
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
    long r;

    (void)dup2(quiet, 2);
    sandbox_folder(folder, true);
    if (sandbox_enter(words) != 0)
        _exit(254);
    errno = 0;
    r = tries[i].attempt();
    _exit(r < 0 ? errno : 0);
}

int main(int argc, char **argv)
{
    struct sandbox_walls walls = sandbox_possible();

    if (argc != 3)
        return 2;
    parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < ARRAY_COUNT(tries); i++) {
        int status = 0;
        pid_t pid = fork();

        if (pid == 0)
            attempt(argv[1], argv[2], i);
        if (waitpid(pid, &status, 0) != pid)
            return 1;
        if (WIFSIGNALED(status))
            (void)printf("%s killed\n", tries[i].name);
        else if (WEXITSTATUS(status) == 0)
            (void)printf("%s done\n", tries[i].name);
        else
            (void)printf("%s %d\n", tries[i].name, WEXITSTATUS(status));
    }
    (void)printf("wall seccomp %d\nwall files %d\nwall relaxed %d\n", walls.seccomp,
                 walls.landlock_files, walls.relaxed);
    if (sandbox_enter(argv[1]) != 0)
        return 1;
    walls = sandbox_walls();
    (void)printf("wall undumpable %d\nwall privileges %d\n", walls.undumpable,
                 walls.no_new_privileges);
    return 0;
}
