#include "format/json/test.h"

static void getters_of_nothing_give_nothing(void **state UNUSED)
{
    struct json_iter iter = json_iter(NULL);
    uint64_t number = 5;

    assert_int_equal(json_type(NULL), JSON_NONE);
    assert_null(json_get(NULL, "a"));
    assert_null(json_at(NULL, 0));
    assert_null(json_get(value_of("[1]"), "a"));
    assert_null(json_at(value_of("{\"a\":1}"), 0));
    assert_null(json_str(value_of("1")).ptr);
    assert_null(json_next(&iter));
    assert_false(json_is_true(NULL));
    assert_false(json_to_u64(NULL, &number));
    assert_int_equal(json_count(value_of("\"abc\"")), 0);
    assert_int_equal(number, 5);
}

static void members_and_elements_are_found(void **state UNUSED)
{
    const struct json_value *root =
        value_of("{\"\":0,\"a\":[1,[2,2],3],\"b\":{\"c\":true},\"n\\u0000l\":null}");

    assert_int_equal(json_u64_or(json_get(root, ""), 9), 0);
    assert_int_equal(json_u64_or(json_at(json_get(root, "a"), 2), 9), 3);
    assert_null(json_at(json_get(root, "a"), 3));
    assert_true(json_is_true(json_get(json_get(root, "b"), "c")));
    assert_true(json_is_null(json_find(root, str_of("n\0l", 3))));
    assert_null(json_get(root, "n"));
}

static void iteration_keeps_the_order(void **state UNUSED)
{
    BUF_CLEANUP struct buf seen = BUF_INIT;
    struct json_iter iter = json_iter(value_of("{\"z\":{\"y\":1},\"a\":[],\"m\":3}"));
    const struct json_value *value;

    while ((value = json_next(&iter)))
        buf_printf(&seen, "%.*s:%s ", STR_ARG(iter.key), json_type_name(json_type(value)));
    assert_true(str_is(buf_str(&seen), "z:object a:array m:number "));
}

static void pointers_follow_rfc_6901(void **state UNUSED)
{
    const struct json_value *root =
        value_of("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                 "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");

    assert_ptr_equal(json_pointer(root, STR("")), root);
    assert_true(str_is(json_str(json_pointer(root, STR("/foo/0"))), "bar"));
    assert_int_equal(json_u64_or(json_pointer(root, STR("/")), 9), 0);
    assert_int_equal(json_u64_or(json_pointer(root, STR("/a~1b")), 9), 1);
    assert_int_equal(json_u64_or(json_pointer(root, STR("/m~0n")), 9), 8);
    assert_int_equal(json_u64_or(json_pointer(root, STR("/ ")), 9), 7);
    assert_null(json_pointer(root, STR("foo")));
    assert_null(json_pointer(root, STR("/foo/00")));
    assert_null(json_pointer(root, STR("/foo/2")));
    assert_null(json_pointer(root, STR("/foo/-")));
    assert_null(json_pointer(root, STR("/m~2n")));
    assert_null(json_pointer(root, STR("/m~")));
}

static void pointer_tokens_are_escaped(void **state UNUSED)
{
    BUF_CLEANUP struct buf path = BUF_INIT;

    json_pointer_add(&path, STR("a/b"));
    json_pointer_add(&path, STR("~"));
    assert_true(str_is(buf_str(&path), "/a~1b/~0"));
}

static void a_copy_needs_nothing_of_its_document(void **state UNUSED)
{
    struct arena *other = arena_new(0);
    struct json_error error;
    struct json_doc doc;
    const struct json_value *copy;

    assert_int_equal(json_parse(other, STR("{\"a\":[1,{\"b\":\"c\"},123456789012345678901234]}"),
                                NULL, &error, &doc),
                     JSON_PARSED);
    copy = json_copy(arena, json_get(doc.root, "a"));
    (void)arena_free(other);
    assert_true(str_is(json_text(arena, copy), "[1,{\"b\":\"c\"},123456789012345678901234]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(getters_of_nothing_give_nothing), TEST(members_and_elements_are_found),
        TEST(iteration_keeps_the_order),       TEST(pointers_follow_rfc_6901),
        TEST(pointer_tokens_are_escaped),      TEST(a_copy_needs_nothing_of_its_document),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
