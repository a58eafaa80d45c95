/* Bytes that a client is shown: what a program's value names, and what it asks for by name. */
#ifndef WRIT_PROC_DAEMON_SHOWN_H
#define WRIT_PROC_DAEMON_SHOWN_H

#include "edge/mcp/mcp.h"

struct daemon;
struct execution;

/*
 * Those that the value of a program names and its actor may have, in order, each once. Images come
 * with their bytes while there is room; who was it for is where they go.
 */
void daemon__shown(struct daemon *daemon, const struct execution *execution, struct str actor,
                   struct mcp_outcome *outcome);
void daemon__fetch(struct daemon *daemon, struct str actor, const struct mcp_action *action);

#endif
