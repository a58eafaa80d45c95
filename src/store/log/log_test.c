/* What the log keeps, what it notices, and what it refuses. Over the simulated disk. */
#include "store/log/test.h"

static void test_lines_come_back(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_int_equal(store.lines, 0);
    assert_int_equal(log_seq_next(store.log), 1);
    for (int i = 0; i < 5; i++)
        (void)store_append(&store);
    assert_int_equal(log_durable(store.log), 0);
    assert_int_equal(store_write(&store, true), 0);
    assert_int_equal(log_durable(store.log), 5);
    assert_int_equal(log_finish(store.log), 0);
    store_close(&store);

    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_int_equal(store.lines, 5);
    assert_int_equal(log_seq_next(store.log), 6);
    assert_int_equal(log_durable(store.log), 5);
    assert_int_equal(log_recovery_get(store.log).epoch, 2);
    assert_int_equal(log_recovery_get(store.log).torn_bytes, 0);
    store_close(&store);
    sim_end();
}

/*
 * A process that was killed left lines whose sync never ended. They come back, nobody says that
 * they are durable before the first job has ended, and no new line is durable before them.
 */
static void test_what_came_back_is_settled_first(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (int i = 0; i < 5; i++)
        (void)store_append(&store);
    assert_int_equal(log_write(store.log, false, clock_mono_ns()), 0);
    store_close(&store);

    sim_restart(SIM_KILLED);
    assert_int_equal(store_begin(&store, 0), LOG_END);
    assert_int_equal(store.lines, 5);
    assert_int_equal(log_durable(store.log), 0);
    (void)store_append(&store);
    sim_helper_hold(true);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_write(&store, true), 0);
        assert_int_equal(log_durable(store.log), 0);
    }
    sim_helper_hold(false);
    assert_int_equal(store_turn(&store), 0);
    assert_int_equal(log_durable(store.log), 5);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_turn(&store), 0);
    assert_int_equal(log_durable(store.log), 6);
    store_close(&store);

    sim_restart(SIM_POWER_CUT);
    assert_int_equal(store_begin(&store, 0), LOG_END);
    assert_int_equal(store.lines, 6);
    assert_int_equal(log_recovery_get(store.log).epoch, 3);
    store_close(&store);
    sim_end();
}

static void test_idle_lines_are_synced(void **state)
{
    struct store store;
    int64_t began_ns;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    (void)store_append(&store);
    assert_int_equal(store_write(&store, false), 0);
    began_ns = clock_mono_ns();
    assert_int_equal(log_durable(store.log), 0);
    assert_true(log_due_ns(store.log) > 0);
    while (log_durable(store.log) == 0)
        assert_int_equal(store_turn(&store), 0);
    assert_true(clock_mono_ns() - began_ns <= (LOG_IDLE_MS + 2) * INT64_C(1000000));
    for (int i = 0; i < LOG_IDLE_MS + 2; i++)
        assert_int_equal(store_turn(&store), 0);
    assert_true(log_due_ns(store.log) == -1);
    store_close(&store);
    sim_end();
}

/* Durable on return, or asked for: never said and not so, never neither. */
static void test_synced_here(void **state)
{
    struct store store;
    int here = 0;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (uint64_t i = 1; i <= 40; i++) {
        (void)store_append(&store);
        assert_int_equal(log_write(store.log, false, clock_mono_ns()), 0);
        assert_int_equal(log_durable(store.log), i - 1);
        assert_int_equal(log_sync_here(store.log), 0);
        here += log_durable(store.log) == i;
        assert_int_equal(store_turn(&store), 0);
        assert_int_equal(log_durable(store.log), i);
        assert_int_equal(log_sync_here(store.log), 0);
    }
    assert_true(here > 5 && here < 35);
    store_close(&store);
    sim_restart(SIM_POWER_CUT);
    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_int_equal(store.lines, 40);
    (void)store_append(&store);
    assert_int_equal(log_write(store.log, false, clock_mono_ns()), 0);
    sim_sync_fails(-EIO);
    while (log_sync_here(store.log) == 0 && store_turn(&store) == 0)
        ;
    assert_int_equal(log_durable(store.log), 40);
    store_close(&store);
    sim_end();
}

/* Time in records never goes back, whatever the clock does. */
static void test_times_never_go_back(void **state)
{
    struct store store;
    struct log_reader *reader = NULL;
    struct log_line line;
    int64_t last_ms = 0;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (int i = 0; i < 4; i++) {
        uint8_t salt[LOG_SALT_LEN] = { 0 };

        (void)log_append(store.log, STR("test.line"), STR("[]"), i == 2 ? 5 : 1000 + i, salt);
    }
    assert_int_equal(store_write(&store, true), 0);
    assert_int_equal(log_reader_open(store.disk, 1, store.arena, &reader, &store.trouble), 0);
    while (log_reader_next(reader, &line, &store.trouble) == LOG_LINE) {
        assert_true(line.at_ms >= last_ms);
        assert_true(str_is(line.type, "test.line"));
        last_ms = line.at_ms;
    }
    assert_true(last_ms == 1003);
    reader = log_reader_close(reader);
    store_close(&store);
    sim_end();
}

/* Lines that another program made from docs/protocol/log.md; the second is erased. */
static void test_the_format_is_what_is_written(void **state)
{
    static const char text[] =
        "[{\"seq\":1,\"at_ms\":1795253644056,\"type\":\"call.running\",\"durable\":0},"
        "{\"salt\":\"BRA_9ad0Rb6jMuwSj8tdcg\",\"events\":[{\"type\":\"call.running\",\"execution\":"
        "7,"
        "\"call\":17,\"attempt\":1}]},\"hvyxxKrw-f4ZNEyVzjcHCjk8gNSy5ZRY9iDOKd9Ddl0\"]\n"
        "[{\"seq\":2,\"at_ms\":1795253644057,\"type\":\"call.running\",\"durable\":1},"
        "\"a8-xX0vN7KeDJQAgx5bRWYS1C0_mlEe8sXgIPdSKW84\"  "
        ",\"t2kyOAA3vkUmXmX0Xhbfv1u5wyvyPAea7YNGapuiTqI\"]\n";
    struct store store;
    struct log_proof proof;

    (void)state;
    sim_new(1);
    store_make(1, false);
    store_put(STR(text));
    assert_int_equal(disk_open(STORE_PATH, DISK_READ, &store.disk), 0);
    store.arena = arena_new(0);
    assert_int_equal(log_verify(store.disk, store.arena, &proof, &store.trouble), LOG_END);
    assert_int_equal(proof.lines, 2);
    assert_int_equal(proof.erased, 1);
    assert_memory_equal(proof.head, "t2kyOAA3vkUmXmX0Xhbfv1u5wyvyPAea7YNGapuiTqI", LOG_HASH_LEN);
    store.disk = disk_close(store.disk);
    store.arena = arena_free(store.arena);
    sim_end();
}

/* --- Torn tails --- */

/* Cut at every byte of a last line that nobody was told of: it goes, and work goes on. */
static void test_torn_at_every_byte(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct str last;

    (void)state;
    sim_new(1);
    store_make(4, false);
    store_text(&text);
    last = store_line(&text, 4);
    for (size_t kept = 0; kept < last.len; kept += STORE_STEP) {
        struct store store;

        store_put(str_of(text.ptr, text.len - last.len + kept));
        sim_file_remove(STORE_HEAD);
        assert_int_equal(store_open(&store, 0), LOG_END);
        assert_int_equal(store.lines, 3);
        assert_int_equal(log_recovery_get(store.log).torn_bytes, kept);
        store_close(&store);
        assert_int_equal(store_open(&store, 0), LOG_END);
        assert_int_equal(log_recovery_get(store.log).torn_bytes, 0);
        assert_int_equal(store_append(&store), 4);
        assert_int_equal(store_write(&store, true), 0);
        store_close(&store);
        assert_int_equal(store_open(&store, 0), LOG_END);
        assert_int_equal(store.lines, 4);
        assert_int_equal(log_recovery_get(store.log).torn_bytes, 0);
        store_close(&store);
    }
    sim_end();
}

/* Any one byte of the last line is wrong: the same. */
static void test_torn_inside(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct str last;

    (void)state;
    sim_new(1);
    store_make(3, false);
    store_text(&text);
    last = store_line(&text, 3);
    for (size_t at = 0; at < last.len - 1; at += STORE_STEP) {
        char *byte = text.ptr + text.len - last.len + at;
        char was = *byte;
        struct store store;

        *byte = at % 2 ? '\0' : '#';
        store_put(buf_str(&text));
        sim_file_remove(STORE_HEAD);
        assert_int_equal(store_open(&store, 0), LOG_END);
        assert_int_equal(store.lines, 2);
        store_close(&store);
        *byte = was;
    }
    sim_end();
}

/* --- Damage --- */

static void check_damage(struct str text, uint64_t line)
{
    struct store store;
    struct disk *disk = NULL;
    struct arena *arena = arena_new(0);
    struct log_trouble trouble;
    struct log_proof proof;

    store_put(text);
    assert_int_equal(disk_open(STORE_PATH, DISK_READ, &disk), 0);
    assert_int_equal(log_verify(disk, arena, &proof, &trouble), LOG_DAMAGED);
    assert_int_equal(trouble.line, line);
    disk = disk_close(disk);
    (void)arena_free(arena);

    assert_int_equal(store_open(&store, 0), LOG_DAMAGED);
    assert_int_equal(store.trouble.line, line);
    assert_int_equal(store.trouble.seq, line);
    assert_true(store.trouble.durable >= line);
    assert_true(str_is(store.trouble.segment, "log/events.jsonl"));
    assert_true(store.trouble.expected.len > 0 && store.trouble.found.len > 0);
    store_close(&store);
}

/* Every byte of every line that something behind it says was on disk. */
static void test_every_byte_counts(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    (void)state;
    sim_new(1);
    store_make(6, false);
    store_text(&text);
    for (size_t number = 1; number <= 4; number++) {
        struct str line = store_line(&text, number);
        size_t offset = (size_t)(line.ptr - text.ptr);

        for (size_t at = number % STORE_STEP; at < line.len; at += STORE_STEP) {
            char was = text.ptr[offset + at];

            text.ptr[offset + at] = (char)(was ^ 1);
            check_damage(buf_str(&text), number);
            text.ptr[offset + at] = was;
        }
    }
    sim_end();
}

static void test_removed_and_moved_lines(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    BUF_CLEANUP struct buf other = BUF_INIT;

    (void)state;
    sim_new(1);
    store_make(6, false);
    store_text(&text);
    for (size_t gone = 1; gone <= 5; gone++) {
        buf_clear(&other);
        for (size_t i = 1; i <= 6; i++)
            if (i != gone)
                buf_add_str(&other, store_line(&text, i));
        /* Without line 5 the last line's mark of 5 is still there. */
        check_damage(buf_str(&other), gone);
    }
    for (size_t first = 1; first <= 4; first++) {
        buf_clear(&other);
        for (size_t i = 1; i <= 6; i++)
            buf_add_str(&other, store_line(&text, i == first ? i + 1 : i == first + 1 ? first : i));
        check_damage(buf_str(&other), first);
    }
    buf_clear(&other);
    for (size_t i = 1; i <= 6; i++) {
        buf_add_str(&other, store_line(&text, i));
        if (i == 2)
            buf_add_str(&other, store_line(&text, i));
    }
    check_damage(buf_str(&other), 3);
    sim_end();
}

/* Lines of an older copy: only the noted head tells. */
static void test_an_older_copy_is_noticed(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct str last;

    (void)state;
    sim_new(1);
    store_make(5, true);
    store_text(&text);
    for (size_t kept = 1; kept <= 4; kept++) {
        struct str line = store_line(&text, kept);

        check_damage(str_of(text.ptr, (size_t)(line.ptr - text.ptr) + line.len), kept + 1);
    }
    /* Cut inside the last line, which was noted. */
    last = store_line(&text, 5);
    check_damage(str_of(text.ptr, text.len - last.len + 9), 5);
    sim_end();
}

/* Another store's lines are whole in themselves, and not what was noted here. */
static void test_another_history_is_noticed(void **state)
{
    BUF_CLEANUP struct buf head = BUF_INIT;
    BUF_CLEANUP struct buf text = BUF_INIT;

    (void)state;
    sim_new(1);
    store_make(5, true);
    assert_true(sim_file_get(STORE_HEAD, &head));
    sim_end();
    sim_new(2);
    store_make(7, true);
    sim_file_put(STORE_HEAD, buf_str(&head));
    store_text(&text);
    check_damage(buf_str(&text), 5);
    sim_end();
}

/* A head that cannot be read claims nothing. */
static void test_an_unreadable_head_is_nothing(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    store_make(3, true);
    sim_file_put(STORE_HEAD, STR("00000000000000000009 nonsense"));
    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_int_equal(store.lines, 3);
    store_close(&store);
    sim_end();
}

static void test_a_whole_log_that_is_gone(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    store_make(3, true);
    sim_file_remove(STORE_CURRENT);
    assert_int_equal(store_open(&store, 0), LOG_DAMAGED);
    assert_int_equal(store.trouble.seq, 1);
    store_close(&store);
    sim_end();
}

/* --- Who may open it --- */

static void test_two_owners(void **state)
{
    struct store first;
    struct store second;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&first, 0), LOG_END);
    assert_int_equal(store_open(&second, 0), LOG_OWNED);
    assert_true(str_is(second.trouble.holder, "the test"));
    store_close(&second);
    store_close(&first);
    assert_int_equal(store_open(&second, 0), LOG_END);
    store_close(&second);
    sim_end();
}

static void test_a_newer_store(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    store_make(2, true);
    sim_file_put("/data/VERSION", STR("writ 2\n"));
    assert_int_equal(store_open(&store, 0), LOG_NEWER);
    assert_true(str_is(store.trouble.found, "writ 2"));
    assert_true(str_is(store.trouble.expected, "writ 1"));
    store_close(&store);
    sim_file_put("/data/VERSION", STR("something else\n"));
    assert_int_equal(store_open(&store, 0), LOG_DAMAGED);
    assert_true(str_is(store.trouble.segment, "VERSION"));
    store_close(&store);
    sim_file_remove("/data/VERSION");
    assert_int_equal(store_open(&store, 0), LOG_DAMAGED);
    store_close(&store);
    sim_end();
}

/* --- Full and broken disks --- */

/* Nothing more fits: it says so, and what was kept back takes the refusals. */
static void test_a_full_disk(void **state)
{
    struct store store;
    uint64_t before;
    uint64_t seq = 0;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_turn(&store), 0);
    sim_disk_room(0);
    while (!log_is_full(store.log)) {
        seq = store_append(&store);
        assert_int_equal(store_write(&store, true), 0);
    }
    before = seq;
    for (int i = 0; i < 500; i++) {
        seq = store_append(&store);
        assert_int_equal(store_write(&store, true), 0);
    }
    assert_int_equal(log_durable(store.log), seq);
    assert_true(log_is_full(store.log));
    assert_true(seq - before == 500);

    /* Room again: after a second it is noticed. */
    sim_disk_room(UINT64_MAX);
    for (int i = 0; i < 1100; i++)
        assert_int_equal(store_turn(&store), 0);
    assert_false(log_is_full(store.log));
    assert_int_equal(log_finish(store.log), 0);
    store_close(&store);
    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_int_equal(store.lines, seq);
    store_close(&store);
    sim_end();
}

/* Past the spare, the write fails, and says why. */
static void test_a_disk_that_stays_full(void **state)
{
    struct store store;
    uint64_t written = 0;
    int r = 0;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_turn(&store), 0);
    sim_disk_room(0);
    while (r == 0) {
        for (int i = 0; i < 50; i++)
            (void)store_append(&store);
        r = store_write(&store, true);
        if (r == 0)
            written = log_durable(store.log);
    }
    assert_int_equal(r, -ENOSPC);
    assert_true(written > LOG_SPARE / 500);
    store_close(&store);
    sim_disk_room(UINT64_MAX);
    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_true(store.lines >= written);
    store_close(&store);
    sim_end();
}

static void test_a_sync_that_fails(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_turn(&store), 0);
    (void)store_append(&store);
    sim_sync_fails(-EIO);
    assert_int_equal(store_write(&store, true), -EIO);
    assert_int_equal(store_turn(&store), -EIO);
    assert_int_equal(log_durable(store.log), 0);
    store_close(&store);
    sim_end();
}

static void test_a_write_that_fails(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (int i = 0; i < 3; i++)
        assert_int_equal(store_turn(&store), 0);
    (void)store_append(&store);
    sim_write_fails(-EIO);
    assert_int_equal(store_write(&store, true), -EIO);
    store_close(&store);
    sim_end();
}

/* --- Segments --- */

static void test_segments_roll_and_replay(void **state)
{
    BUF_CLEANUP struct buf names = BUF_INIT;
    struct store store;
    struct log_proof proof;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 2048), LOG_END);
    for (int i = 0; i < 200; i++) {
        (void)store_append(&store);
        assert_int_equal(store_write(&store, i % 3 == 0), 0);
    }
    assert_int_equal(log_finish(store.log), 0);
    store_close(&store);
    sim_file_names(&names);
    assert_true(str_find(buf_str(&names), STR("/data/log/events-00000000000000000001.jsonl\n")) !=
                SIZE_MAX);
    assert_int_equal(store_open(&store, 2048), LOG_END);
    assert_int_equal(store.lines, 200);
    assert_int_equal(log_verify(store.disk, store.arena, &proof, &store.trouble), LOG_END);
    assert_int_equal(proof.lines, 200);
    assert_int_equal(proof.last_seq, 200);
    assert_true(proof.segments > 5);
    store_close(&store);

    /* One in the middle is gone, and one is put back shorter. */
    sim_file_put("/data/log/events-00000000000000000001.jsonl", STR(""));
    assert_int_equal(store_open(&store, 2048), LOG_DAMAGED);
    assert_true(str_starts(store.trouble.segment, STR("log/events-")));
    store_close(&store);
    sim_end();
}

static void test_copy_on_write(void **state)
{
    struct store store;

    (void)state;
    sim_new(1);
    sim_copies_on_write(true);
    assert_int_equal(store_open(&store, 8192), LOG_END);
    for (int i = 0; i < 60; i++) {
        (void)store_append(&store);
        assert_int_equal(store_write(&store, true), 0);
    }
    assert_int_equal(log_finish(store.log), 0);
    store_close(&store);
    assert_int_equal(store_open(&store, 8192), LOG_END);
    assert_int_equal(store.lines, 60);
    store_close(&store);
    sim_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_come_back),
        cmocka_unit_test(test_what_came_back_is_settled_first),
        cmocka_unit_test(test_idle_lines_are_synced),
        cmocka_unit_test(test_synced_here),
        cmocka_unit_test(test_times_never_go_back),
        cmocka_unit_test(test_the_format_is_what_is_written),
        cmocka_unit_test(test_torn_at_every_byte),
        cmocka_unit_test(test_torn_inside),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_removed_and_moved_lines),
        cmocka_unit_test(test_an_older_copy_is_noticed),
        cmocka_unit_test(test_another_history_is_noticed),
        cmocka_unit_test(test_an_unreadable_head_is_nothing),
        cmocka_unit_test(test_a_whole_log_that_is_gone),
        cmocka_unit_test(test_two_owners),
        cmocka_unit_test(test_a_newer_store),
        cmocka_unit_test(test_a_full_disk),
        cmocka_unit_test(test_a_disk_that_stays_full),
        cmocka_unit_test(test_a_sync_that_fails),
        cmocka_unit_test(test_a_write_that_fails),
        cmocka_unit_test(test_segments_roll_and_replay),
        cmocka_unit_test(test_copy_on_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
