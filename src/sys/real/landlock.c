/*
 * Landlock by its system calls. The kernel's header of Debian 12 knows the first version only,
 * so numbers and structures of the later ones are here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/real/landlock.h"

#define LANDLOCK_FS_READ    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LANDLOCK_FS_EXECUTE LANDLOCK_ACCESS_FS_EXECUTE
#define LANDLOCK_FS_V1      ((1ULL << 13) - 1) /* 0..12 */
#define LANDLOCK_FS_V2      (1ULL << 13)       /* refer */
#define LANDLOCK_FS_V3      (1ULL << 14)       /* truncate */
#define LANDLOCK_FS_V5      (1ULL << 15)       /* ioctl on devices */
#define LANDLOCK_NET_V4     3ULL               /* bind and connect TCP */
#define LANDLOCK_SCOPE_V6   3ULL               /* abstract unix sockets, signals */
/* What a rule on a plain file may grant. */
#define LANDLOCK_FS_OF_FILE                                                                        \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     LANDLOCK_FS_V3 | LANDLOCK_FS_V5)

struct landlock_rules {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

int landlock__abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return abi < 0 ? 0 : (int)abi;
}

static struct landlock_rules landlock_handled(int abi, const struct landlock_plan *plan)
{
    struct landlock_rules rules = { .fs = LANDLOCK_FS_V1 };

    if (abi >= 2)
        rules.fs |= LANDLOCK_FS_V2;
    if (abi >= 3)
        rules.fs |= LANDLOCK_FS_V3;
    if (abi >= 5)
        rules.fs |= LANDLOCK_FS_V5;
    if (abi >= 4 && !plan->net)
        rules.net = LANDLOCK_NET_V4;
    if (abi >= 6 && !plan->others)
        rules.scoped = LANDLOCK_SCOPE_V6;
    return rules;
}

static size_t landlock_rules_len(int abi)
{
    if (abi >= 6)
        return sizeof(struct landlock_rules);
    return abi >= 4 ? offsetof(struct landlock_rules, scoped)
                    : offsetof(struct landlock_rules, net);
}

static uint64_t landlock_granted(const struct proc_path *path, uint64_t handled, bool folder)
{
    uint64_t granted = LANDLOCK_FS_READ;

    if (path->execute)
        granted |= LANDLOCK_FS_EXECUTE;
    if (path->write)
        granted |= handled & ~(uint64_t)LANDLOCK_FS_EXECUTE;
    if (!folder)
        granted &= LANDLOCK_FS_OF_FILE;
    return granted & handled;
}

static void landlock_allow(int ruleset, const struct proc_path *path, uint64_t handled)
{
    struct landlock_path_beneath_attr rule = { 0 };
    struct stat facts;
    int fd = open(path->path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fstat(fd, &facts) == 0) {
        rule.parent_fd = fd;
        rule.allowed_access = landlock_granted(path, handled, S_ISDIR(facts.st_mode));
        /* Best effort toward openness only: a rule that is not added leaves the path closed. */
        (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    (void)close(fd);
}

bool landlock__enter(const struct landlock_plan *plan)
{
    int abi = landlock__abi();
    struct landlock_rules rules = landlock_handled(abi, plan);
    int ruleset;
    bool entered;

    if (abi == 0)
        return false;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, landlock_rules_len(abi), 0);
    if (ruleset < 0)
        return false;
    for (size_t i = 0; i < plan->path_count; i++)
        landlock_allow(ruleset, &plan->paths[i], rules.fs);
    entered = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    (void)close(ruleset);
    return entered;
}
