/*
 * A program wants a capability used.
 *
 *     1. the address is a capability, callable now            else REFUSED (unknown_tool ...)
 *     2. the arguments fit its input schema                   else REFUSED (invalid)
 *     3. the policy says allow -> FROZEN, ask -> WAITING, deny -> REFUSED
 *     4. FROZEN: the writ exists; it runs as soon as there is a place
 *
 * Arguments are validated before anyone is asked. Nothing is sent here: an attempt is an effect
 * that leaves when its record is durable.
 */
#include "domain/core/internal.h"
#include "format/json/json.h"

#define CORE_NEAREST_MAX 3U

static void core_refuse(struct core_turn *turn, struct execution *execution, struct call *call,
                        const struct msg_error *error, const struct policy_decision *decision)
{
    struct event event = { .type = EVENT_CALL_REFUSED };

    event.as.call_refused.execution = execution->handle;
    event.as.call_refused.call = call->number;
    event.as.call_refused.error = *error;
    if (decision) {
        event.as.call_refused.rule = decision->rule;
        event.as.call_refused.layer = decision->layer;
    }
    core__emit(turn, &event);
    core__deliver_call(turn, execution, call);
}

struct str core__unknown_sentence(struct core_turn *turn, struct str address)
{
    struct arena *arena = turn->update->turn;
    struct str names[CORE_NEAREST_MAX];
    size_t count = catalog_nearest(turn->core->catalog, address, names, CORE_NEAREST_MAX);
    struct str list = STR("");

    if (catalog_source_named(turn->core->catalog, address))
        return str_printf(arena,
                          "%.*s is a source; tools.search({source: \"%.*s\"}) lists its tools",
                          STR_ARG(address), STR_ARG(address));
    for (size_t i = 0; i < count; i++)
        list = str_printf(arena, "%.*s%s%.*s", STR_ARG(list), i ? ", " : "", STR_ARG(names[i]));
    if (count == 0)
        return str_printf(arena,
                          "there is no tool %.*s; `writ sources` shows what is connected, "
                          "tools.search(text) finds one",
                          STR_ARG(address));
    return str_printf(arena, "there is no tool %.*s; the nearest: %.*s", STR_ARG(address),
                      STR_ARG(list));
}

struct msg_error core__not_callable(struct core_turn *turn, struct str address,
                                    enum catalog_answer answer, const struct catalog_tool *tool)
{
    const struct catalog_source *source =
        tool ? catalog_source_find(turn->core->catalog, tool->source) : NULL;
    struct arena *arena = turn->update->turn;

    switch (answer) {
    case CATALOG_WAITING:
        if (tool && tool->rejected)
            return core__error(
                "refused", str_printf(arena,
                                      "a person rejected %.*s; only a person can approve it, with "
                                      "`writ sources approve`",
                                      STR_ARG(address)));
        return core__error("refused",
                           str_printf(arena,
                                      "%.*s is new or has changed since it was approved; a person "
                                      "looks at it with `writ sources diff` and approves it",
                                      STR_ARG(address)));
    case CATALOG_SOURCE_AUTH:
        return core__error("auth_required",
                           str_printf(arena, "the source of %.*s needs a credential: %.*s",
                                      STR_ARG(address),
                                      STR_ARG(source ? source->reason : STR_NULL)));
    case CATALOG_UNKNOWN:
    case CATALOG_FOUND:
    case CATALOG_SOURCE_DOWN:
    case CATALOG_SOURCE_OPENING:
        break;
    }
    return core__error("unknown_tool", core__unknown_sentence(turn, address));
}

static void core_receive_event(struct core_turn *turn, struct execution *execution,
                               const struct msg_program_call *program_call,
                               const struct catalog_tool *tool)
{
    struct event event = { .type = EVENT_CALL_RECEIVED };
    struct event_call_received *received = &event.as.call_received;

    received->execution = execution->handle;
    received->call = program_call->call;
    received->address = tool ? tool->address : program_call->address;
    received->args = program_call->args;
    received->effect = tool ? tool->effect : EVENT_EFFECT_READ;
    received->source = tool ? tool->source : 0;
    received->version = tool ? tool->version : 0;
    core__emit(turn, &event);
}

static void core_decide(struct core_turn *turn, const struct execution *execution,
                        const struct call *call, struct policy_decision *ret_decision)
{
    const struct policy_request request = {
        .address = call->address,
        .effect = call->effect,
        .channel = execution->who.channel,
        .agent = execution->who.agent,
        .actor = execution->who.actor,
        .args = call->args,
    };

    policy_decide(turn->core->policy, &request, ret_decision);
    core__own_decision(call, ret_decision);
}

struct digest core__args_digest(struct core_turn *turn, struct str args)
{
    struct buf canonical BUF_CLEANUP = BUF_INIT;

    if (!core__canonical(turn, args, &canonical))
        return digest_of(args);
    return digest_of(buf_str(&canonical));
}

static void core_freeze(struct core_turn *turn, struct execution *execution, struct call *call,
                        const struct catalog_tool *tool, const struct policy_decision *decision)
{
    struct event event = { .type = EVENT_CALL_FROZEN };
    struct event_call_frozen *frozen = &event.as.call_frozen;

    frozen->execution = execution->handle;
    frozen->call = call->number;
    frozen->writ = core__id(turn);
    frozen->rule = decision->rule;
    frozen->layer = decision->layer;
    frozen->capability = tool->digest;
    frozen->input = call->input;
    core__emit(turn, &event);
    core__call_start_frozen(turn, execution);
}

/* What the person sees: the exact call, who makes it, which rule asks. */
static struct str core_input_detail(struct core_turn *turn, const struct execution *execution,
                                    const struct call *call, const struct policy_decision *decision)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    buf_add_c(&text, "{\"address\":");
    buf_add_json(&text, call->address);
    buf_add_c(&text, ",\"effect\":");
    buf_add_json(&text, event_effect_name(call->effect));
    buf_add_c(&text, ",\"actor\":");
    buf_add_json(&text, execution->who.actor);
    buf_add_c(&text, ",\"rule\":");
    buf_add_json(&text, decision->rule);
    buf_add_c(&text, ",\"reason\":");
    buf_add_json(&text, decision->reason);
    buf_add_c(&text, ",\"args\":");
    buf_add_str(&text, call->args.ptr ? call->args : STR("null"));
    buf_add_char(&text, '}');
    return str_copy(turn->update->turn, buf_str(&text));
}

static void core_wait(struct core_turn *turn, struct execution *execution, struct call *call,
                      const struct catalog_tool *tool, const struct policy_decision *decision)
{
    struct event waiting = { .type = EVENT_CALL_WAITING };
    struct event opened = { .type = EVENT_INPUT_OPENED };
    struct event_input_opened *input = &opened.as.input_opened;
    struct core_effect *effect;
    struct call asked = *call;
    struct digest args;

    waiting.as.call_waiting.execution = execution->handle;
    waiting.as.call_waiting.call = call->number;
    waiting.as.call_waiting.input = core__id(turn);
    waiting.as.call_waiting.rule = decision->rule;
    waiting.as.call_waiting.layer = decision->layer;
    core__emit(turn, &waiting);
    asked.rule = decision->rule;
    asked.capability = tool->digest;
    args = core__args_digest(turn, call->args);
    input->input = waiting.as.call_waiting.input;
    input->kind = EVENT_INPUT_KIND_APPROVAL;
    input->execution = execution->handle;
    input->call = call->number;
    input->title = core__own_title(turn, execution, call);
    if (!input->title.ptr)
        input->title = str_printf(turn->update->turn, "%.*s wants to use %.*s (%.*s)",
                                  STR_ARG(execution->who.actor), STR_ARG(call->address),
                                  STR_ARG(event_effect_name(call->effect)));
    input->detail = core_input_detail(turn, execution, call, decision);
    input->binding = call_binding(&asked, execution->who.actor, &args);
    input->expires_ms = turn->now_ms + LIMIT_INPUT_EXPIRY_MS;
    core__emit(turn, &opened);
    effect = core__effect(turn, EFFECT_INPUT_OPENED);
    effect->execution = execution->handle;
    effect->call = call->number;
    effect->input = input->input;
    effect->durable = turn->update->seq;
}

static bool core_args_fit(struct core_turn *turn, struct execution *execution, struct call *call,
                          const struct catalog_tool *tool)
{
    struct arena *arena = turn->update->turn;
    struct report *report = ARENA_NEW(arena, struct report);
    struct msg_error error;

    report_init(report, arena);
    if (core__args_fit(turn, tool, call->args, report) == CORE_FITS)
        return true;
    error = core__error("invalid",
                        str_printf(arena, "the arguments of %.*s do not fit: %.*s",
                                   STR_ARG(call->address),
                                   STR_ARG(core__problems_say(arena, report, "the argument"))));
    core_refuse(turn, execution, call, &error, NULL);
    return false;
}

void core__call_authorize(struct core_turn *turn, struct execution *execution, struct call *call)
{
    const struct catalog_tool *tool = NULL;
    enum catalog_answer answer = core__tool_find(turn, call->address, &tool);
    struct policy_decision decision;
    struct msg_error error;

    if (answer == CATALOG_UNKNOWN || answer == CATALOG_WAITING || answer == CATALOG_SOURCE_AUTH) {
        error = core__not_callable(turn, call->address, answer, tool);
        core_refuse(turn, execution, call, &error, NULL);
        return;
    }
    if (!core_args_fit(turn, execution, call, tool))
        return;
    error = core__own_problem(turn, execution, call);
    if (!error.code.ptr)
        error = core__files_problem(turn, execution, call, tool);
    if (error.code.ptr) {
        core_refuse(turn, execution, call, &error, NULL);
        return;
    }
    core_decide(turn, execution, call, &decision);
    switch (decision.verdict) {
    case EVENT_VERDICT_ALLOW:
        core_freeze(turn, execution, call, tool, &decision);
        return;
    case EVENT_VERDICT_ASK:
        if (turn->core->inputs.count >= LIMIT_INPUT_OPEN) {
            error = core__error("limit", STR("as many inputs are open as are allowed"));
            core_refuse(turn, execution, call, &error, &decision);
            return;
        }
        core_wait(turn, execution, call, tool, &decision);
        return;
    case EVENT_VERDICT_DENY:
        error = core__error("refused",
                            str_printf(turn->update->turn, "%.*s is denied by the rule %.*s (%.*s)",
                                       STR_ARG(call->address), STR_ARG(decision.rule),
                                       STR_ARG(decision.reason)));
        core_refuse(turn, execution, call, &error, &decision);
        return;
    }
    UNREACHABLE("a verdict outside its enum");
}

/* An approval was given: the policy decides again, and a stricter answer wins. */
void core__call_approved(struct core_turn *turn, struct execution *execution, struct call *call,
                         const struct input *input)
{
    const struct catalog_tool *tool = NULL;
    enum catalog_answer answer = core__tool_find(turn, call->address, &tool);
    struct policy_decision decision;
    struct msg_error error;
    struct call asked = *call;
    struct digest args;

    if (answer == CATALOG_UNKNOWN || answer == CATALOG_WAITING) {
        error = core__not_callable(turn, call->address, answer, tool);
        core_refuse(turn, execution, call, &error, NULL);
        return;
    }
    core_decide(turn, execution, call, &decision);
    asked.capability = tool->digest;
    args = core__args_digest(turn, call->args);
    if (decision.verdict == EVENT_VERDICT_DENY) {
        error = core__error("refused", str_printf(turn->update->turn,
                                                  "%.*s was approved, and is denied since by the "
                                                  "rule %.*s",
                                                  STR_ARG(call->address), STR_ARG(decision.rule)));
        core_refuse(turn, execution, call, &error, &decision);
        return;
    }
    if (decision.verdict == EVENT_VERDICT_ASK)
        asked.rule = decision.rule;
    struct digest binding = call_binding(&asked, execution->who.actor, &args);
    if (!digest_equal(&binding, &input->binding)) {
        error = core__error("refused",
                            STR("what was approved is not what would run now: the tool or the "
                                "rule changed in between; ask again"));
        core_refuse(turn, execution, call, &error, &decision);
        return;
    }
    core_freeze(turn, execution, call, tool, &decision);
}

void core__call_denied(struct core_turn *turn, struct execution *execution, struct call *call)
{
    struct msg_error error =
        core__error("refused", str_printf(turn->update->turn, "a person said no to %.*s",
                                          STR_ARG(call->address)));

    core_refuse(turn, execution, call, &error, NULL);
}

static void core_preview(struct core_turn *turn, struct execution *execution,
                         const struct msg_program_call *program_call)
{
    struct event event = { .type = EVENT_QUERY_DONE };
    struct event_query_done *done = &event.as.query_done;
    const struct catalog_tool *tool = NULL;
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct policy_request request = {
        .channel = execution->who.channel,
        .agent = execution->who.agent,
        .actor = execution->who.actor,
    };

    done->execution = execution->handle;
    done->call = program_call->call;
    done->address = program_call->address;
    done->args = program_call->args;
    if (core__tool_find(turn, program_call->address, &tool) == CATALOG_UNKNOWN) {
        done->error =
            core__error("unknown_tool", core__unknown_sentence(turn, program_call->address));
    } else {
        request.address = tool->address;
        request.effect = tool->effect;
        policy_print_why(turn->core->policy, &request, &text);
        done->value = str_copy(turn->update->turn, buf_str(&text));
    }
    core__emit(turn, &event);
    core__deliver_call(turn, execution, core__call_find(execution, program_call->call));
}

void core__call_receive(struct core_turn *turn, struct execution *execution,
                        const struct msg_program_call *program_call)
{
    const struct catalog_tool *tool = NULL;

    if (core__is_query(program_call->address)) {
        core__query(turn, execution, program_call);
        return;
    }
    if (program_call->preview || execution->preview) {
        core_preview(turn, execution, program_call);
        return;
    }
    (void)core__tool_find(turn, program_call->address, &tool);
    core_receive_event(turn, execution, program_call, tool);
    core__call_authorize(turn, execution, core__call_find(execution, program_call->call));
}
