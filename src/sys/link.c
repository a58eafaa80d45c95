/*
 * Frames over a stream socket.
 *
 *  - Sending appends to `out` and asks the loop for a flush before it sleeps. Descriptors wait
 *    in `parcels`, each with the place in the stream where its frame begins: a message with
 *    descriptors starts exactly there, so they cannot arrive after their frame.
 *  - Receiving appends to `in`; descriptors queue in `held` in order of arrival. A frame says
 *    how many are its own.
 *
 * What goes wrong: the peer dies (LINK_CLOSED after what it sent), speaks nonsense or sends
 * other descriptors than its frames say (LINK_BROKEN), or does not read (LINK_FULL).
 */
#include "sys/link.h"

#include "base/arena.h"
#include "base/vec.h"
#include "sys/internal.h"

#include <errno.h>

#define LINK_READ_LEN 65536U
#define LINK_TURN_MAX (1U << 20) /* bytes read from one link in one turn */
#define LINK_IN_MAX   (4U << 20) /* unread bytes at which we stop reading */
#define LINK_HELD_MAX 64U        /* descriptors that arrived before their frames were pulled */
#define LINK_READ_FDS (WIRE_FDS_MAX * 4)

struct link_parcel {
    uint64_t at; /* position in all that was ever queued */
    int fds[WIRE_FDS_MAX];
    size_t count;
};

struct link {
    struct loop__source source;
    struct loop__writer writer;
    struct loop_ready *ready;
    struct buf in;
    struct wire_reader reader;
    struct buf out;
    size_t out_sent;   /* bytes of out that the kernel has */
    size_t out_max;    /* bytes of out that the kernel has not */
    uint64_t out_base; /* position of out.ptr[0] */
    size_t began;      /* of the frame between link_begin and link_end */
    struct VEC(struct link_parcel) parcels;
    size_t parcels_sent;
    int held[LINK_HELD_MAX];
    size_t held_count;
    int current[WIRE_FDS_MAX]; /* of the last frame given */
    size_t current_count;
    bool paused;
    bool full_in; /* stopped reading until the owner has pulled */
    bool deaf;    /* the peer reads no more; what it sent is still to be read */
    bool ended;
    bool broken;
};

static void link_want(struct link *link)
{
    unsigned int events = LOOP_HANGUP;

    if (link->ended)
        events = 0;
    else if (!link->paused && !link->full_in)
        events |= LOOP_READ;
    if (!link->ended && !link->deaf && link->out_sent < link->out.len)
        events |= LOOP_WRITE;
    if (loop__source_want(&link->source, events) < 0)
        link->ended = true;
}

static void link_end_now(struct link *link)
{
    link->ended = true;
    loop_queue(link->source.loop, link->ready);
}

/* Keeps descriptors that came; a peer that floods us with them is broken. */
static void link_hold(struct link *link, const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (link->held_count == LINK_HELD_MAX) {
            link->broken = true;
            port_close(fds[i]);
            continue;
        }
        link->held[link->held_count++] = fds[i];
    }
}

/* For the descriptors of one more read. */
static bool link_has_room(const struct link *link)
{
    return link->held_count + LINK_READ_FDS <= LINK_HELD_MAX;
}

static void link_read(struct link *link)
{
    size_t total = 0;

    wire_compact(&link->reader);
    while (total < LINK_TURN_MAX && link_has_room(link)) {
        int fds[LINK_READ_FDS];
        size_t fd_count = ARRAY_COUNT(fds);
        char *at = buf_reserve(&link->in, LINK_READ_LEN);
        long got = port_receive(link->source.fd, at, LINK_READ_LEN, fds, &fd_count);

        if (got == -EAGAIN)
            break;
        if (got <= 0) {
            link_end_now(link);
            break;
        }
        buf_commit(&link->in, (size_t)got);
        link_hold(link, fds, fd_count);
        total += (size_t)got;
        if ((size_t)got < LINK_READ_LEN && fd_count == 0)
            break;
    }
    /* Descriptors that would be too many wait in the socket until frames have taken some. */
    if (link->in.len > LINK_IN_MAX || !link_has_room(link))
        link->full_in = true;
    if (total)
        loop_queue(link->source.loop, link->ready);
}

/* How far the next message may go, and which parcel starts exactly at its first byte. */
static size_t link_span(struct link *link, const struct link_parcel **ret_parcel)
{
    uint64_t at = link->out_base + link->out_sent;
    size_t len = link->out.len - link->out_sent;
    size_t next = link->parcels_sent;

    *ret_parcel = NULL;
    if (next < link->parcels.count && link->parcels.at[next].at == at)
        *ret_parcel = &link->parcels.at[next++];
    if (next < link->parcels.count && link->parcels.at[next].at - at < len)
        len = (size_t)(link->parcels.at[next].at - at);
    return len;
}

static void link_parcel_close(const struct link_parcel *parcel)
{
    for (size_t i = 0; i < parcel->count; i++)
        port_close(parcel->fds[i]);
}

static void link_out_reset(struct link *link)
{
    if (link->out_sent < link->out.len && link->out_sent < LINK_TURN_MAX)
        return;
    link->out_base += link->out_sent;
    buf_drop(&link->out, link->out_sent);
    link->out_sent = 0;
}

void link_flush(struct link *link)
{
    while (!link->ended && !link->deaf && link->out_sent < link->out.len) {
        const struct link_parcel *parcel;
        size_t len = link_span(link, &parcel);
        long sent = port_send(link->source.fd, link->out.ptr + link->out_sent, len,
                              parcel ? parcel->fds : NULL, parcel ? parcel->count : 0);

        if (sent == -EAGAIN)
            break;
        if (sent < 0) {
            link->deaf = true;
            if (sent != -EPIPE && sent != -ECONNRESET)
                link_end_now(link);
            break;
        }
        link->out_sent += (size_t)sent;
        if (parcel) {
            link_parcel_close(parcel);
            link->parcels_sent++;
        }
    }
    if (link->parcels_sent == link->parcels.count) {
        VEC_CLEAR(&link->parcels);
        link->parcels_sent = 0;
    }
    link_out_reset(link);
    link_want(link);
}

static void link_on_flush(struct loop__writer *writer)
{
    link_flush(container_of(writer, struct link, writer));
}

static void link_on_events(struct loop__source *source, unsigned int events)
{
    struct link *link = container_of(source, struct link, source);

    if (link->ended)
        return;
    /* After a hang-up no more than the socket's buffer can come: read it, paused or not. */
    if (events & (LOOP_READ | LOOP_HANGUP))
        link_read(link);
    /* Nobody pulls, and no room for its descriptors: what it has not given is lost with it. */
    if ((events & LOOP_HANGUP) && link->paused && !link_has_room(link))
        link_end_now(link);
    if ((events & LOOP_WRITE) && !link->ended)
        link_flush(link);
    else
        link_want(link);
}

int link_new(struct loop *loop, int fd, struct loop_ready *ready, struct link **ret_link)
{
    struct link *link = heap_alloc(sizeof(*link));
    int r;

    *link = (struct link){ .source.on_events = link_on_events,
                           .writer.on_flush = link_on_flush,
                           .ready = ready,
                           .out_max = LINK_QUEUED_MAX };
    link->reader = WIRE_READER(&link->in);
    r = loop__source_start(loop, &link->source, fd);
    if (r < 0) {
        port_close(fd);
        (void)heap_free(link);
        return TRACE(r);
    }
    link_want(link);
    *ret_link = link;
    return 0;
}

static void link_current_close(struct link *link)
{
    for (size_t i = 0; i < link->current_count; i++)
        if (link->current[i] >= 0)
            port_close(link->current[i]);
    link->current_count = 0;
}

struct link *link_free(struct link *link)
{
    if (!link)
        return NULL;
    loop_unqueue(link->source.loop, link->ready);
    loop__write_never(link->source.loop, &link->writer);
    loop__source_stop(&link->source);
    port_close(link->source.fd);
    link_current_close(link);
    for (size_t i = 0; i < link->held_count; i++)
        port_close(link->held[i]);
    for (size_t i = link->parcels_sent; i < link->parcels.count; i++)
        link_parcel_close(&link->parcels.at[i]);
    VEC_FINI(&link->parcels);
    buf_fini(&link->in);
    buf_fini(&link->out);
    return heap_free(link);
}

/* Hands the frame its descriptors; false if they did not come. */
static bool link_deal(struct link *link, size_t count)
{
    if (count > link->held_count)
        return false;
    memcpy(link->current, link->held, count * sizeof(int));
    link->current_count = count;
    link->held_count -= count;
    memmove(link->held, link->held + count, link->held_count * sizeof(int));
    return true;
}

/* There is room to read again; what waits in the socket arrives with the next turn. */
static void link_room(struct link *link)
{
    if (!link->full_in || link->in.len - link->reader.position > LINK_IN_MAX / 2)
        return;
    link->full_in = false;
    link_want(link);
}

int link_next(struct link *link, struct wire_frame *ret_frame)
{
    struct wire_frame frame;
    int r;

    link_current_close(link);
    if (link->broken)
        return LINK_BROKEN;
    r = wire_next(&link->reader, &frame);
    if (r == WIRE_FRAME) {
        if (!link_deal(link, wire_fd_count(&frame))) {
            link->broken = true;
            return LINK_BROKEN;
        }
        *ret_frame = frame;
        return LINK_FRAME;
    }
    if (r == WIRE_BROKEN) {
        link->broken = true;
        return LINK_BROKEN;
    }
    /* They come with the first byte of their frame: more are of none. */
    if (link->held_count > WIRE_FDS_MAX) {
        link->broken = true;
        return LINK_BROKEN;
    }
    link_room(link);
    return link->ended ? LINK_CLOSED : LINK_NONE;
}

void link_fd_close(int fd)
{
    port_close(fd);
}

int link_fd_take(struct link *link, size_t index)
{
    int fd;

    if (index >= link->current_count)
        return -1;
    fd = link->current[index];
    link->current[index] = -1;
    return fd;
}

static int link_refuse(const struct link *link)
{
    if (link_is_closed(link))
        return LINK_CLOSED;
    if (link_queued(link) > link->out_max)
        return LINK_FULL;
    return 0;
}

int link_send(struct link *link, const struct wire_frame *frame)
{
    return link_send_fds(link, frame, NULL, 0);
}

int link_send_fds(struct link *link, const struct wire_frame *frame, const int *fds, size_t count)
{
    struct link_parcel parcel = { .at = link->out_base + link->out.len };
    struct wire_frame counted = *frame;
    int r = link_refuse(link);

    CHECK(frame->flags == 0 && count <= WIRE_FDS_MAX);
    if (r != 0)
        return r;
    if (frame->payload.len > WIRE_PAYLOAD_MAX)
        return LINK_FULL;
    for (; parcel.count < count; parcel.count++) {
        int copy = port_copy(fds[parcel.count]);

        if (copy < 0) {
            link_parcel_close(&parcel);
            return TRACE(copy);
        }
        parcel.fds[parcel.count] = copy;
    }
    if (count)
        *VEC_PUSH(&link->parcels) = parcel;
    counted.flags = (uint16_t)count;
    wire_add(&link->out, &counted);
    loop__write_later(link->source.loop, &link->writer);
    return 0;
}

struct buf *link_begin(struct link *link, const struct wire_frame *header)
{
    CHECK(header->flags == 0);
    link->began = wire_begin(&link->out, header);
    return &link->out;
}

int link_end(struct link *link)
{
    size_t len = link->out.len;
    int r;

    if (!wire_end(&link->out, link->began))
        return LINK_FULL;
    buf_cut(&link->out, link->began);
    r = link_refuse(link);
    if (r != 0)
        return r;
    buf_commit(&link->out, len - link->began);
    loop__write_later(link->source.loop, &link->writer);
    return 0;
}

size_t link_queued(const struct link *link)
{
    return link->out.len - link->out_sent;
}

void link_queue_max(struct link *link, size_t bytes)
{
    link->out_max = bytes;
}

void link_give_up(struct link *link)
{
    link_end_now(link);
}

void link_pause(struct link *link, bool paused)
{
    if (link->paused == paused)
        return;
    link->paused = paused;
    link_want(link);
}

bool link_is_closed(const struct link *link)
{
    return link->ended || link->broken || link->deaf;
}

int link_peer_get(const struct link *link, struct link_peer *ret_peer)
{
    int r = port_peer(link->source.fd, ret_peer);

    return r < 0 ? TRACE(r) : 0;
}

/* --- Listening --- */

struct listener {
    struct loop__source source;
    struct loop_ready *ready;
    char *path;
    int spare; /* a descriptor to give up when there are no more */
};

static void listener_on_events(struct loop__source *source, unsigned int events)
{
    (void)events;
    loop_queue(source->loop, container_of(source, struct listener, source)->ready);
}

int listener_new(struct loop *loop, const char *path, struct loop_ready *ready,
                 struct listener **ret_listener)
{
    struct listener *listener;
    int fd = port_listen(path);
    int r;

    if (fd < 0)
        return TRACE(fd);
    listener = heap_alloc(sizeof(*listener));
    *listener = (struct listener){ .source.on_events = listener_on_events, .ready = ready };
    listener->path = heap_alloc(strlen(path) + 1);
    memcpy(listener->path, path, strlen(path) + 1);
    listener->spare = port_copy(fd);
    r = loop__source_start(loop, &listener->source, fd);
    if (r == 0)
        r = loop__source_want(&listener->source, LOOP_READ);
    if (r < 0) {
        (void)listener_free(listener);
        return TRACE(r);
    }
    *ret_listener = listener;
    return 0;
}

struct listener *listener_free(struct listener *listener)
{
    if (!listener)
        return NULL;
    loop_unqueue(listener->source.loop, listener->ready);
    loop__source_stop(&listener->source);
    if (listener->spare >= 0)
        port_close(listener->spare);
    port_unlisten(listener->source.fd, listener->path);
    (void)heap_free(listener->path);
    return heap_free(listener);
}

/* No descriptor is left: the caller is turned away, or it would wake us for ever. */
static void listener_turn_away(struct listener *listener)
{
    int fd;

    if (listener->spare < 0)
        return;
    port_close(listener->spare);
    fd = port_accept(listener->source.fd);
    if (fd >= 0)
        port_close(fd);
    listener->spare = port_copy(listener->source.fd);
}

int listener_accept(struct listener *listener)
{
    int fd = port_accept(listener->source.fd);

    while (fd == -EMFILE || fd == -ENFILE) {
        listener_turn_away(listener);
        fd = listener->spare < 0 ? -EAGAIN : port_accept(listener->source.fd);
    }
    return fd < 0 ? -1 : fd;
}

void listener_pause(struct listener *listener, bool paused)
{
    if (loop__source_want(&listener->source, paused ? 0 : LOOP_READ) < 0)
        loop_queue(listener->source.loop, listener->ready);
}
