/* Views of text. */
#include "base/str.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void views_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(str_equal(STR(""), STR_NULL));
    assert_true(str_is(STR("a"), "a"));
    assert_false(str_equal(STR("a"), STR("ab")));
    assert_true(str_compare(STR("a"), STR("ab")) < 0);
    assert_true(str_compare(STR("b"), STR("ab")) > 0);
    assert_int_equal(str_compare(STR_NULL, STR("")), 0);
    assert_true(str_compare(STR("\xFF"), STR("a")) > 0);
}

static void parts_are_found(void **state)
{
    struct str text = STR("one.two.three");

    (void)state;
    assert_true(str_starts(text, STR("one")) && str_starts(text, STR_NULL));
    assert_true(str_ends(text, STR("three")) && !str_ends(STR("e"), STR("ee")));
    assert_int_equal(str_find(text, STR("two")), 4);
    assert_int_equal(str_find(text, STR("four")), SIZE_MAX);
    assert_int_equal(str_find(STR_NULL, STR("x")), SIZE_MAX);
    assert_int_equal(str_find_char(text, '.'), 3);
    assert_int_equal(str_find_char(STR_NULL, '.'), SIZE_MAX);
    assert_true(str_is(str_slice(text, 4, 7), "two"));
    assert_true(str_is(str_slice(text, 8, 1000), "three"));
    assert_int_equal(str_slice(text, 9, 2).len, 0);
    assert_true(str_is(str_trim(STR(" \t\r\n x y \v\f")), "x y"));
    assert_int_equal(str_trim(STR("  ")).len, 0);
}

static void text_is_split_to_the_last_part(void **state)
{
    struct str rest = STR("a,,b,");
    const char *const parts[] = { "a", "", "b", "" };
    size_t count = 0;

    (void)state;
    while (rest.ptr)
        assert_true(str_is(str_split(&rest, ','), parts[count++]));
    assert_int_equal(count, ARRAY_COUNT(parts));
}

static void numbers_are_whole_or_refused(void **state)
{
    static const char *const wrong[] = { "",
                                         "-",
                                         "+1",
                                         " 1",
                                         "1 ",
                                         "1.0",
                                         "0x1",
                                         "18446744073709551616",
                                         "9223372036854775808",
                                         "-9223372036854775809" };
    uint64_t u = 7;
    int64_t i = 7;

    (void)state;
    for (size_t n = 0; n < ARRAY_COUNT(wrong); n++)
        assert_false(str_to_i64(str_from(wrong[n]), &i));
    assert_int_equal(i, 7);
    assert_false(str_to_u64(STR("18446744073709551616"), &u));
    assert_false(str_to_u64(STR_NULL, &u));
    assert_int_equal(u, 7);
    assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
}

static void utf8_is_checked_by_the_table(void **state)
{
    static const char *const good[] = { "",
                                        "a",
                                        "\xC2\x80",
                                        "\xE0\xA0\x80",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xF0\x90\x80\x80",
                                        "\xF4\x8F\xBF\xBF" };
    static const char *const bad[] = { "\x80",
                                       "\xC1\xBF",
                                       "\xC2",
                                       "\xE0\x9F\xBF",
                                       "\xED\xA0\x80",
                                       "\xF0\x8F\xBF\xBF",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xE2\x82",
                                       "a\xFF" };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        assert_true(str_is_utf8(str_from(good[i])));
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(str_is_utf8(str_from(bad[i])));
}

/* ASCII is looked at in eights: what is not may begin, and end, at each place of one. */
static void utf8_is_checked_wherever_it_stands(void **state)
{
    static const char *const parts[] = { "\xC2\x80", "\xE2\x82\xAC", "\xF0\x90\x80\x80" };

    (void)state;
    for (size_t before = 0; before < 20; before++) {
        for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
            char text[32] = "";
            size_t len = before + strlen(parts[i]);

            memset(text, 'a', sizeof(text));
            memcpy(text + before, parts[i], strlen(parts[i]));
            assert_true(str_is_utf8(str_of(text, sizeof(text))));
            assert_true(str_is_utf8(str_of(text, len)));
            assert_false(str_is_utf8(str_of(text, len - 1)));
            assert_int_equal(str_utf8_cut(str_of(text, sizeof(text)), len - 1), before);
            assert_int_equal(str_utf8_cut(str_of(text, sizeof(text)), len), len);
            assert_int_equal(str_utf8_cut(str_of(text, sizeof(text)), 99), sizeof(text));
            text[before] = 'a';
            assert_false(str_is_utf8(str_of(text, sizeof(text))));
        }
    }
}

static void copies_end_with_a_nul(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);

    (void)state;
    assert_string_equal(str_copy(arena, str_of("abcdef", 3)).ptr, "abc");
    assert_string_equal(str_c(arena, STR_NULL), "");
    assert_true(str_is(str_printf(arena, "%d-%.*s", 3, STR_ARG(STR("xyz"))), "3-xyz"));
}

static void utf8_is_written_by_the_table(void **state)
{
    static const struct {
        uint32_t point;
        struct str bytes;
    } rows[] = {
        { 0, { "\0", 1 } },
        { 0x7F, { "\x7F", 1 } },
        { 0x80, { "\xC2\x80", 2 } },
        { 0x7FF, { "\xDF\xBF", 2 } },
        { 0x800, { "\xE0\xA0\x80", 3 } },
        { 0xFFFF, { "\xEF\xBF\xBF", 3 } },
        { 0x10000, { "\xF0\x90\x80\x80", 4 } },
        { 0x10FFFF, { "\xF4\x8F\xBF\xBF", 4 } },
    };
    char out[4];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(str_utf8_write(out, rows[i].point), rows[i].bytes.len);
        assert_memory_equal(out, rows[i].bytes.ptr, rows[i].bytes.len);
    }
    assert_int_equal(str_utf8_write(out, 0xD800), 3);
    assert_false(str_is_utf8(str_of(out, 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_compare_by_bytes),
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(text_is_split_to_the_last_part),
        cmocka_unit_test(numbers_are_whole_or_refused),
        cmocka_unit_test(utf8_is_checked_by_the_table),
        cmocka_unit_test(utf8_is_checked_wherever_it_stands),
        cmocka_unit_test(utf8_is_written_by_the_table),
        cmocka_unit_test(copies_end_with_a_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
