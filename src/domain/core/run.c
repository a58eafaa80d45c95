/* Attempts begin and end; what follows is delivered to the program. */
#include "domain/core/internal.h"

void core__call_run(struct core_turn *turn, struct execution *execution, struct call *call)
{
    struct event event = { .type = EVENT_CALL_RUNNING };
    struct core_effect *effect;

    event.as.call_running.execution = execution->handle;
    event.as.call_running.call = call->number;
    event.as.call_running.attempt = call->attempt + 1;
    core__emit(turn, &event);
    if (core__own_run(turn, execution, call))
        return;
    effect = core__effect(turn, EFFECT_CALL_SEND);
    effect->execution = execution->handle;
    effect->call = call->number;
    effect->attempt = call->attempt;
    effect->source = call->source;
    effect->durable = call->effect == EVENT_EFFECT_READ ? 0 : turn->update->seq;
}

void core__call_start_frozen(struct core_turn *turn, struct execution *execution)
{
    for (size_t i = execution->first_open; i < execution->calls.count; i++) {
        if (execution->frozen == 0 || execution->attempting >= LIMIT_PROGRAM_CALLS_AT_ONCE)
            return;
        if (execution->calls.at[i]->state == CALL_FROZEN && !execution->calls.at[i]->query)
            core__call_run(turn, execution, execution->calls.at[i]);
    }
}

void core__deliver_call(struct core_turn *turn, struct execution *execution, struct call *call)
{
    struct event event = { .type = EVENT_EXECUTION_DELIVERED };
    struct event_execution_delivered *delivered = &event.as.execution_delivered;
    struct core_effect *effect;

    if (!core__is_live(execution))
        return;
    delivered->execution = execution->handle;
    delivered->index = execution->deliveries.count + 1;
    delivered->call = call->number;
    delivered->kind = MSG_DELIVERY_KIND_RESULT;
    if (call->error.code.ptr)
        delivered->kind = MSG_DELIVERY_KIND_ERROR;
    core__emit(turn, &event);
    effect = core__effect(turn, EFFECT_PROGRAM_FEED);
    effect->execution = execution->handle;
}

/* Nothing of a program runs and no timer is near: it is put away. */
void core__park(struct core_turn *turn, struct execution *execution)
{
    struct event event = { .type = EVENT_EXECUTION_PARKED };
    struct core_effect *effect;
    int64_t due_ms = 0;

    if (!core__is_live(execution) || execution->parked)
        return;
    if (execution->unsettled == 0 && execution->timers.count == 0)
        return;
    for (size_t i = execution->first_open; i < execution->calls.count; i++) {
        const struct call *call = execution->calls.at[i];

        if (!call_is_settled(call) && call->state != CALL_WAITING && call->state != CALL_UNKNOWN)
            return;
    }
    for (size_t i = 0; i < execution->timers.count; i++)
        if (due_ms == 0 || execution->timers.at[i].due_ms < due_ms)
            due_ms = execution->timers.at[i].due_ms;
    if (due_ms != 0 && due_ms - turn->now_ms <= LIMIT_PARK_TIMER_MS)
        return;
    event.as.execution_parked.execution = execution->handle;
    event.as.execution_parked.due_ms = due_ms;
    core__emit(turn, &event);
    effect = core__effect(turn, EFFECT_PROGRAM_DROP);
    effect->execution = execution->handle;
}

void core__call_settled(struct core_turn *turn, struct execution *execution, struct call *call)
{
    core__deliver_call(turn, execution, call);
    if (core__is_live(execution))
        core__call_start_frozen(turn, execution);
}

static void call_failed(struct core_turn *turn, struct execution *execution, struct call *call,
                        const struct event_call_failed *failed)
{
    struct event event = { .type = EVENT_CALL_FAILED, .as.call_failed = *failed };

    event.as.call_failed.execution = execution->handle;
    event.as.call_failed.call = call->number;
    core__emit(turn, &event);
    core__call_settled(turn, execution, call);
}

void core__call_fail(struct core_turn *turn, struct execution *execution, struct call *call,
                     const struct msg_error *error, enum msg_sent sent)
{
    call_failed(turn, execution, call,
                &(struct event_call_failed){ .error = *error, .sent = sent });
}

void core__call_cancel(struct core_turn *turn, struct execution *execution, struct call *call,
                       struct str reason)
{
    struct event event = { .type = EVENT_CALL_CANCELLED };
    struct id input = call->input;
    bool asked = call->state == CALL_WAITING;

    core__asks_close(turn, execution, call);

    event.as.call_cancelled.execution = execution->handle;
    event.as.call_cancelled.call = call->number;
    event.as.call_cancelled.reason = reason;
    core__emit(turn, &event);
    if (asked)
        core__input_close(turn, input, "nobody waits for it any more");
    core__call_settled(turn, execution, call);
}

void core__call_unknown(struct core_turn *turn, struct execution *execution, struct call *call,
                        struct str reason, enum msg_sent sent)
{
    struct event unknown = { .type = EVENT_CALL_UNKNOWN };
    struct event opened = { .type = EVENT_INPUT_OPENED };
    struct event_input_opened *input = &opened.as.input_opened;
    struct digest args = core__args_digest(turn, call->args);
    struct core_effect *effect;

    unknown.as.call_unknown.execution = execution->handle;
    unknown.as.call_unknown.call = call->number;
    unknown.as.call_unknown.attempt = call->attempt;
    unknown.as.call_unknown.reason = reason;
    unknown.as.call_unknown.sent = sent;
    unknown.as.call_unknown.input = core__id(turn);
    core__emit(turn, &unknown);
    input->input = unknown.as.call_unknown.input;
    input->kind = EVENT_INPUT_KIND_UNKNOWN;
    input->execution = execution->handle;
    input->call = call->number;
    input->title = str_printf(turn->update->turn,
                              "nobody knows whether %.*s happened (%.*s); look, then answer done, "
                              "not_done or again",
                              STR_ARG(call->address), STR_ARG(reason));
    input->detail =
        str_printf(turn->update->turn, "{\"address\":\"%.*s\",\"args\":%.*s}",
                   STR_ARG(call->address), STR_ARG(call->args.ptr ? call->args : STR("null")));
    input->binding = call_binding(call, execution->who.actor, &args);
    input->expires_ms = INT64_MAX;
    core__emit(turn, &opened);
    effect = core__effect(turn, EFFECT_INPUT_OPENED);
    effect->execution = execution->handle;
    effect->call = call->number;
    effect->input = input->input;
    effect->durable = turn->update->seq;
    core__park(turn, execution);
}

static void core_retry(struct core_turn *turn, struct execution *execution, struct call *call,
                       const struct msg_call_outcome *outcome)
{
    struct event event = { .type = EVENT_CALL_ATTEMPTED };

    event.as.call_attempted.execution = execution->handle;
    event.as.call_attempted.call = call->number;
    event.as.call_attempted.attempt = call->attempt;
    event.as.call_attempted.sent = outcome->sent;
    event.as.call_attempted.error = outcome->error;
    event.as.call_attempted.retry_ms = outcome->retry_ms;
    core__emit(turn, &event);
    core__due(turn->core, call_retry_at(call));
}

static struct digest *core_blobs(struct arena *arena, const struct msg_call_outcome *outcome)
{
    struct digest *names = ARENA_ARRAY(arena, struct digest, outcome->blobs_count + 1);

    for (size_t i = 0; i < outcome->blobs_count; i++)
        names[i] = outcome->blobs[i].digest;
    return names;
}

/* The value as the log has it: null where its artifact is named instead. */
static struct str core_logged(const struct msg_call_outcome *outcome)
{
    static const struct digest none;

    return digest_equal(&outcome->artifact, &none) ? outcome->value : STR_NULL;
}

/* All that was found is told; the value goes along with that, once (domain/call). */
static void core_nonconforming(struct core_turn *turn, struct execution *execution,
                               struct call *call, const struct msg_call_outcome *outcome,
                               const struct report *report)
{
    struct arena *arena = turn->update->turn;
    struct event event = { .type = EVENT_CALL_NONCONFORMING };
    struct event_call_nonconforming *done = &event.as.call_nonconforming;

    done->execution = execution->handle;
    done->call = call->number;
    done->error = core__error("nonconforming",
                              str_printf(arena, "the answer of %.*s breaks its promise: %.*s",
                                         STR_ARG(call->address),
                                         STR_ARG(core__problems_say(arena, report, "the answer"))));
    done->error.data = core__problems_print(arena, report);
    done->value = core_logged(outcome);
    done->artifact = outcome->artifact;
    done->blobs = core_blobs(arena, outcome);
    done->blobs_count = outcome->blobs_count;
    core__emit(turn, &event);
    core__call_settled(turn, execution, call);
}

/* CONFORMING: is the answer what the tool promised? */
static void core_conform(struct core_turn *turn, struct execution *execution, struct call *call,
                         const struct msg_call_outcome *outcome)
{
    struct arena *arena = turn->update->turn;
    struct report *report = ARENA_NEW(arena, struct report);
    struct event conforming = { .type = EVENT_CALL_CONFORMING };
    struct event event = { .type = EVENT_CALL_DONE };
    struct event_call_done *done = &event.as.call_done;
    const struct catalog_tool *tool = NULL;
    enum core_fits fits;

    conforming.as.call_conforming.execution = execution->handle;
    conforming.as.call_conforming.call = call->number;
    core__emit(turn, &conforming);
    report_init(report, arena);
    (void)core__tool_find(turn, call->address, &tool);
    fits = core__result_fits(turn, tool, outcome->value, report);
    if (fits == CORE_FITS_NOT) {
        core_nonconforming(turn, execution, call, outcome, report);
        return;
    }
    done->execution = execution->handle;
    done->call = call->number;
    done->value = core_logged(outcome);
    done->artifact = outcome->artifact;
    done->size = outcome->size;
    done->secrets = outcome->secrets;
    done->meta = outcome->meta;
    done->blobs = core_blobs(arena, outcome);
    done->blobs_count = outcome->blobs_count;
    done->conformance = fits == CORE_FITS ? EVENT_CONFORMANCE_OK : EVENT_CONFORMANCE_UNCHECKED;
    if (outcome->secrets > 0)
        done->conformance = EVENT_CONFORMANCE_REPLACED;
    core__emit(turn, &event);
    core__call_settled(turn, execution, call);
}

static struct str core_outcome_reason(const struct msg_call_outcome *outcome)
{
    switch (outcome->status) {
    case MSG_OUTCOME_STATUS_TIMEOUT:
        return STR("timeout");
    case MSG_OUTCOME_STATUS_CANCELLED:
        return STR("cancel");
    case MSG_OUTCOME_STATUS_UNREADABLE:
        return outcome->error.message;
    case MSG_OUTCOME_STATUS_ANSWERED:
    case MSG_OUTCOME_STATUS_FAILED:
    case MSG_OUTCOME_STATUS_UNREACHABLE:
        break;
    }
    return STR("reset");
}

void core__on_outcome(struct core_turn *turn)
{
    const struct msg_call_outcome *outcome = &turn->command->as.outcome;
    struct execution *execution = core__execution_find(turn->core, outcome->execution);
    struct call *call = execution ? core__call_find(execution, outcome->call) : NULL;
    struct msg_error error;

    /* An answer to an attempt that is over (cancelled, timed out before) changes nothing. */
    if (!call || call->state != CALL_RUNNING || !call->attempting ||
        call->attempt != outcome->attempt)
        return;
    core__asks_close(turn, execution, call);
    error = outcome->error;
    if (!error.code.ptr)
        error = core__error("unreachable", STR("the source gave no answer"));
    switch (call_outcome_decide(call, outcome->status, outcome->sent, LIMIT_CALL_READ_ATTEMPTS)) {
    case CALL_THEN_CONFORM:
        core_conform(turn, execution, call, outcome);
        return;
    case CALL_THEN_FAIL:
        /* "Not now" of a source: egress knows whether saying it again is safe. */
        if (outcome->retry && call->attempt < LIMIT_CALL_READ_ATTEMPTS) {
            core_retry(turn, execution, call, outcome);
            return;
        }
        core__files_hint(turn, execution, call, &error);
        call_failed(turn, execution, call,
                    &(struct event_call_failed){ .error = error,
                                                 .sent = outcome->sent,
                                                 .blobs = core_blobs(turn->update->turn, outcome),
                                                 .blobs_count = outcome->blobs_count });
        return;
    case CALL_THEN_RETRY:
        core_retry(turn, execution, call, outcome);
        return;
    case CALL_THEN_CANCEL:
        core__call_cancel(turn, execution, call, STR("cancelled"));
        return;
    case CALL_THEN_UNKNOWN:
        core__call_unknown(turn, execution, call, core_outcome_reason(outcome), outcome->sent);
        return;
    }
    UNREACHABLE("an outcome with no consequence");
}
