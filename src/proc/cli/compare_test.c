/* What a person reads of two definitions. */
#include "format/json/json.h"
#include "proc/cli/compare.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void texts(const char *before, const char *after, const char *shown)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf out BUF_CLEANUP = BUF_INIT;
    const struct compare compare = { arena, &out, false };

    compare_text(&compare, before ? str_from(before) : STR_NULL,
                 after ? str_from(after) : STR_NULL);
    assert_string_equal(buf_str(&out).len ? str_copy(arena, buf_str(&out)).ptr : "", shown);
}

static const struct json_value *value(struct arena *arena, const char *text)
{
    struct json_error error;
    struct json_doc doc;

    assert_int_equal(json_parse(arena, str_from(text), NULL, &error, &doc), JSON_PARSED);
    return doc.root;
}

static void values(const char *before, const char *after, const char *shown)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf out BUF_CLEANUP = BUF_INIT;
    const struct compare compare = { arena, &out, false };

    compare_json(&compare, value(arena, before), value(arena, after));
    assert_string_equal(buf_str(&out).len ? str_copy(arena, buf_str(&out)).ptr : "", shown);
}

static void only_lines_that_differ_are_shown(void **state)
{
    (void)state;
    texts("a\nb\nc", "a\nx\ny\nc", "    - b\n    + x\n    + y\n");
    texts(NULL, "new", "    + new\n");
    texts("gone", NULL, "    - gone\n");
    texts("one", "two", "    - one\n    + two\n");
}

static void what_is_hidden_is_seen(void **state)
{
    (void)state;
    texts("Reads.", "Reads.\xe2\x80\x8b\x1b[2J", "    - Reads.\n    + Reads.\\u{200b}\\x1b[2J\n");
}

static void a_change_in_a_long_line_is_shown_with_what_is_around_it(void **state)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    char same[201];

    (void)state;
    memset(same, 'x', 200);
    same[200] = '\0';
    texts(str_printf(arena, "%s old %s", same, same).ptr,
          str_printf(arena, "%s new %s", same, same).ptr,
          str_printf(arena, "    - ...%.47s old %.47s...\n    + ...%.47s new %.47s...\n", same,
                     same, same, same)
              .ptr);
}

static void members_are_named(void **state)
{
    (void)state;
    values("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{}}}",
           "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"c\":{}}}",
           "    - /properties/b: {}\n    + /properties/c: {}\n"
           "    - /properties/a/type: \"string\"\n    + /properties/a/type: \"integer\"\n");
    values("{\"a\":1}", "{\"a\":1}", "");
    values("true", "{}", "    - /: true\n    + /: {}\n");
}

static void lists_of_words_are_sets(void **state)
{
    (void)state;
    values("{\"required\":[\"a\",\"b\"]}", "{\"required\":[\"b\",\"c\",\"a\"]}",
           "    + /required: \"c\"\n");
    values("{\"anyOf\":[{\"x\":1},{\"y\":1}]}", "{\"anyOf\":[{\"x\":1}]}",
           "    - /anyOf/1: {\"y\":1}\n");
}

static void a_flood_of_changes_ends(void **state)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf before BUF_CLEANUP = BUF_INIT, out BUF_CLEANUP = BUF_INIT;
    const struct compare compare = { arena, &out, false };
    struct str text;

    (void)state;
    buf_add_char(&before, '{');
    for (int i = 0; i < 5000; i++)
        buf_printf(&before, "%s\"m%d\":{\"deep\":[[[[%d]]]]}", i ? "," : "", i, i);
    buf_add_char(&before, '}');
    text = str_copy(arena, buf_str(&before));
    compare_json(&compare, value(arena, text.ptr), value(arena, "{}"));
    assert_true(out.len < 64U * 1024U);
    assert_true(str_find(buf_str(&out), STR("... and 4800 more")) != SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_lines_that_differ_are_shown),
        cmocka_unit_test(what_is_hidden_is_seen),
        cmocka_unit_test(a_change_in_a_long_line_is_shown_with_what_is_around_it),
        cmocka_unit_test(members_are_named),
        cmocka_unit_test(lists_of_words_are_sets),
        cmocka_unit_test(a_flood_of_changes_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
