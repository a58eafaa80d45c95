/*
 * The walls over the kernel: each try is a child of its own, which says by its exit code how it
 * went. Where a wall does not exist on this kernel, or the build is relaxed, its test is
 * skipped, and says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/sandbox.h"
#include "sys/test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TRY_FAILED 99

static const char *try_folder;

/* Runs the try behind the promises; its exit code, or minus the signal that ended it. */
static int behind(const char *promises, int (*attempt)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(quiet, 2);
        if (try_folder)
            sandbox_folder(try_folder, true);
        if (sandbox_enter(promises) != 0)
            _exit(TRY_FAILED);
        _exit(attempt());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int try_nothing(void)
{
    return 0;
}

/* A worker may make way for everybody, and not go before anybody. */
static int try_to_make_way(void)
{
    const struct sched_param none = { 0 };

    if (setpriority(PRIO_PROCESS, 0, 19) < 0)
        return errno;
    return sched_setscheduler(0, SCHED_IDLE, &none) < 0 ? errno : 0;
}

static int try_to_go_first(void)
{
    const struct sched_param first = { 1 };

    return sched_setscheduler(0, SCHED_FIFO, &first) < 0 ? errno : 0;
}

static int try_memory(void)
{
    char *memory = malloc(1 << 22);

    if (!memory)
        return 1;
    memset(memory, 1, 1 << 22);
    free(memory);
    return (int)(clock_mono_ns() <= 0);
}

static int try_open(void)
{
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

    return fd >= 0 ? 0 : errno;
}

static int try_create(void)
{
    char path[256];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/made", try_folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return fd >= 0 ? 0 : errno;
}

static int try_read_in_folder(void)
{
    char path[256];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/there", try_folder);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? 0 : errno;
}

static int try_inet(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 ? 0 : errno;
}

static int try_unix(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 ? 0 : errno;
}

static int try_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : 0;
}

static int try_exec(void)
{
    (void)execl("/bin/true", "true", (char *)NULL);
    return errno;
}

static int try_executable_memory(void)
{
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? errno : 0;
}

static void *try_thread_main(void *argument)
{
    return argument;
}

static int try_thread(void)
{
    pthread_t thread;
    int r = pthread_create(&thread, NULL, try_thread_main, NULL);

    return r ? r : pthread_join(thread, NULL);
}

static int try_ptrace_me(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? 0 : errno;
}

static int try_loop_and_link(void)
{
    struct loop *loop = NULL;
    struct link *link = NULL;
    struct loop_ready ready = { 0 };
    struct wire_frame frame = { .type = 1 };

    if (loop_new(&loop) != 0 || link_new(loop, 100, &ready, &link) != 0)
        return 1;
    if (link_send(link, &frame) != 0 || loop_run_once(loop, 10) != 0)
        return 2;
    return link_next(link, &frame) == LINK_FRAME ? 0 : 3;
}

static void check_walls(void)
{
    struct sandbox_walls walls = sandbox_possible();

    if (walls.relaxed || !walls.seccomp) {
        print_message("no seccomp here, or a relaxed build: skipped\n");
        skip();
    }
}

static void test_words(void **state)
{
    (void)state;
    assert_int_equal(behind("stdio nonsense", try_nothing), TRY_FAILED);
    assert_int_equal(behind("stdio", try_nothing), 0);
    assert_int_equal(behind("stdio", try_memory), 0);
    assert_int_equal(behind("worker", try_memory), 0);
    assert_int_equal(behind("worker", try_to_make_way), 0);
}

static void test_looking_around_is_refused(void **state)
{
    (void)state;
    check_walls();
    assert_int_equal(behind("stdio", try_open), EPERM);
    assert_int_equal(behind("worker", try_open), EPERM);
    assert_int_equal(behind("worker", try_to_go_first), EPERM);
    assert_int_equal(behind("stdio", try_to_make_way), EPERM);
    assert_int_equal(behind("stdio recvfd sendfd", try_inet), EPERM);
    assert_int_equal(behind("stdio", try_unix), EPERM);
    assert_int_equal(behind("stdio inet", try_unix), EPERM);
    assert_int_equal(behind("stdio inet", try_inet), 0);
    assert_int_equal(behind("stdio unix", try_unix), 0);
    assert_int_equal(behind("stdio unix", try_inet), EPERM);
    assert_int_equal(behind("worker", try_executable_memory), EPERM);
    assert_int_equal(behind("stdio", try_executable_memory), EPERM);
    assert_int_equal(behind("stdio", try_ptrace_me), EPERM);
}

static void test_what_was_not_promised_ends_it(void **state)
{
    (void)state;
    check_walls();
    assert_int_equal(behind("stdio", try_fork), -SIGSYS);
    assert_int_equal(behind("stdio", try_exec), -SIGSYS);
    assert_int_equal(behind("worker", try_exec), -SIGSYS);
    assert_int_equal(behind("stdio thread", try_fork), EPERM);
}

static void test_threads(void **state)
{
    (void)state;
    assert_int_equal(behind("stdio thread", try_thread), 0);
}

static void test_the_keeper_starts_others(void **state)
{
    (void)state;
    assert_int_equal(behind("stdio proc rpath", try_fork), 0);
    assert_int_equal(behind("stdio proc rpath", try_exec), 0);
    assert_int_equal(behind("stdio proc rpath", try_thread), 0);
}

static void test_a_loop_behind_walls(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(link_pair(fds), 0);
    assert_int_equal(dup2(fds[0], 100), 100);
    {
        /* The other end sends a frame first. */
        uint8_t header[WIRE_HEADER_LEN];
        struct wire_frame frame = { .type = 5 };

        wire_header_encode(&frame, header);
        assert_int_equal(write(fds[1], header, sizeof(header)), sizeof(header));
    }
    assert_int_equal(behind("stdio recvfd sendfd", try_loop_and_link), 0);
    test_close(100);
    test_close(fds[0]);
    test_close(fds[1]);
}

static void test_folders(void **state)
{
    char there[256];
    int fd;

    (void)state;
    check_walls();
    try_folder = test_folder();
    (void)snprintf(there, sizeof(there), "%s/there", try_folder);
    fd = open(there, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    test_close(fd);
    assert_int_equal(behind("stdio rpath", try_read_in_folder), 0);
    assert_int_equal(behind("stdio rpath", try_create), EPERM);
    assert_int_equal(behind("stdio rpath wpath", try_create), 0);
    if (sandbox_possible().landlock_files)
        assert_int_equal(behind("stdio rpath wpath", try_open), EACCES);
    else
        print_message("no Landlock here: a folder is not fenced\n");
    test_folder_remove(try_folder);
    try_folder = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_looking_around_is_refused),
        cmocka_unit_test(test_what_was_not_promised_ends_it),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_the_keeper_starts_others),
        cmocka_unit_test(test_a_loop_behind_walls),
        cmocka_unit_test(test_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
