/* Bytes that grow, and text as JSON. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void numbers_are_decimal(void **state)
{
    BUF_CLEANUP struct buf buf = BUF_INIT;

    (void)state;
    buf_add_u64(&buf, 0);
    buf_add_char(&buf, ' ');
    buf_add_u64(&buf, UINT64_MAX);
    buf_add_char(&buf, ' ');
    buf_add_i64(&buf, INT64_MIN);
    buf_add_char(&buf, ' ');
    buf_add_i64(&buf, -1);
    buf_printf(&buf, " %d%s", 7, "x");
    assert_true(str_is(buf_str(&buf), "0 18446744073709551615 -9223372036854775808 -1 7x"));
}

static void it_grows_drops_and_is_cut(void **state)
{
    BUF_CLEANUP struct buf buf = BUF_INIT;

    (void)state;
    for (unsigned i = 0; i < 10000; i++)
        buf_add(&buf, "0123456789", 10);
    assert_int_equal(buf.len, 100000);
    buf_drop(&buf, 99995);
    assert_true(str_is(buf_str(&buf), "56789"));
    buf_cut(&buf, 2);
    assert_true(str_is(buf_str(&buf), "56"));
    buf_drop(&buf, 2);
    assert_int_equal(buf.len, 0);
    buf_add_str(&buf, STR_NULL);
    assert_int_equal(buf.len, 0);
}

static void reserved_room_is_committed(void **state)
{
    BUF_CLEANUP struct buf buf = BUF_INIT;

    (void)state;
    buf_add_c(&buf, "ab");
    memcpy(buf_reserve(&buf, 1000), "cd", 2);
    buf_commit(&buf, 2);
    assert_true(str_is(buf_str(&buf), "abcd"));
}

static void json_is(struct str text, const char *json)
{
    BUF_CLEANUP struct buf buf = BUF_INIT;

    buf_add_json(&buf, text);
    buf_add_char(&buf, '\0');
    assert_string_equal(buf.ptr, json);
}

static void text_becomes_a_json_string(void **state)
{
    (void)state;
    json_is(STR_NULL, "\"\"");
    json_is(STR("plain"), "\"plain\"");
    json_is(STR("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
    json_is(STR("\b\t\n\v\f\r\x01\x1f\x7f"), "\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u001f\x7f\"");
    json_is(STR("\0"), "\"\\u0000\"");
    json_is(STR("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    json_is(STR("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
    json_is(STR("\xC3"), "\"\xEF\xBF\xBD\"");
    json_is(STR("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    json_is(STR("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(it_grows_drops_and_is_cut),
        cmocka_unit_test(reserved_room_is_committed),
        cmocka_unit_test(text_becomes_a_json_string),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
