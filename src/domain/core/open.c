/* The store is opened and closed; time passes. */
#include "domain/core/internal.h"

/* What was being found out when we ended is found out again. */
static void core_probe_again(struct core_turn *turn)
{
    const struct catalog_source *source;

    for (size_t at = 0; (source = catalog_source_next(turn->core->catalog, &at));) {
        struct core_effect *effect;

        if (source->state != MSG_SOURCE_STATE_PROBING && source->state != MSG_SOURCE_STATE_DRAFT)
            continue;
        effect = core__effect(turn, EFFECT_SOURCE_START);
        effect->source = source->source;
        effect->durable = turn->update->seq;
    }
}

void core__on_open(struct core_turn *turn)
{
    struct event event = { .type = EVENT_STORE_OPENED };

    event.as.store_opened = turn->command->as.open;
    core__emit(turn, &event);
    core_probe_again(turn);
}

void core__on_close(struct core_turn *turn)
{
    struct event event = { .type = EVENT_STORE_CLOSED };

    event.as.store_closed.reason = turn->command->as.reason;
    core__emit(turn, &event);
}

void core__due(struct core *core, int64_t due_ms)
{
    if (due_ms < core->due_ms)
        core->due_ms = due_ms;
}

int64_t core_due_ms(const struct core *core)
{
    return core->due_ms;
}

static void core_tick_retries(struct core_turn *turn, struct execution *execution)
{
    for (size_t i = execution->first_open; i < execution->calls.count; i++) {
        struct call *call = execution->calls.at[i];

        if (call->query || call->state != CALL_RUNNING || call->attempting)
            continue;
        if (call_retry_at(call) <= turn->now_ms)
            core__call_run(turn, execution, call);
        else
            core__due(turn->core, call_retry_at(call));
    }
}

/* Each is a line of the log, and given again whenever the program runs again. */
static void core_too_many_timers(struct core_turn *turn, struct execution *execution)
{
    struct msg_error error = core__error(
        "limit", str_printf(turn->update->turn,
                            "more than %llu timers of the program fell due; use fewer, longer ones",
                            (unsigned long long)LIMIT_PROGRAM_TIMERS));

    core__end_error(turn, execution, EVENT_EXECUTION_STATE_FAILED, &error);
}

static void core_tick_timers(struct core_turn *turn, struct execution *execution)
{
    for (size_t i = 0; i < execution->timers.count;) {
        struct core_timer timer = execution->timers.at[i];
        struct event event = { .type = EVENT_EXECUTION_DELIVERED };
        struct core_effect *effect;

        if (timer.due_ms > turn->now_ms) {
            core__due(turn->core, timer.due_ms);
            i++;
            continue;
        }
        if (execution->timers_due >= LIMIT_PROGRAM_TIMERS) {
            core_too_many_timers(turn, execution);
            return;
        }
        memmove(&execution->timers.at[i], &execution->timers.at[i + 1],
                (execution->timers.count - i - 1) * sizeof(timer));
        execution->timers.count--;
        event.as.execution_delivered.execution = execution->handle;
        event.as.execution_delivered.index = execution->deliveries.count + 1;
        event.as.execution_delivered.kind = MSG_DELIVERY_KIND_TIMER;
        event.as.execution_delivered.timer = timer.timer;
        core__emit(turn, &event);
        effect = core__effect(turn, EFFECT_PROGRAM_FEED);
        effect->execution = execution->handle;
    }
}

/* A program that was put away runs again a little before its timer, and reports it then. */
static void core_tick_parked(struct core_turn *turn, struct execution *execution)
{
    struct core_effect *effect;

    if (!execution->parked || execution->parked_due_ms == 0 || execution->timers.count > 0)
        return;
    if (execution->parked_due_ms > turn->now_ms) {
        core__due(turn->core, execution->parked_due_ms);
        return;
    }
    effect = core__effect(turn, EFFECT_PROGRAM_RUN);
    effect->execution = execution->handle;
}

static void core_tick_execution(struct core_turn *turn, struct execution *execution)
{
    struct msg_error error;

    core_tick_retries(turn, execution);
    if (!core__is_live(execution))
        return;
    if (turn->now_ms - execution->received_ms > LIMIT_EXECUTION_EXPIRY_MS) {
        error = core__error("expired", STR("it lived as long as an execution may"));
        core__end_error(turn, execution, EVENT_EXECUTION_STATE_EXPIRED, &error);
        return;
    }
    core__due(turn->core, execution->received_ms + LIMIT_EXECUTION_EXPIRY_MS + 1);
    core_tick_timers(turn, execution);
    if (core__is_live(execution))
        core_tick_parked(turn, execution);
}

static void core_tick_input(struct core_turn *turn, struct input *input)
{
    struct execution *execution = core__execution_find(turn->core, input->execution);
    struct call *call = core__call_find(execution, input->call);
    struct event event = { .type = EVENT_CALL_EXPIRED };
    struct id id = input->id;

    if (input->expires_ms > turn->now_ms) {
        core__due(turn->core, input->expires_ms);
        return;
    }
    if (input->ask) {
        core__ask_expired(turn, input);
        return;
    }
    event.as.call_expired.execution = execution->handle;
    event.as.call_expired.call = call->number;
    event.as.call_expired.input = id;
    core__emit(turn, &event);
    core__input_close(turn, id, "nobody answered in time");
    core__deliver_call(turn, execution, call);
}

void core__on_tick(struct core_turn *turn)
{
    struct core *core = turn->core;
    struct map_entry *entry;

    core->due_ms = INT64_MAX;
    for (size_t at = 0; (entry = map_next(&core->inputs, &at));)
        core_tick_input(turn, &((struct core_open_input *)entry->value)->input);
    for (size_t at = 0; (entry = map_next(&core->executions, &at));)
        core_tick_execution(turn, entry->value);
}
