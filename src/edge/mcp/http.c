/*
 * Streamable HTTP: which requests are MCP, in which version, and what the status says.
 *
 * POST carries messages. A request with the per-request fields of 2026-07-28, or with that
 * version in its header, is served by itself; its headers must say what its body says. Any other
 * belongs to a session that `initialize` opened and that Mcp-Session-Id names. DELETE ends such
 * a session. GET with Last-Event-ID takes up a stream that broke (stream.c); without there is
 * nothing to GET: 405.
 *
 * The answer to an admitted request is at most one RESPOND, then CHUNKs.
 */
#include "edge/mcp/admit.h"
#include "edge/mcp/seal.h"
#include "edge/mcp/stream.h"

#include "base/base64.h"

#include <strings.h>

static bool mcp_same_word(struct str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

/* How often the header is there; *ret_value is its last value. */
static size_t mcp_header(const struct msg_http_request *request, const char *name,
                         struct str *ret_value)
{
    size_t count = 0;

    *ret_value = STR_NULL;
    for (size_t i = 0; i < request->headers_count; i++) {
        if (mcp_same_word(request->headers[i].name, name)) {
            *ret_value = str_trim(request->headers[i].value);
            count++;
        }
    }
    return count;
}

/* ---- who may speak to our loopback port ---- */

/* host[:port] names this machine by loopback, with our port. */
static bool mcp_is_loopback(struct str authority, uint32_t port, uint32_t port_default)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        size_t len = strlen(names[i]);
        uint64_t given = port_default;

        if (!mcp_same_word(str_slice(authority, 0, len), names[i]))
            continue;
        if (authority.len == len)
            return given == port;
        return authority.ptr[len] == ':' &&
               str_to_u64(str_slice(authority, len + 1, authority.len), &given) && given == port;
    }
    return false;
}

static bool mcp_origin_ok(struct str origin, uint32_t port)
{
    struct str http = STR("http://");

    return str_starts(origin, http) &&
           mcp_is_loopback(str_slice(origin, http.len, origin.len), port, 80);
}

static bool mcp_token_ok(const struct msg_http_request *request, struct str token)
{
    struct str value;

    if (token.len == 0 || mcp_header(request, "authorization", &value) != 1)
        return false;
    if (value.len < 7 || !mcp_same_word(str_slice(value, 0, 7), "bearer "))
        return false;
    return mcp__same_secret(str_trim(str_slice(value, 7, value.len)), token);
}

int mcp_http_admit(const struct mcp_admission *admission, const struct msg_http_request *request)
{
    struct str value;
    size_t count;

    if (mcp_header(request, "host", &value) != 1 || !mcp_is_loopback(value, admission->port, 80))
        return MCP_ADMIT_HOST;
    count = mcp_header(request, "origin", &value);
    if (count > 1 || (count == 1 && !mcp_origin_ok(value, admission->port)))
        return MCP_ADMIT_ORIGIN;
    return mcp_token_ok(request, admission->token) ? MCP_ADMIT : MCP_ADMIT_TOKEN;
}

static struct mcp_action *mcp_plain(struct mcp__turn *turn, uint64_t exchange, uint32_t status,
                                    struct str json)
{
    mcp__respond(turn, exchange, status, json.len > 0 ? STR("json") : STR_NULL, json);
    return &turn->actions->list.at[turn->actions->list.count - 1];
}

static void mcp_add_header(struct mcp__turn *turn, struct mcp_action *action, struct str name,
                           struct str value)
{
    size_t count = action->respond.headers_count;
    struct msg_header *headers = ARENA_ARRAY(turn->actions->turn, struct msg_header, count + 1);

    memcpy(headers, action->respond.headers, count * sizeof(*headers));
    headers[count] = (struct msg_header){ name, value };
    action->respond.headers = headers;
    action->respond.headers_count = count + 1;
}

void mcp_http_refuse(enum mcp_admit_answer answer, uint64_t exchange, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .actions = actions };

    switch (answer) {
    case MCP_ADMIT:
        break;
    case MCP_ADMIT_HOST:
        (void)mcp_plain(&turn, exchange, 403,
                        STR("{\"error\":{\"code\":\"refused\",\"message\":\"Host must be a "
                            "loopback name or address with this port\"}}"));
        break;
    case MCP_ADMIT_ORIGIN:
        (void)mcp_plain(&turn, exchange, 403,
                        STR("{\"error\":{\"code\":\"refused\",\"message\":\"requests from other "
                            "web pages are not taken\"}}"));
        break;
    case MCP_ADMIT_TOKEN:
        mcp_add_header(&turn,
                       mcp_plain(&turn, exchange, 401,
                                 STR("{\"error\":{\"code\":\"unauthorized\",\"message\":\"send "
                                     "the bearer token that `writ status --json` names\"}}")),
                       STR("www-authenticate"), STR("Bearer realm=\"writ\""));
        break;
    }
}

/* ---- errors that have no reply yet ---- */

static void mcp_http_error(struct mcp__turn *turn, uint64_t exchange, uint32_t status,
                           const struct rpc_problem *problem)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    rpc_add_error(&out, problem->id, problem->code, str_from(problem->sentence), STR_NULL);
    (void)mcp_plain(turn, exchange, status, buf_str(&out));
}

static void mcp_http_bad(struct mcp__turn *turn, uint64_t exchange, uint32_t status,
                         const char *sentence)
{
    struct rpc_problem problem = { .code = RPC_INVALID_REQUEST };
    size_t len = strlen(sentence);

    CHECK(len < sizeof(problem.sentence));
    memcpy(problem.sentence, sentence, len + 1);
    mcp_http_error(turn, exchange, status, &problem);
}

/* ---- headers against the body (2026-07-28, "Server Validation") ---- */

static void mcp_mismatch(struct mcp__ask *ask, const char *header, const char *why)
{
    struct str message =
        str_printf(ask->turn->actions->turn, "Header mismatch: %s %s", header, why);

    mcp__refuse(ask, MCP__HEADER_MISMATCH, message, STR_NULL);
}

static bool mcp_header_is(struct mcp__ask *ask, const struct msg_http_request *request,
                          const char *name, struct str wanted)
{
    struct str sentinel = STR("=?base64?");
    BUF_CLEANUP struct buf decoded = BUF_INIT;
    struct str value;
    size_t count = mcp_header(request, name, &value);

    if (count != 1) {
        mcp_mismatch(ask, name, count == 0 ? "is missing" : "is there more than once");
        return false;
    }
    if (str_starts(value, sentinel) && str_ends(value, STR("?=")) &&
        value.len >= sentinel.len + 2) {
        if (!base64_decode(&decoded, str_slice(value, sentinel.len, value.len - 2))) {
            mcp_mismatch(ask, name, "is not well encoded");
            return false;
        }
        value = buf_str(&decoded);
    }
    if (str_equal(value, wanted))
        return true;
    mcp_mismatch(ask, name, "is not what the body says");
    return false;
}

static bool mcp_headers_match(struct mcp__ask *ask, const struct msg_http_request *request)
{
    const struct json_value *params = ask->message->params;
    struct str method = ask->message->method;
    struct str version = json_get_str(ask->meta, "io.modelcontextprotocol/protocolVersion");

    if (version.ptr && !mcp_header_is(ask, request, "mcp-protocol-version", version))
        return false;
    if (!mcp_header_is(ask, request, "mcp-method", method))
        return false;
    if (str_is(method, "tools/call") || str_is(method, "prompts/get"))
        return mcp_header_is(ask, request, "mcp-name", json_get_str(params, "name"));
    if (str_is(method, "resources/read"))
        return mcp_header_is(ask, request, "mcp-name", json_get_str(params, "uri"));
    return true;
}

/* ---- POST ---- */

/* Accept names the type, or a range that holds it; without the header everything is taken. */
static bool mcp_accepts(const struct msg_http_request *request, struct str type)
{
    struct str range = str_slice(type, 0, str_find_char(type, '/') + 1);
    struct str value;
    struct str part;

    if (mcp_header(request, "accept", &value) == 0)
        return str_is(type, "application/json");
    while (value.ptr) {
        part = str_split(&value, ',');
        part = str_trim(str_split(&part, ';'));
        if (mcp_same_word(part, "*/*") || mcp_same_word(part, type.ptr))
            return true;
        if (part.len == range.len + 1 && strncasecmp(part.ptr, range.ptr, range.len) == 0 &&
            part.ptr[range.len] == '*')
            return true;
    }
    return false;
}

static bool mcp_is_json(const struct msg_http_request *request)
{
    struct str value;

    if (mcp_header(request, "content-type", &value) != 1)
        return false;
    return mcp_same_word(str_trim(str_split(&value, ';')), "application/json");
}

static void mcp_exchange_open(struct mcp__ask *ask, const struct mcp_exchange *exchange)
{
    ask->reply = mcp__reply_new(exchange->id, true);
    ask->reply->streams = mcp_accepts(exchange->request, STR("text/event-stream"));
    CHECK(map_put_u64(&ask->turn->mcp->exchanges, exchange->id, ask->reply) == NULL);
}

static void mcp_post_modern(struct mcp__ask *ask, const struct mcp_exchange *exchange)
{
    ask->version = MCP__2026_07_28;
    mcp_exchange_open(ask, exchange);
    if (ask->message->kind != RPC_REQUEST || mcp_headers_match(ask, exchange->request))
        mcp__modern(ask);
    mcp__reply_release(ask->turn, ask->reply);
}

/* The session that the request names; NULL, and answered, where it names none. */
static struct mcp__session *mcp_session_find(struct mcp__turn *turn,
                                             const struct mcp_exchange *exchange)
{
    struct mcp__session *session;
    struct str id;

    if (mcp_header(exchange->request, "mcp-session-id", &id) != 1) {
        mcp_http_bad(turn, exchange->id, 400,
                     "Mcp-Session-Id is missing: initialize first, or send the per-request "
                     "fields of 2026-07-28 in _meta");
        return NULL;
    }
    session = map_find(&turn->mcp->sessions, id);
    if (!session || !str_equal(session->principal, exchange->principal)) {
        mcp_http_bad(turn, exchange->id, 404, "there is no such session: initialize again");
        return NULL;
    }
    session->used = ++turn->mcp->stamps;
    return session;
}

static void mcp_post_initialize(struct mcp__ask *ask)
{
    struct mcp__session *session = mcp__session_new(ask->turn, ask->client.principal);

    session->used = ++ask->turn->mcp->stamps;
    ask->session = session;
    mcp__session_message(ask, ask->message);
    if (session->version == MCP__NONE) { /* it was refused */
        (void)map_take(&ask->turn->mcp->sessions, session->id);
        mcp__session_end(ask->turn, session);
        ask->reply->status = 400;
        return;
    }
    ask->reply->session_id = session->id;
}

/* A version in the header that nobody knows: 400 in every version that has the header. */
static bool mcp_header_version(struct mcp__turn *turn, const struct mcp_exchange *exchange,
                               enum mcp__version *ret_version)
{
    BUF_CLEANUP struct buf data = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct str value;

    *ret_version = MCP__NONE;
    if (mcp_header(exchange->request, "mcp-protocol-version", &value) == 0)
        return true;
    *ret_version = mcp__version_parse(value);
    if (*ret_version != MCP__NONE)
        return true;
    mcp__version_data(&data, value);
    rpc_add_error(&out, STR_NULL, MCP__UNSUPPORTED_VERSION, STR("Unsupported protocol version"),
                  buf_str(&data));
    (void)mcp_plain(turn, exchange->id, 400, buf_str(&out));
    return false;
}

static void mcp_post_legacy(struct mcp__ask *ask, const struct mcp_exchange *exchange,
                            const struct rpc_parsed *parsed)
{
    const char *wrong;

    if (!parsed->batch && parsed->message.kind == RPC_REQUEST &&
        str_is(parsed->message.method, "initialize")) {
        mcp_exchange_open(ask, exchange);
        mcp_post_initialize(ask);
        mcp__reply_release(ask->turn, ask->reply);
        return;
    }
    ask->session = mcp_session_find(ask->turn, exchange);
    if (!ask->session)
        return;
    wrong = parsed->batch ? mcp__batch_problem(ask->session, parsed->batch) : NULL;
    if (wrong) {
        mcp_http_bad(ask->turn, exchange->id, 400, wrong);
        return;
    }
    mcp_exchange_open(ask, exchange);
    ask->reply->session = ask->session;
    if (parsed->batch)
        mcp__batch(ask, parsed->batch);
    else
        mcp__session_message(ask, &parsed->message);
    mcp__reply_release(ask->turn, ask->reply);
}

static void mcp_post(struct mcp__ask *ask, const struct mcp_exchange *exchange)
{
    enum mcp__version version;
    struct rpc_parsed parsed;
    int r = rpc_parse(ask->turn->actions->turn, exchange->request->body, &parsed);

    if (r < 0 || r == RPC_MALFORMED) {
        mcp_http_error(ask->turn, exchange->id, 400, &parsed.problem);
        return;
    }
    ask->message = &parsed.message;
    ask->meta = json_get(parsed.message.params, "_meta");
    if (r == RPC_SINGLE && mcp__is_modern(&parsed.message))
        mcp_post_modern(ask, exchange);
    else if (!mcp_header_version(ask->turn, exchange, &version))
        return;
    else if (r == RPC_SINGLE && version >= MCP__2026_07_28)
        mcp_post_modern(ask, exchange);
    else
        mcp_post_legacy(ask, exchange, &parsed);
}

static void mcp_delete(struct mcp__turn *turn, const struct mcp_exchange *exchange)
{
    struct mcp__session *session = mcp_session_find(turn, exchange);

    if (!session)
        return;
    (void)map_take(&turn->mcp->sessions, session->id);
    mcp__session_end(turn, session);
    (void)mcp_plain(turn, exchange->id, 204, STR_NULL);
}

static void mcp_get(struct mcp__turn *turn, const struct mcp_exchange *exchange)
{
    struct mcp__session *session;
    const char *wrong;
    struct str last;

    if (mcp_header(exchange->request, "last-event-id", &last) != 1) {
        mcp_add_header(turn, mcp_plain(turn, exchange->id, 405, STR_NULL), STR("allow"),
                       STR("POST, DELETE"));
        return;
    }
    session = mcp_session_find(turn, exchange);
    if (!session)
        return;
    if (!mcp_accepts(exchange->request, STR("text/event-stream"))) {
        mcp_http_bad(turn, exchange->id, 406, "Accept must hold text/event-stream");
        return;
    }
    wrong = mcp__stream_resume(turn, session, exchange->id, last);
    if (wrong)
        mcp_http_bad(turn, exchange->id, 400, wrong);
}

void mcp_http(struct mcp *mcp, const struct mcp_exchange *exchange, struct mcp_actions *actions)
{
    const struct msg_http_request *request = exchange->request;
    struct mcp__turn turn = { .mcp = mcp, .now_ms = exchange->now_ms, .actions = actions };
    struct mcp__ask ask = { .turn = &turn,
                            .client = { .principal = exchange->principal, .http = true } };
    uint64_t id = exchange->id;

    mcp_gone(mcp, id, actions); /* a number that comes twice means that its first client is lost */
    if (str_is(request->method, "DELETE"))
        mcp_delete(&turn, exchange);
    else if (str_is(request->method, "GET"))
        mcp_get(&turn, exchange);
    else if (!str_is(request->method, "POST"))
        mcp_add_header(&turn, mcp_plain(&turn, id, 405, STR_NULL), STR("allow"),
                       STR("POST, DELETE"));
    else if (!mcp_is_json(request))
        mcp_http_bad(&turn, id, 415, "Content-Type must be application/json");
    else if (request->body.len > MCP_MESSAGE_MAX)
        mcp_http_bad(&turn, id, 413, "the message is longer than 983040 bytes");
    else if (!mcp_accepts(request, STR("application/json")))
        mcp_http_bad(&turn, id, 406, "Accept must hold application/json");
    else
        mcp_post(&ask, exchange);
}

void mcp__reply_gone(struct mcp__turn *turn, struct mcp__reply *reply)
{
    reply->gone = true;
    reply->pending++; /* so that it outlives its last call */
    while (reply->calls.next != &reply->calls) {
        struct mcp__call *call = container_of(reply->calls.next, struct mcp__call, of_reply);

        mcp__call_leave(turn, call, call->version >= MCP__2026_07_28 ? MCP_CANCEL : MCP_DETACH);
    }
    mcp__reply_release(turn, reply);
}

void mcp_gone(struct mcp *mcp, uint64_t exchange, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__reply *reply = map_find_u64(&mcp->exchanges, exchange);

    if (reply && !mcp__stream_break(&turn, reply))
        mcp__reply_gone(&turn, reply);
}

void mcp_gone_all(struct mcp *mcp, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&mcp->exchanges, &position)))
        if (!mcp__stream_break(&turn, entry->value))
            mcp__reply_gone(&turn, entry->value);
}
