/*
 * double - a daemon's part in a play, for the tests of the command line; nobody else builds it.
 *
 *     double SOCKET SCRIPT
 *
 * The script has requests, each "METHOD PATH", and below each what is answered, indented:
 *
 *     more STATUS JSON     a frame of a stream
 *     last STATUS JSON     the only or last frame
 *     hold                 what follows waits for a release
 *     release              sends what is on hold
 *     leave                ends the process
 *
 * A request takes the first part of the script that begins as it does and was not taken yet. It
 * is written to standard output with its body. What is not in the script is answered 404.
 */
#include "base/vec.h"
#include "model/msg.h"
#include "sys/link.h"
#include "sys/loop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DOUBLE_PEERS_MAX  16U
#define DOUBLE_SCRIPT_MAX 65536U

struct part {
    struct str request;
    struct str answers; /* what is left of them */
    bool taken;
    struct link *link; /* of who asked */
    uint64_t id;
};

struct double_state {
    struct loop *loop;
    struct listener *listener;
    struct loop_ready listener_ready;
    struct link *peers[DOUBLE_PEERS_MAX];
    struct loop_ready ready[DOUBLE_PEERS_MAX];
    size_t peer_count;
    struct arena *arena;
    struct double_parts VEC(struct part) parts;
};

static void double_read_script(struct double_state *state, const char *path)
{
    char *text = arena_alloc(state->arena, DOUBLE_SCRIPT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, DOUBLE_SCRIPT_MAX);
    struct str rest = str_of(text, n > 0 ? (size_t)n : 0);

    CHECK(n > 0 && close(fd) == 0);
    while (rest.ptr) {
        struct str whole = rest;
        struct str line = str_split(&rest, '\n');

        if (line.len > 0 && line.ptr[0] != ' ') {
            *VEC_PUSH(&state->parts) = (struct part){ .request = line, .answers = STR("") };
            continue;
        }
        CHECK(line.len == 0 || state->parts.count > 0);
        if (line.len > 0 && state->parts.at[state->parts.count - 1].answers.len == 0)
            state->parts.at[state->parts.count - 1].answers = whole;
    }
}

static void double_send(struct part *part, struct str line)
{
    struct str kind = str_split(&line, ' ');
    struct str status = str_split(&line, ' ');
    struct msg_api_response response = { .more = str_is(kind, "more"), .body = line };
    struct wire_frame frame = { .type = MSG_API_RESPONSE, .id = part->id };
    uint64_t number = 500;

    CHECK(str_to_u64(status, &number));
    response.status = (uint32_t)number;
    msg_api_response_encode(&response, link_begin(part->link, &frame));
    CHECK(link_end(part->link) == 0);
}

static void double_play(struct double_state *state, struct part *part);

static void double_release(struct double_state *state, const struct part *except)
{
    for (size_t i = 0; i < state->parts.count; i++)
        if (state->parts.at[i].taken && &state->parts.at[i] != except)
            double_play(state, &state->parts.at[i]);
}

/* Sends the answers of a part until it is on hold, or over. */
static void double_play(struct double_state *state, struct part *part)
{
    while (part->answers.len > 0 && part->answers.ptr[0] == ' ') {
        struct str line = str_trim(str_split(&part->answers, '\n'));

        if (str_is(line, "hold"))
            return;
        if (str_is(line, "leave"))
            exit(0);
        if (str_is(line, "release"))
            double_release(state, part);
        else
            double_send(part, line);
    }
}

static void double_request(struct double_state *state, struct link *link,
                           const struct wire_frame *frame)
{
    struct part unknown = { .answers = STR(" last 404 {\"error\":{\"code\":\"invalid\",\"message\":"
                                           "\"not in the script\"}}\n"),
                            .link = link,
                            .id = frame->id };
    struct msg_api_request request;
    struct str wanted;

    CHECK(msg_api_request_decode(frame->payload, state->arena, &request));
    wanted = str_printf(state->arena, "%.*s %.*s", STR_ARG(request.method), STR_ARG(request.path));
    printf("%.*s %.*s\n", STR_ARG(wanted), STR_ARG(request.body));
    (void)fflush(stdout);
    for (size_t i = 0; i < state->parts.count; i++) {
        struct part *part = &state->parts.at[i];

        if (part->taken || !str_starts(wanted, part->request))
            continue;
        part->taken = true;
        part->link = link;
        part->id = frame->id;
        double_play(state, part);
        return;
    }
    double_play(state, &unknown);
}

static void double_hello(struct link *link)
{
    struct msg_hello hello = { .build = STR(WRIT_VERSION), .version = STR(WRIT_VERSION) };
    struct wire_frame frame = { .type = MSG_HELLO };

    msg_hello_encode(&hello, link_begin(link, &frame));
    CHECK(link_end(link) == 0);
}

static void double_hear(struct double_state *state, struct link *link)
{
    struct wire_frame frame;
    int r;

    while ((r = link_next(link, &frame)) == LINK_FRAME) {
        if (frame.type == MSG_API_REQUEST)
            double_request(state, link, &frame);
        else
            CHECK(frame.type == MSG_HELLO);
    }
    CHECK(r >= 0);
}

static void double_accept(struct double_state *state)
{
    int fd;

    while ((fd = listener_accept(state->listener)) >= 0) {
        size_t index = state->peer_count++;

        CHECK(index < DOUBLE_PEERS_MAX);
        state->ready[index].kind = (int)index;
        CHECK(link_new(state->loop, fd, &state->ready[index], &state->peers[index]) == 0);
        double_hello(state->peers[index]);
    }
}

int main(int argc, char **argv)
{
    struct double_state state = { .arena = arena_new(0),
                                  .listener_ready.kind = (int)DOUBLE_PEERS_MAX };
    struct loop_ready *ready;

    CHECK(argc == 3);
    double_read_script(&state, argv[2]);
    CHECK(loop_new(&state.loop) == 0);
    CHECK(listener_new(state.loop, argv[1], &state.listener_ready, &state.listener) == 0);
    (void)puts("ready");
    (void)fflush(stdout);
    while (loop_run_once(state.loop, -1) == 0)
        while ((ready = loop_next(state.loop))) {
            if (ready->kind == (int)DOUBLE_PEERS_MAX)
                double_accept(&state);
            else
                double_hear(&state, state.peers[ready->kind]);
        }
    return 1;
}
