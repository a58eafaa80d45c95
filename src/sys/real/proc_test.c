/* Children over the kernel: what they get, how they end, and who descends from whom. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/loop.h"
#include "sys/proc.h"
#include "sys/stream.h"
#include "sys/test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct run {
    struct loop *loop;
    struct proc *proc;
    struct stream *out;
    struct loop_ready ended;
    struct loop_ready came;
};

static const char *const run_env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "GIVEN=yes", NULL };

/* Starts sh -c script with its standard output, and descriptor 7, being our pipe. */
static int run_start(struct run *run, const char *script, struct proc_plan plan)
{
    const char *argv[] = { "sh", "-c", script, NULL };
    struct proc_fd fds[2];
    int pipe[2];
    int r;

    *run = (struct run){ .ended.kind = 1, .came.kind = 2 };
    test_pipe(pipe);
    fds[0] = (struct proc_fd){ pipe[1], 1 };
    fds[1] = (struct proc_fd){ pipe[1], 7 };
    plan.argv = argv;
    plan.env = run_env;
    plan.fds = fds;
    plan.fd_count = 2;
    if (!plan.file) {
        plan.file = "sh";
        plan.search = true;
    }
    assert_int_equal(loop_new(&run->loop), 0);
    r = proc_spawn(run->loop, &plan, &run->ended, &run->proc);
    test_close(pipe[1]);
    assert_int_equal(stream_new(run->loop, pipe[0], -1, &run->came, &run->out), 0);
    return r;
}

static void run_until_end(struct run *run)
{
    for (int i = 0; i < 500; i++) {
        if (proc_end_get(run->proc).ended && stream_ended(run->out))
            return;
        assert_int_equal(loop_run_once(run->loop, 100), 0);
        while (loop_next(run->loop))
            ;
    }
    fail_msg("it does not end");
}

static void run_free(struct run *run)
{
    run->proc = proc_free(run->proc);
    run->out = stream_free(run->out);
    run->loop = loop_free(run->loop);
}

static void test_it_gets_what_it_is_given(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(run_start(&run,
                               "echo $GIVEN $HOME; ls /proc/self/fd | tr '\\n' ' ';"
                               "pwd >&7; test -t 0 || exit 5",
                               (struct proc_plan){ .folder = "/usr" }),
                     0);
    run_until_end(&run);
    assert_int_equal(proc_end_get(run.proc).code, 5);
    /* ls has its own descriptor 3 open. */
    assert_true(str_is(stream_in(run.out), "yes\n0 1 2 3 7 /usr\n"));
    run_free(&run);
}

static void test_what_cannot_be_started(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(run_start(&run, "true", (struct proc_plan){ .file = "/no/such/thing" }),
                     -ENOENT);
    run_free(&run);
    assert_int_equal(
        run_start(&run, "true", (struct proc_plan){ .file = "no-such-thing", .search = true }),
        -ENOENT);
    run_free(&run);
    assert_int_equal(run_start(&run, "true", (struct proc_plan){ .file = "/etc/passwd" }), -EACCES);
    run_free(&run);
    assert_int_equal(run_start(&run, "true", (struct proc_plan){ .folder = "/no/such" }), -ENOENT);
    run_free(&run);
}

/* The whole group goes, also those whom the child has left behind. */
static void test_the_group_ends(void **state)
{
    struct run run;
    struct proc_facts facts;
    uint64_t grandchild = 0;

    (void)state;
    assert_int_equal(run_start(&run, "sleep 100 & echo $!; wait", (struct proc_plan){ 0 }), 0);
    while (str_find_char(stream_in(run.out), '\n') == SIZE_MAX)
        assert_int_equal(loop_run_once(run.loop, 100), 0);
    assert_true(str_to_u64(str_trim(stream_in(run.out)), &grandchild));
    assert_int_equal(proc_facts_get((int32_t)grandchild, &facts), 0);
    assert_int_equal(facts.parent, proc_pid(run.proc));
    assert_int_equal(facts.session, proc_pid(run.proc));
    assert_int_equal(facts.tty, 0);
    /* It was told of before its exec. */
    assert_true(str_is(str_from(facts.name), "sleep") || str_is(str_from(facts.name), "sh"));
    proc_kill(run.proc, SIGTERM);
    run_until_end(&run);
    assert_int_equal(proc_end_get(run.proc).signal, SIGTERM);
    run_free(&run);

    assert_int_equal(run_start(&run, "sleep 100 & exit 3", (struct proc_plan){ 0 }), 0);
    run_until_end(&run);
    assert_int_equal(proc_end_get(run.proc).code, 3);
    run_free(&run);
}

static void test_a_session_may_be_shared(void **state)
{
    struct run run;
    struct proc_facts ours;
    struct proc_facts its;

    (void)state;
    assert_int_equal(proc_facts_get(getpid(), &ours), 0);
    assert_int_equal(run_start(&run, "sleep 100", (struct proc_plan){ .terminal = true }), 0);
    assert_int_equal(proc_facts_get(proc_pid(run.proc), &its), 0);
    assert_int_equal(its.session, ours.session);
    assert_int_equal(getpgid(proc_pid(run.proc)), proc_pid(run.proc));
    proc_kill(run.proc, SIGKILL);
    run_until_end(&run);
    run_free(&run);
}

static void test_limits(void **state)
{
    struct run run;

    (void)state;
    assert_int_equal(run_start(&run, "ulimit -n; ulimit -c", (struct proc_plan){ .files_max = 33 }),
                     0);
    run_until_end(&run);
    assert_true(str_is(stream_in(run.out), "33\n0\n"));
    run_free(&run);
}

static void test_ancestry(void **state)
{
    struct proc_facts chain[64];
    struct run run;
    size_t count;

    (void)state;
    assert_int_equal(run_start(&run, "sleep 100", (struct proc_plan){ 0 }), 0);
    count = proc_ancestry(proc_pid(run.proc), chain, 64);
    assert_true(count >= 2);
    assert_int_equal(chain[0].pid, proc_pid(run.proc));
    assert_int_equal(chain[1].pid, proc_self());
    assert_true(chain[0].started >= chain[1].started);
    assert_int_equal(chain[1].uid, getuid());
    assert_int_equal(proc_facts_get(0x3ffffff, chain), PROC_GONE);
    run_free(&run);
}

static void test_a_pidfd(void **state)
{
    struct run run;
    int pidfd;

    (void)state;
    assert_int_equal(run_start(&run, "read x", (struct proc_plan){ 0 }), 0);
    pidfd = (int)syscall(SYS_pidfd_open, proc_pid(run.proc), 0);
    run_until_end(&run); /* its standard input is /dev/null */
    assert_false(proc_pidfd_alive(pidfd));
    test_close(pidfd);
    run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_gets_what_it_is_given),
        cmocka_unit_test(test_what_cannot_be_started),
        cmocka_unit_test(test_the_group_ends),
        cmocka_unit_test(test_a_session_may_be_shared),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_ancestry),
        cmocka_unit_test(test_a_pidfd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
