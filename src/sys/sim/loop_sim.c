/*
 * Waiting without time: a poll tells what can be done now, and never sleeps. How long somebody
 * would have slept is remembered, so that the runner knows how far to move the clock.
 */
#include "sys/sim/world.h"

#include "sys/clock.h"

#define SIM_SIGNALS_MAX 8U

struct loop__io {
    struct loop__source *source;
};

struct sim_signal {
    int number;
    unsigned int count;
    struct loop_ready *ready;
};

struct loop__backend {
    struct VEC(struct loop__source *) sources; /* NULL: stopped */
    struct sim_signal signals[SIM_SIGNALS_MAX];
    size_t signal_count;
    int64_t wake_ns; /* -1: waits for no time */
};

int loop__backend_new(struct loop *loop)
{
    CHECK(sim__world.there);
    loop->backend = heap_alloc(sizeof(*loop->backend));
    *loop->backend = (struct loop__backend){ .wake_ns = -1 };
    *VEC_PUSH(&sim__world.loops) = loop;
    return 0;
}

void loop__backend_free(struct loop *loop)
{
    for (size_t i = 0; i < sim__world.loops.count; i++)
        if (sim__world.loops.at[i] == loop)
            sim__world.loops.at[i] = sim__world.loops.at[--sim__world.loops.count];
    for (size_t i = 0; i < loop->backend->sources.count; i++)
        CHECK(!loop->backend->sources.at[i]);
    VEC_FINI(&loop->backend->sources);
    loop->backend = heap_free(loop->backend);
}

static unsigned int loop_events_of(const struct loop__source *source)
{
    return source->wanted ? sim__events(sim__open(source->fd)) & source->wanted : 0;
}

int loop__backend_poll(struct loop *loop, int64_t timeout_ns)
{
    struct loop__backend *backend = loop->backend;

    sim__helpers_run(loop);
    /* A source may be stopped while we go; none is started. */
    for (size_t i = 0; i < backend->sources.count; i++) {
        struct loop__source *source = backend->sources.at[i];
        unsigned int events = source ? loop_events_of(source) : 0;

        if (events)
            source->on_events(source, events);
    }
    backend->wake_ns = timeout_ns > 0 ? clock_mono_ns() + timeout_ns : -1;
    return 0;
}

bool loop__backend_is_quiet(struct loop *loop)
{
    for (size_t i = 0; i < loop->backend->sources.count; i++)
        if (loop->backend->sources.at[i] && loop_events_of(loop->backend->sources.at[i]))
            return false;
    return true;
}

void loop_wake(struct loop *loop)
{
    (void)loop; /* Nobody sleeps here. */
}

int loop__source_start(struct loop *loop, struct loop__source *source, int fd)
{
    struct loop__backend *backend = loop->backend;

    if (sim__open(fd)->kind == SIM_FILE)
        return -EPERM;
    source->loop = loop;
    source->fd = fd;
    source->wanted = 0;
    source->io = heap_alloc(sizeof(*source->io));
    *source->io = (struct loop__io){ source };
    for (size_t i = 0; i < backend->sources.count; i++)
        if (!backend->sources.at[i]) {
            backend->sources.at[i] = source;
            return 0;
        }
    *VEC_PUSH(&backend->sources) = source;
    return 0;
}

int loop__source_want(struct loop__source *source, unsigned int events)
{
    source->wanted = events;
    return 0;
}

void loop__source_stop(struct loop__source *source)
{
    struct loop__backend *backend;

    if (!source->io)
        return;
    backend = source->loop->backend;
    for (size_t i = 0; i < backend->sources.count; i++)
        if (backend->sources.at[i] == source)
            backend->sources.at[i] = NULL;
    source->io = heap_free(source->io);
}

/* --- Signals --- */

int loop_signal(struct loop *loop, int number, struct loop_ready *ready)
{
    struct loop__backend *backend = loop->backend;

    CHECK(backend->signal_count < SIM_SIGNALS_MAX);
    backend->signals[backend->signal_count++] =
        (struct sim_signal){ .number = number, .ready = ready };
    return 0;
}

static struct sim_signal *loop_signal_find(struct loop *loop, int number)
{
    struct loop__backend *backend = loop->backend;

    for (size_t i = 0; i < backend->signal_count; i++)
        if (backend->signals[i].number == number)
            return &backend->signals[i];
    return NULL;
}

unsigned int loop_signal_take(struct loop *loop, int number)
{
    struct sim_signal *found = loop_signal_find(loop, number);
    unsigned int count = found ? found->count : 0;

    if (found)
        found->count = 0;
    return count;
}

void sim_signal(struct loop *loop, int number)
{
    struct sim_signal *found = loop_signal_find(loop, number);

    CHECK(found);
    found->count++;
    loop_queue(loop, found->ready);
}

/* --- What the runner asks --- */

static int64_t sim_sooner(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

int64_t sim_next_due_ns(void)
{
    int64_t due_ns = -1;

    for (size_t i = 0; i < sim__world.loops.count; i++) {
        const struct loop *loop = sim__world.loops.at[i];

        due_ns = sim_sooner(due_ns, loop->backend->wake_ns);
        for (const struct loop_timer *timer = loop->timers; timer; timer = timer->next)
            due_ns = sim_sooner(due_ns, timer->due_ns);
    }
    if (due_ns < 0)
        return -1;
    return due_ns > sim__world.mono_ns ? due_ns - sim__world.mono_ns : 0;
}

static bool sim_loop_is_quiet(const struct loop *loop)
{
    if (loop->ready_first || loop->writers)
        return false;
    for (const struct loop__waker *waker = loop->wakers; waker; waker = waker->next)
        if (waker->fired)
            return false;
    for (size_t i = 0; i < loop->backend->sources.count; i++)
        if (loop->backend->sources.at[i] && loop_events_of(loop->backend->sources.at[i]))
            return false;
    return true;
}

bool sim_quiet(void)
{
    for (size_t i = 0; i < sim__world.loops.count; i++)
        if (!sim_loop_is_quiet(sim__world.loops.at[i]))
            return false;
    return !sim__helpers_busy();
}
