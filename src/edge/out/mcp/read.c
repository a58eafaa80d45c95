/*
 * What the server says. One message gives at most one event.
 *
 * Whoever writes on the other side may write anything: lines that are no JSON-RPC are counted and
 * told, one that was meant as an answer ends what it answers (misread.c), an answer to nothing
 * (late after a cancel, or twice) is passed over, progress that does not rise is no progress.
 */
#include "edge/out/mcp/asks.h"
#include "edge/out/mcp/own.h"
#include "edge/out/mcp/tasks.h"

#define EXCERPT_MAX 200U

bool out_mcp__complain(struct out_mcp *session, struct str text, struct out_mcp_event *ret_event)
{
    (void)session;
    *ret_event = (struct out_mcp_event){ .kind = OUT_MCP_LOG, .text = text };
    return true;
}

static bool bad_line(struct out_mcp *session, struct str line, const struct rpc_problem *problem,
                     struct out_mcp_event *ret_event)
{
    struct rpc_glance glance = { 0 };
    struct out_mcp__misread misread = { .code = STR("upstream"),
                                        .sentence = str_from(problem->sentence) };
    struct str text;

    rpc_glance_add(&glance, line);
    misread.id = rpc_glance_id(&glance);
    misread.answers = glance.answers && !glance.calls;
    if (!glance.calls && out_mcp__misread(session, &misread, ret_event))
        return true;
    if (session->state == OUT_MCP_FAILED)
        return false;
    out_mcp__note(session);
    if (++session->bad_lines > OUT_MCP_BAD_LINES_MAX) {
        out_mcp__fail(session, STR("what it writes is no MCP"));
        return false;
    }
    text =
        str_printf(session->turn, "not JSON-RPC: %.*s", STR_ARG(out_mcp__cut(line, EXCERPT_MAX)));
    return out_mcp__complain(session, text, ret_event);
}

static bool speaks(const struct json_value *versions, const char *version)
{
    struct json_iter iter = json_iter(versions);
    const struct json_value *one;

    while ((one = json_next(&iter)))
        if (str_is(json_str(one), version))
            return true;
    return false;
}

static bool is_legacy(struct str version)
{
    return str_is(version, "2025-11-25") || str_is(version, "2025-06-18") ||
           str_is(version, "2025-03-26") || str_is(version, "2024-11-05");
}

static bool speaks_legacy(const struct json_value *versions)
{
    struct json_iter iter = json_iter(versions);
    const struct json_value *one;

    while ((one = json_next(&iter)))
        if (is_legacy(json_str(one)))
            return true;
    return false;
}

static void note_server(struct out_mcp *session, const struct json_value *info,
                        struct str instructions)
{
    struct str name = out_mcp__cut(json_get_str(info, "name"), OUT_MCP__NAME_MAX);
    struct str version = out_mcp__cut(json_get_str(info, "version"), OUT_MCP__NAME_MAX);

    session->server = str_printf(session->source, "%.*s%s%.*s", STR_ARG(name),
                                 version.len ? " " : "", STR_ARG(version));
    if (instructions.len)
        session->instructions =
            str_copy(session->source, out_mcp__cut(instructions, OUT_MCP__INSTRUCTIONS_MAX));
}

/* The handshake is done. Ask for the tools, if it has any. */
static bool connected(struct out_mcp *session, const struct json_value *capabilities,
                      int64_t now_ms, struct out_mcp_event *ret_event)
{
    const struct json_value *tools = json_get(capabilities, "tools");

    session->state = OUT_MCP_LISTING;
    out_mcp__own_note(session, capabilities);
    out_mcp__tasks_note(session, capabilities);
    session->logs = json_is_object(json_get(capabilities, "logging"));
    if (session->logs && !session->modern)
        out_mcp__ask_level(session);
    if (!tools)
        return out_mcp__list_none(session, ret_event);
    if (session->modern && json_is_true(json_get(tools, "listChanged")))
        out_mcp__ask_listen(session);
    out_mcp__list_start(session, now_ms);
    return false;
}

void out_mcp__begin_legacy(struct out_mcp *session)
{
    session->state = OUT_MCP_INITIALIZING;
    out_mcp__ask_initialize(session);
}

/* 2026-07-28, "Backward Compatibility": who says this is no older server. */
bool out_mcp__is_modern_error(const struct rpc_message *message)
{
    return message->kind == RPC_ERROR && (message->code == OUT_MCP__HEADER_MISMATCH ||
                                          message->code == OUT_MCP__MISSING_CAPABILITY);
}

static bool on_discover(struct out_mcp *session, const struct rpc_message *message, int64_t now_ms,
                        struct out_mcp_event *ret_event)
{
    const struct json_value *supported = message->kind == RPC_RESULT
                                             ? json_get(message->result, "supportedVersions")
                                             : json_get(message->data, "supported");
    bool modern_error = message->kind == RPC_ERROR && message->code == OUT_MCP__UNSUPPORTED_VERSION;

    if (message->kind == RPC_RESULT && speaks(supported, OUT_MCP__MODERN)) {
        const struct json_value *info =
            json_get(json_get(message->result, "_meta"), "io.modelcontextprotocol/serverInfo");

        session->modern = true;
        session->protocol = STR(OUT_MCP__MODERN);
        note_server(session, info ? info : json_get(message->result, "serverInfo"),
                    json_get_str(message->result, "instructions"));
        return connected(session, json_get(message->result, "capabilities"), now_ms, ret_event);
    }
    if (out_mcp__is_modern_error(message) && !speaks_legacy(supported)) {
        out_mcp__fail(session, str_printf(session->turn, "server/discover failed: %.*s",
                                          STR_ARG(out_mcp__cut(message->text, OUT_MCP__NAME_MAX))));
        return false;
    }
    if (modern_error && speaks(supported, OUT_MCP__MODERN) && !session->reasked) {
        session->reasked = true; /* It says that it speaks what was spoken: once more. */
        out_mcp__ask_discover(session, now_ms);
        return false;
    }
    if (modern_error && !speaks_legacy(supported)) {
        out_mcp__fail(session, STR("it speaks no protocol version that is known here"));
        return false;
    }
    out_mcp__begin_legacy(session);
    return false;
}

static bool on_initialize(struct out_mcp *session, const struct rpc_message *message,
                          int64_t now_ms, struct out_mcp_event *ret_event)
{
    struct str version = json_get_str(message->result, "protocolVersion");

    if (message->kind == RPC_ERROR) {
        out_mcp__fail(session, str_printf(session->turn, "initialize failed: %.*s",
                                          STR_ARG(out_mcp__cut(message->text, OUT_MCP__NAME_MAX))));
        return false;
    }
    if (!is_legacy(version)) {
        out_mcp__fail(session,
                      str_printf(session->turn, "it speaks protocol version %.*s, unknown here",
                                 STR_ARG(out_mcp__cut(version, OUT_MCP__NAME_MAX))));
        return false;
    }
    session->protocol = str_copy(session->source, version);
    note_server(session, json_get(message->result, "serverInfo"),
                json_get_str(message->result, "instructions"));
    out_mcp__say_initialized(session);
    return connected(session, json_get(message->result, "capabilities"), now_ms, ret_event);
}

static bool on_list(struct out_mcp *session, const struct rpc_message *message, int64_t now_ms,
                    struct out_mcp_event *ret_event)
{
    if (message->kind == RPC_RESULT)
        return out_mcp__list_page(session, message->result, now_ms, ret_event);
    if (message->code == RPC_METHOD_NOT_FOUND && !session->listed)
        return out_mcp__list_none(session, ret_event);
    return out_mcp__list_failed(session, out_mcp__cut(message->text, OUT_MCP__NAME_MAX), ret_event);
}

static void fail_call(struct out_mcp_event *event, struct str code, struct str text)
{
    event->status = MSG_OUTCOME_STATUS_FAILED;
    event->code = code;
    event->text = text;
}

/* JSON-RPC's own no: the code goes into data, where a program can look at it. */
static void call_error(struct out_mcp *session, const struct rpc_message *message,
                       struct out_mcp_event *event)
{
    struct str text = out_mcp__cut(message->text, OUT_MCP__MESSAGE_MAX);

    fail_call(event, STR("upstream"), text.len ? text : STR("the server answered with an error"));
    buf_clear(&session->scratch);
    buf_printf(&session->scratch, "{\"rpc_code\":%lld", (long long)message->code);
    if (message->data) {
        buf_add_c(&session->scratch, ",\"data\":");
        json_print(&session->scratch, message->data);
    }
    buf_add_char(&session->scratch, '}');
    event->data = buf_str(&session->scratch);
}

/* True: the call goes on. */
static bool goes_on(struct out_mcp *session, struct out_mcp__pending *pending,
                    struct out_mcp__heard *heard, int64_t now_ms)
{
    if (pending->asked != OUT_MCP__CALL)
        return false;
    if (out_mcp__task_goes_on(session, pending, heard, now_ms))
        return true;
    if (heard->reason.ptr || pending->task.ptr || heard->said.kind != RPC_RESULT ||
        !str_is(json_get_str(heard->said.result, "resultType"), "input_required"))
        return false;
    return out_mcp__again(session, pending, heard->said.result, now_ms, &heard->reason);
}

static bool on_call(struct out_mcp *session, const struct rpc_message *message, uint64_t handle,
                    bool is_own, struct out_mcp_event *ret_event)
{
    struct str type = json_get_str(message->result, "resultType");

    *ret_event =
        (struct out_mcp_event){ .kind = OUT_MCP_OUTCOME, .handle = handle, .sent = MSG_SENT_YES };
    if (message->kind == RPC_ERROR)
        call_error(session, message, ret_event);
    else if (is_own && (!type.len || str_is(type, "complete")))
        out_mcp__own_result(session, message->result, ret_event);
    else if (!type.len || str_is(type, "complete"))
        out_mcp__result(session, message->result, ret_event);
    else
        fail_call(ret_event, STR("upstream"), STR("the answer is of an unknown type"));
    return true;
}

static struct out_mcp__pending *pending_of(struct out_mcp *session, struct str id)
{
    struct out_mcp__pending *found;
    uint64_t number;

    found = str_to_u64(id, &number) ? map_find_u64(&session->pending, number) : NULL;
    return found && !found->held ? found : NULL;
}

/* Well written, but not with the id that was asked: "4" instead of 4, or null. */
static bool misdirected(struct out_mcp *session, const struct rpc_message *message,
                        struct out_mcp_event *ret_event)
{
    const struct out_mcp__misread misread = {
        .id = message->id,
        .answers = true,
        .code = STR("upstream"),
        .sentence = str_printf(session->turn, "its id is %.*s, not the number that was asked%s%.*s",
                               STR_ARG(message->id.ptr ? message->id : STR("null")),
                               message->text.len ? "; it says: " : "",
                               STR_ARG(out_mcp__cut(message->text, OUT_MCP__MESSAGE_MAX))),
    };

    return out_mcp__misread(session, &misread, ret_event);
}

static bool on_answer(struct out_mcp *session, const struct rpc_message *message, int64_t now_ms,
                      struct out_mcp_event *ret_event)
{
    struct out_mcp__pending *found = pending_of(session, message->id);

    if (!found) {
        out_mcp__note(session);
        return misdirected(session, message, ret_event);
    }
    return out_mcp__answered(session, found, message, now_ms, ret_event);
}

bool out_mcp__answered(struct out_mcp *session, struct out_mcp__pending *pending,
                       const struct rpc_message *message, int64_t now_ms,
                       struct out_mcp_event *ret_event)
{
    enum out_mcp__asked asked = pending->asked;
    uint64_t handle = pending->handle;
    bool is_own = pending->method.ptr;
    struct out_mcp__heard heard = { .said = *message };

    if (goes_on(session, pending, &heard, now_ms))
        return false;
    out_mcp__pending_drop(session, pending);
    if (heard.reason.ptr) {
        *ret_event = (struct out_mcp_event){ .kind = OUT_MCP_OUTCOME,
                                             .handle = handle,
                                             .sent = MSG_SENT_YES };
        if (heard.lost)
            out_mcp__unreadable(session, STR("upstream"), heard.reason, ret_event);
        else
            fail_call(ret_event, STR("upstream"), heard.reason);
        return true;
    }
    switch (asked) {
    case OUT_MCP__DISCOVER:
        return on_discover(session, message, now_ms, ret_event);
    case OUT_MCP__INITIALIZE:
        return on_initialize(session, message, now_ms, ret_event);
    case OUT_MCP__LIST:
        return on_list(session, message, now_ms, ret_event);
    case OUT_MCP__LISTEN:
    case OUT_MCP__ASIDE:
        return false; /* It ended the subscription, or never had one; or nobody waits. */
    case OUT_MCP__CALL:
        return on_call(session, &heard.said, handle, is_own, ret_event);
    }
    UNREACHABLE("asked for something outside the enum");
}

/* That of a task is known by the id that it was called with. */
static struct out_mcp__pending *call_of_token(const struct out_mcp *session, uint64_t token)
{
    struct out_mcp__pending *found = map_find_u64(&session->pending, token);
    struct map_entry *entry;
    size_t position = 0;

    while (!found && (entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        if (pending->task.ptr && pending->token == token)
            found = pending;
    }
    return found;
}

static bool on_progress(struct out_mcp *session, const struct json_value *params, int64_t now_ms,
                        struct out_mcp_event *ret_event)
{
    const struct json_value *value = json_get(params, "progress");
    uint64_t token = json_u64_or(json_get(params, "progressToken"), 0);
    struct out_mcp__pending *pending = call_of_token(session, token);
    double progress;

    if (!pending || pending->asked != OUT_MCP__CALL || pending->cancelled ||
        !json_to_double(value, &progress))
        return false;
    if (pending->progressed && progress <= pending->progress)
        return false;
    pending->progressed = true;
    pending->progress = progress;
    if (!pending->asks_open)
        pending->due_ms = now_ms + pending->timeout_ms;
    *ret_event = (struct out_mcp_event){
        .kind = OUT_MCP_PROGRESS,
        .handle = pending->handle,
        .progress = json_text(session->turn, value),
        .text = out_mcp__cut(json_get_str(params, "message"), OUT_MCP__MESSAGE_MAX),
    };
    if (json_is_number(json_get(params, "total")))
        ret_event->total = json_text(session->turn, json_get(params, "total"));
    return true;
}

static bool on_log(struct out_mcp *session, const struct json_value *params,
                   struct out_mcp_event *ret_event)
{
    const struct json_value *data = json_get(params, "data");
    struct str text = json_is_string(data) ? json_str(data)
                      : data               ? json_text(session->turn, data)
                                           : STR("");
    struct str level = out_mcp__cut(json_get_str(params, "level"), 16);
    struct str logger = out_mcp__cut(json_get_str(params, "logger"), OUT_MCP__NAME_MAX);

    text = str_printf(session->turn, "[%.*s%s%.*s] %.*s", STR_ARG(level), logger.len ? " " : "",
                      STR_ARG(logger), STR_ARG(out_mcp__cut(text, OUT_MCP__MESSAGE_MAX)));
    return out_mcp__complain(session, text, ret_event);
}

static bool on_notification(struct out_mcp *session, const struct rpc_message *message,
                            int64_t now_ms, struct out_mcp_event *ret_event)
{
    if (str_is(message->method, "notifications/progress"))
        return on_progress(session, message->params, now_ms, ret_event);
    if (str_is(message->method, "notifications/message"))
        return on_log(session, message->params, ret_event);
    if (str_is(message->method, "notifications/cancelled"))
        out_mcp__ask_withdrawn(
            session, json_text(session->turn, json_get(message->params, "requestId")), now_ms);
    if (str_is(message->method, "notifications/tasks/status") ||
        str_is(message->method, "notifications/tasks"))
        out_mcp__task_status(session, message->params, now_ms);
    if (str_is(message->method, "notifications/tools/list_changed"))
        session->changed = true;
    return false;
}

bool out_mcp__message(struct out_mcp *session, const struct rpc_message *message, int64_t now_ms,
                      struct out_mcp_event *ret_event)
{
    switch (message->kind) {
    case RPC_REQUEST:
        out_mcp__note_request(session);
        if (!session->modern && out_mcp__is_question(message->method))
            out_mcp__asked_person(session, message);
        else
            out_mcp__answer(session, message->id, message->method);
        return false;
    case RPC_NOTIFICATION:
        out_mcp__note(session);
        return on_notification(session, message, now_ms, ret_event);
    case RPC_RESULT:
    case RPC_ERROR:
        return on_answer(session, message, now_ms, ret_event);
    }
    UNREACHABLE("a message outside the enum");
}

bool out_mcp__batched(struct out_mcp *session, const struct json_value *one, int64_t now_ms,
                      struct out_mcp_event *ret_event)
{
    struct rpc_parsed parsed;

    if (rpc_read(session->turn, one, &parsed) == RPC_SINGLE)
        return out_mcp__message(session, &parsed.message, now_ms, ret_event);
    return bad_line(session, json_text(session->turn, one), &parsed.problem, ret_event);
}

bool out_mcp__line(struct out_mcp *session, struct str line, int64_t now_ms,
                   struct out_mcp_event *ret_event)
{
    struct rpc_parsed parsed;

    switch ((enum rpc_answer)rpc_parse(session->turn, line, &parsed)) {
    case RPC_SINGLE:
        return out_mcp__message(session, &parsed.message, now_ms, ret_event);
    case RPC_BATCH:
        session->batch = parsed.batch;
        session->batch_at = 0;
        return false;
    case RPC_MALFORMED:
        return bad_line(session, line, &parsed.problem, ret_event);
    }
    UNREACHABLE("rpc_parse answered outside its enum");
}
