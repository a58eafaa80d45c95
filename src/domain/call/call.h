/*
 * call - the one lifecycle of every governed use of a capability.
 *
 * A call is a record with a state. What may follow what is one table (call_flow in flow.c), the
 * log's events are its edges, and the diagram in docs/reference/call.md is printed from it. This
 * room decides and applies; it never sends, stores or asks the time.
 *
 * Easy to get wrong: RUNNING does not mean that an attempt is under way. Between two attempts of
 * a read the call is RUNNING with `attempting` false.
 */
#ifndef WRIT_DOMAIN_CALL_CALL_H
#define WRIT_DOMAIN_CALL_CALL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/id.h"
#include "base/str.h"
#include "model/event.h"

/* State, its name in traces and documents, and whether it is final. */
#define CALL_STATES(X)                                                                             \
    X(RECEIVED, "received", 0)                                                                     \
    X(REFUSED, "refused", 1)                                                                       \
    X(WAITING, "waiting", 0)                                                                       \
    X(FROZEN, "frozen", 0)                                                                         \
    X(RUNNING, "running", 0)                                                                       \
    X(CONFORMING, "conforming", 0)                                                                 \
    X(DONE, "done", 1)                                                                             \
    X(NONCONFORMING, "nonconforming", 1)                                                           \
    X(FAILED, "failed", 1)                                                                         \
    X(CANCELLED, "cancelled", 1)                                                                   \
    X(UNKNOWN, "unknown", 0)                                                                       \
    X(EXPIRED, "expired", 1)

enum call_state {
#define X(state, name, final) CALL_##state,
    CALL_STATES(X)
#undef X
};

struct call {
    uint64_t execution; /* handle */
    uint32_t number;    /* 1, 2, 3... within the execution */
    enum call_state state;
    bool query;      /* reads Writ's own state: no lifecycle, only a value in the journal */
    bool attempting; /* an attempt is under way */
    uint32_t attempt;
    int64_t attempted_ms; /* when the last attempt began or ended */
    int64_t retry_ms;     /* the patience that the source asked for then */
    struct str address;
    uint64_t source;  /* handle; 0 where the address is unknown */
    uint32_t version; /* of the source's listing */
    enum event_effect effect;
    struct str args;          /* JSON */
    struct digest capability; /* digest of the definition that the writ names */
    struct id writ;           /* zero before FROZEN */
    struct id input;          /* the open or last input; zero if none */
    uint32_t asks;            /* inputs that its source asks for */
    struct str rule;          /* that decided */
    struct str value;         /* JSON, DONE and queries */
    struct str meta;          /* JSON, DONE: what stood beside the value; null: nothing */
    struct digest artifact;   /* DONE: the value is kept under this digest */
    struct msg_error error;   /* every final state but DONE */
};

/* "received"; never NULL. */
const char *call_state_name(enum call_state state);
/* Nothing more can happen to it. */
bool call_is_settled(const struct call *call);
/* It changes the world, and was or may have been sent. */
bool call_had_effect(const struct call *call);

/* True and the state after, if the table allows this event in this state. */
bool call_next(enum call_state from, enum event_type on, enum call_state *ret_to) MUST;

/*
 * Makes a call event true. Texts are copied into the execution's arena. False if the table
 * forbids it: the log that says so is not to be believed.
 */
bool call_apply(struct call *call, const struct event *event, int64_t at_ms,
                struct arena *execution) MUST;

/* What follows an attempt that ended; the rule of `sent`. */
enum call_then {
    CALL_THEN_CONFORM, /* there is an answer to check */
    CALL_THEN_FAIL,
    CALL_THEN_RETRY, /* only reads, and only so often */
    CALL_THEN_CANCEL,
    CALL_THEN_UNKNOWN, /* it may have happened: a person is asked */
};

/* attempts_max: how often a read is tried in all. */
enum call_then call_outcome_decide(const struct call *call, enum msg_outcome_status status,
                                   enum msg_sent sent, uint32_t attempts_max);

/*
 * When the next attempt may begin: doubling waits from 200 ms, and not before the source said.
 */
int64_t call_retry_at(const struct call *call);

/* What an approval is bound to: caller, rule, capability, arguments (their canonical form's
 * digest). */
struct digest call_binding(const struct call *call, struct str actor, const struct digest *args);

/* The error of a call as the JSON that the program is given. */
void call_error_print(const struct call *call, struct buf *out);

/* The table as a Mermaid diagram. */
void call_flow_print(struct buf *out);

#endif
