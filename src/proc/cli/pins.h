/* What a person makes of a source's tools: see pins.c. */
#ifndef WRIT_PROC_CLI_PINS_H
#define WRIT_PROC_CLI_PINS_H

#include "proc/cli/cli.h"

/* Asks once for everything of the source that waits, after showing it, and approves it. */
int cli_pins_approve(struct cli *cli, const char *name);

#endif
