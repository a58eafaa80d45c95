#include "format/json/test.h"

static void same(const char *a, const char *b)
{
    assert_true(json_equal(value_of(a), value_of(b)));
    assert_true(json_hash(value_of(a)) == json_hash(value_of(b)));
}

static void differ(const char *a, const char *b)
{
    assert_false(json_equal(value_of(a), value_of(b)));
    assert_false(json_equal(value_of(b), value_of(a)));
    assert_false(json_hash(value_of(a)) == json_hash(value_of(b)));
}

static void equality_is_by_value(void **state UNUSED)
{
    same("{\"a\":1,\"b\":[1,{\"c\":null}]}", "{\"b\":[1.0,{\"c\":null}],\"a\":1e0}");
    same("[]", "[]");
    same("\"\\u0061\"", "\"a\"");
    same("1e25", "10000000000000000000000000");
    same("0", "-0.0");
    differ("[]", "{}");
    differ("0", "false");
    differ("1", "true");
    differ("null", "false");
    differ("[1,2]", "[2,1]");
    differ("[[1],2]", "[1,[2]]");
    differ("{\"a\":1}", "{\"b\":1}");
    differ("{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}");
    differ("9007199254740993", "9007199254740992");
    differ("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}");
    assert_false(json_equal(NULL, value_of("null")));
    assert_true(json_equal(NULL, NULL));
}

static void order_costs_little(void **state UNUSED)
{
    BUF_CLEANUP struct buf up = BUF_INIT;
    BUF_CLEANUP struct buf down = BUF_INIT;

    for (int i = 0; i < 50000; i++) {
        buf_printf(&up, "%c\"k%d\":%d", i ? ',' : '{', i, i);
        buf_printf(&down, "%c\"k%d\":%d", i ? ',' : '{', 49999 - i, 49999 - i);
    }
    buf_add(&up, "}", 2);
    buf_add(&down, "}", 2);
    same(up.ptr, down.ptr);
    down.ptr[down.len - 3] = '1';
    differ(up.ptr, down.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(equality_is_by_value), TEST(order_costs_little) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
