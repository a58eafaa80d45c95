/* The request of a plan, and the outcome of an answer. */
#include "edge/out/graphql/graphql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena *arena;

static int arena_open(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int arena_close(void **state)
{
    (void)state;
    arena = arena_free(arena);
    return 0;
}

static const char plan_text[] =
    "{\"kind\":\"graphql\",\"url\":\"https://g.test/graphql\",\"operation\":\"query\","
    "\"document\":\"query($id:ID!,$n:Int){user(id:$id,n:$n){id "
    "name}}\",\"variables\":[\"id\",\"n\"],"
    "\"result\":\"user\",\"select\":{\"arg\":\"select\",\"from\":39,\"to\":48}}";

static const struct json_value *value_of(const char *text)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, str_from(text), NULL, &error, &doc) != JSON_PARSED)
        fail_msg("%s: %s", text, error.sentence);
    return doc.root;
}

static void assert_text(struct str got, const char *wanted)
{
    if (!str_is(got, wanted))
        fail_msg("wanted %s\n   got %.*s", wanted, STR_ARG(got));
}

static int request_of(const char *args, const struct out_http_credential *credentials, size_t count,
                      struct out_http_request *request, struct str *text)
{
    const struct out_graphql_call call = { value_of(plan_text), value_of(args), credentials,
                                           count };

    return out_graphql_request(arena, &call, request, text);
}

static void arguments_are_variables(void **state)
{
    static const char *const rows[][2] = {
        { "{\"id\":\"a\\\"}\"}", "{\"query\":\"query($id:ID!,$n:Int){user(id:$id,n:$n){id name}}\","
                                 "\"variables\":{\"id\":\"a\\\"}\"}}" },
        { "{\"id\":12345678901234567890123,\"n\":null,\"other\":1}",
          "{\"query\":\"query($id:ID!,$n:Int){user(id:$id,n:$n){id name}}\","
          "\"variables\":{\"id\":12345678901234567890123,\"n\":null}}" },
        { "{\"id\":1,\"select\":\"id posts(first: $n) { title }\"}",
          "{\"query\":\"query($id:ID!,$n:Int){user(id:$id,n:$n){id posts(first:$n){title}}}\","
          "\"variables\":{\"id\":1}}" },
    };
    struct out_http_request request;
    struct str text;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(request_of(rows[i][0], NULL, 0, &request, &text), OUT_GRAPHQL_BUILT);
        assert_text(request.body, rows[i][1]);
        assert_text(request.method, "POST");
        assert_text(request.url, "https://g.test/graphql");
        assert_true(request.reads && request.json && !request.keyed);
    }
}

static void a_selection_cannot_leave_its_place(void **state)
{
    struct out_http_request request;
    struct str text;

    (void)state;
    assert_int_equal(request_of("{\"select\":\"id}} mutation{drop{x\"}", NULL, 0, &request, &text),
                     OUT_GRAPHQL_INVALID);
    assert_true(str_starts(text, STR("select: line 1: ")));
}

static void credentials_are_headers(void **state)
{
    const struct out_http_credential good = { STR("Authorization"), STR("Bearer t") };
    const struct out_http_credential bad = { STR("X-A"), STR("a\r\nb") };
    const struct out_http_credential ours = { STR("Host"), STR("a") };
    struct out_http_request request;
    struct str text;

    (void)state;
    assert_int_equal(request_of("{}", &good, 1, &request, &text), OUT_GRAPHQL_BUILT);
    assert_text(out_http_header_find(request.headers, "authorization"), "Bearer t");
    assert_text(out_http_header_find(request.headers, "content-type"), "application/json");
    assert_int_equal(request_of("{}", &bad, 1, &request, &text), OUT_GRAPHQL_INVALID);
    assert_int_equal(request_of("{}", &ours, 1, &request, &text), OUT_GRAPHQL_INVALID);
}

static struct out_http_outcome outcome_of(unsigned int status, const char *body)
{
    const struct out_http_header type = { STR("content-type"),
                                          STR("application/graphql-response+json"), false };
    const struct out_http_request request = { .method = STR("POST"), .reads = true, .json = true };
    const struct out_http_response response = { .status = status,
                                                .headers = { &type, 1 },
                                                .body = str_from(body) };
    struct out_http_outcome outcome;

    out_graphql_outcome_of(arena, value_of(plan_text), &request, &response, &outcome);
    return outcome;
}

static void data_is_the_value(void **state)
{
    (void)state;
    assert_text(outcome_of(200, "{\"data\":{\"user\":{\"id\":12345678901234567890}}}").value,
                "{\"id\":12345678901234567890}");
    assert_text(outcome_of(200, "{\"data\":{\"user\":null},\"errors\":[]}").value, "null");
    assert_text(outcome_of(200, "{\"data\":{},\"extensions\":{}}").value, "null");
}

static void errors_are_a_failure_that_keeps_data(void **state)
{
    static const struct {
        const char *body;
        const char *code;
        const char *text;
        const char *data;
    } rows[] = {
        { "{\"data\":{\"user\":{\"id\":1,\"x\":null}},\"errors\":[{\"message\":\"no "
          "x\",\"path\":[\"user\","
          "\"x\"]},{\"message\":\"nor y\"}]}",
          "upstream", "no x\nnor y",
          "{\"errors\":[{\"message\":\"no x\",\"path\":[\"user\",\"x\"]},{\"message\":\"nor y\"}],"
          "\"data\":{\"user\":{\"id\":1,\"x\":null}}}" },
        { "{\"data\":null,\"errors\":[{\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}",
          "auth_required", "it failed without a message",
          "{\"errors\":[{\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct out_http_outcome outcome = outcome_of(200, rows[i].body);

        assert_int_equal(outcome.status, MSG_OUTCOME_STATUS_FAILED);
        assert_text(outcome.code, rows[i].code);
        assert_text(outcome.text, rows[i].text);
        assert_text(outcome.data, rows[i].data);
    }
}

static void what_is_no_answer_fails(void **state)
{
    static const char *const bodies[] = { "", "null", "[]", "{}", "{\"data\":1}", "\"x\"" };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++)
        assert_int_equal(outcome_of(200, bodies[i]).status, MSG_OUTCOME_STATUS_UNREADABLE);
    assert_text(outcome_of(400, "{\"errors\":[{\"message\":\"bad\"}]}").text,
                "HTTP 400 Bad Request: bad");
}

static void too_much_data_is_left_out(void **state)
{
    BUF_CLEANUP struct buf body = BUF_INIT;
    struct out_http_outcome outcome;

    (void)state;
    buf_add_c(&body, "{\"data\":{\"user\":\"");
    for (size_t i = 0; i < 20000; i++)
        buf_add_char(&body, 'x');
    buf_add_c(&body, "\"},\"errors\":[{\"message\":\"m\"}]}");
    buf_add_char(&body, '\0');
    outcome = outcome_of(200, body.ptr);
    assert_text(outcome.data, "{\"errors\":[{\"message\":\"m\"}],\"cut\":true}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arguments_are_variables),
        TEST(a_selection_cannot_leave_its_place),
        TEST(credentials_are_headers),
        TEST(data_is_the_value),
        TEST(errors_are_a_failure_that_keeps_data),
        TEST(what_is_no_answer_fails),
        TEST(too_much_data_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
