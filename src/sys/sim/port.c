/*
 * Descriptors in memory: two queues are a socket, one is a pipe.
 *
 * A queue behaves as the kernel's does where it matters: it is finite, bytes with descriptors
 * begin a piece of their own, the end comes after the bytes, and writing to nobody is EPIPE.
 */
#include "sys/sim/world.h"

#define SIM_QUEUE_MAX 212992U /* as a unix socket of Linux */

struct sim_open *sim__open_new(enum sim_kind kind)
{
    struct sim_open *open = heap_alloc(sizeof(*open));

    *open = (struct sim_open){ .kind = kind, .refs = 1, .peer = sim__world.connect_as };
    open->peer.pidfd = -1;
    return open;
}

static struct sim_queue *sim_queue_new(void)
{
    struct sim_queue *queue = heap_alloc(sizeof(*queue));

    *queue = (struct sim_queue){ .writers = 1, .readers = 1, .cut = UINT64_MAX };
    return queue;
}

static void sim_parcel_drop(struct sim_parcel *parcel)
{
    for (size_t i = 0; i < parcel->opens.count; i++)
        (void)sim__unref(parcel->opens.at[i]);
    VEC_FINI(&parcel->opens);
}

static void sim_queue_leave(struct sim_queue *queue)
{
    if (queue->writers || queue->readers)
        return;
    for (size_t i = 0; i < queue->parcels.count; i++)
        sim_parcel_drop(&queue->parcels.at[i]);
    VEC_FINI(&queue->parcels);
    buf_fini(&queue->bytes);
    (void)heap_free(queue);
}

struct sim_open *sim__unref(struct sim_open *open)
{
    if (--open->refs > 0)
        return NULL;
    if (open->in) {
        open->in->readers--;
        sim_queue_leave(open->in);
    }
    if (open->out) {
        open->out->writers--;
        sim_queue_leave(open->out);
    }
    for (size_t i = 0; i < open->waiting.count; i++)
        (void)sim__unref(open->waiting.at[i]);
    VEC_FINI(&open->waiting);
    buf_fini(&open->content);
    (void)heap_free(open->path);
    return heap_free(open);
}

static void sim_open_pair(struct sim_open *ret_ends[2])
{
    struct sim_queue *there = sim_queue_new();
    struct sim_queue *back = sim_queue_new();

    for (size_t i = 0; i < 2; i++)
        ret_ends[i] = sim__open_new(SIM_SOCKET);
    ret_ends[0]->out = ret_ends[1]->in = there;
    ret_ends[0]->in = ret_ends[1]->out = back;
}

int link_pair(int ret_fds[2])
{
    struct sim_open *ends[2];

    sim_open_pair(ends);
    for (size_t i = 0; i < 2; i++)
        ret_fds[i] = sim__fd_of(ends[i]);
    return 0;
}

void sim_pipe(int ret_fds[2])
{
    struct sim_queue *queue = sim_queue_new();
    struct sim_open *reads = sim__open_new(SIM_PIPE);
    struct sim_open *writes = sim__open_new(SIM_PIPE);

    reads->in = queue;
    writes->out = queue;
    ret_fds[0] = sim__fd_of(reads);
    ret_fds[1] = sim__fd_of(writes);
}

int sim_memfd(struct str content)
{
    struct sim_open *open = sim__open_new(SIM_FILE);

    buf_add_str(&open->content, content);
    return sim__fd_of(open);
}

void sim_memfd_get(int fd, struct buf *ret_content)
{
    buf_add_str(ret_content, buf_str(&sim__open(fd)->content));
}

void sim_close(int fd)
{
    port_close(fd);
}

void sim_cut_after(int fd, uint64_t bytes)
{
    struct sim_open *open = sim__open(fd);

    if (open->in)
        open->in->cut = bytes;
    if (open->out)
        open->out->cut = bytes;
}

/* --- What can be done with them now --- */

static bool sim_queue_ended(const struct sim_queue *queue)
{
    return queue->writers == 0 || queue->cut == 0;
}

static bool sim_queue_refuses(const struct sim_queue *queue)
{
    return queue->readers == 0 || queue->cut == 0;
}

unsigned int sim__events(const struct sim_open *open)
{
    unsigned int events = 0;

    if (open->kind == SIM_LISTENER)
        return open->waiting.count ? LOOP_READ : 0;
    if (open->kind == SIM_PIDFD)
        return sim__process_lives(open->peer.pid) ? 0 : LOOP_READ;
    if (open->in && (open->in->bytes.len || sim_queue_ended(open->in)))
        events |= LOOP_READ;
    if (open->in && sim_queue_ended(open->in))
        events |= LOOP_HANGUP;
    if (open->out && (open->out->bytes.len < SIM_QUEUE_MAX || sim_queue_refuses(open->out)))
        events |= LOOP_WRITE;
    if (open->out && sim_queue_refuses(open->out))
        events |= LOOP_HANGUP;
    return events;
}

enum port_kind port_kind(int fd)
{
    switch (sim__open(fd)->kind) {
    case SIM_SOCKET:
    case SIM_LISTENER:
        return PORT_SOCKET;
    case SIM_PIPE:
        return PORT_PIPE;
    case SIM_FILE:
    case SIM_PIDFD:
        return PORT_OTHER;
    }
    UNREACHABLE("a descriptor of no kind");
}

bool port_waits_set(int fd, bool waits)
{
    (void)fd;
    (void)waits;
    return true;
}

/* --- Receiving --- */

/* Gives the descriptors that belong to the next byte; the rest of the parcel is closed. */
static size_t sim_unpack(struct sim_queue *queue, int *fds, size_t room)
{
    struct sim_parcel parcel;
    size_t count = 0;

    if (!queue->parcels.count || queue->parcels.at[0].at != queue->taken)
        return 0;
    parcel = queue->parcels.at[0];
    queue->parcels.count--;
    memmove(queue->parcels.at, queue->parcels.at + 1,
            queue->parcels.count * sizeof(*queue->parcels.at));
    for (; count < parcel.opens.count && count < room; count++) {
        parcel.opens.at[count]->refs++;
        fds[count] = sim__fd_of(parcel.opens.at[count]);
    }
    sim_parcel_drop(&parcel);
    return count;
}

static long sim_take(struct sim_queue *queue, void *bytes, size_t len)
{
    if (queue->bytes.len == 0)
        return sim_queue_ended(queue) ? 0 : -EAGAIN;
    if (len > queue->bytes.len)
        len = queue->bytes.len;
    if (queue->parcels.count && queue->parcels.at[0].at - queue->taken < len)
        len = (size_t)(queue->parcels.at[0].at - queue->taken);
    memcpy(bytes, queue->bytes.ptr, len);
    buf_drop(&queue->bytes, len);
    queue->taken += len;
    return (long)len;
}

long port_receive(int fd, void *bytes, size_t len, int *fds, size_t *fd_count)
{
    struct sim_open *open = sim__open(fd);
    size_t room = *fd_count;

    *fd_count = 0;
    if (!open->in)
        return -EBADF;
    if (open->in->bytes.len)
        *fd_count = sim_unpack(open->in, fds, room);
    return sim_take(open->in, bytes, len);
}

long port_read(int fd, void *bytes, size_t len)
{
    struct sim_open *open = sim__open(fd);
    struct str rest;

    if (open->in)
        return sim_take(open->in, bytes, len);
    if (open->kind != SIM_FILE)
        return -EBADF;
    rest = str_slice(buf_str(&open->content), (size_t)open->position, open->content.len);
    if (len > rest.len)
        len = rest.len;
    if (len)
        memcpy(bytes, rest.ptr, len);
    open->position += len;
    return (long)len;
}

/* --- Sending --- */

static void sim_pack(struct sim_queue *queue, const int *fds, size_t count)
{
    struct sim_parcel parcel = { .at = queue->taken + queue->bytes.len };

    for (size_t i = 0; i < count; i++) {
        struct sim_open *open = sim__open(fds[i]);

        open->refs++;
        *VEC_PUSH(&parcel.opens) = open;
    }
    *VEC_PUSH(&queue->parcels) = parcel;
}

long port_send(int fd, const void *bytes, size_t len, const int *fds, size_t fd_count)
{
    struct sim_queue *queue = sim__open(fd)->out;

    if (!queue)
        return -EBADF;
    /* A process that has crashed sends nothing more; it has not noticed yet. */
    if (sim__world.crashed)
        return (long)len;
    if (sim_queue_refuses(queue))
        return -EPIPE;
    if (queue->bytes.len >= SIM_QUEUE_MAX)
        return -EAGAIN;
    if (len > SIM_QUEUE_MAX - queue->bytes.len)
        len = SIM_QUEUE_MAX - queue->bytes.len;
    if (len > queue->cut)
        len = (size_t)queue->cut;
    if (fd_count)
        sim_pack(queue, fds, fd_count);
    if (queue->cut != UINT64_MAX)
        queue->cut -= len;
    buf_add(&queue->bytes, bytes, len);
    buf_add(&sim__world.written, bytes, len);
    return (long)len;
}

long port_write(int fd, const void *bytes, size_t len)
{
    struct sim_open *open = sim__open(fd);

    if (open->out)
        return port_send(fd, bytes, len, NULL, 0);
    if (open->kind != SIM_FILE)
        return -EBADF;
    buf_add(&open->content, bytes, len);
    buf_add(&sim__world.written, bytes, len);
    return (long)len;
}

/* --- Listening and connecting --- */

static struct sim_open *sim_listener_at(const char *path)
{
    for (size_t i = 0; i < sim__world.fds.count; i++) {
        struct sim_open *open = sim__world.fds.at[i];

        if (open && open->kind == SIM_LISTENER && strcmp(open->path, path) == 0)
            return open;
    }
    return NULL;
}

int port_listen(const char *path)
{
    struct sim_open *open;

    if (sim_listener_at(path))
        return RAISE(-EADDRINUSE);
    open = sim__open_new(SIM_LISTENER);
    open->path = sim__text(path);
    return sim__fd_of(open);
}

void port_unlisten(int fd, const char *path)
{
    (void)path;
    port_close(fd);
}

int port_accept(int fd)
{
    struct sim_open *listener = sim__open(fd);
    struct sim_open *first;

    if (!listener->waiting.count)
        return -EAGAIN;
    first = listener->waiting.at[0];
    listener->waiting.count--;
    memmove(listener->waiting.at, listener->waiting.at + 1,
            listener->waiting.count * sizeof(struct sim_open *));
    return sim__fd_of(first);
}

int link_connect(const char *path, int *ret_fd)
{
    struct sim_open *listener = sim_listener_at(path);
    struct sim_open *ends[2];

    if (!listener)
        return RAISE(-ENOENT);
    sim_open_pair(ends);
    *VEC_PUSH(&listener->waiting) = ends[1];
    *ret_fd = sim__fd_of(ends[0]);
    return 0;
}

int port_peer(int fd, struct link_peer *ret_peer)
{
    struct link_peer peer = sim__open(fd)->peer;
    struct sim_open *process = sim__open_new(SIM_PIDFD);

    process->peer.pid = peer.pid;
    peer.pidfd = sim__fd_of(process);
    *ret_peer = peer;
    return 0;
}
