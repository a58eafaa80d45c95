/*
 * sys/clock - what time it is, and bytes nobody can guess.
 *
 * Only sys and proc look at a clock; everyone else is told the time inside a command.
 */
#ifndef WRIT_SYS_CLOCK_H
#define WRIT_SYS_CLOCK_H

#include "base/base.h"

/* Milliseconds since 1970 UTC. Never goes back within a process, whatever the wall clock does. */
int64_t clock_now_ms(void);

/*
 * The same clock is told the last time that a record carries, so that records never go back
 * across restarts either.
 */
void clock_not_before_ms(int64_t at_ms);

/* Nanoseconds that never go back and count while the machine sleeps (CLOCK_BOOTTIME). */
int64_t clock_mono_ns(void);

/* len bytes of entropy. Cannot fail: the process ends if the kernel has none. */
void clock_entropy_fill(void *bytes, size_t len);

#endif
