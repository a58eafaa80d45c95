/* The generated tables: errors and limits. */
#include "model/error.h"
#include "model/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void every_error_has_a_name_and_a_way_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ERROR_CODE_COUNT; i++) {
        const struct error_info *info = error_info((enum error_code)i);
        enum error_code code = ERROR_INVALID;

        assert_true(error_parse(info->name, &code));
        assert_int_equal(code, i);
        assert_true(str_equal(error_name(code), info->name));
        assert_true(info->way_out.len > 10);
        assert_true(info->http_status >= 200 && info->http_status < 600);
        assert_true(info->exit_code > 0 && info->exit_code < 256);
    }
}

static void what_is_no_error_is_not_found(void **state)
{
    enum error_code code = ERROR_BUSY;

    (void)state;
    assert_false(error_parse(STR("Busy"), &code));
    assert_false(error_parse(STR_NULL, &code));
    assert_int_equal(code, ERROR_BUSY);
}

static void every_limit_is_found_and_below_its_ceiling(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LIMIT_COUNT; i++) {
        const struct limit_info *info = limit_info((enum limit_id)i);
        enum limit_id id = LIMIT_ID_PROGRAM_CALLS;

        assert_true(limit_parse(info->name, &id));
        assert_int_equal(id, i);
        assert_true(info->standard > 0 && info->standard <= info->ceiling);
    }
    assert_int_equal(limit_info(LIMIT_ID_PROGRAM_CALLS)->standard, LIMIT_PROGRAM_CALLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_and_a_way_out),
        cmocka_unit_test(what_is_no_error_is_not_found),
        cmocka_unit_test(every_limit_is_found_and_below_its_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
