/*
 * The one thread we have: it waits for the disk so that the loop does not.
 *
 * It takes a wish for a sync if there is one, else a job; does it without the mutex; puts the
 * outcome where the loop finds it and wakes the loop. Syncs go first: effects wait for them.
 * Everything that was written when a wish is taken is covered by its sync, so wishes for one
 * file that come meanwhile melt into one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/real/disk.h"

#include "base/arena.h"
#include "sys/clock.h"

#define DISK_PIECE_LEN 65536U

static char disk_nothing[DISK_PIECE_LEN]; /* Not const: it would be bytes of the program. */

static int disk_fill(int fd, uint64_t offset, uint64_t len)
{
    for (uint64_t done = 0; done < len; done += DISK_PIECE_LEN) {
        uint64_t left = len - done;
        size_t piece = left < DISK_PIECE_LEN ? (size_t)left : DISK_PIECE_LEN;
        int r = disk__write_all(fd, offset + done, str_of(disk_nothing, piece));

        if (r < 0)
            return TRACE(r);
    }
    return fsync(fd) < 0 ? RAISE(-errno) : 0;
}

static int disk_sync_folder_of(const struct disk *disk, const char *name)
{
    const char *slash = strchr(name, '/');
    char folder[DISK_NAME_MAX + 1] = ".";
    int fd;
    int r = 0;

    if (slash) {
        memcpy(folder, name, (size_t)(slash - name));
        folder[slash - name] = '\0';
    }
    fd = openat(disk->folder, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return RAISE(-errno);
    if (fsync(fd) < 0)
        r = RAISE(-errno);
    (void)close(fd);
    return r;
}

/* A new file of NULs. One that a crash left half made is made again. */
static int disk_spare(const struct disk *disk, const struct disk_job *job)
{
    int fd =
        openat(disk->folder, job->name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r;

    if (fd < 0)
        return RAISE(-errno);
    r = disk_fill(fd, 0, job->len);
    (void)close(fd);
    if (r < 0) {
        (void)unlinkat(disk->folder, job->name, 0);
        return TRACE(r);
    }
    r = disk_sync_folder_of(disk, job->name);
    return r < 0 ? TRACE(r) : 0;
}

/* How much is read next: of a part no byte that is behind it. */
static size_t disk_piece(const struct disk_job *job, uint64_t total)
{
    uint64_t left = job->len - total;

    return job->part && left < DISK_PIECE_LEN ? (size_t)left : DISK_PIECE_LEN;
}

/* Copies descriptor or bytes into out, at most job->len of them; sets len to what there was. */
static int disk_copy(struct disk_job *job, int out)
{
    char piece[DISK_PIECE_LEN];
    uint64_t total = 0;
    ssize_t got;
    int r;

    if (job->fd < 0) {
        if (job->bytes.len > job->len)
            return RAISE(-EFBIG);
        job->len = job->bytes.len;
        r = disk__write_all(out, 0, job->bytes);
        return r < 0 ? TRACE(r) : 0;
    }
    while ((got = pread(job->fd, piece, disk_piece(job, total), (off_t)(job->offset + total))) >
           0) {
        if (total + (uint64_t)got > job->len)
            return RAISE(-EFBIG);
        r = disk__write_all(out, total, str_of(piece, (size_t)got));
        if (r < 0)
            return TRACE(r);
        total += (uint64_t)got;
    }
    if (got < 0)
        return RAISE(-errno);
    job->len = total;
    return 0;
}

/* Of our own copy: what the giver does to its descriptor meanwhile changes nothing. */
static int disk_digest(int fd, uint64_t len, struct digest *ret_digest)
{
    void *at;

    if (len == 0) {
        *ret_digest = digest_of(STR_NULL);
        return 0;
    }
    at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return RAISE(-errno);
    *ret_digest = digest_of(str_of(at, len));
    (void)munmap(at, len);
    return 0;
}

static int disk_keep_as(const struct disk *disk, struct disk_job *job, const char *temporary)
{
    char hex[DIGEST_HEX_LEN];
    char name[DISK_NAME_MAX + DIGEST_HEX_LEN + 2];
    int fd =
        openat(disk->folder, temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r;

    if (fd < 0)
        return RAISE(-errno);
    r = disk_copy(job, fd);
    if (r == 0)
        r = disk_digest(fd, job->len, &job->digest);
    if (r == 0 && fsync(fd) < 0)
        r = RAISE(-errno);
    (void)close(fd);
    if (r < 0)
        return TRACE(r);
    digest_hex(&job->digest, hex);
    (void)snprintf(name, sizeof(name), "%s/%.*s", job->name, (int)DIGEST_HEX_LEN, hex);
    /* The same content may be there: then it is the same file. */
    if (linkat(disk->folder, temporary, disk->folder, name, 0) < 0 && errno != EEXIST)
        return RAISE(-errno);
    r = disk_sync_folder_of(disk, name);
    return r < 0 ? TRACE(r) : 0;
}

static int disk_keep(const struct disk *disk, struct disk_job *job)
{
    char temporary[DISK_NAME_MAX + 16];
    int r;

    (void)snprintf(temporary, sizeof(temporary), "%s/.new", job->name);
    r = disk_keep_as(disk, job, temporary);
    (void)unlinkat(disk->folder, temporary, 0); /* One that stays is overwritten by the next. */
    return r < 0 ? TRACE(r) : 0;
}

static int disk_settle(struct disk *disk, const struct disk_job *job)
{
    int r;

    if (disk->lock >= 0 && fsync(disk->lock) < 0)
        return RAISE(-errno);
    if (fsync(job->file->fd) < 0)
        return RAISE(-errno);
    r = disk_folder_sync(disk, job->name);
    if (r == 0)
        r = disk_folder_sync(disk, "");
    return r < 0 ? TRACE(r) : 0;
}

static int disk_job_do(struct disk *disk, struct disk_job *job)
{
    switch (job->kind) {
    case DISK_JOB_SETTLE:
        return disk_settle(disk, job);
    case DISK_JOB_FILL:
        return disk_fill(job->file->fd, job->offset, job->len);
    case DISK_JOB_SPARE:
        return disk_spare(disk, job);
    case DISK_JOB_KEEP:
        return disk_keep(disk, job);
    }
    UNREACHABLE("a job of no kind");
}

/* --- The thread --- */

static void disk_helper_tell(struct disk *disk)
{
    atomic_store(&disk->waker.fired, true);
    loop_wake(disk->loop);
}

/* fdatasync, timed: 0 or a fault. */
static int disk_sync_timed(const struct disk_file *file, int64_t *ret_took_ns)
{
    int64_t began_ns = clock_mono_ns();
    int fault = fdatasync(file->fd) < 0 ? -errno : 0;

    *ret_took_ns = clock_mono_ns() - began_ns;
    return fault;
}

/* With the mutex held. */
static void disk_helper_synced(struct disk_helper *helper, uint64_t seq, int fault, int64_t took_ns)
{
    if (took_ns > DISK_QUICK_NS)
        helper->distrust = DISK_QUICK_AFTER;
    else if (helper->distrust > 0)
        helper->distrust--;
    if (fault && !helper->fault)
        helper->fault = fault;
    if (!helper->fault && seq > helper->synced)
        helper->synced = seq;
}

/* With the mutex held, as on return. */
static void disk_helper_sync(struct disk *disk)
{
    struct disk_helper *helper = &disk->helper;
    struct disk_sync_wish wish = helper->wishes[0];
    int64_t took_ns;
    int fault;

    helper->wish_count--;
    helper->wishes[0] = helper->wishes[1];
    helper->syncing = true;
    (void)pthread_mutex_unlock(&helper->mutex);
    fault = disk_sync_timed(wish.file, &took_ns);
    (void)pthread_mutex_lock(&helper->mutex);
    helper->syncing = false;
    disk_helper_synced(helper, wish.seq, fault, took_ns);
}

static void disk_helper_job(struct disk *disk)
{
    struct disk_helper *helper = &disk->helper;
    struct disk_job *job = helper->todo_first;

    helper->todo_first = job->next;
    if (!helper->todo_first)
        helper->todo_last = NULL;
    (void)pthread_mutex_unlock(&helper->mutex);
    job->fault = disk_job_do(disk, job);
    (void)pthread_mutex_lock(&helper->mutex);
    job->next = NULL;
    if (helper->done_last)
        helper->done_last->next = job;
    else
        helper->done_first = job;
    helper->done_last = job;
}

static void *disk_helper_main(void *argument)
{
    struct disk *disk = argument;
    struct disk_helper *helper = &disk->helper;

    (void)pthread_mutex_lock(&helper->mutex);
    for (;;) {
        while (!helper->stop && !helper->wish_count && !helper->todo_first) {
            helper->busy = false;
            (void)pthread_cond_broadcast(&helper->idle);
            (void)pthread_cond_wait(&helper->work, &helper->mutex);
        }
        if (helper->stop)
            break;
        helper->busy = true;
        if (helper->wish_count)
            disk_helper_sync(disk);
        else
            disk_helper_job(disk);
        disk_helper_tell(disk);
    }
    (void)pthread_mutex_unlock(&helper->mutex);
    return NULL;
}

/* --- The loop's side --- */

void disk__helper_init(struct disk *disk)
{
    CHECK(pthread_mutex_init(&disk->helper.mutex, NULL) == 0);
    CHECK(pthread_cond_init(&disk->helper.work, NULL) == 0);
    CHECK(pthread_cond_init(&disk->helper.idle, NULL) == 0);
}

void disk__helper_fini(struct disk *disk)
{
    struct disk_helper *helper = &disk->helper;

    if (helper->started) {
        (void)pthread_mutex_lock(&helper->mutex);
        helper->stop = true;
        (void)pthread_cond_signal(&helper->work);
        (void)pthread_mutex_unlock(&helper->mutex);
        (void)pthread_join(helper->thread, NULL);
        loop__waker_remove(disk->loop, &disk->waker);
    }
    (void)pthread_cond_destroy(&helper->idle);
    (void)pthread_cond_destroy(&helper->work);
    (void)pthread_mutex_destroy(&helper->mutex);
}

int disk_helper_start(struct disk *disk, struct loop *loop, struct loop_ready *ready)
{
    sigset_t all;
    sigset_t ours;
    int r;

    CHECK(!disk->helper.started);
    disk->loop = loop;
    disk->waker.ready = ready;
    /* Signals are for the loop's thread. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &ours);
    r = pthread_create(&disk->helper.thread, NULL, disk_helper_main, disk);
    (void)pthread_sigmask(SIG_SETMASK, &ours, NULL);
    if (r != 0)
        return RAISE(-r);
    disk->helper.started = true;
    disk->helper.distrust = DISK_QUICK_AFTER;
    loop__waker_add(loop, &disk->waker);
    return 0;
}

void disk_sync(struct disk *disk, struct disk_file *file, uint64_t seq)
{
    struct disk_helper *helper = &disk->helper;
    struct disk_sync_wish *last;

    CHECK(helper->started);
    (void)pthread_mutex_lock(&helper->mutex);
    last = helper->wish_count ? &helper->wishes[helper->wish_count - 1] : NULL;
    if (last && last->file == file) {
        last->seq = seq;
    } else {
        CHECK(helper->wish_count < DISK_SYNCS_MAX);
        helper->wishes[helper->wish_count++] = (struct disk_sync_wish){ file, seq };
    }
    (void)pthread_mutex_unlock(&helper->mutex);
    /* Not before: the helper would wake only to wait for the mutex. */
    (void)pthread_cond_signal(&helper->work);
}

int disk_sync_here(struct disk *disk, struct disk_file *file, uint64_t seq)
{
    struct disk_helper *helper = &disk->helper;
    int64_t took_ns;
    bool busy;
    int fault;

    CHECK(helper->started);
    (void)pthread_mutex_lock(&helper->mutex);
    busy = helper->busy || helper->wish_count || helper->todo_first || helper->distrust ||
           helper->fault;
    (void)pthread_mutex_unlock(&helper->mutex);
    if (busy)
        return DISK_BUSY;
    /* Nobody but us gives the helper work: it stays asleep. */
    fault = disk_sync_timed(file, &took_ns);
    (void)pthread_mutex_lock(&helper->mutex);
    disk_helper_synced(helper, seq, fault, took_ns);
    (void)pthread_mutex_unlock(&helper->mutex);
    return fault ? RAISE(fault) : 0;
}

int disk_synced(struct disk *disk, uint64_t *ret_seq)
{
    struct disk_helper *helper = &disk->helper;
    uint64_t seq;
    int fault;

    (void)pthread_mutex_lock(&helper->mutex);
    seq = helper->synced;
    fault = helper->fault;
    (void)pthread_mutex_unlock(&helper->mutex);
    if (fault)
        return RAISE(fault);
    *ret_seq = seq;
    return 0;
}

bool disk_syncing(const struct disk *disk)
{
    struct disk_helper *helper = (struct disk_helper *)(uintptr_t)&disk->helper;
    bool syncing;

    (void)pthread_mutex_lock(&helper->mutex);
    syncing = helper->wish_count || helper->syncing;
    (void)pthread_mutex_unlock(&helper->mutex);
    return syncing;
}

void disk_job_add(struct disk *disk, struct disk_job *job)
{
    struct disk_helper *helper = &disk->helper;

    CHECK(helper->started);
    (void)pthread_mutex_lock(&helper->mutex);
    job->next = NULL;
    job->fault = 0;
    if (helper->todo_last)
        helper->todo_last->next = job;
    else
        helper->todo_first = job;
    helper->todo_last = job;
    (void)pthread_mutex_unlock(&helper->mutex);
    /* Not before: the helper would wake only to wait for the mutex. */
    (void)pthread_cond_signal(&helper->work);
}

struct disk_job *disk_next(struct disk *disk)
{
    struct disk_helper *helper = &disk->helper;
    struct disk_job *job;

    (void)pthread_mutex_lock(&helper->mutex);
    job = helper->done_first;
    if (job) {
        helper->done_first = job->next;
        if (!helper->done_first)
            helper->done_last = NULL;
        job->next = NULL;
    }
    (void)pthread_mutex_unlock(&helper->mutex);
    return job;
}

int disk_drain(struct disk *disk)
{
    struct disk_helper *helper = &disk->helper;
    int fault;

    (void)pthread_mutex_lock(&helper->mutex);
    while (helper->wish_count || helper->todo_first || helper->busy)
        (void)pthread_cond_wait(&helper->idle, &helper->mutex);
    fault = helper->fault;
    (void)pthread_mutex_unlock(&helper->mutex);
    return fault ? RAISE(fault) : 0;
}
