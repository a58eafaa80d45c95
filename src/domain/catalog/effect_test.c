#include "domain/catalog/test.h"

static struct str part(struct str *rest)
{
    return str_trim(str_split(rest, '|'));
}

static void classes(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct str rest = test_cases(CASES_DIR "/effect.cases", arena);
    struct str lines[2];
    size_t count = 0;

    while (test_case_next(&rest, lines, 2) == 2) {
        struct str line = lines[0];
        struct event_tool tool = { .name = part(&line) };

        tool.hints = part(&line);
        tool.description = part(&line);
        struct str got = event_effect_name(catalog__effect_of(&tool, arena));
        if (!str_equal(got, lines[1]))
            fail_msg("%.*s: is %.*s", STR_ARG(lines[0]), STR_ARG(got));
        count++;
    }
    assert_true(count >= 30);
}

static void words(void **state UNUSED)
{
    static const char *const rows[][2] = {
        { "readFile2", "read file2 " },
        { "HTTPServer", "http server " },
        { "read_file-2", "read file 2 " },
        { "listURLs", "list urls " },
        { "getV2Item", "get v2 item " },
        { "  ", "" },
        { "URLs", "urls " },
        { "APIs and IDs", "apis and ids " },
    };

    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct buf out BUF_CLEANUP = BUF_INIT;
        struct catalog__word word;
        size_t at = 0;

        while (catalog__word_next(str_from(rows[i][0]), &at, &word)) {
            buf_add_str(&out, catalog__word_str(&word));
            buf_add_char(&out, ' ');
        }
        buf_add_char(&out, 0);
        assert_string_equal(out.ptr, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(classes), cmocka_unit_test(words) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
