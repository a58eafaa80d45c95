/* What a person says, and what follows. */
#include "domain/core/internal.h"
#include "format/json/json.h"

void core__input_close(struct core_turn *turn, struct id id, const char *reason)
{
    struct event event = { .type = EVENT_INPUT_CLOSED };
    struct core_effect *effect;

    if (!core__input_find(turn->core, id))
        return;
    event.as.input_closed.input = id;
    event.as.input_closed.reason = str_from(reason);
    core__emit(turn, &event);
    effect = core__effect(turn, EFFECT_INPUT_CLOSED);
    effect->input = id;
}

static void core_answer_refused(struct core_turn *turn, enum input_answer answer)
{
    const struct command_answer *said = &turn->command->as.answer;
    struct event event = { .type = EVENT_INPUT_REFUSED };
    struct core_effect *effect = core__effect(turn, EFFECT_REPLY);

    effect->error = core__error(
        answer == INPUT_NOT_OPEN || answer == INPUT_NOT_THE_KIND ? "conflict" : "refused",
        str_from(input_answer_sentence(answer)));
    event.as.input_refused.input = said->input;
    event.as.input_refused.who = said->who;
    event.as.input_refused.reason = effect->error.message;
    core__emit(turn, &event);
}

static void core_answered_unknown(struct core_turn *turn, struct execution *execution,
                                  struct call *call)
{
    const struct command_answer *said = &turn->command->as.answer;
    struct event event = { .type = EVENT_CALL_DONE };
    struct msg_error error;

    switch ((int)said->answer) {
    case EVENT_ANSWER_AGAIN:
        core__call_run(turn, execution, call);
        return;
    case EVENT_ANSWER_DONE:
        event.as.call_done.execution = execution->handle;
        event.as.call_done.call = call->number;
        event.as.call_done.value = said->value.ptr ? said->value : STR("null");
        event.as.call_done.conformance = EVENT_CONFORMANCE_OK;
        event.as.call_done.by = said->who.actor;
        core__emit(turn, &event);
        core__deliver_call(turn, execution, call);
        return;
    default:
        error = core__error("unreachable", STR("a person looked: it did not happen"));
        core__call_fail(turn, execution, call, &error, MSG_SENT_NO);
        return;
    }
}

/* The value a person gives for an outcome that was lost must be what the tool promises. */
static bool core_answer_value_fits(struct core_turn *turn, const struct call *call)
{
    const struct command_answer *said = &turn->command->as.answer;
    struct arena *arena = turn->update->turn;
    struct report *report = ARENA_NEW(arena, struct report);
    const struct catalog_tool *tool = NULL;

    if (said->answer != EVENT_ANSWER_DONE)
        return true;
    (void)catalog_find(turn->core->catalog, call->address, &tool);
    if (!tool || !tool->output.ptr)
        return true;
    report_init(report, arena);
    if (core__result_fits(turn, tool, said->value.ptr ? said->value : STR("null"), report) !=
        CORE_FITS_NOT)
        return true;
    core__effect(turn, EFFECT_REPLY)->error =
        core__error("invalid", str_printf(arena, "this value is not what %.*s gives: %.*s",
                                          STR_ARG(call->address),
                                          STR_ARG(core__problems_say(arena, report, "the value"))));
    return false;
}

static void core_input_answered(struct core_turn *turn, const struct input *input,
                                enum event_answer answer, struct str value)
{
    const struct command_answer *said = &turn->command->as.answer;
    struct event event = { .type = EVENT_INPUT_ANSWERED };
    struct core_effect *effect;

    event.as.input_answered.input = input->id;
    event.as.input_answered.answer = answer;
    event.as.input_answered.value = value;
    event.as.input_answered.who = said->who;
    event.as.input_answered.via = said->via;
    event.as.input_answered.answered = said->who.verified ? STR("verified") : STR("unverified");
    core__emit(turn, &event);
    effect = core__effect(turn, EFFECT_INPUT_CLOSED);
    effect->input = said->input;
    effect = core__effect(turn, EFFECT_REPLY);
    effect->input = said->input;
    effect->durable = turn->update->seq;
}

void core__on_input_answer(struct core_turn *turn)
{
    const struct command_answer *said = &turn->command->as.answer;
    struct core_open_input *open = core__input_find(turn->core, said->input);
    struct execution *execution;
    struct call *call;
    struct input input;
    struct str value = said->value;
    enum event_answer says = said->answer;
    enum input_answer answer;

    if (!open) {
        core_answer_refused(turn, INPUT_NOT_OPEN);
        return;
    }
    answer = input_answer_decide(&open->input, said->answer, &said->who, turn->now_ms);
    if (answer != INPUT_ACCEPTED) {
        core_answer_refused(turn, answer);
        return;
    }
    execution = core__execution_find(turn->core, open->input.execution);
    call = core__call_find(execution, open->input.call);
    CHECK(call != NULL);
    if (!core_answer_value_fits(turn, call))
        return;
    if (open->input.kind == EVENT_INPUT_KIND_MODEL)
        says = core__model_answer(turn, &value);
    else if (said->answer == EVENT_ANSWER_SUBMIT &&
             !core__ask_fits(turn, &open->input, said->value, &value))
        return;
    input = open->input; /* Its texts go with it; the binding and kind are needed below. */
    core_input_answered(turn, &input, says, value);
    if (input.ask)
        core__ask_answered(turn, &input, says, value);
    else if (input.kind == EVENT_INPUT_KIND_UNKNOWN)
        core_answered_unknown(turn, execution, call);
    else if (said->answer == EVENT_ANSWER_APPROVE)
        core__call_approved(turn, execution, call, &input);
    else
        core__call_denied(turn, execution, call);
}
