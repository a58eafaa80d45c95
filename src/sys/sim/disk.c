/*
 * A disk that remembers what was not synced.
 *
 * A file is an inode: its content now, its content on the platter, and the changes between the
 * two in order. A folder's names are the same: now, on the platter, and changes. A sync moves
 * changes to the platter. A power cut keeps of a file's changes what chance says (all, none,
 * some, some sectors of some), and of a folder's changes the first so many, as a journaling
 * file system does.
 *
 * Full names are "<path of disk_open>/<name>".
 */
#include "sys/sim/disk.h"

#include <stdio.h>
#include <stdlib.h>

struct sim_disks sim__disks;

/* --- Inodes --- */

struct sim_inode *sim__inode_ref(struct sim_inode *inode)
{
    if (inode)
        inode->refs++;
    return inode;
}

static void sim_change_fini(struct sim_change *change)
{
    (void)heap_free(change->bytes);
}

/* Room is taken and given back in blocks. */
static uint64_t sim_blocks(uint64_t size)
{
    return (size + SIM_BLOCK - 1) / SIM_BLOCK * SIM_BLOCK;
}

static void sim_give_back(uint64_t was, uint64_t size)
{
    if (sim__world.room != UINT64_MAX && sim_blocks(was) > sim_blocks(size))
        sim__world.room += sim_blocks(was) - sim_blocks(size);
}

struct sim_inode *sim__inode_unref(struct sim_inode *inode)
{
    if (!inode || --inode->refs > 0)
        return NULL;
    sim_give_back(inode->now.len, 0);
    buf_fini(&inode->now);
    buf_fini(&inode->platter);
    for (size_t i = 0; i < inode->changes.count; i++)
        sim_change_fini(&inode->changes.at[i]);
    VEC_FINI(&inode->changes);
    return heap_free(inode);
}

static struct sim_inode *sim_inode_new(void)
{
    struct sim_inode *inode = heap_alloc(sizeof(*inode));

    *inode = (struct sim_inode){ .refs = 1 };
    return inode;
}

static void sim_content_resize(struct buf *content, uint64_t size)
{
    if (size < content->len) {
        buf_cut(content, (size_t)size);
        return;
    }
    if (size > content->len) {
        size_t more = (size_t)size - content->len;

        memset(buf_reserve(content, more), 0, more);
        buf_commit(content, more);
    }
}

static void sim_content_write(struct buf *content, uint64_t offset, struct str bytes)
{
    if (bytes.len == 0)
        return;
    if (offset + bytes.len > content->len)
        sim_content_resize(content, offset + bytes.len);
    memcpy(content->ptr + offset, bytes.ptr, bytes.len);
}

static void sim_change_apply(struct buf *content, const struct sim_change *change)
{
    if (change->bytes)
        sim_content_write(content, change->offset, str_of(change->bytes, change->len));
    else
        sim_content_resize(content, change->offset);
}

void sim__inode_sync(struct sim_inode *inode)
{
    for (size_t i = 0; i < inode->changes.count; i++) {
        sim_change_apply(&inode->platter, &inode->changes.at[i]);
        sim_change_fini(&inode->changes.at[i]);
    }
    VEC_CLEAR(&inode->changes);
}

/* --- A power cut --- */

enum sim_loss { SIM_LOSE_ALL, SIM_LOSE_NONE, SIM_LOSE_SOME, SIM_LOSE_SECTORS, SIM_LOSSES };

/* Some sectors of a write arrived. A write that made the file longer may leave zeros. */
static void sim_change_tear(struct buf *content, const struct sim_change *change)
{
    for (size_t at = 0; at < change->len;) {
        size_t len = SIM_SECTOR - (size_t)((change->offset + at) % SIM_SECTOR);

        if (len > change->len - at)
            len = change->len - at;
        if (sim_random(2))
            sim_content_write(content, change->offset + at, str_of(change->bytes + at, len));
        at += len;
    }
}

static void sim_inode_cut(struct sim_inode *inode)
{
    enum sim_loss loss = (enum sim_loss)sim_random(SIM_LOSSES);

    for (size_t i = 0; i < inode->changes.count; i++) {
        struct sim_change *change = &inode->changes.at[i];
        bool kept = loss == SIM_LOSE_NONE || loss == SIM_LOSE_SECTORS ||
                    (loss == SIM_LOSE_SOME && sim_random(2));

        if (kept && loss == SIM_LOSE_SECTORS && change->bytes)
            sim_change_tear(&inode->platter, change);
        else if (kept)
            sim_change_apply(&inode->platter, change);
        sim_change_fini(change);
    }
    VEC_CLEAR(&inode->changes);
    sim_give_back(inode->now.len, inode->platter.len);
    buf_clear(&inode->now);
    buf_add_str(&inode->now, buf_str(&inode->platter));
}

/* --- Names --- */

static struct sim_name *sim_name_find(struct sim_names *names, const char *full)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->at[i].full, full) == 0)
            return &names->at[i];
    return NULL;
}

/* inode NULL: the name goes. */
static void sim_name_set(struct sim_names *names, const char *full, struct sim_inode *inode)
{
    struct sim_name *name = sim_name_find(names, full);

    (void)sim__inode_ref(inode);
    if (name && inode) {
        (void)sim__inode_unref(name->inode);
        name->inode = inode;
    } else if (name) {
        (void)sim__inode_unref(name->inode);
        (void)heap_free(name->full);
        *name = names->at[--names->count];
    } else if (inode) {
        *VEC_PUSH(names) = (struct sim_name){ .full = sim__text(full), .inode = inode };
    }
}

static void sim_names_fini(struct sim_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        (void)sim__inode_unref(names->at[i].inode);
        (void)heap_free(names->at[i].full);
        (void)heap_free(names->at[i].gone);
    }
    VEC_FINI(names);
}

struct sim_inode *sim__inode_find(const char *full)
{
    struct sim_name *name = sim_name_find(&sim__disks.now, full);

    return name ? name->inode : NULL;
}

void sim__name_put(const char *full, struct sim_inode *inode)
{
    sim_name_set(&sim__disks.now, full, inode);
    *VEC_PUSH(&sim__disks.changes) =
        (struct sim_name){ .full = sim__text(full), .inode = sim__inode_ref(inode) };
}

void sim__name_move(const char *from, const char *to)
{
    struct sim_inode *inode = sim__inode_find(from);

    CHECK(inode);
    sim__name_put(to, inode);
    sim_name_set(&sim__disks.now, from, NULL);
    sim__disks.changes.at[sim__disks.changes.count - 1].gone = sim__text(from);
}

/* A change of names arrives on the platter, whole. */
static void sim_name_arrive(const struct sim_name *change)
{
    sim_name_set(&sim__disks.platter, change->full, change->inode);
    if (change->gone)
        sim_name_set(&sim__disks.platter, change->gone, NULL);
}

struct sim_inode *sim__inode_make(const char *full)
{
    struct sim_inode *inode = sim_inode_new();

    sim__name_put(full, inode);
    (void)sim__inode_unref(inode);
    return sim__inode_find(full);
}

static bool sim_is_in(const char *full, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(full, folder, len) == 0 && full[len] == '/' && !strchr(full + len + 1, '/');
}

void sim__folder_sync(const char *folder)
{
    size_t kept = 0;

    for (size_t i = 0; i < sim__disks.changes.count; i++) {
        struct sim_name change = sim__disks.changes.at[i];

        if (!sim_is_in(change.full, folder)) {
            sim__disks.changes.at[kept++] = change;
            continue;
        }
        sim_name_arrive(&change);
        (void)sim__inode_unref(change.inode);
        (void)heap_free(change.full);
        (void)heap_free(change.gone);
    }
    sim__disks.changes.count = kept;
}

/* The first so many changes of names arrived. A file that no name has left is gone. */
static void sim_names_cut(void)
{
    size_t kept = (size_t)sim_random(sim__disks.changes.count + 1);

    for (size_t i = 0; i < kept; i++)
        sim_name_arrive(&sim__disks.changes.at[i]);
    sim_names_fini(&sim__disks.changes);
    sim_names_fini(&sim__disks.now);
    for (size_t i = 0; i < sim__disks.platter.count; i++)
        sim_name_set(&sim__disks.now, sim__disks.platter.at[i].full,
                     sim__disks.platter.at[i].inode);
}

void sim__disk_restart(enum sim_restart_how how)
{
    if (how == SIM_KILLED)
        return;
    sim_names_cut();
    for (size_t i = 0; i < sim__disks.now.count; i++)
        sim_inode_cut(sim__disks.now.at[i].inode);
}

void sim__disk_end(void)
{
    CHECK(sim__disks.disks.count == 0);
    VEC_FINI(&sim__disks.disks);
    sim_names_fini(&sim__disks.changes);
    sim_names_fini(&sim__disks.now);
    sim_names_fini(&sim__disks.platter);
    for (size_t i = 0; i < sim__disks.folders.count; i++)
        (void)heap_free(sim__disks.folders.at[i]);
    VEC_FINI(&sim__disks.folders);
}

/* --- For tests that look, or damage --- */

bool sim_file_get(const char *path, struct buf *ret_content)
{
    struct sim_inode *inode = sim__inode_find(path);

    if (inode)
        buf_add_str(ret_content, buf_str(&inode->now));
    return inode != NULL;
}

void sim_file_put(const char *path, struct str content)
{
    struct sim_inode *inode = sim_inode_new();

    buf_add_str(&inode->now, content);
    buf_add_str(&inode->platter, content);
    sim_name_set(&sim__disks.now, path, inode);
    sim_name_set(&sim__disks.platter, path, inode);
    (void)sim__inode_unref(inode);
}

void sim_file_remove(const char *path)
{
    sim_name_set(&sim__disks.now, path, NULL);
    sim_name_set(&sim__disks.platter, path, NULL);
}

static int sim_name_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void sim_file_names(struct buf *ret_names)
{
    struct VEC(char *) names = { 0 };

    for (size_t i = 0; i < sim__disks.now.count; i++)
        *VEC_PUSH(&names) = sim__disks.now.at[i].full;
    if (names.count)
        qsort(names.at, names.count, sizeof(*names.at), sim_name_order);
    for (size_t i = 0; i < names.count; i++)
        buf_printf(ret_names, "%s\n", names.at[i]);
    VEC_FINI(&names);
}

/* --- Writing, counted --- */

int sim__inode_write(struct sim_inode *inode, uint64_t offset, struct str bytes)
{
    uint64_t size = inode->now.len;
    uint64_t end = offset + bytes.len;
    uint64_t growth = end > size ? sim_blocks(end) - sim_blocks(size) : 0;
    bool crashed = sim__world.crashed;
    int r = sim__operation();

    /* The write it crashes at may have reached the cache. */
    if (r < 0 && (crashed || sim_random(2)))
        return RAISE(r);
    if (sim__world.write_fault) {
        r = sim__world.write_fault;
        sim__world.write_fault = 0;
        return RAISE(r);
    }
    if (growth > sim__world.room)
        return RAISE(-ENOSPC);
    if (sim__world.room != UINT64_MAX)
        sim__world.room -= growth;
    *VEC_PUSH(&inode->changes) =
        (struct sim_change){ .offset = offset,
                             .len = bytes.len,
                             .bytes = memcpy(heap_alloc(bytes.len + 1), bytes.ptr, bytes.len) };
    sim_content_write(&inode->now, offset, bytes);
    buf_add_str(&sim__world.written, bytes);
    return r < 0 ? RAISE(r) : 0;
}

int sim__inode_resize(struct sim_inode *inode, uint64_t size)
{
    int r = sim__operation();

    if (r < 0)
        return RAISE(r);
    sim_give_back(inode->now.len, size);
    *VEC_PUSH(&inode->changes) = (struct sim_change){ .offset = size };
    sim_content_resize(&inode->now, size);
    return 0;
}

int sim__inode_sync_counted(struct sim_inode *inode)
{
    int r = sim__operation();

    if (r == 0 && sim__world.sync_fault) {
        r = sim__world.sync_fault;
        sim__world.sync_fault = 0;
    }
    if (r < 0)
        return RAISE(r);
    sim__inode_sync(inode);
    return 0;
}
