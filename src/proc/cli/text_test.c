/* Tables stand straight, strangers' texts are harmless. */
#include "proc/cli/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void strangers_texts_have_no_power(void **state)
{
    static const struct {
        const char *text;
        const char *clean;
    } cases[] = {
        { "plain", "plain" },
        { "\033[31mred", "\\x1b[31mred" },
        { "a\nb\tc", "a\\nb\\x09c" },
        { "caf\xC3\xA9", "caf\xC3\xA9" },
        { "a\xE2\x80\xAE"
          "b",
          "a\\u{202e}b" },
        { "a\xE2\x80\x8B"
          "b",
          "a\\u{200b}b" },
        { "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80" },
        { "\xF3\xA0\x81\x81", "\\u{e0041}" },
        { "\xFFx\xC3", "\\xffx\\xc3" },
    };
    CLEANUP(arena_free) struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_string_equal(text_clean(arena, str_from(cases[i].text)).ptr, cases[i].clean);
}

static void tables_are_aligned_and_fit(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct text_table table;

    (void)state;
    text_table_init(&table, arena, "NAME|>COUNT|WHAT");
    text_table_add(&table, STR("caf\xC3\xA9"));
    text_table_add(&table, STR("7"));
    text_table_add(&table, STR("a text that is far too long for it"));
    text_table_add(&table, STR("x"));
    text_table_add(&table, STR("12345678"));
    text_table_add(&table, STR("short"));
    table.width = 30;
    text_table_print(&table, &out);
    assert_true(str_is(buf_str(&out), "NAME     COUNT  WHAT\n"
                                      "caf\xC3\xA9         7  a text that...\n"
                                      "x     12345678  short\n"));
    buf_clear(&out);
    table.width = 0;
    text_table_print(&table, &out);
    assert_true(str_find(buf_str(&out), STR("for it\n")) != SIZE_MAX);
}

static void long_lines_break_between_words(void **state)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    (void)state;
    buf_add_c(&out, "first\n  --name ");
    text_add_wrapped(&out,
                     STR("a text that goes on until it would pass the eightieth column, and more "
                         "words than it holds"),
                     9);
    assert_true(
        str_is(buf_str(&out),
               "first\n"
               "  --name a text that goes on until it would pass the eightieth column, and more\n"
               "         words than it holds"));
}

static void spans_are_what_people_say(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        { -5, "0 ms" },    { 0, "0 ms" },      { 999, "999 ms" },  { 1000, "1.0 s" },
        { 3250, "3.2 s" }, { 60000, "1 min" }, { 7200000, "2 h" }, { 259200000, "3 d" },
    };
    CLEANUP(arena_free) struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_string_equal(text_span(arena, cases[i].ms).ptr, cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_texts_have_no_power),
        cmocka_unit_test(tables_are_aligned_and_fit),
        cmocka_unit_test(long_lines_break_between_words),
        cmocka_unit_test(spans_are_what_people_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
