/*
 * The log crashed at every disk operation in turn, killed and by power cut, from many seeds.
 *
 * Whatever was said to be durable comes back; what comes back is a prefix of what was appended;
 * nothing is called damage; and work goes on from there.
 */
#include "store/log/test.h"

#define CRASH_LINES 40
#define CRASH_SEEDS 6

struct crash_story {
    uint64_t durable; /* the highest that log_durable said */
    uint64_t seq;     /* the highest that was appended */
    uint64_t lines;   /* that came back; 0: none, or it crashed before it had looked */
    bool crashed;
};

static bool story_note(struct store *store, struct crash_story *story, int r)
{
    assert_true(r == 0 || r == SIM_CRASHED);
    if (r == 0 && log_durable(store->log) > story->durable)
        story->durable = log_durable(store->log);
    story->crashed = r < 0;
    return !story->crashed;
}

/* Lines in groups of random size, synced or not, with idle times and rolls between them. */
static void story_tell(struct crash_story *story, uint64_t segment_len)
{
    struct store store;
    int r = store_begin(&store, segment_len);

    *story = (struct crash_story){ .seq = store.lines };
    story->crashed = r == SIM_CRASHED;
    if (!story->crashed) {
        assert_int_equal(r, LOG_END);
        story->lines = store.lines;
        story->durable = log_durable(store.log);
        if (sim_random(2))
            (void)story_note(&store, story, store_turn(&store));
    }
    while (!story->crashed && story->seq < CRASH_LINES) {
        for (uint64_t i = sim_random(4) + 1; i > 0; i--)
            story->seq = store_append(&store);
        if (!story_note(&store, story, store_write(&store, sim_random(2))))
            break;
        /* A second write before the turn: the sync of the first may have passed it by. */
        story->seq = store_append(&store);
        if (!story_note(&store, story, log_write(store.log, true, clock_mono_ns())))
            break;
        story->seq = store_append(&store);
        if (!story_note(&store, story, log_write(store.log, false, clock_mono_ns())))
            break;
        if (sim_random(3) == 0 && !story_note(&store, story, log_sync_here(store.log)))
            break;
        if (sim_random(6) == 0)
            sim_advance_ms(LOG_IDLE_MS + 1);
        if (!story_note(&store, story, store_turn(&store)))
            break;
    }
    if (!story->crashed && story_note(&store, story, log_finish(store.log)))
        assert_int_equal(story->durable, story->seq);
    story->crashed = sim_crashed();
    store_close(&store);
}

static void check_after(const struct crash_story *story, enum sim_restart_how how,
                        uint64_t segment_len)
{
    struct store store;
    struct log_proof proof;
    uint64_t lines;

    sim_restart(how);
    assert_int_equal(store_open(&store, segment_len), LOG_END);
    assert_true(store.lines >= story->durable);
    assert_true(store.lines <= story->seq);
    lines = store.lines;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(store_append(&store), ++lines);
        assert_int_equal(store_write(&store, true), 0);
    }
    assert_int_equal(log_finish(store.log), 0);
    assert_int_equal(log_verify(store.disk, store.arena, &proof, &store.trouble), LOG_END);
    assert_int_equal(proof.lines, lines);
    assert_int_equal(proof.torn_bytes, 0);
    store_close(&store);
    assert_int_equal(store_open(&store, segment_len), LOG_END);
    assert_int_equal(store.lines, lines);
    assert_int_equal(log_recovery_get(store.log).torn_bytes, 0);
    store_close(&store);
}

/* One story from one seed, crashed at one operation. False: it ended before it came to that. */
static bool crash_once(uint64_t seed, uint64_t operation, enum sim_restart_how how)
{
    struct crash_story story;
    bool crashed;

    sim_new(seed);
    sim_crash_at(operation);
    story_tell(&story, 3000);
    crashed = story.crashed;
    if (crashed)
        check_after(&story, how, 3000);
    sim_end();
    return crashed;
}

static void crash_everywhere(enum sim_restart_how how)
{
    for (uint64_t seed = 1; seed <= CRASH_SEEDS; seed++) {
        uint64_t operation = 1 + seed % STORE_CRASH_STEP;

        while (crash_once(seed, operation, how))
            operation += STORE_CRASH_STEP;
        assert_true(operation > 40);
    }
}

static void test_killed_everywhere(void **state)
{
    (void)state;
    crash_everywhere(SIM_KILLED);
}

static void test_power_cut_everywhere(void **state)
{
    (void)state;
    crash_everywhere(SIM_POWER_CUT);
}

/* Crashed while coming back from a crash, again and again. */
static void test_crashed_while_recovering(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 140; seed++) {
        struct crash_story story;
        uint64_t durable = 0;
        uint64_t seq = 0;

        sim_new(seed);
        sim_crash_at(20 + sim_random(30));
        story_tell(&story, 3000);
        for (int again = 0; again < 6; again++) {
            if (story.durable > durable)
                durable = story.durable;
            if (story.seq > seq)
                seq = story.seq;
            sim_restart(sim_random(2) ? SIM_KILLED : SIM_POWER_CUT);
            sim_crash_at(1 + sim_random(12));
            story_tell(&story, 3000);
            if (story.lines)
                assert_true(story.lines >= durable);
        }
        story.durable = durable > story.durable ? durable : story.durable;
        story.seq = seq > story.seq ? seq : story.seq;
        check_after(&story, SIM_POWER_CUT, 3000);
        sim_end();
    }
}

/* An artifact that was said to be kept is there, whole, after any crash. */
static void test_artifacts_survive(void **state)
{
    (void)state;
    for (uint64_t operation = 1; operation < 60; operation++) {
        struct store store;
        struct log_artifact *kept;
        struct digest digest = { { 0 } };
        BUF_CLEANUP struct buf bytes = BUF_INIT;
        bool there = false;
        int r;

        sim_new(operation);
        sim_crash_at(operation);
        r = store_open(&store, 0);
        if (r == LOG_END) {
            (void)log_artifact_keep(store.log, -1, STR("a large value"), 100, 7);
            for (int i = 0; i < 3 && r == 0; i++)
                r = store_turn(&store);
            kept = log_artifact_next(store.log);
            if (kept && log_artifact_facts_get(kept).fault == 0) {
                there = true;
                digest = log_artifact_facts_get(kept).digest;
                assert_int_equal(log_artifact_facts_get(kept).tag, 7);
            }
            (void)log_artifact_free(kept);
        }
        store_close(&store);
        sim_restart(SIM_POWER_CUT);
        assert_int_equal(store_open(&store, 0), LOG_END);
        if (there) {
            assert_int_equal(log_artifact_read(store.disk, &digest, 0, 1000, &bytes), 0);
            assert_true(str_is(buf_str(&bytes), "a large value"));
        }
        store_close(&store);
        sim_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_everywhere),
        cmocka_unit_test(test_power_cut_everywhere),
        cmocka_unit_test(test_crashed_while_recovering),
        cmocka_unit_test(test_artifacts_survive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
