/*
 * What a program did since its last delivery.
 *
 * A program that runs again from its start reports its calls again: the same number must be the
 * same call, or it is NONDETERMINISTIC and ends. New calls are received in order. A program that
 * only waits for people is put away.
 */
#include "domain/core/internal.h"
#include "format/json/json.h"

static bool core_same_json(struct core_turn *turn, struct str a, struct str b)
{
    struct buf left BUF_CLEANUP = BUF_INIT;
    struct buf right BUF_CLEANUP = BUF_INIT;

    if (str_equal(a, b))
        return true;
    return core__canonical(turn, a, &left) && core__canonical(turn, b, &right) &&
           str_equal(buf_str(&left), buf_str(&right));
}

static bool core_same_call(struct core_turn *turn, const struct call *call,
                           const struct msg_program_call *program_call)
{
    const struct catalog_tool *tool = NULL;
    struct str address = program_call->address;

    /* The record has the catalog's own spelling of the address. */
    if (!str_equal(call->address, address) &&
        catalog_find(turn->core->catalog, address, &tool) != CATALOG_UNKNOWN)
        address = tool->address;
    return str_equal(call->address, address) &&
           core_same_json(turn, call->args, program_call->args);
}

static void core_nondeterministic(struct core_turn *turn, struct execution *execution,
                                  const struct call *call,
                                  const struct msg_program_call *program_call)
{
    struct msg_error error = core__error(
        "nondeterministic",
        str_printf(turn->update->turn,
                   "call %u was %.*s(%.*s) and is %.*s(%.*s) when the program runs again",
                   call->number, STR_ARG(call->address), STR_ARG(call->args),
                   STR_ARG(program_call->address), STR_ARG(program_call->args)));

    core__end_error(turn, execution, EVENT_EXECUTION_STATE_FAILED, &error);
}

/* A program that runs again reports timers that it reported, or that fell due, before. */
static bool core_timer_is_known(const struct core_turn *turn, const struct execution *execution,
                                const struct msg_program_timer *timer)
{
    for (size_t i = 0; i < execution->timers.count; i++)
        if (execution->timers.at[i].timer == timer->timer)
            return true;
    if (timer->due_ms > turn->now_ms)
        return false;
    for (size_t i = execution->deliveries.count; i-- > 0;)
        if (execution->deliveries.at[i].kind == MSG_DELIVERY_KIND_TIMER &&
            execution->deliveries.at[i].timer == timer->timer)
            return true;
    return false;
}

static void core_timer_clear(struct execution *execution, uint32_t timer)
{
    for (size_t i = 0; i < execution->timers.count; i++)
        if (execution->timers.at[i].timer == timer) {
            execution->timers.at[i] = execution->timers.at[--execution->timers.count];
            return;
        }
}

static void core_report_timers(const struct core_turn *turn, struct execution *execution,
                               const struct msg_program_report *report)
{
    for (size_t i = 0; i < report->timers_count; i++) {
        const struct msg_program_timer *timer = &report->timers[i];

        if (timer->cleared)
            core_timer_clear(execution, timer->timer);
        else if (!core_timer_is_known(turn, execution, timer))
            *VEC_PUSH(&execution->timers) =
                (struct core_timer){ .timer = timer->timer, .due_ms = timer->due_ms };
    }
}

/* False if the program ended over it. */
static bool core_report_calls(struct core_turn *turn, struct execution *execution,
                              const struct msg_program_report *report)
{
    for (size_t i = 0; i < report->calls_count; i++) {
        const struct msg_program_call *program_call = &report->calls[i];
        struct call *call = core__call_find(execution, program_call->call);

        if (call && !core_same_call(turn, call, program_call)) {
            core_nondeterministic(turn, execution, call, program_call);
            return false;
        }
        if (call)
            continue;
        if (program_call->call != execution->calls.count + 1 ||
            program_call->call > LIMIT_PROGRAM_CALLS) {
            struct msg_error error =
                core__error("limit", str_printf(turn->update->turn, "a program may make %llu calls",
                                                (unsigned long long)LIMIT_PROGRAM_CALLS));

            core__end_error(turn, execution, EVENT_EXECUTION_STATE_FAILED, &error);
            return false;
        }
        core__call_receive(turn, execution, program_call);
    }
    return true;
}

/* A program that runs again says again what it said: each value and line is told once. */
static void core_report_emits(struct core_turn *turn, struct execution *execution,
                              const struct msg_program_report *report)
{
    for (size_t i = 0; i < report->emits_count; i++) {
        struct core_effect *effect;

        if (report->emits_from + i < execution->emits_told)
            continue;
        effect = core__effect(turn, EFFECT_EMIT);
        effect->execution = execution->handle;
        effect->text = report->emits[i];
        effect->number = report->emits_from + i;
        effect->before = turn->update->seq;
        execution->emits_told = effect->number + 1;
    }
}

/* With its end the console is part of the execution, and told with it. */
static void core_report_console(struct core_turn *turn, struct execution *execution,
                                const struct msg_program_report *report)
{
    if (report->state != MSG_REPORT_STATE_WAITING)
        return;
    for (size_t i = 0; i < report->console_count; i++) {
        struct core_effect *effect;

        if (report->console_from + i < execution->console_told)
            continue;
        effect = core__effect(turn, EFFECT_CONSOLE);
        effect->execution = execution->handle;
        effect->level = report->console[i].level;
        effect->text = report->console[i].text;
        effect->number = report->console_from + i;
        effect->before = turn->update->seq;
        execution->console_told = effect->number + 1;
    }
}

void core__on_report(struct core_turn *turn)
{
    const struct msg_program_report *report = &turn->command->as.report;
    struct execution *execution = core__execution_find(turn->core, report->execution);
    struct event_execution_ended ended = { 0 };

    if (!execution || !core__is_live(execution) || report->delivered > execution->deliveries.count)
        return;
    core_report_console(turn, execution, report);
    core_report_emits(turn, execution, report);
    core_report_timers(turn, execution, report);
    if (!core_report_calls(turn, execution, report))
        return;
    if (report->state == MSG_REPORT_STATE_WAITING) {
        for (size_t i = 0; i < execution->timers.count; i++)
            core__due(turn->core, execution->timers.at[i].due_ms);
        if (report->delivered == execution->deliveries.count && !report->more)
            core__park(turn, execution);
        return;
    }
    ended.state = report->state == MSG_REPORT_STATE_DONE ? EVENT_EXECUTION_STATE_DONE
                                                         : EVENT_EXECUTION_STATE_FAILED;
    ended.result = report->result;
    ended.error = report->error;
    ended.console = report->console;
    ended.console_count = report->console_count;
    ended.ticks = report->ticks;
    core__end(turn, execution, &ended);
}

void core__on_lost(struct core_turn *turn)
{
    struct execution *execution =
        core__execution_find(turn->core, turn->command->as.lost.execution);

    if (execution && core__is_live(execution))
        core__end_error(turn, execution, EVENT_EXECUTION_STATE_FAILED,
                        &turn->command->as.lost.error);
}

/*
 * After a restart. The attempt that was under way ended with the daemon: a read is tried again,
 * anything else may have been sent and is UNKNOWN.
 */
static void core_resume_call(struct core_turn *turn, struct execution *execution, struct call *call)
{
    struct event event = { .type = EVENT_CALL_ATTEMPTED };
    struct core_effect *effect;

    if (call->state == CALL_WAITING || call->state == CALL_UNKNOWN) {
        effect = core__effect(turn, EFFECT_INPUT_OPENED);
        effect->execution = execution->handle;
        effect->call = call->number;
        effect->input = call->input;
        return;
    }
    if (call->state == CALL_RUNNING && !call->attempting)
        core__due(turn->core, call_retry_at(call));
    if (call->state != CALL_RUNNING || !call->attempting)
        return;
    core__asks_close(turn, execution, call); /* Its source is gone, too. */
    if (call->effect != EVENT_EFFECT_READ) {
        core__call_unknown(turn, execution, call, STR("restarted"), MSG_SENT_MAYBE);
        return;
    }
    event.as.call_attempted.execution = execution->handle;
    event.as.call_attempted.call = call->number;
    event.as.call_attempted.attempt = call->attempt;
    event.as.call_attempted.sent = MSG_SENT_MAYBE;
    event.as.call_attempted.error =
        core__error("unreachable", STR("restarted: the daemon ended while it ran"));
    core__emit(turn, &event);
    if (core__is_live(execution))
        core__call_run(turn, execution, call);
    else
        core__call_cancel(turn, execution, call, STR("the program has ended"));
}

void core__on_resume(struct core_turn *turn)
{
    struct execution *execution = core__execution_find(turn->core, turn->command->as.execution);
    struct core_effect *effect;

    if (!execution)
        return;
    for (size_t i = execution->first_open; i < execution->calls.count; i++)
        if (!call_is_settled(execution->calls.at[i]))
            core_resume_call(turn, execution, execution->calls.at[i]);
    if (!core__is_live(execution))
        return;
    core__call_start_frozen(turn, execution);
    if (execution->parked) {
        if (execution->parked_due_ms)
            core__due(turn->core, execution->parked_due_ms);
        return;
    }
    effect = core__effect(turn, EFFECT_PROGRAM_RUN);
    effect->execution = execution->handle;
}
