/*
 * keeper - starts, restarts and ends all others. It parses nothing from outside and holds nothing.
 *
 * main.c reads the arguments and states the rights; detach.c leaves the terminal; parts.c has our
 * own processes and their links; child.c has the children that sources are; keeper.c takes frames
 * and turns.
 *
 * Links: every process has descriptor 3. The daemon and egress have the keeper there, the others
 * the daemon; vault has egress on 4 and the keeper on 5. The other ends are passed in
 * process_started frames. When the daemon dies all others are ended and started again; when egress
 * dies the vault goes with it, and so do the children, whose pipes it had.
 *
 * egress_net and compile run only when the daemon has asked for them (process_want).
 */
#ifndef WRIT_PROC_KEEPER_INTERNAL_H
#define WRIT_PROC_KEEPER_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/msg.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/proc.h"

#define KEEPER_WORKERS_MAX  64U
#define KEEPER_CHILDREN_MAX 1000U
#define KEEPER_PARTS        (MSG_PROCESS_KIND_COUNT + KEEPER_WORKERS_MAX)
/* A daemon that died so often before it was ever ready is not started again. */
#define KEEPER_FIRST_DEATHS_MAX 3U
/* Whoever lives so long starts with a clean record. */
#define KEEPER_SETTLED_MS 2000
#define KEEPER_DELAY_MS   50
#define KEEPER_DELAY_MAX  10000
/* Whoever waited for ready goes first: three programs that start are in each other's way. */
#define KEEPER_REST_MS 4
/* From asking to end to being ended. */
#define KEEPER_GRACE_MS       5000
#define KEEPER_CHILD_GRACE_MS 2000

enum keeper_ready {
    KEEPER_READY_DAEMON,
    KEEPER_READY_EGRESS,
    KEEPER_READY_VAULT,
    KEEPER_READY_NET,
    KEEPER_READY_PART,
    KEEPER_READY_PART_TIMER,
    KEEPER_READY_CHILD,
    KEEPER_READY_CHILD_TIMER,
    KEEPER_READY_TERM,
    KEEPER_READY_INT,
    KEEPER_READY_ORPHAN,
    KEEPER_READY_GRACE,
    KEEPER_READY_REST,
};

/* What it ends with, as all of Writ does (writ(1)). */
enum keeper_exit {
    KEEPER_EXIT_USAGE = 2,
    KEEPER_EXIT_NO_DAEMON = 5,
    KEEPER_EXIT_INTERNAL = 70,
    KEEPER_EXIT_AGAIN = 75,
};

struct keeper_options {
    const char *http;   /* HOST:PORT for the daemon; NULL: its default */
    uint32_t workers;   /* 0: as many as cores */
    int ready_fd;       /* -1: nobody waits */
    bool detached;      /* we lead a session, which has no terminal */
    const char *folder; /* of the parts */
    const char *data;   /* the data folder */
};

/* A process of ours. */
struct keeper_part {
    enum msg_process_kind kind;
    bool wanted;
    bool again; /* wanted once more while it was still there; it ends by itself */
    bool extra; /* a worker that is there only while the daemon asks for it */
    bool asked; /* to end */
    struct proc *proc;
    struct loop_ready ready;
    struct loop_timer *timer;
    struct loop_ready timer_ready;
    int64_t started_ms;
    uint32_t number;
    uint32_t restarts; /* deaths in a row */
};

/* A source's child. */
struct keeper_child {
    uint64_t id;
    uint32_t number; /* counts every start */
    struct proc *proc;
    struct loop_ready ready;
    struct loop_timer *timer;
    struct loop_ready timer_ready;
    bool stopping;
};

/* A secret that an environment refers to. */
struct keeper_secret {
    struct str reference;
    struct str value;
};
struct keeper_secrets VEC(struct keeper_secret);

/* A child that waits for the secrets of its environment. */
struct keeper_waiting {
    uint64_t asked; /* the id of the frames that asked */
    struct msg_child_start start;
    struct keeper_secrets secrets;
    struct arena *arena;
};

/* How a child was started last. */
struct keeper_plan {
    struct msg_child_start start;
    struct arena *arena;
};

/* The first process, which waits to hear how it went; first is -1 when nobody does. */
struct keeper_detach {
    int first; /* to it: what it ends with */
    int alive; /* ends when it has */
};

struct keeper {
    struct loop *loop;
    struct arena *turn;
    const struct keeper_options *options;
    struct link *daemon;
    struct link *egress;
    struct link *vault;
    struct link *net; /* egress_net */
    struct loop_ready daemon_ready;
    struct loop_ready egress_ready;
    struct loop_ready vault_ready;
    struct loop_ready net_ready;
    struct loop_ready term_ready;
    struct loop_ready int_ready;
    struct loop_ready orphan_ready;
    struct loop_ready grace_ready;
    struct loop_timer *grace;
    struct loop_ready rest_ready;
    struct loop_timer *rest;                /* what is started a moment after the first ready */
    struct keeper_part parts[KEEPER_PARTS]; /* by kind; workers from MSG_PROCESS_KIND_COUNT on */
    uint32_t child_number;
    struct map waiting; /* id -> struct keeper_waiting */
    struct map plans;   /* id -> struct keeper_plan */
    uint64_t asked;
    struct map children; /* id -> struct keeper_child */
    struct keeper_detach *detach;
    bool told; /* readiness, or why not */
    bool stopping;
    bool over;
    int exit; /* what we end with */
};

/* parts.c */
void keeper__parts_init(struct keeper *keeper);
/* The daemon, and what it needs to be ready: web listens, one worker runs programs. */
void keeper__parts_start(struct keeper *keeper);
/* What only sources need, and the other workers; when the daemon is ready. */
void keeper__rest_start(struct keeper *keeper);
void keeper__part_ended(struct keeper *keeper, struct keeper_part *part);
/* Its delay is over. */
void keeper__part_again(struct keeper *keeper, struct keeper_part *part);
/* The daemon needs it: starts what runs only while needed. False: it is no such kind. */
MUST bool keeper__part_want(struct keeper *keeper, enum msg_process_kind kind);
void keeper__worker_more(struct keeper *keeper);
void keeper__worker_end(struct keeper *keeper, int32_t pid);
/* Everybody but the daemon, at once. */
void keeper__parts_kill(struct keeper *keeper);
void keeper__parts_free(struct keeper *keeper);
struct keeper_part *keeper__daemon_part(struct keeper *keeper);

/* child.c */
void keeper__child_start(struct keeper *keeper, const struct msg_child_start *start);
/* As it was started last; only once. */
void keeper__child_again(struct keeper *keeper, uint64_t id);
void keeper__plan_forget(struct keeper *keeper, uint64_t id);
void keeper__plans_free(struct keeper *keeper);
/* A copy in the arena. */
struct msg_child_start keeper__start_copy(struct arena *arena, const struct msg_child_start *start);
/* Its environment has everything it needs. */
void keeper__child_go(struct keeper *keeper, const struct msg_child_start *start);
void keeper__child_failed(struct keeper *keeper, uint64_t id, int status, struct str reason);
void keeper__child_stop(struct keeper *keeper, uint64_t id);
void keeper__child_ended(struct keeper *keeper, struct keeper_child *child);
void keeper__child_overdue(struct keeper_child *child);
/* Asks all to end. */
void keeper__children_stop(struct keeper *keeper);
void keeper__children_kill(struct keeper *keeper);
/* Ends and reaps processes that were left to us by children that are gone. */
void keeper__orphans(struct keeper *keeper);
/* Ends what is left of the children of keepers that are gone. */
void keeper__strays(void);

/* Takes in every frame that the daemon's link holds. */
void keeper__daemon_drain(struct keeper *keeper);

/* secret.c */
/* True: it refers to secrets, and is started when they are open, or has failed. */
bool keeper__secret_ask(struct keeper *keeper, const struct msg_child_start *start, bool again);
void keeper__secret_opened(struct keeper *keeper, uint64_t asked,
                           const struct msg_vault_opened *opened);
/* The vault is gone: who waits for it fails. */
void keeper__secret_lost(struct keeper *keeper);
void keeper__secret_forget(struct keeper *keeper, uint64_t id);

/* keeper.c */
MUST int keeper__run(struct keeper *keeper);
/* Tells whoever waits for us: "ready", or why not. Only the first counts. */
void keeper__tell(struct keeper *keeper, struct str line);
void keeper__stop(struct keeper *keeper, struct str reason);
void keeper__send(struct link *link, uint16_t type, uint64_t id, struct str payload);

/* detach.c: leaves the terminal. Returns in the process that goes on. */
MUST int keeper__detach(const char *log, struct keeper_detach *ret_detach);
/* Lets the first process end with this code, and waits until it has. */
void keeper__detach_end(struct keeper_detach *detach, int code);

#endif
