/* The pool under the simulated sys: the test plays the workers and the keeper by hand. */
#include "proc/daemon/internal.h"
#include "sys/sim.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WORKERS_MAX 20U

struct hand {
    struct link *link;
    struct loop_ready ready;
    struct hand_frames VEC(struct wire_frame) frames; /* that were read and not looked at */
    bool gone;
};

struct table {
    struct loop *loop;
    struct loop *daemon_loop;
    struct daemon *daemon;
    struct arena *arena;
    struct hand keeper;
    struct hand workers[WORKERS_MAX];
    size_t worker_count;
};

static void read_hand(struct table *table, struct hand *hand)
{
    struct wire_frame frame;
    int r;

    while (hand->link && (r = link_next(hand->link, &frame)) != LINK_NONE) {
        if (r != LINK_FRAME) {
            hand->gone = true;
            hand->link = link_free(hand->link);
            return;
        }
        if (frame.type == MSG_DAEMON_READY)
            continue;
        frame.payload = str_copy(table->arena, frame.payload);
        *VEC_PUSH(&hand->frames) = frame;
    }
}

/* Everything that can happen now happens. */
static void settle(struct table *table)
{
    for (int i = 0; i < 6; i++) {
        assert_int_equal(daemon_turn(table->daemon, 0), 0);
        assert_int_equal(loop_run_once(table->loop, 0), 0);
        while (loop_next(table->loop))
            ;
        read_hand(table, &table->keeper);
        for (size_t k = 0; k < table->worker_count; k++)
            read_hand(table, &table->workers[k]);
    }
}

static void pass(struct table *table, int64_t ms)
{
    sim_advance_ms(ms);
    settle(table);
}

static void give(struct hand *hand, unsigned type, uint64_t id, const struct buf *payload)
{
    struct wire_frame frame = { .type = (uint16_t)type, .id = id, .payload = buf_str(payload) };

    assert_int_equal(link_send(hand->link, &frame), 0);
}

/* The next frame; its type is looked at. */
static struct wire_frame take(struct hand *hand, unsigned type)
{
    struct wire_frame frame;

    assert_true(hand->frames.count > 0);
    frame = hand->frames.at[0];
    assert_int_equal(frame.type, type);
    hand->frames.count--;
    memmove(&hand->frames.at[0], &hand->frames.at[1], hand->frames.count * sizeof(frame));
    return frame;
}

struct started {
    uint64_t run;
    uint64_t execution;
};

static struct started take_start(struct table *table, size_t worker)
{
    struct wire_frame frame = take(&table->workers[worker], MSG_PROGRAM_START);
    struct msg_program_start start;

    assert_true(msg_program_start_decode(frame.payload, table->arena, &start));
    return (struct started){ .run = frame.id, .execution = start.execution };
}

static void worker_up(struct table *table, bool extra)
{
    struct hand *hand = &table->workers[table->worker_count++];
    const struct msg_worker_ready ready = { .build = STR(WRIT_VERSION) };
    struct buf payload BUF_CLEANUP = BUF_INIT;
    int fds[2];

    assert_int_equal(link_pair(fds), 0);
    assert_int_equal(link_new(table->loop, fds[0], &hand->ready, &hand->link), 0);
    assert_int_equal(daemon_link(table->daemon, MSG_PROCESS_KIND_WORKER,
                                 100 + (int32_t)table->worker_count, fds[1]),
                     0);
    table->daemon->workers.at[table->daemon->workers.count - 1]->extra = extra;
    msg_worker_ready_encode(&ready, &payload);
    give(hand, MSG_WORKER_READY, 0, &payload);
    settle(table);
}

static int setup(void **state)
{
    const struct daemon_options options = { .build = STR(WRIT_VERSION),
                                            .data = "/sim/data",
                                            .run = "/sim/run",
                                            .socket = "/sim/run/socket" };
    struct table *table = heap_alloc(sizeof(*table));
    struct str sentence;
    int fds[2];

    sim_new(7);
    table->arena = arena_new(0);
    assert_int_equal(loop_new(&table->loop), 0);
    assert_int_equal(loop_new(&table->daemon_loop), 0);
    assert_int_equal(link_pair(fds), 0);
    assert_int_equal(link_new(table->loop, fds[0], &table->keeper.ready, &table->keeper.link), 0);
    struct daemon_options all = options;
    all.keeper_fd = fds[1];
    assert_int_equal(daemon_new(table->daemon_loop, &all, table->arena, &table->daemon, &sentence),
                     0);
    settle(table);
    VEC_CLEAR(&table->keeper.frames);
    *state = table;
    return 0;
}

static int teardown(void **state)
{
    struct table *table = *state;

    table->daemon = daemon_free(table->daemon);
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        (void)link_free(table->workers[i].link);
        VEC_FINI(&table->workers[i].frames);
    }
    (void)link_free(table->keeper.link);
    VEC_FINI(&table->keeper.frames);
    (void)loop_free(table->daemon_loop);
    (void)loop_free(table->loop);
    (void)arena_free(table->arena);
    (void)heap_free(table);
    sim_end();
    return 0;
}

/* The execution's handle. */
static uint64_t execute(struct table *table, const char *actor, const char *code)
{
    struct command command = { .type = COMMAND_EXECUTE };
    uint64_t seq = log_seq_next(table->daemon->log);

    command.as.execute.who =
        (struct event_who){ .channel = EVENT_CHANNEL_CLI, .actor = str_from(actor) };
    command.as.execute.code = str_from(code);
    daemon__step(table->daemon, &command);
    settle(table);
    return seq;
}

static void report(struct table *table, size_t worker, struct started started,
                   struct msg_program_report report)
{
    struct buf payload BUF_CLEANUP = BUF_INIT;

    report.execution = started.execution;
    msg_program_report_encode(&report, &payload);
    give(&table->workers[worker], MSG_PROGRAM_REPORT, started.run, &payload);
    settle(table);
}

static void done(struct table *table, size_t worker, struct started started)
{
    report(table, worker, started,
           (struct msg_program_report){ .state = MSG_REPORT_STATE_DONE, .result = STR("1") });
}

static void busy(struct table *table, size_t worker, struct started started, bool worn)
{
    const struct msg_worker_busy message = { .cpu_ms = worn ? 50 : 10, .worn = worn };
    struct buf payload BUF_CLEANUP = BUF_INIT;

    msg_worker_busy_encode(&message, &payload);
    give(&table->workers[worker], MSG_WORKER_BUSY, started.run, &payload);
    settle(table);
}

static bool has_ended(struct table *table, uint64_t execution)
{
    const struct execution *found = core_execution(daemon_core(table->daemon), execution);

    return !found || found->state != EVENT_EXECUTION_STATE_RUNNING;
}

/* pid 0: one more is asked for. */
static void keeper_was_asked(struct table *table, int32_t pid)
{
    struct wire_frame frame = take(&table->keeper, MSG_WORKER_MORE);
    struct msg_worker_more more;

    assert_true(msg_worker_more_decode(frame.payload, table->arena, &more));
    assert_int_equal(more.pid, pid);
}

/* ---- */

static void what_an_earlier_run_says_is_old(void **state)
{
    struct msg_program_call call = { .call = 1,
                                     .address = STR("writ.sources.list"),
                                     .args = STR("{}") };
    struct table *table = *state;
    uint64_t first, second;
    struct started loop, taken, again;

    worker_up(table, false);
    first = execute(table, "a", "return 1");
    second = execute(table, "a", "return await tools.writ.sources.list({})");
    loop = take_start(table, 0);
    taken = take_start(table, 0);
    assert_int_equal(taken.execution, second);
    pass(table, DAEMON_BEHIND_MS + 2);
    assert_int_equal(take(&table->workers[0], MSG_PROGRAM_DROP).id, taken.run);
    /* The worker had begun it before it heard that it should not. */
    done(table, 0, loop);
    assert_true(has_ended(table, first));
    report(table, 0, taken,
           (struct msg_program_report){ .state = MSG_REPORT_STATE_DONE, .result = STR("\"old\"") });
    assert_false(has_ended(table, second));
    again = take_start(table, 0);
    assert_int_equal(again.execution, second);
    assert_true(again.run != taken.run);
    report(table, 0, again, (struct msg_program_report){ .calls = &call, .calls_count = 1 });
    /* What it waits for comes to the run that is now. */
    assert_int_equal(take(&table->workers[0], MSG_PROGRAM_DELIVER).id, again.run);
    report(table, 0, again,
           (struct msg_program_report){
               .state = MSG_REPORT_STATE_DONE, .delivered = 1, .result = STR("\"new\"") });
    assert_true(has_ended(table, second));
}

static void what_waits_behind_a_long_one_goes_elsewhere(void **state)
{
    struct table *table = *state;
    struct started runs[3];

    worker_up(table, false);
    for (size_t i = 0; i < 3; i++)
        (void)execute(table, "a", "return 1");
    for (size_t i = 0; i < 3; i++)
        runs[i] = take_start(table, 0);
    worker_up(table, false);
    pass(table, DAEMON_BEHIND_MS + 2);
    for (size_t i = 1; i < 3; i++) {
        struct started moved = take_start(table, 1);

        assert_int_equal(moved.execution, runs[i].execution);
        done(table, 1, moved);
        assert_true(has_ended(table, moved.execution));
    }
    assert_false(has_ended(table, runs[0].execution));
}

static void programs_that_take_long_are_not_queued_behind_each_other(void **state)
{
    struct table *table = *state;
    struct started one;

    worker_up(table, false);
    for (size_t i = 0; i < 4; i++) {
        (void)execute(table, "a", "return 1");
        one = take_start(table, 0);
        pass(table, 6);
        done(table, 0, one);
    }
    (void)execute(table, "a", "return 1");
    (void)execute(table, "a", "return 1");
    (void)take_start(table, 0);
    assert_int_equal(table->workers[0].frames.count, 0);
}

static void actors_have_their_turns(void **state)
{
    struct table *table = *state;
    uint64_t of_b;
    struct started one;

    worker_up(table, false);
    for (size_t i = 0; i < 20; i++)
        (void)execute(table, "a", "return 1");
    of_b = execute(table, "b", "return 2");
    for (size_t i = 0; i < DAEMON_QUEUE_MAX; i++) {
        one = take_start(table, 0);
        done(table, 0, one);
    }
    /* Twelve of a wait, and one of b: it is second in the line. */
    (void)take_start(table, 0);
    one = take_start(table, 0);
    assert_int_equal(one.execution, of_b);
}

static void the_pool_grows_and_shrinks(void **state)
{
    struct table *table = *state;
    struct started loop, next;

    worker_up(table, false);
    (void)execute(table, "a", "for (;;);");
    loop = take_start(table, 0);
    busy(table, 0, loop, false);
    keeper_was_asked(table, 0);
    worker_up(table, true);
    (void)execute(table, "a", "return 1");
    next = take_start(table, 1);
    done(table, 1, next);
    pass(table, DAEMON_SPARE_MS - 100);
    assert_int_equal(table->keeper.frames.count, 0);
    done(table, 0, loop);
    pass(table, 200);
    keeper_was_asked(table, 102);
    assert_true(table->workers[1].gone);
    assert_int_equal(table->daemon->workers.count, 1);
}

static void a_worn_worker_keeps_its_heavy_program_and_ends(void **state)
{
    struct msg_program_call call = { .call = 1,
                                     .address = STR("writ.sources.list"),
                                     .args = STR("{}") };
    struct table *table = *state;
    struct started heavy, light;

    worker_up(table, false);
    worker_up(table, false);
    (void)execute(table, "a", "return 1");
    heavy = take_start(table, 0);
    busy(table, 0, heavy, true);
    report(table, 0, heavy, (struct msg_program_report){ .calls = &call, .calls_count = 1 });
    assert_int_equal(take(&table->workers[0], MSG_PROGRAM_DELIVER).id, heavy.run);
    /* Nobody else is sent there. */
    for (size_t i = 0; i < 3; i++) {
        (void)execute(table, "a", "return 1");
        light = take_start(table, 1);
        done(table, 1, light);
    }
    assert_int_equal(table->keeper.frames.count, 0);
    report(table, 0, heavy,
           (struct msg_program_report){
               .state = MSG_REPORT_STATE_DONE, .delivered = 1, .result = STR("1") });
    keeper_was_asked(table, 101);
    assert_true(table->workers[0].gone);
}

static void a_cancelled_loop_does_not_keep_its_worker(void **state)
{
    struct table *table = *state;
    struct command cancel = { .type = COMMAND_CANCEL };
    struct started loop;
    uint64_t execution;

    worker_up(table, false);
    worker_up(table, false);
    execution = execute(table, "a", "for (;;);");
    loop = take_start(table, 0);
    busy(table, 0, loop, false);
    cancel.as.cancel.execution = execution;
    daemon__step(table->daemon, &cancel);
    settle(table);
    assert_true(has_ended(table, execution));
    pass(table, 1);
    keeper_was_asked(table, 101);
    assert_true(table->workers[0].gone);
}

static void so_many_heavy_programs_run_at_once(void **state)
{
    struct table *table = *state;
    uint64_t last = 0;
    struct started one;

    worker_up(table, false);
    for (size_t i = 0; i <= DAEMON_HEAVY_MAX; i++) {
        last = execute(table, "a", "for (;;);");
        one = take_start(table, i);
        busy(table, i, one, false);
        keeper_was_asked(table, 0);
        busy(table, i, one, true);
        if (i < DAEMON_HEAVY_MAX)
            worker_up(table, true);
    }
    /* The last of them is taken back, and waits; whoever is not heavy finds a worker. */
    keeper_was_asked(table, 100 + (int32_t)table->worker_count);
    assert_true(table->workers[DAEMON_HEAVY_MAX].gone);
    assert_false(has_ended(table, last));
    worker_up(table, true);
    (void)execute(table, "a", "return 1");
    one = take_start(table, DAEMON_HEAVY_MAX + 1);
    assert_true(one.execution != last);
    done(table, DAEMON_HEAVY_MAX + 1, one);
    assert_int_equal(table->workers[DAEMON_HEAVY_MAX + 1].frames.count, 0);
}

static void a_program_may_take_its_worker_down_once(void **state)
{
    struct table *table = *state;
    uint64_t bad = 0;
    uint64_t other = 0;

    for (size_t i = 0; i < 2; i++) {
        worker_up(table, false);
        if (i == 0) {
            bad = execute(table, "a", "bad");
            other = execute(table, "a", "return 1");
        }
        assert_int_equal(take_start(table, i).execution, bad);
        table->workers[i].link = link_free(table->workers[i].link);
        settle(table);
    }
    assert_true(has_ended(table, bad));
    worker_up(table, false);
    struct started one = take_start(table, 2);
    assert_int_equal(one.execution, other);
    done(table, 2, one);
    assert_true(has_ended(table, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_an_earlier_run_says_is_old, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waits_behind_a_long_one_goes_elsewhere, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(programs_that_take_long_are_not_queued_behind_each_other,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(actors_have_their_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(the_pool_grows_and_shrinks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_worn_worker_keeps_its_heavy_program_and_ends, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_cancelled_loop_does_not_keep_its_worker, setup, teardown),
        cmocka_unit_test_setup_teardown(so_many_heavy_programs_run_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_program_may_take_its_worker_down_once, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
