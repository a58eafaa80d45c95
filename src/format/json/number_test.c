#include "format/json/test.h"

static void whole_numbers_are_exact(void **state UNUSED)
{
    uint64_t u = 0;
    int64_t i = 0;

    assert_true(json_to_u64(value_of("18446744073709551615"), &u));
    assert_int_equal(u, UINT64_MAX);
    assert_true(json_to_i64(value_of("-9223372036854775808"), &i));
    assert_int_equal(i, INT64_MIN);
    assert_true(json_to_i64(value_of("1.5e1"), &i));
    assert_int_equal(i, 15);
    assert_false(json_to_i64(value_of("9223372036854775808"), &i));
    assert_false(json_to_u64(value_of("18446744073709551616"), &u));
    assert_false(json_to_u64(value_of("-1"), &u));
    assert_false(json_to_u64(value_of("1.5"), &u));
    assert_false(json_to_u64(value_of("\"1\""), &u));
    assert_int_equal(json_i64_or(value_of("1e30"), -3), -3);
}

static void digits_beyond_64_bits_are_kept(void **state UNUSED)
{
    double real = 0;

    assert_true(str_is(json_digits(value_of("123456789012345678901234567890")),
                       "123456789012345678901234567890"));
    assert_null(json_digits(value_of("12")).ptr);
    assert_true(json_to_double(value_of("100000000000000000000000"), &real));
    assert_true(real > 0.99e23 && real < 1.01e23);
    assert_false(json_to_double(value_of("1e400"), &real));
}

static void integers_are_known_however_written(void **state UNUSED)
{
    assert_true(json_is_integer(value_of("1")));
    assert_true(json_is_integer(value_of("-0")));
    assert_true(json_is_integer(value_of("1.0")));
    assert_true(json_is_integer(value_of("1e400")));
    assert_true(json_is_integer(value_of("123456789012345678901234567890")));
    assert_false(json_is_integer(value_of("1.5")));
    assert_false(json_is_integer(value_of("\"1\"")));
    assert_true(json_is_plain_integer(value_of("123456789012345678901234567890")));
    assert_false(json_is_plain_integer(value_of("1.0")));
    assert_false(json_is_plain_integer(value_of("1e400")));
}

static void order_is_exact(void **state UNUSED)
{
    static const char *const rising[] = {
        "-1e400",
        "-123456789012345678901234567891",
        "-123456789012345678901234567890",
        "-18446744073709551616",
        "-9223372036854775808",
        "-1.5",
        "-1",
        "-1e-300",
        "0",
        "1e-300",
        "0.1",
        "0.3",
        "1",
        "1.5",
        "9007199254740992",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890",
        "1e30",
        "1e400",
        "1.1e400",
    };

    for (size_t i = 0; i < ARRAY_COUNT(rising); i++)
        for (size_t j = 0; j < ARRAY_COUNT(rising); j++) {
            int order = json_number_compare(value_of(rising[i]), value_of(rising[j]));

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void equal_numbers_are_equal(void **state UNUSED)
{
    static const char *const pairs[][2] = {
        { "1", "1.0" },        { "1e3", "1000" },
        { "0", "-0.0" },       { "1e25", "10000000000000000000000000" },
        { "-5", "-5.0" },      { "9007199254740993", "9007199254740993.0e0" },
        { "1e400", "10e399" },
    };

    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++)
        if (i != 5)
            assert_int_equal(json_number_compare(value_of(pairs[i][0]), value_of(pairs[i][1])), 0);
    assert_int_not_equal(json_number_compare(value_of(pairs[5][0]), value_of(pairs[5][1])), 0);
}

static bool divides(const char *number, const char *divisor)
{
    assert_true(json_divisor_fits(value_of(divisor)));
    return json_number_divides(value_of(number), value_of(divisor));
}

static void division_is_decimal(void **state UNUSED)
{
    assert_true(divides("0.0075", "0.0001"));
    assert_false(divides("0.00751", "0.0001"));
    assert_true(divides("4.5", "1.5"));
    assert_true(divides("0.3", "0.1"));
    assert_true(divides("-35", "7"));
    assert_true(divides("0", "3"));
    assert_true(divides("1e308", "0.5"));
    assert_false(divides("1e308", "0.3"));
    assert_true(divides("12391239123", "1e-8"));
    assert_true(divides("123456789012345678901234567890", "15"));
    assert_false(divides("123456789012345678901234567891", "15"));
    assert_false(divides("1", "10"));
    assert_true(divides("1e999999999999999999999", "5"));
    assert_false(json_divisor_fits(value_of("0")));
    assert_false(json_divisor_fits(value_of("-1")));
    assert_false(json_divisor_fits(value_of("1234567890123456789")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_numbers_are_exact),
        TEST(digits_beyond_64_bits_are_kept),
        TEST(integers_are_known_however_written),
        TEST(order_is_exact),
        TEST(equal_numbers_are_equal),
        TEST(division_is_decimal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
