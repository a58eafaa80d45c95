/* What is sealed is read as it was, and cannot be changed. */
#include "sys/sealed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

static void test_what_is_sealed_is_read_and_not_changed(void **state)
{
    char got[16] = "";
    int fd = sealed_open(STR("as it was"));

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof(got)), 9);
    assert_string_equal(got, "as it was");
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(close(fd), 0);
}

static void test_parts_follow_each_other(void **state)
{
    const struct str parts[] = { STR("one"), STR(""), STR("two") };
    char got[16] = "";
    int fd = sealed_open_parts(parts, ARRAY_COUNT(parts));

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof(got)), 6);
    assert_string_equal(got, "onetwo");
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(close(fd), 0);
}

static void test_nothing_is_sealed_too(void **state)
{
    char got[1];
    int fd = sealed_open(STR(""));

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof(got)), 0);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sealed_is_read_and_not_changed),
        cmocka_unit_test(test_parts_follow_each_other),
        cmocka_unit_test(test_nothing_is_sealed_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
