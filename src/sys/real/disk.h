/* sys/real/disk - what the two halves of the real disk share. */
#ifndef WRIT_SYS_REAL_DISK_H
#define WRIT_SYS_REAL_DISK_H

#include "sys/disk.h"
#include "sys/internal.h"

#include <pthread.h>

struct disk_file {
    int fd;
    int fault; /* the first; kept */
};

/* A sync that was asked for and not begun. Two: a segment's last and the next one's first. */
#define DISK_SYNCS_MAX 2U

/* disk_sync_here: after one sync that took longer, so many must be quicker before it is tried. */
#define DISK_QUICK_NS    INT64_C(600000)
#define DISK_QUICK_AFTER 64U

struct disk_sync_wish {
    struct disk_file *file;
    uint64_t seq;
};

struct disk_helper {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards everything below */
    pthread_cond_t work;   /* for the helper: there is something */
    pthread_cond_t idle;   /* for disk_drain: there is nothing */
    struct disk_sync_wish wishes[DISK_SYNCS_MAX];
    size_t wish_count;
    struct disk_job *todo_first;
    struct disk_job *todo_last;
    struct disk_job *done_first;
    struct disk_job *done_last;
    uint64_t synced;
    uint32_t distrust; /* quick syncs that must come first */
    int fault;         /* of a sync */
    bool busy;
    bool syncing;
    bool stop;
    bool started;
};

struct disk {
    int folder;
    int lock;
    bool copies_on_write;
    struct loop *loop;
    struct loop__waker waker;
    struct disk_helper helper;
};

void disk__helper_init(struct disk *disk);
void disk__helper_fini(struct disk *disk);
MUST int disk__write_all(int fd, uint64_t offset, struct str bytes);

/* For paths: 0, DISK_FOREIGN, DISK_EXPOSED or DISK_NETWORK; and mkdir -p, 0700. */
MUST int disk__folder_check(int fd, bool *ret_copies);
MUST int disk__folder_make(const char *path);

#endif
