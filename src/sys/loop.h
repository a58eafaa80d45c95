/*
 * sys/loop - waiting for many things at once.
 *
 * The loop calls nobody back. loop_run_once() sleeps until something happened, moves bytes
 * between descriptors and buffers, and returns; loop_next() then gives what is ready, one after
 * another. So the turn of a process reads: gather -> decide -> append -> act (STYLE 3).
 *
 *     while ((ready = loop_next(loop)))
 *         switch ((enum daemon_ready)ready->kind) {
 *         case DAEMON_LINK: peer = container_of(ready, struct daemon_peer, ready); ...
 *         }
 *
 * Easy to get wrong: "ready" is a hint that is given once for each change. Drain whatever it
 * stands for. A ready that is embedded in freed memory must not be in the queue: freeing the
 * handle (link_free, timer_free...) takes it out.
 */
#ifndef WRIT_SYS_LOOP_H
#define WRIT_SYS_LOOP_H

#include "base/base.h"

#include <stdbool.h>

struct loop;

/* Embedded by the owner of a handle in its own struct; kind is the owner's own enum. */
struct loop_ready {
    int kind;
    bool queued;
    struct loop_ready *next;
    struct loop_ready *previous;
};

/* Fault: no descriptor or memory left for it. */
MUST int loop_new(struct loop **ret_loop);
/* Every handle on the loop must have been freed before. */
struct loop *loop_free(struct loop *loop);
CLEANUP_DEFINE(struct loop, loop_free)

/*
 * First writes what links and streams have queued, then sleeps until anything is ready or
 * timeout_ms is over (-1: as long as it takes; 0: only looks), then reads what there is to
 * read. Does not sleep while something is in the ready queue.
 */
MUST int loop_run_once(struct loop *loop, int64_t timeout_ms);

/*
 * Writes what links and streams have queued, and looks without reading: true if a
 * loop_run_once would find nothing now.
 */
bool loop_is_quiet(struct loop *loop);

/* Takes the next ready thing off the queue, or NULL. */
struct loop_ready *loop_next(struct loop *loop);

/* Puts a ready in the queue by hand (work left over for the next turn), or takes it out. */
void loop_queue(struct loop *loop, struct loop_ready *ready);
void loop_unqueue(struct loop *loop, struct loop_ready *ready);

/* Makes a sleeping loop_run_once return. The one call that another thread may make. */
void loop_wake(struct loop *loop);

/* A signal arrives as readiness. One ready for each signal; before the sandbox. */
MUST int loop_signal(struct loop *loop, int number, struct loop_ready *ready);
/* How many times it arrived since the last look. */
unsigned int loop_signal_take(struct loop *loop, int number);

/* A deadline. ready is queued once when clock_mono_ns() has reached due_ns. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *loop, struct loop_ready *ready);
struct loop_timer *loop_timer_free(struct loop_timer *timer);
void loop_timer_set(struct loop_timer *timer, int64_t due_ns);
void loop_timer_stop(struct loop_timer *timer);

/* A bare descriptor that somebody else reads and writes (libcurl, libmicrohttpd, a pidfd). */
enum loop_events {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    LOOP_HANGUP = 4, /* the other side closed: EPOLLRDHUP, seen even while nothing is read */
};
struct loop_watch;
/* Borrows the descriptor. Fault: it cannot be waited for. */
MUST int loop_watch_new(struct loop *loop, int fd, struct loop_ready *ready,
                        struct loop_watch **ret_watch);
struct loop_watch *loop_watch_free(struct loop_watch *watch);
/* events: any of enum loop_events; 0 stops. Level triggered: ready again in each turn. */
MUST int loop_watch_set(struct loop_watch *watch, unsigned int events);
/* What happened since the last look. */
unsigned int loop_watch_take(struct loop_watch *watch);

#endif
