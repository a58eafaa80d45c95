/* Where things are. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/un.h>
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

/* $variable/writ, or home/fallback/writ. The XDG specification: what is not absolute is ignored. */
static const char *paths_xdg(struct arena *arena, const char *variable, const char *fallback)
{
    const char *base = paths_env(variable);
    const char *home = paths_env("HOME");

    if (base && base[0] == '/')
        return str_printf(arena, "%s/writ", base).ptr;
    if (!home || home[0] != '/')
        return NULL;
    return str_printf(arena, "%s/%s/writ", home, fallback).ptr;
}

static const char *paths_run(struct arena *arena)
{
    const char *base = paths_env("XDG_RUNTIME_DIR");

    if (base && base[0] == '/')
        return str_printf(arena, "%s/writ", base).ptr;
    return str_printf(arena, "/tmp/writ-%u", (unsigned int)geteuid()).ptr;
}

/* A relative WRIT_HOME is meant from here. */
static const char *paths_absolute(struct arena *arena, const char *path)
{
    char here[PATH_MAX];

    if (path[0] == '/' || !getcwd(here, sizeof(here)))
        return str_printf(arena, "%s", path).ptr;
    return str_printf(arena, "%s/%s", here, path).ptr;
}

int paths_find(struct arena *arena, struct paths *ret_paths)
{
    const char *home = paths_env("WRIT_HOME");
    struct paths paths;

    if (home && *home) {
        paths.data = paths_absolute(arena, home);
        paths.config = paths.data;
        paths.run = str_printf(arena, "%s/run", paths.data).ptr;
    } else {
        paths.data = paths_xdg(arena, "XDG_DATA_HOME", ".local/share");
        paths.config = paths_xdg(arena, "XDG_CONFIG_HOME", ".config");
        paths.run = paths_run(arena);
    }
    if (!paths.data || !paths.config)
        return PATHS_NOWHERE;
    paths.socket = str_printf(arena, "%s/socket", paths.run).ptr;
    if (strlen(paths.socket) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return PATHS_LONG;
    *ret_paths = paths;
    return 0;
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
        break;
    }
    UNREACHABLE("a folder was answered like a file");
}

int paths_make(const struct paths *paths, const char **ret_which)
{
    const char *const each[] = { paths->data, paths->run };

    for (size_t i = 0; i < ARRAY_COUNT(each); i++) {
        int r = paths_make_one(each[i]);

        if (r < 0)
            return TRACE(r);
        if (r > 0) {
            *ret_which = each[i];
            return r;
        }
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
