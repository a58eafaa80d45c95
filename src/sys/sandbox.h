/*
 * sys/sandbox - giving up rights, in words.
 *
 * Each process calls sandbox_enter() once, first thing, with what it still needs:
 *
 *     stdio    read, write, poll, wait, clock, memory: what every loop needs
 *     worker   the same for who has no loop: read, write, clock, memory. Instead of stdio
 *     sendfd   send descriptors (and make memfds to send)
 *     recvfd   receive messages that may bring descriptors: every sys/link needs it
 *     thread   start a thread: the disk's helper
 *     unix     make, accept and connect unix sockets
 *     inet     make and connect TCP and UDP sockets
 *     listen   bind, listen, accept
 *     rpath    open files to read, look at them
 *     wpath    make, write, sync, rename and remove files
 *     proc     fork, exec, kill, wait: only the keeper
 *     ps       open /proc of others
 *     tty      terminal settings
 *     limit    lower one's own limits further
 *
 * No word lets a process send a signal to another but "proc". test/walls tries every class of
 * call behind the words of every process.
 *
 * A system call outside the promises ends the process: it writes which one to standard error
 * and exits by SIGSYS. Calls by which libraries look around (open, socket, ioctl, prctl...)
 * answer EPERM instead. With "proc" the filter forbids only what nobody needs (mount, ptrace,
 * modules...): it is inherited by every program that is started.
 *
 * rpath and wpath are narrowed by Landlock to the folders named with sandbox_folder().
 * What this kernel cannot do is not a fault: sandbox_walls() says which walls stand.
 *
 * Easy to get wrong: whatever is opened, resolved or created lazily (time zones, locales,
 * epoll, threads) must be promised or done before.
 */
#ifndef WRIT_SYS_SANDBOX_H
#define WRIT_SYS_SANDBOX_H

#include "base/base.h"

#include <stdbool.h>

/* Names a folder or file that stays reachable after sandbox_enter. Before it. Borrows path. */
#define SANDBOX_FOLDERS_MAX 16U
void sandbox_folder(const char *path, bool write);

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
    bool landlock_net; /* TCP is closed by Landlock too */
    int landlock_abi;  /* 0: none */
    bool undumpable;
    bool no_new_privileges;
    bool relaxed; /* built for a sanitizer, which needs more than promised */
};
struct sandbox_walls sandbox_walls(void);

/* What this kernel could do, without entering: for `writ status` and the keeper. */
struct sandbox_walls sandbox_possible(void);

#endif
