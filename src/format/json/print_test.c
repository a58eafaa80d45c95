#include "format/json/swap.h"
#include "format/json/test.h"

static void prints(const char *text, const char *expected)
{
    struct str printed = json_text(arena, value_of(text));

    if (!str_is(printed, expected))
        fail_msg("%s printed as %s", text, printed.ptr);
}

static void canonical(const char *text, const char *expected)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    json_print_canonical(&out, value_of(text));
    buf_add_char(&out, '\0');
    if (strcmp(out.ptr, expected) != 0)
        fail_msg("%s is canonically %s", text, out.ptr);
}

static void printing_changes_nothing(void **state UNUSED)
{
    prints(" [ 1 , -2 , 1.5 , true , false , null , \"a\" , [ ] , { } ] ",
           "[1,-2,1.5,true,false,null,\"a\",[],{}]");
    prints("{\"b\":{\"c\":[[1],[[]]]},\"a\":{}}", "{\"b\":{\"c\":[[1],[[]]]},\"a\":{}}");
    prints("123456789012345678901234567890", "123456789012345678901234567890");
    prints("\"\\u0000\\u001f\\n\\\"\\\\/\\u00e9\\ud83d\\ude00\"",
           "\"\\u0000\\u001f\\n\\\"\\\\/\xC3\xA9\xF0\x9F\x98\x80\"");
    prints("\"\"", "\"\"");
}

static void a_part_prints_alone(void **state UNUSED)
{
    const struct json_value *root = value_of("{\"a\":[1,{\"b\":2}],\"c\":3}");

    assert_true(str_is(json_text(arena, json_get(root, "a")), "[1,{\"b\":2}]"));
    assert_true(str_is(json_text(arena, NULL), "null"));
}

static void strings_stand_for_values(void **state UNUSED)
{
    static const char *const paths[] = { "/a/1", "/b~1c", "/d" };
    const struct json_value *root = value_of(
        "{\"a\":[1,{\"$x\":{}}],\"b/c\":{\"z\":[],\"$x\":2},\"d\":{\"$x\":3},\"e\":\"$x\"}");
    const struct json_value *at = NULL;
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct json_swap swaps[3] = { 0 };

    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        BUF_CLEANUP struct buf path = BUF_INIT;

        at = json_next_with(root, "$x", at);
        assert_non_null(at);
        json_pointer_to(&path, root, at);
        assert_true(str_is(buf_str(&path), paths[i]));
        swaps[i] = (struct json_swap){ at, STR("a\"b") };
    }
    assert_null(json_next_with(root, "$x", at));
    json_print_swapped(&out, root, swaps, ARRAY_COUNT(swaps));
    assert_true(str_is(buf_str(&out), "{\"a\":[1,\"a\\\"b\"],\"b/c\":\"a\\\"b\",\"d\":\"a\\\"b\","
                                      "\"e\":\"$x\"}"));
    buf_clear(&out);
    json_print_swapped(&out, json_get(root, "d"), swaps + 2, 1);
    assert_true(str_is(buf_str(&out), "\"a\\\"b\""));
    assert_null(json_next_with(NULL, "$x", NULL));
    at = json_next_with_both(root, "$x", "z", NULL);
    assert_ptr_equal(at, json_get(root, "b/c"));
    assert_null(json_next_with_both(root, "$x", "z", at));
    assert_null(json_next_with(json_get(root, "e"), "$x", NULL));
}

static void pretty_is_for_people(void **state UNUSED)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    json_print_pretty(&out, value_of("{\"a\":[1,2],\"b\":{},\"c\":[{\"d\":null}]}"));
    assert_true(str_is(buf_str(&out), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n"
                                      "  \"c\": [\n    {\n      \"d\": null\n    }\n  ]\n}"));
}

/* RFC 8785: section 3.2.3 (keys) and appendix B (numbers). */
static void canonical_follows_rfc_8785(void **state UNUSED)
{
    canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew\","
              "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji\",\"\\u0080\":\"Control\","
              "\"\\u00f6\":\"Latin\"}",
              "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
              "\"\xC3\xB6\":\"Latin\",\"\xE2\x82\xAC\":\"Euro Sign\",\"\xF0\x9F\x98\x80\":"
              "\"Emoji\",\"\xEF\xAC\xB3\":\"Hebrew\"}");
    canonical("[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]",
              "[333333333.3333333,1e+30,4.5,0.002,1e-27]");
    canonical("{\"b\":[{\"z\":1,\"y\":2},[]],\"a\":{}}", "{\"a\":{},\"b\":[{\"y\":2,\"z\":1},[]]}");
    canonical("-0.0", "0");
    canonical("5e-324", "5e-324");
    canonical("1.7976931348623157e308", "1.7976931348623157e+308");
    canonical("295147905179352830000.0", "295147905179352830000");
    canonical("9.999999999999997e22", "9.999999999999997e+22");
    canonical("1e23", "1e+23");
    canonical("999999999999999700000.0", "999999999999999700000");
    canonical("333333333.33333325", "333333333.33333325");
    canonical("0.00001", "0.00001");
    canonical("0.000001", "0.000001");
    canonical("0.0000001", "1e-7");
    canonical("-0.0000033333333333333333", "-0.0000033333333333333333");
    canonical("1424953923781206.2", "1424953923781206.2");
}

static void canonical_integers_are_exact(void **state UNUSED)
{
    canonical("9007199254740993", "9007199254740993");
    canonical("18446744073709551615", "18446744073709551615");
    canonical("-123456789012345678901234567890", "-123456789012345678901234567890");
    canonical("123456789012345678901234567890.0e0", "1.2345678901234568e+29");
    canonical("10000000000000000000000000", "1e+25");
    canonical("1e25", "1e+25");
    canonical("10e399", "1e+400");
    canonical("1e400", "1e+400");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(printing_changes_nothing),   TEST(a_part_prints_alone),
        TEST(strings_stand_for_values),   TEST(pretty_is_for_people),
        TEST(canonical_follows_rfc_8785), TEST(canonical_integers_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
