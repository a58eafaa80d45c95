/*
 * One message of a client, in whatever version it speaks.
 *
 * A message with the per-request fields of 2026-07-28 in its _meta is served by itself; any
 * other belongs to the session that `initialize` opened (versioning, "Backward Compatibility").
 */
#include "edge/mcp/internal.h"

#define MCP_META(name) "io.modelcontextprotocol/" name

static const char mcp_instructions[] =
    "Everything is done with one tool, `execute`: write a short TypeScript program that calls "
    "tools.<source>.<tool>(args). Start with `return await tools.search(\"what you need\")`.";

void mcp__answer(struct mcp__ask *ask, struct str result_json)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    rpc_add_result(&out, ask->message->id, result_json);
    mcp__reply_answer(ask->reply, &out);
}

void mcp__refuse(struct mcp__ask *ask, int64_t code, struct str message, struct str data_json)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    rpc_add_error(&out, ask->message->id, code, message, data_json);
    mcp__reply_answer(ask->reply, &out);
    if (ask->version >= MCP__2026_07_28)
        ask->reply->status = code == RPC_METHOD_NOT_FOUND ? 404 : 400;
}

static void mcp_unknown_method(struct mcp__ask *ask)
{
    struct str message = str_printf(ask->turn->actions->turn, "Method not found: %.*s",
                                    STR_ARG(mcp__cut(ask->message->method, 64)));

    mcp__refuse(ask, RPC_METHOD_NOT_FOUND, message, STR_NULL);
}

/* ---- initialize ---- */

static int mcp_log_level(struct str name)
{
    static const char *const levels[] = { "debug", "info",     "notice", "warning",
                                          "error", "critical", "alert",  "emergency" };

    for (size_t i = 0; i < ARRAY_COUNT(levels); i++) {
        if (str_is(name, levels[i]))
            return (int)i;
    }
    return -1;
}

/* At most MCP__NAME_MAX bytes, however often a client introduces itself. */
static size_t mcp_name_copy(char *name, struct str text)
{
    struct str cut = mcp__cut(text, MCP__NAME_MAX);

    if (cut.len > 0)
        memcpy(name, cut.ptr, cut.len);
    return cut.len;
}

static void mcp_session_meet(struct mcp__session *session, const struct json_value *params)
{
    const struct json_value *info = json_get(params, "clientInfo");
    enum mcp__version wanted = mcp__version_parse(json_get_str(params, "protocolVersion"));

    if (wanted == MCP__NONE || wanted >= MCP__2026_07_28)
        wanted = MCP__2025_11_25;
    session->version = wanted;
    session->name_len = mcp_name_copy(session->name, json_get_str(info, "name"));
    session->version_len = mcp_name_copy(session->version_text, json_get_str(info, "version"));
    session->elicits = wanted >= MCP__2025_06_18 && mcp__elicits(json_get(params, "capabilities"));
    session->samples = mcp__samples(json_get(params, "capabilities"));
    session->log_level = -1;
}

void mcp__initialize(struct mcp__ask *ask)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    if (!json_get_str(ask->message->params, "protocolVersion").ptr) {
        mcp__refuse(ask, RPC_INVALID_PARAMS, STR("initialize needs params.protocolVersion"),
                    STR_NULL);
        return;
    }
    mcp_session_meet(ask->session, ask->message->params);
    ask->version = ask->session->version;
    buf_add_c(&out, "{\"protocolVersion\":");
    buf_add_json(&out, mcp__version_text(ask->version));
    buf_add_c(&out,
              ",\"capabilities\":{\"tools\":{},\"resources\":{},\"logging\":{}},\"serverInfo\":");
    mcp__server_info(&out, ask->turn->mcp->config.version);
    buf_add_c(&out, ",\"instructions\":");
    buf_add_json(&out, str_from(mcp_instructions));
    buf_add_char(&out, '}');
    mcp__answer(ask, buf_str(&out));
}

static void mcp_set_level(struct mcp__ask *ask)
{
    int level = mcp_log_level(json_get_str(ask->message->params, "level"));

    if (level < 0) {
        mcp__refuse(ask, RPC_INVALID_PARAMS, STR("params.level is no log level"), STR_NULL);
        return;
    }
    ask->session->log_level = level;
    mcp__answer(ask, STR("{}"));
}

/* ---- requests and notifications ---- */

static struct mcp__call *mcp_call_by_id(struct mcp__session *session, struct str id)
{
    for (struct mcp__link *at = session->calls.next; at != &session->calls; at = at->next) {
        struct mcp__call *call = container_of(at, struct mcp__call, of_session);

        if (str_equal(call->id, id))
            return call;
    }
    return NULL;
}

void mcp__cancelled(struct mcp__ask *ask)
{
    const struct json_value *id = json_get(ask->message->params, "requestId");
    struct mcp__call *call = NULL;

    if (ask->session && (json_is_string(id) || json_is_number(id)))
        call = mcp_call_by_id(ask->session, json_text(ask->turn->actions->turn, id));
    if (call)
        mcp__call_leave(ask->turn, call, MCP_CANCEL);
}

/* Those of both eras. */
static bool mcp_resources(struct mcp__ask *ask)
{
    struct str method = ask->message->method;

    if (str_is(method, "resources/list"))
        mcp__resources_list(ask);
    else if (str_is(method, "resources/templates/list"))
        mcp__templates_list(ask);
    else if (str_is(method, "resources/read"))
        mcp__resources_read(ask);
    else
        return false;
    return true;
}

static void mcp_legacy_request(struct mcp__ask *ask)
{
    struct str method = ask->message->method;

    if (str_is(method, "initialize"))
        mcp__initialize(ask);
    else if (str_is(method, "ping"))
        mcp__answer(ask, STR("{}"));
    else if (str_is(method, "server/discover")) /* modern, and then its _meta is not there */
        mcp__refuse(ask, RPC_INVALID_PARAMS, STR("params._meta lacks " MCP_META("protocolVersion")),
                    STR_NULL);
    else if (ask->session->version == MCP__NONE)
        mcp__refuse(ask, RPC_INVALID_REQUEST, STR("initialize first"), STR_NULL);
    else if (str_is(method, "tools/list"))
        mcp__tools_list(ask);
    else if (str_is(method, "tools/call"))
        mcp__tools_call(ask);
    else if (str_is(method, "logging/setLevel"))
        mcp_set_level(ask);
    else if (!mcp_resources(ask))
        mcp_unknown_method(ask);
}

static bool mcp_id_in_use(struct mcp__ask *ask)
{
    if (!ask->session || !mcp_call_by_id(ask->session, ask->message->id))
        return false;
    mcp__refuse(ask, RPC_INVALID_REQUEST, STR("this id is in use by a running request"), STR_NULL);
    return true;
}

void mcp__legacy(struct mcp__ask *ask)
{
    switch (ask->message->kind) {
    case RPC_REQUEST:
        if (!mcp_id_in_use(ask))
            mcp_legacy_request(ask);
        break;
    case RPC_NOTIFICATION:
        if (str_is(ask->message->method, "notifications/cancelled"))
            mcp__cancelled(ask);
        break;
    case RPC_RESULT:
    case RPC_ERROR:
        mcp__inputs_response(ask);
        break;
    }
}

/* ---- 2026-07-28 ---- */

bool mcp__is_modern(const struct rpc_message *message)
{
    const struct json_value *meta = json_get(message->params, "_meta");

    return json_get(meta, MCP_META("protocolVersion")) ||
           json_get(meta, MCP_META("clientCapabilities"));
}

bool mcp__modern_open(struct mcp__ask *ask)
{
    const struct json_value *capabilities = json_get(ask->meta, MCP_META("clientCapabilities"));
    const struct json_value *info = json_get(ask->meta, MCP_META("clientInfo"));
    struct str version = json_get_str(ask->meta, MCP_META("protocolVersion"));
    BUF_CLEANUP struct buf data = BUF_INIT;

    ask->version = MCP__2026_07_28;
    if (!version.ptr) {
        mcp__refuse(ask, RPC_INVALID_PARAMS, STR("params._meta lacks " MCP_META("protocolVersion")),
                    STR_NULL);
        return false;
    }
    if (mcp__version_parse(version) < MCP__2026_07_28) {
        mcp__version_data(&data, version);
        mcp__refuse(ask, MCP__UNSUPPORTED_VERSION, STR("Unsupported protocol version"),
                    buf_str(&data));
        return false;
    }
    if (!json_is_object(capabilities)) {
        mcp__refuse(ask, RPC_INVALID_PARAMS,
                    STR("params._meta lacks " MCP_META("clientCapabilities")), STR_NULL);
        return false;
    }
    ask->client.elicits = mcp__elicits(capabilities);
    ask->client.samples = mcp__samples(capabilities);
    ask->client.name = mcp__cut(json_get_str(info, "name"), MCP__NAME_MAX);
    ask->client.version = mcp__cut(json_get_str(info, "version"), MCP__NAME_MAX);
    ask->client.protocol = mcp__version_text(ask->version);
    return true;
}

static void mcp_discover(struct mcp__ask *ask)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    mcp__result_open(&out, ask->version);
    buf_add_c(&out, "\"supportedVersions\":");
    mcp__versions_json(&out);
    buf_add_c(&out, ",\"capabilities\":{\"tools\":{},\"resources\":{}},\"instructions\":");
    buf_add_json(&out, str_from(mcp_instructions));
    buf_add_c(&out, ",\"ttlMs\":3600000,\"cacheScope\":\"public\"");
    mcp__result_close(&out, ask->turn->mcp, ask->version, STR_NULL);
    mcp__answer(ask, buf_str(&out));
}

/* Nothing that can be listened to changes, so the acknowledgement names nothing. */
static void mcp_listen(struct mcp__ask *ask)
{
    BUF_CLEANUP struct buf params = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;

    if (!json_is_object(json_get(ask->message->params, "notifications"))) {
        mcp__refuse(ask, RPC_INVALID_PARAMS, STR("params.notifications is not an object"),
                    STR_NULL);
        return;
    }
    if (ask->reply->http && !ask->reply->streams) {
        mcp__refuse(ask, RPC_INVALID_REQUEST, STR("Accept must hold text/event-stream"), STR_NULL);
        return;
    }
    if (mcp__calls_full(ask)) {
        mcp__refuse(ask, RPC_INVALID_REQUEST, STR("too many requests of this client run at once"),
                    STR_NULL);
        return;
    }
    buf_add_c(&params, "{\"_meta\":{\"" MCP_META("subscriptionId") "\":");
    buf_add_str(&params, ask->message->id);
    buf_add_c(&params, "},\"notifications\":{}}");
    rpc_add_notification(&out, STR("notifications/subscriptions/acknowledged"), buf_str(&params));
    (void)mcp__call_new(ask, MCP__LISTEN);
    (void)mcp__reply_message(ask->turn, ask->reply, buf_str(&out));
}

static void mcp_modern_request(struct mcp__ask *ask)
{
    struct str method = ask->message->method;

    if (str_is(method, "tools/call"))
        mcp__tools_call(ask);
    else if (str_is(method, "tools/list"))
        mcp__tools_list(ask);
    else if (str_is(method, "server/discover"))
        mcp_discover(ask);
    else if (str_is(method, "subscriptions/listen"))
        mcp_listen(ask);
    else if (!mcp_resources(ask))
        mcp_unknown_method(ask);
}

void mcp__modern(struct mcp__ask *ask)
{
    if (ask->message->kind == RPC_NOTIFICATION) {
        if (str_is(ask->message->method, "notifications/cancelled"))
            mcp__cancelled(ask);
        return;
    }
    if (ask->message->kind == RPC_REQUEST && mcp__modern_open(ask) && !mcp_id_in_use(ask))
        mcp_modern_request(ask);
}
