/*
 * sys/paths - where things are: XDG folders, or all under $WRIT_HOME.
 *
 *     $WRIT_HOME set     data $WRIT_HOME, run $WRIT_HOME/run, config $WRIT_HOME
 *     otherwise          data $XDG_DATA_HOME/writ (~/.local/share/writ)
 *                        run  $XDG_RUNTIME_DIR/writ (/tmp/writ-<uid> without one)
 *                        config $XDG_CONFIG_HOME/writ (~/.config/writ)
 */
#ifndef WRIT_SYS_PATHS_H
#define WRIT_SYS_PATHS_H

#include "base/base.h"
#include "base/str.h"

struct arena;

struct paths {
    const char *data;   /* log/ artifacts/ vault/ VERSION */
    const char *run;    /* socket, token */
    const char *config; /* config.yaml */
    const char *socket; /* run/socket; at most 107 bytes */
};

enum paths_answer {
    PATHS_EXPOSED = 1, /* a folder can be read or written by others */
    PATHS_FOREIGN = 2, /* a folder belongs to somebody else, or is no folder */
    PATHS_NETWORK = 3, /* a folder is on a network file system */
    PATHS_LONG = 4,    /* the socket's path does not fit the kernel's limit */
    PATHS_NOWHERE = 5, /* neither WRIT_HOME nor HOME is set */
};

/* Works out the names, in the arena. Touches nothing. 0, PATHS_LONG or PATHS_NOWHERE. */
MUST int paths_find(struct arena *arena, struct paths *ret_paths);
/*
 * Makes data and run (0700) and looks at them. ret_which has the folder that was refused, or that
 * the fault is about.
 */
MUST int paths_make(const struct paths *paths, const char **ret_which);

/* An environment variable, or NULL. The one place that reads the environment. */
const char *paths_env(const char *name);
/* The folder that the running program's file is in, in the arena: its parts are beside it. */
MUST int paths_self(struct arena *arena, const char **ret_folder);

#endif
