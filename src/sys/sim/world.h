/*
 * sys/sim/world - the one simulated world, for the files of this folder.
 */
#ifndef WRIT_SYS_SIM_WORLD_H
#define WRIT_SYS_SIM_WORLD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"
#include "sys/internal.h"
#include "sys/link.h"
#include "sys/proc.h"
#include "sys/sim.h"

/* --- Descriptors --- */

enum sim_kind {
    SIM_SOCKET,   /* in and out */
    SIM_PIPE,     /* in or out */
    SIM_FILE,     /* content */
    SIM_LISTENER, /* path, waiting */
    SIM_PIDFD,    /* peer.pid */
};

struct sim_open;

/* Descriptors on their way, at their place among the bytes. */
struct sim_parcel {
    uint64_t at;
    struct VEC(struct sim_open *) opens;
};

/* Bytes on their way from one end to the other. */
struct sim_queue {
    struct buf bytes;
    uint64_t taken; /* bytes that were received so far */
    struct VEC(struct sim_parcel) parcels;
    size_t writers; /* opens that may write; 0: the reader sees the end */
    size_t readers;
    uint64_t cut; /* bytes until it is cut; UINT64_MAX: never */
};

struct sim_open {
    enum sim_kind kind;
    size_t refs;
    struct sim_queue *in;
    struct sim_queue *out;
    struct buf content;
    uint64_t position;
    char *path;
    struct VEC(struct sim_open *) waiting;
    struct link_peer peer;
};

struct sim_open *sim__open(int fd);
int sim__fd_of(struct sim_open *open); /* takes the reference */
struct sim_open *sim__unref(struct sim_open *open);
struct sim_open *sim__open_new(enum sim_kind kind);
/* What a waiter would be told now: any of enum loop_events. */
unsigned int sim__events(const struct sim_open *open);

/* --- Disk --- */

struct sim_inode;
struct disk;
/* Runs what the helper threads of disks on this loop have to do. */
void sim__helpers_run(struct loop *loop);
bool sim__helpers_busy(void);
void sim__disk_end(void);
void sim__disk_restart(enum sim_restart_how how);

/* --- Processes --- */
bool sim__process_lives(int32_t pid);
void sim__proc_end(void);

/* --- The world --- */

struct sim_variable {
    char *name;
    char *value; /* NULL: not set */
};

struct sim_world {
    bool there;
    uint64_t random;
    uint64_t entropy;
    int64_t wall_ms;
    int64_t wall_last_ms;
    int64_t mono_ns;
    struct VEC(struct sim_open *) fds; /* NULL: free */
    struct VEC(struct loop *) loops;
    struct VEC(struct sim_variable) env;
    struct VEC(char *) typed;
    struct buf written; /* every byte that went to disk, link or stream */
    struct link_peer connect_as;
    bool crashed;
    uint64_t operations;
    uint64_t crash_at; /* 0: never */
    uint64_t room;
    int sync_fault;
    int write_fault;
    bool hold;
    bool copies_on_write;
};

extern struct sim_world sim__world;

uint64_t sim__draw(uint64_t *state);
char *sim__text(const char *text);
/* Counts a disk operation: 0, or SIM_CRASHED if the world is, or becomes, crashed by it. */
MUST int sim__operation(void);

#endif
