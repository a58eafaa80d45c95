/* Calls that a server goes on with by itself, in both eras. */
#include "edge/out/mcp/test.h"

#define ANSWER(id, result) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":" result "}"
#define DONE               "{\"content\":[{\"type\":\"text\",\"text\":\"ok\"}]}"

/* An older server whose tool a is called as a task: its call has id 4. */
static struct out_mcp *calling(void)
{
    struct out_mcp *session = new_session();

    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"?\"}}");
    expect_nothing(session);
    (void)taken_out(session);
    say(session, ANSWER("2", "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{},"
                             "\"tasks\":{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}}}"));
    expect_nothing(session);
    (void)taken_out(session);
    say(session, ANSWER("3", "{\"tools\":[{\"name\":\"a\",\"execution\":{\"taskSupport\":"
                             "\"required\"}},{\"name\":\"b\"}]}"));
    (void)expect(session, OUT_MCP_TOOLS);
    (void)taken_out(session);
    assert_int_equal(call(session, 7, 5000), 0);
    assert_has(taken_out(session), "\"task\":{\"ttl\":3600000}");
    return session;
}

static struct out_mcp *created(void)
{
    struct out_mcp *session = calling();

    say(session, ANSWER("4", "{\"task\":{\"taskId\":\"t\\u00e9\",\"status\":\"working\","
                             "\"pollInterval\":500}}"));
    expect_nothing(session);
    assert_string_equal(taken_out(session), "");
    return session;
}

/* Time passes, and it is asked how far it is. */
static const char *asked(struct out_mcp *session, int64_t ms)
{
    now_ms += ms;
    assert_true(out_mcp_due_ms(session) <= now_ms);
    expect_nothing(session);
    return taken_out(session);
}

static void an_older_task_is_polled_and_its_result_is_the_answer(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = created();
    struct out_mcp_event event;

    (void)state;
    now_ms += 499;
    expect_nothing(session);
    assert_string_equal(taken_out(session), "");
    assert_has(asked(session, 1),
               "\"id\":5,\"method\":\"tasks/get\",\"params\":{\"taskId\":\"t\xc3\xa9\"}");
    say(session, ANSWER("5", "{\"taskId\":\"t\\u00e9\",\"status\":\"working\"}"));
    expect_nothing(session);
    /* Its progress is known by the id of the call. */
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{"
                 "\"progressToken\":4,\"progress\":1}}");
    assert_int_equal(expect(session, OUT_MCP_PROGRESS).handle, 7);
    assert_has(asked(session, 1000), "\"id\":6,\"method\":\"tasks/get\"");
    say(session, ANSWER("6", "{\"taskId\":\"t\\u00e9\",\"status\":\"completed\"}"));
    expect_nothing(session);
    assert_has(taken_out(session), "\"id\":7,\"method\":\"tasks/result\"");
    say(session, ANSWER("7", DONE));
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.handle, 7);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_ANSWERED);
    assert_text(event.value, "\"ok\"");
    expect_nothing(session);
}

/* A task costs three more messages and a pause, and gives nothing that the call does not have. */
static void a_tool_that_need_not_be_a_task_is_none(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();

    (void)state;
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
    now_ms += OUT_MCP_LIST_EVERY_MS;
    expect_nothing(session);
    (void)taken_out(session);
    say(session, ANSWER("5", "{\"tools\":[{\"name\":\"a\",\"execution\":{\"taskSupport\":"
                             "\"optional\"}},{\"name\":\"b\"}]}"));
    expect_nothing(session); /* It is the same tool. */
    assert_int_equal(call(session, 8, 5000), 0);
    assert_null(strstr(taken_out(session), "\"task\""));
    say(session, ANSWER("6", DONE));
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).handle, 8);
}

static void a_pause_has_bounds(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();

    (void)state;
    say(session, ANSWER("4", "{\"task\":{\"taskId\":\"t\",\"status\":\"working\","
                             "\"pollInterval\":0}}"));
    expect_nothing(session);
    now_ms += 99;
    expect_nothing(session);
    assert_string_equal(taken_out(session), "");
    assert_has(asked(session, 1), "tasks/get");
    say(session, ANSWER("5", "{\"status\":\"working\",\"pollInterval\":99999999}"));
    expect_nothing(session);
    assert_true(out_mcp_due_ms(session) <= now_ms + 60000);
}

static void a_status_that_is_told_is_looked_at_at_once(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = created();

    (void)state;
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tasks/status\",\"params\":{"
                 "\"taskId\":\"t\\u00e9\",\"status\":\"completed\"}}");
    expect_nothing(session);
    assert_has(taken_out(session), "tasks/get");
}

static void a_cancelled_call_cancels_its_task(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = created();
    struct out_mcp_event event;
    const char *said;

    (void)state;
    out_mcp_cancel(session, 7, STR("no more"));
    said = taken_out(session);
    assert_has(said, "\"method\":\"tasks/cancel\",\"params\":{\"taskId\":\"t\xc3\xa9\"}");
    assert_null(strstr(said, "notifications/cancelled"));
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_CANCELLED);
    assert_int_equal(event.sent, MSG_SENT_YES);
}

static void a_task_that_is_lost_leaves_nobody_knowing(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = created();
    struct out_mcp_event event;

    (void)state;
    (void)asked(session, 500);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32602,\"message\":\"no such "
                 "task\"}}");
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_UNREADABLE);
    assert_int_equal(event.sent, MSG_SENT_YES);
}

static void a_silent_task_times_out_and_is_cancelled(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = created();
    struct out_mcp_event event;

    (void)state;
    (void)asked(session, 500);
    now_ms += 5000;
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_TIMEOUT);
    assert_int_equal(event.sent, MSG_SENT_YES);
    assert_has(taken_out(session), "tasks/cancel");
}

static void a_tool_that_is_none_is_called_as_ever(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();
    const struct out_mcp_call one = { .handle = 8, .tool = STR("b"), .timeout_ms = 1000 };

    (void)state;
    assert_int_equal(out_mcp_call(session, &one, now_ms), 0);
    assert_null(strstr(taken_out(session), "\"task\""));
    say(session, ANSWER("5", "{\"task\":{\"taskId\":\"t\"},\"content\":[]}"));
    assert_text(expect(session, OUT_MCP_OUTCOME).value, "null");
}

/* --- 2026-07-28 ---------------------------------------------------------------------------- */

/* A call that became a task: it is asked next as id 4. */
static struct out_mcp *modern(void)
{
    struct out_mcp *session = new_session();

    (void)taken_out(session);
    say(session, ANSWER("1", "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],"
                             "\"capabilities\":{\"tools\":{}}}"));
    expect_nothing(session);
    (void)taken_out(session);
    say(session, ANSWER("2", "{\"tools\":[{\"name\":\"a\"}]}"));
    (void)expect(session, OUT_MCP_TOOLS);
    assert_int_equal(call(session, 7, 5000), 0);
    assert_has(taken_out(session), "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}");
    say(session, ANSWER("3", "{\"resultType\":\"task\",\"taskId\":\"t\",\"status\":\"working\","
                             "\"pollIntervalMs\":500}"));
    expect_nothing(session);
    assert_has(asked(session, 500),
               "\"id\":4,\"method\":\"tasks/get\",\"params\":{\"taskId\":\"t\",\"_meta\"");
    return session;
}

static void a_modern_task_has_its_result_with_it(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();

    (void)state;
    say(session, ANSWER("4", "{\"resultType\":\"complete\",\"taskId\":\"t\",\"status\":"
                             "\"completed\",\"result\":" DONE "}"));
    assert_text(expect(session, OUT_MCP_OUTCOME).value, "\"ok\"");
}

static void a_modern_task_fails_with_its_error(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();
    struct out_mcp_event event;

    (void)state;
    say(session, ANSWER("4", "{\"taskId\":\"t\",\"status\":\"failed\",\"error\":{\"code\":-32000,"
                             "\"message\":\"broke\"}}"));
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_FAILED);
    assert_text(event.text, "broke");
    assert_text(event.data, "{\"rpc_code\":-32000}");
}

static void a_modern_task_asks_once_and_is_answered(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();
    struct out_mcp_event event;
    const char *said;
    static const char asks[] =
        "{\"taskId\":\"t\",\"status\":\"input_required\",\"inputRequests\":{\"n\":{\"method\":"
        "\"elicitation/create\",\"params\":{\"message\":\"Who?\",\"requestedSchema\":{\"type\":"
        "\"object\",\"properties\":{\"name\":{\"type\":\"string\"}}}}}}}";
    char line[1000];

    (void)state;
    (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":%s}", asks);
    say(session, line);
    event = expect(session, OUT_MCP_ASK);
    now_ms += 60000;
    expect_nothing(session);
    assert_string_equal(taken_out(session), "");
    out_mcp_said(session,
                 &(struct out_mcp_saying){ .handle = 7,
                                           .ask = event.ask,
                                           .action = MSG_ASK_ACTION_ACCEPT,
                                           .content = STR("{\"name\":\"Ann\"}") },
                 now_ms);
    said = taken_out(session);
    assert_has(said, "\"method\":\"tasks/update\",\"params\":{\"taskId\":\"t\",\"inputResponses\":"
                     "{\"n\":{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}},\"_meta\"");
    assert_has(asked(session, 100), "\"id\":7,\"method\":\"tasks/get\"");
    /* It has not heard yet: nobody is asked again. */
    (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":%s}", asks);
    say(session, line);
    expect_nothing(session);
    assert_has(asked(session, 1000), "tasks/get");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_task_is_polled_and_its_result_is_the_answer),
        cmocka_unit_test(a_tool_that_need_not_be_a_task_is_none),
        cmocka_unit_test(a_pause_has_bounds),
        cmocka_unit_test(a_status_that_is_told_is_looked_at_at_once),
        cmocka_unit_test(a_cancelled_call_cancels_its_task),
        cmocka_unit_test(a_task_that_is_lost_leaves_nobody_knowing),
        cmocka_unit_test(a_silent_task_times_out_and_is_cancelled),
        cmocka_unit_test(a_tool_that_is_none_is_called_as_ever),
        cmocka_unit_test(a_modern_task_has_its_result_with_it),
        cmocka_unit_test(a_modern_task_fails_with_its_error),
        cmocka_unit_test(a_modern_task_asks_once_and_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
