/* What the tests of this room share: one engine, programs run to their end. */
#ifndef WRIT_PROC_WORKER_TEST_H
#define WRIT_PROC_WORKER_TEST_H

#include "proc/worker/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct worker_test {
    struct worker_engine *engine;
    struct worker_program *program;
    const struct worker_report *report;
    uint64_t delivered;
    int64_t at_ms;
};

static inline struct worker_spec test_spec(const char *code)
{
    return (struct worker_spec){
        .execution = 7,
        .code = str_from(code),
        .seed = "sixteen bytes..",
        .at_ms = 1700000000000,
        .limits = { 100, 2000, 32U << 20, 1U << 20 },
    };
}

static inline void test_start_spec(struct worker_test *test, const struct worker_spec *spec)
{
    worker_program_free(test->program);
    test->program = NULL;
    test->delivered = 0;
    test->at_ms = spec->at_ms;
    assert_int_equal(worker_program_start(test->engine, spec, &test->program, &test->report), 0);
}

static inline void test_start(struct worker_test *test, const char *code)
{
    struct worker_spec spec = test_spec(code);
    test_start_spec(test, &spec);
}

static inline void test_deliver(struct worker_test *test, struct worker_delivery delivery)
{
    delivery.index = ++test->delivered;
    delivery.at_ms = ++test->at_ms;
    assert_int_equal(worker_program_deliver(test->program, &delivery, &test->report), 0);
    assert_int_equal(test->report->delivered, test->delivered);
}

static inline void test_answer(struct worker_test *test, uint32_t call, const char *json)
{
    test_deliver(test, (struct worker_delivery){
                           .kind = WORKER_DELIVERY_RESULT, .call = call, .value = str_from(json) });
}

#define assert_str(text, expected)                                                                 \
    do {                                                                                           \
        struct str assert_text = (text);                                                           \
        if (!str_is(assert_text, expected))                                                        \
            fail_msg("expected %s\n  but found %.*s", expected, STR_ARG(assert_text));             \
    } while (0)

#define assert_has(text, expected)                                                                 \
    do {                                                                                           \
        struct str assert_text = (text);                                                           \
        if (str_find(assert_text, str_from(expected)) == SIZE_MAX)                                 \
            fail_msg("expected ...%s...\n  but found %.*s", expected, STR_ARG(assert_text));       \
    } while (0)

static inline void test_result(struct worker_test *test, const char *code, const char *json)
{
    test_start(test, code);
    if (test->report->state == WORKER_FAILED)
        fail_msg("%s\n  failed: %.*s", code, STR_ARG(test->report->error.message));
    assert_int_equal(test->report->state, WORKER_DONE);
    assert_str(test->report->result, json);
}

static inline const struct worker_error *test_error(struct worker_test *test, const char *code,
                                                    const char *fault, const char *message)
{
    test_start(test, code);
    assert_int_equal(test->report->state, WORKER_FAILED);
    const struct worker_error *error = &test->report->error;
    assert_str(error->code, fault);
    assert_has(error->message, message);
    return error;
}

static inline int test_setup(void **state)
{
    struct worker_test *test = heap_alloc(sizeof(*test));
    struct worker_engine_config config = { .warm_count = 2 };
    assert_int_equal(worker_engine_new(&config, &test->engine), 0);
    *state = test;
    return 0;
}

static inline int test_teardown(void **state)
{
    struct worker_test *test = *state;
    worker_program_free(test->program);
    worker_engine_free(test->engine);
    heap_free(test);
    return 0;
}

#endif
