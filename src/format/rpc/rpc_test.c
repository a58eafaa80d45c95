#include "base/arena.h"
#include "format/json/json.h"
#include "format/rpc/rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    int answer;
    enum rpc_kind kind;
    const char *id; /* NULL: none */
    int code;       /* of the problem */
} reads[] = {
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\"}", RPC_SINGLE, RPC_REQUEST, "1", 0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":\"x\\u0041\",\"method\":\"a\",\"params\":{}}", RPC_SINGLE,
      RPC_REQUEST, "\"xA\"", 0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":98765432109876543210,\"method\":\"a\"}", RPC_SINGLE, RPC_REQUEST,
      "98765432109876543210", 0 },
    { "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[1]}", RPC_SINGLE, RPC_NOTIFICATION, NULL,
      0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", RPC_SINGLE, RPC_RESULT, "1", 0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"m\"}}", RPC_SINGLE,
      RPC_ERROR, "1", 0 },
    { "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-1,\"message\":\"m\"}}", RPC_SINGLE,
      RPC_ERROR, NULL, 0 },
    { "[{\"jsonrpc\":\"2.0\"}]", RPC_BATCH, RPC_REQUEST, NULL, 0 },
    { "", RPC_MALFORMED, RPC_REQUEST, NULL, RPC_PARSE_ERROR },
    { "{", RPC_MALFORMED, RPC_REQUEST, NULL, RPC_PARSE_ERROR },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"a\"}", RPC_MALFORMED, RPC_REQUEST, NULL,
      RPC_PARSE_ERROR },
    { "7", RPC_MALFORMED, RPC_REQUEST, NULL, RPC_INVALID_REQUEST },
    { "{\"id\":1,\"method\":\"a\"}", RPC_MALFORMED, RPC_REQUEST, "1", RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"a\"}", RPC_MALFORMED, RPC_REQUEST, NULL,
      RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"a\"}", RPC_MALFORMED, RPC_REQUEST, NULL,
      RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"a\"}", RPC_MALFORMED, RPC_REQUEST, NULL,
      RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", RPC_MALFORMED, RPC_REQUEST, "1",
      RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":7}", RPC_MALFORMED, RPC_REQUEST,
      "1", RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":1}", RPC_MALFORMED, RPC_REQUEST, "1", RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"result\":1}", RPC_MALFORMED, RPC_REQUEST, NULL, RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{}}", RPC_MALFORMED, RPC_REQUEST, "1",
      RPC_INVALID_REQUEST },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{}}", RPC_MALFORMED, RPC_REQUEST, "1",
      RPC_INVALID_REQUEST },
};

static bool same(struct str text, const char *expected)
{
    return expected ? str_is(text, expected) : text.ptr == NULL;
}

static void test_reads(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(reads); i++) {
        struct rpc_parsed parsed;
        int r = rpc_parse(arena, str_from(reads[i].text), &parsed);

        if (r != reads[i].answer)
            fail_msg("%s: %d", reads[i].text, r);
        if (r == RPC_MALFORMED) {
            assert_int_equal(parsed.problem.code, reads[i].code);
            assert_true(same(parsed.problem.id, reads[i].id));
            assert_true(strlen(parsed.problem.sentence) > 0);
        } else if (r == RPC_SINGLE) {
            assert_int_equal(parsed.message.kind, reads[i].kind);
            assert_true(same(parsed.message.id, reads[i].id));
        }
    }
    (void)arena_free(arena);
}

static void test_long_id(void **state)
{
    struct arena *arena = arena_new(0);
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct rpc_parsed parsed;

    (void)state;
    buf_add_c(&text, "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":\"");
    for (int i = 0; i < 300; i++)
        buf_add_char(&text, 'x');
    buf_add_c(&text, "\"}");
    assert_int_equal(rpc_parse(arena, buf_str(&text), &parsed), RPC_MALFORMED);
    assert_int_equal(parsed.problem.code, RPC_INVALID_REQUEST);
    (void)arena_free(arena);
}

static void test_depth(void **state)
{
    struct arena *arena = arena_new(0);
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct rpc_parsed parsed;

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_add_char(&text, '[');
    assert_int_equal(rpc_parse(arena, buf_str(&text), &parsed), RPC_MALFORMED);
    assert_int_equal(parsed.problem.code, RPC_PARSE_ERROR);
    (void)arena_free(arena);
}

static void test_writes(void **state)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    (void)state;
    rpc_add_request(&out, 7, STR("a/b"), STR("{\n\"x\":\r\n1}"));
    assert_true(str_is(buf_str(&out), "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"a/b\","
                                      "\"params\":{ \"x\":  1}}"));
    buf_clear(&out);
    rpc_add_notification(&out, STR("n"), STR_NULL);
    assert_true(str_is(buf_str(&out), "{\"jsonrpc\":\"2.0\",\"method\":\"n\"}"));
    buf_clear(&out);
    rpc_add_result(&out, STR("\"q\""), STR("[]"));
    assert_true(str_is(buf_str(&out), "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"result\":[]}"));
    buf_clear(&out);
    rpc_add_error(&out, STR_NULL, -32700, STR("a\nb"), STR("{}"));
    assert_true(str_is(buf_str(&out), "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,"
                                      "\"message\":\"a\\nb\",\"data\":{}}}"));
}

/* The same lines, however the bytes are cut. */
static void test_lines(void **state)
{
    static const char bytes[] = "one\r\n\n  \ntwo\nthree is far too long\nfour\nfive";

    (void)state;
    for (size_t step = 1; step < sizeof(bytes); step++) {
        struct rpc_lines lines;
        struct buf seen BUF_CLEANUP = BUF_INIT;

        rpc_lines_init(&lines, 8);
        for (size_t i = 0; i < sizeof(bytes) - 1; i += step) {
            struct str line;
            int r;

            rpc_lines_add(&lines, str_slice(STR(bytes), i, i + step));
            while ((r = rpc_lines_next(&lines, &line)) != RPC_LINE_MORE) {
                buf_add_str(&seen, r == RPC_LINE ? line : STR("LONG"));
                buf_add_char(&seen, ';');
            }
        }
        assert_true(str_is(buf_str(&seen), "one;two;LONG;four;"));
        rpc_lines_fini(&lines);
    }
}

/* The first id of the first level, however the bytes are cut; "!" where it has a method. */
static void test_glance(void **state)
{
    static const char *const rows[][2] = {
        { "{\"id\":7}", "7" },
        { "{\"result\":{\"id\":1},\"a\":\"x\\\"id\\\":3\",\"id\" : 7 ,", "7" },
        { "{\"id\":\"q\",\"id\":8}", "q" },
        { "{\"id\":{\"id\":8},\"id\":9}", "9" },
        { "{\"id\":7,\"method\":1}", "7!" },
        { "[{\"id\":7}]", "" },
        { "{\"id\":7", "" },
        { "\"id\":7,", "" },
        { "}}]{\"id\":7}", "7" },
        { "{\"id\":1234567890123456789012345678901234567890}", "" },
    };

    (void)state;
    for (size_t row = 0; row < ARRAY_COUNT(rows); row++) {
        struct str text = str_from(rows[row][0]);

        for (size_t step = 1; step <= text.len; step++) {
            struct rpc_glance glance = { 0 };
            char seen[40];

            for (size_t i = 0; i < text.len; i += step)
                rpc_glance_add(&glance, str_slice(text, i, i + step));
            (void)snprintf(seen, sizeof(seen), "%.*s%s", STR_ARG(rpc_glance_id(&glance)),
                           glance.calls ? "!" : "");
            assert_string_equal(seen, rows[row][1]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads), cmocka_unit_test(test_long_id),
        cmocka_unit_test(test_depth), cmocka_unit_test(test_writes),
        cmocka_unit_test(test_lines), cmocka_unit_test(test_glance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
