/*
 * sys/disk - files in one folder, and the one helper thread that makes them durable.
 *
 * Names are relative to the folder and have at most one '/'. Plain calls happen at once and may
 * wait for the disk: use them while starting, or for what the page cache answers. In a turn,
 * what must wait is a job: it is queued, the helper thread does one after another, and
 * disk_next() gives it back, with its fault, when the disk's ready has come up.
 *
 * Syncs of the same file that wait together are done together: disk_sync() names the highest
 * sequence that was written, disk_synced() says how far the disk has it.
 *
 * Easy to get wrong: after a failed write or sync nothing is known about the file. The fault is
 * kept and given by every later call on it: end the process.
 */
#ifndef WRIT_SYS_DISK_H
#define WRIT_SYS_DISK_H

#include "base/base.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"

#include <stdbool.h>

struct arena;
struct disk;
struct disk_file;
struct loop;
struct loop_ready;

/* A name within the folder, without its NUL. */
#define DISK_NAME_MAX 127U

enum disk_answer {
    DISK_EXPOSED = 1, /* others may read or write the folder */
    DISK_FOREIGN = 2, /* the folder belongs to another user, or is no folder */
    DISK_NETWORK = 3, /* a network file system: locks and syncs cannot be relied on */
    DISK_OWNED = 4,   /* somebody else holds the lock */
    DISK_ABSENT = 5,  /* no file of that name */
    DISK_EXISTS = 6,  /* there is one already */
    DISK_BUSY = 7,    /* not at once */
};

/* --- The folder ------------------------------------------------------------------------- */

enum disk_mode {
    DISK_READ = 0,   /* looks only: no lock, no helper thread; the folder must be there */
    DISK_CREATE = 1, /* makes the folder (0700) if there is none */
};

/* 0, DISK_EXPOSED, DISK_FOREIGN, DISK_NETWORK, DISK_ABSENT (with DISK_READ). */
MUST int disk_open(const char *path, enum disk_mode mode, struct disk **ret_disk);
/* Ends the helper thread, after the job it is doing. */
struct disk *disk_close(struct disk *disk);
CLEANUP_DEFINE(struct disk, disk_close)

/* True if prewriting does not help here: a copy-on-write file system. */
bool disk_copies_on_write(const struct disk *disk);

/* Makes a folder in the folder (0700); there already is fine. */
MUST int disk_folder(struct disk *disk, const char *name);
/* Makes entries of a folder ("" is the top) durable. */
MUST int disk_folder_sync(struct disk *disk, const char *name);
/* Names in a folder, sorted, in the arena. */
MUST int disk_list(struct disk *disk, const char *folder, struct arena *arena,
                   struct str **ret_names, size_t *ret_count);
/* 0 or DISK_ABSENT. */
MUST int disk_remove(struct disk *disk, const char *name);
/* Replaces what has the new name. Durable after disk_folder_sync. 0 or DISK_ABSENT. */
MUST int disk_rename(struct disk *disk, const char *from, const char *to);

/* Who holds a lock. */
struct disk_owner {
    uint64_t epoch;    /* counts every owner there was */
    struct str holder; /* what it says of itself */
};

/*
 * Locks the file (made if absent) for this process, for as long as the disk is open, and writes
 * an epoch, one higher than the last, and the holder's text into it; they are durable when a job
 * SETTLE has ended. 0: ret_owner is us.
 * DISK_OWNED: ret_owner is who holds it; the text is in the arena.
 */
MUST int disk_lock(struct disk *disk, const char *name, struct str holder, struct arena *arena,
                   struct disk_owner *ret_owner);
/* Who holds the lock, without taking it: 0 nobody, or DISK_OWNED. */
MUST int disk_lock_holder(struct disk *disk, const char *name, struct arena *arena,
                          struct str *ret_holder);

/* --- A file ----------------------------------------------------------------------------- */

enum disk_open_how {
    DISK_OPEN_READ,  /* DISK_ABSENT */
    DISK_OPEN_WRITE, /* reads and writes; DISK_ABSENT */
    DISK_OPEN_NEW,   /* makes it, 0600; DISK_EXISTS */
};

MUST int disk_file_open(struct disk *disk, const char *name, enum disk_open_how how,
                        struct disk_file **ret_file);
/* Not while a job on it is under way. */
struct disk_file *disk_file_close(struct disk_file *file);
CLEANUP_DEFINE(struct disk_file, disk_file_close)

/* A descriptor of it to pass to another process (link_send_fds); yours: link_fd_close. */
MUST int disk_file_lend(const struct disk_file *file);
MUST int disk_file_size(struct disk_file *file, uint64_t *ret_size);
/* Reads up to len bytes at offset; *ret_len is less only at the end of the file. */
MUST int disk_file_read(struct disk_file *file, uint64_t offset, void *bytes, size_t len,
                        size_t *ret_len);
/*
 * Writes all of it into the page cache. After a fault every later write gives the same; but a disk
 * that is full (-ENOSPC, -EDQUOT) may have room later.
 */
MUST int disk_file_write(struct disk_file *file, uint64_t offset, struct str bytes);
/* Cuts or extends (with a hole). */
MUST int disk_file_resize(struct disk_file *file, uint64_t size);
/* Waits until all that was written is durable. */
MUST int disk_file_sync(struct disk_file *file);

/* --- What takes time: the helper thread -------------------------------------------------- */

/* Starts the helper thread; ready is queued on the loop when a job or a sync has ended. */
MUST int disk_helper_start(struct disk *disk, struct loop *loop, struct loop_ready *ready);

/*
 * Asks that all written to the file so far, up to sequence seq of its owner, becomes durable.
 * Asked again while one is under way, the next takes all that came meanwhile.
 */
void disk_sync(struct disk *disk, struct disk_file *file, uint64_t seq);
/* The highest sequence that is durable; a fault if a sync failed. */
MUST int disk_synced(struct disk *disk, uint64_t *ret_seq);
/*
 * The same, done here and now: 0, and disk_synced says so. DISK_BUSY, and nothing is done: the
 * helper has work, or syncs have taken long of late. It saves the two wake-ups of the helper,
 * and the loop waits for as long as it takes: only for who has nothing else to do.
 */
MUST int disk_sync_here(struct disk *disk, struct disk_file *file, uint64_t seq);
/* A sync is asked for and has not ended. */
bool disk_syncing(const struct disk *disk);

enum disk_job_kind {
    DISK_JOB_FILL,  /* NULs into file at [offset, offset + len), synced */
    DISK_JOB_SPARE, /* a new file name of len NULs, synced, with its folder entry */
    DISK_JOB_KEEP,  /* the content of fd or bytes as a file named folder/<sha256>, synced */
    /* the lock, all that was written to file, and the entries of its folder name and of the top */
    DISK_JOB_SETTLE,
};

/* Embedded by its owner; must stay where it is until disk_next gave it back. */
struct disk_job {
    enum disk_job_kind kind;
    struct disk_file *file;       /* FILL, SETTLE */
    char name[DISK_NAME_MAX + 1]; /* SPARE: the file; KEEP, SETTLE: the folder */
    uint64_t offset;              /* FILL; KEEP: where in fd it begins */
    uint64_t len;                 /* FILL, SPARE; KEEP: the most it may be; afterwards, its size */
    bool part;                    /* KEEP: len bytes of fd, and whatever follows is another's */
    int fd;                       /* KEEP: borrowed, a memfd or file; or -1 */
    struct str bytes;             /* KEEP without a descriptor: borrowed until it is given back */
    struct digest digest;         /* KEEP, afterwards: what the file is named after */
    int fault;                    /* afterwards: 0, or why not; -EFBIG: KEEP found more than len */
    struct disk_job *next;
};

void disk_job_add(struct disk *disk, struct disk_job *job);
/* Takes the next ended job, or NULL. */
struct disk_job *disk_next(struct disk *disk);
/* Waits until every job and sync has ended: for closing, and for a full queue. */
MUST int disk_drain(struct disk *disk);

#endif
