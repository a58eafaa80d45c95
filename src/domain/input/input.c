/* Who may say what to which input. */
#include "domain/input/input.h"

void input_open(struct input *input, const struct event_input_opened *event, int64_t at_ms,
                struct arena *arena)
{
    input->id = event->input;
    input->state = INPUT_OPEN;
    input->kind = event->kind;
    input->execution = event->execution;
    input->call = event->call;
    input->attempt = event->attempt;
    input->ask = event->ask;
    input->title = str_copy(arena, event->title);
    input->detail = event->detail.ptr ? str_copy(arena, event->detail) : STR_NULL;
    input->binding = event->binding;
    input->opened_ms = at_ms;
    input->expires_ms = event->expires_ms;
}

static bool input_answer_fits(enum event_input_kind kind, enum event_answer answer)
{
    bool approves = answer == EVENT_ANSWER_APPROVE || answer == EVENT_ANSWER_DENY;

    switch (kind) {
    case EVENT_INPUT_KIND_UNKNOWN:
        return answer == EVENT_ANSWER_DONE || answer == EVENT_ANSWER_NOT_DONE ||
               answer == EVENT_ANSWER_AGAIN;
    case EVENT_INPUT_KIND_FORM:
    case EVENT_INPUT_KIND_MODEL:
        return answer == EVENT_ANSWER_SUBMIT || answer == EVENT_ANSWER_DENY;
    case EVENT_INPUT_KIND_APPROVAL:
    case EVENT_INPUT_KIND_CONFIRM:
    case EVENT_INPUT_KIND_SECRET:
        break;
    }
    return approves;
}

enum input_answer input_answer_decide(const struct input *input, enum event_answer answer,
                                      const struct event_who *who, int64_t now_ms)
{
    if (input->state != INPUT_OPEN || now_ms >= input->expires_ms)
        return INPUT_NOT_OPEN;
    if (input->kind == EVENT_INPUT_KIND_MODEL &&
        (who->channel != EVENT_CHANNEL_MCP || !str_equal(who->actor, input->actor)))
        return INPUT_NOT_THE_MODEL;
    if (input->kind != EVENT_INPUT_KIND_MODEL && !str_starts(who->actor, STR("person:")))
        return INPUT_NOT_A_PERSON;
    if (!input_answer_fits(input->kind, answer))
        return INPUT_NOT_THE_KIND;
    if (input->kind == EVENT_INPUT_KIND_MODEL)
        return INPUT_ACCEPTED; /* It says something, and allows nothing. */
    if (!who->verified && answer != EVENT_ANSWER_DENY && input->effect == EVENT_EFFECT_DESTRUCTIVE)
        return INPUT_UNVERIFIED;
    return INPUT_ACCEPTED;
}

const char *input_answer_sentence(enum input_answer answer)
{
    switch (answer) {
    case INPUT_ACCEPTED:
        return "accepted";
    case INPUT_NOT_OPEN:
        return "this input is not open any more: it was answered, withdrawn or has expired; "
               "`writ inbox` shows what is open";
    case INPUT_NOT_A_PERSON:
        return "only a person may answer, and this request comes from an agent or from nobody "
               "with a terminal; answer with `writ inbox` in a terminal of your own";
    case INPUT_NOT_THE_KIND:
        return "this answer does not fit: an approval takes approve or deny, an unknown outcome "
               "takes done, not_done or again, a form submit or deny";
    case INPUT_NOT_THE_MODEL:
        return "a model is asked here, and the client of the agent that called answers for it; "
               "nobody else does";
    case INPUT_UNVERIFIED:
        return "a destructive call needs an answer from a terminal that is not the agent's; "
               "answer with `writ inbox` there";
    }
    UNREACHABLE("an answer outside its enum");
}
