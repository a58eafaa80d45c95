#include "format/json/test.h"

static void refuses(const char *text, size_t line, size_t column, const char *part)
{
    struct json_error error;
    struct json_doc doc;

    assert_int_equal(json_parse(arena, str_from(text), NULL, &error, &doc), JSON_MALFORMED);
    if (!strstr(error.sentence, part))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, error.sentence, part);
    assert_int_equal(error.line, line);
    assert_int_equal(error.column, column);
}

static void values_survive_their_text(void **state UNUSED)
{
    char text[] = "{\"a\":[1,\"x\\u00e9\"]}";
    struct json_error error;
    struct json_doc doc;

    assert_int_equal(json_parse(arena, str_from(text), NULL, &error, &doc), JSON_PARSED);
    memset(text, '!', sizeof(text));
    assert_int_equal(doc.count, 5);
    assert_true(str_is(json_str(json_at(json_get(doc.root, "a"), 1)), "x\xC3\xA9"));
}

static void errors_say_where_and_what(void **state UNUSED)
{
    refuses("", 1, 1, "no value");
    refuses("{\n  \"a\": tru\n}", 2, 8, "literal");
    refuses("[1, 2", 1, 6, "end of the text");
    refuses("[1] x", 1, 5, "'x'");
    refuses("[\"\xC3\xA9\", ?]", 1, 7, "'?'");
}

static void strange_text_is_refused(void **state UNUSED)
{
    refuses("\"\\ud800\"", 1, 8, "surrogate");
    refuses("\"\\udc00\\ud800\"", 1, 2, "");
    refuses("\"\xED\xA0\x80\"", 1, 2, "UTF-8");
    refuses("\"\xFF\"", 1, 2, "UTF-8");
    refuses("[01]", 1, 2, "zero");
    refuses("[NaN]", 1, 2, "");
    refuses("[1,]", 1, 3, "comma");
    refuses("/**/1", 1, 1, "");
}

static void a_key_twice_is_refused(void **state UNUSED)
{
    BUF_CLEANUP struct buf many = BUF_INIT;

    refuses("{\"a\":1,\n \"b\":{\"]\":2},\n \"a\":3}", 3, 2, "\"a\"");
    refuses("[{\"a\":{},\"\\u0061\":3}]", 1, 10, "\"a\"");
    buf_add_char(&many, '{');
    for (int i = 0; i < 500; i++)
        buf_printf(&many, "\"key%d\":[%d,{}],", i, i);
    buf_add_c(&many, "\"key250\":0}");
    buf_add_char(&many, '\0');
    refuses(many.ptr, 1, many.len - strlen("\"key250\":0}"), "\"key250\"");
}

static void depth_is_bounded(void **state UNUSED)
{
    struct json_options options = { .depth_max = 3 };
    struct json_error error;
    struct json_doc doc;
    char deep[2 * JSON_DEPTH_MAX + 3];

    assert_int_equal(json_parse(arena, STR("[[[1]]]"), &options, &error, &doc), JSON_PARSED);
    assert_int_equal(json_parse(arena, STR("[[[1],\n[[]]]]"), &options, &error, &doc),
                     JSON_MALFORMED);
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 2);
    memset(deep, '[', JSON_DEPTH_MAX);
    memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    deep[sizeof(deep) - 3] = '\0';
    assert_non_null(value_of(deep));
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    deep[sizeof(deep) - 1] = '\0';
    refuses(deep, 1, JSON_DEPTH_MAX + 1, "deep");
}

static void length_is_bounded(void **state UNUSED)
{
    struct json_options options = { .bytes_max = 4 };
    struct json_error error;
    struct json_doc doc;

    assert_int_equal(json_parse(arena, STR("1234"), &options, &error, &doc), JSON_PARSED);
    assert_int_equal(json_parse(arena, STR("12345"), &options, &error, &doc), JSON_MALFORMED);
}

static void many_small_values_fit(void **state UNUSED)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    for (int i = 0; i < 100000; i++)
        buf_add_c(&text, i ? ",0" : "[0");
    buf_add_c(&text, "]");
    buf_add_char(&text, '\0');
    assert_int_equal(json_count(value_of(text.ptr)), 100000);
    assert_true(arena_used(arena) < 16 * text.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_survive_their_text), TEST(errors_say_where_and_what),
        TEST(strange_text_is_refused),   TEST(a_key_twice_is_refused),
        TEST(depth_is_bounded),          TEST(length_is_bounded),
        TEST(many_small_values_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
