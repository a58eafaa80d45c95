/*
 * daemon - the turn: gather -> decide -> append -> act.
 *
 * Everything that reaches Writ arrives here as a frame or a line, becomes a command, and goes
 * through core_step; its update is written in the turn; its effects leave when the sequence they
 * name is durable. This room holds links and what is volatile: which worker has which program,
 * who waits for which answer. What must survive is the core's, and the core's is the log's.
 *
 * Easy to get wrong: the daemon is linked twice, once with the real sys and once with the
 * simulated one. It may not know which.
 */
#ifndef WRIT_PROC_DAEMON_DAEMON_H
#define WRIT_PROC_DAEMON_DAEMON_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>

struct core;
struct daemon;
struct loop;

/* For tests: told of each event, as the log has it. */
typedef void daemon_trace_fn(void *context, int64_t at_ms, struct str event);

struct daemon_options {
    struct str build;       /* equal builds speak */
    const char *data;       /* folder */
    const char *run;        /* folder: socket and token */
    const char *socket;     /* path */
    struct str http_host;   /* null: does not listen */
    uint32_t http_port;     /* 0: any */
    int keeper_fd;          /* taken; -1: none, links are given with daemon_link */
    uint64_t segment_len;   /* 0: the log's default */
    daemon_trace_fn *trace; /* NULL: none */
    void *trace_context;
};

enum daemon_answer {
    DAEMON_OPEN = 0,
    DAEMON_OWNED = 1,   /* another daemon has the folder */
    DAEMON_DAMAGED = 2, /* the log is broken before its durable mark */
    DAEMON_NEWER = 3,   /* the folder was written by a newer version */
    DAEMON_REFUSED = 4, /* the folder is open to others, or on a network file system */
};

/*
 * Opens the store, replays it, and is ready for turns. An answer other than DAEMON_OPEN comes
 * with a sentence in the arena.
 */
MUST int daemon_new(struct loop *loop, const struct daemon_options *options, struct arena *arena,
                    struct daemon **ret_daemon, struct str *ret_sentence);
struct daemon *daemon_free(struct daemon *daemon);

/* One turn; sleeps until something happens or timeout_ms has passed (-1: no limit). */
MUST int daemon_turn(struct daemon *daemon, int64_t timeout_ms);
/* True when shutting down is finished. */
bool daemon_ended(const struct daemon *daemon);
/* Begins to shut down: no new executions, the log is closed. */
void daemon_stop(struct daemon *daemon, struct str reason);

/* The other end of a process's link, as the keeper would pass it. Takes the descriptor. */
MUST int daemon_link(struct daemon *daemon, int kind, int32_t pid, int fd);

const struct core *daemon_core(const struct daemon *daemon);

#endif
