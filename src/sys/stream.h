/*
 * sys/stream - raw bytes on descriptors that are not ours: a child's pipes, the standard input
 * and output of an agent's client.
 *
 * A stream reads from one descriptor and writes to another, which may be the same. Reading
 * collects into stream_in(); the owner drops what it has used. Writing queues.
 *
 * Easy to get wrong: descriptors handed over are shared with their giver, so O_NONBLOCK would
 * change them under its feet. A stream never sets it on a descriptor that was handed over:
 * it reads and writes only what poll says can be moved without waiting.
 */
#ifndef WRIT_SYS_STREAM_H
#define WRIT_SYS_STREAM_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

struct loop;
struct loop_ready;
struct stream;

/* Unread bytes at which a stream stops reading, until the owner has dropped some. */
#define STREAM_IN_MAX (8U << 20)
/* Queued bytes at which stream_write answers STREAM_FULL. */
#define STREAM_OUT_MAX (16U << 20)

enum stream_answer {
    STREAM_FULL = 1,   /* not queued: the other side does not read */
    STREAM_CLOSED = 2, /* not queued: the other side is gone */
    STREAM_LINE = 3,   /* a line was given */
    STREAM_LONG = 4,   /* a line longer than allowed: end the conversation */
};

/*
 * Takes both descriptors; -1 for a side that is not there. in_fd may be a regular file or a
 * terminal.
 */
MUST int stream_new(struct loop *loop, int in_fd, int out_fd, struct loop_ready *ready,
                    struct stream **ret_stream);
struct stream *stream_free(struct stream *stream);
CLEANUP_DEFINE(struct stream, stream_free)

/* What came and was not dropped. Drop from its front with stream_drop. */
struct str stream_in(const struct stream *stream);
void stream_drop(struct stream *stream, size_t len);

/*
 * Pulls one line, without its newline; borrowed until the next loop_run_once(). STREAM_LINE,
 * 0 (no whole line yet; at the end, what is left without a newline is given as a line),
 * STREAM_LONG.
 */
MUST int stream_line(struct stream *stream, size_t len_max, struct str *ret_line);

/* Queues a copy. 0, STREAM_FULL or STREAM_CLOSED. */
MUST int stream_write(struct stream *stream, struct str bytes);
size_t stream_queued(const struct stream *stream);
void stream_flush(struct stream *stream);

/* Stops and starts reading. */
void stream_pause(struct stream *stream, bool paused);

/* The other side ended what we read: all of it is in stream_in. */
bool stream_ended(const struct stream *stream);
/* The other side hung up: nothing we write arrives any more. */
bool stream_hung_up(const struct stream *stream);
/* Closes our writing side when all queued is written (a child's standard input). */
void stream_end(struct stream *stream);

#endif
