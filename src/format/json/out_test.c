#include "format/json/out.h"
#include "format/json/test.h"

static void commas_stand_where_they_belong(void **state UNUSED)
{
    BUF_CLEANUP struct buf buf = BUF_INIT;
    struct json_out out = json_out(&buf);

    json_out_object(&out);
    json_out_key(&out, "a");
    json_out_array(&out);
    json_out_u64(&out, UINT64_MAX);
    json_out_i64(&out, -1);
    json_out_object(&out);
    json_out_end(&out);
    json_out_array(&out);
    json_out_end(&out);
    json_out_null(&out);
    json_out_end(&out);
    json_out_key_str(&out, STR("\"q\""));
    json_out_str(&out, STR("x\n"));
    json_out_key(&out, "b");
    json_out_bool(&out, true);
    json_out_key(&out, "v");
    json_out_value(&out, value_of("{ \"n\" : [ 1 ] }"));
    json_out_key(&out, "r");
    json_out_raw(&out, STR("[0]"));
    json_out_end(&out);
    assert_true(str_is(buf_str(&buf), "{\"a\":[18446744073709551615,-1,{},[],null],"
                                      "\"\\\"q\\\"\":\"x\\n\",\"b\":true,\"v\":{\"n\":[1]},"
                                      "\"r\":[0]}"));
}

static void a_scalar_stands_alone(void **state UNUSED)
{
    BUF_CLEANUP struct buf buf = BUF_INIT;
    struct json_out out = json_out(&buf);

    json_out_bool(&out, false);
    assert_true(str_is(buf_str(&buf), "false"));
}

static void members_without_a_text_are_left_out(void **state UNUSED)
{
    BUF_CLEANUP struct buf buf = BUF_INIT;
    struct json_out out = json_out(&buf);

    json_out_object(&out);
    json_out_member_str(&out, "none", STR_NULL);
    json_out_member_str(&out, "empty", STR(""));
    json_out_member_raw(&out, "none", STR_NULL);
    json_out_member_raw(&out, "raw", STR("{}"));
    json_out_member_u64(&out, "n", 0);
    json_out_member_bool(&out, "b", false);
    json_out_end(&out);
    assert_true(str_is(buf_str(&buf), "{\"empty\":\"\",\"raw\":{},\"n\":0,\"b\":false}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commas_stand_where_they_belong),
        TEST(a_scalar_stands_alone),
        TEST(members_without_a_text_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
