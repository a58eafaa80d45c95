/*
 * core - everything Writ knows, and what it decides.
 *
 * core_step is pure: the same state and the same command give the same update, always. Time and
 * entropy arrive in the command. An update is one line of the log (its events, already applied)
 * and the effects that follow from it. core_apply makes a logged event true again: replay gives
 * the identical state.
 *
 * Easy to get wrong: an effect names the sequence that must be durable before it leaves; 0 means
 * that it may leave now. Texts in an update live in the turn's arena. Timers of a running
 * program are the program's, not the state's: they are reported again whenever it runs again.
 */
#ifndef WRIT_DOMAIN_CORE_CORE_H
#define WRIT_DOMAIN_CORE_CORE_H

#include "base/arena.h"
#include "base/map.h"
#include "base/report.h"
#include "base/vec.h"
#include "domain/call/call.h"
#include "domain/catalog/catalog.h"
#include "domain/catalog/connections.h"
#include "domain/core/listings.h"
#include "domain/input/input.h"
#include "domain/policy/policy.h"
#include "model/event.h"
#include "model/limit.h"
#include "model/msg.h"

/* ---- state that others may read ------------------------------------------------------------ */

/* One thing given to a program. Its value is its call's. */
struct core_delivery {
    int64_t at_ms;
    enum msg_delivery_kind kind;
    uint32_t call;
    uint32_t timer;
};

struct core_timer {
    uint32_t timer;
    int64_t due_ms;
};

struct execution {
    uint64_t handle; /* the sequence that received it */
    struct id id;
    struct arena *arena; /* holds every text of it */
    uint64_t session;
    struct event_who who;
    struct str code;
    struct str input;
    struct str seed; /* base64url, as recorded */
    struct str key;
    struct str trace;
    struct digest program; /* of actor, code and input: what makes two requests the same */
    bool preview;
    enum event_execution_state state;
    bool left;     /* whoever asked is gone */
    bool parked;   /* put away until something is given to it */
    bool effects;  /* one of its calls changed, or may have changed, the world */
    bool answered; /* its answer was handed over */
    int64_t received_ms;
    int64_t ended_ms;
    int64_t parked_due_ms;                                       /* 0: no timer */
    struct core_calls VEC(struct call *) calls;                  /* number - 1 */
    struct core_deliveries VEC(struct core_delivery) deliveries; /* index - 1 */
    uint32_t unsettled;
    uint32_t attempting;
    uint32_t timers_due; /* delivered so far */
    uint32_t frozen;     /* calls that wait for a place */
    uint32_t first_open; /* every call before this index is settled */
    struct str result;   /* JSON */
    struct digest artifact;
    struct msg_error error; /* state other than done */
    struct msg_console_line *console;
    size_t console_count;
    uint64_t ticks;
    uint64_t key_bytes;                               /* what its key keeps, once it ended */
    struct core_timers VEC(struct core_timer) timers; /* volatile: reported by the program */
    uint64_t emits_told;                              /* volatile */
    uint64_t console_told;                            /* volatile */
};

struct core *core_new(void);
struct core *core_free(struct core *core);
CLEANUP_DEFINE(struct core, core_free)
const struct catalog *core_catalog(const struct core *core);
const struct policy *core_policy(const struct core *core);
const struct execution *core_execution(const struct core *core, uint64_t handle);
const struct execution *core_execution_by_id(const struct core *core, struct id id);
const struct call *core_call(const struct core *core, uint64_t execution, uint32_t number);
const struct input *core_input(const struct core *core, struct id id);
/* Iterate as with map_next; NULL at the end. */
const struct execution *core_execution_next(const struct core *core, size_t *position);
const struct input *core_input_next(const struct core *core, size_t *position);
struct core_counts {
    uint64_t executions; /* live */
    uint64_t kept;       /* ended and remembered */
    uint64_t inputs;     /* open */
    uint64_t sessions;
};
struct core_counts core_counts(const struct core *core);
/* When COMMAND_TICK has something to do; INT64_MAX: never. */
int64_t core_due_ms(const struct core *core);
/* Time of the last update; records never go back. */
int64_t core_at_ms(const struct core *core);

/*
 * One delivery of an execution as the program is to get it. Its value is in the turn's arena
 * unless it is an artifact.
 */
void core_delivery_print(const struct execution *execution, uint64_t index, struct arena *turn,
                         struct msg_delivery *ret_delivery);

/* Everything that replay must reproduce, as text: two cores are equal if these are. */
void core_print(const struct core *core, struct buf *out);

/* Is this the address of a tool that is Writ's own: tools.writ....? */
bool core_is_own(struct str address);
/* Does a program that asks this look for tools? */
bool core_is_search(struct str address);

/* ---- replay ---------------------------------------------------------------------------------- */

/*
 * Makes one logged line true: its events, as a JSON array. False: it cannot have happened in
 * this state, or is none of ours; the log that says so is not to be believed. turn: scratch.
 */
bool core_replay(struct core *core, uint64_t seq, int64_t at_ms, struct str events,
                 struct arena *turn) MUST;

/* ---- commands -------------------------------------------------------------------------------- */

enum command_type {
    COMMAND_OPEN,   /* the store was opened */
    COMMAND_RESUME, /* after a restart, for each live execution in turn */
    COMMAND_CLOSE,
    COMMAND_TICK,
    COMMAND_SESSION_OPEN,
    COMMAND_SESSION_CLOSE,
    COMMAND_EXECUTE,
    COMMAND_CANCEL,
    COMMAND_LEAVE,    /* whoever asked is gone; the execution goes on */
    COMMAND_ANSWERED, /* the answer was handed over */
    COMMAND_REPORT,   /* of a program, by a worker */
    COMMAND_LOST,     /* the worker that ran it is gone for good */
    COMMAND_OUTCOME,  /* of an attempt, by egress */
    COMMAND_ASK,      /* a source asks a person during an attempt */
    COMMAND_INPUT_ANSWER,
    COMMAND_SOURCE_ADD,
    COMMAND_SOURCE_REMOVE,
    COMMAND_SOURCE_APPROVE,
    COMMAND_SOURCE_CREDENTIAL,
    COMMAND_SOURCE_REJECT,
    COMMAND_SOURCE_REPORT,   /* by egress */
    COMMAND_SOURCE_COMPILED, /* its document became a listing, which is in the catalog; or not */
    COMMAND_POLICY_APPLY,
    COMMAND_REFUSE, /* record that a face refused a request */
};

struct command_execute {
    uint64_t session; /* 0: none */
    struct event_who who;
    struct str code;
    struct str input;
    struct str key;
    struct str trace;
    struct digest engine;
    bool preview;
    bool full; /* the disk is: nothing new is started */
};

struct command_answer {
    struct id input;
    enum event_answer answer;
    struct str value;
    struct event_who who;
    struct str via;
};

struct command {
    enum command_type type;
    int64_t now_ms;
    uint8_t entropy[16];
    uint64_t token; /* of the request; comes back in its effects */
    union {
        struct event_store_opened open;
        uint64_t execution; /* RESUME, CANCEL, LEAVE, ANSWERED */
        struct {
            uint64_t execution;
            struct str reason;
        } cancel;
        struct str reason; /* CLOSE */
        struct {
            struct event_who who;
            struct str protocol;
        } session_open;
        struct {
            uint64_t session;
            struct str reason;
        } session_close;
        struct command_execute execute;
        struct msg_program_report report;
        struct {
            uint64_t execution;
            struct msg_error error;
        } lost;
        struct msg_call_outcome outcome;
        struct msg_call_ask ask;
        struct command_answer answer;
        struct event_source_added source_add;
        struct {
            struct str name;
            struct event_who who;
        } source_remove;
        struct command_pin source_pin; /* APPROVE, REJECT */
        struct event_source_credential source_credential;
        struct msg_source_report source_report;
        struct command_compiled source_compiled;
        struct {
            const struct event_rule *rules;
            size_t count;
            struct event_who who;
        } policy_apply;
        struct event_request_refused refuse;
    } as;
};

/* ---- updates --------------------------------------------------------------------------------- */

enum core_effect_type {
    EFFECT_RECEIVED,     /* token got this execution (a new one, or one it attached to) */
    EFFECT_REPLY,        /* token got its answer: error if error.code is set */
    EFFECT_PROGRAM_RUN,  /* must be running in some worker, with all its deliveries */
    EFFECT_PROGRAM_FEED, /* has a further delivery; run it if it does not run */
    EFFECT_PROGRAM_DROP, /* need not stay in a worker */
    EFFECT_CALL_SEND,    /* an attempt leaves: look the call up, see that it still runs */
    EFFECT_CALL_CANCEL,  /* nobody wants the answer */
    EFFECT_CALL_REFUSE,  /* it must not leave, if it has not: text says why */
    EFFECT_CALL_SAY,     /* what its source asked is answered */
    EFFECT_ENDED,        /* hand the answer to whoever waits */
    EFFECT_INPUT_OPENED, /* somebody must be asked */
    EFFECT_INPUT_CLOSED,
    EFFECT_SOURCE_START, /* probe it and list its tools */
    EFFECT_SOURCE_STOP,
    EFFECT_SOURCE_CHANGED,
    EFFECT_SOURCE_REFRESH, /* start it if it is down; list its tools anew */
    EFFECT_SOURCE_LATER,   /* list them anew then: number, in milliseconds */
    EFFECT_SESSION,        /* token got this session */
    EFFECT_EMIT,           /* progress for the person */
    EFFECT_CONSOLE,        /* a line of a program that has not ended */
};

struct core_effect {
    enum core_effect_type type;
    uint64_t durable; /* sequence that must be on disk first; 0: none */
    uint64_t execution;
    uint32_t call;
    uint32_t attempt;
    uint64_t source;
    uint64_t session;
    uint64_t token;
    struct id input;
    struct str text;  /* EMIT: JSON; CONSOLE: the line; CALL_CANCEL: reason; CALL_SAY: JSON;
                         SOURCE_START: its document, for this turn */
    struct str level; /* CONSOLE */
    uint64_t number;  /* EMIT, CONSOLE: how many came before it; CALL_SAY: the question; LATER:
                         milliseconds */
    uint64_t before;  /* EMIT, CONSOLE: the sequence of what followed from it */
    enum msg_ask_action action; /* CALL_SAY */
    struct msg_error error;     /* REPLY */
};

struct core_update {
    struct arena *turn; /* borrowed */
    uint64_t seq;       /* of this line; the caller sets it to the log's next */
    int64_t at_ms;
    struct core_events VEC(struct event) events;
    struct core_effects VEC(struct core_effect) effects;
};
void core_update_init(struct core_update *update, struct arena *turn);
void core_update_fini(struct core_update *update);

/*
 * Decides what follows from a command, and applies it. seq: of the line that will hold the
 * update's events. An update without events writes no line and may still have effects.
 */
void core_step(struct core *core, const struct command *command, uint64_t seq,
               struct core_update *update);

/* What ended stays readable until this is called: once all effects before it have been done. */
void core_sweep(struct core *core);

/* The events as the JSON array that goes into the log. */
void core_update_print(const struct core_update *update, struct buf *out);

#endif
