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
         "{\"mcpServers\":{\"a\":{\"url\":\"https://x.example\"},\"b\":{\"command\":\"x\","
         "\"args\":[\"${input:key}\"]},\"c\":{\"command\":\"x\",\"disabled\":true},\"d\":{},"
         "\"e\":{\"command\":\"x\",\"args\":[\"ghp_0123456789abcdefghijABCDEFGHIJ012345\"]},"
         "\"g\":{\"command\":\"x\"},\"g \":{\"command\":\"x\"}}}");
    assert_int_equal(list.ones.count, 7);
    for (size_t i = 0; i < 5; i++)
        assert_non_null(list.ones.at[i].problem.ptr);
    assert_true(str_is(list.ones.at[4].words, "[]"));
    assert_null(list.ones.at[5].problem.ptr);
    take(&list, arena, IMPORT_SERVERS, "{\"mcpServers\":");
    take(&list, arena, IMPORT_CODEX, "\n[mcp_servers.a\n");
    assert_int_equal(list.notes.count, 2);
    assert_true(str_starts(list.notes.at[1], STR("/h/file: line 2: ")));
    done(&list);
}

static void secrets_are_sealed_or_left_out(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct import_list list = { .arena = NULL };

    take(&list, arena, IMPORT_SERVERS,
         "{\"mcpServers\":{\"a\":{\"command\":\"x\",\"env\":{\"LEVEL\":\"debug\",\"N\":3,"
         "\"GITHUB_TOKEN\":\"ghp_0123456789abcdefghijABCDEFGHIJ012345\",\"MY_API_KEY\":\"hunter2\","
         "\"SESSION_TOKEN\":\"${TOKEN}\",\"EMPTY_KEY\":\"\",\"REGION\":\"${NONE:-eu}\"}}}}");
    assert_int_equal(list.ones.count, 1);
    const struct import_one *one = &list.ones.at[0];
    assert_true(str_is(one->names, "LEVEL, N, GITHUB_TOKEN, EMPTY_KEY, REGION"));
    assert_true(str_is(one->left, "MY_API_KEY, SESSION_TOKEN"));
    assert_true(str_find(one->env, STR("hunter2")) == SIZE_MAX);
    assert_true(str_find(one->env, STR("t0p")) == SIZE_MAX);
    assert_true(str_find(one->env, STR("\"REGION\":\"eu\"")) != SIZE_MAX);
    done(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_read),
        cmocka_unit_test(what_cannot_come_says_why),
        cmocka_unit_test(secrets_are_sealed_or_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
