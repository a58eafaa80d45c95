/*
 * Readers beside an owner that appends and rolls as fast as it can, on a real disk. What is being
 * written is never taken for damage, and what is damaged still is.
 */
#include "base/arena.h"
#include "store/log/log.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/loop.h"
#include "sys/test.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BESIDE_SEGMENT (24U << 10)
#define BESIDE_FOR_MS  1500

struct owner {
    struct loop *loop;
    struct disk *disk;
    struct log *log;
    struct arena *arena;
    struct loop_ready ready;
};

static int owner_open(struct owner *owner, const char *folder)
{
    struct log_options options = { .holder = STR("the test"), .segment_len = BESIDE_SEGMENT };
    struct log_trouble trouble;
    struct log_line line;
    int r;

    *owner = (struct owner){ .arena = arena_new(0) };
    r = disk_open(folder, DISK_CREATE, &owner->disk);
    if (r == 0)
        r = loop_new(&owner->loop);
    if (r == 0)
        r = log_open(owner->disk, &options, owner->arena, &owner->log, &trouble);
    while (r == 0 && (r = log_next(owner->log, &line, &trouble)) == LOG_LINE)
        r = 0;
    return r == LOG_END ? disk_helper_start(owner->disk, owner->loop, &owner->ready) : r;
}

static int owner_turn(struct owner *owner, uint64_t turn)
{
    static const uint8_t salt[LOG_SALT_LEN] = { 7 };
    int r;

    for (uint64_t i = 0; i <= turn % 3; i++)
        (void)log_append(owner->log, STR("test.line"), STR("[{\"n\":1,\"text\":\"a line\"}]"), 1,
                         salt);
    r = log_write(owner->log, turn % 2 == 0, clock_mono_ns());
    if (r == 0)
        r = loop_run_once(owner->loop, 0);
    while (loop_next(owner->loop))
        ;
    return r < 0 ? r : log_gather(owner->log, clock_mono_ns());
}

/* The owner's process: appends until it is ended. Only what fails gives a code. */
static void owner_run(const char *folder, int started)
{
    struct owner owner;
    int r = owner_open(&owner, folder);

    for (uint64_t turn = 0; r == 0; turn++) {
        r = owner_turn(&owner, turn);
        if (turn == 0 && r == 0)
            r = write(started, "", 1) == 1 ? 0 : -errno;
    }
    _exit(1);
}

static pid_t owner_start(const char *folder)
{
    char byte;
    int pipe_fds[2];
    pid_t pid;

    assert_int_equal(pipe(pipe_fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        owner_run(folder, pipe_fds[1]);
    (void)close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
    (void)close(pipe_fds[0]);
    return pid;
}

static void owner_end(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, WNOHANG), 0); /* It writes still. */
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void say(const char *who, const struct log_trouble *trouble)
{
    print_error("%s: damage in %.*s, line %llu, offset %llu, sequence %llu, durable %llu: "
                "expected %.*s, found %.*s\n",
                who, STR_ARG(trouble->segment), (unsigned long long)trouble->line,
                (unsigned long long)trouble->offset, (unsigned long long)trouble->seq,
                (unsigned long long)trouble->durable, STR_ARG(trouble->expected),
                STR_ARG(trouble->found));
}

/* All that a reader from this sequence finds now. The answer that is not a line. */
static int read_to_end(struct log_reader *reader, uint64_t *seq, struct log_trouble *trouble)
{
    struct log_line line;
    int r;

    while ((r = log_reader_next(reader, &line, trouble)) == LOG_LINE) {
        assert_true(*seq == 0 || line.seq == *seq + 1);
        *seq = line.seq;
    }
    return r;
}

/* Opens a reader from the middle, reads to the end and a little further. */
static int read_afresh(struct disk *disk, struct arena *arena, uint64_t from,
                       struct log_trouble *trouble)
{
    struct log_reader *reader = NULL;
    uint64_t seq = 0;
    int r = log_reader_open(disk, from, arena, &reader, trouble);

    for (int i = 0; r == 0 && i < 20; i++)
        r = read_to_end(reader, &seq, trouble);
    (void)log_reader_close(reader);
    return r;
}

static void test_what_is_being_written_is_no_damage(void **state)
{
    const char *folder = test_folder();
    pid_t pid = owner_start(folder);
    int64_t until_ns = clock_mono_ns() + BESIDE_FOR_MS * INT64_C(1000000);
    struct arena *arena = arena_new(0);
    struct log_trouble trouble = { 0 };
    struct log_proof proof = { 0 };
    struct log_reader *follower = NULL;
    struct disk *disk = NULL;
    uint64_t seq = 0;
    int followed = 0;
    int verified = 0;
    int read = 0;

    (void)state;
    assert_int_equal(disk_open(folder, DISK_READ, &disk), 0);
    assert_int_equal(log_reader_open(disk, 1, arena, &follower, &trouble), 0);
    while (clock_mono_ns() < until_ns && !followed && !verified && !read) {
        followed = read_to_end(follower, &seq, &trouble);
        if (!followed)
            read = read_afresh(disk, arena, seq > 40 ? seq - 40 : 1, &trouble);
        if (!followed && !read && seq < 40000)
            verified = log_verify(disk, arena, &proof, &trouble);
    }
    owner_end(pid);
    if (followed || read || verified)
        say(followed ? "follower" : read ? "reader" : "verify", &trouble);
    assert_int_equal(followed, LOG_END);
    assert_int_equal(read, LOG_END);
    assert_int_equal(verified, LOG_END);
    assert_true(seq > 200 && proof.segments > 2);
    (void)log_reader_close(follower);
    disk = disk_close(disk);
    (void)arena_free(arena);
    test_folder_remove(folder);
}

/* A line that was on disk and is changed while the owner goes on: named, in the same words. */
static void test_damage_beside_an_owner_is_damage(void **state)
{
    const char *folder = test_folder();
    pid_t pid = owner_start(folder);
    struct arena *arena = arena_new(0);
    struct log_trouble trouble = { 0 };
    struct log_reader *reader = NULL;
    struct log_line line = { 0 };
    struct log_proof proof;
    struct disk *disk = NULL;
    char path[256];
    int fd;

    (void)state;
    assert_int_equal(disk_open(folder, DISK_READ, &disk), 0);
    assert_int_equal(log_reader_open(disk, 1, arena, &reader, &trouble), 0);
    while (line.seq < 400)
        if (log_reader_next(reader, &line, &trouble) == LOG_END)
            (void)usleep(1000);
    reader = log_reader_close(reader);
    assert_int_equal(log_reader_open(disk, 50, arena, &reader, &trouble), 0);
    assert_int_equal(log_reader_next(reader, &line, &trouble), LOG_LINE);
    assert_int_equal(line.seq, 50);
    (void)snprintf(path, sizeof(path), "%s/%.*s", folder, STR_ARG(line.segment));
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "#", 1, (off_t)(line.offset + line.len / 2)), 1);
    (void)close(fd);
    assert_int_equal(log_verify(disk, arena, &proof, &trouble), LOG_DAMAGED);
    assert_int_equal(trouble.seq, 50);
    owner_end(pid);
    (void)log_reader_close(reader);
    disk = disk_close(disk);
    (void)arena_free(arena);
    test_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_being_written_is_no_damage),
        cmocka_unit_test(test_damage_beside_an_owner_is_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
