/* The engine against a real server and a real name server (test/http-servers/serve.mjs). */
#include "proc/egress/http.h"

#include "sys/clock.h"
#include "sys/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#define READY 7

static struct loop *loop;
static struct http *http;
static struct arena *arena;
static unsigned int port;
static unsigned int tls_port;
static int server_in;

static int start_server(void **state)
{
    const struct http_options none = { .ready_kind = READY };
    struct http_options options = none;
    int in[2];
    int out[2];
    unsigned int names;
    char line[256] = "";
    char ca[4096];
    char *end;
    FILE *file;

    (void)state;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    if (fork() == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)close(in[1]);
        (void)execlp("node", "node", HTTP_SERVER, (char *)NULL);
        _exit(127);
    }
    server_in = in[1];
    assert_true(read(out[0], line, sizeof(line) - 1) > 0);
    port = (unsigned)strtoul(line, &end, 10);
    names = (unsigned)strtoul(end, &end, 10);
    tls_port = (unsigned)strtoul(end, &end, 10);
    assert_true(port > 0 && names > 0 && tls_port > 0);
    end[strcspn(end, "\n")] = '\0';
    file = fopen(end + 1, "r");
    assert_non_null(file);
    options.ca = str_of(ca, fread(ca, 1, sizeof(ca), file));
    (void)fclose(file);
    arena = arena_new(0);
    options.servers = str_printf(arena, "127.0.0.1:%u", names).ptr;
    options.hosts =
        STR("127.0.0.1 hosts.test # a name of the file\n8.8.8.8\tpublic.test other.test\n");
    assert_int_equal(loop_new(&loop), 0);
    assert_int_equal(http_new(loop, &options, &http), 0);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    http = http_free(http);
    loop = loop_free(loop);
    arena = arena_free(arena);
    return close(server_in);
}

/* The next event, or none within the time. */
static bool await(int64_t ms, struct http_event *ret_event)
{
    int64_t until_ns = clock_mono_ns() + ms * 1000000;

    for (;;) {
        struct loop_ready *ready;
        int64_t left_ms = (until_ns - clock_mono_ns()) / 1000000;

        if (http_next(http, ret_event))
            return true;
        if (left_ms <= 0)
            return false;
        assert_int_equal(loop_run_once(loop, left_ms), 0);
        while ((ready = loop_next(loop)))
            http_ready(http, ready);
    }
}

static struct http_pool *local_pool(void)
{
    const struct str hosts[] = { { "127.0.0.1", 9 }, { "localhost", 9 } };

    return http_pool_new(http, hosts, 2);
}

static struct http_exchange *begin(struct http_pool *pool, const char *url,
                                   struct http_request request)
{
    struct http_exchange *exchange = NULL;
    struct str reason = STR_NULL;

    if (!request.method.ptr)
        request.method = STR("GET");
    request.url = str_from(url);
    request.redirects = true;
    if (http_start(pool, &request, &exchange, &reason) != HTTP_STARTED)
        fail_msg("%s: %.*s", url, STR_ARG(reason));
    return exchange;
}

static const char *local(const char *path)
{
    return str_printf(arena, "http://127.0.0.1:%u%s", port, path).ptr;
}

static struct http_event ended(void)
{
    struct http_event event = { 0 };

    do
        assert_true(await(8000, &event));
    while (event.kind != HTTP_END);
    return event;
}

static struct http_event get(struct http_pool *pool, const char *url)
{
    (void)begin(pool, url, (struct http_request){ 0 });
    return ended();
}

static void test_answers_come_on_kept_connections(void **state)
{
    struct http_pool *pool = local_pool();
    struct http_pool *other = local_pool();
    struct str first;
    struct http_event event;

    (void)state;
    event = get(pool, local("/connection"));
    assert_int_equal(event.end, HTTP_ANSWERED);
    assert_int_equal(event.status, 200);
    assert_int_equal(event.sent, MSG_SENT_YES);
    first = str_copy(arena, event.body);
    event = get(pool, local("/connection"));
    assert_true(str_equal(event.body, first));
    /* Another source has connections of its own. */
    event = get(other, local("/connection"));
    assert_false(str_equal(event.body, first));
    http_pool_free(pool);
    http_pool_free(other);
}

static void test_a_request_is_as_it_was_given(void **state)
{
    const struct http_header headers[] = { { STR("X-One"), STR("1") },
                                           { STR("X-Empty"), STR("") } };
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    (void)begin(pool, local("/echo"),
                (struct http_request){ .method = STR("PATCH"),
                                       .headers = headers,
                                       .header_count = 2,
                                       .body = STR("{\"a\":1}"),
                                       .has_body = true });
    event = ended();
    assert_true(str_find(event.body, STR("\"method\":\"PATCH\"")) != SIZE_MAX);
    assert_true(str_find(event.body, STR("\"x-one\":\"1\"")) != SIZE_MAX);
    assert_true(str_find(event.body, STR("\"x-empty\":\"\"")) != SIZE_MAX);
    assert_true(str_find(event.body, STR("{\\\"a\\\":1}")) != SIZE_MAX);
    assert_true(str_find(event.body, STR("\"expect\"")) == SIZE_MAX);
    event = get(pool, local("/gzip"));
    assert_true(str_is(event.body, "what was packed"));
    http_pool_free(pool);
}

/* Handles of libcurl are used again, with what the last request set. */
static void test_nothing_of_a_request_is_left_for_the_next(void **state)
{
    const struct http_header own[] = { { STR("X-One"), STR("1") },
                                       { STR("User-Agent"), STR("another") } };
    static const char *const methods[] = { "GET", "POST", "GET", "DELETE", "POST", "GET" };
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(methods); i++) {
        struct str expected = str_printf(arena, "{\"method\":\"%s\"", methods[i]);
        struct http_request request = { .method = str_from(methods[i]) };

        (void)begin(pool, local("/echo"),
                    (struct http_request){ .method = STR("PUT"),
                                           .headers = own,
                                           .header_count = 2,
                                           .body = STR("left over"),
                                           .has_body = true });
        event = ended();
        assert_true(str_find(event.body, STR("another")) != SIZE_MAX);
        (void)begin(pool, local("/echo"), (struct http_request){ .method = STR("HEAD") });
        event = ended();
        assert_int_equal(event.status, 200);
        assert_int_equal(event.body.len, 0);
        request.has_body = str_is(request.method, "POST");
        (void)begin(pool, local("/echo"), request);
        event = ended();
        assert_true(str_starts(event.body, expected));
        assert_true(str_find(event.body, STR("\"body\":\"\"")) != SIZE_MAX);
        assert_true(str_find(event.body, STR("x-one")) == SIZE_MAX);
        assert_true(str_find(event.body, STR("\"user-agent\":\"writ/")) != SIZE_MAX);
        assert_true(str_find(event.body, STR("\"accept-encoding\":\"")) != SIZE_MAX);
        request.stream = true; /* which asks for no encoding */
        (void)begin(pool, local("/echo"), request);
        while (await(8000, &event) && event.kind != HTTP_BODY)
            ;
        assert_true(str_find(event.body, STR("accept-encoding")) == SIZE_MAX);
        (void)ended();
    }
    http_pool_free(pool);
}

/* A connection that is kept is watched; its end is news to nobody until it is wanted. */
static void test_an_end_while_it_is_kept_costs_one_turn(void **state)
{
    struct http_pool *pool = local_pool();
    int64_t until_ns = clock_mono_ns() + 200 * 1000000LL;
    unsigned int turns = 0;

    (void)state;
    assert_int_equal(get(pool, local("/end-later")).end, HTTP_ANSWERED);
    while (clock_mono_ns() < until_ns) {
        struct loop_ready *ready;

        assert_int_equal(loop_run_once(loop, (until_ns - clock_mono_ns()) / 1000000 + 1), 0);
        while ((ready = loop_next(loop)))
            http_ready(http, ready);
        turns++;
    }
    assert_true(turns < 20);
    assert_int_equal(get(pool, local("/connection")).end, HTTP_ANSWERED);
    http_pool_free(pool);
}

/* Every way to write an address of this machine, of a private network, of a cloud's metadata. */
static void test_private_addresses_are_refused_in_every_form(void **state)
{
    static const char *const urls[] = {
        "http://127.0.0.1:%u/",
        "http://localhost:%u/",
        "http://foo.localhost:%u/",
        "http://127.1:%u/",
        "http://0x7f.1:%u/",
        "http://0x7f000001:%u/",
        "http://017700000001:%u/",
        "http://2130706433:%u/",
        "http://0177.0.0.01:%u/",
        "http://[::1]:%u/",
        "http://[::ffff:127.0.0.1]:%u/",
        "http://[::ffff:7f00:1]:%u/",
        "http://[::127.0.0.1]:%u/",
        "http://[64:ff9b::7f00:1]:%u/",
        "http://[2002:7f00:1::]:%u/",
        "http://[fe80::1]:%u/",
        "http://[fd00::1]:%u/",
        "http://[ff02::1]:%u/",
        "http://[::]:%u/",
        "http://0.0.0.0:%u/",
        "http://0:%u/",
        "http://10.0.0.1:%u/",
        "http://172.16.0.1:%u/",
        "http://192.168.1.1:%u/",
        "http://100.64.0.1:%u/",
        "http://169.254.169.254:%u/latest/meta-data/",
        "http://0xa9fea9fe:%u/",
        "http://224.0.0.1:%u/",
        "http://255.255.255.255:%u/",
        "http://hosts.test:%u/",
        "http://points-home.test:%u/",
        "HTTP://LOCALHOST:%u/",
        "http://127.0.0.1\\@example.com:%u/",
    };
    struct http_pool *pool = http_pool_new(http, NULL, 0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(urls); i++) {
        struct http_exchange *exchange;
        struct http_request request = { .method = STR("GET") };
        struct http_event event;
        struct str reason;
        char url[128];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(url, sizeof(url), urls[i], port);
#pragma GCC diagnostic pop
        request.url = str_from(url);
        if (http_start(pool, &request, &exchange, &reason) == HTTP_REFUSED)
            continue;
        event = ended();
        if (event.end != HTTP_FORBIDDEN || event.sent != MSG_SENT_NO)
            fail_msg("%s: end %d, sent %d: %.*s", url, event.end, event.sent, STR_ARG(event.text));
    }
    http_pool_free(pool);
}

/* A name that is public when it is looked at and private when it is dialled: it is looked at then.
 */
static void test_a_name_cannot_rebind(void **state)
{
    struct http_pool *pool = http_pool_new(http, NULL, 0);
    struct http_event event;
    struct http_exchange *exchange;

    (void)state;
    exchange = begin(pool, str_printf(arena, "http://rebinds.test:%u/echo", port).ptr,
                     (struct http_request){ 0 });
    /* It is dialled at its public address, where nobody is. */
    if (await(300, &event))
        assert_int_equal(event.end, HTTP_UNREACHABLE);
    else
        http_drop(exchange);
    for (int i = 0; i < 2; i++) {
        exchange = begin(pool, str_printf(arena, "http://rebinds.test:%u/echo", port).ptr,
                         (struct http_request){ 0 });
        if (await(300, &event))
            assert_true(event.end == HTTP_FORBIDDEN || event.end == HTTP_UNREACHABLE);
        else
            http_drop(exchange);
    }
    event = get(pool, str_printf(arena, "http://none.test:%u/", port).ptr);
    assert_int_equal(event.end, HTTP_UNREACHABLE);
    assert_int_equal(event.sent, MSG_SENT_NO);
    http_pool_free(pool);
}

static void test_what_a_person_allowed_is_reached(void **state)
{
    const struct str hosts[] = { { "Points-Home.test", 16 } };
    struct http_pool *pool = http_pool_new(http, hosts, 1);
    struct http_event event;

    (void)state;
    event = get(pool, str_printf(arena, "http://points-home.test:%u/connection", port).ptr);
    assert_int_equal(event.end, HTTP_ANSWERED);
    /* And no other name of the same address. */
    event = get(pool, local("/connection"));
    assert_int_equal(event.end, HTTP_FORBIDDEN);
    http_pool_free(pool);
}

static const char *secure(const char *name)
{
    return str_printf(arena, "https://%s:%u/", name, tls_port).ptr;
}

static void test_a_certificate_is_of_its_host(void **state)
{
    static const char *const bad[] = { "wrong.test", "self.test" };
    const struct str hosts[] = { STR("good.test"), STR("wrong.test"), STR("self.test") };
    struct http_pool *pool = http_pool_new(http, hosts, 3);
    struct http_event event;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        event = get(pool, secure(bad[i]));
        if (event.end == HTTP_ANSWERED || event.sent != MSG_SENT_NO)
            fail_msg("%s: end %d, sent %d", bad[i], event.end, event.sent);
        assert_true(str_find(event.text, STR("certificate")) != SIZE_MAX);
    }
    /* Whoever can speak HTTP/2 is spoken to in it. */
    event = get(pool, secure("good.test"));
    assert_int_equal(event.end, HTTP_ANSWERED);
    assert_true(str_is(event.body, "version 2.0"));
    http_pool_free(pool);
}

/* To a source that a person allowed, and from there to where nobody did. */
static void test_redirects_end(void **state)
{
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    event = get(pool, local("/loop"));
    assert_int_equal(event.end, HTTP_FORBIDDEN);
    event = get(pool, local("/private"));
    assert_int_equal(event.end, HTTP_FORBIDDEN);
    assert_int_equal(event.sent, MSG_SENT_NO);
    event = get(pool, local("/chain"));
    assert_int_equal(event.end, HTTP_FORBIDDEN);
    event = get(pool, local("/file"));
    assert_int_equal(event.end, HTTP_FORBIDDEN);
    http_pool_free(pool);
}

/* What a source was given goes to its own origin alone. */
static void test_credentials_do_not_cross_origins(void **state)
{
    const struct http_header secrets[] = { { STR("Authorization"), STR("Bearer canary") } };
    struct http_pool *pool = local_pool();
    struct http_request request = { .method = STR("POST"),
                                    .secrets = secrets,
                                    .secret_count = 1,
                                    .body = STR("b"),
                                    .has_body = true };
    struct http_event event;

    (void)state;
    (void)begin(pool, local("/echo"), request);
    event = ended();
    assert_true(str_find(event.body, STR("canary")) != SIZE_MAX);
    (void)begin(pool, local("/away"), request);
    event = ended();
    assert_int_equal(event.end, HTTP_ANSWERED);
    assert_true(str_find(event.body, STR("\"method\":\"POST\"")) != SIZE_MAX);
    assert_true(str_find(event.body, STR("canary")) == SIZE_MAX);
    http_pool_free(pool);
}

static void test_line_breaks_in_headers_are_refused(void **state)
{
    const struct http_header bad[][1] = {
        { { STR("X"), STR("a\r\nEvil: 1") } }, { { STR("X"), STR("a\nb") } },
        { { STR("X\r\nEvil"), STR("a") } },    { { STR("X Y"), STR("a") } },
        { { STR("X"), STR("a\0b") } },
    };
    struct http_pool *pool = local_pool();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct http_request request = { .method = STR("GET"),
                                        .url = str_from(local("/echo")),
                                        .headers = bad[i],
                                        .header_count = 1 };
        struct http_exchange *exchange;
        struct str reason = STR_NULL;

        assert_int_equal(http_start(pool, &request, &exchange, &reason), HTTP_REFUSED);
        assert_true(reason.len > 0);
    }
    http_pool_free(pool);
}

static void test_what_is_too_much_is_cut_off(void **state)
{
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    (void)begin(pool, local("/bomb"), (struct http_request){ .body_max = 1U << 20 });
    event = ended();
    assert_int_equal(event.end, HTTP_TOO_LONG);
    assert_true(event.body.len <= 1U << 20);
    (void)begin(pool, local("/bomb-twice"), (struct http_request){ .body_max = 1U << 20 });
    assert_int_equal(ended().end, HTTP_TOO_LONG);
    assert_int_equal(get(pool, local("/heads")).end, HTTP_TOO_LONG);
    http_pool_free(pool);
}

static void test_time_ends_what_does_not(void **state)
{
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    (void)begin(pool, local("/slow"), (struct http_request){ .timeout_ms = 200 });
    event = ended();
    assert_int_equal(event.end, HTTP_TIMEOUT);
    assert_int_equal(event.sent, MSG_SENT_MAYBE);
    (void)begin(pool, local("/drip"), (struct http_request){ .timeout_ms = 300 });
    event = ended();
    assert_int_equal(event.end, HTTP_TIMEOUT);
    assert_int_equal(event.sent, MSG_SENT_YES);
    http_pool_free(pool);
}

static void test_sent_is_the_truth(void **state)
{
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    event = get(pool, local("/reset"));
    assert_int_equal(event.end, HTTP_UNREACHABLE);
    assert_int_equal(event.sent, MSG_SENT_MAYBE);
    event = get(pool, "http://127.0.0.1:1/");
    assert_int_equal(event.end, HTTP_UNREACHABLE);
    assert_int_equal(event.sent, MSG_SENT_NO);
    event = get(pool, local("/broken"));
    assert_int_equal(event.end, HTTP_UNREACHABLE);
    assert_int_equal(event.sent, MSG_SENT_YES);
    http_pool_free(pool);
}

/* libcurl would send it again on a new connection: only where that is asked for. */
static void test_nothing_is_sent_twice(void **state)
{
    struct http_request write = { .method = STR("POST"), .body = STR("x"), .has_body = true };
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    assert_int_equal(get(pool, local("/die-when-used")).end, HTTP_ANSWERED);
    (void)begin(pool, local("/echo"), write);
    event = ended();
    assert_int_equal(event.end, HTTP_UNREACHABLE);
    assert_int_equal(event.sent, MSG_SENT_MAYBE);
    assert_int_equal(get(pool, local("/die-when-used")).end, HTTP_ANSWERED);
    write.repeatable = true;
    (void)begin(pool, local("/echo"), write);
    assert_int_equal(ended().end, HTTP_ANSWERED);
    http_pool_free(pool);
}

/* A connection of HTTP/2 that its server gives up with an error (GOAWAY), before it answered. */
static void test_what_is_given_up_is_asked_again(void **state)
{
    const struct str hosts[] = { STR("good.test") };
    struct http_pool *pool = http_pool_new(http, hosts, 1);
    struct http_request request = { 0 };
    const char *url = str_printf(arena, "%sgoaway", secure("good.test")).ptr;
    struct http_event event;

    (void)state;
    (void)begin(pool, url, request);
    event = ended();
    assert_int_equal(event.end, HTTP_UNREACHABLE);
    assert_int_equal(event.sent, MSG_SENT_MAYBE);
    assert_int_equal(get(pool, url).end, HTTP_ANSWERED);
    request.repeatable = true;
    (void)begin(pool, url, request);
    event = ended();
    assert_int_equal(event.end, HTTP_ANSWERED);
    assert_true(str_is(event.body, "version 2.0"));
    http_pool_free(pool);
}

static void test_a_stream_comes_in_pieces(void **state)
{
    struct http_pool *pool = local_pool();
    struct http_event event;

    (void)state;
    (void)begin(pool, local("/stream"), (struct http_request){ .stream = true });
    assert_true(await(8000, &event));
    assert_int_equal(event.kind, HTTP_HEAD);
    assert_true(str_is(http_header(&event, "content-type"), "text/event-stream"));
    assert_true(await(8000, &event));
    assert_int_equal(event.kind, HTTP_BODY);
    assert_true(str_is(event.body, "data: one\n\n"));
    event = ended();
    assert_int_equal(event.end, HTTP_ANSWERED);
    (void)begin(pool, local("/drip"), (struct http_request){ .stream = true });
    assert_true(await(8000, &event));
    http_drop(event.exchange);
    assert_false(await(100, &event));
    http_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_come_on_kept_connections),
        cmocka_unit_test(test_a_request_is_as_it_was_given),
        cmocka_unit_test(test_nothing_of_a_request_is_left_for_the_next),
        cmocka_unit_test(test_an_end_while_it_is_kept_costs_one_turn),
        cmocka_unit_test(test_private_addresses_are_refused_in_every_form),
        cmocka_unit_test(test_a_name_cannot_rebind),
        cmocka_unit_test(test_what_a_person_allowed_is_reached),
        cmocka_unit_test(test_a_certificate_is_of_its_host),
        cmocka_unit_test(test_redirects_end),
        cmocka_unit_test(test_credentials_do_not_cross_origins),
        cmocka_unit_test(test_line_breaks_in_headers_are_refused),
        cmocka_unit_test(test_what_is_too_much_is_cut_off),
        cmocka_unit_test(test_time_ends_what_does_not),
        cmocka_unit_test(test_sent_is_the_truth),
        cmocka_unit_test(test_nothing_is_sent_twice),
        cmocka_unit_test(test_what_is_given_up_is_asked_again),
        cmocka_unit_test(test_a_stream_comes_in_pieces),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
