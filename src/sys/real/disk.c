/* Files of one folder: what happens at once. The helper thread is in disk_helper.c. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/real/disk.h"

#include "base/arena.h"
#include "base/vec.h"

#define DISK_HOLDER_MAX 1024U

/* Magic numbers of statfs(2). Locks and syncs over these are promises of somebody else. */
static const unsigned int disk_networks[] = {
    0x6969,     /* nfs */
    0x517b,     /* smb */
    0xff534d42, /* cifs */
    0xfe534d42, /* smb2 */
    0x00c36400, /* ceph */
    0x5346414f, /* afs */
    0x73757245, /* coda */
    0x0bd00bd0, /* lustre */
    0x7461636f, /* ocfs2 */
    0x01161970, /* gfs2 */
};

static const unsigned int disk_copiers[] = {
    0x9123683e, /* btrfs */
    0x2fc12fc1, /* zfs */
    0xca451a4e, /* bcachefs */
};

static bool disk_is_one_of(unsigned int type, const unsigned int *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (types[i] == type)
            return true;
    return false;
}

int disk__folder_check(int fd, bool *ret_copies)
{
    struct stat facts;
    struct statfs system;

    if (fstat(fd, &facts) < 0 || fstatfs(fd, &system) < 0)
        return RAISE(-errno);
    if (!S_ISDIR(facts.st_mode) || facts.st_uid != geteuid())
        return DISK_FOREIGN;
    if (facts.st_mode & 077)
        return DISK_EXPOSED;
    if (disk_is_one_of((unsigned int)system.f_type, disk_networks, ARRAY_COUNT(disk_networks)))
        return DISK_NETWORK;
    *ret_copies =
        disk_is_one_of((unsigned int)system.f_type, disk_copiers, ARRAY_COUNT(disk_copiers));
    return 0;
}

int disk__folder_make(const char *path)
{
    char *copy = strdup(path);
    int r = 0;

    CHECK(copy);
    for (char *at = copy + 1; r == 0; at++) {
        char was = *at;

        if (was != '/' && was != '\0')
            continue;
        *at = '\0';
        if (mkdir(copy, 0700) < 0 && errno != EEXIST)
            r = RAISE(-errno);
        *at = was;
        if (was == '\0')
            break;
    }
    free(copy);
    return r;
}

int disk_open(const char *path, enum disk_mode mode, struct disk **ret_disk)
{
    struct disk *disk;
    bool copies = false;
    int fd;
    int r;

    if (mode == DISK_CREATE) {
        r = disk__folder_make(path);
        if (r < 0)
            return TRACE(r);
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return DISK_ABSENT;
    if (fd < 0 && errno == ENOTDIR)
        return DISK_FOREIGN;
    if (fd < 0)
        return RAISE(-errno);
    r = disk__folder_check(fd, &copies);
    if (r != 0) {
        (void)close(fd);
        return r < 0 ? TRACE(r) : r;
    }
    disk = heap_alloc(sizeof(*disk));
    *disk = (struct disk){ .folder = fd, .lock = -1, .copies_on_write = copies };
    disk__helper_init(disk);
    *ret_disk = disk;
    return 0;
}

struct disk *disk_close(struct disk *disk)
{
    if (!disk)
        return NULL;
    disk__helper_fini(disk);
    if (disk->lock >= 0)
        (void)close(disk->lock);
    (void)close(disk->folder);
    return heap_free(disk);
}

bool disk_copies_on_write(const struct disk *disk)
{
    return disk->copies_on_write;
}

int disk_folder(struct disk *disk, const char *name)
{
    if (mkdirat(disk->folder, name, 0700) < 0 && errno != EEXIST)
        return RAISE(-errno);
    return 0;
}

int disk_folder_sync(struct disk *disk, const char *name)
{
    int fd = openat(disk->folder, *name ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = 0;

    if (fd < 0)
        return RAISE(-errno);
    if (fsync(fd) < 0)
        r = RAISE(-errno);
    (void)close(fd);
    return r;
}

static int disk_name_order(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

int disk_list(struct disk *disk, const char *folder, struct arena *arena, struct str **ret_names,
              size_t *ret_count)
{
    struct VEC(struct str) names = { 0 };
    int fd = openat(disk->folder, *folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!listing)
        return RAISE(-errno);
    while ((entry = readdir(listing)))
        if (entry->d_name[0] != '.')
            *VEC_PUSH(&names) = str_copy(arena, str_from(entry->d_name));
    (void)closedir(listing);
    if (names.count)
        qsort(names.at, names.count, sizeof(*names.at), disk_name_order);
    *ret_names = ARENA_ARRAY(arena, struct str, names.count + 1);
    for (size_t i = 0; i < names.count; i++)
        (*ret_names)[i] = names.at[i];
    *ret_count = names.count;
    VEC_FINI(&names);
    return 0;
}

int disk_remove(struct disk *disk, const char *name)
{
    if (unlinkat(disk->folder, name, 0) == 0)
        return 0;
    return errno == ENOENT ? DISK_ABSENT : RAISE(-errno);
}

int disk_rename(struct disk *disk, const char *from, const char *to)
{
    if (renameat(disk->folder, from, disk->folder, to) == 0)
        return 0;
    return errno == ENOENT ? DISK_ABSENT : RAISE(-errno);
}

/* --- The lock: the first line of its file is the epoch, the second the holder --- */

static struct str disk_lock_read(int fd, struct arena *arena, uint64_t *ret_epoch)
{
    char text[DISK_HOLDER_MAX];
    ssize_t got = pread(fd, text, sizeof(text), 0);
    struct str rest = str_of(text, got > 0 ? (size_t)got : 0);
    struct str epoch = str_split(&rest, '\n');

    *ret_epoch = 0;
    (void)str_to_u64(epoch, ret_epoch); /* An empty or torn file counts from nothing. */
    return str_copy(arena, str_trim(rest));
}

static int disk_lock_write(int fd, uint64_t epoch, struct str holder)
{
    char text[DISK_HOLDER_MAX];
    int len = snprintf(text, sizeof(text), "%llu\n%.*s\n", (unsigned long long)epoch,
                       STR_ARG(str_slice(holder, 0, DISK_HOLDER_MAX - 32)));

    CHECK(len > 0 && (size_t)len < sizeof(text));
    if (pwrite(fd, text, (size_t)len, 0) != len || ftruncate(fd, len) < 0)
        return RAISE(errno ? -errno : -EIO);
    return 0;
}

int disk_lock(struct disk *disk, const char *name, struct str holder, struct arena *arena,
              struct disk_owner *ret_owner)
{
    int fd = openat(disk->folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    uint64_t epoch;
    struct disk_owner other;
    int r;

    CHECK(disk->lock < 0);
    if (fd < 0)
        return RAISE(-errno);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        r = errno == EWOULDBLOCK ? DISK_OWNED : RAISE(-errno);
        other.holder = disk_lock_read(fd, arena, &other.epoch);
        (void)close(fd);
        if (r == DISK_OWNED)
            *ret_owner = other;
        return r;
    }
    (void)disk_lock_read(fd, arena, &epoch);
    r = disk_lock_write(fd, epoch + 1, holder);
    if (r < 0) {
        (void)close(fd);
        return TRACE(r);
    }
    disk->lock = fd;
    *ret_owner = (struct disk_owner){ .epoch = epoch + 1, .holder = holder };
    return 0;
}

int disk_lock_holder(struct disk *disk, const char *name, struct arena *arena,
                     struct str *ret_holder)
{
    int fd = openat(disk->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint64_t epoch;
    int r = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : RAISE(-errno);
    if (flock(fd, LOCK_SH | LOCK_NB) < 0)
        r = errno == EWOULDBLOCK ? DISK_OWNED : RAISE(-errno);
    if (r == DISK_OWNED)
        *ret_holder = disk_lock_read(fd, arena, &epoch);
    (void)close(fd);
    return r;
}

/* --- A file --- */

int disk_file_open(struct disk *disk, const char *name, enum disk_open_how how,
                   struct disk_file **ret_file)
{
    static const int flags[] = {
        [DISK_OPEN_READ] = O_RDONLY,
        [DISK_OPEN_WRITE] = O_RDWR,
        [DISK_OPEN_NEW] = O_RDWR | O_CREAT | O_EXCL,
    };
    struct disk_file *file;
    int fd = openat(disk->folder, name, flags[how] | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0 && errno == ENOENT)
        return DISK_ABSENT;
    if (fd < 0 && errno == EEXIST)
        return DISK_EXISTS;
    if (fd < 0)
        return RAISE(-errno);
    file = heap_alloc(sizeof(*file));
    *file = (struct disk_file){ .fd = fd };
    *ret_file = file;
    return 0;
}

struct disk_file *disk_file_close(struct disk_file *file)
{
    if (!file)
        return NULL;
    (void)close(file->fd);
    return heap_free(file);
}

int disk_file_lend(const struct disk_file *file)
{
    int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);

    return fd < 0 ? RAISE(-errno) : fd;
}

int disk_file_size(struct disk_file *file, uint64_t *ret_size)
{
    struct stat facts;

    if (fstat(file->fd, &facts) < 0)
        return RAISE(-errno);
    *ret_size = (uint64_t)facts.st_size;
    return 0;
}

int disk_file_read(struct disk_file *file, uint64_t offset, void *bytes, size_t len,
                   size_t *ret_len)
{
    size_t total = 0;

    while (total < len) {
        ssize_t got = pread(file->fd, (char *)bytes + total, len - total, (off_t)(offset + total));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return RAISE(-errno);
        if (got == 0)
            break;
        total += (size_t)got;
    }
    *ret_len = total;
    return 0;
}

int disk__write_all(int fd, uint64_t offset, struct str bytes)
{
    while (bytes.len) {
        ssize_t put = pwrite(fd, bytes.ptr, bytes.len, (off_t)offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return RAISE(put < 0 ? -errno : -EIO);
        bytes = str_slice(bytes, (size_t)put, bytes.len);
        offset += (uint64_t)put;
    }
    return 0;
}

int disk_file_write(struct disk_file *file, uint64_t offset, struct str bytes)
{
    int r;

    if (file->fault)
        return TRACE(file->fault);
    r = disk__write_all(file->fd, offset, bytes);
    if (r != -ENOSPC && r != -EDQUOT)
        file->fault = r;
    return r < 0 ? TRACE(r) : 0;
}

int disk_file_resize(struct disk_file *file, uint64_t size)
{
    if (ftruncate(file->fd, (off_t)size) < 0)
        return RAISE(-errno);
    return 0;
}

int disk_file_sync(struct disk_file *file)
{
    if (file->fault)
        return TRACE(file->fault);
    if (fsync(file->fd) < 0)
        file->fault = RAISE(-errno);
    return file->fault;
}
