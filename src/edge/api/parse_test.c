/* Routing: what each request asks, and what each wrong one is told. */
#include "edge/api/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct parse_case {
    const char *method;
    const char *path;
    const char *body;
    int answer;
    enum api_kind kind; /* where it was parsed */
    const char *told;   /* part of the first problem, where it was not */
};

static const struct parse_case cases[] = {
    { "GET", "/v1/status", "", API_PARSED, API_STATUS, NULL },
    { "POST", "/v1/shutdown", "", API_PARSED, API_SHUTDOWN, NULL },
    { "POST", "/v1/shutdown", "{\"reason\":\"tired\"}", API_PARSED, API_SHUTDOWN, NULL },
    { "GET", "/v1/events?follow=true", "", API_PARSED, API_EVENTS, NULL },
    { "POST", "/v1/executions", "{\"code\":\"return 1\"}", API_PARSED, API_EXECUTION_START, NULL },
    { "GET", "/v1/executions", "", API_PARSED, API_EXECUTION_LIST, NULL },
    { "GET", "/v1/executions/exe_1?wait_ms=5&follow", "", API_PARSED, API_EXECUTION_SHOW, NULL },
    { "POST", "/v1/executions/exe_1/cancel", "", API_PARSED, API_EXECUTION_CANCEL, NULL },
    { "GET", "/v1/sources", "", API_PARSED, API_SOURCE_LIST, NULL },
    { "GET", "/v1/sources/docs", "", API_PARSED, API_SOURCE_SHOW, NULL },
    { "DELETE", "/v1/sources/docs", "", API_PARSED, API_SOURCE_REMOVE, NULL },
    { "POST", "/v1/sources", "{\"name\":\"docs\",\"command\":[\"node\"]}", API_PARSED,
      API_SOURCE_ADD, NULL },
    { "POST", "/v1/sources", "{\"name\":\"docs\",\"url\":\"https://x/mcp\"}", API_PARSED,
      API_SOURCE_ADD, NULL },
    { "POST", "/v1/sources", "{\"name\":\"docs\",\"url\":\"ftp://x/mcp\"}", API_INVALID, 0,
      "does not begin with https:// or http://" },
    { "POST", "/v1/sources/docs/approve", "{\"digest\":\"00\"}", API_PARSED, API_SOURCE_APPROVE,
      NULL },
    { "POST", "/v1/sources/docs/auth", "{\"scheme\":\"key\",\"value\":\"x y\"}", API_PARSED,
      API_SOURCE_AUTH, NULL },
    { "POST", "/v1/sources/docs/auth", "{\"value\":\"a\\nb\"}", API_INVALID, 0,
      "one line of 1 to 8192 bytes" },
    { "POST", "/v1/sources/docs/approve",
      "{\"digest\":\"00\",\"tools\":[\"docs.read\"],\"effects\":{\"docs.read\":\"write\"}}",
      API_PARSED, API_SOURCE_APPROVE, NULL },
    { "POST", "/v1/sources/docs/reject", "{\"digest\":\"00\",\"tools\":[\"docs.read\"]}",
      API_PARSED, API_SOURCE_REJECT, NULL },
    { "GET", "/v1/sources/docs/diff?tool=docs.read&from=7&brief", "", API_PARSED, API_SOURCE_DIFF,
      NULL },
    { "POST", "/v1/sources/docs/approve",
      "{\"digest\":\"00\",\"effects\":{\"docs.read\":\"harmless\"}}", API_INVALID, 0,
      "the effect of docs.read must be read, write or destructive" },
    { "POST", "/v1/sources/docs/approve", "{\"digest\":\"00\",\"effects\":[1]}", API_INVALID, 0,
      "effect classes by address" },
    { "POST", "/v1/sources/docs/reject", "{\"digest\":\"00\",\"tools\":\"all\"}", API_INVALID, 0,
      "tools must be a list" },
    { "POST", "/v1/sources/docs/reject", "{}", API_INVALID, 0, "digest is missing" },
    { "GET", "/v1/tools?query=read+it&limit=3", "", API_PARSED, API_TOOL_LIST, NULL },
    { "GET", "/v1/tools?query=read&effect=write&source=docs&offset=20", "", API_PARSED,
      API_TOOL_LIST, NULL },
    { "GET", "/v1/tools?query=read&effect=reads", "", API_INVALID, 0, "effect must be read" },
    { "GET", "/v1/tools?effect=read", "", API_INVALID, 0, "effect goes with a query" },
    { "GET", "/v1/tools/docs.read", "", API_PARSED, API_TOOL_SHOW, NULL },
    { "POST", "/v1/tools/docs.read/call", "{\"args\":{}}", API_PARSED, API_EXECUTION_START, NULL },
    { "GET", "/v1/policy", "", API_PARSED, API_POLICY_SHOW, NULL },
    { "POST", "/v1/policy", "{\"rules\":[]}", API_PARSED, API_POLICY_APPLY, NULL },
    { "GET", "/v1/policy/why?address=a.b&args=%7B%7D", "", API_PARSED, API_POLICY_WHY, NULL },
    { "GET", "/v1/inputs?execution=exe_1", "", API_PARSED, API_INPUT_LIST, NULL },
    { "GET", "/v1/inputs/inp_1", "", API_PARSED, API_INPUT_SHOW, NULL },
    { "POST", "/v1/inputs/inp_1/answer", "{\"answer\":\"approve\"}", API_PARSED, API_INPUT_ANSWER,
      NULL },

    { "GET", "/v1/statuss", "", API_UNKNOWN, 0, "there is no /v1/statuss" },
    { "GET", "/", "", API_UNKNOWN, 0, "there is no /" },
    { "GET", "", "", API_UNKNOWN, 0, "there is no" },
    { "GET", "/v1//status", "", API_UNKNOWN, 0, "there is no" },
    { "GET", "/v1/a/b/c/d/e/f/g", "", API_UNKNOWN, 0, "there is no" },
    { "GET", "/v1/tools/%zz", "", API_UNKNOWN, 0, "percent-encoded" },
    { "GET", "/v1/tools/a%00b", "", API_UNKNOWN, 0, "percent-encoded" },
    { "PUT", "/v1/sources", "", API_NO_METHOD, 0, "it has GET, POST" },
    { "GET", "/v1/status", "{}", API_INVALID, 0, "no body" },
    { "GET", "/v1/status?x=1", "", API_INVALID, 0, "x is no parameter here" },
    { "POST", "/v1/executions", "{", API_INVALID, 0, "no JSON" },
    { "POST", "/v1/executions", "[]", API_INVALID, 0, "must be an object; this is array" },
    { "POST", "/v1/executions", "", API_INVALID, 0, "code is missing" },
    { "POST", "/v1/executions", "{\"code\":7}", API_INVALID, 0, "code must be a text" },
    { "POST", "/v1/executions", "{\"code\":\"x\",\"cod\":1}", API_INVALID, 0,
      "cod is no member here; there are: code input" },
    { "POST", "/v1/executions", "{\"code\":\"x\",\"wait\":1}", API_INVALID, 0,
      "wait must be true or false" },
    { "POST", "/v1/executions", "{\"code\":\"x\",\"timeout_ms\":-1}", API_INVALID, 0,
      "timeout_ms must be" },
    { "POST", "/v1/sources", "{\"name\":\"a\",\"command\":[]}", API_INVALID, 0,
      "command must be a list" },
    { "POST", "/v1/sources", "{\"name\":\"a\",\"command\":[\"a\\u0000\"]}", API_INVALID, 0,
      "without NUL" },
    { "POST", "/v1/sources", "{\"name\":\"a\",\"command\":[\"a\"],\"env\":{\"A=B\":\"\"}}",
      API_INVALID, 0, "A=B is no name" },
    { "GET", "/v1/tools?limit=1001", "", API_INVALID, 0, "limit must be a number from 0 to 1000" },
    { "GET", "/v1/executions/e?follow=perhaps", "", API_INVALID, 0, "follow must be" },
    { "GET", "/v1/policy/why", "", API_INVALID, 0, "address is missing" },
    { "GET", "/v1/policy/why?address=a&effect=x", "", API_INVALID, 0, "effect must be" },
    { "GET", "/v1/policy/why?address=a&args=%7B", "", API_INVALID, 0, "args must be JSON" },
    { "POST", "/v1/policy", "{\"rules\":{}}", API_INVALID, 0, "rules must be a list" },
    { "POST", "/v1/inputs/i/answer", "{\"answer\":\"maybe\"}", API_INVALID, 0, "this is maybe" },
    { "POST", "/v1/inputs/i/answer", "{\"answer\":\"deny\",\"value\":1}", API_INVALID, 0,
      "the answers done and submit only" },
    { "POST", "/v1/inputs/i/answer", "{\"answer\":\"approve\",\"value\":1}", API_INVALID, 0,
      "the answers done and submit only" },
};

static void each_request_is_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct parse_case *c = &cases[i];
        CLEANUP(arena_free) struct arena *arena = arena_new(0);
        struct api_call call = { .kind = API_KIND_COUNT };
        struct report report;
        struct api_request request = { str_from(c->method), str_from(c->path), str_from(c->body) };
        int r;

        report_init(&report, arena);
        r = api_parse(&request, arena, &call, &report);
        if (r != c->answer)
            fail_msg("%s %s %s: answered %d", c->method, c->path, c->body, r);
        if (r == API_PARSED) {
            assert_int_equal(call.kind, c->kind);
            continue;
        }
        assert_int_equal(call.kind, API_KIND_COUNT);
        assert_true(report.count > 0);
        if (str_find(report.problems[0].sentence, str_from(c->told)) == SIZE_MAX)
            fail_msg("%s %s %s: told %.*s", c->method, c->path, c->body,
                     STR_ARG(report.problems[0].sentence));
    }
}

static struct api_call parsed(struct arena *arena, const char *method, const char *path,
                              const char *body)
{
    struct api_request request = { str_from(method), str_from(path), str_from(body) };
    struct api_call call = { 0 };
    struct report report;

    report_init(&report, arena);
    assert_int_equal(api_parse(&request, arena, &call, &report), API_PARSED);
    return call;
}

static void assert_text(struct str text, const char *expected)
{
    if (!str_is(text, expected))
        fail_msg("%.*s is not %s", STR_ARG(text), expected);
}

static void members_arrive(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct api_call call;

    (void)state;
    call = parsed(arena, "POST", "/v1/executions",
                  "{\"code\":\"return input\",\"input\":{\"id\":12345678901234567890123},"
                  "\"idempotency_key\":\"k\",\"wait\":false,\"follow\":true,\"timeout_ms\":9}");
    assert_text(call.of.execution_start.input, "{\"id\":12345678901234567890123}");
    assert_text(call.of.execution_start.key, "k");
    assert_false(call.of.execution_start.wait);
    assert_true(call.of.execution_start.follow);
    assert_int_equal(call.of.execution_start.timeout_ms, 9);

    call = parsed(arena, "POST", "/v1/sources",
                  "{\"name\":\"d\",\"command\":[\"n\",\"a b\"],\"env\":{\"A\":\"1=2\"}}");
    assert_int_equal(call.of.source_add.command.count, 2);
    assert_text(call.of.source_add.command.at[1], "a b");
    assert_text(call.of.source_add.env.at[0], "A=1=2");
    assert_null(call.of.source_add.folder.ptr);
    assert_true(call.of.source_add.wait);

    call = parsed(arena, "POST", "/v1/sources/d/refresh",
                  "{\"document\":\"file:///a.yaml\",\"further\":true}");
    assert_int_equal(call.kind, API_SOURCE_REFRESH);
    assert_text(call.of.source_refresh.name, "d");
    assert_text(call.of.source_refresh.document, "file:///a.yaml");
    assert_true(call.of.source_refresh.further);

    call = parsed(arena, "POST", "/v1/sources/d/document", "{\"uri\":\"file:///b.yaml\"}");
    assert_int_equal(call.kind, API_SOURCE_DOCUMENT);
    assert_text(call.of.source_document.uri, "file:///b.yaml");

    call = parsed(arena, "GET", "/v1/tools?query=a%20b&limit=7&", "");
    assert_text(call.of.tool_list.query, "a b");
    assert_int_equal(call.of.tool_list.limit, 7);

    call = parsed(arena, "GET", "/v1/tools/a%2Fb.c", "");
    assert_text(call.of.tool, "a/b.c");

    call = parsed(arena, "POST", "/v1/inputs/inp_9/answer", "{\"answer\":\"done\",\"value\":[1]}");
    assert_text(call.of.input_answer.id, "inp_9");
    assert_text(call.of.input_answer.value, "[1]");
    assert_text(call.of.input_answer.via, "api");
}

static void a_tool_call_is_a_program(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct api_call call =
        parsed(arena, "POST", "/v1/tools/docs.x%22%5D;evil()/call", "{\"args\":{\"a\":1}}");

    (void)state;
    assert_text(call.of.execution_start.code,
                "return await tools[\"docs\"][\"x\\\"];evil()\"](input)");
    assert_text(call.of.execution_start.input, "{\"a\":1}");
    call = parsed(arena, "POST", "/v1/tools/a.b/call", "");
    assert_text(call.of.execution_start.input, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_what_it_says),
        cmocka_unit_test(members_arrive),
        cmocka_unit_test(a_tool_call_is_a_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
