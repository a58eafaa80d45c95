/* Servers that flood, lie, repeat themselves or write anything at all. */
#include "edge/out/mcp/test.h"

static void ten_thousand_list_changed_are_one_listing(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    const char *out;

    (void)state;
    now_ms += 5000;
    for (int i = 0; i < 10000; i++)
        say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
    expect_nothing(session);
    out = taken_out(session);
    assert_has(out, "\"id\":4,\"method\":\"tools/list\"");
    assert_null(strstr(out, "\"id\":5"));
    for (int i = 0; i < 10000; i++)
        say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"tools\":[]}}");
    assert_int_equal(expect(session, OUT_MCP_TOOLS).tool_count, 0);
    expect_nothing(session);
    assert_string_equal(taken_out(session), "");
    /* It was another list: the next one is twice as far. */
    assert_int_equal(out_mcp_due_ms(session), now_ms + 2 * OUT_MCP_LIST_EVERY_MS);
    now_ms += 2 * OUT_MCP_LIST_EVERY_MS;
    expect_nothing(session);
    assert_has(taken_out(session), "\"id\":5,\"method\":\"tools/list\"");
}

static void what_is_no_json_rpc_is_told_and_passed_over(void **state)
{
    static const char *const lines[] = {
        "Server started on port 3000",
        "{",
        "[]",
        "{\"level\":30,\"msg\":\"started\",\"job\":{\"id\":4}}",
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":7}",
        "7",
        "\xff\xfe",
    };
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        say(session, lines[i]);
        while (out_mcp_next(session, now_ms, &event))
            assert_int_equal(event.kind, OUT_MCP_LOG);
    }
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}");
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).handle, 7);
}

/* The request of the call has the id 4. */
static void an_answer_that_cannot_be_read_ends_its_call(void **state)
{
    static const char *const rows[][2] = {
        { "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[{\"text\":\"half", "column" },
        { "{\"result\":{\"content\":[1,]},\"jsonrpc\":\"2.0\",\"id\":4}", "column" },
        { "{\"result\":{\"id\":99,\"a\":\"\\ud800\"},\"id\": 4 }", "column" },
        { "{\"jsonrpc\":\"2.0\",\"id\":\"4\",\"result\":{\"content\":[]}}", "its id is \"4\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":4.0,\"result\":{\"content\":[]}}", "its id is 4.0" },
        { "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}", "id is neither" },
        { "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"bad bytes\"}}",
          "bad bytes" },
        { "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"m\"}}",
          "its id is null" },
        { "{\"jsonrpc\":\"2.0\",\"result\":{}}", "without an id" },
        { "{\"jsonrpc\":\"2.0\",\"id\":4}", "neither method nor result nor error" },
        { "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{},\"error\":{}}", "both result and error" },
        { "{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":\"no\"}", "error has no code" },
        { "{\"jsonrpc\":\"1.0\",\"id\":4,\"result\":{}}", "jsonrpc is not" },
        { "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":7}", "result is not an object" },
        { "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":{}}}", "content is not an array" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":4}]", "neither method nor result nor error" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
        struct out_mcp_event event;
        char text[512];

        assert_int_equal(call(session, 7, 1000), 0);
        (void)taken_out(session);
        say(session, rows[i][0]);
        event = expect(session, OUT_MCP_OUTCOME);
        assert_int_equal(event.handle, 7);
        assert_int_equal(event.sent, MSG_SENT_YES);
        assert_int_equal(event.status, MSG_OUTCOME_STATUS_UNREADABLE);
        assert_text(event.code, "upstream");
        (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(event.text));
        assert_has(text, "its answer cannot be read: ");
        assert_has(text, rows[i][1]);
        expect_nothing(session);
    }
}

/* With several calls in flight an answer without an id is nobody's; one with an id is its own. */
static void what_cannot_be_read_ends_no_other_call(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    assert_int_equal(call(session, 8, 1000), 0);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":}");
    (void)expect(session, OUT_MCP_LOG); /* Nothing of it was sent yet: it answers nothing. */
    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"result\":}");
    (void)expect(session, OUT_MCP_LOG);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":}");
    (void)expect(session, OUT_MCP_LOG);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":}");
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).handle, 8);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}");
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).handle, 7);
}

static void a_greeting_that_cannot_be_read_is_no_silence(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = new_session();
    struct out_mcp_event event;
    char text[512];

    (void)state;
    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"what?\"}");
    (void)expect(session, OUT_MCP_LOG);
    assert_has(taken_out(session), "\"method\":\"initialize\"");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"protocolVersion\"");
    event = expect(session, OUT_MCP_OVER);
    (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(event.reason));
    assert_has(text, "its answer cannot be read: ");
}

static void a_server_that_never_speaks_mcp_is_given_up(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event = { 0 };

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    (void)taken_out(session);
    for (size_t i = 0; i <= OUT_MCP_BAD_LINES_MAX; i++)
        say(session, "y");
    while (out_mcp_next(session, now_ms, &event) && event.kind == OUT_MCP_LOG)
        continue;
    assert_int_equal(event.kind, OUT_MCP_OUTCOME);
    assert_int_equal(event.sent, MSG_SENT_MAYBE);
    (void)expect(session, OUT_MCP_OVER);
    out_mcp_input(session, STR("more\n"));
    expect_nothing(session);
}

static void unknown_and_repeated_answers_are_nobodys(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{\"content\":[]}}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":\"99\",\"result\":{\"content\":[]}}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":1,\"message\":\"m\"}}");
    expect_nothing(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}");
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}");
    (void)expect(session, OUT_MCP_OUTCOME);
    expect_nothing(session);
}

static void a_batch_is_its_messages(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    assert_int_equal(call(session, 7, 1000), 0);
    assert_int_equal(call(session, 8, 1000), 0);
    say(session, "[{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[]}},1,"
                 "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}]");
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).handle, 8);
    (void)expect(session, OUT_MCP_LOG); /* 1 */
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).handle, 7);
    expect_nothing(session);
}

/* Two calls, 2 and 3; the second one's answer is too long. Its id comes first, or last. */
static void an_answer_that_is_too_long_ends_its_call(void **state)
{
    static const char *const rows[][2] = {
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"id\":2,\"text\":\"", "\"}}" },
        { "{\"result\":{\"id\":2,\"text\":\"", "\"},\"jsonrpc\":\"2.0\",\"id\":3}" },
    };
    const struct out_mcp_options options = { .version = STR("0"), .line_max = 1000 };

    (void)state;
    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        CLEANUP(out_mcp_free) struct out_mcp *session = out_mcp_new(&options, now_ms);
        struct out_mcp_event event;

        say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":"
                     "[\"2026-07-28\"],\"capabilities\":{}}}");
        (void)expect(session, OUT_MCP_TOOLS);
        assert_int_equal(call(session, 7, 1000), 0);
        assert_int_equal(call(session, 8, 1000), 0);
        (void)taken_out(session);
        out_mcp_input(session, str_from(rows[row][0]));
        for (int i = 0; i < 100; i++)
            out_mcp_input(session, STR("0123456789012345678901234567890123456789"));
        if (row == 0) /* At once: the rest may never come. */
            event = expect(session, OUT_MCP_OUTCOME);
        say(session, rows[row][1]);
        if (row == 1)
            event = expect(session, OUT_MCP_OUTCOME);
        assert_int_equal(event.handle, 8);
        assert_text(event.code, "limit");
        assert_int_equal(event.sent, MSG_SENT_YES);
        assert_int_equal(event.status, MSG_OUTCOME_STATUS_UNREADABLE);
        say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                     "{\"level\":\"info\",\"data\":{\"a\":1}}}");
        assert_text(expect(session, OUT_MCP_LOG).text, "[info] {\"a\":1}");
        say(session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}");
        assert_int_equal(expect(session, OUT_MCP_OUTCOME).handle, 7);
    }
}

static void a_list_that_never_ends_is_given_up(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event = { 0 };
    char line[160];

    (void)state;
    now_ms += 5000;
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
    expect_nothing(session);
    for (unsigned i = 0; i < OUT_MCP_PAGES_MAX; i++) {
        (void)snprintf(line, sizeof(line),
                       "{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":{\"tools\":[],"
                       "\"nextCursor\":\"again %u\"}}",
                       i + 4, i);
        say(session, line);
        if (out_mcp_next(session, now_ms, &event))
            break;
        (void)taken_out(session);
    }
    assert_int_equal(event.kind, OUT_MCP_LOG);
    assert_int_equal(out_mcp_state(session), OUT_MCP_READY);
}

/* A listing of the connected session, by its id. */
static void say_list(struct out_mcp *session, unsigned int id, const char *rest)
{
    char line[200];

    (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":{\"tools\":[%s}}",
                   id, rest);
    say(session, line);
}

static void say_changed(struct out_mcp *session)
{
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
    expect_nothing(session);
}

static void the_same_page_twice_does_not_end(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    now_ms += 5000;
    say_changed(session);
    say_list(session, 4, "],\"nextCursor\":\"again\"");
    expect_nothing(session);
    say_list(session, 5, "],\"nextCursor\":\"again\"");
    assert_text(expect(session, OUT_MCP_LOG).text, "tools/list failed: the list does not end");
}

/* It said that something changed: until that is known, nobody may think that it is not so. */
static void a_listing_that_failed_is_owed(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    assert_int_equal(out_mcp_listing(session), 1);
    assert_int_equal(out_mcp_listed(session), 1);
    now_ms += 5000;
    say_changed(session);
    assert_int_equal(out_mcp_listing(session), 2);
    assert_int_equal(out_mcp_listed(session), 1);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":1,\"message\":\"no\"}}");
    (void)expect(session, OUT_MCP_LOG);
    assert_text(out_mcp_unlisted(session), "tools/list failed: no");
    assert_int_equal(out_mcp_listed(session), 2);
    assert_int_equal(out_mcp_listing(session), 3);
    (void)taken_out(session);
    now_ms += 2 * OUT_MCP_LIST_EVERY_MS;
    expect_nothing(session);
    assert_has(taken_out(session), "\"id\":5,\"method\":\"tools/list\"");
    say_list(session, 5, "{\"name\":\"a\"},{\"name\":\"b\"}]");
    expect_nothing(session);
    assert_null(out_mcp_unlisted(session).ptr);
    assert_int_equal(out_mcp_listed(session), 3);
}

static void what_always_changes_is_listed_ever_less(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    int64_t until_ms = now_ms + 3600000;
    unsigned int listings = 0;
    char tool[40];

    (void)state;
    say_changed(session);
    while (now_ms < until_ms) {
        if (*taken_out(session)) {
            (void)snprintf(tool, sizeof(tool), "{\"name\":\"t%u\"}]", listings);
            say_list(session, 4 + listings++, tool);
            (void)expect(session, OUT_MCP_TOOLS);
            say_changed(session);
        }
        now_ms = out_mcp_due_ms(session);
        expect_nothing(session);
    }
    assert_in_range(listings, 10, 20); /* in an hour */
    out_mcp_refresh(session);          /* A person does not wait. */
    assert_int_equal(out_mcp_list_pause_ms(session, now_ms), 0);
}

static void a_line_without_end_ends_the_session(void **state)
{
    const struct out_mcp_options options = { .version = STR("0"), .line_max = 1000 };
    CLEANUP(out_mcp_free) struct out_mcp *session = out_mcp_new(&options, now_ms);

    (void)state;
    for (int i = 0; i < 100; i++) {
        struct out_mcp_event event;

        out_mcp_input(session, STR("0123456789012345678901234567890123456789012345678901"));
        if (!out_mcp_next(session, now_ms, &event))
            continue;
        assert_int_equal(event.kind, OUT_MCP_OVER);
        assert_text(event.reason, "it writes a message that does not end");
        assert_in_range(i, 70, 99);
        return;
    }
    fail_msg("it goes on");
}

static void say_notes(struct out_mcp *session, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/none\"}");
        if (i % 100 == 0)
            expect_nothing(session);
    }
    expect_nothing(session);
}

static void who_never_stops_talking_is_heard_at_a_pace(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    int64_t from_ms = now_ms;

    (void)state;
    say_notes(session, OUT_MCP_NOTES_MAX); /* as fast as it likes */
    assert_int_equal(out_mcp_rest_ms(session, now_ms), 0);
    say_notes(session, 1000);
    assert_in_range(out_mcp_rest_ms(session, now_ms), 1000, 1100);
    for (unsigned int i = 0; i < 300; i++) {
        now_ms += out_mcp_rest_ms(session, now_ms);
        say_notes(session, 1000);
        assert_true(out_mcp_rest_ms(session, now_ms) > 0);
    }
    assert_in_range(now_ms - from_ms, 290000, 310000);
    assert_int_equal(out_mcp_state(session), OUT_MCP_READY);
    now_ms += out_mcp_rest_ms(session, now_ms);
    assert_int_equal(out_mcp_rest_ms(session, now_ms), 0);
    now_ms += OUT_MCP_NOTES_MAX;
    say_notes(session, OUT_MCP_NOTES_MAX); /* It was silent for long enough. */
    assert_int_equal(out_mcp_rest_ms(session, now_ms), 0);
}

/* What is said that nobody asked for costs its length too, whatever it is. */
static void noise_costs_its_length(void **state)
{
    static char note[1 << 20], blank[1 << 20];
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    (void)snprintf(note, sizeof(note),
                   "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"x\":\"%*s\"}}",
                   (int)sizeof(note) - 100, "");
    memset(blank, '\n', sizeof(blank) - 1);
    for (int i = 0; i < 19; i++)
        say(session, i % 2 ? note : blank);
    expect_nothing(session);
    assert_int_equal(out_mcp_rest_ms(session, now_ms), 0);
    say(session, note);
    expect_nothing(session);
    assert_in_range(out_mcp_rest_ms(session, now_ms), 1, 1024);
}

static void an_answer_that_was_asked_for_costs_nothing(void **state)
{
    static char answer[1 << 20];
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    for (unsigned int i = 0; i < 40; i++) {
        assert_int_equal(call(session, i + 1, 1000), 0);
        (void)snprintf(answer, sizeof(answer),
                       "{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":{\"x\":\"%*s\"}}", 4 + i,
                       (int)sizeof(answer) - 100, "");
        say(session, answer);
        (void)expect(session, OUT_MCP_OUTCOME);
        expect_nothing(session);
    }
    assert_int_equal(out_mcp_rest_ms(session, now_ms), 0);
}

/* The answer is among what is read later; and it is waited for as long as that is so, but not for
 * ever. */
static void an_answer_behind_much_talk_is_in_time(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;
    int64_t from_ms;

    (void)state;
    assert_int_equal(call(session, 1, 2000), 0);
    say_notes(session, OUT_MCP_NOTES_MAX + 5000);
    now_ms += 3000;
    expect_nothing(session);
    now_ms += out_mcp_rest_ms(session, now_ms);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"content\":[]}}");
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).status, MSG_OUTCOME_STATUS_ANSWERED);
    assert_int_equal(call(session, 2, 2000), 0);
    from_ms = now_ms;
    do {
        say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/none\"}");
        now_ms++;
        assert_true(now_ms - from_ms < 100000);
    } while (!out_mcp_next(session, now_ms, &event));
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_TIMEOUT);
    assert_in_range(now_ms - from_ms, 2000, 12000);
}

static void pings_nobody_reads_the_answers_of_do_not_pile_up(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    for (int i = 0; i < 50000; i++)
        say(session, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}");
    expect_nothing(session);
    assert_in_range(out_mcp_output(session).len, 1, OUT_MCP_REPLIES_MAX + 100);
}

static void more_calls_than_a_session_takes_are_refused(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();
    struct out_mcp_event event;
    size_t outcomes = 0;

    (void)state;
    for (unsigned i = 0; i < OUT_MCP_CALLS_MAX; i++)
        assert_int_equal(call(session, i + 1, 1000), 0);
    assert_int_equal(call(session, 99999, 1000), OUT_MCP_FULL);
    now_ms += 1000;
    while (out_mcp_next(session, now_ms, &event))
        outcomes++;
    assert_int_equal(outcomes, OUT_MCP_CALLS_MAX);
    assert_string_equal(taken_out(session), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_list_changed_are_one_listing),
        cmocka_unit_test(what_is_no_json_rpc_is_told_and_passed_over),
        cmocka_unit_test(an_answer_that_cannot_be_read_ends_its_call),
        cmocka_unit_test(what_cannot_be_read_ends_no_other_call),
        cmocka_unit_test(a_greeting_that_cannot_be_read_is_no_silence),
        cmocka_unit_test(a_server_that_never_speaks_mcp_is_given_up),
        cmocka_unit_test(unknown_and_repeated_answers_are_nobodys),
        cmocka_unit_test(a_batch_is_its_messages),
        cmocka_unit_test(an_answer_that_is_too_long_ends_its_call),
        cmocka_unit_test(a_list_that_never_ends_is_given_up),
        cmocka_unit_test(the_same_page_twice_does_not_end),
        cmocka_unit_test(a_listing_that_failed_is_owed),
        cmocka_unit_test(what_always_changes_is_listed_ever_less),
        cmocka_unit_test(a_line_without_end_ends_the_session),
        cmocka_unit_test(who_never_stops_talking_is_heard_at_a_pace),
        cmocka_unit_test(noise_costs_its_length),
        cmocka_unit_test(an_answer_that_was_asked_for_costs_nothing),
        cmocka_unit_test(an_answer_behind_much_talk_is_in_time),
        cmocka_unit_test(pings_nobody_reads_the_answers_of_do_not_pile_up),
        cmocka_unit_test(more_calls_than_a_session_takes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
