/* store/log/test - a store in the simulated world, for the tests of this room. */
#ifndef WRIT_STORE_LOG_TEST_H
#define WRIT_STORE_LOG_TEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/log/log.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/loop.h"
#include "sys/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define STORE_PATH    "/data"
#define STORE_CURRENT "/data/log/events.jsonl"
#define STORE_HEAD    "/data/log/head"

/*
 * Everywhere, in a plain build. A sanitized one takes 50 times as long: it tries every fifth byte,
 * beginning elsewhere each time, and every seventh operation of each seed.
 */
#if defined(__SANITIZE_ADDRESS__)
#define STORE_STEP       5U
#define STORE_CRASH_STEP 7U
#else
#define STORE_STEP       1U
#define STORE_CRASH_STEP 1U
#endif

struct store {
    struct loop *loop;
    struct disk *disk;
    struct log *log;
    struct arena *arena;
    struct loop_ready ready;
    struct log_trouble trouble;
    uint64_t segment_len;
    uint64_t lines; /* replayed by store_open */
};

static inline struct str store_events(struct arena *arena, uint64_t seq)
{
    return str_printf(arena, "[{\"n\":%llu,\"text\":\"line %llu \\u0000 end\"}]",
                      (unsigned long long)seq, (unsigned long long)seq);
}

/*
 * Opens and replays, checking that line n says n. The answer of log_open or log_next. What was
 * replayed need not be durable yet.
 */
static inline int store_begin(struct store *store, uint64_t segment_len)
{
    struct log_options options = { .holder = STR("the test"), .segment_len = segment_len };
    struct log_line line;
    int r;

    *store = (struct store){ .arena = arena_new(0), .segment_len = segment_len };
    assert_int_equal(loop_new(&store->loop), 0);
    r = disk_open(STORE_PATH, DISK_CREATE, &store->disk);
    if (r == 0)
        r = log_open(store->disk, &options, store->arena, &store->log, &store->trouble);
    if (r != 0)
        return r;
    while ((r = log_next(store->log, &line, &store->trouble)) == LOG_LINE) {
        store->lines++;
        assert_int_equal(line.seq, store->lines);
        if (!line.erased)
            assert_true(str_equal(line.events, store_events(store->arena, line.seq)));
    }
    if (r == LOG_END)
        assert_int_equal(disk_helper_start(store->disk, store->loop, &store->ready), 0);
    return r;
}

static inline void store_close(struct store *store)
{
    store->log = log_close(store->log);
    store->disk = disk_close(store->disk);
    store->loop = loop_free(store->loop);
    store->arena = arena_free(store->arena);
}

static inline uint64_t store_append(struct store *store)
{
    uint8_t salt[LOG_SALT_LEN];
    uint64_t seq = log_seq_next(store->log);

    clock_entropy_fill(salt, sizeof(salt));
    assert_int_equal(log_append(store->log, STR("test.line"), store_events(store->arena, seq),
                                clock_now_ms(), salt),
                     seq);
    return seq;
}

/* A turn: one millisecond, readiness, the helper's news. */
static inline int store_turn(struct store *store)
{
    int r;

    sim_advance_ms(1);
    r = loop_run_once(store->loop, 0);
    while (loop_next(store->loop))
        ;
    return r < 0 ? r : log_gather(store->log, clock_mono_ns());
}

/* As store_begin; the first job has ended too. */
static inline int store_open(struct store *store, uint64_t segment_len)
{
    int r = store_begin(store, segment_len);

    if (r != LOG_END)
        return r;
    for (int turn = 0; r == 0 && turn < 3; turn++)
        r = store_turn(store);
    if (r == 0)
        assert_int_equal(log_durable(store->log), store->lines);
    return r < 0 ? r : LOG_END;
}

static inline int store_write(struct store *store, bool sync)
{
    int r = log_write(store->log, sync, clock_mono_ns());

    return r < 0 ? r : store_turn(store);
}

/* A store with so many lines, each durable, closed in order; head tells whether it is noted. */
static inline void store_make(uint64_t lines, bool head)
{
    struct store store;

    assert_int_equal(store_open(&store, 0), LOG_END);
    for (uint64_t i = 0; i < lines; i++) {
        (void)store_append(&store);
        assert_int_equal(store_write(&store, true), 0);
        assert_int_equal(store_turn(&store), 0);
    }
    assert_int_equal(log_finish(store.log), 0);
    store_close(&store);
    if (!head)
        sim_file_remove(STORE_HEAD);
}

/* The lines of the current segment, without what is prewritten. */
static inline void store_text(struct buf *text)
{
    assert_true(sim_file_get(STORE_CURRENT, text));
    buf_cut(text, str_find_char(buf_str(text), '\0') < text->len
                      ? str_find_char(buf_str(text), '\0')
                      : text->len);
}

static inline struct str store_line(const struct buf *text, size_t number)
{
    struct str rest = buf_str(text);
    struct str line = STR_NULL;

    for (size_t i = 0; i < number; i++)
        line = str_split(&rest, '\n');
    return str_of(line.ptr, line.len + 1);
}

/* Replaces the current segment; NULs follow, as they do. */
static inline void store_put(struct str text)
{
    BUF_CLEANUP struct buf content = BUF_INIT;

    buf_add_str(&content, text);
    memset(buf_reserve(&content, 4096), 0, 4096);
    buf_commit(&content, 4096);
    sim_file_put(STORE_CURRENT, buf_str(&content));
}

#endif
