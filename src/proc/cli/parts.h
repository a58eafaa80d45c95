/*
 * parts - the other programs of Writ: where they are, and starting them.
 */
#ifndef WRIT_PROC_CLI_PARTS_H
#define WRIT_PROC_CLI_PARTS_H

#include "proc/cli/cli.h"

struct parts_plan {
    const char *http;    /* HOST:PORT; NULL: none */
    const char *workers; /* a number; NULL: as many as fit */
    bool foreground;     /* becomes the keeper: returns only when that fails */
};

/*
 * Starts keeper and waits until it is ready. CLI_DONE, or it has said why not and gives the exit
 * code.
 */
MUST int parts_start(struct cli *cli, const struct parts_plan *plan);

#endif
