/*
 * Who is at the local socket. A command line sends API requests, or hands over two descriptors
 * for MCP. Who is a person is decided here, from what the kernel says of the peer:
 *
 *     descends from a live agent          that agent, whatever it types
 *     has a controlling terminal          person:<uid>
 *     neither                             agent: nobody with a terminal
 *
 * This is in the way of an agent that tries to answer its own questions; it is no proof. An
 * agent that makes itself a terminal and leaves its parents is not caught here, which is why
 * answers to destructive calls will need a key (docs/adr/0009-who-is-a-person.md).
 */
#include "proc/daemon/internal.h"

#define DAEMON_ANCESTRY_MAX 64U

/*
 * Local connections: command lines, and MCP over stdio. The last places are for persons, so that
 * an agent that takes all it gets keeps nobody from `writ inbox` and `writ down`.
 */
#define DAEMON_CLIENTS_MAX          256U
#define DAEMON_CLIENTS_FOR_PERSONS  32U
#define DAEMON_CLIENTS_OF_AGENT_MAX 128U /* of one name */
#define DAEMON_CLIENTS_OF_PID_MAX   64U

static bool daemon_is_agent(const struct daemon *daemon, const struct proc_facts *facts)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->stdios, &at));) {
        const struct daemon_stdio *stdio = entry->value;

        if (stdio->agent_pid > 1 && stdio->agent_pid == facts->pid)
            return true;
    }
    return false;
}

static struct event_who daemon_who(struct daemon *daemon, struct arena *arena,
                                   const struct link_peer *peer)
{
    struct proc_facts chain[DAEMON_ANCESTRY_MAX];
    size_t count = proc_ancestry(peer->pid, chain, DAEMON_ANCESTRY_MAX);
    struct event_who who = { .channel = EVENT_CHANNEL_CLI };
    bool terminal = false;

    for (size_t i = 0; i < count; i++) {
        terminal = terminal || chain[i].tty != 0;
        if (!daemon_is_agent(daemon, &chain[i]))
            continue;
        who.agent = str_copy(arena, str_from(chain[i].name));
        who.actor = str_printf(arena, "agent:%s", chain[i].name);
        return who;
    }
    /* The pid may have been reused between the connection and this look. */
    if (count == 0 || !terminal || (peer->pidfd >= 0 && !proc_pidfd_alive(peer->pidfd))) {
        who.agent = STR("no-terminal");
        who.actor = STR("agent:no-terminal");
        return who;
    }
    who.actor = str_printf(arena, "person:%u", peer->uid);
    who.verified = true;
    return who;
}

/* NULL: there is a place. Otherwise why there is none. */
static const char *daemon_no_place(const struct daemon *daemon, const struct daemon_client *arrived)
{
    bool person = arrived->who.verified;
    struct map_entry *entry;
    size_t agents = 0;
    size_t same = 0;
    size_t of_pid = 0;

    for (size_t at = 0; (entry = map_next(&daemon->clients, &at));) {
        const struct daemon_client *client = entry->value;

        agents += !client->who.verified;
        same += str_equal(client->who.actor, arrived->who.actor);
        of_pid += client->peer.pid == arrived->peer.pid;
    }
    if (of_pid >= DAEMON_CLIENTS_OF_PID_MAX)
        return "this process has as many connections as one may have; close some";
    if (!person && same >= DAEMON_CLIENTS_OF_AGENT_MAX)
        return "this agent has as many connections as one may have; close some";
    if (daemon->clients.count >= DAEMON_CLIENTS_MAX ||
        (!person && agents >= DAEMON_CLIENTS_MAX - DAEMON_CLIENTS_FOR_PERSONS))
        return "as many connections are open as there may be; close some";
    return NULL;
}

/* It asks nothing before it was greeted: this is all it hears. */
static void daemon_turn_away(struct daemon *daemon, struct daemon_client *client, const char *why)
{
    struct buf body BUF_CLEANUP = BUF_INIT;
    struct buf payload BUF_CLEANUP = BUF_INIT;
    const struct api_error error = { .code = STR("busy"), .message = str_from(why) };
    struct msg_api_response response = { .status = api_error_status(error.code) };

    api_print_error(&body, &error);
    response.body = buf_str(&body);
    msg_api_response_encode(&response, &payload);
    daemon__send(&client->peer, MSG_API_RESPONSE, 0, buf_str(&payload));
    link_flush(client->peer.link);
    daemon__client_close(daemon, client);
}

static void daemon_client_arrived(struct daemon *daemon, int fd)
{
    struct arena *arena = arena_new(0);
    struct daemon_client *client = ARENA_NEW(arena, struct daemon_client);
    struct link_peer peer = { .pidfd = -1 };
    const char *why;

    client->arena = arena;
    client->peer.ready.kind = DAEMON_READY_CLIENT;
    if (link_new(daemon->loop, fd, &client->peer.ready, &client->peer.link) < 0) {
        (void)arena_free(arena);
        return;
    }
    if (link_peer_get(client->peer.link, &peer) < 0) {
        daemon__client_close(daemon, client);
        return;
    }
    client->number = ++daemon->numbers;
    client->peer.pid = peer.pid;
    client->who = daemon_who(daemon, arena, &peer);
    if (peer.pidfd >= 0)
        link_fd_close(peer.pidfd);
    why = daemon_no_place(daemon, client);
    if (why)
        daemon_turn_away(daemon, client, why);
    else
        (void)map_put_u64(&daemon->clients, client->number, client);
}

void daemon__client_accept(struct daemon *daemon)
{
    int fd;

    while ((fd = listener_accept(daemon->listener)) >= 0)
        daemon_client_arrived(daemon, fd);
}

void daemon__client_close(struct daemon *daemon, struct daemon_client *client)
{
    struct map_entry *entry;

    (void)map_take_u64(&daemon->clients, client->number);
    for (size_t at = 0; (entry = map_next(&daemon->requests, &at));) {
        struct daemon_request *request = entry->value;

        if (request->asker == DAEMON_ASKER_CLI && request->client == client->number) {
            uint64_t execution = request->execution;

            daemon__request_free(daemon, request);
            if (execution) {
                struct command command = { .type = COMMAND_LEAVE };

                command.as.execution = execution;
                daemon__step(daemon, &command);
            }
        }
    }
    if (client->stdio) {
        struct daemon_stdio *stdio = map_find_u64(&daemon->stdios, client->stdio);

        if (stdio)
            stdio->client = NULL;
    }
    (void)link_free(client->peer.link);
    (void)arena_free(client->arena);
}

/* The process that started `writ mcp` is the agent; what it starts is that agent too. */
static void daemon_stdio_who(struct daemon_stdio *stdio, const struct daemon_client *client)
{
    struct proc_facts chain[2];
    size_t count = proc_ancestry(client->peer.pid, chain, 2);
    const char *name = count > 1 ? chain[1].name : "unknown";

    stdio->agent_pid = count > 1 ? chain[1].pid : client->peer.pid;
    stdio->who = (struct event_who){
        .channel = EVENT_CHANNEL_MCP,
        .agent = str_copy(stdio->arena, str_from(name)),
        .actor = str_printf(stdio->arena, "agent:%s", name),
    };
}

static void daemon_attach(struct daemon *daemon, struct daemon_client *client, uint64_t frame)
{
    int in_fd = link_fd_take(client->peer.link, 0);
    int out_fd = link_fd_take(client->peer.link, 1);
    struct daemon_stdio *stdio;
    struct command command = { .type = COMMAND_SESSION_OPEN };

    if (client->stdio || in_fd < 0 || out_fd < 0) {
        if (in_fd >= 0)
            link_fd_close(in_fd);
        if (out_fd >= 0)
            link_fd_close(out_fd);
        return;
    }
    stdio = heap_alloc(sizeof(*stdio));
    stdio->ready.kind = DAEMON_READY_STDIO;
    if (stream_new(daemon->loop, in_fd, out_fd, &stdio->ready, &stdio->stream) < 0) {
        (void)heap_free(stdio);
        return;
    }
    stdio->number = ++daemon->numbers;
    stdio->client = client;
    client->stdio = stdio->number;
    client->attach_id = frame;
    stdio->arena = arena_new(0);
    daemon_stdio_who(stdio, client);
    (void)map_put_u64(&daemon->stdios, stdio->number, stdio);
    mcp_open(daemon->mcp, stdio->number, stdio->who.actor);
    command.token = stdio->number;
    command.as.session_open.who = stdio->who;
    daemon__step(daemon, &command);
    stdio->session = log_seq_next(daemon->log) - 1;
}

static void daemon_client_frame(struct daemon *daemon, struct daemon_client *client,
                                const struct wire_frame *frame)
{
    struct msg_api_request api;
    struct msg_mcp_attach attach;
    struct msg_hello hello;

    if (frame->type == MSG_HELLO && msg_hello_decode(frame->payload, daemon->turn, &hello)) {
        struct msg_hello ours = { .build = daemon->options.build, .version = STR(WRIT_VERSION) };
        struct buf payload BUF_CLEANUP = BUF_INIT;

        msg_hello_encode(&ours, &payload);
        daemon__send(&client->peer, MSG_HELLO, frame->id, buf_str(&payload));
    } else if (frame->type == MSG_API_REQUEST &&
               msg_api_request_decode(frame->payload, daemon->turn, &api)) {
        struct daemon_request *request =
            daemon__request_new(daemon, DAEMON_ASKER_CLI, &client->who);

        request->client = client->number;
        request->frame = frame->id;
        daemon->given_fd = link_fd_take(client->peer.link, 0);
        daemon__api(daemon, request, api.method, api.path,
                    api.body.ptr ? daemon__door(daemon, api.path, api.body) : STR(""));
        if (daemon->given_fd >= 0)
            link_fd_close(daemon->given_fd);
        daemon->given_fd = -1;
    } else if (frame->type == MSG_MCP_ATTACH &&
               msg_mcp_attach_decode(frame->payload, daemon->turn, &attach)) {
        daemon_attach(daemon, client, frame->id);
    }
}

void daemon__client_ready(struct daemon *daemon, struct daemon_client *client)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(client->peer.link, &frame)) == LINK_FRAME)
        daemon_client_frame(daemon, client, &frame);
    if (r == LINK_CLOSED || r == LINK_BROKEN)
        daemon__client_close(daemon, client);
}

void daemon__stdio_ready(struct daemon *daemon, struct daemon_stdio *stdio)
{
    uint64_t number = stdio->number;
    struct str line;
    int r;

    while ((r = stream_line(stdio->stream, MCP_MESSAGE_MAX, &line)) == STREAM_LINE) {
        mcp_line(daemon->mcp, number, daemon__door(daemon, STR_NULL, line), daemon->now_ms,
                 &daemon->actions);
        daemon__mcp_actions(daemon);
        if (!map_find_u64(&daemon->stdios, number))
            return;
    }
    if (r == STREAM_LONG) {
        mcp_line_too_long(daemon->mcp, number, &daemon->actions);
        daemon__mcp_actions(daemon);
        daemon__stdio_close(daemon, stdio, "a line was too long");
        return;
    }
    if (stream_ended(stdio->stream) || stream_hung_up(stdio->stream))
        daemon__stdio_close(daemon, stdio, "the client closed it");
}

void daemon__stdio_close(struct daemon *daemon, struct daemon_stdio *stdio, const char *reason)
{
    struct msg_mcp_detached detached = { .reason = str_from(reason) };
    struct command command = { .type = COMMAND_SESSION_CLOSE };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    if (stdio->closing)
        return;
    stdio->closing = true;
    mcp_close(daemon->mcp, stdio->number, &daemon->actions);
    daemon__mcp_actions(daemon);
    command.as.session_close.session = stdio->session;
    command.as.session_close.reason = str_from(reason);
    daemon__step(daemon, &command);
    (void)map_take_u64(&daemon->stdios, stdio->number);
    stream_flush(stdio->stream);
    (void)stream_free(stdio->stream);
    if (stdio->client) {
        stdio->client->stdio = 0;
        msg_mcp_detached_encode(&detached, &payload);
        daemon__send(&stdio->client->peer, MSG_MCP_DETACHED, stdio->client->attach_id,
                     buf_str(&payload));
    }
    (void)arena_free(stdio->arena);
    (void)heap_free(stdio);
}
