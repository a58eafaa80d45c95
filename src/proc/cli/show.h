/*
 * show - one execution as a timeline: what the log has of it and, while it runs and the daemon is
 * there, what its program says, each where it belongs.
 */
#ifndef WRIT_PROC_CLI_SHOW_H
#define WRIT_PROC_CLI_SHOW_H

#include "proc/cli/ledger.h"

/* Tells story->id, and with --follow goes on to its end. Gives the exit code. */
MUST int show_story(struct cli *cli, struct ledger_story *story);

#endif
