/*
 * Egress's part: a real client session for each source, and behind it a server that does what
 * the story says. The server performs a call when it says that it does, and counts it.
 */
#include "world.h"

#include "base/base64.h"
#include "format/json/json.h"
#include "sys/clock.h"

static struct upstream *upstream_find(struct world *world, uint64_t source)
{
    for (size_t i = 0; i < world->upstreams.count; i++)
        if (world->upstreams.at[i]->source == source)
            return world->upstreams.at[i];
    return NULL;
}

struct upstream_tool *world_tool(struct world *world, struct str address)
{
    for (size_t i = 0; i < world->tools.count; i++) {
        struct upstream_tool *tool = &world->tools.at[i];
        struct str full =
            str_printf(world->arena, "%.*s.%.*s", STR_ARG(tool->source), STR_ARG(tool->name));

        if (str_equal(full, address))
            return tool;
    }
    return NULL;
}

static struct upstream_tool *server_tool(struct world *world, const struct upstream *upstream,
                                         struct str name)
{
    return world_tool(
        world, str_printf(world->arena, "%.*s.%.*s", STR_ARG(upstream->name), STR_ARG(name)));
}

static void say(struct upstream *upstream, struct str id, const char *key, struct str body)
{
    struct buf line BUF_CLEANUP = BUF_INIT;

    buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"%s\":", STR_ARG(id), key);
    buf_add_str(&line, body);
    buf_add_c(&line, "}\n");
    world_crossed(upstream->world, WIRE_SERVER_EGRESS, line.len);
    out_mcp_input(upstream->session, buf_str(&line));
}

static void say_tools(struct world *world, struct upstream *upstream, struct str id)
{
    struct buf list BUF_CLEANUP = BUF_INIT;
    bool first = true;

    buf_add_c(&list, "{\"tools\":[");
    for (size_t i = 0; i < world->tools.count; i++) {
        const struct upstream_tool *tool = &world->tools.at[i];

        if (!str_equal(tool->source, upstream->name) || tool->mode == UPSTREAM_GONE)
            continue;
        buf_printf(&list, "%s{\"name\":\"%.*s\",\"inputSchema\":%.*s", first ? "" : ",",
                   STR_ARG(tool->name),
                   STR_ARG(tool->input.ptr ? tool->input : STR("{\"type\":\"object\"}")));
        if (tool->output.ptr)
            buf_printf(&list, ",\"outputSchema\":%.*s", STR_ARG(tool->output));
        if (tool->description.ptr)
            buf_printf(&list, ",\"description\":\"%.*s\"", STR_ARG(tool->description));
        buf_printf(&list, ",\"annotations\":{\"readOnlyHint\":%s,\"destructiveHint\":%s}}",
                   str_is(tool->effect, "read") ? "true" : "false",
                   str_is(tool->effect, "destructive") ? "true" : "false");
        first = false;
    }
    buf_add_c(&list, "]}");
    say(upstream, id, "result", buf_str(&list));
}

static void say_result(struct upstream *upstream, struct str id, const struct upstream_tool *tool)
{
    struct buf body BUF_CLEANUP = BUF_INIT;
    struct str result = tool->result.ptr ? tool->result : STR("{\"ok\":true}");

    if (tool->mode == UPSTREAM_WRONG)
        result = STR("{\"wrong\":1}");
    if (tool->image) {
        buf_add_c(&body,
                  "{\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"");
        base64_encode(&body, world_image(upstream->world->arena, tool->image));
        buf_add_c(&body, "\"}]}");
    } else {
        buf_add_c(&body, "{\"content\":[{\"type\":\"text\",\"text\":\"see structured\"}],"
                         "\"structuredContent\":");
        buf_add_str(&body, result);
        buf_add_char(&body, '}');
    }
    say(upstream, id, "result", buf_str(&body));
}

/* Other bytes than those that it gives itself are nobody's: the story is over. */
static void check_taken(struct world *world, const struct upstream_tool *tool,
                        const struct json_value *params)
{
    struct str data = json_get_str(json_get(params, "arguments"), "data");
    struct buf bytes BUF_CLEANUP = BUF_INIT;

    if (tool->takes && (!base64_decode(&bytes, data) ||
                        !str_equal(buf_str(&bytes), world_image(world->arena, tool->takes))))
        world_fail(world, "%.*s was sent other bytes", STR_ARG(tool->name));
}

static void on_tools_call(struct world *world, struct upstream *upstream, struct str id,
                          const struct json_value *params)
{
    struct upstream_tool *tool = server_tool(world, upstream, json_get_str(params, "name"));

    if (!tool) {
        say(upstream, id, "error", STR("{\"code\":-32602,\"message\":\"no such tool\"}"));
        return;
    }
    if (tool->mode == UPSTREAM_ASKS) {
        struct buf line BUF_CLEANUP = BUF_INIT;

        *VEC_PUSH(&tool->held) = str_copy(world->arena, id);
        buf_printf(&line,
                   "{\"jsonrpc\":\"2.0\",\"id\":\"%.*s\",\"method\":\"elicitation/create\","
                   "\"params\":{\"message\":\"Whose?\",\"requestedSchema\":{\"type\":\"object\","
                   "\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":2},"
                   "\"many\":{\"type\":\"integer\",\"default\":3}},\"required\":[\"name\"]}}}\n",
                   STR_ARG(tool->name));
        out_mcp_input(upstream->session, buf_str(&line));
        return;
    }
    if (tool->mode == UPSTREAM_MODELS) {
        struct buf line BUF_CLEANUP = BUF_INIT;

        *VEC_PUSH(&tool->held) = str_copy(world->arena, id);
        buf_printf(&line,
                   "{\"jsonrpc\":\"2.0\",\"id\":\"%.*s\",\"method\":\"sampling/createMessage\","
                   "\"params\":{\"maxTokens\":9,\"messages\":[{\"role\":\"user\",\"content\":{"
                   "\"type\":\"text\",\"text\":\"Name it\"}}]}}\n",
                   STR_ARG(tool->name));
        out_mcp_input(upstream->session, buf_str(&line));
        return;
    }
    if (tool->mode == UPSTREAM_DIES) {
        upstream->broken = true;
        return;
    }
    if (tool->mode == UPSTREAM_FAILS || tool->mode == UPSTREAM_BUSY) {
        say(upstream, id, "result",
            STR("{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"it said no\"}]}"));
        return;
    }
    check_taken(world, tool, params);
    tool->performed++;
    if (tool->mode == UPSTREAM_LOSES)
        upstream->broken = true;
    else if (tool->mode == UPSTREAM_GARBLES)
        say(upstream, id, "result", STR("{\"content\":[{\"type\":\"text\",\"text\":\"half"));
    else if (tool->mode == UPSTREAM_SLOW || tool->mode == UPSTREAM_HANGS)
        *VEC_PUSH(&tool->held) = str_copy(world->arena, id);
    else
        say_result(upstream, id, tool);
}

void world_upstream_answer(struct world *world, struct str address)
{
    struct upstream_tool *tool = world_tool(world, address);

    for (size_t u = 0; tool && u < world->upstreams.count; u++) {
        struct upstream *upstream = world->upstreams.at[u];

        if (!str_equal(upstream->name, tool->source) || !upstream->session)
            continue;
        for (size_t i = 0; i < tool->held.count; i++)
            say_result(upstream, tool->held.at[i], tool);
        VEC_CLEAR(&tool->held);
    }
}

void world_upstream_changed(struct world *world, struct str address)
{
    const struct upstream_tool *tool = world_tool(world, address);

    for (size_t u = 0; tool && u < world->upstreams.count; u++) {
        struct upstream *upstream = world->upstreams.at[u];

        if (str_equal(upstream->name, tool->source) && upstream->session)
            out_mcp_input(upstream->session,
                          STR("{\"jsonrpc\":\"2.0\","
                              "\"method\":\"notifications/tools/list_changed\"}\n"));
    }
}

/* A person's answer, or that there is none: what the tool was told is what it says. */
static void on_response(struct world *world, struct upstream *upstream, struct str name,
                        const struct json_value *result)
{
    struct upstream_tool *tool = server_tool(world, upstream, name);
    struct str said = result ? json_text(world->arena, result) : STR("{\"said\":\"no\"}");
    struct buf body BUF_CLEANUP = BUF_INIT;

    if (!tool)
        return;
    if (str_is(json_get_str(result, "action"), "accept") || json_get(result, "model"))
        tool->performed++;
    buf_printf(&body, "{\"content\":[],\"structuredContent\":%.*s}", STR_ARG(said));
    for (size_t i = 0; i < tool->held.count; i++)
        say(upstream, tool->held.at[i], "result", buf_str(&body));
    VEC_CLEAR(&tool->held);
}

static void on_cancelled(struct world *world, const struct upstream *upstream)
{
    for (size_t i = 0; i < world->tools.count; i++)
        if (str_equal(world->tools.at[i].source, upstream->name) &&
            world->tools.at[i].held.count > 0)
            world->tools.at[i].cancelled++;
}

static void on_line(struct world *world, struct upstream *upstream, struct str line)
{
    struct json_error error;
    struct json_doc doc;
    struct str method;
    struct str id;

    if (json_parse(world->arena, line, NULL, &error, &doc) != JSON_PARSED)
        UNREACHABLE("our client sent what is no JSON");
    method = json_get_str(doc.root, "method");
    id = json_text(world->arena, json_get(doc.root, "id"));
    if (!method.ptr)
        on_response(world, upstream, json_get_str(doc.root, "id"), json_get(doc.root, "result"));
    else if (str_is(method, "initialize"))
        say(upstream, id, "result",
            STR("{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{\"listChanged\":"
                "true}},"
                "\"serverInfo\":{\"name\":\"scripted\",\"version\":\"1\"}}"));
    else if (str_is(method, "server/discover"))
        say(upstream, id, "error", STR("{\"code\":-32601,\"message\":\"no such method\"}"));
    else if (str_is(method, "tools/list"))
        say_tools(world, upstream, id);
    else if (str_is(method, "tools/call"))
        on_tools_call(world, upstream, id, json_get(doc.root, "params"));
    else if (str_is(method, "notifications/cancelled"))
        on_cancelled(world, upstream);
}

/* ---- what egress says to the daemon ---- */

static void send_frame(struct world *world, unsigned type, uint64_t id, const struct buf *payload)
{
    struct wire_frame frame = { .type = (uint16_t)type, .id = id, .payload = buf_str(payload) };

    if (world->egress)
        (void)!link_send(world->egress, &frame);
    world->activity++;
}

static void send_report(struct world *world, const struct upstream *upstream,
                        const struct out_mcp_event *event, enum msg_source_state state,
                        struct str reason)
{
    struct msg_source_report report = { .source = upstream->source,
                                        .state = state,
                                        .reason = reason };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (event) {
        report.server = event->server;
        report.protocol = event->protocol;
        report.listed = true;
        report.tools_count = event->tool_count;
        report.tools = ARENA_ARRAY(world->arena, struct msg_tool, event->tool_count);
        for (size_t i = 0; i < event->tool_count; i++)
            report.tools[i] = event->tools[i];
    }
    msg_source_report_encode(&report, &payload);
    send_frame(world, MSG_SOURCE_REPORT, upstream->source, &payload);
}

/* A handle of a call is where it stands in the list of those sent. */
static void send_outcome(struct world *world, struct upstream *upstream,
                         const struct msg_call_send *call, const struct out_mcp_event *event)
{
    struct msg_call_outcome outcome = {
        .execution = call->execution,
        .call = call->call,
        .attempt = call->attempt,
        .sent = event->sent,
        .status = event->status,
        .value = event->value,
        .error = { .code = event->code, .message = event->text },
    };
    const struct upstream_tool *tool = server_tool(world, upstream, call->tool);

    /* As egress says it of 429 with Retry-After. */
    if (tool && tool->mode == UPSTREAM_BUSY && event->status == MSG_OUTCOME_STATUS_FAILED) {
        outcome.error.code = STR("busy");
        outcome.retry = true;
        outcome.retry_ms = 700;
    }
    world_outcome_send(world, &outcome, event);
}

static void send_ask(struct world *world, const struct msg_call_send *call,
                     const struct out_mcp_event *event)
{
    const struct msg_call_ask ask = {
        .execution = call->execution,
        .call = call->call,
        .attempt = call->attempt,
        .ask = event->ask,
        .kind = event->ask_kind,
        .message = event->text,
        .schema = event->schema,
        .url = event->url,
        .shared = event->shared,
    };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_call_ask_encode(&ask, &payload);
    send_frame(world, MSG_CALL_ASK, call->execution, &payload);
}

static void refuse_call(struct world *world, struct upstream *upstream,
                        const struct msg_call_send *call, const char *reason)
{
    const struct out_mcp_event event = {
        .sent = MSG_SENT_NO,
        .status = MSG_OUTCOME_STATUS_UNREACHABLE,
        .code = STR("unreachable"),
        .text = str_from(reason),
    };

    send_outcome(world, upstream, call, &event);
}

static void calls_begin(struct world *world, struct upstream *upstream)
{
    for (size_t i = 0; i < upstream->calls.count; i++) {
        struct msg_call_send *send = &upstream->calls.at[i];
        const struct out_mcp_call call = {
            .handle = i + 1,
            .tool = send->tool,
            .args = send->args,
            .timeout_ms = send->timeout_ms,
            .owner = send->execution,
            .samples = send->samples,
        };

        if (send->timeout_ms == 0)
            continue;
        if (out_mcp_call(upstream->session, &call, clock_now_ms()) != 0)
            refuse_call(world, upstream, send, "not accepted");
        send->timeout_ms = 0; /* handed over */
    }
}

static void upstream_over(struct world *world, struct upstream *upstream, struct str reason)
{
    for (size_t i = 0; i < upstream->calls.count; i++)
        if (upstream->calls.at[i].timeout_ms != 0)
            refuse_call(world, upstream, &upstream->calls.at[i], "its source ended");
    VEC_CLEAR(&upstream->calls);
    upstream->session = out_mcp_free(upstream->session);
    send_report(world, upstream, NULL, MSG_SOURCE_STATE_ERROR, reason);
}

static void on_event(struct world *world, struct upstream *upstream,
                     const struct out_mcp_event *event)
{
    struct str reason;

    switch (event->kind) {
    case OUT_MCP_TOOLS:
        send_report(world, upstream, event, MSG_SOURCE_STATE_CONNECTED, STR_NULL);
        calls_begin(world, upstream);
        return;
    case OUT_MCP_OVER:
        reason = str_copy(world->arena, event->reason);
        upstream_over(world, upstream, reason);
        return;
    case OUT_MCP_OUTCOME:
        send_outcome(world, upstream, &upstream->calls.at[event->handle - 1], event);
        return;
    case OUT_MCP_ASK:
        send_ask(world, &upstream->calls.at[event->handle - 1], event);
        return;
    case OUT_MCP_PROGRESS:
    case OUT_MCP_LOG:
        return;
    }
    UNREACHABLE("an event outside its enum");
}

/* Moves bytes between session and server until neither has more to say. */
static void upstream_run(struct world *world, struct upstream *upstream)
{
    struct out_mcp_event event;
    struct str out;

    for (int rounds = 0; upstream->session && rounds < 64; rounds++) {
        out = out_mcp_output(upstream->session);
        buf_add_str(&upstream->in, out);
        world_crossed(world, WIRE_EGRESS_SERVER, out.len);
        out_mcp_output_taken(upstream->session, out.len);
        while (!upstream->broken && str_find_char(buf_str(&upstream->in), '\n') != SIZE_MAX) {
            size_t len = str_find_char(buf_str(&upstream->in), '\n');
            struct str line = str_copy(world->arena, str_slice(buf_str(&upstream->in), 0, len));

            buf_drop(&upstream->in, len + 1);
            on_line(world, upstream, line);
        }
        if (upstream->broken) {
            upstream->broken = false;
            buf_clear(&upstream->in);
            out_mcp_end(upstream->session, STR("its pipe broke"));
        }
        while (upstream->session && out_mcp_next(upstream->session, clock_now_ms(), &event))
            on_event(world, upstream, &event);
    }
}

/* A further connection speaks to another server of the same kind, unless the story has one for it.
 */
static struct str server_name(struct world *world, struct str name)
{
    struct str rest = name;

    for (size_t i = 0; i < world->tools.count; i++)
        if (str_equal(world->tools.at[i].source, name))
            return name;
    return str_split(&rest, '@');
}

static void on_open(struct world *world, const struct msg_source_open *open)
{
    const struct out_mcp_options options = { .version = STR(WRIT_VERSION),
                                             .samples = open->samples };
    struct upstream *upstream = upstream_find(world, open->source);

    if (!upstream) {
        upstream = ARENA_NEW(world->arena, struct upstream);
        upstream->world = world;
        upstream->source = open->source;
        upstream->name = str_copy(world->arena, server_name(world, open->name));
        *VEC_PUSH(&world->upstreams) = upstream;
    }
    if (upstream->session) {
        out_mcp_refresh(upstream->session);
        return;
    }
    buf_clear(&upstream->in);
    upstream->session = out_mcp_new(&options, clock_now_ms());
    if (upstream->down)
        out_mcp_end(upstream->session, STR("it does not start"));
}

static void on_send(struct world *world, const struct msg_call_send *send)
{
    struct upstream *upstream = upstream_find(world, send->source);
    struct msg_call_send *kept;

    if (!upstream)
        return;
    kept = VEC_PUSH(&upstream->calls);
    *kept = *send;
    kept->tool = str_copy(world->arena, send->tool);
    kept->args = str_copy(world->arena, world_args_fill(world, send));
    if (upstream->session && out_mcp_state(upstream->session) == OUT_MCP_READY)
        calls_begin(world, upstream);
    else if (!upstream->session)
        refuse_call(world, upstream, kept, "its source is not up");
}

static void on_cancel(struct world *world, const struct msg_call_cancel *cancel)
{
    for (size_t u = 0; u < world->upstreams.count; u++) {
        struct upstream *upstream = world->upstreams.at[u];

        for (size_t i = 0; upstream->session && i < upstream->calls.count; i++)
            if (upstream->calls.at[i].execution == cancel->execution &&
                upstream->calls.at[i].call == cancel->call)
                out_mcp_cancel(upstream->session, i + 1, cancel->reason);
    }
}

static void on_said(struct world *world, const struct msg_call_said *said)
{
    for (size_t u = 0; u < world->upstreams.count; u++) {
        struct upstream *upstream = world->upstreams.at[u];

        for (size_t i = 0; upstream->session && i < upstream->calls.count; i++) {
            const struct msg_call_send *call = &upstream->calls.at[i];
            const struct out_mcp_saying saying = {
                .handle = i + 1, .ask = said->ask, .action = said->action, .content = said->content
            };

            if (call->execution == said->execution && call->call == said->call &&
                call->attempt == said->attempt)
                out_mcp_said(upstream->session, &saying, clock_now_ms());
        }
    }
}

void world_egress_ready(struct world *world)
{
    struct wire_frame frame;

    while (world->egress && link_next(world->egress, &frame) == LINK_FRAME) {
        struct msg_source_open open;
        struct msg_call_send send;
        struct msg_call_cancel cancel;
        struct msg_call_said said;

        world->activity++;
        world_crossed(world, WIRE_DAEMON_EGRESS, frame.payload.len);
        if (frame.type == MSG_SOURCE_OPEN &&
            msg_source_open_decode(frame.payload, world->arena, &open))
            on_open(world, &open);
        else if (frame.type == MSG_CALL_SEND &&
                 msg_call_send_decode(frame.payload, world->arena, &send))
            on_send(world, &send);
        else if (frame.type == MSG_CALL_CANCEL &&
                 msg_call_cancel_decode(frame.payload, world->arena, &cancel)) {
            if (!cancel.unsent) /* What comes here is sent in the same moment. */
                on_cancel(world, &cancel);
        } else if (frame.type == MSG_CALL_SAID &&
                   msg_call_said_decode(frame.payload, world->arena, &said))
            on_said(world, &said);
    }
    world_egress_tick(world);
}

void world_egress_tick(struct world *world)
{
    for (size_t i = 0; i < world->upstreams.count; i++)
        upstream_run(world, world->upstreams.at[i]);
}

void world_egress_up(struct world *world)
{
    int fds[2];

    world->egress = link_free(world->egress);
    world->egress_ready.kind = WORLD_EGRESS;
    if (link_pair(fds) < 0 ||
        link_new(world->loop, fds[0], &world->egress_ready, &world->egress) < 0)
        UNREACHABLE("no link");
    if (daemon_link(world->daemon, MSG_PROCESS_KIND_EGRESS, 101, fds[1]) < 0)
        return;
}

/* Egress ends, and with it every pipe: what servers still do, nobody hears. */
void world_egress_drop(struct world *world)
{
    for (size_t i = 0; i < world->upstreams.count; i++) {
        struct upstream *upstream = world->upstreams.at[i];

        upstream->session = out_mcp_free(upstream->session);
        VEC_FINI(&upstream->calls);
        buf_fini(&upstream->in);
    }
    for (size_t i = 0; i < world->tools.count; i++)
        VEC_CLEAR(&world->tools.at[i].held);
    world->egress = link_free(world->egress);
}
