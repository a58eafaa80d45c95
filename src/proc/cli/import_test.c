#include "proc/cli/import.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *lookup(const char *name)
{
    return strcmp(name, "TOKEN") == 0 ? "t0p" : NULL;
}

static void take(struct import_list *list, struct arena *arena, enum import_form form,
                 const char *text)
{
    const struct import_file file = {
        .from = "test", .form = form, .path = STR("/h/file"), .text = str_from(text)
    };

    list->arena = arena;
    list->home = STR("/h");
    list->here = STR("/here");
    import_file_take(list, &file, lookup);
}

static void done(struct import_list *list)
{
    VEC_FINI(&list->ones);
    VEC_FINI(&list->inputs);
    VEC_FINI(&list->notes);
}

static void each_form_is_read(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };

    take(&list, arena, IMPORT_CLAUDE,
         "{\"mcpServers\":{\"a\":{\"command\":\"x\"}},\"projects\":{\"/here\":{\"mcpServers\":{"
         "\"b b\":{\"command\":\"y\",\"args\":[\"1\"]}}},\"/other\":{\"mcpServers\":{\"c\":{}}}}}");
    take(&list, arena, IMPORT_VSCODE,
         "// what we use\n{\"servers\":{\"d\":{/* here */\"command\":\"z\",\"args\":["
         "\"${workspaceFolder}/s // no comment\",],},}}");
    take(&list, arena, IMPORT_SETTINGS, "{\"mcp\":{\"servers\":{\"e\":{\"command\":\"z\"}}}}");
    take(&list, arena, IMPORT_CODEX, "[mcp_servers.f]\ncommand = \"npx\"\nargs = [\"-y\"]\n");
    assert_int_equal(list.ones.count, 5);
    assert_string_equal(list.ones.at[1].name.ptr, "b-b");
    assert_true(str_is(list.ones.at[1].words, "[\"y\",\"1\"]"));
    assert_true(str_is(list.ones.at[2].words, "[\"z\",\"/here/s // no comment\"]"));
    assert_true(str_is(list.ones.at[4].words, "[\"npx\",\"-y\"]"));
    for (size_t i = 0; i < list.ones.count; i++)
        assert_null(list.ones.at[i].problem.ptr);
    done(&list);
}

static void what_cannot_come_says_why(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };

    take(&list, arena, IMPORT_SERVERS,
         "{\"mcpServers\":{\"a\":{\"url\":\"ws://x.example\"},\"b\":{\"command\":\"x\","
         "\"args\":[\"${input:key}\"]},\"c\":{\"command\":\"x\",\"disabled\":true},\"d\":{},"
         "\"e\":{\"command\":\"x\",\"args\":[\"ghp_0123456789abcdefghijABCDEFGHIJ012345\"]},"
         "\"f\":{\"command\":\"x\",\"args\":[\"${env:TOKEN}\"]},"
         "\"h\":{\"url\":\"https://u:p@x.example\"},\"i\":{\"url\":\"https://x/?a=${TOKEN}\"},"
         "\"j\":{\"url\":\"https://x\",\"headers\":{\"A\":\"${NONE}\"}},"
         "\"g\":{\"command\":\"x\"},\"k \":{\"command\":\"x\"}}}");
    assert_int_equal(list.ones.count, 11);
    for (size_t i = 0; i < 9; i++)
        assert_non_null(list.ones.at[i].problem.ptr);
    assert_true(str_is(list.ones.at[4].words, "[]"));
    assert_true(str_is(list.ones.at[8].problem, "it asks for a value that is not here: ${NONE}"));
    assert_null(list.ones.at[9].problem.ptr);
    assert_null(list.ones.at[10].problem.ptr);
    assert_true(str_is(list.ones.at[5].words, "[\"x\",\"${env:TOKEN}\"]"));
    assert_true(str_is(list.ones.at[7].url, "https://x/?a=${TOKEN}"));
    take(&list, arena, IMPORT_SERVERS, "{\"mcpServers\":");
    take(&list, arena, IMPORT_CODEX, "\n[mcp_servers.a\n");
    assert_int_equal(list.notes.count, 2);
    assert_true(str_starts(list.notes.at[1], STR("/h/file: line 2: ")));
    done(&list);
}

static void what_is_no_server_is_said(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };

    take(&list, arena, IMPORT_SERVERS, "{\"mcpServers\":{\"a\":5,\"b\":null}}");
    take(&list, arena, IMPORT_CODEX, "[mcp_servers]\nc = 'x'\nd = { command = 'y' }\n");
    assert_int_equal(list.ones.count, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_true(str_is(list.ones.at[i].problem, "it is no table of what it runs or asks"));
        assert_true(str_is(list.ones.at[i].words, "[]"));
        assert_true(str_is(list.ones.at[i].file, "/h/file"));
    }
    assert_true(str_is(list.ones.at[0].name, "a"));
    assert_null(list.ones.at[3].problem.ptr);
    assert_int_equal(list.notes.count, 0);
    take(&list, arena, IMPORT_SERVERS, "{\"mcpServers\":[1,2]}");
    take(&list, arena, IMPORT_VSCODE, "{\"servers\":\"x\"}");
    take(&list, arena, IMPORT_SERVERS, "[1]");
    take(&list, arena, IMPORT_CODEX, "mcp_servers = 5\n");
    take(&list, arena, IMPORT_SERVERS, "{\"mcpServers\":null}");
    take(&list, arena, IMPORT_SERVERS, "{}");
    assert_int_equal(list.ones.count, 4);
    assert_int_equal(list.notes.count, 4);
    assert_true(str_is(list.notes.at[0], "/h/file: its servers are no object of servers by name"));
    done(&list);
}

static void a_byte_order_mark_is_taken(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };

    take(&list, arena, IMPORT_SERVERS, "\xef\xbb\xbf{\"mcpServers\":{\"a\":{\"command\":\"x\"}}}");
    take(&list, arena, IMPORT_CODEX, "\xef\xbb\xbf[mcp_servers.b]\ncommand = \"x\"\n");
    assert_int_equal(list.notes.count, 0);
    assert_int_equal(list.ones.count, 2);
    assert_true(str_is(list.ones.at[1].words, "[\"x\"]"));
    done(&list);
}

static void names_may_be_the_same(void **state UNUSED)
{
    assert_true(import_is_same_name(STR("A"), STR("a")));
    assert_true(import_is_same_name(STR("a"), STR("a-")));
    assert_true(import_is_same_name(STR("My-Docs_"), STR("my__docs")));
    assert_false(import_is_same_name(STR("a"), STR("ab")));
    assert_false(import_is_same_name(STR("ab"), STR("a-")));
    assert_false(import_is_same_name(STR("a1"), STR("a2")));
}

static void pair_is(const struct import_one *one, size_t index, const char *name, const char *value,
                    bool secret)
{
    assert_true(index < one->pairs_count);
    assert_true(str_is(one->pairs[index].name, name));
    assert_true(str_is(one->pairs[index].value, value));
    assert_int_equal(one->pairs[index].secret, secret);
}

static void secrets_are_known(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };

    take(&list, arena, IMPORT_SERVERS,
         "{\"mcpServers\":{\"a\":{\"command\":\"x\",\"env\":{\"LEVEL\":\"debug\",\"N\":3,"
         "\"GITHUB_X\":\"ghp_0123456789abcdefghijABCDEFGHIJ012345\",\"MY_API_KEY\":\"hunter2\","
         "\"SESSION_TOKEN\":\"${TOKEN}\",\"EMPTY_KEY\":\"\",\"REGION\":\"${NONE:-eu}\"},"
         "\"envFile\":\".env\"}}}");
    assert_int_equal(list.ones.count, 1);
    const struct import_one *one = &list.ones.at[0];
    assert_int_equal(one->pairs_count, 7);
    pair_is(one, 0, "LEVEL", "debug", false);
    pair_is(one, 1, "N", "3", false);
    pair_is(one, 2, "GITHUB_X", "ghp_0123456789abcdefghijABCDEFGHIJ012345", true);
    pair_is(one, 3, "MY_API_KEY", "hunter2", true);
    pair_is(one, 4, "SESSION_TOKEN", "t0p", true);
    pair_is(one, 5, "EMPTY_KEY", "", false);
    pair_is(one, 6, "REGION", "eu", false);
    assert_true(str_is(one->left, "what its envFile has"));
    assert_null(one->problem.ptr);
    done(&list);
}

static void addresses_have_headers(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };

    take(&list, arena, IMPORT_CODEX,
         "[mcp_servers.a]\nurl = \"https://a.example/mcp\"\nbearer_token_env_var = \"TOKEN\"\n"
         "http_headers = { \"X-A\" = \"1\" }\nenv_http_headers = { \"X-B\" = \"TOKEN\" }\n"
         "[mcp_servers.b]\nurl = \"https://b.example/mcp\"\nbearer_token_env_var = \"GONE\"\n"
         "[mcp_servers.c]\ncommand = \"x\"\nenv_vars = [\"TOKEN\"]\n");
    assert_int_equal(list.ones.count, 3);
    assert_true(str_is(list.ones.at[0].url, "https://a.example/mcp"));
    assert_int_equal(list.ones.at[0].pairs_count, 3);
    pair_is(&list.ones.at[0], 0, "X-A", "1", true);
    pair_is(&list.ones.at[0], 1, "X-B", "t0p", true);
    pair_is(&list.ones.at[0], 2, "Authorization", "Bearer t0p", true);
    assert_true(str_ends(list.ones.at[1].problem, STR("${env:GONE}")));
    pair_is(&list.ones.at[2], 0, "TOKEN", "t0p", true);
    assert_null(list.ones.at[2].problem.ptr);
    done(&list);
}

static void what_is_typed_takes_its_place(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };
    struct import_input *input;
    size_t at = 0;

    take(&list, arena, IMPORT_VSCODE,
         "{\"inputs\":[{\"id\":\"t\",\"type\":\"promptString\",\"description\":\"T\",\"password\":"
         "true},"
         "{\"id\":\"r\",\"type\":\"pickString\",\"default\":\"eu\",\"options\":[\"eu\"]},"
         "{\"id\":\"c\",\"type\":\"command\"}],\"servers\":{\"a\":{\"url\":\"https://"
         "a\",\"headers\":{"
         "\"H\":\"<${input:t}|${input:r}|${workspaceFolderBasename}>\"}},\"b\":{\"url\":\"https://"
         "b\","
         "\"headers\":{\"H\":\"${input:c}\"}}}}");
    assert_int_equal(list.ones.count, 2);
    const struct import_one *one = &list.ones.at[0];
    assert_null(one->problem.ptr);
    assert_non_null(list.ones.at[1].problem.ptr);
    input = import_input_next(&list, one, one->pairs[0].value, &at);
    assert_true(input && input->hidden && str_is(input->id, "t"));
    input->typed = STR("s3cret ${input:r}");
    input = import_input_next(&list, one, one->pairs[0].value, &at);
    assert_true(input && !input->hidden && str_is(input->fallback, "eu"));
    assert_null(import_input_next(&list, one, one->pairs[0].value, &at));
    assert_true(
        str_is(import_value(&list, one, one->pairs[0].value), "<s3cret ${input:r}|eu|here>"));
    done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_read),
        cmocka_unit_test(what_cannot_come_says_why),
        cmocka_unit_test(secrets_are_known),
        cmocka_unit_test(addresses_have_headers),
        cmocka_unit_test(what_is_typed_takes_its_place),
        cmocka_unit_test(what_is_no_server_is_said),
        cmocka_unit_test(a_byte_order_mark_is_taken),
        cmocka_unit_test(names_may_be_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
