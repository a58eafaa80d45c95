/*
 * sys/link - a conversation of frames, with descriptors, between two of our processes.
 *
 * Sending only queues; loop_run_once() writes everything queued in one go, so a turn costs one
 * write a link. Received frames are pulled with link_next() when the link's ready comes up.
 *
 *     while ((r = link_next(link, &frame)) == LINK_FRAME)
 *         ...
 *     if (r == LINK_CLOSED || r == LINK_BROKEN)
 *         link = link_free(link);
 *
 * Easy to get wrong: a payload is borrowed until the next loop_run_once(); a descriptor that
 * came with a frame is given: take it with link_fd_take() while that frame is the last one that
 * link_next gave. What is not taken is closed.
 */
#ifndef WRIT_SYS_LINK_H
#define WRIT_SYS_LINK_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"
#include "format/wire/wire.h"

#include <stdbool.h>

struct loop;
struct loop_ready;
struct link;
struct listener;

/* Bytes queued toward a peer that does not read. Beyond it link_send answers LINK_FULL. */
#define LINK_QUEUED_MAX (8U << 20) /* where link_queue_max says nothing else */

enum link_answer {
    LINK_NONE = 0,   /* nothing more now */
    LINK_FRAME = 1,  /* a frame was given */
    LINK_CLOSED = 2, /* the peer is gone, and everything it sent has been given */
    LINK_BROKEN = 3, /* the peer does not speak our frames, or sent other descriptors than said */
    LINK_FULL = 4,   /* not queued: the peer does not read */
};

/* Two ends of a new socket pair, close-on-exec. Both given. */
MUST int link_pair(int ret_fds[2]);

/* Takes the descriptor. ready is queued when frames or the end have come. */
MUST int link_new(struct loop *loop, int fd, struct loop_ready *ready, struct link **ret_link);
struct link *link_free(struct link *link);
CLEANUP_DEFINE(struct link, link_free)

/* LINK_FRAME, LINK_NONE, LINK_CLOSED or LINK_BROKEN. */
MUST int link_next(struct link *link, struct wire_frame *ret_frame);

/* Gives descriptor number index of the last frame, or -1 if there is none such. */
int link_fd_take(struct link *link, size_t index);
/* Closes a descriptor that was taken. */
void link_fd_close(int fd);

/*
 * Queues a frame; fds are borrowed and copied, so the caller closes its own. 0, LINK_FULL or
 * LINK_CLOSED. The frame's own flags must be 0: the count is filled in.
 */
MUST int link_send(struct link *link, const struct wire_frame *frame);
MUST int link_send_fds(struct link *link, const struct wire_frame *frame, const int *fds,
                       size_t count);

/*
 * Without a copy: encode the payload into link_begin()'s buffer, then link_end(). The header's
 * payload is not looked at. 0, LINK_FULL (also: too long for a frame) or LINK_CLOSED.
 */
struct buf *link_begin(struct link *link, const struct wire_frame *header);
MUST int link_end(struct link *link);

/* Writes now what is queued, as far as the socket takes it. loop_run_once does it by itself. */
void link_flush(struct link *link);

/* Bytes queued and not yet taken by the kernel: the credit that is used up. */
size_t link_queued(const struct link *link);
void link_queue_max(struct link *link, size_t bytes);
/* As if the peer were gone: LINK_CLOSED after what it sent. */
void link_give_up(struct link *link);
/* Stops and starts reading, for a peer whose credit is used up: the kernel then holds it back. */
void link_pause(struct link *link, bool paused);
bool link_is_closed(const struct link *link);

/*
 * Who is at the other end, as the kernel knows it. pidfd is given (-1 if the kernel has none);
 * started is the process's start time in clock ticks since boot, for telling a reused pid.
 */
struct link_peer {
    uint32_t uid;
    uint32_t gid;
    int32_t pid;
    int pidfd;
    uint64_t started;
};
MUST int link_peer_get(const struct link *link, struct link_peer *ret_peer);

/* A unix socket at path, mode 0600; a stale one left by a dead owner is replaced. */
MUST int listener_new(struct loop *loop, const char *path, struct loop_ready *ready,
                      struct listener **ret_listener);
struct listener *listener_free(struct listener *listener);
CLEANUP_DEFINE(struct listener, listener_free)
/* The next waiting connection's descriptor (given), or -1 when there is none. */
int listener_accept(struct listener *listener);
/* Stops accepting, for instance at a limit of connections. */
void listener_pause(struct listener *listener, bool paused);

/* Connects to a unix socket. The descriptor is given; fault -ENOENT, -ECONNREFUSED: nobody. */
MUST int link_connect(const char *path, int *ret_fd);

#endif
