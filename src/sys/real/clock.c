/* The machine's clocks and its entropy. */
#include "sys/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>

static _Atomic int64_t clock_last_ms;

static int64_t clock_read_ns(clockid_t id)
{
    struct timespec now;

    CHECK(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_now_ms(void)
{
    int64_t now_ms = clock_read_ns(CLOCK_REALTIME) / 1000000;
    int64_t last_ms = atomic_load_explicit(&clock_last_ms, memory_order_relaxed);

    if (now_ms < last_ms)
        return last_ms;
    atomic_store_explicit(&clock_last_ms, now_ms, memory_order_relaxed);
    return now_ms;
}

void clock_not_before_ms(int64_t at_ms)
{
    if (at_ms > atomic_load(&clock_last_ms))
        atomic_store(&clock_last_ms, at_ms);
}

int64_t clock_mono_ns(void)
{
    return clock_read_ns(CLOCK_BOOTTIME);
}

void clock_entropy_fill(void *bytes, size_t len)
{
    char *at = bytes;

    while (len) {
        ssize_t got = getrandom(at, len, 0);

        CHECK(got > 0 || errno == EINTR);
        if (got < 0)
            continue;
        at += got;
        len -= (size_t)got;
    }
}
