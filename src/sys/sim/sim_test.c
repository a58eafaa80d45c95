/* What the simulated world promises to those who test with it. */
#include "sys/sim.h"

#include "base/arena.h"
#include "base/buf.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/proc.h"
#include "sys/tty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void test_time_moves_when_told(void **state)
{
    int64_t now_ms;
    int64_t mono_ns;

    (void)state;
    sim_new(1);
    now_ms = clock_now_ms();
    mono_ns = clock_mono_ns();
    assert_true(clock_now_ms() == now_ms && clock_mono_ns() == mono_ns);
    sim_advance_ms(5);
    assert_true(clock_now_ms() == now_ms + 5 && clock_mono_ns() == mono_ns + 5000000);
    sim_wall_jump_ms(-1000);
    assert_true(clock_now_ms() == now_ms + 5);
    clock_not_before_ms(now_ms + 70);
    assert_true(clock_now_ms() == now_ms + 70);
    sim_end();
}

static void test_one_seed_one_world(void **state)
{
    uint8_t first[16];
    uint8_t again[16];
    uint64_t number;

    (void)state;
    sim_new(9);
    clock_entropy_fill(first, sizeof(first));
    number = sim_random(1000000);
    sim_new(9);
    clock_entropy_fill(again, sizeof(again));
    assert_memory_equal(first, again, sizeof(first));
    assert_int_equal(sim_random(1000000), number);
    sim_new(10);
    clock_entropy_fill(again, sizeof(again));
    assert_memory_not_equal(first, again, sizeof(first));
    sim_end();
}

/* One file: a synced part, then an unsynced write. What a power cut may leave of it. */
static bool cut_leaves(uint64_t seed, struct buf *content)
{
    struct disk *disk = NULL;
    struct disk_file *file = NULL;
    BUF_CLEANUP struct buf long_text = BUF_INIT;
    bool there;

    sim_new(seed);
    assert_int_equal(disk_open("/d", DISK_CREATE, &disk), 0);
    assert_int_equal(disk_file_open(disk, "f", DISK_OPEN_NEW, &file), 0);
    assert_int_equal(disk_file_write(file, 0, STR("synced")), 0);
    assert_int_equal(disk_file_sync(file), 0);
    if (seed % 2)
        assert_int_equal(disk_folder_sync(disk, ""), 0);
    for (int i = 0; i < 1200; i++)
        buf_add_char(&long_text, 'x');
    assert_int_equal(disk_file_write(file, 6, buf_str(&long_text)), 0);
    sim_crash();
    assert_int_equal(disk_file_write(file, 0, STR("no")), SIM_CRASHED);
    file = disk_file_close(file);
    disk = disk_close(disk);
    sim_restart(SIM_POWER_CUT);
    there = sim_file_get("/d/f", content);
    sim_end();
    return there;
}

static void test_a_power_cut(void **state)
{
    size_t lost = 0;
    size_t whole = 0;
    size_t torn = 0;
    size_t gone = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        BUF_CLEANUP struct buf content = BUF_INIT;

        if (!cut_leaves(seed, &content)) {
            gone++;
            assert_int_equal(seed % 2, 0);
            continue;
        }
        assert_memory_equal(content.ptr, "synced", 6);
        if (content.len == 6)
            lost++;
        else if (content.len == 1206 && !memchr(content.ptr, '\0', content.len))
            whole++;
        else
            torn++;
    }
    assert_true(lost > 10 && whole > 10 && torn > 10 && gone > 10);
}

static void test_a_kill_keeps_what_was_written(void **state)
{
    struct disk *disk = NULL;
    struct disk_file *file = NULL;
    BUF_CLEANUP struct buf content = BUF_INIT;

    (void)state;
    sim_new(1);
    assert_int_equal(disk_open("/d", DISK_CREATE, &disk), 0);
    sim_crash_at(3);
    assert_int_equal(disk_file_open(disk, "f", DISK_OPEN_NEW, &file), 0);
    assert_int_equal(disk_file_write(file, 0, STR("kept")), 0);
    assert_int_equal(disk_file_sync(file), SIM_CRASHED);
    assert_true(sim_crashed());
    file = disk_file_close(file);
    disk = disk_close(disk);
    sim_restart(SIM_KILLED);
    assert_true(sim_file_get("/d/f", &content));
    assert_true(str_is(buf_str(&content), "kept"));
    assert_int_equal(sim_disk_operations(), 3);
    sim_end();
}

/* A connection that is cut in the middle of a frame. */
static void test_a_cut_connection(void **state)
{
    struct loop *loop = NULL;
    struct link *a = NULL;
    struct link *b = NULL;
    struct loop_ready a_ready = { .kind = 1 };
    struct loop_ready b_ready = { .kind = 2 };
    struct wire_frame frame = { .type = 1, .payload = STR("whole") };
    int fds[2];

    (void)state;
    sim_new(1);
    assert_int_equal(loop_new(&loop), 0);
    assert_int_equal(link_pair(fds), 0);
    sim_cut_after(fds[0], 30);
    assert_int_equal(link_new(loop, fds[0], &a_ready, &a), 0);
    assert_int_equal(link_new(loop, fds[1], &b_ready, &b), 0);
    assert_int_equal(link_send(a, &frame), 0);
    assert_int_equal(link_send(a, &frame), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(loop_run_once(loop, 0), 0);
    assert_int_equal(link_next(b, &frame), LINK_FRAME);
    assert_int_equal(link_next(b, &frame), LINK_CLOSED);
    assert_int_equal(link_send(a, &frame), LINK_CLOSED);
    assert_true(sim_ever_wrote(STR("whole")));
    assert_false(sim_ever_wrote(STR("never")));
    a = link_free(a);
    b = link_free(b);
    loop = loop_free(loop);
    sim_end();
}

static void test_children_and_people(void **state)
{
    struct loop *loop = NULL;
    struct proc *proc = NULL;
    struct loop_ready ready = { .kind = 1 };
    struct sim_child child;
    struct proc_facts chain[4];
    const char *argv[] = { "server", "--stdio", NULL };
    struct proc_fd given;
    struct proc_plan plan = { .file = "server", .argv = argv, .fds = &given, .fd_count = 1 };
    BUF_CLEANUP struct buf line = BUF_INIT;
    int fds[2];
    int fd;

    (void)state;
    sim_new(1);
    assert_int_equal(loop_new(&loop), 0);
    sim_pipe(fds);
    given = (struct proc_fd){ fds[1], 1 };
    sim_process(1, 0, 0, 1);
    assert_int_equal(proc_spawn(loop, &plan, &ready, &proc), 0);
    assert_true(sim_child_next(&child));
    assert_false(sim_child_next(&child));
    assert_string_equal(child.plan->argv[1], "--stdio");
    assert_int_equal(proc_ancestry(child.pid, chain, 4), 2);
    fd = sim_child_fd(child.pid, 1);
    assert_int_equal(sim_child_fd(child.pid, 2), -1);
    sim_close(fd);
    proc_kill(proc, 15);
    assert_int_equal(sim_child_signal(child.pid), 15);
    sim_child_exit(child.pid, -1, 15);
    assert_ptr_equal(loop_next(loop), &ready);
    assert_int_equal(proc_end_get(proc).signal, 15);
    proc = proc_free(proc);
    sim_close(fds[0]);
    sim_close(fds[1]);

    assert_int_equal(tty_ask("?", false, &line), TTY_NONE);
    sim_tty("yes");
    sim_tty(NULL);
    assert_int_equal(tty_ask("?", false, &line), 0);
    assert_true(str_is(buf_str(&line), "yes"));
    assert_int_equal(tty_ask("?", false, &line), TTY_END);
    loop = loop_free(loop);
    sim_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_moves_when_told),
        cmocka_unit_test(test_one_seed_one_world),
        cmocka_unit_test(test_a_power_cut),
        cmocka_unit_test(test_a_kill_keeps_what_was_written),
        cmocka_unit_test(test_a_cut_connection),
        cmocka_unit_test(test_children_and_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
