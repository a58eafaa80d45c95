/*
 * What a person is asked while a program waits, or the client's own model, by the means of each
 * version.
 *
 * Inputs that open together are gathered for a few milliseconds. Then
 * - a client of 2025-06-18 or 2025-11-25 that shows forms gets elicitation/create requests, and
 *   its call goes on waiting; one of any older version that has a model sampling/createMessage;
 * - a client of 2026-07-28 that can do either gets an input_required result and comes back with a
 *   new request; the call is over, the execution goes on (DETACH);
 * - everyone else waits, and is told WAITING when that takes long. What is asked of a model is
 *   not told to whoever has none.
 * A form that the person closed without deciding decides nothing: the input stays open.
 */
#include "edge/mcp/seal.h"

#define MCP_STATE_LIFE_MS 86400000 /* a requestState is good for a day at most */

/* Zero-width, bidirectional and tag characters, with which a text can look like another. */
static bool mcp_invisible(uint32_t c)
{
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static size_t mcp_utf8_next(struct str text, size_t at, uint32_t *ret_c)
{
    uint8_t first = (uint8_t)text.ptr[at];
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = len == 1 ? first : first & (0x7fU >> len);

    if (len > text.len - at)
        len = text.len - at;
    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((uint8_t)text.ptr[at + i] & 0x3f);
    *ret_c = c;
    return len;
}

void mcp__add_plain(struct buf *out, struct str text, size_t len_max)
{
    struct str cut = mcp__cut(text, len_max);
    size_t len;

    for (size_t i = 0; i < cut.len; i += len) {
        uint32_t c;

        len = mcp_utf8_next(cut, i, &c);
        if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || mcp_invisible(c))
            buf_printf(out, "\\u{%x}", c);
        else
            buf_add(out, cut.ptr + i, len);
    }
    if (cut.len < text.len)
        buf_printf(out, "\n(%zu more bytes: see `writ inbox`)", text.len - cut.len);
}

/* ---- the form ---- */

static void mcp_decision_schema(struct buf *out, const struct mcp_input *input)
{
    static const struct str decisions[] = { { "approve", 7 }, { "deny", 4 } };
    const struct str *options = input->options_count > 0 ? input->options : decisions;
    size_t count = input->options_count > 0 ? input->options_count : ARRAY_COUNT(decisions);

    buf_add_c(out, "{\"type\":\"object\",\"properties\":{\"decision\":{\"type\":\"string\","
                   "\"title\":\"Decision\",\"enum\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        buf_add_json(out, options[i]);
    }
    buf_add_c(out, "]}},\"required\":[\"decision\"]}");
}

static struct str mcp_form(struct arena *arena, enum mcp__version version,
                           const struct mcp_input *input)
{
    BUF_CLEANUP struct buf message = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;

    mcp__add_plain(&message, input->title, 512);
    if (input->detail.len > 0) {
        buf_add_c(&message, "\n\n");
        mcp__add_plain(&message, input->detail, MCP__MESSAGE_TEXT_MAX);
    }
    buf_add_c(&out,
              version >= MCP__2025_11_25 ? "{\"mode\":\"form\",\"message\":" : "{\"message\":");
    buf_add_json(&out, buf_str(&message));
    buf_add_c(&out, ",\"requestedSchema\":");
    if (str_is(input->kind, "form") && input->schema.len > 0)
        buf_add_str(&out, input->schema);
    else
        mcp_decision_schema(&out, input);
    buf_add_char(&out, '}');
    return str_copy(arena, buf_str(&out));
}

/* What the model is asked, in its source's words, and whose words they are. */
static struct str mcp_model_params(struct arena *arena, const struct mcp_input *input)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct str request = str_trim(input->schema);

    buf_add_str(&out, str_slice(request, 0, request.len - 1));
    buf_add_c(&out, ",\"_meta\":{\"writ/asks\":");
    buf_add_json(&out, mcp__cut(input->title, 512));
    buf_add_c(&out, "}}");
    return str_copy(arena, buf_str(&out));
}

static const char *mcp_input_method(const struct mcp__input *input)
{
    return input->model ? "sampling/createMessage" : "elicitation/create";
}

/* ---- opening and closing ---- */

static struct mcp__input *mcp_input_find(struct mcp__call *call, struct str id)
{
    for (size_t i = 0; i < call->inputs.count; i++) {
        if (str_equal(call->inputs.at[i].id, id))
            return &call->inputs.at[i];
    }
    return NULL;
}

static void mcp_input_add(struct mcp__call *call, const struct mcp_input *input)
{
    bool model = str_is(input->kind, "model");
    bool askable = model || (call->elicits && !input->elsewhere && !str_is(input->kind, "secret"));
    struct arena *arena = arena_new(0);
    struct str params = STR_NULL;

    if (askable)
        params = model ? mcp_model_params(arena, input) : mcp_form(arena, call->version, input);

    *VEC_PUSH(&call->inputs) = (struct mcp__input){
        .arena = arena,
        .id = str_copy(arena, input->id),
        .title = str_copy(arena, mcp__cut(input->title, 512)),
        .params = params,
        .expires_ms = input->expires_ms,
        .askable = askable,
        .model = model,
    };
}

void mcp_input_opened(struct mcp *mcp, uint64_t key, const struct mcp_input *input, int64_t now_ms,
                      struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .now_ms = now_ms, .actions = actions };
    struct mcp__call *call = mcp__call_find(mcp, key);

    if (!call || mcp_input_find(call, input->id) ||
        (str_is(input->kind, "model") && call->samples == 0))
        return;
    if (input->execution.len > 0 && input->execution.len <= MCP__EXECUTION_MAX) {
        memcpy(call->execution, input->execution.ptr, input->execution.len);
        call->execution_len = input->execution.len;
    }
    if (call->inputs.count < MCP_INPUTS_MAX)
        mcp_input_add(call, input);
    else
        call->crowded = true;
    if (call->gather_due_ms == INT64_MAX)
        call->gather_due_ms = now_ms + mcp->config.gather_ms;
    mcp__call_due(&turn, call);
}

/* The form is still on the person's screen: take it back. */
static void mcp_form_withdraw(struct mcp__turn *turn, struct mcp__call *call,
                              const struct mcp__input *input)
{
    BUF_CLEANUP struct buf params = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;

    if (input->request == 0 || input->settled)
        return;
    buf_printf(&params, "{\"requestId\":%llu,\"reason\":\"answered elsewhere, or expired\"}",
               (unsigned long long)input->request);
    rpc_add_notification(&out, STR("notifications/cancelled"), buf_str(&params));
    (void)mcp__reply_message(turn, call->reply, buf_str(&out));
}

void mcp_input_closed(struct mcp *mcp, uint64_t key, struct str input, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__call *call = mcp__call_find(mcp, key);
    struct mcp__input *found = call ? mcp_input_find(call, input) : NULL;

    if (!found)
        return;
    mcp_form_withdraw(&turn, call, found);
    (void)arena_free(found->arena);
    *found = call->inputs.at[--call->inputs.count];
    if (call->inputs.count == 0 && !call->crowded) {
        call->gather_due_ms = INT64_MAX;
        if (call->kind != MCP__RESUME)
            call->wait_due_ms = INT64_MAX;
    }
}

/* ---- asking ---- */

static void mcp_wait(struct mcp__turn *turn, struct mcp__call *call)
{
    int64_t due_ms = turn->now_ms + turn->mcp->config.wait_ms;

    if (call->wait_due_ms > due_ms)
        call->wait_due_ms = due_ms;
    mcp__call_due(turn, call);
}

/* 2025-06-18 and 2025-11-25: requests of ours. False if one cannot reach the client. */
static bool mcp_elicit(struct mcp__turn *turn, struct mcp__call *call)
{
    for (size_t i = 0; i < call->inputs.count; i++) {
        struct mcp__input *input = &call->inputs.at[i];
        BUF_CLEANUP struct buf out = BUF_INIT;

        if (!input->askable || input->request > 0)
            continue;
        rpc_add_request(&out, call->session->requests + 1, str_from(mcp_input_method(input)),
                        input->params);
        if (!mcp__reply_message(turn, call->reply, buf_str(&out)))
            return false;
        input->request = ++call->session->requests;
    }
    return true;
}

static int64_t mcp_state_expires(const struct mcp__turn *turn, const struct mcp__call *call)
{
    int64_t expires_ms = 0;

    for (size_t i = 0; i < call->inputs.count; i++) {
        if (call->inputs.at[i].expires_ms > expires_ms)
            expires_ms = call->inputs.at[i].expires_ms;
    }
    if (expires_ms == 0 || expires_ms > turn->now_ms + MCP_STATE_LIFE_MS)
        expires_ms = turn->now_ms + MCP_STATE_LIFE_MS;
    return expires_ms;
}

/* 2026-07-28: an interim result; the client comes back (basic/patterns/mrtr). */
static void mcp_input_required(struct mcp__turn *turn, struct mcp__call *call)
{
    struct mcp__state state = { .expires_ms = mcp_state_expires(turn, call),
                                .execution = mcp__call_execution(call),
                                .request = call->request };
    BUF_CLEANUP struct buf result = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;
    bool first = true;

    buf_add_c(&result, "{\"resultType\":\"input_required\",\"inputRequests\":{");
    for (size_t i = 0; i < call->inputs.count; i++) {
        if (!call->inputs.at[i].askable)
            continue;
        if (!first)
            buf_add_char(&result, ',');
        first = false;
        buf_add_json(&result, call->inputs.at[i].id);
        buf_printf(&result,
                   ":{\"method\":\"%s\",\"params\":", mcp_input_method(&call->inputs.at[i]));
        buf_add_str(&result, call->inputs.at[i].params);
        buf_add_char(&result, '}');
    }
    buf_add_c(&result, "},\"requestState\":\"");
    mcp__seal(&result, &turn->mcp->config, mcp__call_principal(call), &state);
    buf_add_char(&result, '"');
    mcp__result_close(&result, turn->mcp, call->version, state.execution);
    rpc_add_result(&out, call->id, buf_str(&result));
    mcp__act(turn, MCP_DETACH)->key = call->key;
    mcp__call_end(turn, call, &out);
}

void mcp__inputs_ask(struct mcp__turn *turn, struct mcp__call *call)
{
    bool askable = false;

    call->gather_due_ms = INT64_MAX;
    for (size_t i = 0; i < call->inputs.count; i++)
        askable = askable || call->inputs.at[i].askable;
    if (!askable || call->crowded)
        mcp_wait(turn, call);
    if (!askable)
        return;
    if (call->version >= MCP__2026_07_28)
        mcp_input_required(turn, call);
    else if (!mcp_elicit(turn, call))
        mcp_wait(turn, call);
}

/* ---- answers ---- */

struct mcp_reply_form {
    struct str answer;  /* null: nothing was decided */
    struct str content; /* JSON object of a form; null: none */
};

/* An ElicitResult: accept with what was chosen, decline, or cancel. Or a model's message. */
static struct mcp_reply_form mcp_form_read(struct arena *turn, const struct json_value *result)
{
    const struct json_value *content = json_get(result, "content");
    struct str decision = json_get_str(content, "decision");
    struct str action = json_get_str(result, "action");
    struct mcp_reply_form form = { STR_NULL, STR_NULL };

    if (action.len == 0 && json_get(result, "role"))
        return (struct mcp_reply_form){ STR("submit"), json_text(turn, result) };
    if (str_is(action, "decline"))
        form.answer = STR("deny");
    if (!str_is(action, "accept") || !json_is_object(content))
        return form;
    form.content = json_text(turn, content);
    if (decision.ptr)
        form.answer = mcp__cut(decision, 64);
    else if (json_count(content) > 0)
        form.answer = STR("submit");
    return form;
}

/* An error is a no, with the reason. */
static struct mcp_reply_form mcp_model_read(struct arena *turn, const struct rpc_message *message)
{
    BUF_CLEANUP struct buf why = BUF_INIT;

    if (message->kind == RPC_RESULT)
        return (struct mcp_reply_form){ STR("submit"), json_text(turn, message->result) };
    buf_add_json(&why, str_printf(turn, "the agent's client says: %.*s",
                                  STR_ARG(mcp__cut(message->text, 1024))));
    return (struct mcp_reply_form){ STR("deny"), str_copy(turn, buf_str(&why)) };
}

static void mcp_form_answer(struct mcp__ask *ask, struct mcp__call *call, struct str input,
                            const struct mcp_reply_form *form)
{
    struct mcp_action *action = mcp__act(ask->turn, MCP_ANSWER);

    action->key = call->key;
    action->answer = (struct mcp_answer){
        .client = ask->client,
        .execution = str_copy(ask->turn->actions->turn, mcp__call_execution(call)),
        .input = str_copy(ask->turn->actions->turn, input),
        .answer = form->answer,
        .content = form->content,
    };
}

static struct mcp__input *mcp_input_by_request(struct mcp__session *session, uint64_t request,
                                               struct mcp__call **ret_call)
{
    for (struct mcp__link *at = session->calls.next; at != &session->calls; at = at->next) {
        struct mcp__call *call = container_of(at, struct mcp__call, of_session);

        for (size_t i = 0; i < call->inputs.count; i++) {
            if (call->inputs.at[i].request == request && !call->inputs.at[i].settled) {
                *ret_call = call;
                return &call->inputs.at[i];
            }
        }
    }
    return NULL;
}

void mcp__inputs_response(struct mcp__ask *ask)
{
    struct mcp_reply_form form;
    struct mcp__input *input;
    struct mcp__call *call;
    uint64_t request;

    if (!str_to_u64(ask->message->id, &request) || request == 0)
        return;
    input = mcp_input_by_request(ask->session, request, &call);
    if (!input)
        return;
    form = input->model ? mcp_model_read(ask->turn->actions->turn, ask->message)
                        : mcp_form_read(ask->turn->actions->turn, ask->message->result);
    input->settled = true;
    if (form.answer.ptr)
        mcp_form_answer(ask, call, input->id, &form);
    mcp_wait(ask->turn, call); /* until it is closed, or somebody answers elsewhere */
}

static bool mcp_state_open(struct mcp__ask *ask, struct mcp__state *ret_state)
{
    struct str text = json_get_str(ask->message->params, "requestState");
    struct digest request = mcp__request_digest(ask);
    int r = mcp__unseal(ask->turn, text, ask->client.principal, ret_state);

    if (r == MCP__SEAL_GOOD && digest_equal(&request, &ret_state->request))
        return true;
    mcp__refuse(ask, RPC_INVALID_PARAMS,
                r == MCP__SEAL_EXPIRED ? STR("requestState has expired")
                                       : STR("requestState is not one of this request"),
                STR_NULL);
    return false;
}

/*
 * Each response becomes an answer; then the call waits for the execution as if it had started
 * it. What was not answered is asked again; what was dismissed is not, in this request.
 */
void mcp__inputs_retry(struct mcp__ask *ask)
{
    const struct json_value *responses = json_get(ask->message->params, "inputResponses");
    struct json_iter iter = json_iter(responses);
    const struct json_value *response;
    struct mcp_action *action;
    struct mcp__state state;
    struct mcp__call *call;
    size_t count = 0;

    if (!mcp_state_open(ask, &state))
        return;
    call = mcp__call_new(ask, MCP__EXECUTE);
    call->request = state.request;
    memcpy(call->execution, state.execution.ptr, state.execution.len);
    call->execution_len = state.execution.len;
    while (json_is_object(responses) && count++ < MCP_INPUTS_MAX && (response = json_next(&iter))) {
        struct mcp_reply_form form = mcp_form_read(ask->turn->actions->turn, response);

        if (form.answer.ptr)
            mcp_form_answer(ask, call, mcp__cut(iter.key, MCP__EXECUTION_MAX), &form);
        else
            call->elicits = false;
    }
    action = mcp__act(ask->turn, MCP_ATTACH);
    action->key = call->key;
    action->attach = (struct mcp_attach){ .client = ask->client, .execution = state.execution };
}
