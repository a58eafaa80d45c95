/* tasks.c: calls that a server goes on with by itself, while it is asked how far it is. */
#ifndef WRIT_EDGE_OUT_MCP_TASKS_H
#define WRIT_EDGE_OUT_MCP_TASKS_H

#include "edge/out/mcp/internal.h"

/* What an answer to a call came to, with its task looked at. */
struct out_mcp__heard {
    struct rpc_message said; /* the answer of the call itself */
    struct str reason;       /* why there is none; null: there is one */
    bool lost;               /* ... and nobody knows what became of it */
};

/* What the server's capabilities say of tasks. */
void out_mcp__tasks_note(struct out_mcp *session, const struct json_value *capabilities);
/* A tool that can only be called as a task is called so. */
void out_mcp__task_tool(struct out_mcp *session, const struct json_value *tool, struct str name);
bool out_mcp__task_wanted(const struct out_mcp *session, const struct out_mcp__pending *pending);

/* An answer to the call, or to a question about its task. True: the call goes on. */
bool out_mcp__task_goes_on(struct out_mcp *session, struct out_mcp__pending *pending,
                           struct out_mcp__heard *heard, int64_t now_ms);
/* Its question had no answer. True: it is asked again, a little later. */
bool out_mcp__task_failed(struct out_mcp *session, struct out_mcp__pending *pending,
                          int64_t now_ms);
/* What it asked is answered: members of inputResponses, with a comma behind. */
void out_mcp__task_update(struct out_mcp *session, struct out_mcp__pending *pending,
                          struct str responses);
void out_mcp__task_cancel(struct out_mcp *session, const struct out_mcp__pending *pending);
/* Asks how far those are whose time has come. */
void out_mcp__tasks_poll(struct out_mcp *session, int64_t now_ms);
/* The server says how far one is. */
void out_mcp__task_status(struct out_mcp *session, const struct json_value *params, int64_t now_ms);

/* write.c */
/* A question about a task, as a request of this id. more: as above. */
void out_mcp__ask_task(struct out_mcp *session, const struct out_mcp__pending *pending, uint64_t id,
                       const char *method, struct str more);
/* Of an older server: only what is worth a look. */
void out_mcp__ask_level(struct out_mcp *session);
/* The id of a request whose answer nobody waits for. */
uint64_t out_mcp__aside(struct out_mcp *session);

#endif
