#include "domain/core/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void page_is(const char *args, const char *text, const char *expected)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct msg_error error = { .code = STR_NULL };

    if (!core_page_print(str_from(args), str_from(text), arena, &out, &error)) {
        assert_int_equal(out.len > 0 && expected[0] == '{', 0);
        assert_string_equal(str_printf(arena, "%.*s%c", STR_ARG(error.code), 0).ptr, expected);
        return;
    }
    buf_add_char(&out, 0);
    assert_string_equal(out.ptr, expected);
}

static void pieces_of_text(void **state UNUSED)
{
    page_is("{}", "[1,2]", "{\"text\":\"[1,2]\",\"total\":5,\"next\":null}");
    page_is("{\"limit\":2}", "[1,2]", "{\"text\":\"[1\",\"total\":5,\"next\":2}");
    page_is("{\"offset\":3,\"limit\":2}", "[1,2]", "{\"text\":\"2]\",\"total\":5,\"next\":null}");
    page_is("{\"offset\":9}", "[1,2]", "{\"text\":\"\",\"total\":5,\"next\":null}");
    page_is("{\"limit\":2}", "\"\xc3\xa4\"", "{\"text\":\"\\\"\",\"total\":4,\"next\":1}");
    page_is("{\"offset\":2,\"limit\":1}", "\"\xc3\xa4\"",
            "{\"text\":\"\xc3\xa4\\\"\",\"total\":4,\"next\":null}");
}

static void pieces_of_bytes(void **state UNUSED)
{
    page_is("{}", "\xff\x01z", "{\"$base64\":\"/wF6\",\"total\":3,\"next\":null}");
    page_is("{\"offset\":1,\"limit\":1}", "\xff\x01z",
            "{\"$base64\":\"AQ==\",\"total\":3,\"next\":2}");
    page_is("{\"offset\":7}", "\xff\x01z", "{\"$base64\":\"\",\"total\":3,\"next\":null}");
    page_is("{\"pointer\":\"/a\"}", "\xff\x01z", "invalid");
}

static void what_a_pointer_leads_to(void **state UNUSED)
{
    const char *text = "{\"a\":{\"b\":[10,20,30]},\"s\":\"abc\",\"n\":7}";

    page_is("{\"pointer\":\"/a/b\",\"limit\":2}", text,
            "{\"value\":[10,20],\"total\":3,\"next\":2}");
    page_is("{\"pointer\":\"/a/b\",\"offset\":2}", text,
            "{\"value\":[30],\"total\":3,\"next\":null}");
    page_is("{\"pointer\":\"/a/b\",\"offset\":7}", text,
            "{\"value\":[],\"total\":3,\"next\":null}");
    page_is("{\"pointer\":\"/a\"}", text,
            "{\"value\":{\"b\":[10,20,30]},\"total\":1,\"next\":null}");
    page_is("{\"pointer\":\"/s\",\"offset\":1,\"limit\":1}", text,
            "{\"text\":\"b\",\"total\":3,\"next\":2}");
    page_is("{\"pointer\":\"/n\"}", text, "{\"value\":7,\"total\":1,\"next\":null}");
    page_is("{\"pointer\":\"/x\"}", text, "invalid");
    page_is("{\"pointer\":\"/x\"}", "no JSON", "invalid");
}

static void a_page_has_an_end(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf text BUF_CLEANUP = BUF_INIT, out BUF_CLEANUP = BUF_INIT;
    struct msg_error error = { .code = STR_NULL };

    buf_add_c(&text, "{\"wide\":{\"q\":\"");
    for (int i = 0; i < 600000; i++)
        buf_add_c(&text, "\\u0001");
    buf_add_c(&text, "\"}}");
    /* A text that grows when it is printed: the page is shorter than its limit. */
    assert_true(core_page_print(STR("{\"pointer\":\"/wide/q\",\"limit\":524288}"), buf_str(&text),
                                arena, &out, &error));
    assert_true(out.len <= 600 * 1024);
    assert_true(str_find(buf_str(&out), STR("\"total\":600000,\"next\":")) != SIZE_MAX);
    buf_clear(&out);
    assert_false(
        core_page_print(STR("{\"pointer\":\"/wide\"}"), buf_str(&text), arena, &out, &error));
    assert_true(str_is(error.code, "limit"));
    assert_true(str_ends(error.message, STR("member of it: q")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_text),
        cmocka_unit_test(pieces_of_bytes),
        cmocka_unit_test(what_a_pointer_leads_to),
        cmocka_unit_test(a_page_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
