/* What we say to the server. Every message is one line. */
#include "edge/out/mcp/own.h"
#include "edge/out/mcp/tasks.h"

#define ASIDE_MS  30000
#define LOG_LEVEL "warning"

/*
 * A person can be asked, whoever else listens: there is an inbox. A model is somebody's. An older
 * server hears it once, whoever calls later: it may ask for one, and hears no where there is none.
 */
static void add_capabilities(struct buf *out, uint32_t samples, bool modern)
{
    buf_add_c(out, "{\"elicitation\":{\"form\":{},\"url\":{}}");
    if (samples)
        buf_add_c(out, samples > 1 ? ",\"sampling\":{\"tools\":{}}" : ",\"sampling\":{}");
    if (modern)
        buf_add_c(out, ",\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}");
    buf_add_char(out, '}');
}

static void begin(struct out_mcp *session, size_t *ret_at)
{
    *ret_at = session->out.len;
    buf_clear(&session->scratch);
}

/* A message that is no request. */
static void end(struct out_mcp *session, size_t at, struct str method)
{
    out_mcp__message_end(session, at, 0, method);
}

/* 2026-07-28, "Request metadata": every request carries who speaks which version. */
static void add_meta(struct out_mcp *session, struct buf *out, uint32_t samples)
{
    buf_add_c(out, "\"io.modelcontextprotocol/protocolVersion\":\"" OUT_MCP__MODERN "\","
                   "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"writ\",\"version\":");
    buf_add_json(out, session->version);
    buf_add_c(out, "},\"io.modelcontextprotocol/clientCapabilities\":");
    add_capabilities(out, samples, true);
}

/* The parameters are in scratch. */
static void ask(struct out_mcp *session, enum out_mcp__asked asked, struct str method,
                int64_t due_ms)
{
    struct out_mcp__pending *pending = out_mcp__pending_new(session, asked, due_ms);
    size_t at = session->out.len;

    rpc_add_request(&session->out, pending->id, method, buf_str(&session->scratch));
    out_mcp__message_end(session, at, pending->id, method);
}

void out_mcp__ask_discover(struct out_mcp *session, int64_t now_ms)
{
    buf_clear(&session->scratch);
    buf_add_c(&session->scratch, "{\"_meta\":{");
    add_meta(session, &session->scratch, 0);
    buf_add_c(&session->scratch, "}}");
    session->probe_due_ms = now_ms + session->probe_ms;
    ask(session, OUT_MCP__DISCOVER, STR("server/discover"), OUT_MCP__NEVER);
}

void out_mcp__ask_initialize(struct out_mcp *session)
{
    buf_clear(&session->scratch);
    buf_add_c(&session->scratch, "{\"protocolVersion\":\"" OUT_MCP__LEGACY "\",\"capabilities\":");
    add_capabilities(&session->scratch, session->samples > 1 ? 2 : 1, false);
    buf_add_c(&session->scratch, ",\"clientInfo\":{\"name\":\"writ\",\"version\":");
    buf_add_json(&session->scratch, session->version);
    buf_add_c(&session->scratch, "}}");
    ask(session, OUT_MCP__INITIALIZE, STR("initialize"), OUT_MCP__NEVER);
}

void out_mcp__ask_list(struct out_mcp *session, struct str cursor, int64_t due_ms)
{
    buf_clear(&session->scratch);
    buf_add_char(&session->scratch, '{');
    if (cursor.ptr) {
        buf_add_c(&session->scratch, "\"cursor\":");
        buf_add_json(&session->scratch, cursor);
    }
    if (session->modern) {
        buf_add_c(&session->scratch, cursor.ptr ? ",\"_meta\":{" : "\"_meta\":{");
        add_meta(session, &session->scratch, 0);
        buf_add_char(&session->scratch, '}');
    }
    buf_add_char(&session->scratch, '}');
    ask(session, OUT_MCP__LIST, STR("tools/list"), due_ms);
}

void out_mcp__ask_listen(struct out_mcp *session)
{
    buf_clear(&session->scratch);
    buf_add_c(&session->scratch, "{\"notifications\":{\"toolsListChanged\":true},\"_meta\":{");
    add_meta(session, &session->scratch, 0);
    buf_add_c(&session->scratch, "}}");
    session->listen_at_ms = session->now_ms;
    ask(session, OUT_MCP__LISTEN, STR("subscriptions/listen"), OUT_MCP__NEVER);
}

/* The members of an object as text, without its braces. */
static struct str members(struct str object)
{
    struct str text = str_trim(object);

    if (text.len < 2 || text.ptr[0] != '{')
        return STR("");
    return str_trim(str_slice(text, 1, text.len - 1));
}

static void add_call_params(struct out_mcp *session, struct out_mcp__pending *pending)
{
    struct buf *params = &session->scratch;
    struct str inside = members(pending->args);

    if (pending->method.ptr) {
        buf_add_char(params, '{');
        rpc_add_one_line(params, inside);
        if (inside.len)
            buf_add_char(params, ',');
        return;
    }
    buf_add_c(params, "{\"name\":");
    buf_add_json(params, pending->tool);
    buf_add_c(params, ",\"arguments\":");
    if (pending->args.ptr)
        rpc_add_one_line(params, pending->args);
    else
        buf_add_c(params, "{}");
    buf_add_char(params, ',');
    /* Its answer is read by what was said, whatever is listed until then. */
    pending->as_task = out_mcp__task_wanted(session, pending);
    if (pending->as_task)
        buf_printf(params, "\"task\":{\"ttl\":%lld},", (long long)session->call_ms);
}

static void about_call(struct out_mcp *session, const struct out_mcp__pending *pending)
{
    struct str about = pending->method.ptr
                           ? out_mcp__own_about(session, pending->tool, pending->args)
                           : pending->tool;

    if (about.len)
        out_mcp__message_about(session, about);
    if (!pending->method.ptr)
        out_mcp__message_params(session, pending->tool, pending->args);
}

void out_mcp__ask_call(struct out_mcp *session, struct out_mcp__pending *pending, struct str more)
{
    struct str method = pending->method.ptr ? pending->method : STR("tools/call");
    struct buf *params = &session->scratch;
    size_t at;

    begin(session, &at);
    pending->token = pending->id;
    add_call_params(session, pending);
    buf_add_str(params, more);
    buf_add_c(params, "\"_meta\":{\"progressToken\":");
    buf_add_u64(params, pending->id);
    if (pending->traceparent.ptr) {
        buf_add_c(params, ",\"traceparent\":");
        buf_add_json(params, pending->traceparent);
    }
    if (session->modern) {
        buf_add_char(params, ',');
        add_meta(session, params, pending->samples);
        if (session->logs)
            buf_add_c(params, ",\"io.modelcontextprotocol/logLevel\":\"" LOG_LEVEL "\"");
    }
    buf_add_c(params, "}}");
    pending->out_at = session->out_total;
    rpc_add_request(&session->out, pending->id, method, buf_str(params));
    out_mcp__message_end(session, at, pending->id, method);
    if (session->messages)
        about_call(session, pending);
    else
        pending->out_len = session->out.len - at;
}

uint64_t out_mcp__aside(struct out_mcp *session)
{
    return out_mcp__pending_new(session, OUT_MCP__ASIDE, session->now_ms + ASIDE_MS)->id;
}

void out_mcp__ask_task(struct out_mcp *session, const struct out_mcp__pending *pending, uint64_t id,
                       const char *method, struct str more)
{
    struct buf *params = &session->scratch;
    size_t at;

    begin(session, &at);
    buf_add_c(params, "{\"taskId\":");
    buf_add_str(params, pending->task);
    if (more.len) { /* Its comma stands behind. */
        buf_add_char(params, ',');
        buf_add_str(params, str_slice(more, 0, more.len - 1));
    }
    if (session->modern) {
        buf_add_c(params, ",\"_meta\":{");
        add_meta(session, params, pending->samples);
        buf_add_char(params, '}');
    }
    buf_add_char(params, '}');
    rpc_add_request(&session->out, id, str_from(method), buf_str(params));
    out_mcp__message_end(session, at, id, str_from(method));
    if (session->messages) {
        struct json_error error;
        struct json_doc doc;

        if (json_parse(session->turn, pending->task, NULL, &error, &doc) == JSON_PARSED)
            out_mcp__message_about(session, json_str(doc.root));
    }
    explicit_bzero(params->ptr, params->len); /* What a person said may be a secret. */
}

void out_mcp__ask_level(struct out_mcp *session)
{
    uint64_t id = out_mcp__aside(session);
    size_t at;

    begin(session, &at);
    buf_add_c(&session->scratch, "{\"level\":\"" LOG_LEVEL "\"}");
    rpc_add_request(&session->out, id, STR("logging/setLevel"), buf_str(&session->scratch));
    out_mcp__message_end(session, at, id, STR("logging/setLevel"));
}

void out_mcp__say_initialized(struct out_mcp *session)
{
    size_t at;

    begin(session, &at);
    rpc_add_notification(&session->out, STR("notifications/initialized"), STR_NULL);
    end(session, at, STR("notifications/initialized"));
}

void out_mcp__say_cancelled(struct out_mcp *session, uint64_t id, struct str reason)
{
    size_t at;

    begin(session, &at);
    buf_add_c(&session->scratch, "{\"requestId\":");
    buf_add_u64(&session->scratch, id);
    if (reason.len) {
        buf_add_c(&session->scratch, ",\"reason\":");
        buf_add_json(&session->scratch, reason);
    }
    buf_add_char(&session->scratch, '}');
    rpc_add_notification(&session->out, STR("notifications/cancelled"), buf_str(&session->scratch));
    end(session, at, STR("notifications/cancelled"));
}

/* Answers that a server does not read pile up to a limit. */
static bool may_answer(const struct out_mcp *session)
{
    return session->out.len <= OUT_MCP_REPLIES_MAX &&
           session->notes.count - session->notes_at <= OUT_MCP_CALLS_MAX;
}

void out_mcp__respond(struct out_mcp *session, struct str id, struct str result)
{
    size_t at;

    if (!may_answer(session))
        return;
    begin(session, &at);
    rpc_add_result(&session->out, id, result);
    end(session, at, STR_NULL);
}

void out_mcp__refuse(struct out_mcp *session, struct str id, int code, struct str text)
{
    size_t at;

    if (!may_answer(session))
        return;
    begin(session, &at);
    rpc_add_error(&session->out, id, code, text, STR_NULL);
    end(session, at, STR_NULL);
}

/*
 * What a server asks of us beside what a person can answer. A modern one must not ask (2026-07-28,
 * stdio), and we must not answer. An older one may ping; the rest was not declared.
 */
void out_mcp__answer(struct out_mcp *session, struct str id, struct str method)
{
    if (session->modern)
        return;
    if (str_is(method, "ping"))
        out_mcp__respond(session, id, STR("{}"));
    else if (str_is(method, "roots/list")) /* Asked without a look at what was declared. */
        out_mcp__respond(session, id, STR("{\"roots\":[]}"));
    else
        out_mcp__refuse(session, id, RPC_METHOD_NOT_FOUND,
                        str_printf(session->turn, "%.*s is not offered by this client",
                                   STR_ARG(out_mcp__cut(method, OUT_MCP__NAME_MAX))));
}
