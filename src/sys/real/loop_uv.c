/*
 * Waiting by libuv. Its handles close asynchronously, so what it holds (struct loop__io) is a
 * piece of memory of its own that outlives the source it spoke for.
 */
#include "base/arena.h"
#include "sys/internal.h"

#include <errno.h>
#include <uv.h>

#include <signal.h>
#include <sys/epoll.h>

#define LOOP_SIGNALS_MAX 8U

struct loop__io {
    uv_poll_t poll;
    struct loop__source *source; /* NULL: it has gone */
};

struct loop__signal {
    uv_signal_t handle;
    struct loop *loop;
    struct loop_ready *ready;
    int number;
    unsigned int count;
};

struct loop__backend {
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t patience;
    struct loop__signal signals[LOOP_SIGNALS_MAX];
    size_t signal_count;
};

static void loop_on_wake(uv_async_t *wake)
{
    (void)wake; /* That it woke us is all. */
}

static void loop_on_patience(uv_timer_t *patience)
{
    (void)patience; /* As above. */
}

/* Who writes to a pipe or socket that nobody reads gets EPIPE, not a signal. */
static void loop_ignore_sigpipe(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    CHECK(sigaction(SIGPIPE, &ignore, NULL) == 0);
}

int loop__backend_new(struct loop *loop)
{
    struct loop__backend *backend = heap_alloc(sizeof(*backend));
    int r;

    *backend = (struct loop__backend){ 0 };
    loop_ignore_sigpipe();
    r = uv_loop_init(&backend->uv);
    if (r < 0) {
        (void)heap_free(backend);
        return RAISE(r);
    }
    r = uv_async_init(&backend->uv, &backend->wake, loop_on_wake);
    if (r < 0) {
        (void)uv_loop_close(&backend->uv);
        (void)heap_free(backend);
        return RAISE(r);
    }
    (void)uv_timer_init(&backend->uv, &backend->patience);
    loop->backend = backend;
    return 0;
}

void loop__backend_free(struct loop *loop)
{
    struct loop__backend *backend = loop->backend;

    uv_close((uv_handle_t *)&backend->wake, NULL);
    uv_close((uv_handle_t *)&backend->patience, NULL);
    for (size_t i = 0; i < backend->signal_count; i++) {
        loop_unqueue(loop, backend->signals[i].ready);
        uv_close((uv_handle_t *)&backend->signals[i].handle, NULL);
    }
    (void)uv_run(&backend->uv, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&backend->uv) == 0);
    loop->backend = heap_free(backend);
}

int loop__backend_poll(struct loop *loop, int64_t timeout_ns)
{
    struct loop__backend *backend = loop->backend;
    uint64_t timeout_ms;

    if (timeout_ns == 0) {
        (void)uv_run(&backend->uv, UV_RUN_NOWAIT);
        return 0;
    }
    if (timeout_ns > 0) {
        timeout_ms = ((uint64_t)timeout_ns + 999999) / 1000000;
        uv_update_time(&backend->uv);
        (void)uv_timer_start(&backend->patience, loop_on_patience, timeout_ms, 0);
    }
    (void)uv_run(&backend->uv, UV_RUN_ONCE);
    if (timeout_ns > 0)
        (void)uv_timer_stop(&backend->patience);
    return 0;
}

bool loop__backend_is_quiet(struct loop *loop)
{
    struct epoll_event event;

    /* libuv waits level triggered: what is seen here is seen again. */
    return epoll_wait(uv_backend_fd(&loop->backend->uv), &event, 1, 0) == 0;
}

void loop_wake(struct loop *loop)
{
    CHECK(uv_async_send(&loop->backend->wake) == 0);
}

static void loop_on_poll(uv_poll_t *poll, int status, int events)
{
    struct loop__io *io = container_of(poll, struct loop__io, poll);
    unsigned int told = 0;

    if (!io->source)
        return;
    if (status < 0) {
        /* An error on the descriptor. libuv has stopped it: whoever wants more says so again. */
        told = io->source->wanted | LOOP_HANGUP;
        io->source->wanted = 0;
    }
    if (events & UV_READABLE)
        told |= LOOP_READ;
    if (events & UV_WRITABLE)
        told |= LOOP_WRITE;
    if (events & UV_DISCONNECT)
        told |= LOOP_HANGUP;
    io->source->on_events(io->source, told);
}

int loop__source_start(struct loop *loop, struct loop__source *source, int fd)
{
    struct loop__io *io = heap_alloc(sizeof(*io));
    bool was;
    int r;

    source->loop = loop;
    source->fd = fd;
    source->wanted = 0;
    *io = (struct loop__io){ .source = source };
    /* libuv makes the descriptor not wait; whether it should is for its owner to say. */
    was = port_waits_set(fd, false);
    r = uv_poll_init(&loop->backend->uv, &io->poll, fd);
    (void)port_waits_set(fd, was);
    if (r < 0) {
        (void)heap_free(io);
        return r == UV_EPERM ? -EPERM : RAISE(r);
    }
    source->io = io;
    return 0;
}

int loop__source_want(struct loop__source *source, unsigned int events)
{
    int wanted = 0;
    int r;

    if (events == source->wanted)
        return 0;
    if (events & LOOP_READ)
        wanted |= UV_READABLE;
    if (events & LOOP_WRITE)
        wanted |= UV_WRITABLE;
    if (events & LOOP_HANGUP)
        wanted |= UV_DISCONNECT;
    r = uv_poll_start(&source->io->poll, wanted, loop_on_poll);
    if (r < 0)
        return RAISE(r);
    source->wanted = events;
    return 0;
}

static void loop_on_closed(uv_handle_t *handle)
{
    (void)heap_free(container_of(handle, struct loop__io, poll));
}

void loop__source_stop(struct loop__source *source)
{
    if (!source->io)
        return;
    source->io->source = NULL;
    uv_close((uv_handle_t *)&source->io->poll, loop_on_closed);
    source->io = NULL;
}

static void loop_on_signal(uv_signal_t *handle, int number)
{
    struct loop__signal *watched = container_of(handle, struct loop__signal, handle);

    (void)number;
    watched->count++;
    loop_queue(watched->loop, watched->ready);
}

int loop_signal(struct loop *loop, int number, struct loop_ready *ready)
{
    struct loop__backend *backend = loop->backend;
    struct loop__signal *watched = &backend->signals[backend->signal_count];
    int r;

    CHECK(backend->signal_count < LOOP_SIGNALS_MAX);
    *watched = (struct loop__signal){ .loop = loop, .ready = ready, .number = number };
    r = uv_signal_init(&backend->uv, &watched->handle);
    if (r < 0)
        return RAISE(r);
    backend->signal_count++;
    r = uv_signal_start(&watched->handle, loop_on_signal, number);
    return r < 0 ? RAISE(r) : 0;
}

unsigned int loop_signal_take(struct loop *loop, int number)
{
    struct loop__backend *backend = loop->backend;

    for (size_t i = 0; i < backend->signal_count; i++)
        if (backend->signals[i].number == number) {
            unsigned int count = backend->signals[i].count;

            backend->signals[i].count = 0;
            return count;
        }
    return 0;
}
