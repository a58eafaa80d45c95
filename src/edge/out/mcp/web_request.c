/* What a request says beside its body. */
#include "edge/out/mcp/web_internal.h"

#define HEADERS_MAX 8U

static void add(struct out_mcp_web_request *request, struct out_mcp_param *headers,
                const char *name, struct str value)
{
    headers[request->header_count++] = (struct out_mcp_param){ str_from(name), value };
    request->headers = headers;
}

/* What holds for the session, not for the message. */
static void add_session(const struct out_mcp_web *web, struct out_mcp_web_request *request,
                        struct out_mcp_param *headers, bool begins)
{
    struct str protocol = out_mcp_protocol(web->session);

    if (begins || web->old)
        return;
    if (protocol.len)
        add(request, headers, "MCP-Protocol-Version", protocol);
    if (web->session_id.len)
        add(request, headers, "Mcp-Session-Id", web->session_id);
}

static void begin_post(const struct out_mcp_web *web, struct out_mcp_web_request *request,
                       struct out_mcp_param *headers, struct str body)
{
    request->method = STR("POST");
    request->url = web->old ? web->post_url : web->url;
    request->body = body;
    add(request, headers, "Content-Type", STR("application/json"));
    add(request, headers, "Accept", STR("application/json, text/event-stream"));
}

void out_mcp__web_request_message(struct out_mcp_web *web, const struct out_mcp_message *message,
                                  struct out_mcp_web_request *ret_request)
{
    struct out_mcp_param *headers =
        ARENA_ARRAY(web->turn, struct out_mcp_param, HEADERS_MAX + message->param_count);
    bool discover = str_is(message->method, "server/discover");
    bool begins = str_is(message->method, "initialize");

    *ret_request = (struct out_mcp_web_request){ .kind = OUT_MCP_WEB_START };
    begin_post(web, ret_request, headers, message->body);
    ret_request->brief = message->id == 0;
    ret_request->repeatable = discover || begins || str_is(message->method, "tools/list") ||
                              str_starts(message->method, STR("resources/")) ||
                              str_starts(message->method, STR("prompts/")) ||
                              str_is(message->method, "tasks/get");
    if (!discover && !out_mcp_is_modern(web->session)) {
        add_session(web, ret_request, headers, begins);
        return;
    }
    add(ret_request, headers, "MCP-Protocol-Version", STR("2026-07-28"));
    if (message->method.ptr)
        add(ret_request, headers, "Mcp-Method", message->method);
    if (message->name.ptr)
        add(ret_request, headers, "Mcp-Name", message->name);
    for (size_t i = 0; i < message->param_count; i++)
        headers[ret_request->header_count++] = message->params[i];
}

void out_mcp__web_request_start(struct out_mcp_web *web, const struct out_mcp__web_start *start,
                                struct out_mcp_web_request *ret_request)
{
    struct out_mcp_param *headers = ARENA_ARRAY(web->turn, struct out_mcp_param, HEADERS_MAX);
    bool begins = start->purpose == WEB__AGAIN || str_is(start->method, "initialize");

    *ret_request = (struct out_mcp_web_request){ .kind = OUT_MCP_WEB_START };
    ret_request->brief = start->purpose == WEB__AGAIN || start->purpose == WEB__READY;
    if (start->body.len) {
        begin_post(web, ret_request, headers, str_copy(web->turn, buf_str(&start->body)));
        add_session(web, ret_request, headers, begins);
        return;
    }
    ret_request->method = STR("GET");
    ret_request->url = web->url;
    ret_request->repeatable = true;
    add(ret_request, headers, "Accept", STR("text/event-stream"));
    add_session(web, ret_request, headers, false);
    if (start->last_id.len)
        add(ret_request, headers, "Last-Event-ID", str_copy(web->turn, buf_str(&start->last_id)));
}

bool out_mcp_web_bye(struct out_mcp_web *web, struct out_mcp_web_request *ret_request)
{
    struct out_mcp_param *headers = ARENA_ARRAY(web->turn, struct out_mcp_param, HEADERS_MAX);

    if (!web->session_id.len || web->old || out_mcp_is_modern(web->session))
        return false;
    *ret_request = (struct out_mcp_web_request){
        .kind = OUT_MCP_WEB_START, .method = STR("DELETE"), .url = web->url, .brief = true
    };
    add_session(web, ret_request, headers, false);
    web->session_id = STR_NULL;
    return true;
}
