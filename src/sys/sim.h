/*
 * sys/sim - the world in a box, for tests. Linked instead of the real sys.
 *
 * One seed. The clock moves only when told. The disk is in memory and remembers what was not
 * synced; a crash drops, tears and reorders exactly that. Descriptors are numbers of queues in
 * this process, so that the daemon and everyone it talks to live in one test. Every disk
 * operation is counted, so that a runner can crash the daemon at each of them in turn.
 *
 * A crash does not unwind by itself: from the operation it happens at, every disk call answers
 * the fault SIM_CRASHED and nothing that is sent leaves. The process under test returns
 * that fault from its turn, its runner frees it and calls sim_restart().
 */
#ifndef WRIT_SYS_SIM_H
#define WRIT_SYS_SIM_H

#include "base/base.h"
#include "base/str.h"

#include <errno.h>
#include <stdbool.h>

struct buf;
struct link_peer;
struct loop;
struct proc_plan;

#define SIM_CRASHED (-EOWNERDEAD)

/* Starts a new world; what was in the old one is gone. Every handle must have been freed. */
void sim_new(uint64_t seed);
void sim_end(void);

/* A number below limit from the world's own seed (not the one that clock_entropy_fill uses). */
uint64_t sim_random(uint64_t limit);

/* --- Time --- */
void sim_advance_ms(int64_t ms);
/* The wall clock jumps (a person sets it); monotonic time does not. */
void sim_wall_jump_ms(int64_t ms);
/* Nanoseconds until the next timer or timeout of any loop; -1 if nobody waits for time. */
int64_t sim_next_due_ns(void);
/* Nothing can happen on any loop until time moves or somebody outside acts. */
bool sim_quiet(void);
/* A signal arrives at whoever waits for it on this loop. */
void sim_signal(struct loop *loop, int number);

/* --- Disk --- */
uint64_t sim_disk_operations(void);
/* Crash at the operation of this number (1 is the first from now); 0 never. */
void sim_crash_at(uint64_t operation);
bool sim_crashed(void);
void sim_crash(void);

enum sim_restart_how {
    SIM_KILLED,    /* the process died; the kernel still has what it wrote */
    SIM_POWER_CUT, /* unsynced writes are dropped, torn, reordered, by the seed */
};
void sim_restart(enum sim_restart_how how);

/* Bytes that may still be written before the disk is full; UINT64_MAX is no limit. */
void sim_disk_room(uint64_t bytes);
/* The next sync fails with this fault; 0 none. */
void sim_sync_fails(int fault);
void sim_write_fails(int fault);
/* The helper thread does nothing until released. */
void sim_helper_hold(bool hold);
void sim_copies_on_write(bool yes);

/* A file as it is now, for tests that look or damage. Path: folder and name as opened. */
MUST bool sim_file_get(const char *path, struct buf *ret_content);
void sim_file_put(const char *path, struct str content);
void sim_file_remove(const char *path);
/* Names of all files, one a line, sorted. */
void sim_file_names(struct buf *ret_names);

/* --- Everything ever written to disk, link or stream, searched for a planted secret --- */
bool sim_ever_wrote(struct str secret);

/* --- People and processes --- */
/* What link_peer_get will say for connections made from now on with link_connect. */
void sim_connect_as(const struct link_peer *peer);
void sim_process(int32_t pid, int32_t parent, int32_t tty, uint64_t started);
void sim_process_gone(int32_t pid);
void sim_env(const char *name, const char *value);
/* A line somebody will type when tty_ask asks; NULL: Ctrl-D. Without any: no terminal. */
void sim_tty(const char *line);

/* --- Children --- */
struct sim_child {
    int32_t pid;
    const struct proc_plan *plan; /* a copy; for its descriptors see sim_child_fd */
    int signal;                   /* last signal that was sent to it; 0 none */
};
/* The next child that was started and not given yet. */
MUST bool sim_child_next(struct sim_child *ret_child);
/* Gives the child's descriptor of this number, to play the child with; -1: it has none. */
int sim_child_fd(int32_t pid, int number);
int sim_child_signal(int32_t pid);
void sim_child_exit(int32_t pid, int code, int signal_number);

/* --- Descriptors --- */
/* A memfd, as egress would make it; and the whole content of one. */
int sim_memfd(struct str content);
void sim_memfd_get(int fd, struct buf *ret_content);
/* A pipe: [0] reads, [1] writes. */
void sim_pipe(int ret_fds[2]);
void sim_close(int fd);
/* Cuts a connection in the middle: after this many more bytes either way. */
void sim_cut_after(int fd, uint64_t bytes);

#endif
