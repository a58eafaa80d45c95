/* asks.c: what a server asks while it works on a call. */
#ifndef WRIT_EDGE_OUT_MCP_ASKS_H
#define WRIT_EDGE_OUT_MCP_ASKS_H

#include "edge/out/mcp/internal.h"

/* A request of the server, or one of its inputRequests. */
struct out_mcp__question {
    struct str key;
    struct str method;
    const struct json_value *params;
};
bool out_mcp__is_question(struct str method);
/* NULL: somebody will be asked. Else why not. */
const char *out_mcp__ask_add(struct out_mcp *session, struct out_mcp__pending *pending,
                             const struct out_mcp__question *question);
/* One whose answer is known. */
void out_mcp__ask_known(struct out_mcp__pending *pending, struct str key, struct str response);
void out_mcp__asks_forget(struct out_mcp *session, struct out_mcp__pending *pending);
/* A server's own request for a person, or for a model. */
void out_mcp__asked_person(struct out_mcp *session, const struct rpc_message *message);
/* The server cancels a request of its own. */
void out_mcp__ask_withdrawn(struct out_mcp *session, struct str key, int64_t now_ms);
bool out_mcp__ask_next(struct out_mcp *session, struct out_mcp_event *ret_event);
/* One less is open: the call goes on when none is. */
void out_mcp__asks_rest(struct out_mcp *session, struct out_mcp__pending *pending, int64_t now_ms);

#endif
