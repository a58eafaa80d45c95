/* sys/real/sandbox - what words and filters share. */
#ifndef WRIT_SYS_REAL_SANDBOX_H
#define WRIT_SYS_REAL_SANDBOX_H

#include "base/base.h"

#include <stdbool.h>

enum sandbox_promise {
    SANDBOX_STDIO = 1 << 0,
    SANDBOX_WORKER = 1 << 1,
    SANDBOX_SENDFD = 1 << 2,
    SANDBOX_RECVFD = 1 << 3,
    SANDBOX_THREAD = 1 << 4,
    SANDBOX_UNIX = 1 << 5,
    SANDBOX_INET = 1 << 6,
    SANDBOX_LISTEN = 1 << 7,
    SANDBOX_RPATH = 1 << 8,
    SANDBOX_WPATH = 1 << 9,
    SANDBOX_PROC = 1 << 10,
    SANDBOX_PS = 1 << 11,
    SANDBOX_TTY = 1 << 12,
    SANDBOX_LIMIT = 1 << 13,
};

/* A sanitizer looks at its own process in ways that no promise allows. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_RELAXED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)
#define SANDBOX_RELAXED true
#endif
#endif
/* What a process holds when it ends is no leak. Unit tests never enter, and do look for leaks. */
#ifdef SANDBOX_RELAXED
#include <sanitizer/lsan_interface.h>
#define SANDBOX_KEEPS() __lsan_disable()
#else
#define SANDBOX_RELAXED false
#define SANDBOX_KEEPS() ((void)0)
#endif

/* False: the kernel has no seccomp. */
bool sandbox__filter(unsigned int promised);
bool sandbox__filter_possible(void);

#endif
