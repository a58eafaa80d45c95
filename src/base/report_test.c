/* Problems are collected, and counted where they are too many; faults keep their frames. */
#include "base/report.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void problems_are_copied_and_bounded(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    char path[] = "/a";
    struct report report;

    (void)state;
    report_init(&report, arena);
    for (unsigned i = 0; i < REPORT_PROBLEMS_MAX + 3; i++)
        report_add(&report, str_from(path), "type", "problem %u", i);
    path[1] = 'z';
    assert_int_equal(report.count, REPORT_PROBLEMS_MAX);
    assert_int_equal(report.dropped, 3);
    assert_true(str_is(report.problems[0].path, "/a"));
    assert_true(str_is(report.problems[1].sentence, "problem 1"));
    assert_true(str_is(report.problems[1].rule, "type"));
}

static int inner(void)
{
    return RAISE(-ENOSPC);
}

static int outer(void)
{
    return TRACE(inner());
}

static void a_fault_names_its_frames(void **state)
{
    char text[400];
    char small[10];

    (void)state;
    assert_int_equal(outer(), -ENOSPC);
    err_print(text, sizeof(text));
    assert_non_null(strstr(text, "inner"));
    assert_non_null(strstr(text, "outer"));
    assert_non_null(strstr(text, "No space left"));
    err_print(small, sizeof(small));
    assert_int_equal(strlen(small), sizeof(small) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems_are_copied_and_bounded),
        cmocka_unit_test(a_fault_names_its_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
