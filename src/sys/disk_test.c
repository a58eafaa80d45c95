/* A folder, its lock, its files, and the helper. Over both sys. */
#include "sys/disk.h"

#include "base/arena.h"
#include "sys/loop.h"
#include "sys/test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct place {
    const char *folder;
    struct disk *disk;
    struct loop *loop;
    struct arena *arena;
    struct loop_ready ready;
};

static struct place *place_new(void)
{
    static struct place place;

    place = (struct place){ .folder = test_folder(), .arena = arena_new(0) };
    assert_int_equal(disk_open(place.folder, DISK_CREATE, &place.disk), 0);
    assert_int_equal(loop_new(&place.loop), 0);
    assert_int_equal(disk_helper_start(place.disk, place.loop, &place.ready), 0);
    return &place;
}

static void place_free(struct place *place)
{
    place->disk = disk_close(place->disk);
    place->loop = loop_free(place->loop);
    place->arena = arena_free(place->arena);
    test_folder_remove(place->folder);
}

static void test_files(void **state)
{
    struct place *place = place_new();
    struct disk_file *file = NULL;
    struct str *names;
    char bytes[16];
    size_t count;
    uint64_t size;

    (void)state;
    assert_int_equal(disk_file_open(place->disk, "a", DISK_OPEN_READ, &file), DISK_ABSENT);
    assert_int_equal(disk_folder(place->disk, "sub"), 0);
    assert_int_equal(disk_folder(place->disk, "sub"), 0);
    assert_int_equal(disk_file_open(place->disk, "sub/b", DISK_OPEN_NEW, &file), 0);
    assert_int_equal(disk_file_write(file, 3, STR("abc")), 0);
    assert_int_equal(disk_file_size(file, &size), 0);
    assert_int_equal(size, 6);
    assert_int_equal(disk_file_read(file, 2, bytes, sizeof(bytes), &count), 0);
    assert_int_equal(count, 4);
    assert_memory_equal(bytes, "\0abc", 4);
    assert_int_equal(disk_file_resize(file, 4), 0);
    assert_int_equal(disk_file_read(file, 0, bytes, sizeof(bytes), &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(disk_file_sync(file), 0);
    file = disk_file_close(file);
    assert_int_equal(disk_file_open(place->disk, "sub/b", DISK_OPEN_NEW, &file), DISK_EXISTS);
    assert_int_equal(disk_rename(place->disk, "sub/b", "sub/a"), 0);
    assert_int_equal(disk_rename(place->disk, "sub/b", "sub/a"), DISK_ABSENT);
    assert_int_equal(disk_file_open(place->disk, "sub/c", DISK_OPEN_NEW, &file), 0);
    file = disk_file_close(file);
    assert_int_equal(disk_folder_sync(place->disk, "sub"), 0);
    assert_int_equal(disk_list(place->disk, "sub", place->arena, &names, &count), 0);
    assert_int_equal(count, 2);
    assert_true(str_is(names[0], "a") && str_is(names[1], "c"));
    assert_int_equal(disk_remove(place->disk, "sub/a"), 0);
    assert_int_equal(disk_remove(place->disk, "sub/a"), DISK_ABSENT);
    place_free(place);
}

static void test_one_owner(void **state)
{
    struct place *place = place_new();
    struct disk *other = NULL;
    struct disk_owner owner;
    struct str holder;

    (void)state;
    assert_int_equal(disk_lock_holder(place->disk, "lock", place->arena, &holder), 0);
    assert_int_equal(disk_lock(place->disk, "lock", STR("first"), place->arena, &owner), 0);
    assert_int_equal(owner.epoch, 1);
    assert_int_equal(disk_open(place->folder, DISK_READ, &other), 0);
    assert_int_equal(disk_lock(other, "lock", STR("second"), place->arena, &owner), DISK_OWNED);
    assert_true(str_is(owner.holder, "first"));
    assert_int_equal(disk_lock_holder(other, "lock", place->arena, &holder), DISK_OWNED);
    assert_true(str_is(holder, "first"));
    place->disk = disk_close(place->disk);
    assert_int_equal(disk_lock(other, "lock", STR("second"), place->arena, &owner), 0);
    assert_int_equal(owner.epoch, 2);
    other = disk_close(other);
    place_free(place);
}

static void test_syncs_and_jobs(void **state)
{
    struct place *place = place_new();
    struct disk_file *file = NULL;
    struct disk_job jobs[] = {
        { .kind = DISK_JOB_FILL, .offset = 10, .len = 100000, .fd = -1 },
        { .kind = DISK_JOB_SPARE, .name = "spare", .len = 70000, .fd = -1 },
        { .kind = DISK_JOB_KEEP, .name = "kept", .len = 100, .fd = -1, .bytes = STR("value") },
        { .kind = DISK_JOB_KEEP, .name = "kept", .len = 100 },
        { .kind = DISK_JOB_KEEP, .name = "kept", .offset = 4, .len = 5, .part = true },
        { .kind = DISK_JOB_KEEP, .name = "kept", .offset = 9, .len = 0, .part = true },
    };
    size_t ended = 0;
    uint64_t seq = 0;
    uint64_t size;
    struct str *names;
    size_t count;

    (void)state;
    assert_int_equal(disk_folder(place->disk, "kept"), 0);
    assert_int_equal(disk_file_open(place->disk, "file", DISK_OPEN_NEW, &file), 0);
    assert_int_equal(disk_file_write(file, 0, STR("0123456789")), 0);
    disk_sync(place->disk, file, 7);
    disk_sync(place->disk, file, 9);
    jobs[0].file = file;
    jobs[3].fd = test_file("value");
    jobs[4].fd = jobs[5].fd = test_file("the value, and more");
    for (size_t i = 0; i < ARRAY_COUNT(jobs); i++)
        disk_job_add(place->disk, &jobs[i]);
    while (ended < ARRAY_COUNT(jobs) || seq < 9) {
        struct disk_job *job;

        test_turn(place->loop, 1000);
        while (loop_next(place->loop))
            ;
        assert_int_equal(disk_synced(place->disk, &seq), 0);
        while ((job = disk_next(place->disk))) {
            assert_ptr_equal(job, &jobs[ended]);
            assert_int_equal(job->fault, 0);
            ended++;
        }
    }
    assert_false(disk_syncing(place->disk));
    assert_int_equal(disk_file_size(file, &size), 0);
    assert_int_equal(size, 100010);
    assert_int_equal(jobs[2].len, 5);
    assert_true(digest_equal(&jobs[2].digest, &jobs[3].digest));
    assert_int_equal(disk_list(place->disk, "kept", place->arena, &names, &count), 0);
    assert_true(digest_equal(&jobs[2].digest, &jobs[4].digest));
    assert_int_equal(jobs[5].len, 0);
    assert_int_equal(count, 2);
    assert_int_equal(names[0].len, DIGEST_HEX_LEN);
    assert_int_equal(disk_drain(place->disk), 0);
    test_close(jobs[3].fd);
    file = disk_file_close(file);
    place_free(place);
}

/* Done on return, or refused and not done; what is refused is the helper's. */
static void test_a_sync_here(void **state)
{
    struct place *place = place_new();
    struct disk_file *file = NULL;
    uint64_t seq = 0;

    (void)state;
    assert_int_equal(disk_file_open(place->disk, "file", DISK_OPEN_NEW, &file), 0);
    for (uint64_t i = 1; i <= 200; i++) {
        int r;

        assert_int_equal(disk_file_write(file, i, STR("x")), 0);
        r = disk_sync_here(place->disk, file, i);
        assert_true(r == 0 || r == DISK_BUSY);
        assert_int_equal(disk_synced(place->disk, &seq), 0);
        assert_int_equal(seq, r == 0 ? i : i - 1);
        if (r == DISK_BUSY)
            disk_sync(place->disk, file, i);
        while (seq < i) {
            test_turn(place->loop, 1000);
            while (loop_next(place->loop))
                ;
            assert_int_equal(disk_synced(place->disk, &seq), 0);
        }
    }
    file = disk_file_close(file);
    place_free(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_one_owner),
        cmocka_unit_test(test_syncs_and_jobs),
        cmocka_unit_test(test_a_sync_here),
    };

    test_world();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
