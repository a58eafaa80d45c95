/* Lines and bytes over pipes, sockets and files. Over both sys. */
#include "sys/stream.h"

#include "sys/link.h"
#include "sys/loop.h"
#include "sys/test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct ends {
    struct loop *loop;
    struct stream *near;
    struct stream *far;
    struct loop_ready near_ready;
    struct loop_ready far_ready;
};

/* Two streams joined by two pipes, or by one socket. */
static struct ends *ends_new(bool sockets)
{
    static struct ends ends;
    int there[2];
    int back[2];

    ends = (struct ends){ .near_ready.kind = 1, .far_ready.kind = 2 };
    assert_int_equal(loop_new(&ends.loop), 0);
    if (sockets) {
        assert_int_equal(link_pair(there), 0);
        assert_int_equal(stream_new(ends.loop, there[0], there[0], &ends.near_ready, &ends.near),
                         0);
        assert_int_equal(stream_new(ends.loop, there[1], there[1], &ends.far_ready, &ends.far), 0);
        return &ends;
    }
    test_pipe(there);
    test_pipe(back);
    assert_int_equal(stream_new(ends.loop, back[0], there[1], &ends.near_ready, &ends.near), 0);
    assert_int_equal(stream_new(ends.loop, there[0], back[1], &ends.far_ready, &ends.far), 0);
    return &ends;
}

static void ends_free(struct ends *ends)
{
    ends->near = stream_free(ends->near);
    ends->far = stream_free(ends->far);
    ends->loop = loop_free(ends->loop);
}

static void turns(struct ends *ends, int count)
{
    for (int i = 0; i < count; i++) {
        test_turn(ends->loop, 1);
        while (loop_next(ends->loop))
            ;
    }
}

static void check_lines(bool sockets)
{
    struct ends *ends = ends_new(sockets);
    struct str line;

    assert_int_equal(stream_write(ends->near, STR("{\"a\":1}\n\n{\"b\"")), 0);
    turns(ends, 3);
    assert_int_equal(stream_line(ends->far, 100, &line), STREAM_LINE);
    assert_true(str_is(line, "{\"a\":1}"));
    assert_int_equal(stream_line(ends->far, 100, &line), STREAM_LINE);
    assert_int_equal(line.len, 0);
    assert_int_equal(stream_line(ends->far, 100, &line), 0);
    assert_int_equal(stream_write(ends->near, STR(":2}\nrest")), 0);
    assert_int_equal(stream_write(ends->far, STR("answer\n")), 0);
    turns(ends, 3);
    assert_int_equal(stream_line(ends->far, 100, &line), STREAM_LINE);
    assert_true(str_is(line, "{\"b\":2}"));
    assert_int_equal(stream_line(ends->near, 100, &line), STREAM_LINE);
    assert_true(str_is(line, "answer"));
    assert_int_equal(stream_line(ends->far, 3, &line), STREAM_LONG);

    /* The other end goes: what is left is a line too. */
    ends->near = stream_free(ends->near);
    turns(ends, 3);
    assert_true(stream_ended(ends->far));
    assert_int_equal(stream_line(ends->far, 100, &line), STREAM_LINE);
    assert_true(str_is(line, "rest"));
    assert_int_equal(stream_line(ends->far, 100, &line), 0);
    assert_int_equal(stream_in(ends->far).len, 0);
    (void)!stream_write(ends->far, STR("nobody"));
    turns(ends, 3);
    assert_true(stream_hung_up(ends->far));
    assert_int_equal(stream_write(ends->far, STR("nobody")), STREAM_CLOSED);
    ends_free(ends);
}

static void test_lines_over_pipes(void **state)
{
    (void)state;
    check_lines(false);
}

static void test_lines_over_a_socket(void **state)
{
    (void)state;
    check_lines(true);
}

/* More than a pipe holds, both ways at once. */
static void test_much(void **state)
{
    struct ends *ends = ends_new(false);
    BUF_CLEANUP struct buf text = BUF_INIT;
    size_t near = 0;
    size_t far = 0;

    (void)state;
    for (uint64_t i = 0; i < 100000; i++)
        buf_printf(&text, "%llu ", (unsigned long long)i);
    assert_int_equal(stream_write(ends->near, buf_str(&text)), 0);
    assert_int_equal(stream_write(ends->far, buf_str(&text)), 0);
    for (int i = 0; i < 1000 && (near < text.len || far < text.len); i++) {
        struct str in;

        turns(ends, 1);
        in = stream_in(ends->near);
        assert_true(in.len == 0 || memcmp(in.ptr, text.ptr + near, in.len) == 0);
        near += in.len;
        stream_drop(ends->near, in.len);
        in = stream_in(ends->far);
        assert_true(in.len == 0 || memcmp(in.ptr, text.ptr + far, in.len) == 0);
        far += in.len;
        stream_drop(ends->far, in.len);
    }
    assert_int_equal(near, text.len);
    assert_int_equal(far, text.len);
    ends_free(ends);
}

static void test_paused(void **state)
{
    struct ends *ends = ends_new(false);

    (void)state;
    stream_pause(ends->far, true);
    assert_int_equal(stream_write(ends->near, STR("later")), 0);
    turns(ends, 3);
    assert_int_equal(stream_in(ends->far).len, 0);
    stream_pause(ends->far, false);
    turns(ends, 3);
    assert_true(str_is(stream_in(ends->far), "later"));
    ends_free(ends);
}

/* A child's standard input ends when all of it is written. */
static void test_ending_one_way(void **state)
{
    struct ends *ends = ends_new(false);

    (void)state;
    assert_int_equal(stream_write(ends->near, STR("all")), 0);
    stream_end(ends->near);
    assert_int_equal(stream_write(ends->near, STR("more")), STREAM_CLOSED);
    turns(ends, 4);
    assert_true(stream_ended(ends->far));
    assert_true(str_is(stream_in(ends->far), "all"));
    assert_int_equal(stream_write(ends->far, STR("back\n")), 0);
    turns(ends, 3);
    assert_true(str_is(stream_in(ends->near), "back\n"));
    ends_free(ends);
}

/* `writ mcp < file`: a file is always ready. */
static void test_a_file(void **state)
{
    struct loop *loop = NULL;
    struct stream *stream = NULL;
    struct loop_ready ready = { 0 };
    struct str line;

    (void)state;
    assert_int_equal(loop_new(&loop), 0);
    assert_int_equal(stream_new(loop, test_file("one\ntwo\n"), -1, &ready, &stream), 0);
    for (int i = 0; i < 4; i++)
        test_turn(loop, 0);
    assert_true(ready.queued);
    assert_int_equal(stream_line(stream, 10, &line), STREAM_LINE);
    assert_true(str_is(line, "one"));
    assert_int_equal(stream_line(stream, 10, &line), STREAM_LINE);
    assert_true(stream_ended(stream));
    assert_int_equal(stream_write(stream, STR("x")), STREAM_CLOSED);
    stream = stream_free(stream);
    loop = loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_over_pipes),
        cmocka_unit_test(test_lines_over_a_socket),
        cmocka_unit_test(test_much),
        cmocka_unit_test(test_paused),
        cmocka_unit_test(test_ending_one_way),
        cmocka_unit_test(test_a_file),
    };

    test_world();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
