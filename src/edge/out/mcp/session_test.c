/* Handshakes, lists, calls, deadlines: what a session does with a server that behaves. */
#include "edge/out/mcp/test.h"

static void a_modern_server_is_discovered_listed_and_listened_to(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = new_session();
    struct out_mcp_event event;
    const char *out = taken_out(session);

    (void)state;
    assert_has(out, "\"method\":\"server/discover\"");
    assert_has(out, "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"");
    assert_has(out, "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{\"form\":{},"
                    "\"url\":{}},");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\","
                 "\"supportedVersions\":[\"2026-07-28\"],"
                 "\"capabilities\":{\"tools\":{\"listChanged\":true}},\"instructions\":\"Do.\","
                 "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"m\","
                 "\"version\":\"2\"}}}}");
    expect_nothing(session);
    out = taken_out(session);
    assert_has(out, "\"method\":\"subscriptions/listen\"");
    assert_has(out, "\"toolsListChanged\":true");
    assert_has(out, "\"method\":\"tools/list\"");
    say(session,
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"tools\":[{\"name\":\"t\",\"title\":"
        "\"T\",\"description\":\"d\",\"inputSchema\":{\"type\":\"object\"},"
        "\"outputSchema\":{\"type\":\"array\"},\"annotations\":{\"readOnlyHint\":true}}]}}");
    event = expect(session, OUT_MCP_TOOLS);
    assert_int_equal(out_mcp_state(session), OUT_MCP_READY);
    assert_text(event.server, "m 2");
    assert_text(event.protocol, "2026-07-28");
    assert_text(event.instructions, "Do.");
    assert_text(event.tools[0].name, "t");
    assert_text(event.tools[0].title, "T");
    assert_text(event.tools[0].input, "{\"type\":\"object\"}");
    assert_text(event.tools[0].output, "{\"type\":\"array\"}");
    assert_text(event.tools[0].annotations, "{\"readOnlyHint\":true}");
}

static void silence_after_discover_means_initialize(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = new_session();

    (void)state;
    (void)taken_out(session);
    expect_nothing(session);
    assert_int_equal(out_mcp_due_ms(session), now_ms + 3000);
    now_ms += 3000;
    expect_nothing(session);
    assert_has(taken_out(session), "\"method\":\"initialize\"");
    /* The late answer changes nothing. */
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":"
                 "[\"2026-07-28\"]}}");
    expect_nothing(session);
    assert_int_equal(out_mcp_state(session), OUT_MCP_INITIALIZING);
    now_ms += 30000;
    assert_text(expect(session, OUT_MCP_OVER).reason, "it did not answer as an MCP server in time");
    expect_nothing(session);
    assert_int_equal(out_mcp_due_ms(session), -1);
}

static void who_ends_at_the_first_question_is_asked_the_older_way(void **state)
{
    const struct out_mcp_options options = { .version = STR("0"), .older = true };
    struct out_mcp *session = new_session();

    (void)state;
    out_mcp_end(session, STR("exit 1"));
    assert_true(expect(session, OUT_MCP_OVER).probing);
    out_mcp_free(session);
    session = out_mcp_new(&options, now_ms);
    assert_has(taken_out(session), "\"id\":1,\"method\":\"initialize\"");
    out_mcp_end(session, STR("exit 1"));
    assert_false(expect(session, OUT_MCP_OVER).probing);
    out_mcp_free(session);
}

static void any_error_but_a_modern_one_means_initialize(void **state)
{
    static const struct {
        const char *error;
        enum out_mcp_state state;
    } rows[] = {
        { "{\"code\":-32601,\"message\":\"m\"}", OUT_MCP_INITIALIZING },
        { "{\"code\":-32602,\"message\":\"m\"}", OUT_MCP_INITIALIZING },
        { "{\"code\":-32000,\"message\":\"m\",\"data\":7}", OUT_MCP_INITIALIZING },
        { "{\"code\":-32022,\"message\":\"m\",\"data\":{\"supported\":[\"2025-11-25\"]}}",
          OUT_MCP_INITIALIZING },
        { "{\"code\":-32022,\"message\":\"m\",\"data\":{\"supported\":[\"2030-01-01\"]}}",
          OUT_MCP_FAILED },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct out_mcp *session = new_session();
        char line[256];

        (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":%s}",
                       rows[i].error);
        say(session, line);
        if (rows[i].state == OUT_MCP_FAILED)
            (void)expect(session, OUT_MCP_OVER);
        else
            expect_nothing(session);
        assert_int_equal(out_mcp_state(session), rows[i].state);
        out_mcp_free(session);
    }
}

static void an_unknown_version_is_refused_by_name(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = new_session();

    (void)state;
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"?\"}}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"protocolVersion\":\"1999-01-01\"}}");
    assert_text(expect(session, OUT_MCP_OVER).reason,
                "it speaks protocol version 1999-01-01, unknown here");
}

static void pages_are_followed_even_with_an_empty_cursor(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;

    (void)state;
    now_ms += 2000;
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
    expect_nothing(session);
    assert_has(taken_out(session), "\"id\":4,\"method\":\"tools/list\"");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"tools\":[{\"name\":\"a\"},"
                 "{\"name\":\"a\",\"description\":\"second\"},{\"nameless\":1},7],"
                 "\"nextCursor\":\"\"}}");
    expect_nothing(session);
    assert_has(taken_out(session), "\"cursor\":\"\"");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[{\"name\":\"c\"}]}}");
    event = expect(session, OUT_MCP_TOOLS);
    assert_int_equal(event.tool_count, 2);
    assert_null(event.tools[0].description.ptr);
    assert_text(event.tools[1].name, "c");
}

static void an_unchanged_list_is_no_news(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    now_ms += 2000;
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
    expect_nothing(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"tools\":[{\"name\":\"a\"},"
                 "{\"name\":\"b\"}]}}");
    expect_nothing(session);
}

static void a_server_without_tools_is_ready_too(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = new_session();

    (void)state;
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":"
                 "[\"2026-07-28\"],\"capabilities\":{}}}");
    assert_int_equal(expect(session, OUT_MCP_TOOLS).tool_count, 0);
    assert_int_equal(out_mcp_state(session), OUT_MCP_READY);
}

static void calls_are_answered_by_id_in_any_order(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;
    const char *out;

    (void)state;
    assert_int_equal(call(session, 71, 1000), 0);
    assert_int_equal(call(session, 72, 1000), 0);
    out = taken_out(session);
    assert_has(out, "\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"arguments\":"
                    "{\"x\":1},\"_meta\":{\"progressToken\":4}}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[{\"type\":\"text\","
                 "\"text\":\"two\"}]}}");
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.handle, 72);
    assert_int_equal(event.sent, MSG_SENT_YES);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_ANSWERED);
    assert_text(event.value, "\"two\"");
    say(session, "{\"result\":{\"content\":[]},\"jsonrpc\":\"2.0\",\"id\":4}");
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.handle, 71);
    assert_text(event.value, "null");
    assert_int_equal(out_mcp_calls(session), 0);
}

static void an_error_answer_is_the_upstreams_no(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-32602,\"message\":\"no x\","
                 "\"data\":[1]}}");
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_FAILED);
    assert_text(event.code, "upstream");
    assert_text(event.text, "no x");
    assert_text(event.data, "{\"rpc_code\":-32602,\"data\":[1]}");
}

static void what_was_sent_is_known_exactly(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;
    enum msg_sent sent[5] = { 0 };

    (void)state;
    assert_int_equal(call(session, 1, 1000), 0);
    assert_int_equal(call(session, 2, 1000), 0);
    (void)taken_out(session);
    assert_int_equal(call(session, 3, 1000), 0);
    assert_int_equal(call(session, 4, 1000), 0);
    out_mcp_output_taken(session, 1); /* One byte is enough to be unsure. */
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
                 "{\"progressToken\":4,\"progress\":0.5,\"total\":2,\"message\":\"half\"}}");
    event = expect(session, OUT_MCP_PROGRESS);
    assert_int_equal(event.handle, 1);
    assert_text(event.progress, "0.5");
    assert_text(event.total, "2");
    assert_text(event.text, "half");
    out_mcp_end(session, STR("exit 1"));
    for (int i = 0; i < 4; i++) {
        event = expect(session, OUT_MCP_OUTCOME);
        assert_int_equal(event.status, MSG_OUTCOME_STATUS_UNREACHABLE);
        assert_text(event.text, "exit 1");
        sent[event.handle] = event.sent;
    }
    assert_text(expect(session, OUT_MCP_OVER).reason, "exit 1");
    assert_int_equal(sent[1], MSG_SENT_YES);
    assert_int_equal(sent[2], MSG_SENT_MAYBE);
    assert_int_equal(sent[3], MSG_SENT_MAYBE);
    assert_int_equal(sent[4], MSG_SENT_NO);
    assert_int_equal(call(session, 5, 1000), OUT_MCP_NOT_READY);
}

static void an_answer_just_before_the_end_counts(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    out_mcp_input(session, STR("{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}"));
    out_mcp_end(session, STR("exit 0"));
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).status, MSG_OUTCOME_STATUS_ANSWERED);
    (void)expect(session, OUT_MCP_OVER);
}

static void a_timeout_tells_the_server_and_progress_puts_it_off(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    (void)taken_out(session);
    now_ms += 900;
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
                 "{\"progressToken\":4,\"progress\":1}}");
    (void)expect(session, OUT_MCP_PROGRESS);
    now_ms += 900;
    /* Progress that does not rise is none. */
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
                 "{\"progressToken\":4,\"progress\":1}}");
    expect_nothing(session);
    assert_int_equal(out_mcp_due_ms(session), now_ms + 100);
    now_ms += 100;
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_TIMEOUT);
    assert_int_equal(event.sent, MSG_SENT_YES);
    assert_has(taken_out(session), "notifications/cancelled\",\"params\":{\"requestId\":4");
    /* The late answer is nobody's. */
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}");
    expect_nothing(session);
}

static void progress_does_not_lift_the_cap(void **state)
{
    const struct out_mcp_options options = { .version = STR("0"), .call_ms = 2500 };
    CLEANUP(out_mcp_free) struct out_mcp *session = out_mcp_new(&options, now_ms);
    char line[160];

    (void)state;
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":"
                 "[\"2026-07-28\"],\"capabilities\":{}}}");
    (void)expect(session, OUT_MCP_TOOLS);
    assert_int_equal(call(session, 7, 1000), 0);
    (void)taken_out(session);
    for (int i = 1; i <= 3; i++) {
        (void)snprintf(line, sizeof(line),
                       "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
                       "{\"progressToken\":2,\"progress\":%d}}",
                       i);
        now_ms += 800;
        say(session, line);
        (void)expect(session, OUT_MCP_PROGRESS);
    }
    now_ms += 100;
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).status, MSG_OUTCOME_STATUS_TIMEOUT);
}

static void a_cancelled_call_ends_at_once_and_the_server_hears_of_it(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    (void)taken_out(session);
    out_mcp_cancel(session, 7, STR("nobody waits"));
    out_mcp_cancel(session, 7, STR("twice"));
    out_mcp_cancel(session, 8, STR("unknown"));
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_CANCELLED);
    assert_int_equal(event.sent, MSG_SENT_MAYBE);
    assert_string_equal(taken_out(session),
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":"
                        "{\"requestId\":4,\"reason\":\"nobody waits\"}}\n");
    expect_nothing(session);
}

static void a_call_cancelled_before_it_left_never_leaves(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    const char *out;

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    assert_int_equal(call(session, 8, 1000), 0);
    assert_int_equal(call(session, 9, 1000), 0);
    out_mcp_cancel(session, 8, STR("changed my mind"));
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).sent, MSG_SENT_NO);
    out = taken_out(session);
    assert_has(out, "\"id\":4");
    assert_null(strstr(out, "\"id\":5"));
    assert_null(strstr(out, "cancelled"));
    assert_has(out, "\"id\":6");
    out_mcp_end(session, STR("gone"));
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).sent, MSG_SENT_MAYBE);
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).sent, MSG_SENT_MAYBE);
}

static void an_older_server_may_ping_and_nothing_else(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    const char *out;

    (void)state;
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"sampling/createMessage\","
                 "\"params\":{}}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"roots/list\"}");
    expect_nothing(session);
    out = taken_out(session);
    assert_has(out, "\"id\":\"p\",\"result\":{}");
    assert_has(out, "\"id\":9,\"error\":{\"code\":-1,\"message\":\"no call is under way");
    assert_has(out, "\"id\":10,\"result\":{\"roots\":[]}");
}

/* A modern server whose list, id 2, is read. */
static struct out_mcp *listed(const char *ttl)
{
    struct out_mcp *session = new_session();
    char line[300];

    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":[\"2026-07-28\"],"
                 "\"capabilities\":{\"tools\":{},\"logging\":{}}}}");
    expect_nothing(session);
    (void)taken_out(session);
    (void)snprintf(line, sizeof(line),
                   "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{%s\"tools\":[{\"name\":\"a\"}]}}",
                   ttl);
    say(session, line);
    (void)expect(session, OUT_MCP_TOOLS);
    return session;
}

static void a_list_is_read_again_with_the_first_call_after_its_time(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = listed("\"ttlMs\":120000,");

    (void)state;
    now_ms += 60000;
    expect_nothing(session);
    assert_int_equal(out_mcp_due_ms(session), -1); /* Nobody polls. */
    now_ms += 59999;
    assert_int_equal(call(session, 7, 1000), 0);
    expect_nothing(session);
    assert_null(strstr(taken_out(session), "tools/list"));
    now_ms += 1;
    assert_int_equal(call(session, 8, 1000), 0);
    expect_nothing(session);
    assert_has(taken_out(session), "\"method\":\"tools/list\"");
    now_ms += 1000; /* Once. */
    assert_int_equal(call(session, 9, 1000), 0);
    assert_null(strstr(taken_out(session), "tools/list"));
}

static void what_a_list_says_of_its_time_has_bounds(void **state)
{
    static const struct {
        const char *ttl;
        int64_t fresh_ms; /* 0: for ever */
    } cases[] = { { "\"ttlMs\":0,", 60000 },
                  { "\"ttlMs\":-5,", 60000 },
                  { "\"ttlMs\":999999999999,", 86400000 },
                  { "", 0 },
                  { "\"ttlMs\":\"soon\",", 0 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CLEANUP(out_mcp_free) struct out_mcp *session = listed(cases[i].ttl);

        now_ms += cases[i].fresh_ms ? cases[i].fresh_ms - 1 : 864000000;
        assert_int_equal(call(session, 7, 1000), 0);
        expect_nothing(session);
        assert_null(strstr(taken_out(session), "tools/list"));
        now_ms += 1;
        assert_int_equal(call(session, 8, 1000), 0);
        expect_nothing(session);
        if (cases[i].fresh_ms)
            assert_has(taken_out(session), "tools/list");
        else
            assert_null(strstr(taken_out(session), "tools/list"));
    }
}

static void log_messages_are_asked_for_from_warnings_up(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = listed("");
    struct out_mcp *older CLEANUP(out_mcp_free) = new_session();
    struct out_mcp_event event;

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    assert_has(taken_out(session), "\"io.modelcontextprotocol/logLevel\":\"warning\"");
    (void)taken_out(older);
    say(older, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"?\"}}");
    expect_nothing(older);
    (void)taken_out(older);
    say(older, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"protocolVersion\":\"2025-06-18\","
               "\"capabilities\":{\"tools\":{},\"logging\":{}}}}");
    expect_nothing(older);
    assert_has(taken_out(older), "\"id\":3,\"method\":\"logging/setLevel\",\"params\":{\"level\":"
                                 "\"warning\"}");
    say(older, "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32601,\"message\":\"?\"}}");
    expect_nothing(older);
    say(older, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":"
               "\"error\",\"logger\":\"db\",\"data\":{\"a\":1}}}");
    event = expect(older, OUT_MCP_LOG);
    assert_text(event.text, "[error db] {\"a\":1}");
}

static void a_modern_answer_of_unknown_type_is_invalid(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    assert_int_equal(call(session, 8, 1000), 0);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"resultType\":\"input_required\"}}");
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).status, MSG_OUTCOME_STATUS_FAILED);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"resultType\":\"strange\","
                 "\"content\":[]}}");
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).status, MSG_OUTCOME_STATUS_FAILED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_modern_server_is_discovered_listed_and_listened_to),
        cmocka_unit_test(silence_after_discover_means_initialize),
        cmocka_unit_test(who_ends_at_the_first_question_is_asked_the_older_way),
        cmocka_unit_test(any_error_but_a_modern_one_means_initialize),
        cmocka_unit_test(an_unknown_version_is_refused_by_name),
        cmocka_unit_test(pages_are_followed_even_with_an_empty_cursor),
        cmocka_unit_test(an_unchanged_list_is_no_news),
        cmocka_unit_test(a_server_without_tools_is_ready_too),
        cmocka_unit_test(calls_are_answered_by_id_in_any_order),
        cmocka_unit_test(an_error_answer_is_the_upstreams_no),
        cmocka_unit_test(what_was_sent_is_known_exactly),
        cmocka_unit_test(an_answer_just_before_the_end_counts),
        cmocka_unit_test(a_timeout_tells_the_server_and_progress_puts_it_off),
        cmocka_unit_test(progress_does_not_lift_the_cap),
        cmocka_unit_test(a_cancelled_call_ends_at_once_and_the_server_hears_of_it),
        cmocka_unit_test(a_call_cancelled_before_it_left_never_leaves),
        cmocka_unit_test(an_older_server_may_ping_and_nothing_else),
        cmocka_unit_test(a_list_is_read_again_with_the_first_call_after_its_time),
        cmocka_unit_test(what_a_list_says_of_its_time_has_bounds),
        cmocka_unit_test(log_messages_are_asked_for_from_warnings_up),
        cmocka_unit_test(a_modern_answer_of_unknown_type_is_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
