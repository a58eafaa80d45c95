/*
 * A tool that asks for more before it answers (2026-07-28, "Multi Round-Trip Requests"): the
 * call is made again under a new id, with an answer to each question and with the server's own
 * state, as it came.
 *
 * Nobody behind us was told, so no question is answered for anybody: a form is declined, which
 * is an answer; there are no roots; what a model would have to say nobody says, and the call
 * fails.
 */
#include "edge/out/mcp/internal.h"

/* False: nobody can answer this. */
static bool add_response(struct buf *out, struct str method)
{
    if (str_is(method, "elicitation/create"))
        buf_add_c(out, "{\"action\":\"decline\"}");
    else if (str_is(method, "roots/list"))
        buf_add_c(out, "{\"roots\":[]}");
    else
        return false;
    return true;
}

static bool add_responses(struct out_mcp *session, struct buf *out,
                          const struct json_value *requests, struct str *ret_reason)
{
    struct json_iter iter = json_iter(requests);
    const struct json_value *request;
    bool first = true;

    buf_add_c(out, "\"inputResponses\":{");
    while ((request = json_next(&iter))) {
        struct str method = json_get_str(request, "method");

        if (!first)
            buf_add_char(out, ',');
        first = false;
        buf_add_json(out, iter.key);
        buf_add_char(out, ':');
        if (add_response(out, method))
            continue;
        *ret_reason = str_printf(session->turn, "the tool asks for %.*s, which nobody here answers",
                                 STR_ARG(out_mcp__cut(method, OUT_MCP__NAME_MAX)));
        return false;
    }
    buf_add_c(out, "},");
    return true;
}

bool out_mcp__again(struct out_mcp *session, struct out_mcp__pending *pending,
                    const struct json_value *result, struct str *ret_reason)
{
    const struct json_value *requests = json_get(result, "inputRequests");
    const struct json_value *state = json_get(result, "requestState");
    BUF_CLEANUP struct buf more = BUF_INIT;

    if (pending->rounds >= OUT_MCP__ROUNDS_MAX) {
        *ret_reason = STR("the tool asks for more again and again");
        return false;
    }
    if (!json_is_object(requests) && !json_is_string(state)) {
        *ret_reason = STR("the tool asks for more without saying what");
        return false;
    }
    if (json_is_object(requests) && !add_responses(session, &more, requests, ret_reason))
        return false;
    if (json_is_string(state)) {
        buf_add_c(&more, "\"requestState\":");
        json_print(&more, state);
        buf_add_char(&more, ',');
    }
    pending->rounds++;
    (void)map_take_u64(&session->pending, pending->id);
    pending->id = session->next_id++;
    (void)map_put_u64(&session->pending, pending->id, pending);
    out_mcp__ask_call(session, pending, buf_str(&more));
    return true;
}
