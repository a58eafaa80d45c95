/* Frames survive every way of being cut, and nothing else passes for one. */
#include "format/wire/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct wire_frame wire_examples[] = {
    { .type = 16, .id = 1, .payload = { "hello", 5 } },
    { .type = 65535, .flags = 4, .id = UINT64_MAX, .payload = { NULL, 0 } },
    { .type = 0, .flags = 1, .id = 0x0102030405060708, .payload = { "{}", 2 } },
};

static void check_same(const struct wire_frame *a, const struct wire_frame *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->flags, b->flags);
    assert_true(a->id == b->id);
    assert_true(str_equal(a->payload, b->payload));
}

/* Bytes arrive one at a time, and in two parts cut anywhere. */
static void test_cut_anywhere(void **state)
{
    BUF_CLEANUP struct buf all = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wire_examples); i++)
        wire_add(&all, &wire_examples[i]);
    for (size_t cut = 0; cut <= all.len; cut++) {
        BUF_CLEANUP struct buf in = BUF_INIT;
        struct wire_reader reader = WIRE_READER(&in);
        struct wire_frame frame;
        size_t found = 0;

        buf_add(&in, all.ptr, cut);
        while (wire_next(&reader, &frame) == WIRE_FRAME)
            check_same(&frame, &wire_examples[found++]);
        wire_compact(&reader);
        buf_add(&in, all.ptr + cut, all.len - cut);
        while (wire_next(&reader, &frame) == WIRE_FRAME)
            check_same(&frame, &wire_examples[found++]);
        assert_int_equal(found, ARRAY_COUNT(wire_examples));
    }
}

static void test_bytes_are_as_documented(void **state)
{
    static const uint8_t expected[] = { 2, 0, 0, 0, 0x34, 0x12, 1, 0,   8,
                                        7, 6, 5, 4, 3,    2,    1, '{', '}' };
    struct wire_frame frame = wire_examples[2];
    BUF_CLEANUP struct buf out = BUF_INIT;

    (void)state;
    frame.type = 0x1234;
    wire_add(&out, &frame);
    assert_int_equal(out.len, sizeof(expected));
    assert_memory_equal(out.ptr, expected, sizeof(expected));
}

static void check_broken(uint8_t header[WIRE_HEADER_LEN])
{
    BUF_CLEANUP struct buf in = BUF_INIT;
    struct wire_reader reader = WIRE_READER(&in);
    struct wire_frame frame;

    buf_add(&in, header, WIRE_HEADER_LEN);
    assert_int_equal(wire_next(&reader, &frame), WIRE_BROKEN);
    wire_add(&in, &wire_examples[0]);
    assert_int_equal(wire_next(&reader, &frame), WIRE_BROKEN);
}

static void test_nonsense_is_broken(void **state)
{
    uint8_t header[WIRE_HEADER_LEN] = { 0 };

    (void)state;
    header[2] = 0x10; /* one MiB of payload: too long by the header */
    check_broken(header);
    header[2] = 0;
    header[3] = 0x80;
    check_broken(header);
    header[3] = 0;
    header[6] = 8; /* a flag nobody knows */
    check_broken(header);
    header[6] = 0;
    header[7] = 1;
    check_broken(header);
}

static void test_largest(void **state)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct wire_frame header = { .type = 7, .id = 9 };
    struct wire_reader reader = WIRE_READER(&out);
    struct wire_frame frame;
    size_t began;

    (void)state;
    began = wire_begin(&out, &header);
    memset(buf_reserve(&out, WIRE_PAYLOAD_MAX), 'x', WIRE_PAYLOAD_MAX);
    buf_commit(&out, WIRE_PAYLOAD_MAX);
    assert_true(wire_end(&out, began));
    assert_int_equal(wire_next(&reader, &frame), WIRE_FRAME);
    assert_int_equal(frame.payload.len, WIRE_PAYLOAD_MAX);

    began = wire_begin(&out, &header);
    memset(buf_reserve(&out, WIRE_FRAME_MAX), 'x', WIRE_FRAME_MAX);
    buf_commit(&out, WIRE_FRAME_MAX);
    assert_false(wire_end(&out, began));
    assert_int_equal(out.len, WIRE_FRAME_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_bytes_are_as_documented),
        cmocka_unit_test(test_nonsense_is_broken),
        cmocka_unit_test(test_largest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
