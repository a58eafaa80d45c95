/* What was typed, and what the person is told when it is wrong. */
#include "proc/cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARGS_TEST_WORDS 16U

struct args_case {
    const char *typed;   /* words separated by spaces */
    const char *command; /* NULL: it is wrong */
    const char *told;    /* part of the problem, or what is checked of the options */
};

static const struct args_case cases[] = {
    { "up", "up", NULL },
    { "up --http 127.0.0.1:0 --workers=3", "up", "http=127.0.0.1:0" },
    { "sources", "sources", NULL },
    { "sources list --json", "sources list", "json" },
    { "sources add docs -- node x.js --flag", "sources add", NULL },
    { "sources add --yes docs --env A=B=C -- node", "sources add", "env=A=B=C" },
    { "exec -e return", "exec", "eval=return" },
    { "exec -", "exec", NULL },
    { "exec a.ts -y --input {}", "exec", "yes" },
    { "log show last -f", "log show", "follow" },
    { "log -n 3", "log", "limit=3" },
    { "inbox answer inp_1 done 7", "inbox answer", NULL },
    { "exec --help", "exec", "help" },

    { "", NULL, "which command?" },
    { "ecex", NULL, "there is no command ecex; did you mean exec?" },
    { "stat", NULL, "did you mean status?" },
    { "xyzzy", NULL, "there is no command xyzzy" },
    { "sources lst", NULL, "there is no command sources lst; did you mean list?" },
    { "sources zzz", NULL, "there is no command sources zzz; it takes: list, add, " },
    { "audit", NULL, "audit alone is no command; it takes: verify, export" },
    { "exec --inptu {}", NULL, "exec has no option --inptu; did you mean --input?" },
    { "exec -q", NULL, "exec has no option -q" },
    { "exec --input", NULL, "--input needs a value: JSON|@FILE" },
    { "exec --yes=1", NULL, "--yes takes no value" },
    { "exec a b", NULL, "exec does not take \"b\"" },
    { "up -- x", NULL, "up takes nothing after --" },
    { "sources add docs", NULL, "sources add needs: NAME URL|FILE | NAME -- COMMAND ARGS..." },
    { "sources add docs https://x/mcp", "sources add", NULL },
    { "sources add docs@work --base-url https://x", "sources add", NULL },
    { "sources add docs https://x/mcp more", NULL, "sources add does not take \"more\"" },
    { "tools describe", NULL, "tools describe needs: ADDRESS" },
    { "inbox answer inp_1", NULL, "inbox answer needs: ID approve" },

    { "up --http nonsense", NULL, "--http takes 127.0.0.1:PORT or localhost:PORT" },
    { "up --http 10.0.0.1:80", NULL, "no other machine may ask; not \"10.0.0.1:80\"" },
    { "up --http 127.0.0.1", NULL, "--http needs a port from 0 (any) to 65535" },
    { "up --http 127.0.0.1:65536", NULL, "--http needs a port from 0 (any) to 65535" },
    { "up --http localhost:1 --http localhost:2", NULL, "--http is given twice" },
    { "up --workers 0", NULL, "--workers takes a number from 1 to 256, not \"0\"" },
    { "up --workers 257", NULL, "--workers takes a number from 1 to 256, not \"257\"" },
    { "up --workers -1", NULL, "--workers takes a number from 1 to 256, not \"-1\"" },
    { "up --workers=", NULL, "--workers takes a number from 1 to 256, not \"\"" },
    { "exec a.ts --key=", NULL, "--key is empty: it takes KEY" },
    { "exec a.ts --input {} --input {}", NULL, "--input is given twice" },
    { "sources add a https://x/ --kind mpc_http", NULL, "did you mean mcp_http?" },
    { "sources add a b.txt --kind graphql", "sources add", "kind=graphql" },
    { "sources add a --env A=B --env C=D -- node", "sources add", "env=C=D" },
    { "policy why a.b --effect reed", NULL, "read, write or destructive, not \"reed\"; did you" },
    { "policy why a.b --channel telnet", NULL, "--channel is mcp, cli, api or web" },
    { "policy why a.b --args {", NULL, "--args is no JSON: " },
    { "log -n 0", NULL, "--limit takes a number from 1 on, not \"0\"" },
    { "log -n many", NULL, "--limit takes a number from 1 on, not \"many\"" },
    { "log show nonsense", NULL, "\"nonsense\" is no id: log show takes exe_... or last" },
    { "log show inp_1", NULL, "\"inp_1\" is no id: log show takes exe_... or last" },
    { "inbox show exe_1", NULL, "\"exe_1\" is no id: inbox show takes inp_..." },
    { "inbox answer last approve", NULL, "\"last\" is no id: inbox answer takes inp_..." },
    { "audit export --from x", NULL, "--from takes a number from 1 on" },
};

static void cut(char *text, char **ret_words)
{
    size_t count = 0;
    char *at = text;

    while (*at) {
        CHECK(count + 1 < ARGS_TEST_WORDS);
        ret_words[count++] = at;
        while (*at && *at != ' ')
            at++;
        if (*at)
            *at++ = '\0';
    }
    ret_words[count] = NULL;
}

static void check_told(const struct args *args, const char *told)
{
    struct str value = str_from(told);
    struct str name = str_split(&value, '=');
    char option[32] = "";

    memcpy(option, name.ptr, name.len);
    assert_true(args_has(args, option));
    if (value.ptr)
        assert_string_equal(args_value(args, option), value.ptr);
}

static void everything_typed_is_understood_or_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(0);
        BUF_CLEANUP struct buf problem = BUF_INIT;
        char *typed = heap_alloc(strlen(cases[i].typed) + 1);
        char *words[ARGS_TEST_WORDS];
        struct args args;
        int r;

        memcpy(typed, cases[i].typed, strlen(cases[i].typed) + 1);
        cut(typed, words);
        r = args_parse(&cli_table, words, arena, &args, &problem);
        if (r != (cases[i].command ? ARGS_OK : ARGS_WRONG))
            fail_msg("%s: %.*s", cases[i].typed, STR_ARG(buf_str(&problem)));
        if (cases[i].command) {
            assert_string_equal(args.command->name, cases[i].command);
            if (cases[i].told)
                check_told(&args, cases[i].told);
        } else if (str_find(buf_str(&problem), str_from(cases[i].told)) == SIZE_MAX) {
            fail_msg("%s: told %.*s", cases[i].typed, STR_ARG(buf_str(&problem)));
        }
        (void)heap_free(typed);
    }
}

static void what_follows_two_dashes_is_left_alone(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf problem = BUF_INIT;
    char typed[] = "sources add docs -- node --yes -- x";
    char *words[ARGS_TEST_WORDS];
    struct args args;

    (void)state;
    cut(typed, words);
    assert_int_equal(args_parse(&cli_table, words, arena, &args, &problem), ARGS_OK);
    assert_int_equal(args.rest_count, 4);
    assert_string_equal(args.rest[1], "--yes");
    assert_false(args_has(&args, "yes"));
    assert_string_equal(args_word(&args, 0), "docs");
    assert_null(args_word(&args, 1));
}

static void distances_count_slips_of_a_finger(void **state)
{
    (void)state;
    assert_int_equal(args_distance(STR("exec"), STR("exec")), 0);
    assert_int_equal(args_distance(STR("ecex"), STR("exec")), 2);
    assert_int_equal(args_distance(STR("eexc"), STR("exec")), 1);
    assert_int_equal(args_distance(STR("log"), STR("")), 3);
    assert_int_equal(args_distance(STR("kitten"), STR("sitting")), 3);
}

static void only_what_is_near_is_proposed(void **state)
{
    static const char *const names[] = { "log", "exec", "sources" };

    (void)state;
    assert_null(args_nearest(STR("foo"), names, ARRAY_COUNT(names)));
    assert_string_equal(args_nearest(STR("lg"), names, ARRAY_COUNT(names)), "log");
    assert_string_equal(args_nearest(STR("ecex"), names, ARRAY_COUNT(names)), "exec");
    assert_string_equal(args_nearest(STR("sorces"), names, ARRAY_COUNT(names)), "sources");
}

static void every_command_explains_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_table.count; i++) {
        BUF_CLEANUP struct buf out = BUF_INIT;

        args_usage(&out, &cli_table, &cli_table.commands[i]);
        assert_true(str_starts(buf_str(&out), STR("writ ")));
        for (struct str rest = buf_str(&out); rest.len > 0;)
            assert_true(str_split(&rest, '\n').len <= 80);
        assert_true(cli_table.commands[i].summary[0] != '\0');
        assert_non_null(cli_table.commands[i].run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_typed_is_understood_or_told),
        cmocka_unit_test(what_follows_two_dashes_is_left_alone),
        cmocka_unit_test(distances_count_slips_of_a_finger),
        cmocka_unit_test(only_what_is_near_is_proposed),
        cmocka_unit_test(every_command_explains_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
