/*
 * sys/proc - starting, watching and ending other programs, and who descends from whom.
 *
 * A child gets exactly the descriptors, arguments and environment it is given (/dev/null for a
 * standard one it is not given), its own session and process group, and dies with its parent.
 * There is no shell anywhere.
 *
 * Easy to get wrong: ending a child means its whole group, or what it started lives on.
 */
#ifndef WRIT_SYS_PROC_H
#define WRIT_SYS_PROC_H

#include "base/base.h"
#include "base/str.h"

#include <stdbool.h>

struct loop;
struct loop_ready;
struct proc;

#define PROC_FDS_MAX   16U
#define PROC_PATHS_MAX 32U

/* A descriptor of ours and the number it has in the child. */
struct proc_fd {
    int from; /* borrowed */
    int to;
};

/* What a child may touch below a path, when it is fenced. */
struct proc_path {
    const char *path;
    bool write;
    bool execute;
};

struct proc_plan {
    const char *file; /* the program; with search it is looked up in the PATH of env */
    bool search;
    const char *const *argv; /* NULL-terminated, argv[0] included */
    const char *const *env;  /* NULL-terminated "NAME=value"; NULL is none */
    const char *folder;      /* where it starts; NULL: here */
    const struct proc_fd *fds;
    size_t fd_count;
    bool fenced; /* Landlock: only paths below, for as long as it lives */
    const struct proc_path *paths;
    size_t path_count;
    uint64_t memory_max;   /* RLIMIT_DATA; 0: as ours */
    uint64_t files_max;    /* RLIMIT_NOFILE; 0: as ours */
    uint64_t children_max; /* RLIMIT_NPROC; 0: as ours */
    bool terminal;         /* keeps our session and terminal; otherwise it gets its own session */
    bool core_dump;        /* RLIMIT_CORE stays; otherwise 0 */
};

/*
 * Starts a child; ready is queued when it has ended. Fault: it could not be started, with the
 * errno of what failed in the child too (-ENOENT: no such program; -EACCES: may not).
 */
MUST int proc_spawn(struct loop *loop, const struct proc_plan *plan, struct loop_ready *ready,
                    struct proc **ret_proc);
/* Kills the group if it lives. */
struct proc *proc_free(struct proc *proc);
CLEANUP_DEFINE(struct proc, proc_free)

int32_t proc_pid(const struct proc *proc);
/* Sends a signal to the whole group. No such group is fine. */
void proc_kill(struct proc *proc, int signal_number);

struct proc_end {
    bool ended;
    int code;   /* exit code, or -1 */
    int signal; /* 0, or the signal that ended it */
};
/* How it ended, or that it has not. */
struct proc_end proc_end_get(const struct proc *proc);

/* What the kernel says about a process. */
struct proc_facts {
    int32_t pid;
    int32_t parent;
    int32_t session;
    int32_t tty;      /* its controlling terminal's number; 0: none */
    uint64_t started; /* clock ticks since boot: tells a reused pid */
    uint32_t uid;
    char name[17];
};

enum proc_answer {
    PROC_GONE = 1, /* no such process (any more) */
};

/* 0 or PROC_GONE. */
MUST int proc_facts_get(int32_t pid, struct proc_facts *ret_facts);

/*
 * Walks up from pid to the first process: ret_chain[0] is pid itself. Stops at 1, at a process
 * that is gone, or at max. Gives how many were found.
 */
size_t proc_ancestry(int32_t pid, struct proc_facts *ret_chain, size_t max);

/* A pidfd's process has not ended. */
bool proc_pidfd_alive(int pidfd);

/* This process. */
int32_t proc_self(void);

#endif
