/*
 * Frames and descriptors between two ends in one loop. Built twice: over the kernel, and over
 * the simulation.
 */
#include "sys/link.h"

#include "sys/loop.h"
#include "sys/test.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct pair {
    struct loop *loop;
    struct link *a;
    struct link *b;
    struct loop_ready a_ready;
    struct loop_ready b_ready;
};

static struct pair *pair_new(void)
{
    static struct pair pair;
    int fds[2];

    pair = (struct pair){ .a_ready.kind = 'a', .b_ready.kind = 'b' };
    assert_int_equal(loop_new(&pair.loop), 0);
    assert_int_equal(link_pair(fds), 0);
    assert_int_equal(link_new(pair.loop, fds[0], &pair.a_ready, &pair.a), 0);
    assert_int_equal(link_new(pair.loop, fds[1], &pair.b_ready, &pair.b), 0);
    return &pair;
}

static void pair_free(struct pair *pair)
{
    pair->a = link_free(pair->a);
    pair->b = link_free(pair->b);
    pair->loop = loop_free(pair->loop);
}

/* Turns until the ready of this kind comes up. */
static void wait_for(struct loop *loop, int kind)
{
    for (int turns = 0; turns < 100; turns++) {
        struct loop_ready *ready;

        assert_int_equal(loop_run_once(loop, 1000), 0);
        while ((ready = loop_next(loop)))
            if (ready->kind == kind)
                return;
    }
    fail_msg("nothing came");
}

static struct wire_frame frame_of(uint16_t type, const char *text)
{
    return (struct wire_frame){ .type = type, .id = 7, .payload = str_from(text) };
}

static void test_both_ways(void **state)
{
    struct pair *pair = pair_new();
    struct wire_frame sent = frame_of(3, "hello");
    struct wire_frame frame;

    (void)state;
    assert_int_equal(link_send(pair->a, &sent), 0);
    assert_int_equal(link_send(pair->a, &sent), 0);
    assert_int_equal(link_queued(pair->a), 2 * (WIRE_HEADER_LEN + 5));
    wait_for(pair->loop, 'b');
    assert_int_equal(link_queued(pair->a), 0);
    assert_int_equal(link_next(pair->b, &frame), LINK_FRAME);
    assert_int_equal(frame.type, 3);
    assert_true(str_is(frame.payload, "hello"));
    assert_int_equal(link_next(pair->b, &frame), LINK_FRAME);
    assert_int_equal(link_next(pair->b, &frame), LINK_NONE);

    buf_add_c(link_begin(pair->b, &(struct wire_frame){ .type = 4, .id = 8 }), "answer");
    assert_int_equal(link_end(pair->b), 0);
    wait_for(pair->loop, 'a');
    assert_int_equal(link_next(pair->a, &frame), LINK_FRAME);
    assert_int_equal(frame.type, 4);
    assert_true(frame.id == 8);
    assert_true(str_is(frame.payload, "answer"));
    pair_free(pair);
}

/* Everything sent before the end is given before the end. */
static void test_closed_after_all(void **state)
{
    struct pair *pair = pair_new();
    struct wire_frame sent = frame_of(3, "last words");
    struct wire_frame frame;

    (void)state;
    assert_int_equal(link_send(pair->a, &sent), 0);
    link_flush(pair->a);
    pair->a = link_free(pair->a);
    wait_for(pair->loop, 'b');
    assert_int_equal(link_next(pair->b, &frame), LINK_FRAME);
    assert_true(str_is(frame.payload, "last words"));
    for (int turns = 0; turns < 10 && !link_is_closed(pair->b); turns++)
        assert_int_equal(loop_run_once(pair->loop, 100), 0);
    assert_int_equal(link_next(pair->b, &frame), LINK_CLOSED);
    assert_int_equal(link_send(pair->b, &sent), LINK_CLOSED);
    pair_free(pair);
}

static void test_descriptors_stay_with_their_frame(void **state)
{
    struct pair *pair = pair_new();
    struct wire_frame plain = frame_of(1, "plain");
    struct wire_frame one = frame_of(2, "one");
    struct wire_frame two = frame_of(3, "two");
    struct wire_frame frame;
    int fds[3] = { test_file("a"), test_file("b"), test_file("c") };
    int taken;

    (void)state;
    assert_int_equal(link_send(pair->a, &plain), 0);
    assert_int_equal(link_send_fds(pair->a, &two, fds, 2), 0);
    assert_int_equal(link_send(pair->a, &plain), 0);
    assert_int_equal(link_send_fds(pair->a, &one, fds + 2, 1), 0);
    for (size_t i = 0; i < 3; i++)
        test_close(fds[i]);
    for (size_t got = 0; got < 4;) {
        wait_for(pair->loop, 'b');
        while (link_next(pair->b, &frame) == LINK_FRAME) {
            got++;
            if (got == 1 || got == 3)
                assert_int_equal(link_fd_take(pair->b, 0), -1);
            if (got == 2) {
                taken = link_fd_take(pair->b, 1);
                assert_true(test_file_is(taken, "b"));
                test_close(taken);
                assert_int_equal(link_fd_take(pair->b, 1), -1);
            }
            if (got == 4) {
                taken = link_fd_take(pair->b, 0);
                assert_true(test_file_is(taken, "c"));
                test_close(taken);
            }
        }
    }
    pair_free(pair);
}

/* More descriptors than are held at once wait in the socket until frames have taken some. */
static void test_many_descriptors(void **state)
{
    struct pair *pair = pair_new();
    struct wire_frame one = frame_of(2, "one");
    struct wire_frame frame;
    int fd = test_file("a");
    int r = LINK_NONE;

    (void)state;
    for (int i = 0; i < 200; i++)
        assert_int_equal(link_send_fds(pair->a, &one, &fd, 1), 0);
    test_close(fd);
    for (int got = 0; got < 200;) {
        wait_for(pair->loop, 'b');
        while ((r = link_next(pair->b, &frame)) == LINK_FRAME) {
            got++;
            fd = link_fd_take(pair->b, 0);
            assert_true(test_file_is(fd, "a"));
            test_close(fd);
        }
        assert_int_equal(r, LINK_NONE);
    }
    pair_free(pair);
}

/* More than any socket holds at once arrives whole, in many turns, in order. */
static void test_large(void **state)
{
    struct pair *pair = pair_new();
    struct wire_frame frame;
    size_t total = 0;

    (void)state;
    for (uint16_t i = 0; i < 40; i++) {
        struct buf *out = link_begin(pair->a, &(struct wire_frame){ .type = i, .id = i });

        memset(buf_reserve(out, 100000), 'a' + i % 26, 100000);
        buf_commit(out, 100000);
        assert_int_equal(link_end(pair->a), 0);
    }
    while (total < 40) {
        wait_for(pair->loop, 'b');
        while (link_next(pair->b, &frame) == LINK_FRAME) {
            assert_int_equal(frame.type, total);
            assert_int_equal(frame.payload.len, 100000);
            assert_int_equal(frame.payload.ptr[99999], 'a' + total % 26);
            total++;
        }
    }
    pair_free(pair);
}

static void test_who_does_not_read_is_full(void **state)
{
    struct pair *pair = pair_new();
    size_t sent = 0;
    int r = 0;

    (void)state;
    link_pause(pair->b, true);
    while (r == 0) {
        struct buf *out = link_begin(pair->a, &(struct wire_frame){ .type = 1 });

        memset(buf_reserve(out, 500000), 'x', 500000);
        buf_commit(out, 500000);
        r = link_end(pair->a);
        sent++;
        assert_int_equal(loop_run_once(pair->loop, 0), 0);
        assert_true(sent < 100);
    }
    assert_int_equal(r, LINK_FULL);
    assert_true(link_queued(pair->a) > LINK_QUEUED_MAX);
    assert_int_equal(loop_next(pair->loop), NULL);
    link_pause(pair->b, false);
    for (size_t got = 0; got < sent - 1;) {
        struct wire_frame frame;

        wait_for(pair->loop, 'b');
        while (link_next(pair->b, &frame) == LINK_FRAME)
            got++;
    }
    pair_free(pair);
}

static void test_too_long_is_not_sent(void **state)
{
    struct pair *pair = pair_new();
    struct buf *out = link_begin(pair->a, &(struct wire_frame){ .type = 1 });

    (void)state;
    memset(buf_reserve(out, WIRE_FRAME_MAX), 'x', WIRE_FRAME_MAX);
    buf_commit(out, WIRE_FRAME_MAX);
    assert_int_equal(link_end(pair->a), LINK_FULL);
    assert_int_equal(link_queued(pair->a), 0);
    pair_free(pair);
}

static void test_listening(void **state)
{
    struct loop *loop = NULL;
    struct listener *listener = NULL;
    struct link *server = NULL;
    struct link *client = NULL;
    struct loop_ready listening = { .kind = 'l' };
    struct loop_ready accepted = { .kind = 's' };
    struct loop_ready connected = { .kind = 'c' };
    struct wire_frame sent = frame_of(9, "who are you");
    struct wire_frame frame;
    struct link_peer peer;
    const char *folder = test_folder();
    int fd;

    (void)state;
    assert_int_equal(loop_new(&loop), 0);
    assert_int_equal(link_connect(test_socket(folder), &fd), -ENOENT);
    assert_int_equal(listener_new(loop, test_socket(folder), &listening, &listener), 0);
    assert_int_equal(listener_accept(listener), -1);
    assert_int_equal(link_connect(test_socket(folder), &fd), 0);
    assert_int_equal(link_new(loop, fd, &connected, &client), 0);
    wait_for(loop, 'l');
    fd = listener_accept(listener);
    assert_true(fd >= 0);
    assert_int_equal(listener_accept(listener), -1);
    assert_int_equal(link_new(loop, fd, &accepted, &server), 0);
    assert_int_equal(link_peer_get(server, &peer), 0);
    assert_true(peer.pid > 0);
    if (peer.pidfd >= 0)
        test_close(peer.pidfd);
    assert_int_equal(link_send(client, &sent), 0);
    wait_for(loop, 's');
    assert_int_equal(link_next(server, &frame), LINK_FRAME);
    assert_int_equal(frame.type, 9);
    client = link_free(client);
    server = link_free(server);
    listener = listener_free(listener);
    assert_true(link_connect(test_socket(folder), &fd) < 0);
    loop = loop_free(loop);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_closed_after_all),
        cmocka_unit_test(test_descriptors_stay_with_their_frame),
        cmocka_unit_test(test_many_descriptors),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_who_does_not_read_is_full),
        cmocka_unit_test(test_too_long_is_not_sent),
        cmocka_unit_test(test_listening),
    };

    test_world();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
