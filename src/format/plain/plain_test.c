#include "base/buf.h"
#include "format/plain/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <zlib.h>

/* A member of gzip. */
static void pack(struct str text, struct buf *out)
{
    z_stream stream = { 0 };

    assert_int_equal(
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    size_t most = deflateBound(&stream, text.len);
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (unsigned)text.len;
    stream.next_out = (Bytef *)buf_reserve(out, most);
    stream.avail_out = (unsigned)most;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buf_commit(out, most - stream.avail_out);
    (void)deflateEnd(&stream);
}

static void is_unpacked(struct str packed, struct str text)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    size_t len;

    assert_true(plain_is_packed(packed));
    assert_int_equal(plain_measure(packed, text.len, &len), PLAIN_MEASURED);
    assert_int_equal(len, text.len);
    char *room = arena_alloc(arena, len + 1);
    plain_unpack(packed, room, len);
    assert_true(str_equal(str_of(room, len), text));
}

static void what_was_packed_comes_back(void **state UNUSED)
{
    struct buf text BUF_CLEANUP = BUF_INIT, packed BUF_CLEANUP = BUF_INIT;

    pack(STR("openapi: 3.0.0\n"), &packed);
    is_unpacked(buf_str(&packed), STR("openapi: 3.0.0\n"));
    /* A second member, and what a tape pads with. */
    pack(STR("paths: {}\n"), &packed);
    is_unpacked(buf_str(&packed), STR("openapi: 3.0.0\npaths: {}\n"));
    buf_add(&packed, "\0\0\0\0", 4);
    is_unpacked(buf_str(&packed), STR("openapi: 3.0.0\npaths: {}\n"));
    /* Exactly one piece, and more than one; and nothing at all. */
    for (size_t size = 65535; size < 65538; size++) {
        buf_clear(&packed);
        buf_clear(&text);
        while (text.len < size)
            buf_add_char(&text, (char)(text.len * 7 + (text.len >> 9)));
        pack(buf_str(&text), &packed);
        is_unpacked(buf_str(&packed), buf_str(&text));
    }
    buf_clear(&packed);
    pack(STR(""), &packed);
    is_unpacked(buf_str(&packed), STR(""));
}

static void a_bomb_stops_at_the_limit(void **state UNUSED)
{
    struct buf text BUF_CLEANUP = BUF_INIT, packed BUF_CLEANUP = BUF_INIT;
    size_t len = 7;

    memset(buf_reserve(&text, 8U << 20), ' ', 8U << 20);
    buf_commit(&text, 8U << 20);
    pack(buf_str(&text), &packed);
    assert_true(packed.len < 10000);
    assert_int_equal(plain_measure(buf_str(&packed), (8U << 20) - 1, &len), PLAIN_TOO_LONG);
    assert_int_equal(len, 7);
    assert_int_equal(plain_measure(buf_str(&packed), 8U << 20, &len), PLAIN_MEASURED);
}

static void what_is_broken_is_told(void **state UNUSED)
{
    struct buf packed BUF_CLEANUP = BUF_INIT;
    size_t len;

    pack(STR("openapi: 3.0.0\npaths: {}\ninfo: {title: t}\n"), &packed);
    for (size_t kept = 3; kept < packed.len; kept++)
        assert_int_equal(plain_measure(str_of(packed.ptr, kept), 1000, &len), PLAIN_BROKEN);
    packed.ptr[packed.len - 8] ^= 1; /* its check */
    assert_int_equal(plain_measure(buf_str(&packed), 1000, &len), PLAIN_BROKEN);
    assert_false(plain_is_packed(STR("\x1F\x8B")));
    assert_false(plain_is_packed(STR_NULL));
}

static void becomes(struct str bytes, struct str text)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct str found = plain_utf8(arena, bytes);

    assert_int_equal(found.len, text.len);
    assert_memory_equal(found.ptr, text.ptr, text.len);
}

static void encodings_become_utf_8(void **state UNUSED)
{
    becomes(STR("\xEF\xBB\xBF{}"), STR("{}"));
    becomes(STR("{}"), STR("{}"));
    becomes(STR("\xFF\xFE{\0}\0"), STR("{}"));
    becomes(STR("\xFE\xFF\0{\0}"), STR("{}"));
    becomes(STR("{\0}\0"), STR("{}"));
    becomes(STR("\0{\0}"), STR("{}"));
    /* One of each length: a, U+00E9, U+20AC, U+1F600. */
    becomes(STR("\xFF\xFE\x61\0\xE9\0\xAC\x20\x3D\xD8\x00\xDE"),
            STR("\x61\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
    becomes(STR("\xFE\xFF\0\x61\0\xE9\x20\xAC\xD8\x3D\xDE\x00"),
            STR("\x61\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
}

static void half_a_character_is_no_text(void **state UNUSED)
{
    static const struct str bad[] = { { "\xFF\xFE\x3D\xD8", 4 },
                                      { "\xFF\xFE\x00\xDE\x61\x00", 6 },
                                      { "\xFF\xFE\x61\x00\x61", 5 } };
    struct arena *arena CLEANUP(arena_free) = arena_new(0);

    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(str_is_utf8(plain_utf8(arena, bad[i])));
}

/* A million blocks of nothing take a second to read. */
static void blocks_of_nothing_are_not_read(void **state UNUSED)
{
    struct buf packed BUF_CLEANUP = BUF_INIT;
    size_t len;

    buf_add(&packed, "\x1F\x8B\x08\0\0\0\0\0\0\x03", 10);
    for (size_t i = 0; i < 100000; i++)
        buf_add(&packed, "\0\0\0\xFF\xFF", 5);
    buf_add(&packed, "\x01\0\0\xFF\xFF\0\0\0\0\0\0\0\0", 13);
    assert_int_equal(plain_measure(buf_str(&packed), 1000, &len), PLAIN_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(a_bomb_stops_at_the_limit),
        cmocka_unit_test(what_is_broken_is_told),
        cmocka_unit_test(encodings_become_utf_8),
        cmocka_unit_test(half_a_character_is_no_text),
        cmocka_unit_test(blocks_of_nothing_are_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
