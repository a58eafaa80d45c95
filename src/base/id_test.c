/* UUIDv7 and its text. */
#include "base/id.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t chance[10] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

static void it_is_a_uuid_of_version_7(void **state)
{
    struct id id = id_make(0x017F22E279B0, chance);

    (void)state;
    assert_memory_equal(id.bytes, "\x01\x7F\x22\xE2\x79\xB0", 6);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
}

static void text_sorts_as_time_does(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct str last = id_text(arena, id_make(0, chance), "exe");

    (void)state;
    for (int64_t at_ms = 1; at_ms < INT64_C(1) << 47; at_ms *= 3) {
        struct str text = id_text(arena, id_make(at_ms, chance), "exe");

        assert_int_equal(text.len, ID_TEXT_LEN);
        assert_true(str_compare(last, text) < 0);
        last = text;
    }
}

static void text_is_read_back(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct id id = id_make(INT64_C(1700000000000), chance);
    struct str text = id_text(arena, id, "src");
    struct id back = { { 0 } };

    (void)state;
    assert_true(id_parse(text, "src", &back));
    assert_true(id_equal(id, back));
    assert_false(id_parse(text, "exe", &back));
    assert_false(id_parse(str_slice(text, 0, ID_TEXT_LEN - 1), "src", &back));
    assert_false(id_parse(STR("src_8zzzzzzzzzzzzzzzzzzzzzzzzz"), "src", &back));
    assert_false(id_parse(STR("src_0000000000000000000000000i"), "src", &back));
    assert_false(id_parse(STR("src_0000000000000000000000000A"), "src", &back));
    assert_true(id_parse(STR("src_7zzzzzzzzzzzzzzzzzzzzzzzzz"), "src", &back));
    assert_int_equal(back.bytes[0], 0xFF);
    assert_int_equal(back.bytes[15], 0xFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_uuid_of_version_7),
        cmocka_unit_test(text_sorts_as_time_does),
        cmocka_unit_test(text_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
