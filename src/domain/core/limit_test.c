/* What others can make grow: keys that are remembered, timers that fall due, lists of sources. */
#include "domain/core/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY_MS 86400000

/* A core and the next line of its log. */
struct bench {
    struct core *core;
    struct arena *turn;
    struct core_update update;
    uint64_t seq;
    int64_t now_ms;
};

static void step(struct bench *bench, struct command *command)
{
    command->now_ms = bench->now_ms;
    memcpy(command->entropy, &bench->seq, sizeof(bench->seq));
    arena_reset(bench->turn);
    core_sweep(bench->core);
    core_step(bench->core, command, bench->seq, &bench->update);
    bench->seq += bench->update.events.count > 0;
}

static struct bench open_bench(void)
{
    struct bench bench = { .core = core_new(), .turn = arena_new(0), .seq = 1, .now_ms = 1000 };
    struct command open = { .type = COMMAND_OPEN };

    core_update_init(&bench.update, bench.turn);
    step(&bench, &open);
    return bench;
}

static void close_bench(struct bench *bench)
{
    core_update_fini(&bench->update);
    (void)arena_free(bench->turn);
    (void)core_free(bench->core);
}

/* What became of a request: its execution, or 0 and the error. */
static uint64_t ask(struct bench *bench, const char *actor, uint64_t key, struct str code,
                    struct msg_error *ret_error)
{
    struct command command = { .type = COMMAND_EXECUTE, .token = 7 };
    char text[24];

    (void)snprintf(text, sizeof(text), "k%llu", (unsigned long long)key);
    command.as.execute.who.actor = str_from(actor);
    command.as.execute.code = code;
    command.as.execute.key = key ? str_from(text) : STR_NULL;
    step(bench, &command);
    for (size_t i = 0; i < bench->update.effects.count; i++) {
        if (bench->update.effects.at[i].type == EFFECT_RECEIVED)
            return bench->update.effects.at[i].execution;
        if (bench->update.effects.at[i].type == EFFECT_REPLY)
            *ret_error = bench->update.effects.at[i].error;
    }
    return 0;
}

static void end(struct bench *bench, uint64_t execution, struct str result)
{
    struct command command = { .type = COMMAND_REPORT };

    command.as.report.execution = execution;
    command.as.report.state = MSG_REPORT_STATE_DONE;
    command.as.report.result = result;
    step(bench, &command);
}

static uint64_t done(struct bench *bench, const char *actor, uint64_t key)
{
    struct msg_error error = { 0 };
    uint64_t execution = ask(bench, actor, key, STR("return 1"), &error);

    assert_true(execution > 0);
    end(bench, execution, STR("1"));
    return execution;
}

static void keys_of_one_actor_are_limited_in_number(void **state)
{
    struct bench bench = open_bench();
    struct msg_error error = { 0 };

    (void)state;
    for (uint64_t key = 1; key <= LIMIT_KEY_COUNT; key++)
        (void)done(&bench, "agent:a", key);
    assert_int_equal(ask(&bench, "agent:a", LIMIT_KEY_COUNT + 1, STR("return 1"), &error), 0);
    assert_true(str_is(error.code, "busy"));
    assert_true(str_find(error.message, STR("as many of your idempotency keys")) == 0);
    /* What it used is remembered, and joins what it named. */
    assert_int_equal(ask(&bench, "agent:a", 1, STR("return 1"), &error), 2);
    /* Without a key it may go on, and nobody else notices. */
    assert_true(ask(&bench, "agent:a", 0, STR("return 1"), &error) > 0);
    (void)done(&bench, "agent:b", 1);
    /* A day later they are forgotten. */
    bench.now_ms += DAY_MS + 1;
    (void)done(&bench, "agent:b", 2);
    (void)done(&bench, "agent:a", LIMIT_KEY_COUNT + 1);
    assert_true(core_counts(bench.core).kept < 10);
    close_bench(&bench);
}

static void keys_of_one_actor_are_limited_in_memory(void **state)
{
    struct bench bench = open_bench();
    struct msg_error error = { 0 };
    size_t len = 1 << 20;
    char *text = test_calloc(1, len);
    uint64_t taken = 0;

    (void)state;
    memset(text, '1', len);
    for (uint64_t key = 1; key <= LIMIT_KEY_COUNT; key++) {
        uint64_t execution = ask(&bench, "agent:a", key, STR("return 1"), &error);

        if (!execution)
            break;
        end(&bench, execution, str_of(text, len));
        taken = key;
    }
    assert_in_range(taken, LIMIT_KEY_BYTES / (2 * len), LIMIT_KEY_BYTES / len + 1);
    assert_true(str_is(error.code, "busy"));
    assert_true(str_find(error.message, STR("what your idempotency keys keep")) == 0);
    bench.now_ms += DAY_MS + 1;
    (void)done(&bench, "agent:b", 1);
    (void)done(&bench, "agent:a", taken + 1);
    test_free(text);
    close_bench(&bench);
}

static void a_key_of_what_was_cancelled_is_free_at_once(void **state)
{
    struct bench bench = open_bench();
    struct msg_error error = { 0 };

    (void)state;
    for (uint64_t key = 1; key <= LIMIT_KEY_COUNT + 100; key++) {
        struct command cancel = { .type = COMMAND_CANCEL };

        cancel.as.cancel.execution = ask(&bench, "agent:a", key, STR("return 1"), &error);
        cancel.as.cancel.reason = STR("enough");
        assert_true(cancel.as.cancel.execution > 0);
        step(&bench, &cancel);
    }
    assert_int_equal(core_counts(bench.core).kept, 0);
    close_bench(&bench);
}

static void timers_of_one_program_are_limited(void **state)
{
    struct bench bench = open_bench();
    struct msg_error error = { 0 };
    uint64_t execution = ask(&bench, "agent:a", 0, STR("setInterval(f)"), &error);
    const struct execution *found = core_execution(bench.core, execution);
    uint32_t fell = 0;

    (void)state;
    while (found->state == EVENT_EXECUTION_STATE_RUNNING) {
        struct msg_program_timer timer = { .timer = fell + 1, .due_ms = bench.now_ms + 4 };
        struct command report = { .type = COMMAND_REPORT };
        struct command tick = { .type = COMMAND_TICK };

        report.as.report.execution = execution;
        report.as.report.state = MSG_REPORT_STATE_WAITING;
        report.as.report.delivered = fell;
        report.as.report.timers = &timer;
        report.as.report.timers_count = 1;
        step(&bench, &report);
        bench.now_ms += 4;
        step(&bench, &tick);
        fell += found->state == EVENT_EXECUTION_STATE_RUNNING;
        assert_true(fell <= LIMIT_PROGRAM_TIMERS);
    }
    assert_int_equal(fell, LIMIT_PROGRAM_TIMERS);
    assert_int_equal(found->state, EVENT_EXECUTION_STATE_FAILED);
    assert_true(str_is(found->error.code, "limit"));
    close_bench(&bench);
}

/* A source offers tool number so and so, of 100 kB: is that recorded? */
static bool listed(struct bench *bench, const struct catalog_source *source, unsigned int number)
{
    static char words[100000];
    char name[24];
    struct msg_tool tool = { 0 };
    struct command command = { .type = COMMAND_SOURCE_REPORT };
    uint32_t version = source->version;

    memset(words, 'x', sizeof(words));
    (void)snprintf(name, sizeof(name), "t%u", number);
    tool.name = str_from(name);
    tool.description = str_of(words, sizeof(words));
    command.as.source_report = (struct msg_source_report){ .source = source->source,
                                                           .state = MSG_SOURCE_STATE_CONNECTED,
                                                           .listed = true,
                                                           .tools = &tool,
                                                           .tools_count = 1 };
    step(bench, &command);
    return source->version > version;
}

static uint64_t later(const struct bench *bench)
{
    for (size_t i = 0; i < bench->update.effects.count; i++)
        if (bench->update.effects.at[i].type == EFFECT_SOURCE_LATER)
            return bench->update.effects.at[i].number;
    return 0;
}

static const struct catalog_source *added(struct bench *bench)
{
    struct str word = STR("server");
    struct command command = { .type = COMMAND_SOURCE_ADD };

    command.as.source_add.name = STR("s");
    command.as.source_add.kind = MSG_SOURCE_KIND_MCP_STDIO;
    command.as.source_add.argv = &word;
    command.as.source_add.argv_count = 1;
    command.as.source_add.who.actor = STR("person:p");
    command.as.source_add.who.verified = true;
    step(bench, &command);
    return catalog_source_named(core_catalog(bench->core), STR("s"));
}

static void what_always_offers_something_else_is_recorded_now_and_then(void **state)
{
    struct bench bench = open_bench();
    const struct catalog_source *source = added(&bench);
    unsigned int number = 0;
    size_t lists = 0;

    (void)state;
    while (listed(&bench, source, number++)) {
        bench.now_ms++;
        assert_true(++lists < 1000);
    }
    assert_in_range(lists, 160, 175); /* 16 MiB */
    assert_true(str_find(source->reason, STR("it changes what it offers all the time")) == 0);
    assert_int_equal(source->state, MSG_SOURCE_STATE_CONNECTED);
    lists = 0;
    for (int64_t until_ms = bench.now_ms + DAY_MS / 2; bench.now_ms < until_ms;) {
        assert_true(later(&bench) > 0);
        bench.now_ms += (int64_t)later(&bench); /* Then it is listed again. */
        assert_true(listed(&bench, source, number++));
        assert_int_equal(source->reason.len, 0);
        assert_false(listed(&bench, source, number++));
        assert_false(listed(&bench, source, number - 2)); /* As it was: it may change back. */
        assert_int_equal(bench.update.events.count, 0);
        assert_false(listed(&bench, source, number++));
        assert_int_equal(bench.update.events.count, 0);
        lists++;
    }
    assert_in_range(lists * 100000, 23 << 20, 26 << 20); /* 2 MiB an hour */
    bench.now_ms += 2 * (int64_t)DAY_MS;
    for (lists = 0; listed(&bench, source, number++); lists++)
        assert_true(lists < 1000);
    assert_in_range(lists, 160, 175);
    close_bench(&bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_one_actor_are_limited_in_number),
        cmocka_unit_test(keys_of_one_actor_are_limited_in_memory),
        cmocka_unit_test(a_key_of_what_was_cancelled_is_free_at_once),
        cmocka_unit_test(timers_of_one_program_are_limited),
        cmocka_unit_test(what_always_offers_something_else_is_recorded_now_and_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
