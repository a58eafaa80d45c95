/* The process itself, over its socket pair: given the path of the worker. */
#include "base/arena.h"
#include "base/buf.h"
#include "format/wire/wire.h"
#include "model/msg.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char *worker_path;

struct other_end {
    pid_t pid;
    int fd;
    struct buf in;
    struct wire_reader reader;
    struct arena *arena;
};

static int setup(void **state)
{
    struct other_end *end = heap_alloc(sizeof(*end));
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    end->pid = fork();
    if (end->pid == 0) {
        (void)close(fds[0]);
        if (fds[1] != 3 && dup2(fds[1], 3) != 3)
            _exit(1);
        (void)execl(worker_path, "worker", (char *)NULL);
        _exit(1);
    }
    (void)close(fds[1]);
    end->fd = fds[0];
    end->arena = arena_new(0);
    end->reader = WIRE_READER(&end->in);
    *state = end;
    return 0;
}

static int teardown(void **state)
{
    struct other_end *end = *state;
    (void)close(end->fd);
    if (end->pid > 0) {
        (void)kill(end->pid, SIGKILL);
        (void)waitpid(end->pid, NULL, 0);
    }
    buf_fini(&end->in);
    arena_free(end->arena);
    heap_free(end);
    return 0;
}

static void take_frame(struct other_end *end, struct wire_frame *ret_frame)
{
    while (wire_next(&end->reader, ret_frame) != WIRE_FRAME) {
        wire_compact(&end->reader);
        ssize_t len = read(end->fd, buf_reserve(&end->in, 65536), 65536);
        assert_true(len > 0);
        buf_commit(&end->in, (size_t)len);
    }
}

/* That a program takes long is passed over. */
static struct msg_program_report take_report(struct other_end *end)
{
    struct wire_frame frame;
    struct msg_program_report report;
    do
        take_frame(end, &frame);
    while (frame.type == MSG_WORKER_BUSY);
    assert_int_equal(frame.type, MSG_PROGRAM_REPORT);
    assert_true(msg_program_report_decode(frame.payload, end->arena, &report));
    return report;
}

static void take_ready(struct other_end *end)
{
    struct wire_frame frame;
    struct msg_worker_ready ready;
    take_frame(end, &frame);
    assert_int_equal(frame.type, MSG_WORKER_READY);
    assert_true(msg_worker_ready_decode(frame.payload, end->arena, &ready));
}

static void give_bytes(struct other_end *end, const struct buf *out)
{
    size_t at = 0;
    while (at < out->len) {
        ssize_t len = write(end->fd, out->ptr + at, out->len - at);
        assert_true(len > 0);
        at += (size_t)len;
    }
}

static void add_start(struct buf *out, uint64_t execution, const char *code,
                      struct msg_delivery *deliveries, size_t count)
{
    struct msg_program_start start = {
        .execution = execution,
        .code = str_from(code),
        .seed = STR("0123456789abcdef"),
        .at_ms = 1700000000000,
        .limits = { 1000, 20000, 64U << 20, 1U << 20 },
        .deliveries = deliveries,
        .deliveries_count = count,
    };
    const struct wire_frame header = { .type = MSG_PROGRAM_START, .id = execution };
    size_t began = wire_begin(out, &header);
    msg_program_start_encode(&start, out);
    assert_true(wire_end(out, began));
}

static void give_start(struct other_end *end, uint64_t execution, const char *code)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    add_start(&out, execution, code, NULL, 0);
    give_bytes(end, &out);
}

static struct msg_delivery result_of(uint32_t call, const char *json)
{
    return (struct msg_delivery){ .index = call,
                                  .at_ms = 1700000000000 + call,
                                  .kind = MSG_DELIVERY_KIND_RESULT,
                                  .call = call,
                                  .value = str_from(json) };
}

static void programs_are_served_in_batches(void **state)
{
    struct other_end *end = *state;
    struct buf out BUF_CLEANUP = BUF_INIT;
    take_ready(end);
    for (uint64_t i = 1; i <= 20; i++)
        add_start(&out, i, "return 40 + 2", NULL, 0);
    give_bytes(end, &out);
    for (uint64_t i = 1; i <= 20; i++) {
        struct msg_program_report report = take_report(end);
        assert_int_equal(report.execution, i);
        assert_int_equal(report.state, MSG_REPORT_STATE_DONE);
        assert_true(str_is(report.result, "42"));
    }
}

static void programs_wait_and_go_on(void **state)
{
    struct other_end *end = *state;
    take_ready(end);
    give_start(end, 5,
               "console.log('a'); const r = await tools.files.read({ path: '/x' });\n"
               "console.log('b'); return r.n + 1n");
    struct msg_program_report report = take_report(end);
    assert_int_equal(report.state, MSG_REPORT_STATE_WAITING);
    assert_int_equal(report.calls_count, 1);
    assert_true(str_is(report.calls[0].address, "files.read"));
    assert_true(str_is(report.calls[0].args, "{\"path\":\"/x\"}"));
    assert_int_equal(report.console_count, 1);
    assert_true(str_is(report.console[0].text, "a"));

    struct buf out BUF_CLEANUP = BUF_INIT;
    struct msg_delivery delivery = result_of(1, "{\"n\":9007199254740993}");
    struct msg_program_deliver deliver = { 5, &delivery, 1 };
    size_t began = wire_begin(&out, &(struct wire_frame){ .type = MSG_PROGRAM_DELIVER, .id = 5 });
    msg_program_deliver_encode(&deliver, &out);
    assert_true(wire_end(&out, began));
    give_bytes(end, &out);
    report = take_report(end);
    assert_int_equal(report.state, MSG_REPORT_STATE_DONE);
    assert_int_equal(report.delivered, 1);
    assert_true(str_is(report.result, "9007199254740994"));
    assert_int_equal(report.console_count, 2);
}

static void a_program_runs_again_from_its_journal(void **state)
{
    struct other_end *end = *state;
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct msg_delivery deliveries[100];
    size_t calls = 0;
    take_ready(end);
    for (uint32_t i = 0; i < 100; i++)
        deliveries[i] = result_of(i + 1, "1");
    add_start(&out, 6,
              "let s = 0; for (let i = 0; i < 101; i++)"
              " s += await tools.w.put({ text: 'x'.repeat(20000) }); return s",
              deliveries, 100);
    give_bytes(end, &out);
    struct msg_program_report report;
    do {
        report = take_report(end);
        for (size_t i = 0; i < report.calls_count; i++)
            assert_int_equal(report.calls[i].call, ++calls);
    } while (report.more);
    assert_int_equal(calls, 101);
    assert_int_equal(report.delivered, 100);
    assert_int_equal(report.state, MSG_REPORT_STATE_WAITING);
}

static int ends_with(struct other_end *end)
{
    int status;
    assert_int_equal(waitpid(end->pid, &status, 0), end->pid);
    end->pid = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void deep_recursion_is_survived(void **state)
{
    struct other_end *end = *state;
    static const char *const codes[] = {
        "const f = () => f() + 1; return f()",
        "let a = []; for (let i = 0; i < 40000; i++) a = [a]; return JSON.stringify(a).length",
        "return JSON.parse('['.repeat(200000))",
        "return eval('('.repeat(100000))",
        "return new RegExp('(?:'.repeat(100000)).source",
    };
    take_ready(end);
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
        give_start(end, i + 1, codes[i]);
        struct msg_program_report report = take_report(end);
        assert_int_equal(report.state, MSG_REPORT_STATE_FAILED);
    }
    give_start(end, 99, "return 1");
    struct msg_program_report report = take_report(end);
    assert_int_equal(report.state, MSG_REPORT_STATE_DONE);
}

static void a_memory_bomb_is_told_and_the_worker_ends(void **state)
{
    struct other_end *end = *state;
    take_ready(end);
    give_start(end, 1, "const a = []; for (;;) a.push(new Uint8Array(1000000))");
    struct msg_program_report report = take_report(end);
    assert_int_equal(report.state, MSG_REPORT_STATE_FAILED);
    assert_true(str_is(report.error.code, "limit"));
    assert_true(str_find(report.error.message, STR("out of memory")) == 0);
    assert_int_equal(ends_with(end), 0);
}

static void a_large_program_may_wait(void **state)
{
    struct other_end *end = *state;
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct msg_delivery delivery = result_of(1, "1");
    struct msg_program_deliver deliver = { 1, &delivery, 1 };
    take_ready(end);
    give_start(end, 1, "const a = new Uint8Array(2e7); await tools.a(); return a.length");
    struct msg_program_report report = take_report(end);
    assert_int_equal(report.state, MSG_REPORT_STATE_WAITING);
    give_start(end, 2, "const a = new Uint8Array(2e7); return a.length");
    report = take_report(end);
    assert_int_equal(report.state, MSG_REPORT_STATE_DONE);
    size_t began = wire_begin(&out, &(struct wire_frame){ .type = MSG_PROGRAM_DELIVER, .id = 1 });
    msg_program_deliver_encode(&deliver, &out);
    assert_true(wire_end(&out, began));
    give_bytes(end, &out);
    report = take_report(end);
    assert_true(str_is(report.result, "20000000"));
    assert_int_equal(ends_with(end), 0);
}

static void it_ends_when_the_daemon_does(void **state)
{
    struct other_end *end = *state;
    take_ready(end);
    (void)shutdown(end->fd, SHUT_RDWR);
    assert_int_equal(ends_with(end), 0);
}

static void it_ends_on_what_it_does_not_know(void **state)
{
    struct other_end *end = *state;
    struct buf out BUF_CLEANUP = BUF_INIT;
    take_ready(end);
    wire_add(&out, &(struct wire_frame){ .type = MSG_WEB_LISTEN });
    give_bytes(end, &out);
    assert_int_equal(ends_with(end), 76);
}

static void a_slow_built_in_meets_the_watchdog(void **state)
{
    struct other_end *end = *state;
    take_ready(end);
    give_start(end, 1,
               "const a = 'ab'.repeat(1 << 20); let n = 0;\n"
               "for (;;) n += a.lastIndexOf('b'.repeat(1 << 15) + 'c')");
    struct msg_program_report report = take_report(end);
    assert_int_equal(report.state, MSG_REPORT_STATE_FAILED);
    assert_true(str_is(report.error.code, "limit"));
}

static struct msg_worker_busy take_busy(struct other_end *end, uint64_t run)
{
    struct wire_frame frame;
    struct msg_worker_busy busy;
    take_frame(end, &frame);
    assert_int_equal(frame.type, MSG_WORKER_BUSY);
    assert_int_equal(frame.id, run);
    assert_true(msg_worker_busy_decode(frame.payload, end->arena, &busy));
    return busy;
}

static void a_long_program_holds_no_answer_up(void **state)
{
    struct other_end *end = *state;
    struct buf out BUF_CLEANUP = BUF_INIT;
    take_ready(end);
    add_start(&out, 1, "return 1", NULL, 0);
    add_start(&out, 2, "while (true) {}", NULL, 0);
    give_bytes(end, &out);
    assert_int_equal(take_report(end).execution, 1);
    struct msg_worker_busy busy = take_busy(end, 2);
    assert_int_equal(busy.cpu_ms, 10);
    assert_false(busy.worn);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)end->pid), getpriority(PRIO_PROCESS, 0));
    assert_int_equal(sched_getscheduler(end->pid), SCHED_OTHER);
    busy = take_busy(end, 2);
    assert_int_equal(busy.cpu_ms, 50);
    assert_true(busy.worn);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)end->pid), 19);
    assert_int_equal(sched_getscheduler(end->pid), SCHED_IDLE);
    struct msg_program_report report = take_report(end);
    assert_int_equal(report.execution, 2);
    assert_true(str_is(report.error.code, "limit"));
}

static void what_is_dropped_before_it_began_does_not_begin(void **state)
{
    struct other_end *end = *state;
    struct buf out BUF_CLEANUP = BUF_INIT;
    const struct msg_program_drop drop = { 2 };
    take_ready(end);
    add_start(&out, 1, "for (let i = 0; i < 1e6; i++); return 1", NULL, 0);
    add_start(&out, 2, "return 2", NULL, 0);
    add_start(&out, 3, "return 3", NULL, 0);
    give_bytes(end, &out);
    (void)take_busy(end, 1);
    buf_clear(&out);
    size_t began = wire_begin(&out, &(struct wire_frame){ .type = MSG_PROGRAM_DROP, .id = 2 });
    msg_program_drop_encode(&drop, &out);
    assert_true(wire_end(&out, began));
    add_start(&out, 2, "return 4", NULL, 0);
    give_bytes(end, &out);
    assert_int_equal(take_report(end).execution, 1);
    struct msg_program_report report = take_report(end);
    assert_int_equal(report.execution, 2);
    assert_int_equal(report.state, MSG_REPORT_STATE_WAITING);
    assert_true(str_is(take_report(end).result, "3"));
    /* The same program, sent again, is another run; here it has the same number. */
    assert_true(str_is(take_report(end).result, "4"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(programs_are_served_in_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(programs_wait_and_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_program_runs_again_from_its_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_program_holds_no_answer_up, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_dropped_before_it_began_does_not_begin, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(deep_recursion_is_survived, setup, teardown),
        cmocka_unit_test_setup_teardown(a_memory_bomb_is_told_and_the_worker_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_program_may_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(it_ends_when_the_daemon_does, setup, teardown),
        cmocka_unit_test_setup_teardown(it_ends_on_what_it_does_not_know, setup, teardown),
    };
    const struct CMUnitTest slow[] = {
        cmocka_unit_test_setup_teardown(a_slow_built_in_meets_the_watchdog, setup, teardown),
    };
    if (argc < 2)
        return 1;
    worker_path = argv[1];
    if (argc > 2)
        return cmocka_run_group_tests(slow, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
