/* The transport over HTTP, with answers of each era. */
#include "edge/out/mcp/test.h"
#include "edge/out/mcp/web.h"

#include "base/buf.h"

#define DISCOVERED                                                                                 \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":[\"2026-07-28\"],"            \
    "\"capabilities\":{\"tools\":{}},\"resultType\":\"complete\"}}"
#define INITIALIZED                                                                                \
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"protocolVersion\":\"2025-11-25\","                \
    "\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}"

static struct out_mcp *session;
static struct out_mcp_web *web;
static struct out_mcp_event last; /* the last event; texts are gone */
static size_t events;
static size_t tool_count;

static int begin(void **state)
{
    const struct out_mcp_options options = { .version = STR("0.1"), .messages = true };
    const struct out_mcp_web_options how = { .url = STR("http://h/mcp") };

    (void)state;
    session = out_mcp_new(&options, now_ms);
    web = out_mcp_web_new(session, &how);
    events = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    web = out_mcp_web_free(web);
    session = out_mcp_free(session);
    return 0;
}

static void pull(void)
{
    struct out_mcp_event event;

    while (out_mcp_next(session, now_ms, &event)) {
        last = event;
        if (event.kind == OUT_MCP_TOOLS)
            tool_count = event.tool_count;
        events++;
    }
}

/* The next request, which must be. */
static struct out_mcp_web_request asked(enum out_mcp_web_kind kind)
{
    struct out_mcp_web_request request = { 0 };
    bool given = false;

    /* What ended may make the session say something. */
    for (int i = 0; i < 3 && !given; i++) {
        pull();
        given = out_mcp_web_next(web, now_ms, &request);
    }
    if (!given)
        fail_msg("no request");
    assert_int_equal(request.kind, kind);
    return request;
}

static void assert_quiet(void)
{
    struct out_mcp_web_request request;
    bool given = false;

    for (int i = 0; i < 3 && !given; i++) {
        pull();
        given = out_mcp_web_next(web, now_ms, &request);
    }
    if (given)
        fail_msg("a request: %.*s %.*s", STR_ARG(request.method), STR_ARG(request.body));
}

static struct str header(const struct out_mcp_web_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_is(request->headers[i].name, name))
            return request->headers[i].value;
    return STR_NULL;
}

static void head(uint64_t number, unsigned int status, const char *type, const char *id)
{
    const struct out_mcp_web_head one = { .status = status,
                                          .type = str_from(type),
                                          .session = str_from(id) };

    out_mcp_web_head(web, number, &one);
}

static void body(uint64_t number, const char *text)
{
    out_mcp_web_body(web, number, str_from(text));
}

static void over(uint64_t number)
{
    out_mcp_web_end(web, number,
                    &(struct out_mcp_web_end){ .answered = true, .sent = MSG_SENT_YES }, now_ms);
}

static void answer(uint64_t number, unsigned int status, const char *text)
{
    head(number, status, "application/json", NULL);
    body(number, text);
    over(number);
}

static void connect_modern(const char *tools)
{
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);
    char text[4096];

    answer(request.number, 200, DISCOVERED);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(header(&request, "Mcp-Method"), "tools/list"));
    (void)snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":[%s]}}",
                   tools);
    answer(request.number, 200, text);
    assert_quiet();
    assert_int_equal(out_mcp_state(session), OUT_MCP_READY);
}

/* A server of 2025 with a session; next id is 4, its event stream has the number given. */
static uint64_t connect_2025(void)
{
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);
    uint64_t stream;

    answer(request.number, 400, "Bad Request: no session");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("\"initialize\"")) != SIZE_MAX);
    assert_false(header(&request, "Mcp-Method").ptr);
    head(request.number, 200, "application/json", "s1");
    body(request.number, INITIALIZED);
    over(request.number);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("notifications/initialized")) != SIZE_MAX);
    assert_true(str_is(header(&request, "Mcp-Session-Id"), "s1"));
    assert_true(str_is(header(&request, "MCP-Protocol-Version"), "2025-11-25"));
    assert_quiet(); /* Nothing else before it was taken. */
    answer(request.number, 202, "");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("tools/list")) != SIZE_MAX);
    answer(request.number, 200,
           "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"tools\":[{\"name\":\"a\"}]}}");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(request.method, "GET"));
    assert_true(str_is(header(&request, "Accept"), "text/event-stream"));
    stream = request.number;
    head(stream, 200, "text/event-stream", NULL);
    assert_quiet();
    return stream;
}

static void test_modern_json(void **state)
{
    struct out_mcp_web_request request;

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    assert_int_equal(call(session, 7, 1000), OUT_MCP_ACCEPTED);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(request.method, "POST"));
    assert_true(str_is(header(&request, "MCP-Protocol-Version"), "2026-07-28"));
    assert_true(str_is(header(&request, "Mcp-Method"), "tools/call"));
    assert_true(str_is(header(&request, "Mcp-Name"), "a"));
    assert_true(str_is(header(&request, "Accept"), "application/json, text/event-stream"));
    assert_false(request.repeatable);
    answer(request.number, 200, "{\n\"jsonrpc\":\"2.0\",\"id\":3,\n\"result\":{\"content\":[]}}");
    pull();
    assert_int_equal(last.kind, OUT_MCP_OUTCOME);
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_ANSWERED);
    assert_int_equal(last.handle, 7);
}

static void test_modern_stream(void **state)
{
    struct out_mcp_web_request request;

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    (void)call(session, 7, 1000);
    request = asked(OUT_MCP_WEB_START);
    head(request.number, 200, "text/event-stream; charset=utf-8", NULL);
    body(request.number, ": hello\r\n\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/");
    body(request.number,
         "progress\",\"params\":{\"progressToken\":3,\r\ndata: \"progress\":1}}\r\n\r\n");
    pull();
    assert_int_equal(last.kind, OUT_MCP_PROGRESS);
    body(request.number, "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n\n");
    pull();
    assert_int_equal(last.kind, OUT_MCP_OUTCOME);
    over(request.number);
    assert_quiet();
}

static void test_a_stream_that_ends_early(void **state)
{
    struct out_mcp_web_request request;

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    (void)call(session, 7, 1000);
    request = asked(OUT_MCP_WEB_START);
    head(request.number, 200, "text/event-stream", NULL);
    body(request.number, "id: 1\ndata: \n\n");
    over(request.number);
    assert_quiet(); /* 2026-07-28 takes no stream up again. */
    pull();
    assert_int_equal(last.kind, OUT_MCP_OUTCOME);
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_UNREACHABLE);
    assert_int_equal(last.sent, MSG_SENT_YES);
}

/* It was asked, and what it did nobody knows: of a write a person is asked. */
static void test_an_answer_that_is_none(void **state)
{
    static char piece[1 << 20];
    struct out_mcp_web_request request;

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    (void)call(session, 7, 1000);
    answer(asked(OUT_MCP_WEB_START).number, 200, "<html>");
    assert_quiet();
    pull();
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_UNREADABLE);
    assert_true(str_is(last.code, "upstream"));
    assert_int_equal(last.sent, MSG_SENT_YES);

    (void)call(session, 8, 1000);
    request = asked(OUT_MCP_WEB_START);
    head(request.number, 200, "application/json", NULL);
    memset(piece, 'x', sizeof(piece));
    for (size_t len = 0; len <= OUT_MCP_LINE_MAX; len += sizeof(piece))
        out_mcp_web_body(web, request.number, str_of(piece, sizeof(piece)));
    assert_int_equal(asked(OUT_MCP_WEB_DROP).number, request.number);
    assert_quiet();
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_UNREADABLE);
    assert_true(str_is(last.code, "limit"));
    assert_true(str_is(last.text, "its answer is longer than the 33554432 bytes of a message"));
    assert_int_equal(last.sent, MSG_SENT_YES);
}

static void test_answers_are_not_too_much_together(void **state)
{
    static char piece[1 << 20];
    uint64_t numbers[5];

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    for (uint64_t i = 0; i < 5; i++) {
        (void)call(session, i + 1, 1000);
        numbers[i] = asked(OUT_MCP_WEB_START).number;
        head(numbers[i], 200, i % 2 ? "text/event-stream" : "application/json", NULL);
        for (int j = 0; j < 30; j++)
            out_mcp_web_body(web, numbers[i], str_of(piece, sizeof(piece)));
    }
    assert_int_equal(asked(OUT_MCP_WEB_DROP).number, numbers[4]);
    assert_quiet();
    assert_int_equal(last.handle, 5);
    assert_true(str_is(last.code, "limit"));
    assert_true(str_is(last.text, "its answers under way are more than 134217728 bytes together"));
    /* What it held is given back: the next one has room. */
    answer(numbers[0], 200, "");
    assert_quiet();
    pull();
    (void)call(session, 6, 1000);
    answer(asked(OUT_MCP_WEB_START).number, 200, "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{}}");
    pull();
    assert_int_equal(last.handle, 6);
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_ANSWERED);
}

static void test_what_was_not_sent(void **state)
{
    struct out_mcp_web_request request;

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    (void)call(session, 7, 1000);
    request = asked(OUT_MCP_WEB_START);
    out_mcp_web_end(web, request.number,
                    &(struct out_mcp_web_end){ .sent = MSG_SENT_NO, .text = STR("refused") },
                    now_ms);
    assert_quiet();
    pull();
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_UNREACHABLE);
    assert_int_equal(last.sent, MSG_SENT_NO);
}

static void test_to_cancel_is_to_end_the_exchange(void **state)
{
    struct out_mcp_web_request request;
    uint64_t number;

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    (void)call(session, 7, 1000);
    number = asked(OUT_MCP_WEB_START).number;
    out_mcp_web_sent(web, number, MSG_SENT_MAYBE);
    out_mcp_cancel(session, 7, STR("enough"));
    request = asked(OUT_MCP_WEB_DROP);
    assert_int_equal(request.number, number);
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_CANCELLED);
    assert_int_equal(last.sent, MSG_SENT_MAYBE);
    assert_quiet(); /* And nothing is said. */
    answer(number, 200, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}");
    assert_quiet();
}

static void test_arguments_go_into_headers(void **state)
{
    const struct out_mcp_call one = {
        .handle = 1,
        .tool = STR("a"),
        .args = STR("{\"r\":\"us \",\"n\":-7,\"deep\":{\"b\":true},\"none\":null,\"q\":\"x\"}"),
        .timeout_ms = 1000,
    };
    struct out_mcp_web_request request;

    (void)state;
    connect_modern("{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\",\"properties\":{"
                   "\"r\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"},"
                   "\"n\":{\"type\":\"integer\",\"x-mcp-header\":\"N\"},"
                   "\"none\":{\"type\":\"string\",\"x-mcp-header\":\"None\"},"
                   "\"deep\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"boolean\","
                   "\"x-mcp-header\":\"B\"}}},\"q\":{\"type\":\"string\"}}}}");
    assert_int_equal(out_mcp_call(session, &one, now_ms), OUT_MCP_ACCEPTED);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(header(&request, "Mcp-Param-Region"), "=?base64?dXMg?="));
    assert_true(str_is(header(&request, "Mcp-Param-N"), "-7"));
    assert_true(str_is(header(&request, "Mcp-Param-B"), "true"));
    assert_false(header(&request, "Mcp-Param-None").ptr);
    assert_int_equal(request.header_count, 8);
}

static void test_tools_with_wrong_headers_are_left_out(void **state)
{
    static const char *const schemas[] = {
        "\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}", /* The only good one. */
        "\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}",
        "\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}",
        "\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A B\"}",
        "\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\\r\\nB\"}",
        "\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"},"
        "\"b\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}",
        "\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}",
        "\"a\":{\"anyOf\":[{\"properties\":{\"b\":{\"type\":\"string\","
        "\"x-mcp-header\":\"A\"}}}]}",
    };
    BUF_CLEANUP struct buf tools = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(schemas); i++)
        buf_printf(&tools, "%s{\"name\":\"t%zu\",\"inputSchema\":{\"properties\":{%s}}}",
                   i ? "," : "", i, schemas[i]);
    buf_add_char(&tools, '\0');
    connect_modern(tools.ptr);
    assert_int_equal(tool_count, 1);
}

static void test_a_wanted_version_is_asked_for_again(void **state)
{
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);

    (void)state;
    answer(request.number, 400,
           "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32022,\"message\":\"?\","
           "\"data\":{\"supported\":[\"2026-07-28\"]}}}");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(header(&request, "Mcp-Method"), "server/discover"));
    answer(request.number, 400,
           "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32022,\"message\":\"?\","
           "\"data\":{\"supported\":[\"2026-07-28\"]}}}");
    assert_quiet();
    assert_int_equal(out_mcp_state(session), OUT_MCP_FAILED);
}

static void test_an_expired_session_is_begun_anew(void **state)
{
    uint64_t stream = connect_2025();
    struct out_mcp_web_request request;

    (void)state;
    (void)call(session, 7, 100000);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(header(&request, "Mcp-Session-Id"), "s1"));
    answer(request.number, 404, "no such session");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("\"initialize\"")) != SIZE_MAX);
    assert_false(header(&request, "Mcp-Session-Id").ptr);
    assert_quiet();
    head(request.number, 200, "application/json", "s2");
    body(request.number, INITIALIZED);
    over(request.number);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("notifications/initialized")) != SIZE_MAX);
    assert_true(str_is(header(&request, "Mcp-Session-Id"), "s2"));
    answer(request.number, 202, "");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("\"tools/call\"")) != SIZE_MAX);
    assert_true(str_is(header(&request, "Mcp-Session-Id"), "s2"));
    answer(request.number, 200, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{}}");
    pull();
    assert_int_equal(last.kind, OUT_MCP_OUTCOME);
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_ANSWERED);
    (void)stream;
}

static void test_a_stream_is_taken_up_again(void **state)
{
    struct out_mcp_web_request request;

    (void)state;
    (void)connect_2025();
    (void)call(session, 7, 100000);
    request = asked(OUT_MCP_WEB_START);
    head(request.number, 200, "text/event-stream", NULL);
    body(request.number, "id: e-1\nretry: 500\ndata: \n\n");
    over(request.number);
    assert_quiet();
    now_ms += 499;
    assert_quiet();
    assert_int_equal(out_mcp_web_due_ms(web), now_ms + 1);
    now_ms++;
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(request.method, "GET"));
    assert_true(str_is(header(&request, "Last-Event-ID"), "e-1"));
    head(request.number, 200, "text/event-stream", NULL);
    body(request.number, "id: e-2\ndata: {\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{}}\n\n");
    pull();
    assert_int_equal(last.kind, OUT_MCP_OUTCOME);
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_ANSWERED);
}

static void test_where_nothing_is_it_is_known_at_once(void **state)
{
    struct out_mcp_web_request request;

    (void)state;
    answer(asked(OUT_MCP_WEB_START).number, 404, "");
    answer(asked(OUT_MCP_WEB_START).number, 404, "");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(request.method, "GET"));
    answer(request.number, 404, "");
    assert_false(out_mcp_web_next(web, now_ms, &request));
    assert_in_range(out_mcp_due_ms(session), 0, now_ms);
    pull();
    assert_int_equal(last.kind, OUT_MCP_OVER);
}

static uint64_t id_of(struct str text)
{
    struct str rest = str_slice(text, str_find(text, STR("\"id\":")) + 5, text.len);
    uint64_t id = 0;

    assert_true(str_to_u64(str_split(&rest, ','), &id));
    return id;
}

/* Serves what is due: a subscription has that status, with which a stream is held for held_ms. */
static unsigned int listens_of_an_hour(unsigned int status, int64_t held_ms)
{
    unsigned int listens = 0;

    for (int64_t until_ms = now_ms + 3600000; now_ms < until_ms;) {
        struct out_mcp_web_request request;
        int64_t due_ms;
        char text[128];

        pull();
        if (!out_mcp_web_next(web, now_ms, &request)) {
            due_ms = out_mcp_due_ms(session);
            assert_true(due_ms >= 0);
            now_ms = due_ms > now_ms ? due_ms : now_ms;
            continue;
        }
        assert_int_equal(request.kind, OUT_MCP_WEB_START);
        if (!str_is(header(&request, "Mcp-Method"), "subscriptions/listen")) {
            (void)snprintf(text, sizeof(text),
                           "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":{\"tools\":[]}}",
                           (unsigned long long)id_of(request.body));
            answer(request.number, 200, text);
            continue;
        }
        listens++;
        head(request.number, status, "text/event-stream", NULL);
        now_ms += held_ms;
        over(request.number);
    }
    return listens;
}

static void test_a_subscription_that_there_is_not_is_asked_for_ever_less_often(void **state)
{
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);

    (void)state;
    answer(request.number, 200,
           "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":[\"2026-07-28\"],"
           "\"capabilities\":{\"tools\":{\"listChanged\":true}},\"resultType\":\"complete\"}}");
    assert_in_range(listens_of_an_hour(404, 0), 10, 16);
    /* One that held longer than it was waited for is asked for again soon. */
    assert_in_range(listens_of_an_hour(200, 601000), 5, 7);
    assert_in_range(listens_of_an_hour(200, 60000), 57, 59);
    assert_in_range(listens_of_an_hour(200, 10), 10, 16);
}

/* Two agents call, and what the server asks comes with the answer to one of them: it is of that. */
static void test_a_question_is_of_the_call_whose_stream_it_came_with(void **state)
{
    static const char sample[] =
        "data: {\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"sampling/createMessage\",\"params\":{"
        "\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"?\"}}],"
        "\"maxTokens\":9}}\n\n";
    uint64_t stream = connect_2025();
    struct out_mcp_web_request first;
    struct out_mcp_web_request second;

    (void)state;
    samples = 1;
    (void)call(session, 7, 100000);
    first = asked(OUT_MCP_WEB_START);
    head(first.number, 200, "text/event-stream", NULL);
    owner = 2;
    (void)call(session, 8, 100000);
    owner = 1;
    samples = 0;
    second = asked(OUT_MCP_WEB_START);
    head(second.number, 200, "text/event-stream", NULL);
    body(second.number, "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/none\"}\n\n");
    body(first.number, "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/none\"}\n\n");
    body(second.number, sample);
    pull();
    assert_int_equal(last.kind, OUT_MCP_ASK);
    assert_int_equal(last.handle, 8);
    assert_false(last.shared);
    body(stream, sample); /* Whose is this? */
    first = asked(OUT_MCP_WEB_START);
    assert_true(str_find(first.body, STR("does not say whose model")) != SIZE_MAX);
}

/* What a server says by itself comes in streams that say that much, each held so long. */
static unsigned int streams_of_an_hour(uint64_t stream, const char *said, int64_t held_ms)
{
    unsigned int streams = 0;

    for (int64_t until_ms = now_ms + 3600000; now_ms < until_ms;) {
        struct out_mcp_web_request request;
        int64_t due_ms;

        body(stream, said);
        now_ms += held_ms;
        over(stream);
        while (pull(), !out_mcp_web_next(web, now_ms, &request)) {
            due_ms = out_mcp_web_due_ms(web);
            assert_true(due_ms > now_ms);
            now_ms = due_ms;
        }
        assert_true(str_is(request.method, "GET"));
        stream = request.number;
        head(stream, 200, "text/event-stream", NULL);
        streams++;
    }
    over(stream);
    return streams;
}

static void test_a_stream_that_ends_at_once_is_asked_for_ever_less_often(void **state)
{
    static const char note[] =
        "retry: 0\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/none\"}\n\n";
    static const struct {
        const char *said;
        int64_t held_ms;
        unsigned int least, most;
    } cases[] = { { "", 0, 18, 22 },
                  { ": nothing\n\n", 100, 18, 22 },
                  { "retry: 500\n\n", 0, 120, 130 }, /* It says when to come back. */
                  { "retry: 100000\n\n", 0, 35, 38 },
                  { "", 60000, 58, 60 }, /* It stayed. */
                  { "id: 1\nretry: 0\ndata: \n\n", 0, 120, 130 },
                  { note, 0, 35000, 36001 } }; /* It speaks: ten a second. */

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        unsigned int streams;

        if (i) {
            (void)end(NULL);
            (void)begin(NULL);
        }
        streams = streams_of_an_hour(connect_2025(), cases[i].said, cases[i].held_ms);
        if (streams < cases[i].least || streams > cases[i].most)
            fail_msg("case %zu: %u streams", i, streams);
    }
}

static void test_the_oldest_transport(void **state)
{
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);
    uint64_t stream;

    (void)state;
    answer(request.number, 404, "");
    request = asked(OUT_MCP_WEB_START);
    answer(request.number, 405, "");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(request.method, "GET"));
    stream = request.number;
    assert_quiet();
    head(stream, 200, "text/event-stream", NULL);
    body(stream, "event: endpoint\ndata: /messages?id=1\n\n");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(request.url, "/messages?id=1"));
    assert_true(str_find(request.body, STR("\"initialize\"")) != SIZE_MAX);
    answer(request.number, 202, "Accepted");
    assert_quiet();
    body(stream, "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"protocolVersion\":"
                 "\"2024-11-05\",\"capabilities\":{\"tools\":{}}}}\n\n");
    request = asked(OUT_MCP_WEB_START);
    answer(request.number, 202, "");
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("tools/list")) != SIZE_MAX);
    over(stream);
    assert_quiet();
    pull();
    assert_int_equal(last.kind, OUT_MCP_OVER);
}

static void test_who_asks(void **state)
{
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);

    (void)state;
    answer(request.number, 401, "");
    assert_false(out_mcp_web_next(web, now_ms, &request));
    assert_int_equal(out_mcp_due_ms(session), 0); /* What failed is told at once. */
    assert_quiet();
    pull();
    assert_int_equal(last.kind, OUT_MCP_OVER);
    assert_true(last.auth);
}

/* Another way of asking is not tried, and it is no want of a credential. */
static void test_who_is_not_let_in(void **state)
{
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);

    (void)state;
    answer(request.number, 403, "");
    assert_false(out_mcp_web_next(web, now_ms, &request));
    assert_quiet();
    pull();
    assert_int_equal(last.kind, OUT_MCP_OVER);
    assert_false(last.auth);
    assert_true(str_starts(last.reason, STR("it answers 403")));
}

static void test_html_is_no_mcp(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);

        head(request.number, 200, "text/html", NULL);
        body(request.number, "<html>");
        over(request.number);
    }
    assert_quiet();
    pull();
    assert_int_equal(last.kind, OUT_MCP_OVER);
    assert_false(last.auth);
}

static void test_more_rounds(void **state)
{
    struct out_mcp_web_request request;

    (void)state;
    connect_modern("{\"name\":\"a\"}");
    (void)call(session, 7, 1000);
    request = asked(OUT_MCP_WEB_START);
    answer(request.number, 200,
           "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"resultType\":\"input_required\","
           "\"inputRequests\":{\"c\":{\"method\":\"elicitation/create\",\"params\":{"
           "\"message\":\"m\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}}}},"
           "\"requestState\":\"{\\\"n\\\":1}\"}}");
    pull();
    assert_int_equal(last.kind, OUT_MCP_ASK);
    out_mcp_said(
        session,
        &(struct out_mcp_saying){ .handle = 7, .ask = last.ask, .action = MSG_ASK_ACTION_DECLINE },
        now_ms);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_find(request.body, STR("\"id\":4")) != SIZE_MAX);
    assert_true(str_find(request.body, STR("\"arguments\":{\"x\":1}")) != SIZE_MAX);
    assert_true(str_find(request.body,
                         STR("\"inputResponses\":{\"c\":{\"action\":\"decline\"}}")) != SIZE_MAX);
    assert_true(str_find(request.body, STR("\"requestState\":\"{\\\"n\\\":1}\"")) != SIZE_MAX);
    answer(request.number, 200,
           "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"resultType\":\"input_required\","
           "\"inputRequests\":{\"s\":{\"method\":\"sampling/createMessage\",\"params\":{}}}}}");
    assert_quiet();
    pull();
    assert_int_equal(last.kind, OUT_MCP_OUTCOME);
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_FAILED);
}

static void test_resources_are_tools(void **state)
{
    const struct out_mcp_call one = { .handle = 1,
                                      .tool = STR("$resources.read"),
                                      .args = STR("{ \"uri\":\"file:///\303\251\" }"),
                                      .timeout_ms = 1000 };
    struct out_mcp_web_request request = asked(OUT_MCP_WEB_START);

    (void)state;
    answer(request.number, 200,
           "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":[\"2026-07-28\"],"
           "\"capabilities\":{\"resources\":{},\"prompts\":{},\"completions\":{}}}}");
    assert_quiet();
    assert_int_equal(tool_count, 6);
    assert_int_equal(out_mcp_call(session, &one, now_ms), OUT_MCP_ACCEPTED);
    request = asked(OUT_MCP_WEB_START);
    assert_true(str_is(header(&request, "Mcp-Method"), "resources/read"));
    assert_true(str_is(header(&request, "Mcp-Name"), "=?base64?ZmlsZTovLy/DqQ==?="));
    assert_true(str_find(request.body, STR("\"params\":{\"uri\":\"file:///\303\251\",\"_meta\"")) !=
                SIZE_MAX);
    answer(request.number, 200,
           "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"resultType\":\"complete\",\"ttlMs\":5,"
           "\"contents\":[{\"text\":\"t\"}]}}");
    pull();
    assert_int_equal(last.status, MSG_OUTCOME_STATUS_ANSWERED);
    assert_true(str_is(last.value, "{\"contents\":[{\"text\":\"t\"}]}"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_modern_json),
        TEST(test_modern_stream),
        TEST(test_a_stream_that_ends_early),
        TEST(test_an_answer_that_is_none),
        TEST(test_answers_are_not_too_much_together),
        TEST(test_what_was_not_sent),
        TEST(test_to_cancel_is_to_end_the_exchange),
        TEST(test_arguments_go_into_headers),
        TEST(test_tools_with_wrong_headers_are_left_out),
        TEST(test_a_wanted_version_is_asked_for_again),
        TEST(test_an_expired_session_is_begun_anew),
        TEST(test_a_stream_is_taken_up_again),
        TEST(test_a_subscription_that_there_is_not_is_asked_for_ever_less_often),
        TEST(test_a_question_is_of_the_call_whose_stream_it_came_with),
        TEST(test_a_stream_that_ends_at_once_is_asked_for_ever_less_often),
        TEST(test_the_oldest_transport),
        TEST(test_where_nothing_is_it_is_known_at_once),
        TEST(test_who_asks),
        TEST(test_who_is_not_let_in),
        TEST(test_html_is_no_mcp),
        TEST(test_more_rounds),
        TEST(test_resources_are_tools),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
