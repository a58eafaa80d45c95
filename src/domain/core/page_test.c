#include "domain/core/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void page_of(struct str args, const struct core_page_bytes *bytes, const char *expected)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct msg_error error = { .code = STR_NULL };

    if (!core_page_print(args, bytes, arena, &out, &error)) {
        assert_int_equal(out.len > 0 && expected[0] == '{', 0);
        assert_string_equal(str_printf(arena, "%.*s%c", STR_ARG(error.code), 0).ptr, expected);
        return;
    }
    buf_add_char(&out, 0);
    assert_string_equal(out.ptr, expected);
}

static struct str asked_of(struct arena *arena, const char *more)
{
    return str_printf(arena, "{\"artifact\":\"%064d\"%s}", 1, more);
}

static void page_is(const char *args, const char *text, const char *expected)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct str all = str_from(text);
    struct str rest = str_slice(str_from(args), 1, strlen(args) - 1);
    struct str more = str_printf(arena, "%s%.*s", rest.len ? "," : "", STR_ARG(rest));
    struct str asked = asked_of(arena, more.ptr);
    struct core_page_bytes bytes = { all, 0, all.len, str_is_utf8(all) };
    struct core_page page;

    /* Of all of it, and of what the page says that it needs. */
    assert_true(core_page_read(asked, arena, &page));
    if (!page.whole) {
        bytes.from = page.from < all.len ? page.from : all.len;
        bytes.bytes = str_slice(all, (size_t)bytes.from, (size_t)bytes.from + page.len);
        page_of(asked, &bytes, expected);
        bytes = (struct core_page_bytes){ all, 0, all.len, str_is_utf8(all) };
    }
    page_of(asked, &bytes, expected);
}

static void needs_little(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct core_page page;

    assert_false(core_page_read(STR("{}"), arena, &page));
    assert_true(core_page_read(asked_of(arena, ""), arena, &page));
    assert_true(!page.whole && page.from == 0 && page.len < 257 * 1024);
    assert_true(core_page_read(asked_of(arena, ",\"offset\":5000000,\"limit\":10"), arena, &page));
    assert_true(!page.whole && page.from > 4999900 && page.len < 100);
    assert_true(core_page_read(asked_of(arena, ",\"pointer\":\"\""), arena, &page));
    assert_true(page.whole);
}

/* Wherever a page begins and ends, also inside of characters. */
static void a_piece_gives_what_all_of_it_gives(void **state UNUSED)
{
    const char *texts[] = { "a\xc3\xa4\xe2\x82\xac\xf0\x90\x80\x80z\xf0\x90\x80\x80\xc3\xa4yx",
                            "\xff\xc3\xa4\xe2\x82\xac\xf0\x90\x80\x80z\xf0\x90\x80\x80" };

    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct str all = str_from(texts[i]);
        struct core_page_bytes whole = { all, 0, all.len, str_is_utf8(all) };

        for (unsigned k = 0; k < 22 * 12; k++) {
            struct arena *arena CLEANUP(arena_free) = arena_new(0);
            struct str more = str_printf(arena, ",\"offset\":%u,\"limit\":%u", k / 12, k % 12 + 1);
            struct buf one BUF_CLEANUP = BUF_INIT, other BUF_CLEANUP = BUF_INIT;
            struct str asked = asked_of(arena, more.ptr);
            struct core_page_bytes piece = whole;
            struct msg_error error;
            struct core_page page;

            assert_true(core_page_read(asked, arena, &page));
            piece.from = page.from < all.len ? page.from : all.len;
            piece.bytes = str_slice(all, (size_t)piece.from, (size_t)piece.from + page.len);
            assert_true(core_page_print(asked, &whole, arena, &one, &error));
            assert_true(core_page_print(asked, &piece, arena, &other, &error));
            assert_true(str_equal(buf_str(&one), buf_str(&other)));
        }
    }
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
    struct core_page_bytes bytes;

    buf_add_c(&text, "{\"wide\":{\"q\":\"");
    for (int i = 0; i < 600000; i++)
        buf_add_c(&text, "\\u0001");
    buf_add_c(&text, "\"}}");
    /* A text that grows when it is printed: the page is shorter than its limit. */
    bytes = (struct core_page_bytes){ buf_str(&text), 0, text.len, true };
    assert_true(core_page_print(STR("{\"pointer\":\"/wide/q\",\"limit\":524288}"), &bytes, arena,
                                &out, &error));
    assert_true(out.len <= 600 * 1024);
    assert_true(str_find(buf_str(&out), STR("\"total\":600000,\"next\":")) != SIZE_MAX);
    buf_clear(&out);
    assert_false(core_page_print(STR("{\"pointer\":\"/wide\"}"), &bytes, arena, &out, &error));
    assert_true(str_is(error.code, "limit"));
    assert_true(str_ends(error.message, STR("member of it: q")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_little),
        cmocka_unit_test(a_piece_gives_what_all_of_it_gives),
        cmocka_unit_test(pieces_of_text),
        cmocka_unit_test(pieces_of_bytes),
        cmocka_unit_test(what_a_pointer_leads_to),
        cmocka_unit_test(a_page_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
