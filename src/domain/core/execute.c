/* Programs arrive, are joined, cancelled, left, and end. */
#include "base/base64.h"
#include "domain/core/internal.h"

/* 22 letters for 16 bytes. */
static struct str core_seed_text(struct arena *arena, const uint8_t seed[16])
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    base64_encode_url(&text, str_of((const char *)seed, 16));
    return str_copy(arena, buf_str(&text));
}

static struct digest core_request_program(const struct command_execute *execute)
{
    const struct str parts[] = {
        execute->who.actor, STR("\n"), execute->code, STR("\n"), execute->input,
    };

    return digest_of_parts(parts, ARRAY_COUNT(parts));
}

static void core_received(struct core_turn *turn, const struct execution *execution)
{
    struct core_effect *effect = core__effect(turn, EFFECT_RECEIVED);

    effect->execution = execution->handle;
    if (!core__is_live(execution)) {
        effect = core__effect(turn, EFFECT_ENDED);
        effect->execution = execution->handle;
    }
}

static void core_attach(struct core_turn *turn, struct execution *execution)
{
    const struct command_execute *execute = &turn->command->as.execute;
    struct event event = { .type = EVENT_EXECUTION_ATTACHED };

    event.as.execution_attached.execution = execution->handle;
    event.as.execution_attached.session = execute->session;
    event.as.execution_attached.who = execute->who;
    core__emit(turn, &event);
    core_received(turn, execution);
}

/* An execution that this request is, or NULL. *ret_conflict: the key is another program's. */
static struct execution *core_same_request(struct core_turn *turn, bool *ret_conflict)
{
    const struct command_execute *execute = &turn->command->as.execute;
    struct digest program = core_request_program(execute);
    struct execution *execution;

    *ret_conflict = false;
    if (execute->key.ptr) {
        struct str key = str_printf(turn->update->turn, "%.*s\n%.*s", STR_ARG(execute->who.actor),
                                    STR_ARG(execute->key));

        execution = map_find(&turn->core->keys, key);
        /* Stopped before it changed anything: as if the key had never been used. */
        if (execution && execution->state == EVENT_EXECUTION_STATE_CANCELLED && !execution->effects)
            return NULL;
        *ret_conflict = execution && !digest_equal(&execution->program, &program);
        return execution;
    }
    execution =
        map_find(&turn->core->programs, str_of((const char *)program.bytes, sizeof(program.bytes)));
    if (!execution || execution->answered)
        return NULL;
    /* One that ended a moment ago may not have heard yet that its connection broke. */
    if (core__is_live(execution) && !execution->left)
        return NULL;
    if (!core__is_live(execution) &&
        (!execution->effects || turn->now_ms - execution->ended_ms > LIMIT_ATTACH_WINDOW_MS))
        return NULL;
    return execution;
}

static void core_receive(struct core_turn *turn)
{
    const struct command_execute *execute = &turn->command->as.execute;
    struct event event = { .type = EVENT_EXECUTION_RECEIVED };
    struct event_execution_received *received = &event.as.execution_received;
    struct core_effect *effect;
    uint8_t seed[16];

    core__seed(turn, seed);
    received->execution = turn->update->seq;
    received->id = core__id(turn);
    received->session = execute->session;
    received->who = execute->who;
    received->code = execute->code;
    received->input = execute->input;
    received->seed = core_seed_text(turn->update->turn, seed);
    received->key = execute->key;
    received->trace = execute->trace;
    received->language = STR("typescript");
    received->engine = execute->engine;
    received->preview = execute->preview;
    core__emit(turn, &event);
    core_received(turn, core__execution_find(turn->core, received->execution));
    effect = core__effect(turn, EFFECT_PROGRAM_RUN);
    effect->execution = received->execution;
}

void core__on_execute(struct core_turn *turn)
{
    const struct command_execute *execute = &turn->command->as.execute;
    struct execution *same;
    const char *full;
    bool conflict;

    if (execute->code.len > LIMIT_PROGRAM_CODE_BYTES) {
        core__reply_error(
            turn, &execute->who, "execute", "limit",
            str_printf(turn->update->turn, "the program has %zu bytes; at most %llu are taken",
                       execute->code.len, (unsigned long long)LIMIT_PROGRAM_CODE_BYTES));
        return;
    }
    if (execute->code.len + execute->input.len > LIMIT_PROGRAM_REQUEST_BYTES) {
        core__reply_error(turn, &execute->who, "execute", "limit",
                          str_printf(turn->update->turn,
                                     "the program and its input have %zu bytes; at most %llu are "
                                     "taken",
                                     execute->code.len + execute->input.len,
                                     (unsigned long long)LIMIT_PROGRAM_REQUEST_BYTES));
        return;
    }
    same = core_same_request(turn, &conflict);
    if (conflict)
        core__reply_error(turn, &execute->who, "execute", "conflict",
                          STR("this idempotency key belongs to another program of yours; send "
                              "the same program or another key"));
    else if (same)
        core_attach(turn, same);
    else if (execute->key.ptr && (full = core__key_refused(turn->core, execute->who.actor)))
        core__reply_error(turn, &execute->who, "execute", "busy", str_from(full));
    else if (turn->core->live >= LIMIT_EXECUTION_LIVE)
        core__reply_error(turn, &execute->who, "execute", "busy",
                          STR("as many executions live as are allowed; answer or cancel some"));
    else if (execute->full)
        core__reply_error(turn, &execute->who, "execute", "busy",
                          STR("the disk is full: nothing new is started until there is room; "
                              "what runs goes on"));
    else
        core_receive(turn);
}

/* Calls that nobody waits for any more: what was not sent, or only reads, is cancelled. */
static void core_cancel_calls(struct core_turn *turn, struct execution *execution,
                              struct str reason)
{
    for (size_t i = execution->first_open; i < execution->calls.count; i++) {
        struct call *call = execution->calls.at[i];

        if (call_is_settled(call))
            continue;
        if (call->state == CALL_WAITING || call->state == CALL_FROZEN)
            core__call_cancel(turn, execution, call, reason);
        else if (call->state == CALL_RUNNING && !call->attempting)
            core__call_cancel(turn, execution, call, reason);
        else if (call->state == CALL_RUNNING && call->effect == EVENT_EFFECT_READ) {
            struct core_effect *effect = core__effect(turn, EFFECT_CALL_CANCEL);

            effect->execution = execution->handle;
            effect->call = call->number;
            effect->source = call->source;
            effect->text = reason;
        }
    }
}

void core__end(struct core_turn *turn, struct execution *execution,
               struct event_execution_ended *ended)
{
    struct event event = { .type = EVENT_EXECUTION_ENDED };
    struct core_effect *effect;

    ended->execution = execution->handle;
    ended->calls = (uint32_t)execution->calls.count;
    event.as.execution_ended = *ended;
    core__emit(turn, &event);
    core_cancel_calls(turn, execution, STR("the program ended"));
    effect = core__effect(turn, EFFECT_PROGRAM_DROP);
    effect->execution = execution->handle;
    effect = core__effect(turn, EFFECT_ENDED);
    effect->execution = execution->handle;
    effect->durable = execution->effects ? turn->update->seq : 0;
}

void core__end_error(struct core_turn *turn, struct execution *execution,
                     enum event_execution_state state, const struct msg_error *error)
{
    struct event_execution_ended ended = { .state = state, .error = *error };

    core__end(turn, execution, &ended);
}

/*
 * Cancelling reaches the upstream: attempts under way are told. A write that may have been sent
 * is then UNKNOWN until somebody looks; the execution itself ends now.
 */
void core__on_cancel(struct core_turn *turn)
{
    struct execution *execution =
        core__execution_find(turn->core, turn->command->as.cancel.execution);
    struct core_effect *reply;
    struct msg_error error;

    if (!execution || !core__is_live(execution)) {
        if (turn->command->token)
            core__effect(turn, EFFECT_REPLY)->error =
                core__error("conflict", STR("this execution has ended; `writ log show` tells how"));
        return;
    }
    for (size_t i = execution->first_open; i < execution->calls.count; i++) {
        struct call *call = execution->calls.at[i];

        if (call->state == CALL_RUNNING && call->attempting && call->effect != EVENT_EFFECT_READ) {
            struct core_effect *effect = core__effect(turn, EFFECT_CALL_CANCEL);

            effect->execution = execution->handle;
            effect->call = call->number;
            effect->source = call->source;
            effect->text = turn->command->as.cancel.reason;
        }
    }
    error = core__error("cancelled", turn->command->as.cancel.reason);
    core__end_error(turn, execution, EVENT_EXECUTION_STATE_CANCELLED, &error);
    if (!turn->command->token)
        return;
    /* After EFFECT_ENDED: an answer that was handed over is the end of what can be told of it. */
    reply = core__effect(turn, EFFECT_REPLY);
    reply->execution = execution->handle;
    reply->durable = execution->effects ? turn->update->seq : 0;
}

void core__on_leave(struct core_turn *turn)
{
    struct execution *execution = core__execution_find(turn->core, turn->command->as.execution);
    struct event event = { .type = EVENT_EXECUTION_LEFT };

    if (!execution || execution->left)
        return;
    /* One that ended is left only where its answer is still owed. */
    if (!core__is_live(execution) && (!execution->effects || execution->answered))
        return;
    event.as.execution_left.execution = execution->handle;
    core__emit(turn, &event);
}

/* Only an execution with effects is remembered for its answer; the others need no line. */
void core__on_answered(struct core_turn *turn)
{
    struct execution *execution = core__execution_find(turn->core, turn->command->as.execution);
    struct event event = { .type = EVENT_EXECUTION_ANSWERED };

    if (!execution || core__is_live(execution) || execution->answered || !execution->effects)
        return;
    event.as.execution_answered.execution = execution->handle;
    core__emit(turn, &event);
}

void core__on_session_open(struct core_turn *turn)
{
    struct event event = { .type = EVENT_SESSION_OPENED };
    struct core_effect *effect;

    if (turn->core->sessions.count >= LIMIT_SESSION_COUNT) {
        core__reply_error(turn, &turn->command->as.session_open.who, "session", "busy",
                          STR("as many sessions are open as are allowed; end some"));
        return;
    }
    event.as.session_opened.session = turn->update->seq;
    event.as.session_opened.who = turn->command->as.session_open.who;
    event.as.session_opened.protocol = turn->command->as.session_open.protocol;
    core__emit(turn, &event);
    effect = core__effect(turn, EFFECT_SESSION);
    effect->session = turn->update->seq;
}

void core__on_session_close(struct core_turn *turn)
{
    struct event event = { .type = EVENT_SESSION_CLOSED };

    if (!map_find_u64(&turn->core->sessions, turn->command->as.session_close.session))
        return;
    event.as.session_closed.session = turn->command->as.session_close.session;
    event.as.session_closed.reason = turn->command->as.session_close.reason;
    core__emit(turn, &event);
}

void core__on_refuse(struct core_turn *turn)
{
    struct event event = { .type = EVENT_REQUEST_REFUSED };

    event.as.request_refused = turn->command->as.refuse;
    core__emit(turn, &event);
}
