/* What is ready comes once, in order; time comes when it is due. Over both sys. */
#include "sys/loop.h"

#include "base/str.h"
#include "sys/clock.h"
#include "sys/test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_the_queue(void **state)
{
    struct loop *loop = NULL;
    struct loop_ready ready[3] = { { .kind = 0 }, { .kind = 1 }, { .kind = 2 } };

    (void)state;
    assert_int_equal(loop_new(&loop), 0);
    for (int i = 0; i < 3; i++)
        loop_queue(loop, &ready[i]);
    loop_queue(loop, &ready[0]);
    loop_unqueue(loop, &ready[1]);
    loop_unqueue(loop, &ready[1]);
    /* It does not sleep while something is ready. */
    assert_int_equal(loop_run_once(loop, -1), 0);
    assert_ptr_equal(loop_next(loop), &ready[0]);
    assert_ptr_equal(loop_next(loop), &ready[2]);
    assert_null(loop_next(loop));
    loop = loop_free(loop);
}

static void test_timers(void **state)
{
    struct loop *loop = NULL;
    struct loop_ready early = { .kind = 1 };
    struct loop_ready late = { .kind = 2 };
    struct loop_timer *a;
    struct loop_timer *b;
    int64_t began_ns;

    (void)state;
    assert_int_equal(loop_new(&loop), 0);
    a = loop_timer_new(loop, &early);
    b = loop_timer_new(loop, &late);
    began_ns = clock_mono_ns();
    loop_timer_set(a, began_ns + 5000000);
    loop_timer_set(b, began_ns + 15000000);
    while (!early.queued)
        test_turn(loop, 4);
    assert_true(clock_mono_ns() - began_ns >= 5000000);
    assert_ptr_equal(loop_next(loop), &early);
    while (!late.queued)
        test_turn(loop, 4);
    assert_true(clock_mono_ns() - began_ns >= 15000000);
    assert_false(early.queued);
    loop_timer_set(a, 1);
    assert_int_equal(loop_run_once(loop, 0), 0);
    assert_true(early.queued);
    loop_timer_stop(a);
    assert_false(early.queued);
    (void)loop_timer_free(a);
    (void)loop_timer_free(b);
    assert_null(loop_next(loop));
    loop = loop_free(loop);
}

static void test_watching_a_descriptor(void **state)
{
    struct loop *loop = NULL;
    struct loop_ready ready = { .kind = 1 };
    struct loop_watch *watch = NULL;
    int fds[2];

    (void)state;
    test_pipe(fds);
    assert_int_equal(loop_new(&loop), 0);
    assert_int_equal(loop_watch_new(loop, fds[0], &ready, &watch), 0);
    assert_int_equal(loop_watch_set(watch, LOOP_READ), 0);
    test_turn(loop, 0);
    assert_null(loop_next(loop));
    assert_true(loop_is_quiet(loop));
    test_close(fds[1]);
    assert_false(loop_is_quiet(loop));
    test_turn(loop, 100);
    assert_false(loop_is_quiet(loop));
    assert_ptr_equal(loop_next(loop), &ready);
    assert_true(loop_watch_take(watch) != 0);
    assert_int_equal(loop_watch_take(watch), 0);
    watch = loop_watch_free(watch);
    test_close(fds[0]);
    loop = loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_queue),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_watching_a_descriptor),
    };

    test_world();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
