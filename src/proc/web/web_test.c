/* The real process, with this test as its daemon and as its clients. */
#include "base/arena.h"
#include "format/wire/wire.h"
#include "model/msg.h"
#include "proc/web/web.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 5000

struct fixture {
    pid_t pid;
    int link;
    uint32_t port;
    struct buf in;
    struct arena *arena;
};

/* ---- as the daemon ---- */

static void fixture_start(struct fixture *fixture)
{
    const char *path = getenv("WRIT_WEB");
    int pair[2];

    if (!path)
        fail_msg("WRIT_WEB names no program");
    *fixture = (struct fixture){ .in = BUF_INIT, .arena = arena_new(0) };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    fixture->pid = fork();
    assert_true(fixture->pid >= 0);
    if (fixture->pid == 0) {
        if (pair[1] == 3 || dup2(pair[1], 3) == 3)
            execl(path ? path : "", "web", (char *)NULL);
        _exit(127);
    }
    (void)close(pair[1]);
    fixture->link = pair[0];
}

static void fixture_stop(struct fixture *fixture)
{
    int status = 0;

    (void)close(fixture->link);
    assert_int_equal(waitpid(fixture->pid, &status, 0), fixture->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    buf_fini(&fixture->in);
    (void)arena_free(fixture->arena);
}

static void frame_send(struct fixture *fixture, uint16_t type, uint64_t id,
                       const struct buf *payload)
{
    struct wire_frame frame = { .type = type, .id = id, .payload = buf_str(payload) };
    struct buf out BUF_CLEANUP = BUF_INIT;

    wire_add(&out, &frame);
    assert_int_equal(write(fixture->link, out.ptr, out.len), (ssize_t)out.len);
}

static bool readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

    return poll(&poll_fd, 1, timeout_ms) == 1;
}

/* The next frame; its payload lives in the fixture's arena. */
static struct wire_frame frame_next(struct fixture *fixture)
{
    for (;;) {
        struct wire_reader reader = WIRE_READER(&fixture->in);
        struct wire_frame frame;
        char bytes[65536];
        ssize_t got;

        if (wire_next(&reader, &frame) == WIRE_FRAME) {
            frame.payload = str_copy(fixture->arena, frame.payload);
            wire_compact(&reader);
            return frame;
        }
        assert_true(readable(fixture->link, WAIT_MS));
        got = read(fixture->link, bytes, sizeof(bytes));
        assert_true(got > 0);
        buf_add(&fixture->in, bytes, (size_t)got);
    }
}

static struct msg_web_ready listen_on(struct fixture *fixture, uint32_t port)
{
    struct msg_web_listen listen = { .address = STR("127.0.0.1"), .port = port };
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct msg_web_ready ready;
    struct wire_frame frame;

    msg_web_listen_encode(&listen, &payload);
    frame_send(fixture, MSG_WEB_LISTEN, 1, &payload);
    frame = frame_next(fixture);
    assert_int_equal(frame.type, MSG_WEB_READY);
    assert_true(msg_web_ready_decode(frame.payload, fixture->arena, &ready));
    return ready;
}

static uint64_t request_next(struct fixture *fixture, struct msg_http_request *ret_request)
{
    struct wire_frame frame = frame_next(fixture);

    assert_int_equal(frame.type, MSG_HTTP_REQUEST);
    assert_true(msg_http_request_decode(frame.payload, fixture->arena, ret_request));
    return frame.id;
}

static void respond(struct fixture *fixture, uint64_t id, const char *body, bool more)
{
    struct msg_header header = { STR("content-type"), STR("text/plain") };
    struct msg_http_response response = {
        .status = 200, .headers = &header, .headers_count = 1, .body = str_from(body), .more = more
    };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_http_response_encode(&response, &payload);
    frame_send(fixture, MSG_HTTP_RESPONSE, id, &payload);
}

static void chunk(struct fixture *fixture, uint64_t id, struct str body, bool last)
{
    struct msg_http_chunk part = { .body = body, .last = last };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_http_chunk_encode(&part, &payload);
    frame_send(fixture, MSG_HTTP_CHUNK, id, &payload);
}

/* ---- as a client ---- */

static int client_open(const struct fixture *fixture)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)fixture->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void client_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads until the text holds the needle. */
static void client_expect(int fd, struct buf *in, const char *needle)
{
    while (str_find(buf_str(in), str_from(needle)) == SIZE_MAX) {
        char bytes[65536];
        ssize_t got;

        if (!readable(fd, WAIT_MS))
            fail_msg("no \"%s\" in: %.*s", needle, STR_ARG(buf_str(in)));
        got = recv(fd, bytes, sizeof(bytes), 0);
        if (got <= 0)
            fail_msg("closed before \"%s\": %.*s", needle, STR_ARG(buf_str(in)));
        buf_add(in, bytes, (size_t)got);
    }
}

static const char post[] = "POST /mcp?a=%20b HTTP/1.1\r\nHost: x\r\nX-Some: Thing\r\n"
                           "Content-Type: application/json\r\nContent-Length: 5\r\n\r\nhello";

static void gone_next(struct fixture *fixture, uint64_t id)
{
    struct wire_frame frame = frame_next(fixture);

    assert_int_equal(frame.type, MSG_HTTP_GONE);
    assert_int_equal(frame.id, id);
}

/* ---- tests ---- */

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct msg_web_ready ready;

    fixture_start(fixture);
    ready = listen_on(fixture, 0);
    assert_null(ready.error.ptr);
    assert_true(ready.port > 0);
    fixture->port = ready.port;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_stop(*state);
    free(*state);
    return 0;
}

static void test_request_and_answer(void **state)
{
    struct fixture *fixture = *state;
    struct buf in BUF_CLEANUP = BUF_INIT;
    struct msg_http_request request;
    int fd = client_open(fixture);

    for (int i = 0; i < 3; i++) { /* on one connection */
        uint64_t id;

        buf_clear(&in);
        client_send(fd, post);
        id = request_next(fixture, &request);
        assert_true(str_is(request.method, "POST"));
        assert_true(str_is(request.path, "/mcp?a=%20b"));
        assert_true(str_is(request.body, "hello"));
        assert_int_equal(request.headers_count, 4);
        assert_true(str_is(request.headers[1].name, "x-some"));
        assert_true(str_is(request.headers[1].value, "Thing"));
        assert_true(str_starts(request.peer, STR("127.0.0.1:")));
        respond(fixture, id, "there", false);
        client_expect(fd, &in, "\r\n\r\nthere");
        assert_true(str_starts(buf_str(&in), STR("HTTP/1.1 200 OK\r\n")));
        assert_true(str_find(buf_str(&in), STR("content-type: text/plain\r\n")) != SIZE_MAX);
    }
    (void)close(fd);
}

static void test_two_writes_are_quick(void **state)
{
    struct fixture *fixture = *state;
    struct buf in BUF_CLEANUP = BUF_INIT;
    struct msg_http_request request;
    struct timespec from;
    struct timespec to;
    int fd = client_open(fixture);

    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < 10; i++) {
        buf_clear(&in);
        client_send(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
        client_send(fd, "hello");
        respond(fixture, request_next(fixture, &request), "there", false);
        client_expect(fd, &in, "\r\n\r\nthere");
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    /* Ten times 40 ms of delayed acknowledgement would be 400. */
    assert_true((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 < 300);
    (void)close(fd);
}

static void test_stream(void **state)
{
    struct fixture *fixture = *state;
    struct buf in BUF_CLEANUP = BUF_INIT;
    struct msg_http_request request;
    int fd = client_open(fixture);
    uint64_t id;

    client_send(fd, post);
    id = request_next(fixture, &request);
    respond(fixture, id, "one", true);
    client_expect(fd, &in, "one");
    chunk(fixture, id, STR("two"), false);
    client_expect(fd, &in, "two");
    chunk(fixture, id, STR("three"), true);
    client_expect(fd, &in, "three\r\n0\r\n\r\n");
    client_send(fd, post); /* the connection is still good */
    buf_clear(&in);
    respond(fixture, request_next(fixture, &request), "again", false);
    client_expect(fd, &in, "again");
    (void)close(fd);
}

static void test_large_answer(void **state)
{
    struct fixture *fixture = *state;
    struct buf in BUF_CLEANUP = BUF_INIT;
    struct msg_http_request request;
    int fd = client_open(fixture);
    char *part = malloc(500000);
    uint64_t id;

    memset(part, 'x', 500000);
    client_send(fd, post);
    id = request_next(fixture, &request);
    respond(fixture, id, "begin", true);
    for (int i = 0; i < 6; i++)
        chunk(fixture, id, str_of(part, 500000), false);
    chunk(fixture, id, STR("end"), true);
    client_expect(fd, &in, "end\r\n0\r\n\r\n");
    assert_true(in.len > 3000000);
    free(part);
    (void)close(fd);
}

static void test_hang_up(void **state)
{
    struct fixture *fixture = *state;
    struct buf in BUF_CLEANUP = BUF_INIT;
    struct msg_http_request request;
    int fd = client_open(fixture);
    uint64_t id;

    client_send(fd, post);
    id = request_next(fixture, &request);
    (void)close(fd); /* while the daemon has it */
    gone_next(fixture, id);
    respond(fixture, id, "too late", false);

    fd = client_open(fixture);
    client_send(fd, post);
    id = request_next(fixture, &request);
    respond(fixture, id, "one", true);
    client_expect(fd, &in, "one");
    (void)close(fd); /* in the middle of a stream */
    gone_next(fixture, id);
    chunk(fixture, id, STR("two"), true);

    fd = client_open(fixture);
    client_send(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
    (void)close(fd); /* before it was whole: nobody hears of it */
    fd = client_open(fixture);
    client_send(fd, post);
    respond(fixture, request_next(fixture, &request), "there", false);
    buf_clear(&in);
    client_expect(fd, &in, "there");
    (void)close(fd);
}

static void test_limits(void **state)
{
    struct fixture *fixture = *state;
    struct buf in BUF_CLEANUP = BUF_INIT;
    struct buf out BUF_CLEANUP = BUF_INIT;
    int fd = client_open(fixture);

    client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 983041\r\n\r\n");
    client_expect(fd, &in, "413");
    (void)close(fd);

    fd = client_open(fixture);
    buf_clear(&in);
    buf_add_c(&out, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 70; i++)
        buf_printf(&out, "X-%d: 1\r\n", i);
    buf_add_c(&out, "\r\n");
    buf_add_char(&out, '\0');
    client_send(fd, out.ptr);
    client_expect(fd, &in, "431");
    (void)close(fd);

    fd = client_open(fixture);
    buf_clear(&in);
    buf_clear(&out);
    buf_add_c(&out, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ");
    for (int i = 0; i < 40000; i++)
        buf_add_char(&out, 'x');
    buf_add_char(&out, '\0');
    client_send(fd, out.ptr);
    client_expect(fd, &in, "HTTP/1.1 4");
    (void)close(fd);
}

/* A body without a length: it is dropped as it comes, and refused when it ends. */
static void test_chunked_too_long(void **state)
{
    struct fixture *fixture = *state;
    struct buf in BUF_CLEANUP = BUF_INIT;
    struct buf part BUF_CLEANUP = BUF_INIT;
    int fd = client_open(fixture);

    buf_add_c(&part, "10000\r\n");
    memset(buf_reserve(&part, 65536), 'x', 65536);
    buf_commit(&part, 65536);
    buf_add_c(&part, "\r\n");
    buf_add_char(&part, '\0');
    client_send(fd, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 16; i++)
        client_send(fd, part.ptr);
    client_send(fd, "0\r\n\r\n");
    client_expect(fd, &in, "413");
    (void)close(fd);
}

static void test_port_in_use(void **state)
{
    struct fixture *fixture = *state;
    struct fixture second;
    struct msg_web_ready ready;
    char sentence[64];

    fixture_start(&second);
    ready = listen_on(&second, fixture->port);
    (void)snprintf(sentence, sizeof(sentence), "port %u on 127.0.0.1 is in use", fixture->port);
    assert_true(str_is(ready.error, sentence));
    ready = listen_on(&second, 0); /* it may be told again */
    assert_null(ready.error.ptr);
    fixture_stop(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_and_answer),
        cmocka_unit_test(test_two_writes_are_quick),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_large_answer),
        cmocka_unit_test(test_hang_up),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_chunked_too_long),
        cmocka_unit_test(test_port_in_use),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
