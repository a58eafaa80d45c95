/* What sys/disk.h says, over simulated inodes; and its helper, which runs when a loop turns. */
#include <stdio.h>
#include <stdlib.h>

#include "sys/sim/disk.h"

#define SIM_SYNCS_MAX 2U

struct disk_file {
    struct sim_inode *inode;
    int fault;
};

struct sim_wish {
    struct disk_file *file;
    uint64_t seq;
};

struct disk {
    char *path;
    struct sim_inode *lock;
    struct loop *loop; /* NULL: no helper */
    struct loop__waker waker;
    struct sim_wish wishes[SIM_SYNCS_MAX];
    size_t wish_count;
    struct VEC(struct disk_job *) todo;
    struct VEC(struct disk_job *) done;
    uint64_t synced;   /* as disk_synced says */
    uint64_t done_seq; /* synced, and not yet told */
    bool told;
    int fault;
};

#define SIM_FULL_MAX (256U + DISK_NAME_MAX)

static const char *sim_full(const struct disk *disk, const char *name, char full[SIM_FULL_MAX])
{
    int n = snprintf(full, SIM_FULL_MAX, "%s%s%s", disk->path, *name ? "/" : "", name);

    CHECK(n > 0 && (size_t)n < SIM_FULL_MAX);
    return full;
}

/* --- The folder --- */

static bool sim_folder_there(const char *full)
{
    for (size_t i = 0; i < sim__disks.folders.count; i++)
        if (strcmp(sim__disks.folders.at[i], full) == 0)
            return true;
    return false;
}

int disk_open(const char *path, enum disk_mode mode, struct disk **ret_disk)
{
    struct disk *disk;

    CHECK(sim__world.there);
    if (!sim_folder_there(path)) {
        if (mode == DISK_READ)
            return DISK_ABSENT;
        *VEC_PUSH(&sim__disks.folders) = sim__text(path);
    }
    disk = heap_alloc(sizeof(*disk));
    *disk = (struct disk){ .path = sim__text(path), .told = true };
    *VEC_PUSH(&sim__disks.disks) = disk;
    *ret_disk = disk;
    return 0;
}

struct disk *disk_close(struct disk *disk)
{
    if (!disk)
        return NULL;
    for (size_t i = 0; i < sim__disks.disks.count; i++)
        if (sim__disks.disks.at[i] == disk)
            sim__disks.disks.at[i] = sim__disks.disks.at[--sim__disks.disks.count];
    if (disk->loop)
        loop__waker_remove(disk->loop, &disk->waker);
    if (disk->lock) {
        disk->lock->locked_by = NULL;
        (void)sim__inode_unref(disk->lock);
    }
    VEC_FINI(&disk->todo);
    VEC_FINI(&disk->done);
    (void)heap_free(disk->path);
    return heap_free(disk);
}

bool disk_copies_on_write(const struct disk *disk)
{
    (void)disk;
    return sim__world.copies_on_write;
}

int disk_folder(struct disk *disk, const char *name)
{
    char full[SIM_FULL_MAX];

    if (sim__world.crashed)
        return RAISE(SIM_CRASHED);
    if (!sim_folder_there(sim_full(disk, name, full)))
        *VEC_PUSH(&sim__disks.folders) = sim__text(full);
    return 0;
}

int disk_folder_sync(struct disk *disk, const char *name)
{
    char full[SIM_FULL_MAX];
    int r = sim__operation();

    if (r < 0)
        return RAISE(r);
    sim__folder_sync(sim_full(disk, name, full));
    return 0;
}

static int sim_str_order(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

int disk_list(struct disk *disk, const char *folder, struct arena *arena, struct str **ret_names,
              size_t *ret_count)
{
    char full[SIM_FULL_MAX];
    struct str prefix;
    struct str *names;
    size_t count = 0;

    if (!sim_folder_there(sim_full(disk, folder, full)))
        return RAISE(-ENOENT);
    prefix = str_printf(arena, "%s/", full);
    names = ARENA_ARRAY(arena, struct str, sim__disks.now.count + 1);
    for (size_t i = 0; i < sim__disks.now.count; i++) {
        struct str name = str_from(sim__disks.now.at[i].full);
        struct str rest = str_slice(name, prefix.len, name.len);

        if (str_starts(name, prefix) && str_find_char(rest, '/') == SIZE_MAX && rest.ptr[0] != '.')
            names[count++] = str_copy(arena, rest);
    }
    qsort(names, count, sizeof(*names), sim_str_order);
    *ret_names = names;
    *ret_count = count;
    return 0;
}

int disk_remove(struct disk *disk, const char *name)
{
    char full[SIM_FULL_MAX];
    int r = sim__operation();

    if (r < 0)
        return RAISE(r);
    if (!sim__inode_find(sim_full(disk, name, full)))
        return DISK_ABSENT;
    sim__name_put(full, NULL);
    return 0;
}

int disk_rename(struct disk *disk, const char *from, const char *to)
{
    char old[SIM_FULL_MAX];
    char new[SIM_FULL_MAX];
    int r = sim__operation();

    if (r < 0)
        return RAISE(r);
    if (!sim__inode_find(sim_full(disk, from, old)))
        return DISK_ABSENT;
    sim__name_move(old, sim_full(disk, to, new));
    return 0;
}

/* --- The lock --- */

static struct str sim_lock_read(struct sim_inode *inode, struct arena *arena, uint64_t *ret_epoch)
{
    struct str rest = buf_str(&inode->now);
    struct str epoch = str_split(&rest, '\n');

    *ret_epoch = 0;
    (void)str_to_u64(epoch, ret_epoch); /* Empty counts from nothing. */
    return str_copy(arena, str_trim(rest));
}

int disk_lock(struct disk *disk, const char *name, struct str holder, struct arena *arena,
              struct disk_owner *ret_owner)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    char full[SIM_FULL_MAX];
    struct sim_inode *inode = sim__inode_find(sim_full(disk, name, full));
    uint64_t epoch;
    int r;

    CHECK(!disk->lock);
    if (sim__world.crashed)
        return RAISE(SIM_CRASHED);
    if (!inode)
        inode = sim__inode_make(full);
    if (inode->locked_by) {
        ret_owner->holder = sim_lock_read(inode, arena, &ret_owner->epoch);
        return DISK_OWNED;
    }
    (void)sim_lock_read(inode, arena, &epoch);
    buf_printf(&text, "%llu\n%.*s\n", (unsigned long long)epoch + 1, STR_ARG(holder));
    r = sim__inode_write(inode, 0, buf_str(&text));
    if (r == 0)
        r = sim__inode_resize(inode, text.len);
    if (r < 0)
        return TRACE(r);
    inode->locked_by = disk;
    disk->lock = sim__inode_ref(inode);
    *ret_owner = (struct disk_owner){ .epoch = epoch + 1, .holder = holder };
    return 0;
}

int disk_lock_holder(struct disk *disk, const char *name, struct arena *arena,
                     struct str *ret_holder)
{
    char full[SIM_FULL_MAX];
    struct sim_inode *inode = sim__inode_find(sim_full(disk, name, full));
    uint64_t epoch;

    if (!inode || !inode->locked_by)
        return 0;
    *ret_holder = sim_lock_read(inode, arena, &epoch);
    return DISK_OWNED;
}

/* --- A file --- */

int disk_file_open(struct disk *disk, const char *name, enum disk_open_how how,
                   struct disk_file **ret_file)
{
    char full[SIM_FULL_MAX];
    struct sim_inode *inode = sim__inode_find(sim_full(disk, name, full));
    int r;

    if (sim__world.crashed)
        return RAISE(SIM_CRASHED);
    if (how == DISK_OPEN_NEW) {
        if (inode)
            return DISK_EXISTS;
        r = sim__operation();
        if (r < 0)
            return RAISE(r);
        inode = sim__inode_make(full);
    }
    if (!inode)
        return DISK_ABSENT;
    *ret_file = heap_alloc(sizeof(**ret_file));
    **ret_file = (struct disk_file){ .inode = sim__inode_ref(inode) };
    return 0;
}

struct disk_file *disk_file_close(struct disk_file *file)
{
    if (!file)
        return NULL;
    (void)sim__inode_unref(file->inode);
    return heap_free(file);
}

int disk_file_lend(const struct disk_file *file)
{
    return sim_memfd(buf_str(&file->inode->now));
}

int disk_file_size(struct disk_file *file, uint64_t *ret_size)
{
    *ret_size = file->inode->now.len;
    return 0;
}

int disk_file_read(struct disk_file *file, uint64_t offset, void *bytes, size_t len,
                   size_t *ret_len)
{
    struct str rest = str_slice(buf_str(&file->inode->now), (size_t)offset, SIZE_MAX);

    if (sim__world.crashed)
        return RAISE(SIM_CRASHED);
    *ret_len = rest.len < len ? rest.len : len;
    if (*ret_len)
        memcpy(bytes, rest.ptr, *ret_len);
    return 0;
}

int disk_file_write(struct disk_file *file, uint64_t offset, struct str bytes)
{
    if (!file->fault)
        file->fault = sim__inode_write(file->inode, offset, bytes);
    return file->fault ? TRACE(file->fault) : 0;
}

int disk_file_resize(struct disk_file *file, uint64_t size)
{
    int r = sim__inode_resize(file->inode, size);

    return r < 0 ? TRACE(r) : 0;
}

int disk_file_sync(struct disk_file *file)
{
    if (!file->fault)
        file->fault = sim__inode_sync_counted(file->inode);
    return file->fault ? TRACE(file->fault) : 0;
}

/* --- The helper --- */

int disk_helper_start(struct disk *disk, struct loop *loop, struct loop_ready *ready)
{
    CHECK(!disk->loop);
    disk->loop = loop;
    disk->waker.ready = ready;
    loop__waker_add(loop, &disk->waker);
    return 0;
}

static int sim_fill(struct sim_inode *inode, uint64_t offset, uint64_t len)
{
    BUF_CLEANUP struct buf nothing = BUF_INIT;
    int r;

    memset(buf_reserve(&nothing, (size_t)len), 0, (size_t)len);
    buf_commit(&nothing, (size_t)len);
    r = sim__inode_write(inode, offset, buf_str(&nothing));
    if (r == 0)
        r = sim__inode_sync_counted(inode);
    return r < 0 ? TRACE(r) : 0;
}

static int sim_spare(const struct disk *disk, const struct disk_job *job)
{
    char full[SIM_FULL_MAX];
    char folder[SIM_FULL_MAX];
    struct sim_inode *inode;
    int r = sim__operation();

    if (r < 0)
        return RAISE(r);
    inode = sim__inode_make(sim_full(disk, job->name, full));
    r = sim_fill(inode, 0, job->len);
    if (r == 0)
        r = sim__operation();
    if (r == -ENOSPC)
        sim__name_put(full, NULL);
    if (r < 0)
        return RAISE(r);
    memcpy(folder, full, strlen(full) + 1);
    *strrchr(folder, '/') = '\0';
    sim__folder_sync(folder);
    return 0;
}

static int sim_keep(const struct disk *disk, struct disk_job *job)
{
    char hex[DIGEST_HEX_LEN];
    char name[DISK_NAME_MAX + DIGEST_HEX_LEN + 2];
    char full[SIM_FULL_MAX];
    struct str bytes = job->fd >= 0 ? buf_str(&sim__open(job->fd)->content) : job->bytes;
    struct sim_inode *inode;
    int r = 0;

    if (job->fd >= 0)
        bytes = str_slice(bytes, job->offset, job->part ? job->offset + job->len : SIZE_MAX);
    if (bytes.len > job->len)
        return RAISE(-EFBIG);
    job->len = bytes.len;
    job->digest = digest_of(bytes);
    digest_hex(&job->digest, hex);
    inode = sim__inode_make(sim_full(disk, ".new", full));
    if (bytes.len)
        r = sim__inode_write(inode, 0, bytes);
    if (r == 0)
        r = sim__inode_sync_counted(inode);
    if (r < 0)
        return TRACE(r);
    (void)snprintf(name, sizeof(name), "%s/%.*s", job->name, (int)DIGEST_HEX_LEN, hex);
    if (!sim__inode_find(sim_full(disk, name, full)))
        sim__name_put(full, inode);
    sim__name_put(sim_full(disk, ".new", full), NULL);
    r = sim__operation();
    if (r < 0)
        return RAISE(r);
    sim__folder_sync(sim_full(disk, job->name, full));
    return 0;
}

static int sim_settle(struct disk *disk, const struct disk_job *job)
{
    int r = 0;

    if (disk->lock)
        r = sim__inode_sync_counted(disk->lock);
    if (r == 0)
        r = sim__inode_sync_counted(job->file->inode);
    if (r == 0)
        r = disk_folder_sync(disk, job->name);
    if (r == 0)
        r = disk_folder_sync(disk, "");
    return r < 0 ? TRACE(r) : 0;
}

static int sim_job_do(struct disk *disk, struct disk_job *job)
{
    switch (job->kind) {
    case DISK_JOB_SETTLE:
        return sim_settle(disk, job);
    case DISK_JOB_FILL:
        return sim_fill(job->file->inode, job->offset, job->len);
    case DISK_JOB_SPARE:
        return sim_spare(disk, job);
    case DISK_JOB_KEEP:
        return sim_keep(disk, job);
    }
    UNREACHABLE("a job of no kind");
}

static void sim_helper_sync(struct disk *disk)
{
    for (size_t i = 0; i < disk->wish_count; i++) {
        int r = sim__inode_sync_counted(disk->wishes[i].file->inode);

        if (r < 0 && !disk->fault)
            disk->fault = r;
        if (!disk->fault)
            disk->done_seq = disk->wishes[i].seq;
        disk->told = false;
    }
    disk->wish_count = 0;
}

/* Does everything there is to do; after a crash, ends it undone. */
static void sim_helper_run(struct disk *disk)
{
    bool did = disk->wish_count || disk->todo.count || !disk->told;

    sim_helper_sync(disk);
    disk->synced = disk->done_seq;
    disk->told = true;
    for (size_t i = 0; i < disk->todo.count; i++) {
        disk->todo.at[i]->fault = sim_job_do(disk, disk->todo.at[i]);
        *VEC_PUSH(&disk->done) = disk->todo.at[i];
    }
    VEC_CLEAR(&disk->todo);
    if (did)
        disk->waker.fired = true;
}

void sim__helpers_run(struct loop *loop)
{
    for (size_t i = 0; i < sim__disks.disks.count; i++)
        if (sim__disks.disks.at[i]->loop == loop && !sim__world.hold)
            sim_helper_run(sim__disks.disks.at[i]);
}

bool sim__helpers_busy(void)
{
    for (size_t i = 0; i < sim__disks.disks.count; i++)
        if (sim__disks.disks.at[i]->wish_count || sim__disks.disks.at[i]->todo.count ||
            !sim__disks.disks.at[i]->told)
            return !sim__world.hold;
    return false;
}

void disk_sync(struct disk *disk, struct disk_file *file, uint64_t seq)
{
    struct sim_wish *last = disk->wish_count ? &disk->wishes[disk->wish_count - 1] : NULL;

    CHECK(disk->loop);
    if (last && last->file == file) {
        last->seq = seq;
        return;
    }
    CHECK(disk->wish_count < SIM_SYNCS_MAX);
    disk->wishes[disk->wish_count++] = (struct sim_wish){ file, seq };
    /* The thread may be as quick as this, or come after everything that is still written. */
    if (!sim__world.hold && sim_random(2))
        sim_helper_sync(disk);
}

int disk_sync_here(struct disk *disk, struct disk_file *file, uint64_t seq)
{
    int r;

    CHECK(disk->loop);
    /* The disk may have been slow of late; the helper may have work. */
    if (sim__world.hold || disk->wish_count || disk->todo.count || disk->fault || sim_random(2))
        return DISK_BUSY;
    r = sim__inode_sync_counted(file->inode);
    if (r < 0) {
        disk->fault = r;
        return TRACE(r);
    }
    disk->synced = disk->done_seq = seq;
    return 0;
}

int disk_synced(struct disk *disk, uint64_t *ret_seq)
{
    if (disk->fault)
        return RAISE(disk->fault);
    *ret_seq = disk->synced;
    return 0;
}

bool disk_syncing(const struct disk *disk)
{
    return disk->wish_count > 0 || !disk->told;
}

void disk_job_add(struct disk *disk, struct disk_job *job)
{
    CHECK(disk->loop);
    *VEC_PUSH(&disk->todo) = job;
}

struct disk_job *disk_next(struct disk *disk)
{
    struct disk_job *job;

    if (disk->done.count == 0)
        return NULL;
    job = disk->done.at[0];
    disk->done.count--;
    memmove(disk->done.at, disk->done.at + 1, disk->done.count * sizeof(struct disk_job *));
    return job;
}

int disk_drain(struct disk *disk)
{
    sim_helper_run(disk);
    return disk->fault ? RAISE(disk->fault) : 0;
}
