/* The state as text: deliveries for a program, and everything for comparing two cores. */
#include "domain/core/internal.h"

void core_delivery_print(const struct execution *execution, uint64_t index, struct arena *turn,
                         struct msg_delivery *ret_delivery)
{
    const struct core_delivery *given = &execution->deliveries.at[index - 1];
    const struct call *call = core__call_find(execution, given->call);
    struct buf text BUF_CLEANUP = BUF_INIT;

    CHECK(index >= 1 && index <= execution->deliveries.count);
    *ret_delivery = (struct msg_delivery){
        .index = index,
        .at_ms = given->at_ms,
        .kind = given->kind,
        .call = given->call,
        .timer = given->timer,
    };
    if (given->kind == MSG_DELIVERY_KIND_ERROR && call) {
        call_error_print(call, &text);
        ret_delivery->value = str_copy(turn, buf_str(&text));
    } else if (given->kind == MSG_DELIVERY_KIND_RESULT && call) {
        ret_delivery->value = call->value.ptr ? call->value : STR("null");
        ret_delivery->artifact = call->artifact;
        ret_delivery->meta = call->meta;
    }
}

static void core_print_id(struct buf *out, struct id id, const char *prefix)
{
    char text[ID_TEXT_LEN];

    id_print(id, prefix, text);
    buf_add(out, text, ID_TEXT_LEN);
}

static void core_print_call(struct buf *out, const struct call *call)
{
    buf_printf(out, "  call %u %s%s attempt %u%s v%u %.*s(%.*s) rule %.*s value %.*s error %.*s ",
               call->number, call->query ? "query " : "", call_state_name(call->state),
               call->attempt, call->attempting ? " under way" : "", call->version,
               STR_ARG(call->address), STR_ARG(call->args), STR_ARG(call->rule),
               STR_ARG(call->value), STR_ARG(call->error.message));
    core_print_id(out, call->writ, "wri");
    buf_add_char(out, ' ');
    core_print_id(out, call->input, "inp");
    buf_add_char(out, '\n');
}

static void core_print_execution(struct buf *out, const struct execution *execution)
{
    core_print_id(out, execution->id, "exe");
    buf_printf(out,
               " %llu state %.*s left %d parked %d due %lld effects %d answered %d unsettled %u "
               "attempting %u frozen %u result %.*s error %.*s\n",
               (unsigned long long)execution->handle,
               STR_ARG(event_execution_state_name(execution->state)), execution->left,
               execution->parked, (long long)execution->parked_due_ms, execution->effects,
               execution->answered, execution->unsettled, execution->attempting, execution->frozen,
               STR_ARG(execution->result), STR_ARG(execution->error.message));
    for (size_t i = 0; i < execution->calls.count; i++)
        core_print_call(out, execution->calls.at[i]);
    for (size_t i = 0; i < execution->deliveries.count; i++)
        buf_printf(out, "  delivery %zu at %lld kind %d call %u timer %u\n", i + 1,
                   (long long)execution->deliveries.at[i].at_ms,
                   (int)execution->deliveries.at[i].kind, execution->deliveries.at[i].call,
                   execution->deliveries.at[i].timer);
}

void core_print(const struct core *core, struct buf *out)
{
    const struct execution *execution;
    const struct input *input;

    buf_printf(out, "at %lld live %llu programs %zu keys %zu sessions %zu results %zu policy %u\n",
               (long long)core->at_ms, (unsigned long long)core->live, core->programs.count,
               core->keys.count, core->sessions.count, core->results.count, core->policy_version);
    for (size_t at = 0; (execution = core_execution_next(core, &at));)
        core_print_execution(out, execution);
    for (size_t at = 0; (input = core_input_next(core, &at));) {
        core_print_id(out, input->id, "inp");
        buf_printf(out, " %d call %llu#%u expires %lld\n", (int)input->kind,
                   (unsigned long long)input->execution, input->call, (long long)input->expires_ms);
    }
    catalog_print_sources(core->catalog, out);
    buf_add_char(out, '\n');
    (void)catalog_print_tools(core->catalog, &(struct catalog_page){ .limit = SIZE_MAX }, out);
    buf_add_char(out, '\n');
}
