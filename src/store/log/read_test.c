/* Readers beside a running owner, the proof, erasure, artifacts. */
#include "store/log/test.h"

static void test_a_reader_follows(void **state)
{
    struct store store;
    struct log_reader *reader = NULL;
    struct log_line line;
    uint64_t seq = 0;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 2500), LOG_END);
    assert_int_equal(log_reader_open(store.disk, 1, store.arena, &reader, &store.trouble), 0);
    assert_int_equal(log_reader_next(reader, &line, &store.trouble), LOG_END);
    for (int turn = 0; turn < 60; turn++) {
        int r;

        for (int i = 0; i < turn % 4; i++)
            (void)store_append(&store);
        assert_int_equal(store_write(&store, turn % 2), 0);
        while ((r = log_reader_next(reader, &line, &store.trouble)) == LOG_LINE)
            assert_int_equal(line.seq, ++seq);
        assert_int_equal(r, LOG_END);
        assert_int_equal(seq, log_seq_next(store.log) - 1);
    }
    assert_true(seq > 60);
    reader = log_reader_close(reader);

    /* From the middle. */
    for (uint64_t from = 1; from <= seq + 1; from += 7) {
        uint64_t next = from;

        assert_int_equal(log_reader_open(store.disk, from, store.arena, &reader, &store.trouble),
                         0);
        while (log_reader_next(reader, &line, &store.trouble) == LOG_LINE)
            assert_int_equal(line.seq, next++);
        assert_int_equal(next, seq + 1);
        reader = log_reader_close(reader);
    }
    store_close(&store);
    sim_end();
}

/* A store of several segments, with its owner; the path of the one that has a line. */
static void make_segments(struct store *store, uint64_t seq, char path[64])
{
    struct log_reader *reader = NULL;
    struct log_line line = { 0 };

    sim_new(1);
    assert_int_equal(store_open(store, 2500), LOG_END);
    for (int i = 0; i < 40; i++) {
        (void)store_append(store);
        assert_int_equal(store_write(store, true), 0);
        sim_advance_ms(LOG_IDLE_MS + 1);
        assert_int_equal(store_turn(store), 0);
    }
    assert_int_equal(log_finish(store->log), 0);
    assert_int_equal(log_reader_open(store->disk, seq, store->arena, &reader, &store->trouble), 0);
    assert_int_equal(log_reader_next(reader, &line, &store->trouble), LOG_LINE);
    assert_int_equal(line.seq, seq);
    assert_true(line.segment.len < 50);
    (void)snprintf(path, 64, "/data/%.*s", STR_ARG(line.segment));
    (void)log_reader_close(reader);
}

static void reads_as_damaged(struct store *store, uint64_t from, const char *path, uint64_t number)
{
    struct log_reader *reader = NULL;
    struct log_line line = { 0 };
    int r;

    assert_int_equal(log_reader_open(store->disk, from, store->arena, &reader, &store->trouble), 0);
    while ((r = log_reader_next(reader, &line, &store->trouble)) == LOG_LINE)
        ;
    assert_int_equal(r, LOG_DAMAGED);
    assert_true(str_is(store->trouble.segment, path + 6));
    if (number)
        assert_int_equal(store->trouble.line, number);
    (void)log_reader_close(reader);
}

/* Who begins in the middle knows the line before by its hash: a first line is proved like any. */
static void test_the_middle_is_proved_too(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct store store;
    char path[64];

    (void)state;
    make_segments(&store, 20, path);
    assert_true(sim_file_get(path, &text));
    for (size_t at = 0; at + 1 < store_line(&text, 1).len; at += 6) {
        text.ptr[at] ^= 1;
        sim_file_put(path, buf_str(&text));
        reads_as_damaged(&store, 20, path, 1);
        text.ptr[at] ^= 1;
    }
    store_close(&store);
    sim_end();
}

/* Where the segment before is broken at its end, that is what is read and named. */
static void test_a_broken_segment_before_the_middle(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct store store;
    char path[64];

    (void)state;
    make_segments(&store, 1, path);
    assert_true(sim_file_get(path, &text));
    text.ptr[text.len - 2] = '#';
    sim_file_put(path, buf_str(&text));
    reads_as_damaged(&store, 20, path, 0);
    store_close(&store);
    sim_end();
}

static void test_no_log_is_an_answer(void **state)
{
    struct disk *disk = NULL;
    struct arena *arena = arena_new(0);
    struct log_reader *reader = NULL;
    struct log_trouble trouble;
    struct log_proof proof;

    (void)state;
    sim_new(1);
    assert_int_equal(disk_open(STORE_PATH, DISK_READ, &disk), DISK_ABSENT);
    assert_int_equal(disk_open(STORE_PATH, DISK_CREATE, &disk), 0);
    assert_int_equal(log_reader_open(disk, 1, arena, &reader, &trouble), LOG_ABSENT);
    assert_int_equal(log_verify(disk, arena, &proof, &trouble), LOG_END);
    assert_int_equal(proof.lines, 0);
    disk = disk_close(disk);
    (void)arena_free(arena);
    sim_end();
}

/* A blanked body is gone from the disk; the chain holds, offsets stay. */
static void test_erasing(void **state)
{
    BUF_CLEANUP struct buf before = BUF_INIT;
    BUF_CLEANUP struct buf after = BUF_INIT;
    struct store store;
    struct log_proof proof;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    for (int i = 0; i < 5; i++)
        (void)store_append(&store);
    assert_int_equal(log_erase(store.log, 3), LOG_ABSENT);
    assert_int_equal(store_write(&store, true), 0);
    store_text(&before);
    assert_true(str_find(buf_str(&before), STR("line 3 ")) != SIZE_MAX);
    assert_int_equal(log_erase(store.log, 3), 0);
    assert_int_equal(log_erase(store.log, 6), LOG_ABSENT);
    assert_int_equal(log_finish(store.log), 0);
    assert_int_equal(log_verify(store.disk, store.arena, &proof, &store.trouble), LOG_END);
    assert_int_equal(proof.lines, 5);
    assert_int_equal(proof.erased, 1);
    store_close(&store);

    store_text(&after);
    assert_int_equal(before.len, after.len);
    assert_true(str_find(buf_str(&after), STR("line 3 ")) == SIZE_MAX);
    assert_true(str_find(buf_str(&after), STR("line 4 ")) != SIZE_MAX);
    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_int_equal(store.lines, 5);
    store_close(&store);
    sim_end();
}

/* Nothing is too short to be erased, and what is erased stays proved. */
static void test_erasing_the_shortest(void **state)
{
    static const uint8_t salt[LOG_SALT_LEN] = { 1 };
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct store store;
    struct log_proof proof;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    assert_int_equal(log_append(store.log, STR("test.line"), STR("[]"), 1, salt), 1);
    assert_int_equal(log_append(store.log, STR("test.line"), STR("[]"), 1, salt), 2);
    assert_int_equal(store_write(&store, true), 0);
    assert_int_equal(log_erase(store.log, 1), 0);
    assert_int_equal(log_erase(store.log, 1), 0);
    assert_int_equal(log_finish(store.log), 0);
    assert_int_equal(log_verify(store.disk, store.arena, &proof, &store.trouble), LOG_END);
    assert_int_equal(proof.erased, 1);
    store_close(&store);
    store_text(&text);
    text.ptr[str_find(buf_str(&text), STR("},\"")) + 5] ^= 1; /* In what stands for its body. */
    store_put(buf_str(&text));
    assert_int_equal(store_open(&store, 0), LOG_DAMAGED);
    assert_int_equal(store.trouble.line, 1);
    store_close(&store);
    sim_end();
}

static void test_the_head_is_the_proof(void **state)
{
    struct store store;
    struct log_proof one;
    struct log_proof two;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    (void)store_append(&store);
    assert_int_equal(store_write(&store, true), 0);
    assert_int_equal(log_verify(store.disk, store.arena, &one, &store.trouble), LOG_END);
    (void)store_append(&store);
    assert_int_equal(store_write(&store, true), 0);
    assert_int_equal(log_verify(store.disk, store.arena, &two, &store.trouble), LOG_END);
    assert_int_equal(two.lines, 2);
    assert_int_equal(two.durable, 1);
    assert_memory_not_equal(one.head, two.head, LOG_HASH_LEN);
    store_close(&store);
    sim_end();
}

static void test_artifacts(void **state)
{
    BUF_CLEANUP struct buf bytes = BUF_INIT;
    struct store store;
    struct log_artifact *kept;
    struct digest digest;
    int fd;

    (void)state;
    sim_new(1);
    assert_int_equal(store_open(&store, 0), LOG_END);
    fd = sim_memfd(STR("what a descriptor holds"));
    (void)log_artifact_keep(store.log, fd, STR_NULL, 1000, 1);
    (void)log_artifact_keep(store.log, -1, STR("bytes"), 5, 2);
    (void)log_artifact_keep(store.log, -1, STR("too long"), 5, 3);
    assert_null(log_artifact_next(store.log));
    assert_int_equal(store_turn(&store), 0);

    kept = log_artifact_next(store.log);
    assert_int_equal(log_artifact_facts_get(kept).tag, 1);
    assert_int_equal(log_artifact_facts_get(kept).fault, 0);
    assert_int_equal(log_artifact_facts_get(kept).len, 23);
    digest = log_artifact_facts_get(kept).digest;
    (void)log_artifact_free(kept);
    kept = log_artifact_next(store.log);
    assert_int_equal(log_artifact_facts_get(kept).fault, 0);
    (void)log_artifact_free(kept);
    kept = log_artifact_next(store.log);
    assert_int_equal(log_artifact_facts_get(kept).fault, -EFBIG);
    (void)log_artifact_free(kept);
    assert_null(log_artifact_next(store.log));

    assert_int_equal(log_artifact_read(store.disk, &digest, 5, 3, &bytes), 0);
    assert_true(str_is(buf_str(&bytes), "a d"));
    assert_int_equal(log_artifact_read(store.disk, &digest, 23, 3, &bytes), 0);
    assert_int_equal(bytes.len, 3);
    digest.bytes[0] ^= 1;
    assert_int_equal(log_artifact_read(store.disk, &digest, 0, 3, &bytes), LOG_ABSENT);
    sim_close(fd);
    store_close(&store);
    sim_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_follows),
        cmocka_unit_test(test_the_middle_is_proved_too),
        cmocka_unit_test(test_a_broken_segment_before_the_middle),
        cmocka_unit_test(test_no_log_is_an_answer),
        cmocka_unit_test(test_erasing),
        cmocka_unit_test(test_erasing_the_shortest),
        cmocka_unit_test(test_the_head_is_the_proof),
        cmocka_unit_test(test_artifacts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
