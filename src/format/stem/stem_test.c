#include "format/stem/stem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void one_stem_for_all_forms(void **state UNUSED)
{
    static const char *const rows[][2] = {
        { "create", "creat" },
        { "creates", "creat" },
        { "creating", "creat" },
        { "issues", "issu" },
        { "issue", "issu" },
        { "repositories", "repositori" },
        { "repository", "repositori" },
        { "x", "x" },
        { "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9" },
    };
    struct stem *stem CLEANUP(stem_free) = stem_new();

    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct str got = stem_word(stem, str_from(rows[i][0]));

        if (!str_is(got, rows[i][1]))
            fail_msg("%s: is %.*s", rows[i][0], STR_ARG(got));
    }
    assert_int_equal(stem_word(stem, STR("")).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(one_stem_for_all_forms) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
