/* A story is gathered from events of many, and told in words. */
#include "proc/cli/ledger.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const lines[] = {
    "[{\"type\":\"execution.received\",\"execution\":7,\"id\":\"exe_a\",\"who\":{\"actor\":"
    "\"person:1\",\"channel\":\"cli\"},\"code\":\"x\"}]",
    "[{\"type\":\"execution.received\",\"execution\":71,\"id\":\"exe_b\"}]",
    "[{\"type\":\"call.received\",\"execution\":7,\"call\":1,\"address\":\"d.read\","
    "\"args\":{\"path\":\"a\"}},{\"type\":\"call.frozen\","
    "\"rule\":\"default-read\",\"layer\":\"default\",\"writ\":\"wri_00g40r00000000000000000009\","
    "\"capability\":null}]",
    "[{\"type\":\"call.received\",\"execution\":71,\"call\":1,\"address\":\"d.other\"}]",
    "[{\"type\":\"call.running\",\"execution\":7,\"call\":1,\"attempt\":1}]",
    "[{\"type\":\"call.done\",\"execution\":7,\"call\":1,\"conformance\":\"ok\"}]",
    "[{\"type\":\"call.received\",\"execution\":7,\"call\":2,\"address\":\"d.write\",\"effect\":"
    "\"write\"},{\"type\":\"call.waiting\",\"input\":\"inp_00g40r00000000000000000009\",\"rule\":"
    "\"default-write\",\"layer\":\"default\"},{\"type\":\"input.opened\",\"input\":\"inp_"
    "00g40r00000000000000000009\","
    "\"kind\":\"approval\",\"execution\":7,\"call\":2,\"title\":\"may it?\"}]",
    "[{\"type\":\"input.answered\",\"input\":\"inp_00g40r00000000000000000009\",\"answer\":"
    "\"deny\",\"who\":{\"actor\":"
    "\"person:1\"},\"via\":\"cli\",\"answered\":\"verified\"}]",
    "[{\"type\":\"call.refused\",\"execution\":7,\"call\":2,\"error\":{\"code\":\"refused\","
    "\"message\":\"a person said no\"}}]",
    "[{\"type\":\"execution.ended\",\"execution\":7,\"state\":\"failed\",\"error\":{\"code\":"
    "\"program\",\"message\":\"a \\u001b[31mrefusal\"},\"calls\":2}]",
};

/* Tells all lines, 10 ms apart; gives how many events were the story's. */
static size_t tell(struct ledger_story *story, struct buf *words)
{
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        struct log_line line = { .events = str_from(lines[i]) };
        const struct json_value *event;
        struct json_iter iter;
        bool may = ledger_may_tell(story, &line);

        iter = json_iter(ledger_parse(story->arena, line.events));
        while ((event = json_next(&iter))) {
            bool told = ledger_tell(story, event, 1000 + (int64_t)i * 10);

            assert_true(!told || may);
            count += told;
            if (told) {
                ledger_print_event(story->arena, event, words);
                buf_add_char(words, '\n');
            }
        }
    }
    return count;
}

static void a_story_has_its_own_events_only(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf said = BUF_INIT;
    struct ledger_story story = { .arena = arena, .id = STR("exe_a") };

    (void)state;
    assert_int_equal(tell(&story, &said), 11);
    assert_int_equal(story.execution, 7);
    assert_int_equal(story.calls.count, 2);
    assert_true(str_is(story.calls.at[0].address, "d.read"));
    assert_true(str_is(story.calls.at[0].state, "done"));
    assert_true(str_is(story.calls.at[0].rule, "default-read"));
    assert_int_equal(story.calls.at[0].settled_ms - story.calls.at[0].running_ms, 10);
    assert_true(str_is(story.calls.at[1].state, "refused"));
    assert_true(str_is(story.calls.at[1].person, "deny by person:1 (cli, verified)"));
    assert_true(str_is(story.calls.at[1].note, "refused: a person said no"));
    assert_true(str_is(story.state, "failed"));
    ledger_story_fini(&story);
}

static void events_are_told_in_words(void **state)
{
    static const char *const parts[] = {
        "a program arrived from person:1 over cli\n",
        "#1 d.read {\"path\":\"a\"}\n",
        "#1 allowed, by rule default-read of layer default, wri_00g40r00000000000000000009\n",
        ("#2 waits for a person, by rule default-write of layer default, "
         "inp_00g40r00000000000000000009\n"),
        "answered: deny by person:1, cli, verified\n",
        "#2 refused, refused: a person said no\n",
        "ended: failed, program: a \\x1b[31mrefusal\n",
    };
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf said = BUF_INIT;
    struct ledger_story story = { .arena = arena, .id = STR("exe_a") };

    (void)state;
    (void)tell(&story, &said);
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
        if (str_find(buf_str(&said), str_from(parts[i])) == SIZE_MAX)
            fail_msg("\"%s\" is not in:\n%.*s", parts[i], STR_ARG(buf_str(&said)));
    ledger_story_fini(&story);
}

/* Of an event that a later version wrote, what is shared is still known. */
static void what_is_shared_comes_back(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    const struct json_value *events = ledger_parse(
        arena, STR("[{\"type\":\"call.conforming\",\"execution\":7,\"call\":1},"
                   "{\"type\":\"call.invented\",\"execution\":8,\"call\":2,\"new\":[1]},"
                   "{\"type\":\"call.conforming\"}]"));

    (void)state;
    assert_true(str_is(json_text(arena, events),
                       "[{\"type\":\"call.conforming\",\"execution\":7,\"call\":1},"
                       "{\"type\":\"call.invented\",\"execution\":8,\"call\":2,\"new\":[1]},"
                       "{\"type\":\"call.conforming\",\"execution\":8,\"call\":2}]"));
    assert_null(ledger_parse(arena, STR("{}")));
    assert_null(ledger_parse(arena, STR("[")));
}

static void calls_stand_in_a_table(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf said = BUF_INIT;
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct ledger_story story = { .arena = arena, .id = STR("exe_a") };
    struct json_error error;
    struct text_table table;
    struct json_doc doc;

    (void)state;
    (void)tell(&story, &said);
    ledger_print_calls(&story, &table);
    assert_int_equal(table.cell_count, 2 * table.columns);
    ledger_print_calls_json(&story, &out);
    assert_int_equal(json_parse(arena, buf_str(&out), NULL, &error, &doc), JSON_PARSED);
    assert_int_equal(json_count(doc.root), 2);
    ledger_story_fini(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_has_its_own_events_only),
        cmocka_unit_test(events_are_told_in_words),
        cmocka_unit_test(what_is_shared_comes_back),
        cmocka_unit_test(calls_stand_in_a_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
