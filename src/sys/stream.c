/*
 * Raw bytes. One descriptor for both ways is one source; two are two.
 *
 * How not to wait, by kind: sockets are asked not to, call by call; pipes are set so while the
 * stream lives, and set back; a terminal is read when poll says so and written in small pieces;
 * a file is always ready and is read a piece a turn.
 */
#include "sys/stream.h"

#include "base/arena.h"
#include "sys/internal.h"

#include <errno.h>

#define STREAM_READ_LEN  65536U
#define STREAM_TURN_MAX  (1U << 20)
#define STREAM_PIECE_LEN 4096U /* PIPE_BUF: what poll promises a blocking descriptor can take */

struct stream_side {
    struct loop__source source;
    bool open;
    bool watched; /* false: a regular file */
    bool waits;   /* the descriptor cannot be told not to wait */
    bool was;     /* what to restore */
    enum port_kind kind;
};

struct stream {
    struct loop *loop;
    struct loop__writer writer;
    struct loop_ready *ready;
    struct stream_side reading;
    struct stream_side writing; /* unused when shared */
    bool shared;                /* one descriptor for both */
    struct buf in;
    size_t in_dropped;
    size_t searched; /* bytes of in that are known to have no newline */
    struct buf out;
    size_t out_sent;
    bool paused;
    bool ended;
    bool hung_up;
    bool half_closed; /* shared: the other side writes no more, and reading will find its end */
    bool ending;
};

static struct stream_side *stream_out_side(struct stream *stream)
{
    return stream->shared ? &stream->reading : &stream->writing;
}

static size_t stream_unread(const struct stream *stream)
{
    return stream->in.len - stream->in_dropped;
}

static void stream_side_close(struct stream_side *side)
{
    if (!side->open)
        return;
    side->open = false;
    if (side->watched)
        loop__source_stop(&side->source);
    if (side->kind == PORT_PIPE)
        (void)port_waits_set(side->source.fd, side->was);
    port_close(side->source.fd);
}

static bool stream_reads(const struct stream *stream)
{
    return stream->reading.open && !stream->ended && !stream->paused &&
           stream_unread(stream) < STREAM_IN_MAX;
}

static void stream_want(struct stream *stream)
{
    struct stream_side *out = stream_out_side(stream);
    bool writes = out->open && !stream->hung_up && stream->out_sent < stream->out.len;
    unsigned int in_events = stream_reads(stream) ? LOOP_READ : 0;
    unsigned int out_events = writes ? LOOP_WRITE : 0;

    if (stream->shared) {
        in_events |= out_events;
        if (!stream->ended && !stream->half_closed)
            in_events |= LOOP_HANGUP;
    } else if (out->open && out->watched) {
        /* A pipe whose reader went away says so only to those who wait for it. */
        if (loop__source_want(&out->source, stream->hung_up ? 0 : out_events | LOOP_HANGUP) < 0)
            stream->hung_up = true;
    }
    if (stream->reading.open && stream->reading.watched) {
        if (loop__source_want(&stream->reading.source, in_events) < 0)
            stream->ended = true;
    }
    if ((stream_reads(stream) && !stream->reading.watched) || (writes && !out->watched))
        loop__write_later(stream->loop, &stream->writer);
}

static void stream_compact(struct stream *stream)
{
    buf_drop(&stream->in, stream->in_dropped);
    stream->searched -=
        stream->in_dropped < stream->searched ? stream->in_dropped : stream->searched;
    stream->in_dropped = 0;
}

static long stream_read_some(struct stream *stream, char *at)
{
    struct stream_side *side = &stream->reading;
    size_t none = 0;

    if (side->kind == PORT_SOCKET)
        return port_receive(side->source.fd, at, STREAM_READ_LEN, NULL, &none);
    return port_read(side->source.fd, at, STREAM_READ_LEN);
}

static void stream_read(struct stream *stream)
{
    size_t total = 0;

    stream_compact(stream);
    while (stream_reads(stream) && total < STREAM_TURN_MAX) {
        long got = stream_read_some(stream, buf_reserve(&stream->in, STREAM_READ_LEN));

        if (got == -EAGAIN)
            break;
        if (got <= 0) {
            stream->ended = true;
            if (stream->shared && got < 0)
                stream->hung_up = true;
            break;
        }
        buf_commit(&stream->in, (size_t)got);
        total += (size_t)got;
        if ((size_t)got < STREAM_READ_LEN || stream->reading.waits)
            break;
    }
    if (total || stream->ended)
        loop_queue(stream->loop, stream->ready);
}

static long stream_write_some(struct stream *stream, struct stream_side *side)
{
    const char *at = stream->out.ptr + stream->out_sent;
    size_t len = stream->out.len - stream->out_sent;

    if (side->kind == PORT_SOCKET)
        return port_send(side->source.fd, at, len, NULL, 0);
    if (side->waits && len > STREAM_PIECE_LEN)
        len = STREAM_PIECE_LEN;
    return port_write(side->source.fd, at, len);
}

static void stream_finish(struct stream *stream)
{
    if (!stream->ending || stream->shared || stream->out_sent < stream->out.len)
        return;
    stream_side_close(&stream->writing);
}

/* writable: poll has just said so, which a side that waits must know. */
static void stream_flush_if(struct stream *stream, bool writable)
{
    struct stream_side *side = stream_out_side(stream);

    while (side->open && !stream->hung_up && stream->out_sent < stream->out.len) {
        long sent;

        if (side->waits && side->watched && !writable)
            break;
        writable = false;
        sent = stream_write_some(stream, side);
        if (sent == -EAGAIN)
            break;
        if (sent < 0) {
            stream->hung_up = true;
            loop_queue(stream->loop, stream->ready);
            break;
        }
        stream->out_sent += (size_t)sent;
    }
    if (stream->out_sent == stream->out.len || stream->out_sent > STREAM_TURN_MAX) {
        buf_drop(&stream->out, stream->out_sent);
        stream->out_sent = 0;
    }
    stream_finish(stream);
    stream_want(stream);
}

void stream_flush(struct stream *stream)
{
    stream_flush_if(stream, false);
}

static void stream_on_flush(struct loop__writer *writer)
{
    struct stream *stream = container_of(writer, struct stream, writer);

    if (stream->reading.open && !stream->reading.watched)
        stream_read(stream);
    stream_flush_if(stream, false);
}

static void stream_on_read(struct loop__source *source, unsigned int events)
{
    struct stream *stream = container_of(source, struct stream, reading.source);

    if (events & LOOP_HANGUP)
        stream->half_closed = true;
    if (events & (LOOP_READ | LOOP_HANGUP))
        stream_read(stream);
    stream_flush_if(stream, (events & LOOP_WRITE) != 0);
}

static void stream_on_write(struct loop__source *source, unsigned int events)
{
    struct stream *stream = container_of(source, struct stream, writing.source);

    if (events & LOOP_HANGUP) {
        stream->hung_up = true;
        loop_queue(stream->loop, stream->ready);
    }
    stream_flush_if(stream, (events & LOOP_WRITE) != 0);
}

static int stream_side_open(struct stream *stream, struct stream_side *side, int fd)
{
    int r;

    side->source.fd = fd;
    side->open = fd >= 0;
    if (fd < 0)
        return 0;
    side->kind = port_kind(fd);
    side->waits = side->kind == PORT_OTHER;
    if (side->kind == PORT_PIPE)
        side->was = port_waits_set(fd, false);
    r = loop__source_start(stream->loop, &side->source, fd);
    if (r < 0 && r != -EPERM)
        return TRACE(r);
    side->watched = r == 0;
    return 0;
}

int stream_new(struct loop *loop, int in_fd, int out_fd, struct loop_ready *ready,
               struct stream **ret_stream)
{
    struct stream *stream = heap_alloc(sizeof(*stream));
    int r;

    *stream = (struct stream){ .loop = loop, .ready = ready, .shared = in_fd == out_fd };
    stream->writer.on_flush = stream_on_flush;
    stream->reading.source.on_events = stream_on_read;
    stream->writing.source.on_events = stream_on_write;
    r = stream_side_open(stream, &stream->reading, in_fd);
    if (r == 0 && !stream->shared)
        r = stream_side_open(stream, &stream->writing, out_fd);
    if (r < 0) {
        if (!stream->shared && !stream->writing.open && out_fd >= 0)
            port_close(out_fd);
        (void)stream_free(stream);
        return TRACE(r);
    }
    stream->ended = in_fd < 0;
    stream_want(stream);
    *ret_stream = stream;
    return 0;
}

struct stream *stream_free(struct stream *stream)
{
    if (!stream)
        return NULL;
    loop_unqueue(stream->loop, stream->ready);
    loop__write_never(stream->loop, &stream->writer);
    stream_side_close(&stream->reading);
    if (!stream->shared)
        stream_side_close(&stream->writing);
    buf_fini(&stream->in);
    buf_fini(&stream->out);
    return heap_free(stream);
}

struct str stream_in(const struct stream *stream)
{
    return str_slice(buf_str(&stream->in), stream->in_dropped, stream->in.len);
}

void stream_drop(struct stream *stream, size_t len)
{
    bool read = stream_reads(stream);

    CHECK(len <= stream_unread(stream));
    stream->in_dropped += len;
    if (stream_reads(stream) != read)
        stream_want(stream);
}

int stream_line(struct stream *stream, size_t len_max, struct str *ret_line)
{
    struct str unread = stream_in(stream);
    size_t known =
        stream->searched > stream->in_dropped ? stream->searched - stream->in_dropped : 0;
    size_t len = str_find_char(str_slice(unread, known, unread.len), '\n');

    if (len == SIZE_MAX) {
        stream->searched = stream->in.len;
        if (unread.len > len_max)
            return STREAM_LONG;
        if (!stream->ended || unread.len == 0)
            return 0;
        *ret_line = unread;
        stream_drop(stream, unread.len);
        return STREAM_LINE;
    }
    len += known;
    if (len > len_max)
        return STREAM_LONG;
    *ret_line = str_slice(unread, 0, len);
    stream_drop(stream, len + 1);
    stream->searched = stream->in_dropped;
    return STREAM_LINE;
}

int stream_write(struct stream *stream, struct str bytes)
{
    if (stream->hung_up || stream->ending || !stream_out_side(stream)->open)
        return STREAM_CLOSED;
    if (stream_queued(stream) > STREAM_OUT_MAX)
        return STREAM_FULL;
    buf_add_str(&stream->out, bytes);
    loop__write_later(stream->loop, &stream->writer);
    return 0;
}

size_t stream_queued(const struct stream *stream)
{
    return stream->out.len - stream->out_sent;
}

void stream_pause(struct stream *stream, bool paused)
{
    if (stream->paused == paused)
        return;
    stream->paused = paused;
    stream_want(stream);
}

bool stream_ended(const struct stream *stream)
{
    return stream->ended;
}

bool stream_hung_up(const struct stream *stream)
{
    return stream->hung_up;
}

void stream_end(struct stream *stream)
{
    stream->ending = true;
    loop__write_later(stream->loop, &stream->writer);
}
