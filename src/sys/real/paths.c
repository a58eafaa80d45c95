/* The folders themselves. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/paths.h"

#include "base/arena.h"
#include "sys/disk.h"
#include "sys/real/disk.h"

#include <stdlib.h>

const char *paths_env(const char *name)
{
    return getenv(name);
}

unsigned int paths__uid(void)
{
    return (unsigned int)geteuid();
}

const char *paths__here(struct arena *arena)
{
    char here[PATH_MAX];

    return str_printf(arena, "%s", getcwd(here, sizeof(here)) ? here : "").ptr;
}

static int paths_make_one(const char *path)
{
    bool copies;
    int fd;
    int r = disk__folder_make(path);

    if (r < 0)
        return TRACE(r);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP ? PATHS_FOREIGN : RAISE(-errno);
    r = disk__folder_check(fd, &copies);
    (void)close(fd);
    if (r < 0)
        return TRACE(r);
    if (r == 0)
        return 0;
    switch ((enum disk_answer)r) {
    case DISK_EXPOSED:
        return PATHS_EXPOSED;
    case DISK_FOREIGN:
        return PATHS_FOREIGN;
    case DISK_NETWORK:
        return PATHS_NETWORK;
    case DISK_OWNED:
    case DISK_ABSENT:
    case DISK_EXISTS:
    case DISK_BUSY:
        break;
    }
    UNREACHABLE("a folder was answered like a file");
}

int paths_make(const struct paths *paths, const char **ret_which)
{
    const char *const each[] = { paths->data, paths->run };

    for (size_t i = 0; i < ARRAY_COUNT(each); i++) {
        int r = paths_make_one(each[i]);

        if (r == 0)
            continue;
        *ret_which = each[i];
        return r < 0 ? TRACE(r) : r;
    }
    return 0;
}

int paths_self(struct arena *arena, const char **ret_folder)
{
    char file[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", file, sizeof(file) - 1);

    if (len < 0)
        return RAISE(-errno);
    file[len] = '\0';
    *strrchr(file, '/') = '\0';
    *ret_folder = str_printf(arena, "%s", file).ptr;
    return 0;
}
