/* Where things are, from the environment alone. */
#include "sys/paths.h"

#include "base/arena.h"
#include "sys/internal.h"

#define PATHS_SOCKET_MAX 107U /* sun_path, with its NUL, is 108 */

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
    return str_printf(arena, "/tmp/writ-%u", paths__uid()).ptr;
}

/* A relative WRIT_HOME is meant from here. */
static const char *paths_absolute(struct arena *arena, const char *path)
{
    if (path[0] == '/')
        return str_printf(arena, "%s", path).ptr;
    return str_printf(arena, "%s/%s", paths__here(arena), path).ptr;
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
    if (strlen(paths.socket) > PATHS_SOCKET_MAX)
        return PATHS_LONG;
    *ret_paths = paths;
    return 0;
}
