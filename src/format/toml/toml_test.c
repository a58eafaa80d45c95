#include "format/toml/toml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void reads(const char *text, const char *expected)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct toml_error error = { .line = 0, .sentence = "" };

    if (toml_table_print(str_from(text), STR("mcp_servers"), arena, &out, &error) != TOML_READ)
        fail_msg("%s: line %zu: %s", text, error.line, error.sentence);
    buf_add_char(&out, 0);
    assert_string_equal(out.ptr, expected);
}

static void fails_at(const char *text, size_t line)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct toml_error error = { .line = 0, .sentence = "" };

    assert_int_equal(toml_table_print(str_from(text), STR("mcp_servers"), arena, &out, &error),
                     TOML_MALFORMED);
    assert_int_equal(error.line, line);
    assert_true(error.sentence[0] != 0);
}

static void tables_and_keys(void **state UNUSED)
{
    reads("", "{}");
    reads("model = \"o\" # a comment\r\n[other]\nx = 1979-05-27T07:32:00Z\n[[list]]\ny = 1\n",
          "{}");
    reads("[mcp_servers.docs]\ncommand = \"npx\"\nargs = [\"-y\", 'a\\b', # why\n  \"c\",\n]\n"
          "enabled = true\nstartup_timeout_sec = 20\nratio = 1.5\n\n[mcp_servers.docs.env]\n"
          "KEY = \"v\"\n[mcp_servers.\"two words\"]\nurl = \"https://x.example\"\n",
          "{\"docs\":{\"command\":\"npx\",\"args\":[\"-y\",\"a\\\\b\",\"c\"],\"enabled\":true,"
          "\"startup_timeout_sec\":20,\"ratio\":\"1.5\",\"env\":{\"KEY\":\"v\"}},"
          "\"two words\":{\"url\":\"https://x.example\"}}");
    reads("mcp_servers.a.command = 'x'\nmcp_servers.a.env.B = 'y'\n",
          "{\"a\":{\"command\":\"x\",\"env\":{\"B\":\"y\"}}}");
    reads("[mcp_servers.a]\nenv = { A = \"1\", \"B-C\" = '2' }\nenv = 1\n",
          "{\"a\":{\"env\":{\"A\":\"1\",\"B-C\":\"2\"}}}");
}

static void tables_may_stand_inline(void **state UNUSED)
{
    reads("[mcp_servers]\na = { command = \"/bin/echo\", args = [\"x\"], env = { A = '1' } }\nb = "
          "{}\n",
          "{\"a\":{\"command\":\"/bin/echo\",\"args\":[\"x\"],\"env\":{\"A\":\"1\"}},\"b\":{}}");
    reads(
        "mcp_servers = { a = { command = 'x' }, \"b b\" = { url = 'y', }, c.command = 'z' } # all\n"
        "[other]\na = { b = { c = 1 } }\n",
        "{\"a\":{\"command\":\"x\"},\"b b\":{\"url\":\"y\"},\"c\":{\"command\":\"z\"}}");
    reads("mcp_servers.a = { command = 'x', env.A = '1', env.B = '2' }",
          "{\"a\":{\"command\":\"x\",\"env\":{\"A\":\"1\",\"B\":\"2\"}}}");
    reads("mcp_servers = {}\n", "{}");
}

static void what_is_no_table_is_told(void **state UNUSED)
{
    reads("[mcp_servers]\na = 5\nb = [1]\n\"\" = 'x'\n", "{\"a\":5,\"b\":[1],\"\":\"x\"}");
    reads("[mcp_servers]\na.command = 'x'\na.a.b = 1\na = 5\n",
          "{\"a\":{\"command\":\"x\",\"a\":{\"b\":1}}}");
    fails_at("\nmcp_servers = 5\n", 2);
    fails_at("mcp_servers = [{ command = 'x' }]\n", 1);
    fails_at("mcp_servers = { a = { command = 'x' }\n", 2);
    fails_at("mcp_servers = { a = {} b = {} }\n", 1);
    fails_at("mcp_servers = { a = {} } x\n", 1);
    fails_at("mcp_servers = { , }\n", 1);
}

static void nothing_is_no_table(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct toml_error error;

    assert_int_equal(toml_table_print(STR_NULL, STR("x"), arena, &out, &error), TOML_READ);
    assert_true(str_is(buf_str(&out), "{}"));
}

static void strings_of_all_kinds(void **state UNUSED)
{
    reads("[mcp_servers.a]\nb = \"\\t\\\"\\u00e4\\U0001F600\"\nc = \"\"\"\nx \\\n   y\"\"\"\n"
          "d = '''\nraw \\n'''\n",
          "{\"a\":{\"b\":\"\\t\\\"\xc3\xa4\xf0\x9f\x98\x80\",\"c\":\"x y\",\"d\":\"raw \\\\n\"}}");
}

static void what_is_wrong_has_a_line(void **state UNUSED)
{
    fails_at("a = 1\nb = \n", 2);
    fails_at("a = \"x\n", 1);
    fails_at("\n\na = [1, 2\n", 4);
    fails_at("a = \"\\q\"", 1);
    fails_at("a = \"\\ud800\"", 1);
    fails_at("a = 1 b = 2", 1);
    fails_at("[a\nb = 1", 1);
    fails_at("a b", 1);
    fails_at("= 1", 1);
    fails_at("a = bad", 1);
}

static void depth_has_an_end(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf text BUF_CLEANUP = BUF_INIT, out BUF_CLEANUP = BUF_INIT;
    struct toml_error error;

    buf_add_c(&text, "a = ");
    for (int i = 0; i < 100000; i++)
        buf_add_char(&text, '[');
    assert_int_equal(toml_table_print(buf_str(&text), STR("a"), arena, &out, &error),
                     TOML_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_and_keys),          cmocka_unit_test(nothing_is_no_table),
        cmocka_unit_test(strings_of_all_kinds),     cmocka_unit_test(what_is_wrong_has_a_line),
        cmocka_unit_test(depth_has_an_end),         cmocka_unit_test(tables_may_stand_inline),
        cmocka_unit_test(what_is_no_table_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
