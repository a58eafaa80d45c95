/* sys/sim/disk - inodes and names, for the two files of the simulated disk. */
#ifndef WRIT_SYS_SIM_DISK_H
#define WRIT_SYS_SIM_DISK_H

#include "sys/disk.h"
#include "sys/sim/world.h"

#define SIM_SECTOR 512U
#define SIM_BLOCK  4096U

/* A change that is not on the platter: a write, or (without bytes) a new size. */
struct sim_change {
    uint64_t offset;
    size_t len;
    char *bytes;
};

struct sim_inode {
    size_t refs;
    struct buf now;
    struct buf platter;
    struct VEC(struct sim_change) changes;
    struct disk *locked_by;
};

struct sim_name {
    char *full;
    struct sim_inode *inode; /* in changes: NULL is a removal */
    char *gone;              /* in changes: a rename, which takes this name away */
};

struct sim_names VEC(struct sim_name);

struct sim_disks {
    struct sim_names now;
    struct sim_names platter;
    struct sim_names changes;
    struct VEC(char *) folders;
    struct VEC(struct disk *) disks; /* open */
};

extern struct sim_disks sim__disks;

struct sim_inode *sim__inode_ref(struct sim_inode *inode);
struct sim_inode *sim__inode_unref(struct sim_inode *inode);
struct sim_inode *sim__inode_find(const char *full);
struct sim_inode *sim__inode_make(const char *full);
/* inode NULL: the name goes. */
void sim__name_put(const char *full, struct sim_inode *inode);
void sim__name_move(const char *from, const char *to);
void sim__folder_sync(const char *folder);
void sim__inode_sync(struct sim_inode *inode);

/* Counted operations. */
MUST int sim__inode_write(struct sim_inode *inode, uint64_t offset, struct str bytes);
MUST int sim__inode_resize(struct sim_inode *inode, uint64_t size);
MUST int sim__inode_sync_counted(struct sim_inode *inode);

#endif
