/*
 * sys/sandbox - giving up rights, in words.
 *
 * Each process calls sandbox_enter() once, first thing, with what it still needs:
 *
 *     stdio    read, write, poll, wait, clock, memory, threads that exist: everyone has it
 *     sendfd   send descriptors                recvfd   receive them
 *     memory   executable-free mmap without limits on size (the engine's address space)
 *     thread   start a thread (the disk's helper)
 *     unix     accept and connect unix sockets
 *     inet     TCP and UDP sockets, in and out
 *     listen   listening TCP sockets
 *     rpath    open files to read              wpath    write, make, rename, remove
 *     proc     fork, exec, kill, wait: only the keeper
 *     ps       read /proc of others
 *     tty      terminal settings
 *
 * A call outside the promises ends the process (SIGSYS): a bug or an attack, and both must be
 * seen. Calls that libraries make to look around (openat, socket, ioctl) answer EPERM instead.
 * rpath and wpath are further narrowed by Landlock to the folders named with sandbox_folder().
 *
 * What this kernel cannot do is not a fault: sandbox_walls() says which walls stand.
 */
#ifndef WRIT_SYS_SANDBOX_H
#define WRIT_SYS_SANDBOX_H

#include "base/base.h"

#include <stdbool.h>

/* Names a folder that stays reachable after sandbox_enter. Before it. Borrows path. */
MUST int sandbox_folder(const char *path, bool write);

/*
 * Not dumpable, no new privileges, Landlock, seccomp: for this process and all it starts.
 * Fault -EINVAL: an unknown word. Everything else that fails is a missing wall.
 */
MUST int sandbox_enter(const char *promises);

/* PR_SET_DUMPABLE 0 alone, for those who must do something before they can enter. */
void sandbox_undumpable(void);

struct sandbox_walls {
    bool entered;
    bool seccomp;
    bool landlock_files;
    bool landlock_net;
    int landlock_abi; /* 0: none */
    bool undumpable;
    bool no_new_privileges;
    bool relaxed; /* built for a sanitizer, which needs more than promised */
};
struct sandbox_walls sandbox_walls(void);

/* What this kernel could do, without entering: for `writ doctor` and the keeper. */
struct sandbox_walls sandbox_possible(void);

#endif
