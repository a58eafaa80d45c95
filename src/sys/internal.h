/*
 * sys/internal - what the real and the simulated sys implement alike: descriptors, and waiting
 * for them. loop.c, link.c and stream.c stand on this and are the same in both.
 */
#ifndef WRIT_SYS_INTERNAL_H
#define WRIT_SYS_INTERNAL_H

#include "base/base.h"
#include "sys/loop.h"

#include <stdatomic.h>

/* Somebody in sys who is told of events: embedded in a link, a stream, a listener, a watch. */
struct loop__source {
    void (*on_events)(struct loop__source *source, unsigned int events);
    struct loop *loop;
    struct loop__io *io; /* the backend's; lives until the backend has closed it */
    int fd;
    unsigned int wanted;
};

/* Something with bytes to write before the loop sleeps. */
struct loop__writer {
    void (*on_flush)(struct loop__writer *writer);
    bool queued;
    struct loop__writer *next;
    struct loop__writer *previous;
};

/* Another thread's way to queue a ready: it sets fired, then calls loop_wake. */
struct loop__waker {
    struct loop_ready *ready;
    atomic_bool fired;
    struct loop__waker *next;
};

struct loop_timer {
    struct loop *loop;
    struct loop_ready *ready;
    int64_t due_ns; /* -1: stopped */
    struct loop_timer *next;
};

struct loop {
    struct loop_ready *ready_first;
    struct loop_ready *ready_last;
    struct loop__writer *writers;
    struct loop__waker *wakers;
    struct loop_timer *timers;
    struct loop__backend *backend;
};

/* --- loop.c, for the rest of the room --- */
void loop__write_later(struct loop *loop, struct loop__writer *writer);
void loop__write_never(struct loop *loop, struct loop__writer *writer);
void loop__waker_add(struct loop *loop, struct loop__waker *waker);
void loop__waker_remove(struct loop *loop, struct loop__waker *waker);

/* --- The backend: real/loop_uv.c or sim/loop_sim.c --- */
MUST int loop__backend_new(struct loop *loop);
void loop__backend_free(struct loop *loop);
/* Waits for events at most timeout_ns (-1: no limit) and tells the sources. */
MUST int loop__backend_poll(struct loop *loop, int64_t timeout_ns);
/* True if a poll would tell no source anything now. */
bool loop__backend_is_quiet(struct loop *loop);

/* Fault -EPERM: a regular file, which is always ready. */
MUST int loop__source_start(struct loop *loop, struct loop__source *source, int fd);
MUST int loop__source_want(struct loop__source *source, unsigned int events);
void loop__source_stop(struct loop__source *source);

/* --- Descriptors: real/port.c or sim/port.c. Never wait, except where said. --- */
enum port_kind {
    PORT_SOCKET,
    PORT_PIPE,
    PORT_OTHER, /* a file or a terminal */
};
enum port_kind port_kind(int fd);
/* Bytes moved; 0 at the end; -EAGAIN; another fault. *fd_count: room in, given out. */
MUST long port_receive(int fd, void *bytes, size_t len, int *fds, size_t *fd_count);
MUST long port_send(int fd, const void *bytes, size_t len, const int *fds, size_t fd_count);
MUST long port_read(int fd, void *bytes, size_t len);
MUST long port_write(int fd, const void *bytes, size_t len);
/* Whether calls on it wait. Gives what was so before, to restore it. */
bool port_waits_set(int fd, bool waits);
/* A copy, close-on-exec, or a fault. */
MUST int port_copy(int fd);
void port_close(int fd);

/* --- Sockets: real/socket.c or sim/socket.c --- */
struct link_peer;
MUST int port_peer(int fd, struct link_peer *ret_peer);
MUST int port_listen(const char *path);
/* The next connection, or -EAGAIN. */
MUST int port_accept(int fd);
void port_unlisten(int fd, const char *path);

/* --- Paths: real/paths.c or sim/people.c --- */
struct arena;
unsigned int paths__uid(void);
const char *paths__here(struct arena *arena);

#endif
