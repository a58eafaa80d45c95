/* Effects leave: to workers, to egress, to whoever waits. */
#include "proc/daemon/internal.h"
#include "proc/daemon/own.h"

static void daemon_act_received(struct daemon *daemon, const struct core_effect *effect)
{
    struct daemon_request *request = daemon__request_find(daemon, effect->token);
    const struct execution *execution = core_execution(daemon->core, effect->execution);
    const struct input *input;
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (!request || !execution)
        return;
    if (request->asker != DAEMON_ASKER_MCP) {
        if (request->follow) {
            daemon__view_execution(daemon, execution, false, &text);
            daemon__api_stream(daemon, request, "started", buf_str(&text));
        } else if (!request->wait) {
            daemon__api_execution(daemon, request, execution);
        }
        return;
    }
    /* It may be one that it attached to, and that waits for a person already. */
    for (size_t at = 0; (input = core_input_next(daemon->core, &at));)
        if (input->execution == execution->handle)
            daemon__mcp_input(daemon, request, input);
}

static void daemon_act_reply(struct daemon *daemon, const struct core_effect *effect)
{
    struct daemon_request *request = daemon__request_find(daemon, effect->token);

    if (!request)
        return;
    if (request->asker == DAEMON_ASKER_MCP)
        daemon__mcp_ended(daemon, request, NULL, &effect->error);
    else
        daemon__api_reply(daemon, request, effect);
}

typedef void daemon_each(struct daemon *daemon, struct daemon_request *request,
                         const void *context);

/* Whoever is told may go, so the list is copied first. */
static void daemon_each_waiter(struct daemon *daemon, uint64_t execution, daemon_each *each,
                               const void *context)
{
    const struct daemon_waiters *waiters = map_find_u64(&daemon->waiters, execution);
    size_t count = waiters ? waiters->requests.count : 0;
    uint64_t *tokens = ARENA_ARRAY(daemon->turn, uint64_t, count);

    for (size_t i = 0; i < count; i++)
        tokens[i] = waiters->requests.at[i];
    for (size_t i = 0; i < count; i++) {
        struct daemon_request *request = daemon__request_find(daemon, tokens[i]);

        if (request)
            each(daemon, request, context);
    }
}

static void daemon_each_ended(struct daemon *daemon, struct daemon_request *request,
                              const void *context)
{
    if (request->asker == DAEMON_ASKER_MCP)
        daemon__mcp_ended(daemon, request, context, NULL);
    else
        daemon__api_execution(daemon, request, context);
}

static void daemon_act_ended(struct daemon *daemon, const struct core_effect *effect)
{
    const struct execution *execution = core_execution(daemon->core, effect->execution);

    if (execution)
        daemon_each_waiter(daemon, effect->execution, daemon_each_ended, execution);
}

static void daemon_each_input(struct daemon *daemon, struct daemon_request *request,
                              const void *context)
{
    const struct input *input = context;
    const struct execution *execution = core_execution(daemon->core, input->execution);
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (request->asker == DAEMON_ASKER_MCP) {
        daemon__mcp_input(daemon, request, input);
        return;
    }
    if (input->kind == EVENT_INPUT_KIND_MODEL)
        return; /* No person answers it. */
    if (request->follow) {
        daemon__view_input(daemon, input, &text);
        daemon__api_stream(daemon, request, "input", buf_str(&text));
    } else if (request->wait && daemon__waits_for_person(daemon, execution)) {
        daemon__api_execution(daemon, request, execution);
    }
}

static void daemon_each_subscriber(struct daemon *daemon, const char *name, struct str data)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->requests, &at));) {
        struct daemon_request *request = entry->value;

        if (request->asker != DAEMON_ASKER_MCP && request->kind == API_EVENTS && request->follow)
            daemon__api_stream(daemon, request, name, data);
    }
}

static void daemon_act_input_opened(struct daemon *daemon, const struct core_effect *effect)
{
    const struct input *input = core_input(daemon->core, effect->input);
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (!input)
        return;
    daemon_each_waiter(daemon, effect->execution, daemon_each_input, input);
    if (input->kind == EVENT_INPUT_KIND_MODEL)
        return; /* No person answers it. */
    daemon__view_input(daemon, input, &text);
    daemon_each_subscriber(daemon, "input", buf_str(&text));
}

static void daemon_act_input_closed(struct daemon *daemon, const struct core_effect *effect)
{
    struct str id = daemon__id(daemon, effect->input, "inp");
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct map_entry *entry;

    buf_add_c(&text, "{\"id\":");
    buf_add_json(&text, id);
    buf_add_char(&text, '}');
    for (size_t at = 0; (entry = map_next(&daemon->requests, &at));) {
        struct daemon_request *request = entry->value;

        if (request->asker == DAEMON_ASKER_MCP)
            mcp_input_closed(daemon->mcp, request->key, id, &daemon->actions);
        else if (request->follow)
            daemon__api_stream(daemon, request, "input_closed", buf_str(&text));
    }
}

static void daemon_each_emit(struct daemon *daemon, struct daemon_request *request,
                             const void *context)
{
    const struct core_effect *effect = context;
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (request->asker == DAEMON_ASKER_MCP) {
        mcp_emitted(daemon->mcp, request->key, effect->text, &daemon->actions);
        return;
    }
    if (!request->follow)
        return;
    buf_printf(&text,
               "{\"number\":%llu,\"before\":%llu,\"value\":", (unsigned long long)effect->number,
               (unsigned long long)effect->before);
    buf_add_str(&text, effect->text);
    buf_add_char(&text, '}');
    daemon__api_stream(daemon, request, "emit", buf_str(&text));
}

static void daemon_each_line(struct daemon *daemon, struct daemon_request *request,
                             const void *context)
{
    const struct core_effect *effect = context;
    const struct mcp_console line = { .level = effect->level, .text = effect->text };
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (request->asker == DAEMON_ASKER_MCP) {
        mcp_console_line(daemon->mcp, request->key, (size_t)effect->number, &line,
                         &daemon->actions);
        return;
    }
    if (!request->follow)
        return;
    buf_printf(&text,
               "{\"number\":%llu,\"before\":%llu,\"level\":", (unsigned long long)effect->number,
               (unsigned long long)effect->before);
    buf_add_json(&text, effect->level);
    buf_add_c(&text, ",\"text\":");
    buf_add_json(&text, effect->text);
    buf_add_char(&text, '}');
    daemon__api_stream(daemon, request, "console", buf_str(&text));
}

static void daemon_each_progress(struct daemon *daemon, struct daemon_request *request,
                                 const void *context)
{
    const struct msg_call_progress *progress = context;
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (request->asker == DAEMON_ASKER_MCP) {
        mcp_progress(daemon->mcp, request->key,
                     progress->message.ptr ? progress->message : progress->progress,
                     &daemon->actions);
        return;
    }
    if (!request->follow)
        return;
    buf_printf(&text, "{\"call\":%u,\"progress\":", progress->call);
    buf_add_json(&text, progress->progress);
    buf_add_c(&text, ",\"message\":");
    buf_add_json(&text, progress->message);
    buf_add_char(&text, '}');
    daemon__api_stream(daemon, request, "progress", buf_str(&text));
}

void daemon__progress(struct daemon *daemon, const struct msg_call_progress *progress)
{
    daemon_each_waiter(daemon, progress->execution, daemon_each_progress, progress);
}

/* A source that is up or in error: who waits to hear so. */
static void daemon_act_source(struct daemon *daemon, const struct core_effect *effect)
{
    const struct catalog_source *source =
        catalog_source_find(core_catalog(daemon->core), effect->source);
    struct map_entry *entry;

    /* One that is gone is told too. */
    if (source &&
        (source->state == MSG_SOURCE_STATE_PROBING || source->state == MSG_SOURCE_STATE_DRAFT))
        return;
    for (size_t at = 0; (entry = map_next(&daemon->requests, &at));) {
        struct daemon_request *request = entry->value;

        if (request->source == effect->source && request->wait)
            daemon__api_source(daemon, request);
    }
}

struct daemon_call_event {
    uint64_t execution;
    uint32_t call;
    const char *state;
};

static void daemon_each_call(struct daemon *daemon, struct daemon_request *request,
                             const void *context)
{
    const struct daemon_call_event *event = context;
    const struct call *call = core_call(daemon->core, event->execution, event->call);
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (request->asker == DAEMON_ASKER_MCP || !request->follow || !call)
        return;
    buf_printf(&text, "{\"call\":%u,\"address\":", event->call);
    buf_add_json(&text, call->address);
    buf_add_c(&text, ",\"state\":");
    buf_add_json(&text, str_from(call_state_name(call->state)));
    buf_add_char(&text, '}');
    daemon__api_stream(daemon, request, "call", buf_str(&text));
}

/* Events of calls, for those who follow an execution. */
void daemon__published(struct daemon *daemon, const struct event *event)
{
    struct daemon_call_event call = { 0 };

    if (daemon->waiters.count == 0)
        return;
    switch ((int)event->type) {
    case EVENT_CALL_RUNNING:
        call.execution = event->as.call_running.execution;
        call.call = event->as.call_running.call;
        break;
    case EVENT_CALL_DONE:
        call.execution = event->as.call_done.execution;
        call.call = event->as.call_done.call;
        break;
    case EVENT_CALL_FAILED:
        call.execution = event->as.call_failed.execution;
        call.call = event->as.call_failed.call;
        break;
    case EVENT_CALL_REFUSED:
        call.execution = event->as.call_refused.execution;
        call.call = event->as.call_refused.call;
        break;
    default:
        return;
    }
    daemon_each_waiter(daemon, call.execution, daemon_each_call, &call);
}

void daemon__act(struct daemon *daemon, const struct core_effect *effect)
{
    switch (effect->type) {
    case EFFECT_RECEIVED:
        daemon_act_received(daemon, effect);
        return;
    case EFFECT_REPLY:
        daemon_act_reply(daemon, effect);
        return;
    case EFFECT_PROGRAM_RUN:
    case EFFECT_PROGRAM_FEED:
        daemon__pool_run(daemon, effect->execution);
        return;
    case EFFECT_PROGRAM_DROP:
        daemon__pool_drop(daemon, effect->execution);
        return;
    case EFFECT_CALL_SEND:
        daemon__call_send(daemon, effect);
        return;
    case EFFECT_CALL_CANCEL:
        daemon__call_cancel(daemon, effect);
        return;
    case EFFECT_CALL_REFUSE:
        daemon__call_refuse(daemon, effect);
        return;
    case EFFECT_CALL_SAY:
        daemon__call_say(daemon, effect);
        return;
    case EFFECT_ENDED:
        daemon_act_ended(daemon, effect);
        return;
    case EFFECT_INPUT_OPENED:
        daemon_act_input_opened(daemon, effect);
        return;
    case EFFECT_INPUT_CLOSED:
        daemon_act_input_closed(daemon, effect);
        return;
    case EFFECT_SOURCE_START:
        daemon__source_start(daemon, effect->source);
        return;
    case EFFECT_SOURCE_STOP:
        daemon__source_stop(daemon, effect->source);
        daemon_act_source(daemon, effect);
        return;
    case EFFECT_SOURCE_CHANGED:
        daemon_act_source(daemon, effect);
        return;
    case EFFECT_SOURCE_REFRESH:
        daemon__source_refresh_soon(daemon, effect->source);
        return;
    case EFFECT_SOURCE_LATER:
        daemon__source_later(daemon, effect->source, (int64_t)effect->number);
        return;
    case EFFECT_SESSION:
        return;
    case EFFECT_EMIT:
        daemon_each_waiter(daemon, effect->execution, daemon_each_emit, effect);
        return;
    case EFFECT_CONSOLE:
        daemon_each_waiter(daemon, effect->execution, daemon_each_line, effect);
        return;
    }
    UNREACHABLE("an effect outside its enum");
}
