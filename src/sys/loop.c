/*
 * The turn's waiting, without the waiting itself: the queue of what is ready, timers, and those
 * who write before the loop sleeps. How one waits for descriptors is the backend's.
 */
#include "sys/loop.h"

#include "base/arena.h"
#include "sys/clock.h"
#include "sys/internal.h"

int loop_new(struct loop **ret_loop)
{
    struct loop *loop = heap_alloc(sizeof(*loop));
    int r;

    *loop = (struct loop){ 0 };
    r = loop__backend_new(loop);
    if (r < 0) {
        (void)heap_free(loop);
        return TRACE(r);
    }
    *ret_loop = loop;
    return 0;
}

struct loop *loop_free(struct loop *loop)
{
    if (!loop)
        return NULL;
    CHECK(!loop->timers && !loop->writers && !loop->wakers);
    loop__backend_free(loop);
    return heap_free(loop);
}

void loop_queue(struct loop *loop, struct loop_ready *ready)
{
    if (ready->queued)
        return;
    ready->queued = true;
    ready->next = NULL;
    ready->previous = loop->ready_last;
    if (loop->ready_last)
        loop->ready_last->next = ready;
    else
        loop->ready_first = ready;
    loop->ready_last = ready;
}

void loop_unqueue(struct loop *loop, struct loop_ready *ready)
{
    if (!ready->queued)
        return;
    if (ready->previous)
        ready->previous->next = ready->next;
    else
        loop->ready_first = ready->next;
    if (ready->next)
        ready->next->previous = ready->previous;
    else
        loop->ready_last = ready->previous;
    ready->queued = false;
    ready->next = NULL;
    ready->previous = NULL;
}

struct loop_ready *loop_next(struct loop *loop)
{
    struct loop_ready *ready = loop->ready_first;

    if (ready)
        loop_unqueue(loop, ready);
    return ready;
}

void loop__write_later(struct loop *loop, struct loop__writer *writer)
{
    if (writer->queued)
        return;
    writer->queued = true;
    writer->previous = NULL;
    writer->next = loop->writers;
    if (loop->writers)
        loop->writers->previous = writer;
    loop->writers = writer;
}

void loop__write_never(struct loop *loop, struct loop__writer *writer)
{
    if (!writer->queued)
        return;
    if (writer->previous)
        writer->previous->next = writer->next;
    else
        loop->writers = writer->next;
    if (writer->next)
        writer->next->previous = writer->previous;
    writer->queued = false;
}

static void loop_flush(struct loop *loop)
{
    while (loop->writers) {
        struct loop__writer *writer = loop->writers;

        loop__write_never(loop, writer);
        writer->on_flush(writer);
    }
}

void loop__waker_add(struct loop *loop, struct loop__waker *waker)
{
    waker->next = loop->wakers;
    loop->wakers = waker;
}

void loop__waker_remove(struct loop *loop, struct loop__waker *waker)
{
    struct loop__waker **at = &loop->wakers;

    while (*at && *at != waker)
        at = &(*at)->next;
    CHECK(*at == waker);
    *at = waker->next;
    loop_unqueue(loop, waker->ready);
}

static void loop_look_at_wakers(struct loop *loop)
{
    for (struct loop__waker *waker = loop->wakers; waker; waker = waker->next)
        if (atomic_load_explicit(&waker->fired, memory_order_relaxed) &&
            atomic_exchange(&waker->fired, false))
            loop_queue(loop, waker->ready);
}

struct loop_timer *loop_timer_new(struct loop *loop, struct loop_ready *ready)
{
    struct loop_timer *timer = heap_alloc(sizeof(*timer));

    *timer = (struct loop_timer){ .loop = loop, .ready = ready, .due_ns = -1 };
    timer->next = loop->timers;
    loop->timers = timer;
    return timer;
}

struct loop_timer *loop_timer_free(struct loop_timer *timer)
{
    struct loop_timer **at;

    if (!timer)
        return NULL;
    for (at = &timer->loop->timers; *at != timer; at = &(*at)->next)
        CHECK(*at);
    *at = timer->next;
    loop_unqueue(timer->loop, timer->ready);
    return heap_free(timer);
}

void loop_timer_set(struct loop_timer *timer, int64_t due_ns)
{
    CHECK(due_ns >= 0);
    timer->due_ns = due_ns;
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer->due_ns = -1;
    loop_unqueue(timer->loop, timer->ready);
}

/* Nanoseconds until the first timer, no more than timeout_ns; -1 is no limit. */
static int64_t loop_patience_ns(const struct loop *loop, int64_t timeout_ns)
{
    int64_t now_ns;

    if (loop->ready_first)
        return 0;
    if (!loop->timers || timeout_ns == 0)
        return timeout_ns;
    now_ns = clock_mono_ns();
    for (const struct loop_timer *timer = loop->timers; timer; timer = timer->next) {
        int64_t left_ns = timer->due_ns > now_ns ? timer->due_ns - now_ns : 0;

        if (timer->due_ns >= 0 && (timeout_ns < 0 || left_ns < timeout_ns))
            timeout_ns = left_ns;
    }
    return timeout_ns;
}

static void loop_look_at_timers(struct loop *loop)
{
    int64_t now_ns;

    if (!loop->timers)
        return;
    now_ns = clock_mono_ns();
    for (struct loop_timer *timer = loop->timers; timer; timer = timer->next)
        if (timer->due_ns >= 0 && timer->due_ns <= now_ns) {
            timer->due_ns = -1;
            loop_queue(loop, timer->ready);
        }
}

int loop_run_once(struct loop *loop, int64_t timeout_ms)
{
    int64_t timeout_ns = timeout_ms < 0 ? -1 : timeout_ms * 1000000;
    int r;

    loop_flush(loop);
    r = loop__backend_poll(loop, loop_patience_ns(loop, timeout_ns));
    if (r < 0)
        return TRACE(r);
    loop_look_at_wakers(loop);
    loop_look_at_timers(loop);
    return 0;
}

bool loop_is_quiet(struct loop *loop)
{
    loop_flush(loop);
    return !loop->ready_first && loop__backend_is_quiet(loop);
}

/* --- Bare descriptors --- */

struct loop_watch {
    struct loop__source source;
    struct loop_ready *ready;
    unsigned int happened;
};

static void loop_watch_on_events(struct loop__source *source, unsigned int events)
{
    struct loop_watch *watch = container_of(source, struct loop_watch, source);

    watch->happened |= events;
    loop_queue(source->loop, watch->ready);
}

int loop_watch_new(struct loop *loop, int fd, struct loop_ready *ready,
                   struct loop_watch **ret_watch)
{
    struct loop_watch *watch = heap_alloc(sizeof(*watch));
    int r;

    *watch = (struct loop_watch){ .source.on_events = loop_watch_on_events, .ready = ready };
    r = loop__source_start(loop, &watch->source, fd);
    if (r < 0) {
        (void)heap_free(watch);
        return TRACE(r);
    }
    *ret_watch = watch;
    return 0;
}

struct loop_watch *loop_watch_free(struct loop_watch *watch)
{
    if (!watch)
        return NULL;
    loop_unqueue(watch->source.loop, watch->ready);
    loop__source_stop(&watch->source);
    return heap_free(watch);
}

int loop_watch_set(struct loop_watch *watch, unsigned int events)
{
    int r = loop__source_want(&watch->source, events);

    return r < 0 ? TRACE(r) : 0;
}

unsigned int loop_watch_take(struct loop_watch *watch)
{
    unsigned int happened = watch->happened;

    watch->happened = 0;
    return happened;
}
