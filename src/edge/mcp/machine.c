/*
 * The way in: lines of stdio connections, news of executions, time. (HTTP comes in by http.c.)
 */
#include "edge/mcp/stream.h"

/* ---- lines ---- */

static void mcp_line_problem(struct mcp__turn *turn, uint64_t connection,
                             const struct rpc_problem *problem)
{
    struct mcp__reply *reply = mcp__reply_new(connection, false);
    BUF_CLEANUP struct buf out = BUF_INIT;

    rpc_add_error(&out, problem->id, problem->code, str_from(problem->sentence), STR_NULL);
    mcp__reply_answer(reply, &out);
    mcp__reply_release(turn, reply);
}

void mcp__session_message(struct mcp__ask *ask, const struct rpc_message *message)
{
    struct mcp__session *session = ask->session;

    ask->message = message;
    ask->meta = json_get(message->params, "_meta");
    ask->version = session->version;
    ask->client = (struct mcp_client){
        .principal = session->principal,
        .name = str_of(session->name, session->name_len),
        .version = str_of(session->version_text, session->version_len),
        .protocol = mcp__version_text(session->version),
        .http = session->http,
        .elicits = session->elicits,
        .samples = session->samples,
    };
    if (mcp__is_modern(message))
        mcp__modern(ask);
    else
        mcp__legacy(ask);
}

void mcp__batch(struct mcp__ask *ask, const struct json_value *batch)
{
    struct json_iter iter = json_iter(batch);
    const struct json_value *value;

    ask->reply->array = true;
    while ((value = json_next(&iter))) {
        struct rpc_parsed parsed;
        int r = rpc_read(ask->turn->actions->turn, value, &parsed);
        BUF_CLEANUP struct buf out = BUF_INIT;

        if (r == RPC_SINGLE) {
            mcp__session_message(ask, &parsed.message);
            continue;
        }
        rpc_add_error(&out, parsed.problem.id, parsed.problem.code,
                      str_from(parsed.problem.sentence), STR_NULL);
        mcp__reply_answer(ask->reply, &out);
    }
}

/* Batches were there in 2025-03-26 only. What is wrong with this one, or NULL. */
const char *mcp__batch_problem(const struct mcp__session *session, const struct json_value *batch)
{
    if (!session || session->version != MCP__2025_03_26)
        return "batches are not part of this protocol version";
    if (json_count(batch) == 0)
        return "an empty batch";
    return json_count(batch) > MCP_BATCH_MAX ? "more than 64 messages in a batch" : NULL;
}

static void mcp_line_batch(struct mcp__ask *ask, const struct json_value *batch)
{
    const char *wrong = mcp__batch_problem(ask->session, batch);
    BUF_CLEANUP struct buf out = BUF_INIT;

    if (!wrong) {
        mcp__batch(ask, batch);
        return;
    }
    rpc_add_error(&out, STR_NULL, RPC_INVALID_REQUEST, str_from(wrong), STR_NULL);
    mcp__reply_answer(ask->reply, &out);
}

void mcp_line(struct mcp *mcp, uint64_t connection, struct str line, int64_t now_ms,
              struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .now_ms = now_ms, .actions = actions };
    struct mcp__session *session = map_find_u64(&mcp->connections, connection);
    struct mcp__ask ask = { .turn = &turn, .session = session };
    struct rpc_parsed parsed;
    int r;

    if (!session)
        return;
    r = rpc_parse(actions->turn, line, &parsed);
    if (r < 0 || r == RPC_MALFORMED) {
        mcp_line_problem(&turn, connection, &parsed.problem);
        return;
    }
    ask.reply = mcp__reply_new(connection, false);
    if (r == RPC_BATCH)
        mcp_line_batch(&ask, parsed.batch);
    else
        mcp__session_message(&ask, &parsed.message);
    mcp__reply_release(&turn, ask.reply);
}

void mcp_line_too_long(struct mcp *mcp, uint64_t connection, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct rpc_problem problem = { .code = RPC_INVALID_REQUEST,
                                   .sentence = "a message longer than 983040 bytes was dropped" };

    if (map_find_u64(&mcp->connections, connection))
        mcp_line_problem(&turn, connection, &problem);
}

/* ---- news of executions ---- */

/* A console line as a log message, for those who asked for it. */
static void mcp_log(struct mcp__turn *turn, struct mcp__call *call, const struct mcp_console *line)
{
    static const struct {
        const char *console;
        const char *level;
        int number;
    } levels[] = { { "debug", "debug", 0 },
                   { "log", "info", 1 },
                   { "info", "info", 1 },
                   { "warn", "warning", 3 },
                   { "error", "error", 4 } };
    BUF_CLEANUP struct buf params = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;
    size_t level = 0;

    if (!call->session || call->version >= MCP__2026_07_28 || call->session->log_level < 0)
        return;
    while (level < ARRAY_COUNT(levels) - 1 && !str_is(line->level, levels[level].console))
        level++;
    if (levels[level].number < call->session->log_level)
        return;
    buf_printf(&params, "{\"level\":\"%s\",\"logger\":\"console\",\"data\":", levels[level].level);
    buf_add_json(&params, line->text);
    buf_add_char(&params, '}');
    rpc_add_notification(&out, STR("notifications/message"), buf_str(&params));
    (void)mcp__reply_message(turn, call->reply, buf_str(&out));
}

void mcp_console_line(struct mcp *mcp, uint64_t key, size_t number, const struct mcp_console *line,
                      struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__call *call = mcp__call_find(mcp, key);

    if (!call || number < call->console_told)
        return;
    call->console_told = number + 1;
    mcp_log(&turn, call, line);
}

bool mcp_ended(struct mcp *mcp, uint64_t key, const struct mcp_outcome *outcome,
               struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__call *call = mcp__call_find(mcp, key);
    BUF_CLEANUP struct buf out = BUF_INIT;
    bool heard;

    if (!call)
        return false;
    for (size_t i = call->console_told; i < outcome->console_count; i++)
        mcp_log(&turn, call, &outcome->console[i]);
    rpc_open_result(&out, call->id);
    mcp__result_outcome(&out, mcp, call->version, outcome);
    buf_add_char(&out, '}');
    heard = !call->reply->gone && !mcp__stream_is_broken(call->reply);
    mcp__call_end(&turn, call, &out);
    return heard;
}

/* message_json: a JSON string, or null. */
static void mcp_tell_progress(struct mcp__turn *turn, struct mcp__call *call,
                              struct str message_json)
{
    BUF_CLEANUP struct buf params = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;

    buf_add_c(&params, "{\"progressToken\":");
    buf_add_str(&params, call->progress_token);
    buf_add_c(&params, ",\"progress\":");
    buf_add_u64(&params, ++call->progress);
    if (call->version >= MCP__2025_03_26 && message_json.len > 0) {
        buf_add_c(&params, ",\"message\":");
        buf_add_str(&params, message_json);
    }
    buf_add_char(&params, '}');
    rpc_add_notification(&out, STR("notifications/progress"), buf_str(&params));
    (void)mcp__reply_message(turn, call->reply, buf_str(&out));
}

void mcp_progress(struct mcp *mcp, uint64_t key, struct str message, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__call *call = mcp__call_find(mcp, key);
    BUF_CLEANUP struct buf json = BUF_INIT;

    if (!call || !call->progress_token.ptr)
        return;
    if (message.len > 0)
        buf_add_json(&json, mcp__cut(message, MCP__MESSAGE_TEXT_MAX));
    mcp_tell_progress(&turn, call, buf_str(&json));
}

void mcp_emitted(struct mcp *mcp, uint64_t key, struct str value, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__call *call = mcp__call_find(mcp, key);

    if (value.len > MCP__MESSAGE_TEXT_MAX || value.len == 0 || value.ptr[0] != '"')
        mcp_progress(mcp, key, value, actions);
    else if (call && call->progress_token.ptr)
        mcp_tell_progress(&turn, call, value);
}

/* ---- time ---- */

int64_t mcp_due_ms(const struct mcp *mcp)
{
    return mcp->due_ms;
}

static void mcp_say_waiting(struct mcp__turn *turn, struct mcp__call *call)
{
    BUF_CLEANUP struct buf result = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;

    mcp__result_waiting(&result, turn->mcp, call);
    rpc_add_result(&out, call->id, buf_str(&result));
    mcp__act(turn, MCP_DETACH)->key = call->key;
    mcp__call_end(turn, call, &out);
}

/* True if the call is over. */
static bool mcp_call_tick(struct mcp__turn *turn, struct mcp__call *call)
{
    uint64_t key = call->key;

    if (turn->now_ms >= call->stream_due_ms) {
        mcp__reply_alive(turn, call->reply);
        call->stream_due_ms = turn->now_ms + turn->mcp->config.stream_ms;
    }
    if (turn->now_ms >= call->gather_due_ms)
        mcp__inputs_ask(turn, call);
    call = mcp__call_find(turn->mcp, key);
    if (!call)
        return true;
    if (turn->now_ms < call->wait_due_ms)
        return false;
    mcp_say_waiting(turn, call);
    return true;
}

void mcp_tick(struct mcp *mcp, int64_t now_ms, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .now_ms = now_ms, .actions = actions };
    struct mcp__link *next;

    if (now_ms < mcp->due_ms)
        return;
    mcp->due_ms = INT64_MAX;
    for (struct mcp__link *at = mcp->all.next; at != &mcp->all; at = next) {
        struct mcp__call *call = container_of(at, struct mcp__call, all);

        next = at->next;
        if (!mcp_call_tick(&turn, call))
            mcp__call_due(&turn, call);
    }
    mcp__streams_tick(&turn);
}
