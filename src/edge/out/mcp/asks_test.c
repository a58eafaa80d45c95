/* What a server asks of a person, in both eras. */
#include "base/buf.h"
#include "edge/out/mcp/test.h"

#define FORM                                                                                       \
    "\"message\":\"Who?\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{"     \
    "\"type\":\"string\"}}}"
#define ASK(id, params)                                                                            \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"elicitation/create\",\"params\":{" params "}" \
    "}"
#define DONE(id)                                                                                   \
    "{\"jsonrpc\":\"2.0\",\"id\":" id                                                              \
    ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"ok\"}]}}"

static void answer(struct out_mcp *session, uint32_t ask, enum msg_ask_action action,
                   const char *content)
{
    const struct out_mcp_saying saying = {
        .handle = 7, .ask = ask, .action = action, .content = content ? str_from(content) : STR_NULL
    };

    out_mcp_said(session, &saying, now_ms);
}

/* A call that left: id 4. */
static struct out_mcp *calling(void)
{
    struct out_mcp *session = connected_session();

    assert_int_equal(call(session, 7, 1000), 0);
    (void)taken_out(session);
    return session;
}

static void a_form_is_asked_and_its_answer_is_the_response(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();
    struct out_mcp_event event;

    (void)state;
    say(session, ASK("\"q\"", FORM));
    event = expect(session, OUT_MCP_ASK);
    assert_int_equal(event.handle, 7);
    assert_int_equal(event.ask_kind, MSG_ASK_KIND_FORM);
    assert_text(event.text, "Who?");
    assert_true(event.schema.len > 0);
    assert_false(event.shared);
    expect_nothing(session);
    answer(session, event.ask, MSG_ASK_ACTION_ACCEPT, "{\"name\":\"Ann\"}");
    assert_has(taken_out(session), "\"id\":\"q\",\"result\":{\"action\":\"accept\",\"content\":{"
                                   "\"name\":\"Ann\"}}");
    answer(session, event.ask, MSG_ASK_ACTION_DECLINE, NULL);
    assert_string_equal(taken_out(session), "");
    say(session, DONE("4"));
    assert_text(expect(session, OUT_MCP_OUTCOME).value, "\"ok\"");
}

static void an_address_is_asked_whole_and_only_if_it_is_one(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();
    struct out_mcp_event event;

    (void)state;
    say(session, ASK("9", "\"mode\":\"url\",\"message\":\"Sign in\",\"url\":\"javascript:x\""));
    expect_nothing(session);
    assert_has(taken_out(session), "\"code\":-32602");
    say(session,
        ASK("10", "\"mode\":\"url\",\"message\":\"Sign in\",\"url\":\"https://a.example/x?y=1\""));
    event = expect(session, OUT_MCP_ASK);
    assert_int_equal(event.ask_kind, MSG_ASK_KIND_URL);
    assert_text(event.url, "https://a.example/x?y=1");
    answer(session, event.ask, MSG_ASK_ACTION_DECLINE, NULL);
    assert_has(taken_out(session), "\"id\":10,\"result\":{\"action\":\"decline\"}");
}

static void what_is_no_flat_form_is_refused_at_once(void **state)
{
    static const char *const wrong[] = {
        ASK("9", "\"message\":\"m\""),
        ASK("9", "\"message\":\"m\",\"requestedSchema\":{\"type\":\"string\"}"),
        ASK("9", "\"message\":\"m\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{"
                 "\"a\":{\"type\":\"object\"}}}"),
        ASK("9", "\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}"),
        ASK("9", "\"mode\":\"voice\",\"message\":\"m\""),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct out_mcp *session CLEANUP(out_mcp_free) = calling();

        say(session, wrong[i]);
        expect_nothing(session);
        assert_has(taken_out(session), "\"code\":-32602");
    }
}

static void without_a_call_nobody_is_asked(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = connected_session();

    (void)state;
    say(session, ASK("9", FORM));
    expect_nothing(session);
    assert_has(taken_out(session), "\"id\":9,\"result\":{\"action\":\"cancel\"}");
}

static void of_several_owners_it_may_be_another(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();
    struct out_mcp_event event;

    (void)state;
    assert_int_equal(call(session, 8, 1000), 0);
    (void)taken_out(session);
    say(session, ASK("9", FORM));
    event = expect(session, OUT_MCP_ASK);
    assert_int_equal(event.handle, 7);
    assert_false(event.shared);
    owner = 2;
    assert_int_equal(call(session, 9, 1000), 0);
    owner = 1;
    (void)taken_out(session);
    say(session, ASK("10", FORM));
    assert_true(expect(session, OUT_MCP_ASK).shared);
}

/* --- A model ------------------------------------------------------------------------------- */

#define WORDS                                                                                      \
    "\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"Name it\"}}]"
#define SAMPLE(id, more)                                                                           \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"sampling/createMessage\",\"params\":{" WORDS  \
    ",\"maxTokens\":9" more "}}"
#define MESSAGE                                                                                    \
    "{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\",\"text\":\"Rex\"}}"

static struct out_mcp *calling_with_model(uint32_t level)
{
    struct out_mcp *session;

    samples = level;
    session = calling();
    samples = 0;
    return session;
}

static void a_model_is_asked_and_its_message_is_the_response(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling_with_model(1);
    struct out_mcp_event event;

    (void)state;
    say(session, SAMPLE("9", ",\"includeContext\":\"allServers\",\"_meta\":{\"a\":1}"));
    event = expect(session, OUT_MCP_ASK);
    assert_int_equal(event.ask_kind, MSG_ASK_KIND_MODEL);
    assert_text(event.text, "Name it");
    assert_text(event.schema, "{" WORDS ",\"maxTokens\":9}");
    answer(session, event.ask, MSG_ASK_ACTION_ACCEPT, MESSAGE);
    assert_has(taken_out(session), "\"id\":9,\"result\":" MESSAGE);
    say(session, DONE("4"));
    assert_text(expect(session, OUT_MCP_OUTCOME).value, "\"ok\"");
}

static void a_model_that_says_no_is_an_error_that_says_why(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling_with_model(2);
    const char *said;

    (void)state;
    say(session, SAMPLE("9", ",\"tools\":[]"));
    answer(session, expect(session, OUT_MCP_ASK).ask, MSG_ASK_ACTION_DECLINE, "\"not today\"");
    said = taken_out(session);
    assert_has(said, "\"id\":9,\"error\":{\"code\":-1,\"message\":\"not today\"");
}

static void only_a_model_that_is_there_is_asked(void **state)
{
    static const struct {
        uint32_t samples;
        const char *more;
        const char *why;
    } cases[] = { { 0, "", "has no model" }, { 1, ",\"tools\":[]", "takes no tools" } };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct out_mcp *session CLEANUP(out_mcp_free) = calling_with_model(cases[i].samples);
        char line[400];
        const char *said;

        (void)snprintf(line, sizeof(line), SAMPLE("9", "%s"), cases[i].more);
        say(session, line);
        expect_nothing(session);
        said = taken_out(session);
        assert_has(said, "\"code\":-1"); /* Well asked, and in vain. */
        assert_has(said, cases[i].why);
    }
}

static void who_asks_a_model_badly_hears_that(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling_with_model(1);

    (void)state;
    say(session,
        "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"sampling/createMessage\",\"params\":{}}");
    expect_nothing(session);
    assert_has(taken_out(session), "\"code\":-32602");
}

/* Said once, whoever may call it later. */
static void an_older_server_hears_that_it_may_ask_a_model(void **state)
{
    static const struct {
        uint32_t samples;
        const char *said;
    } cases[] = { { 0, "\"sampling\":{}}" },
                  { 1, "\"sampling\":{}}" },
                  { 2, "\"sampling\":{\"tools\":{}}" } };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct out_mcp_options options = { .version = STR("0"),
                                                 .older = true,
                                                 .samples = cases[i].samples };
        struct out_mcp *session CLEANUP(out_mcp_free) = out_mcp_new(&options, now_ms);

        assert_has(taken_out(session), cases[i].said);
    }
}

static void no_model_is_asked_for_another_agent(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling_with_model(1);

    (void)state;
    owner = 2;
    assert_int_equal(call(session, 8, 1000), 0);
    owner = 1;
    (void)taken_out(session);
    say(session, SAMPLE("9", ""));
    expect_nothing(session);
    assert_has(taken_out(session), "several agents");
}

static void what_a_model_is_asked_has_an_end(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling_with_model(1);
    BUF_CLEANUP struct buf line = BUF_INIT;

    (void)state;
    buf_add_c(&line, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"sampling/createMessage\","
                     "\"params\":{" WORDS ",\"maxTokens\":9,\"systemPrompt\":\"");
    for (size_t i = 0; i < 300000; i++)
        buf_add_char(&line, 'x');
    buf_add_c(&line, "\"}}\n");
    out_mcp_input(session, buf_str(&line));
    expect_nothing(session);
    assert_has(taken_out(session), "256 KiB");
}

static void while_somebody_is_asked_the_call_waits_and_then_not(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();
    struct out_mcp_event event;

    (void)state;
    say(session, ASK("9", FORM));
    event = expect(session, OUT_MCP_ASK);
    now_ms += 60000;
    expect_nothing(session);
    answer(session, event.ask, MSG_ASK_ACTION_CANCEL, NULL);
    (void)taken_out(session);
    now_ms += 999;
    expect_nothing(session);
    now_ms += 1;
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_TIMEOUT);
    assert_int_equal(event.sent, MSG_SENT_YES);
}

static void a_question_that_is_withdrawn_is_over(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();
    uint32_t ask;
    struct out_mcp_event event;

    (void)state;
    say(session, ASK("9", FORM));
    ask = expect(session, OUT_MCP_ASK).ask;
    say(session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                 "\"params\":{\"requestId\":9}}");
    event = expect(session, OUT_MCP_ASK);
    assert_int_equal(event.ask_kind, MSG_ASK_KIND_OVER);
    assert_int_equal(event.ask, ask);
    answer(session, ask, MSG_ASK_ACTION_ACCEPT, "{}");
    assert_string_equal(taken_out(session), "");
}

static void a_call_asks_only_so_often(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = calling();

    (void)state;
    for (unsigned i = 0; i < OUT_MCP_ASKS_MAX; i++) {
        say(session, ASK("9", FORM));
        answer(session, expect(session, OUT_MCP_ASK).ask, MSG_ASK_ACTION_CANCEL, NULL);
    }
    (void)taken_out(session);
    say(session, ASK("10", FORM));
    expect_nothing(session);
    assert_has(taken_out(session), "\"error\"");
}

/* --- 2026-07-28 ---------------------------------------------------------------------------- */

/* A call that left: id 3. */
static struct out_mcp *modern(void)
{
    struct out_mcp *session = new_session();

    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\","
                 "\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}}}");
    expect_nothing(session);
    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":[{\"name\":\"a\"}]}}");
    (void)expect(session, OUT_MCP_TOOLS);
    assert_int_equal(call(session, 7, 1000), 0);
    assert_has(taken_out(session),
               "clientCapabilities\":{\"elicitation\":{\"form\":{},\"url\":{}},");
    return session;
}

#define ROUND(id, requests, state)                                                                 \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{\"resultType\":\"input_required\","            \
    "\"inputRequests\":{" requests "},\"requestState\":\"" state "\"}}"
#define WANTS "{\"method\":\"elicitation/create\",\"params\":{" FORM "}}"

static void a_round_waits_for_every_answer_and_asks_again(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();
    struct out_mcp_event first;
    struct out_mcp_event second;
    const char *said;

    (void)state;
    say(session, ROUND("3", "\"one\":" WANTS ",\"r\":{\"method\":\"roots/list\"},\"two\":" WANTS,
                       "s\\u00e9"));
    first = expect(session, OUT_MCP_ASK);
    second = expect(session, OUT_MCP_ASK);
    answer(session, second.ask, MSG_ASK_ACTION_DECLINE, NULL);
    expect_nothing(session);
    assert_string_equal(taken_out(session), "");
    now_ms += 60000;
    expect_nothing(session);
    /* An answer to what was not asked yet is none. */
    say(session, DONE("4"));
    (void)!out_mcp_next(session, now_ms, &first);
    answer(session, 1, MSG_ASK_ACTION_ACCEPT, "{\"name\":\"Ann\"}");
    said = taken_out(session);
    assert_has(said, "\"id\":4,\"method\":\"tools/call\"");
    assert_has(said,
               "\"inputResponses\":{\"one\":{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}"
               ",\"r\":{\"roots\":[]},\"two\":{\"action\":\"decline\"}}");
    assert_has(said, "\"requestState\":\"s\xc3\xa9\"");
    say(session, DONE("4"));
    assert_text(expect(session, OUT_MCP_OUTCOME).value, "\"ok\"");
}

static void a_round_without_questions_asks_again_at_once(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();

    (void)state;
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"resultType\":\"input_required\","
                 "\"requestState\":\"x\"}}");
    expect_nothing(session);
    assert_has(taken_out(session), "\"requestState\":\"x\"");
}

static void where_there_is_no_model_to_ask_the_call_fails(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();

    (void)state;
    say(session, ROUND("3", "\"m\":{\"method\":\"sampling/createMessage\",\"params\":{}}", "x"));
    assert_int_equal(expect(session, OUT_MCP_OUTCOME).status, MSG_OUTCOME_STATUS_FAILED);
}

#define ASKS_MODEL                                                                                 \
    "\"m\":{\"method\":\"sampling/createMessage\",\"params\":{" WORDS ",\"maxTokens\":9}}"

/* Declared for this call alone: id 4. */
static struct out_mcp_event model_in_a_round(struct out_mcp *session)
{
    (void)taken_out(session);
    samples = 1;
    assert_int_equal(call(session, 8, 1000), 0);
    samples = 0;
    assert_has(taken_out(session), "\"url\":{}},\"sampling\":{}");
    say(session, ROUND("4", ASKS_MODEL, "x"));
    return expect(session, OUT_MCP_ASK);
}

static void a_model_answers_in_a_round(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();
    struct out_mcp_event event = model_in_a_round(session);
    const struct out_mcp_saying saying = {
        .handle = 8, .ask = event.ask, .action = MSG_ASK_ACTION_ACCEPT, .content = STR(MESSAGE)
    };

    (void)state;
    assert_int_equal(event.ask_kind, MSG_ASK_KIND_MODEL);
    out_mcp_said(session, &saying, now_ms);
    assert_has(taken_out(session), "\"inputResponses\":{\"m\":" MESSAGE "}");
}

static void a_model_that_says_no_ends_a_round(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();
    struct out_mcp_event event = model_in_a_round(session);
    const struct out_mcp_saying saying = {
        .handle = 8, .ask = event.ask, .action = MSG_ASK_ACTION_CANCEL, .content = STR("\"gone\"")
    };

    (void)state;
    out_mcp_said(session, &saying, now_ms);
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.handle, 8);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_FAILED);
    assert_int_equal(event.sent, MSG_SENT_YES);
    assert_true(str_ends(event.text, STR(": gone")));
    assert_string_equal(taken_out(session), "");
}

static void a_held_call_is_cancelled_without_a_word(void **state)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = modern();
    struct out_mcp_event event;

    (void)state;
    say(session, ROUND("3", "\"one\":" WANTS, "x"));
    (void)expect(session, OUT_MCP_ASK);
    out_mcp_cancel(session, 7, STR("no more"));
    event = expect(session, OUT_MCP_OUTCOME);
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_CANCELLED);
    assert_int_equal(event.sent, MSG_SENT_YES);
    assert_string_equal(taken_out(session), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_asked_and_its_answer_is_the_response),
        cmocka_unit_test(an_address_is_asked_whole_and_only_if_it_is_one),
        cmocka_unit_test(what_is_no_flat_form_is_refused_at_once),
        cmocka_unit_test(without_a_call_nobody_is_asked),
        cmocka_unit_test(of_several_owners_it_may_be_another),
        cmocka_unit_test(a_model_is_asked_and_its_message_is_the_response),
        cmocka_unit_test(a_model_that_says_no_is_an_error_that_says_why),
        cmocka_unit_test(only_a_model_that_is_there_is_asked),
        cmocka_unit_test(who_asks_a_model_badly_hears_that),
        cmocka_unit_test(an_older_server_hears_that_it_may_ask_a_model),
        cmocka_unit_test(no_model_is_asked_for_another_agent),
        cmocka_unit_test(what_a_model_is_asked_has_an_end),
        cmocka_unit_test(while_somebody_is_asked_the_call_waits_and_then_not),
        cmocka_unit_test(a_question_that_is_withdrawn_is_over),
        cmocka_unit_test(a_call_asks_only_so_often),
        cmocka_unit_test(a_round_waits_for_every_answer_and_asks_again),
        cmocka_unit_test(a_round_without_questions_asks_again_at_once),
        cmocka_unit_test(where_there_is_no_model_to_ask_the_call_fails),
        cmocka_unit_test(a_model_answers_in_a_round),
        cmocka_unit_test(a_model_that_says_no_ends_a_round),
        cmocka_unit_test(a_held_call_is_cancelled_without_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
