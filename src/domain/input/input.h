/*
 * input - what only a person can give: an approval, word of an outcome that was lost, or what a
 * source asks during a call (a form to fill, an address to open). And what a source asks of the
 * model of the agent that called: that agent's own client alone answers it.
 *
 * An input is open, then answered or closed, once. It is bound to what was asked (a digest of
 * caller, rule, capability and arguments); it expires. Whether somebody may answer is decided
 * here; who they are was established by the process that holds their socket.
 *
 * Easy to get wrong: the record of the answer is not permission to act. The policy is asked again
 * when the call freezes.
 */
#ifndef WRIT_DOMAIN_INPUT_INPUT_H
#define WRIT_DOMAIN_INPUT_INPUT_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/id.h"
#include "base/str.h"
#include "model/event.h"

enum input_state { INPUT_OPEN, INPUT_ANSWERED, INPUT_CLOSED };

struct input {
    struct id id;
    enum input_state state;
    enum event_input_kind kind;
    uint64_t execution;
    uint32_t call;
    uint32_t attempt;         /* form, confirm: of the call, whose source asks */
    uint32_t ask;             /* the number of its question */
    enum event_effect effect; /* of the call it is about */
    struct str actor;         /* who asked */
    struct str title;
    struct str detail; /* JSON: exactly what is asked */
    struct digest binding;
    int64_t opened_ms;
    int64_t expires_ms;
};

/* Texts are copied into the arena. */
void input_open(struct input *input, const struct event_input_opened *event, int64_t at_ms,
                struct arena *arena);

enum input_answer {
    INPUT_ACCEPTED = 0,
    INPUT_NOT_OPEN,      /* answered, closed or expired before */
    INPUT_NOT_A_PERSON,  /* an agent, whatever it types */
    INPUT_NOT_THE_KIND,  /* this answer does not fit what is asked */
    INPUT_NOT_THE_MODEL, /* only the client of the agent that it is about answers for its model */
    INPUT_UNVERIFIED,    /* destructive: needs an answer that only a person can have given */
};

/* What somebody says to an open input. verified: over a channel that agents do not have. */
enum input_answer input_answer_decide(const struct input *input, enum event_answer answer,
                                      const struct event_who *who, int64_t now_ms);

/* A sentence for each answer, with the way out. */
const char *input_answer_sentence(enum input_answer answer);

#endif
