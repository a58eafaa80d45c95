/*
 * Which worker has which program: what the files of the pool share.
 *
 * A worker serves its frames in order and answers each start and each delivery by one last
 * report, so its queue is exact. A program's stay with one worker is a *run*, with a number that
 * is the id of its frames and of their reports: what is said of an earlier run is old.
 */
#ifndef WRIT_PROC_DAEMON_POOL_H
#define WRIT_PROC_DAEMON_POOL_H

#include "base/vec.h"
#include "sys/loop.h"

#include <stdbool.h>

struct link;

/* Frames sent to a worker that it has not answered; deliveries may be more. */
#define DAEMON_QUEUE_MAX 8U
/* Programs that a worker holds, those that wait included. */
#define DAEMON_RESIDENTS_MAX 32U
/* A start that waits behind another program for so long goes elsewhere. */
#define DAEMON_BEHIND_MS 3
/* A worker that says nothing for so long is as good as busy. */
#define DAEMON_STUCK_MS 100
/* Programs of which each is over 50 ms of CPU, at once; others like them wait. */
#define DAEMON_HEAVY_MAX 12U
/* Workers beyond those that are always there, for programs that are not heavy. */
#define DAEMON_SPARE_MAX 2U
/* A spare worker without work for so long is ended. */
#define DAEMON_SPARE_MS 2000
/* How often a program may take its worker down before it is ended. */
#define DAEMON_DEATHS_MAX  2U
#define DAEMON_WORKERS_MAX 64U

/* One of our own processes, or a command line. */
struct daemon_peer {
    struct loop_ready ready;
    struct link *link;
    int32_t pid;
    uint32_t number;
    bool up;
};

/* A frame under way. Its slot may have left: then it is a ghost, of which nothing is heard. */
struct daemon_sent {
    uint64_t run;
    uint64_t execution;
    bool start; /* without a journal: the program may begin elsewhere at no cost */
};

struct daemon_worker {
    struct daemon_peer peer;
    bool warm;
    bool extra;       /* was asked for, and may be ended */
    bool busy;        /* the program at the head is over 10 ms of CPU */
    bool worn;        /* one was over 50 ms, and it runs at the lowest priority now */
    bool behind;      /* a program here has not been sent all of its journal */
    uint32_t depth;   /* frames that may be under way: one where programs take long */
    int64_t since_ms; /* when the head was sent or got its turn, or the queue became empty */
    struct daemon_queue VEC(struct daemon_sent) queue; /* oldest first */
    uint32_t residents;
};

/* Where a program is. Volatile: after a restart every program runs again. */
struct daemon_slot {
    uint64_t execution;
    struct daemon_worker *worker; /* NULL: waits for one */
    uint64_t run;
    uint64_t fed;  /* deliveries sent */
    uint32_t owed; /* reports that will come */
    uint32_t deaths;
    uint64_t round; /* in the line: lower is sooner */
    bool waiting;   /* in the line for a worker */
    bool ended;     /* its worker said so, and has forgotten it */
    bool heavy;     /* was over 50 ms of CPU once */
};

/* A program in the line for a worker. */
struct daemon_waiter {
    uint64_t execution;
    uint64_t round;
};

#endif
