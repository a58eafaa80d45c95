/* Everything that is printed is JSON, and says what it was given. */
#include "edge/api/api.h"
#include "format/json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct json_value *printed(struct arena *arena, const struct buf *out)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, buf_str(out), NULL, &error, &doc) != JSON_PARSED)
        fail_msg("%s in %.*s", error.sentence, STR_ARG(buf_str(out)));
    return doc.root;
}

static void errors_come_from_the_list(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct api_error error = { .code = STR("syntax"),
                               .message = STR("a \"b\""),
                               .line = 3,
                               .column = 9,
                               .data = STR("{\"x\":1}") };
    const struct json_value *body;

    (void)state;
    api_print_error(&out, &error);
    body = json_get(printed(arena, &out), "error");
    assert_true(str_is(json_get_str(body, "code"), "syntax"));
    assert_true(str_is(json_get_str(body, "message"), "a \"b\""));
    assert_true(json_is_false(json_get(body, "retryable")));
    assert_true(json_get_str(body, "way_out").len > 0);
    assert_int_equal(json_u64_or(json_get(body, "line"), 0), 3);
    assert_int_equal(json_u64_or(json_pointer(body, STR("/data/x")), 0), 1);
    assert_int_equal(api_error_status(STR("refused")), 403);
    assert_int_equal(api_error_status(STR("no such code")), 500);
}

static void a_rejected_request_is_told_everything(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    const struct api_request request = { STR("POST"), STR("/v1/sources"), STR("{}") };
    const struct json_value *problems;
    struct report report;
    struct api_call call;

    (void)state;
    report_init(&report, arena);
    assert_int_equal(api_parse(&request, arena, &call, &report), API_INVALID);
    assert_int_equal(api_print_rejected(&out, API_INVALID, &report), 400);
    problems = json_pointer(printed(arena, &out), STR("/error/data/problems"));
    assert_int_equal(json_count(problems), 2);
    assert_true(str_is(json_get_str(json_at(problems, 0), "path"), "/name"));
}

static void views_are_json(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct api_input input = { .id = STR("inp_1"),
                               .kind = STR("approval"),
                               .call = 7,
                               .detail = STR("{\"args\":{}}"),
                               .opened_ms = 1 };
    struct api_error error = { .code = STR("program"), .message = STR("no") };
    struct api_console_line line = { STR("log"), STR("hello") };
    struct api_execution execution = { .id = STR("exe_1"),
                                       .state = STR("failed"),
                                       .error = &error,
                                       .console = &line,
                                       .console_count = 1,
                                       .inputs = &input,
                                       .inputs_count = 1 };
    const struct json_value *root;

    (void)state;
    api_print_execution(&out, &execution);
    root = printed(arena, &out);
    assert_true(json_is_null(json_get(root, "result")));
    assert_true(str_is(json_get_str(json_get(root, "error"), "code"), "program"));
    assert_int_equal(json_u64_or(json_pointer(root, STR("/inputs/0/call")), 0), 7);
    assert_true(str_is(json_str(json_pointer(root, STR("/inputs/0/opened_at"))),
                       "1970-01-01T00:00:00.001Z"));
}

static void sources_tools_policy_and_status_are_json(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct str words[] = { STR("node"), STR("a b") };
    struct api_finding finding = { STR("hidden_text"), STR("it hides text") };
    struct api_tool tool = {
        .address = STR("d.x"), .input = STR("{}"), .findings = &finding, .findings_count = 1
    };
    struct api_source source = { .name = STR("d"),
                                 .command = { words, 2 },
                                 .tools = &tool,
                                 .tools_count = 3,
                                 .tools_shown = 1,
                                 .tools_next = 1 };
    struct api_rule rule = { .name = STR("r"), .match = STR("**"), .verdict = STR("ask") };
    struct api_layer layer = { .layer = STR("tenant"), .rules = &rule, .rules_count = 1 };
    struct api_process process = { .kind = STR("worker"), .pid = 7 };
    struct api_status status = { .version = STR("1"), .processes = &process, .processes_count = 1 };
    struct api_why why = { .address = STR("d.x") };
    const struct json_value *root;

    (void)state;
    api_list_begin(&out, "all");
    api_list_item(&out);
    api_print_source(&out, &source);
    api_list_item(&out);
    api_print_layer(&out, &layer);
    api_list_item(&out);
    api_print_status(&out, &status);
    api_list_item(&out);
    api_print_why(&out, &why);
    api_list_end(&out);
    root = printed(arena, &out);
    assert_true(str_is(json_str(json_pointer(root, STR("/all/0/command/1"))), "a b"));
    assert_int_equal(json_count(json_pointer(root, STR("/all/0/tools"))), 1);
    assert_int_equal(json_u64_or(json_pointer(root, STR("/all/0/tools_next")), 0), 1);
    assert_int_equal(json_count(json_pointer(root, STR("/all/0/tools/0/findings"))), 1);
    assert_true(str_is(json_str(json_pointer(root, STR("/all/1/rules/0/verdict"))), "ask"));
    assert_int_equal(json_u64_or(json_pointer(root, STR("/all/2/processes/0/pid")), 0), 7);
    buf_clear(&out);
    api_print_event(&out, "emit", STR("{\"value\":1}"));
    assert_true(str_is(buf_str(&out), "{\"event\":\"emit\",\"data\":{\"value\":1}}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_come_from_the_list),
        cmocka_unit_test(a_rejected_request_is_told_everything),
        cmocka_unit_test(views_are_json),
        cmocka_unit_test(sources_tools_policy_and_status_are_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
