/*
 * Frames over the daemon's socket. Happy path: connect, say hello, hear hello, then one request
 * after another, each with its own id; frames of other ids are of a request that was given up.
 */
#include "proc/cli/client.h"

#include "model/msg.h"
#include "proc/cli/parts.h"
#include "sys/clock.h"
#include "sys/link.h"
#include "sys/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#define CLIENT_HELLO_MS   10000
#define CLIENT_RESTART_MS 500
#define CLIENT_AGAIN_US   5000

/* What client_response answers beside enum client_answer: the next frame goes on with it. */
#define CLIENT_PIECE 100

enum client_ready {
    CLIENT_READY_LINK,
    CLIENT_READY_INTERRUPT,
    CLIENT_READY_TERMINATE,
    CLIENT_READY_TERMINAL,
};

struct client {
    struct loop *loop;
    struct link *link;
    struct arena *arena; /* of the last response */
    struct buf pieces;   /* of a response that is too long for a frame */
    struct loop_ready link_ready;
    struct loop_ready interrupt_ready;
    struct loop_ready terminate_ready;
    struct loop_ready terminal_ready;
    struct loop_watch *terminal;
    bool stopped;
    bool typed;
    bool tty;
    uint64_t id;
};

struct client *client_free(struct client *client)
{
    if (!client)
        return NULL;
    client->terminal = loop_watch_free(client->terminal);
    client->link = link_free(client->link);
    client->loop = loop_free(client->loop);
    client->arena = arena_free(client->arena);
    buf_fini(&client->pieces);
    (void)heap_free(client);
    return NULL;
}

static void client_note(struct client *client, enum client_ready ready)
{
    switch (ready) {
    case CLIENT_READY_LINK:
        return;
    case CLIENT_READY_INTERRUPT:
    case CLIENT_READY_TERMINATE:
        client->stopped = true;
        return;
    case CLIENT_READY_TERMINAL:
        (void)loop_watch_take(client->terminal);
        client->typed = true;
        return;
    }
    UNREACHABLE("a ready of a kind that nobody registered");
}

/* Waits for a frame; CLIENT_RESPONSE: one is in *ret_frame, until the next turn. */
static int client_frame(struct client *client, int64_t timeout_ms, struct wire_frame *ret_frame)
{
    int64_t due_ns = clock_mono_ns() + timeout_ms * 1000000;
    struct loop_ready *ready;
    int r;

    for (;;) {
        int64_t left_ms = timeout_ms < 0 ? -1 : (due_ns - clock_mono_ns()) / 1000000;

        r = link_next(client->link, ret_frame);
        if (r < 0)
            return TRACE(r);
        if (r == LINK_FRAME)
            return CLIENT_RESPONSE;
        if (r != LINK_NONE)
            return CLIENT_GONE;
        if (client->stopped) {
            client->stopped = false;
            return CLIENT_STOPPED;
        }
        if (client->typed) {
            client->typed = false;
            return CLIENT_TYPED;
        }
        if (timeout_ms >= 0 && left_ms <= 0)
            return CLIENT_LATE;
        r = loop_run_once(client->loop, left_ms);
        if (r < 0)
            return TRACE(r);
        while ((ready = loop_next(client->loop)))
            client_note(client, (enum client_ready)ready->kind);
    }
}

/* As client_send, with a descriptor. */
static int client_send_fd(struct client *client, int fd, struct str path, struct str body)
{
    const struct msg_api_request request = {
        .method = STR("POST"), .path = path, .body = body, .tty = client->tty
    };
    struct wire_frame frame = { .type = MSG_API_REQUEST, .id = ++client->id };
    BUF_CLEANUP struct buf payload = BUF_INIT;
    int r;

    buf_clear(&client->pieces);
    msg_api_request_encode(&request, &payload);
    frame.payload = buf_str(&payload);
    r = link_send_fds(client->link, &frame, &fd, 1);
    return r < 0 ? TRACE(r) : r;
}

static int client_response(struct client *client, const struct wire_frame *frame,
                           struct client_response *ret);

/* It takes no more connections, and says so instead of hello. */
static int client_turned_away(struct cli *cli, struct client *client,
                              const struct wire_frame *frame)
{
    struct client_response response = { 0 };
    int r = client_response(client, frame, &response);

    if (r < 0)
        return cli_fault(cli, r, "the daemon's socket");
    return cli_print_error(cli, json_get(response.body, "error"));
}

static int client_hello(struct cli *cli, struct client *client)
{
    struct msg_hello mine = { .build = STR(WRIT_VERSION), .version = STR(WRIT_VERSION) };
    struct wire_frame frame = { .type = MSG_HELLO };
    struct msg_hello theirs;
    int r;

    msg_hello_encode(&mine, link_begin(client->link, &frame));
    r = link_end(client->link);
    if (r == 0)
        r = client_frame(client, CLIENT_HELLO_MS, &frame);
    if (r < 0)
        return cli_fault(cli, r, "the daemon's socket");
    if (r == CLIENT_GONE)
        return CLI_NO_DAEMON; /* It was about to end. */
    if (r == CLIENT_RESPONSE && frame.type == MSG_API_RESPONSE)
        return client_turned_away(cli, client, &frame);
    if (r != CLIENT_RESPONSE || frame.type != MSG_HELLO ||
        !msg_hello_decode(frame.payload, client->arena, &theirs))
        return cli_fail(cli, CLI_AGAIN, "Try again in a moment, or `writ down` and `writ up`.",
                        "the daemon does not answer");
    if (!str_equal(theirs.build, mine.build))
        return cli_fail(cli, CLI_NO_DAEMON, "Run `writ down` with that version, then `writ up`.",
                        "the daemon that runs is another build: %.*s (this is %s)",
                        STR_ARG(text_clean(cli->arena, theirs.version)), WRIT_VERSION);
    return CLI_DONE;
}

/* CLI_NO_DAEMON without a word: nobody is there. */
static int client_connect(struct cli *cli, struct client **ret_client)
{
    struct client *client;
    int fd = -1;
    int r = link_connect(cli->paths.socket, &fd);

    if (r == -ENOENT || r == -ENOTDIR || r == -ECONNREFUSED)
        return CLI_NO_DAEMON;
    if (r < 0)
        return cli_fault(cli, r, cli->paths.socket);
    client = heap_alloc(sizeof(*client));
    *client = (struct client){ .arena = arena_new(0), .tty = cli_can_ask() };
    client->link_ready.kind = CLIENT_READY_LINK;
    client->interrupt_ready.kind = CLIENT_READY_INTERRUPT;
    client->terminate_ready.kind = CLIENT_READY_TERMINATE;
    client->terminal_ready.kind = CLIENT_READY_TERMINAL;
    r = loop_new(&client->loop);
    if (r == 0)
        r = link_new(client->loop, fd, &client->link_ready, &client->link);
    else
        (void)close(fd);
    r = r < 0 ? cli_fault(cli, r, "the daemon's socket") : client_hello(cli, client);
    if (r == CLI_DONE)
        *ret_client = client;
    else
        (void)client_free(client);
    return r;
}

int client_find(struct cli *cli)
{
    int r;

    if (cli->client)
        return CLI_DONE;
    r = cli_paths(cli);
    return r == CLI_DONE ? client_connect(cli, &cli->client) : r;
}

int client_again(struct cli *cli, int64_t within_ms)
{
    int64_t due_ns = clock_mono_ns() + within_ms * 1000000;
    int r;

    cli->client = client_free(cli->client);
    while ((r = client_find(cli)) == CLI_NO_DAEMON && !cli->client && clock_mono_ns() < due_ns)
        (void)usleep(CLIENT_AGAIN_US);
    return r;
}

/* A keeper that lives holds its lock. */
static bool client_keeper_lives(struct cli *cli)
{
    int fd = open(str_printf(cli->arena, "%s/keeper.lock", cli->paths.run).ptr,
                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool lives = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;

    if (fd >= 0)
        (void)close(fd);
    return lives;
}

int client_need(struct cli *cli)
{
    int r = client_find(cli);

    if (r != CLI_NO_DAEMON || cli->client)
        return r;
    /* A socket without a daemon: it died, and keeper is about to start the next. */
    if (access(cli->paths.socket, F_OK) == 0 && client_keeper_lives(cli))
        r = client_again(cli, CLIENT_RESTART_MS);
    if (r != CLI_NO_DAEMON || cli->client)
        return r;
    if (args_has(&cli->args, "no-start"))
        return cli_fail(cli, CLI_NO_DAEMON, "Start it with `writ up`.", "no daemon runs");
    r = parts_start(cli, &(struct parts_plan){ 0 });
    if (r != CLI_DONE)
        return r;
    r = client_find(cli);
    if (r == CLI_NO_DAEMON && !cli->client)
        return cli_fail(cli, CLI_NO_DAEMON, "See `writ up --foreground`.",
                        "the daemon said it is ready and is not there");
    return r;
}

int client_beside(struct cli *cli, struct client **ret_client)
{
    int r = client_connect(cli, ret_client);

    return r == CLI_NO_DAEMON && cli->client
               ? cli_fail(cli, CLI_NO_DAEMON, "`writ status` says whether it runs again.",
                          "the daemon ended")
               : r;
}

int client_send(struct client *client, const char *method, struct str path, struct str body)
{
    struct msg_api_request request = {
        .method = str_from(method),
        .path = path,
        .body = body,
        .tty = client->tty,
    };
    struct wire_frame frame = { .type = MSG_API_REQUEST, .id = ++client->id };
    int r;

    buf_clear(&client->pieces);
    msg_api_request_encode(&request, link_begin(client->link, &frame));
    r = link_end(client->link);
    return r < 0 ? TRACE(r) : r;
}

static int client_response(struct client *client, const struct wire_frame *frame,
                           struct client_response *ret)
{
    struct msg_api_response response;
    struct json_error error;
    struct json_doc doc = { 0 };
    int r;

    arena_reset(client->arena);
    if (!msg_api_response_decode(frame->payload, client->arena, &response))
        return CLIENT_GONE;
    buf_add_str(&client->pieces, response.body);
    if (response.status == 0)
        return CLIENT_PIECE;
    *ret = (struct client_response){
        .status = response.status,
        .more = response.more,
        .text = str_copy(client->arena, buf_str(&client->pieces)),
    };
    buf_clear(&client->pieces);
    if (ret->text.len == 0)
        return CLIENT_RESPONSE;
    r = json_parse(client->arena, ret->text, NULL, &error, &doc);
    if (r < 0)
        return TRACE(r);
    ret->body = doc.root;
    return r == JSON_PARSED ? CLIENT_RESPONSE : RAISE(-EBADMSG);
}

int client_next(struct client *client, int64_t timeout_ms, struct client_response *ret)
{
    struct wire_frame frame;
    int r;

    for (;;) {
        r = client_frame(client, timeout_ms, &frame);
        if (r < 0)
            return TRACE(r);
        if (r != CLIENT_RESPONSE)
            return r;
        if (frame.type == MSG_MCP_DETACHED)
            return CLIENT_DETACHED;
        if (frame.type != MSG_API_RESPONSE || frame.id != client->id)
            continue;
        r = client_response(client, &frame, ret);
        if (r != CLIENT_PIECE)
            return r;
    }
}

/* What was sent is answered. r: of the sending. */
static int client_answer(struct cli *cli, int r, struct client_response *ret)
{
    if (r == 0)
        r = client_next(cli->client, -1, ret);
    if (r < 0)
        return cli_fault(cli, r, "the daemon's socket");
    if (r != CLIENT_RESPONSE)
        return cli_fail(cli, CLI_NO_DAEMON, "`writ status` says whether it runs again.",
                        "the daemon ended before it answered");
    if (ret->status >= 400 && json_get(ret->body, "error") && json_count(ret->body) == 1) {
        if (cli->json)
            cli_print_json(cli, ret->body);
        return cli_print_error(cli, json_get(ret->body, "error"));
    }
    return CLI_DONE;
}

int client_ask(struct cli *cli, const char *method, struct str path, struct str body,
               struct client_response *ret)
{
    int r = client_need(cli);

    if (r != CLI_DONE)
        return r;
    return client_answer(cli, client_send(cli->client, method, path, body), ret);
}

int client_ask_with(struct cli *cli, int fd, struct str path, struct str body,
                    struct client_response *ret)
{
    int r = client_need(cli);

    if (r != CLI_DONE)
        return r;
    return client_answer(cli, client_send_fd(cli->client, fd, path, body), ret);
}

int client_more(struct cli *cli, struct client_response *ret)
{
    return client_answer(cli, 0, ret);
}

int client_get_kept(struct cli *cli, struct str path, const struct json_value **ret_root)
{
    struct client_response response = { 0 };
    struct json_error error;
    struct json_doc doc = { 0 };
    int r = client_ask(cli, "GET", path, STR_NULL, &response);

    if (r != CLI_DONE)
        return r;
    if (json_parse(cli->arena, str_copy(cli->arena, response.text), NULL, &error, &doc) !=
        JSON_PARSED)
        return cli_fail(cli, CLI_INTERNAL, NULL, "the answer is no JSON");
    *ret_root = doc.root;
    return CLI_DONE;
}

int client_catch(struct client *client)
{
    int r = loop_signal(client->loop, SIGINT, &client->interrupt_ready);

    if (r == 0)
        r = loop_signal(client->loop, SIGTERM, &client->terminate_ready);
    return r < 0 ? TRACE(r) : 0;
}

int client_listen(struct client *client, int fd)
{
    int r;

    client->terminal = loop_watch_free(client->terminal);
    client->typed = false;
    if (fd < 0)
        return 0;
    r = loop_watch_new(client->loop, fd, &client->terminal_ready, &client->terminal);
    if (r == 0)
        r = loop_watch_set(client->terminal, LOOP_READ);
    return r < 0 ? TRACE(r) : r;
}

int client_attach(struct client *client, int in, int out)
{
    struct wire_frame frame = { .type = MSG_MCP_ATTACH, .id = ++client->id };
    struct msg_mcp_attach attach = { .client = STR("writ mcp") };
    BUF_CLEANUP struct buf payload = BUF_INIT;
    int fds[2] = { in, out };
    int r;

    msg_mcp_attach_encode(&attach, &payload);
    frame.payload = buf_str(&payload);
    r = link_send_fds(client->link, &frame, fds, ARRAY_COUNT(fds));
    return r < 0 ? TRACE(r) : r;
}
