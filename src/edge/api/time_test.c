/* Days that calendars get wrong. */
#include "edge/api/api.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void times_go_both_ways(void **state)
{
    static const struct {
        int64_t at_ms;
        const char *text;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 951782399999, "2000-02-28T23:59:59.999Z" },
        { 951782400000, "2000-02-29T00:00:00.000Z" },
        { 4107542400000, "2100-03-01T00:00:00.000Z" },
        { 1767323045678, "2026-01-02T03:04:05.678Z" },
        { -1, "1969-12-31T23:59:59.999Z" },
        { 253402300799999, "9999-12-31T23:59:59.999Z" },
    };
    CLEANUP(arena_free) struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int64_t back = 7;

        assert_string_equal(api_time(arena, cases[i].at_ms).ptr, cases[i].text);
        assert_true(api_time_parse(str_from(cases[i].text), &back));
        assert_int_equal(back, cases[i].at_ms);
    }
}

static void other_texts_are_no_times(void **state)
{
    static const char *const texts[] = {
        "",
        "2026-01-02",
        "2026-13-02T03:04:05.678Z",
        "2026-01-02T24:04:05.678Z",
        "2026-01-02 03:04:05.678Z",
        "2026-01-02T03:04:05.678+",
        "2026-0a-02T03:04:05.678Z",
    };
    int64_t at_ms = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        assert_false(api_time_parse(str_from(texts[i]), &at_ms));
    assert_int_equal(at_ms, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_go_both_ways),
        cmocka_unit_test(other_texts_are_no_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
