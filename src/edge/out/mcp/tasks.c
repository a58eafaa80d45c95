/*
 * A call that a server goes on with by itself. It answers with a task; how far that is, is asked
 * until it has ended. To whoever called it is one call: with one outcome, that ends with it.
 *
 *     2025-11-25   a tool whose taskSupport is "required" is called with a task; tasks/get says
 *                  how far it is, tasks/result gives the answer (and waits, while it asks us)
 *     2026-07-28   the server decides (io.modelcontextprotocol/tasks); tasks/get has the answer,
 *                  and what it asks, which tasks/update answers
 *
 * Between two questions the call is held under an id that nobody was told. A question without an
 * answer is asked again: the task is still there when a connection is not.
 */
#include "edge/out/mcp/tasks.h"

#include "edge/out/mcp/asks.h"

#define TASK_ID_MAX 1024U
#define POLL_MS     1000 /* where the server does not say */
#define POLL_MS_MIN 100
#define POLL_MS_MAX 60000
#define FAILS_MAX   5U

void out_mcp__tasks_note(struct out_mcp *session, const struct json_value *capabilities)
{
    const struct json_value *tasks = json_get(capabilities, "tasks");
    const struct json_value *tools = json_get(json_get(tasks, "requests"), "tools");

    session->has_tasks = !session->modern && json_is_object(json_get(tools, "call"));
    session->ends_tasks = session->modern || json_is_object(json_get(tasks, "cancel"));
}

void out_mcp__task_tool(struct out_mcp *session, const struct json_value *tool, struct str name)
{
    struct str support = json_get_str(json_get(tool, "execution"), "taskSupport");

    if (session->has_tasks && str_is(support, "required"))
        (void)map_put(&session->task_tools, str_copy(session->list, name), session);
}

bool out_mcp__task_wanted(const struct out_mcp *session, const struct out_mcp__pending *pending)
{
    return !pending->method.ptr && map_find(&session->task_tools, pending->tool);
}

/* --- Asking -------------------------------------------------------------------------------- */

/* Held until asked again: an answer to what was asked before is one to nothing. */
static void hold(struct out_mcp *session, struct out_mcp__pending *pending, int64_t poll_ms)
{
    (void)map_take_u64(&session->pending, pending->id);
    pending->id = session->next_id++;
    (void)map_put_u64(&session->pending, pending->id, pending);
    pending->held = true;
    pending->poll_ms = poll_ms;
    if (poll_ms < session->poll_ms)
        session->poll_ms = poll_ms;
}

static void ask(struct out_mcp *session, struct out_mcp__pending *pending, const char *method)
{
    if (!pending->held)
        hold(session, pending, OUT_MCP__NEVER);
    pending->held = false;
    pending->poll_ms = OUT_MCP__NEVER;
    pending->getting = str_is(str_from(method), "tasks/get");
    out_mcp__ask_task(session, pending, pending->id, method, STR_NULL);
}

static int64_t pause_of(const struct out_mcp *session, const struct json_value *task)
{
    uint64_t said =
        json_u64_or(json_get(task, session->modern ? "pollIntervalMs" : "pollInterval"), POLL_MS);

    if (said < POLL_MS_MIN)
        return POLL_MS_MIN;
    return said > POLL_MS_MAX ? POLL_MS_MAX : (int64_t)said;
}

void out_mcp__tasks_poll(struct out_mcp *session, int64_t now_ms)
{
    struct map_entry *entry;
    size_t position = 0;

    if (now_ms < session->poll_ms)
        return;
    session->poll_ms = OUT_MCP__NEVER;
    while ((entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        if (pending->poll_ms <= now_ms && !pending->cancelled)
            ask(session, pending, "tasks/get");
        else if (pending->poll_ms < session->poll_ms)
            session->poll_ms = pending->poll_ms;
    }
}

bool out_mcp__task_failed(struct out_mcp *session, struct out_mcp__pending *pending, int64_t now_ms)
{
    if (!pending->task.ptr || pending->cancelled || ++pending->poll_fails > FAILS_MAX)
        return false;
    hold(session, pending, now_ms + ((int64_t)POLL_MS << pending->poll_fails));
    return true;
}

void out_mcp__task_status(struct out_mcp *session, const struct json_value *params, int64_t now_ms)
{
    struct str id = json_text(session->turn, json_get(params, "taskId"));
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        if (!pending->task.ptr || !str_equal(pending->task, id) || !pending->held)
            continue;
        if (pending->poll_ms != OUT_MCP__NEVER) /* It has something to say: asked now. */
            pending->poll_ms = session->poll_ms = now_ms;
    }
}

void out_mcp__task_cancel(struct out_mcp *session, const struct out_mcp__pending *pending)
{
    if (session->ends_tasks)
        out_mcp__ask_task(session, pending, out_mcp__aside(session), "tasks/cancel", STR_NULL);
}

void out_mcp__task_update(struct out_mcp *session, struct out_mcp__pending *pending,
                          struct str responses)
{
    out_mcp__ask_task(session, pending, out_mcp__aside(session), "tasks/update", responses);
    hold(session, pending, session->now_ms + POLL_MS_MIN);
}

/* --- What is answered ---------------------------------------------------------------------- */

/* False: *heard says why not. */
static bool begin(struct out_mcp *session, struct out_mcp__pending *pending,
                  const struct json_value *task, struct out_mcp__heard *heard)
{
    const struct json_value *id = json_get(task, "taskId");

    pending->had = true;
    if (!json_is_string(id) || json_str(id).len == 0 || json_str(id).len > TASK_ID_MAX) {
        heard->reason = STR("it answers with a task that has no id");
        heard->lost = true;
        return false;
    }
    pending->task = json_text(pending->arena, id);
    hold(session, pending, session->now_ms + pause_of(session, task));
    return true;
}

/* What the answer is if it is a task: 2025 has it in a member, since then it is one. */
static const struct json_value *created(const struct out_mcp *session,
                                        const struct out_mcp__pending *pending,
                                        const struct rpc_message *message)
{
    if (message->kind != RPC_RESULT)
        return NULL;
    if (session->modern)
        return str_is(json_get_str(message->result, "resultType"), "task") ? message->result : NULL;
    return pending->as_task ? json_get(message->result, "task") : NULL;
}

/* It has ended: what it says is the answer of the call. True: that is still to be asked for. */
static bool ended(struct out_mcp *session, struct out_mcp__pending *pending,
                  const struct json_value *task, struct out_mcp__heard *heard)
{
    const struct json_value *error = json_get(task, "error");
    const struct json_value *result = json_get(task, "result");
    int64_t code = 0;

    if (!session->modern) {
        ask(session, pending, "tasks/result");
        return true;
    }
    if (json_is_object(result)) {
        heard->said.result = result;
        return false;
    }
    (void)json_to_i64(json_get(error, "code"), &code);
    heard->said.kind = RPC_ERROR;
    heard->said.code = code;
    heard->said.text = json_get_str(error, "message");
    heard->said.data = json_get(error, "data");
    return false;
}

/* True: it waits for what it asked. */
static bool asks(struct out_mcp *session, struct out_mcp__pending *pending,
                 const struct json_value *task, struct out_mcp__heard *heard)
{
    if (!session->modern) { /* Its questions come while this waits. */
        ask(session, pending, "tasks/result");
        return true;
    }
    hold(session, pending, OUT_MCP__NEVER);
    if (!out_mcp__ask_all(session, pending, json_get(task, "inputRequests"), &heard->reason)) {
        out_mcp__task_cancel(session, pending);
        return false;
    }
    if (pending->asks_open == 0) /* It has all, and does not know it yet. */
        hold(session, pending, session->now_ms + pause_of(session, task));
    return true;
}

static bool progress(struct out_mcp *session, struct out_mcp__pending *pending,
                     struct out_mcp__heard *heard, int64_t now_ms)
{
    const struct json_value *task = heard->said.result;
    struct str status = json_get_str(task, "status");

    pending->poll_fails = 0;
    if (str_is(status, "completed") || str_is(status, "failed"))
        return ended(session, pending, task, heard);
    if (str_is(status, "cancelled")) {
        heard->reason = STR("the server cancelled the task");
        return false;
    }
    if (pending->asks_open == 0) /* It is alive. */
        pending->due_ms = now_ms + pending->timeout_ms;
    if (str_is(status, "input_required"))
        return asks(session, pending, task, heard);
    hold(session, pending, now_ms + pause_of(session, task));
    return true;
}

bool out_mcp__task_goes_on(struct out_mcp *session, struct out_mcp__pending *pending,
                           struct out_mcp__heard *heard, int64_t now_ms)
{
    const struct json_value *task;

    if (!pending->task.ptr) {
        task = created(session, pending, &heard->said);
        return task && begin(session, pending, task, heard);
    }
    if (!pending->getting)
        return false; /* The answer of the call itself. */
    if (heard->said.kind == RPC_RESULT)
        return progress(session, pending, heard, now_ms);
    heard->lost = true;
    heard->reason = str_printf(session->turn, "it has lost the task: %.*s",
                               STR_ARG(out_mcp__cut(heard->said.text, OUT_MCP__NAME_MAX)));
    return false;
}
