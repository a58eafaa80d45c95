/* Agents that speak MCP on two descriptors, and people and agents' children at the socket. */
#include "world.h"

#include "format/json/json.h"

#define AGENT_PID_FIRST 200
#define PERSON_PID      50
#define PERSON_UID      1000

static void say(struct world_client *client, struct str line)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    buf_add_str(&text, line);
    buf_add_char(&text, '\n');
    if (client->stream)
        (void)!stream_write(client->stream, buf_str(&text));
}

struct world_client *world_client_find(struct world *world, struct str name)
{
    for (size_t i = 0; i < world->clients.count; i++)
        if (str_equal(world->clients.at[i]->name, name))
            return world->clients.at[i];
    return NULL;
}

/* The agent is pid, and `writ mcp`, which it started, is pid + 1. */
static void client_connect(struct world *world, struct world_client *client)
{
    const struct link_peer peer = { .uid = PERSON_UID, .pid = client->pid + 1, .pidfd = -1 };
    struct msg_mcp_attach attach = { .client = client->name };
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame = { .type = MSG_MCP_ATTACH, .id = 1 };
    int fds[2];
    int socket;

    sim_process(client->pid, 1, 0, 1);
    sim_process(client->pid + 1, client->pid, 0, 2);
    sim_connect_as(&peer);
    client->ready.kind = WORLD_STREAM;
    client->link_ready.kind = WORLD_LINK;
    if (link_connect(WORLD_SOCKET, &socket) < 0 || link_pair(fds) < 0 ||
        link_new(world->loop, socket, &client->link_ready, &client->link) < 0)
        UNREACHABLE("a client cannot connect");
    msg_mcp_attach_encode(&attach, &payload);
    frame.payload = buf_str(&payload);
    (void)!link_send_fds(client->link, &frame, (int[]){ fds[1], fds[1] }, 2);
    link_flush(client->link);
    link_fd_close(fds[1]);
    if (stream_new(world->loop, fds[0], fds[0], &client->ready, &client->stream) < 0)
        UNREACHABLE("a client has no stream");
    client->gone = false;
    say(client, client->elicits
                    ? STR("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                          "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"elicitation\":{"
                          "\"form\":{}},\"sampling\":{}},\"clientInfo\":{\"name\":\"story\","
                          "\"version\":\"1\"}}}")
                    : STR("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                          "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                          "\"clientInfo\":{\"name\":\"story\",\"version\":\"1\"}}}"));
    say(client, STR("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"));
}

struct world_client *world_client_new(struct world *world, struct str name, bool elicits)
{
    struct world_client *client = ARENA_NEW(world->arena, struct world_client);

    client->name = str_copy(world->arena, name);
    client->pid = AGENT_PID_FIRST + 10 * (int32_t)world->clients.count;
    client->elicits = elicits;
    client->next_id = 1;
    *VEC_PUSH(&world->clients) = client;
    client_connect(world, client);
    return client;
}

void world_client_close(struct world *world, struct world_client *client)
{
    (void)world;
    client->stream = stream_free(client->stream);
    client->link = link_free(client->link);
    client->gone = true;
}

static void client_send(struct world *world, struct world_client *client)
{
    struct buf line BUF_CLEANUP = BUF_INIT;

    (void)world;
    client->waits_for = client->next_id++;
    buf_printf(&line,
               "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"tools/call\",\"params\":{"
               "\"name\":\"execute\",\"arguments\":{\"code\":",
               (unsigned long long)client->waits_for);
    buf_add_json(&line, client->pending);
    if (client->key.ptr) {
        buf_add_c(&line, ",\"idempotency_key\":");
        buf_add_json(&line, client->key);
    }
    buf_add_c(&line, "}}}");
    say(client, buf_str(&line));
}

void world_client_execute(struct world *world, struct world_client *client, struct str code,
                          struct str key)
{
    client->pending = str_copy(world->arena, code);
    client->key = key.ptr ? str_copy(world->arena, key) : STR_NULL;
    client_send(world, client);
}

void world_client_cancel(struct world *world, struct world_client *client)
{
    struct buf line BUF_CLEANUP = BUF_INIT;

    (void)world;
    buf_printf(&line,
               "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
               "\"requestId\":%llu,\"reason\":\"no longer needed\"}}",
               (unsigned long long)client->waits_for);
    say(client, buf_str(&line));
    client->pending = STR_NULL;
}

/* A client whose connection broke comes back and asks again, as agents do. */
void world_client_reconnect(struct world *world, struct world_client *client)
{
    world_client_close(world, client);
    client_connect(world, client);
    if (client->pending.ptr)
        client_send(world, client);
}

static void on_result(struct world *world, struct world_client *client,
                      const struct json_value *message)
{
    const struct json_value *result = json_get(message, "result");
    const struct json_value *content = json_at(json_get(result, "content"), 0);
    struct world_result *kept = VEC_PUSH(&world->results);

    kept->client = client->name;
    kept->failed = json_is_true(json_get(result, "isError")) || !result;
    kept->text = str_copy(world->arena, json_get_str(content, "text"));
    if (!result)
        kept->text = json_text(world->arena, json_get(message, "error"));
    client->pending = STR_NULL;
    client->waits_for = 0;
}

/* Its model says the word that it approves, or nothing. */
static void on_sampling(struct world *world, struct world_client *client,
                        const struct json_value *message)
{
    struct buf line BUF_CLEANUP = BUF_INIT;
    struct str id = json_text(world->arena, json_get(message, "id"));

    if (!client->approves.ptr)
        return;
    buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,", STR_ARG(id));
    if (str_is(client->approves, "decline"))
        buf_add_c(&line, "\"error\":{\"code\":-1,\"message\":\"no\"}}");
    else
        buf_printf(&line,
                   "\"result\":{\"role\":\"assistant\",\"model\":\"m\",\"content\":{"
                   "\"type\":\"text\",\"text\":\"%.*s\"}}}",
                   STR_ARG(client->approves));
    say(client, buf_str(&line));
}

static void on_elicitation(struct world *world, struct world_client *client,
                           const struct json_value *message)
{
    struct buf line BUF_CLEANUP = BUF_INIT;
    struct str id = json_text(world->arena, json_get(message, "id"));

    if (!client->approves.ptr)
        return;
    buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{", STR_ARG(id));
    if (str_is(client->approves, "decline"))
        buf_add_c(&line, "\"action\":\"decline\"}}");
    else if (client->approves.ptr[0] == '{')
        buf_printf(&line, "\"action\":\"accept\",\"content\":%.*s}}", STR_ARG(client->approves));
    else
        buf_printf(&line, "\"action\":\"accept\",\"content\":{\"decision\":\"%.*s\"}}}",
                   STR_ARG(client->approves));
    say(client, buf_str(&line));
}

void world_client_ready(struct world *world, struct world_client *client)
{
    struct str line;

    while (client->stream && stream_line(client->stream, 1U << 20, &line) == STREAM_LINE) {
        struct json_error error;
        struct json_doc doc;

        world->activity++;
        buf_add_str(&world->heard, line);
        world_crossed(world, WIRE_DAEMON_CLIENT, line.len);
        if (json_parse(world->arena, line, NULL, &error, &doc) != JSON_PARSED) {
            world_fail(world, "the daemon wrote what is no JSON: %.*s", STR_ARG(line));
            return;
        }
        if (str_is(json_get_str(doc.root, "method"), "elicitation/create"))
            on_elicitation(world, client, doc.root);
        else if (str_is(json_get_str(doc.root, "method"), "sampling/createMessage"))
            on_sampling(world, client, doc.root);
        else if (client->waits_for > 0 &&
                 json_u64_or(json_get(doc.root, "id"), 0) == client->waits_for)
            on_result(world, client, doc.root);
    }
}

/* ---- the API, as a person at a terminal or as something that an agent started ---- */

static bool api_answer(struct world *world, struct link *link)
{
    struct msg_api_response response;
    struct wire_frame frame;

    while (link_next(link, &frame) == LINK_FRAME)
        if (frame.type == MSG_API_RESPONSE &&
            msg_api_response_decode(frame.payload, world->arena, &response) && !response.more) {
            world->api_status = response.status;
            world->api_text = str_copy(world->arena, response.body.ptr ? response.body : STR(""));
            return true;
        }
    return false;
}

void world_api(struct world *world, bool person, const char *method, struct str path,
               struct str body)
{
    struct link_peer peer = { .uid = PERSON_UID, .pid = PERSON_PID, .pidfd = -1 };
    struct msg_api_request request = {
        .method = str_from(method), .path = path, .body = body, .tty = true
    };
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame = { .type = MSG_API_REQUEST, .id = 7 };
    struct loop_ready ready = { .kind = WORLD_API };
    struct link *link CLEANUP(link_free) = NULL;
    int socket;

    sim_process(PERSON_PID, 1, 34816, 1);
    if (!person) {
        peer.pid = 900;
        sim_process(900, world->clients.count ? world->clients.at[0]->pid : 1, 34816, 9);
    }
    sim_connect_as(&peer);
    world->api_text = STR_NULL;
    world->api_status = 0;
    if (link_connect(WORLD_SOCKET, &socket) < 0 || link_new(world->loop, socket, &ready, &link) < 0)
        return;
    msg_api_request_encode(&request, &payload);
    frame.payload = buf_str(&payload);
    (void)!link_send(link, &frame);
    for (int rounds = 0; rounds < 40 && !world->api_text.ptr && !sim_crashed(); rounds++) {
        world_settle(world);
        if (api_answer(world, link))
            break;
    }
}
