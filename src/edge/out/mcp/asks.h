/* asks.c: what a server asks while it works on a call. */
#ifndef WRIT_EDGE_OUT_MCP_ASKS_H
#define WRIT_EDGE_OUT_MCP_ASKS_H

#include "edge/out/mcp/internal.h"

/* A request of the server, or one of its inputRequests. */
struct out_mcp__question {
    struct str key;
    struct str method;
    const struct json_value *params;
    int code; /* of the error, if it cannot be asked */
};
bool out_mcp__is_question(struct str method);
/* NULL: somebody will be asked. Else why not. */
const char *out_mcp__ask_add(struct out_mcp *session, struct out_mcp__pending *pending,
                             struct out_mcp__question *question);
/* All inputRequests of a result. False: *ret_reason says what cannot be asked. */
bool out_mcp__ask_all(struct out_mcp *session, struct out_mcp__pending *pending,
                      const struct json_value *requests, struct str *ret_reason);
/* The call is held until all is answered, and what is said goes with it. */
bool out_mcp__in_round(const struct out_mcp *session, const struct out_mcp__pending *pending);
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

/* rounds.c: the tool asks for more. True: it is asked again; false: *ret_reason says why not. */
bool out_mcp__again(struct out_mcp *session, struct out_mcp__pending *pending,
                    const struct json_value *result, int64_t now_ms, struct str *ret_reason);
/* Everything is answered: the call that was held is made again. */
void out_mcp__go_on(struct out_mcp *session, struct out_mcp__pending *pending);

#endif
