/* sys/real/landlock - which paths and ports a process may still reach. */
#ifndef WRIT_SYS_REAL_LANDLOCK_H
#define WRIT_SYS_REAL_LANDLOCK_H

#include "base/base.h"
#include "sys/proc.h"

#include <stdbool.h>

struct landlock_plan {
    const struct proc_path *paths; /* those that cannot be opened are left out */
    size_t path_count;
    bool net;    /* TCP stays open */
    bool others; /* signals and abstract sockets to processes outside stay open */
};

/* The kernel's version of it; 0: none. */
int landlock__abi(void);
/* For this thread and what it starts; no_new_privs must be set. False: there is no such wall. */
bool landlock__enter(const struct landlock_plan *plan);

#endif
