/*
 * A tool that asks for more before it answers (2026-07-28, "Multi Round-Trip Requests"): when
 * everything is answered the call is made again under a new id, with an answer to each question
 * and with the server's own state, as it came.
 *
 * What a person or the caller's model can answer is asked (asks.c); there are no roots. Where the
 * model says nothing the call fails: an answer that says so is not foreseen.
 */
#include "edge/out/mcp/asks.h"
#include "edge/out/mcp/tasks.h"

#define STATE_MAX (1U << 20)

bool out_mcp__in_round(const struct out_mcp *session, const struct out_mcp__pending *pending)
{
    return pending->held && (session->modern || !pending->task.ptr);
}

/* A task may show what it asked until it knows that it has the answer. */
static bool was_asked(struct out_mcp__pending *pending, struct str key)
{
    if (!pending->task.ptr)
        return false;
    for (size_t i = 0; i < pending->task_asked.count; i++)
        if (str_equal(pending->task_asked.at[i], key))
            return true;
    *VEC_PUSH(&pending->task_asked) = str_copy(pending->arena, key);
    return false;
}

bool out_mcp__ask_all(struct out_mcp *session, struct out_mcp__pending *pending,
                      const struct json_value *requests, struct str *ret_reason)
{
    struct json_iter iter = json_iter(requests);
    const struct json_value *request;
    const char *wrong;

    while ((request = json_next(&iter))) {
        struct str method = json_get_str(request, "method");
        struct out_mcp__question question = { iter.key, method, json_get(request, "params"), 0 };

        if (was_asked(pending, iter.key))
            continue;
        if (str_is(method, "roots/list")) {
            out_mcp__ask_known(pending, iter.key, STR("{\"roots\":[]}"));
            continue;
        }
        if (!out_mcp__is_question(method)) {
            *ret_reason =
                str_printf(session->turn, "the tool asks for %.*s, which nobody here answers",
                           STR_ARG(out_mcp__cut(method, OUT_MCP__NAME_MAX)));
            return false;
        }
        wrong = out_mcp__ask_add(session, pending, &question);
        if (wrong) {
            *ret_reason =
                str_printf(session->turn, "what the tool asks cannot be asked: %s", wrong);
            return false;
        }
    }
    return true;
}

void out_mcp__go_on(struct out_mcp *session, struct out_mcp__pending *pending)
{
    BUF_CLEANUP struct buf more = BUF_INIT;

    if (pending->asks.count) {
        buf_add_c(&more, "\"inputResponses\":{");
        for (size_t i = 0; i < pending->asks.count; i++) {
            if (i)
                buf_add_char(&more, ',');
            buf_add_json(&more, pending->asks.at[i].key);
            buf_add_char(&more, ':');
            buf_add_str(&more, pending->asks.at[i].response);
        }
        buf_add_c(&more, "},");
    }
    if (pending->request_state.ptr) {
        buf_add_c(&more, "\"requestState\":");
        buf_add_str(&more, pending->request_state);
        buf_add_char(&more, ',');
    }
    pending->held = pending->task.ptr;
    out_mcp__asks_forget(session, pending);
    if (pending->task.ptr)
        out_mcp__task_update(session, pending, buf_str(&more));
    else
        out_mcp__ask_call(session, pending, buf_str(&more));
    if (more.len)
        explicit_bzero(more.ptr, more.len);
}

bool out_mcp__again(struct out_mcp *session, struct out_mcp__pending *pending,
                    const struct json_value *result, int64_t now_ms, struct str *ret_reason)
{
    const struct json_value *requests = json_get(result, "inputRequests");
    const struct json_value *state = json_get(result, "requestState");

    if (pending->rounds++ >= OUT_MCP__ROUNDS_MAX) {
        *ret_reason = STR("the tool asks for more again and again");
        return false;
    }
    if ((!json_is_object(requests) && !json_is_string(state)) || json_str(state).len > STATE_MAX) {
        *ret_reason = STR("the tool asks for more without saying what, or with a state over 1 MiB");
        return false;
    }
    if (json_is_object(requests) && !out_mcp__ask_all(session, pending, requests, ret_reason))
        return false;
    pending->request_state = json_is_string(state) ? json_text(pending->arena, state) : STR_NULL;
    pending->had = true;
    pending->held = true;
    (void)map_take_u64(&session->pending, pending->id);
    pending->id = session->next_id++;
    (void)map_put_u64(&session->pending, pending->id, pending);
    out_mcp__asks_rest(session, pending, now_ms);
    return true;
}
