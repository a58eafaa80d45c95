/* seal.c: requestState, which a client of 2026-07-28 carries for us between two requests. */
#ifndef WRIT_EDGE_MCP_SEAL_H
#define WRIT_EDGE_MCP_SEAL_H

#include "edge/mcp/internal.h"

struct mcp__state {
    int64_t expires_ms;
    struct str execution;
    struct digest request;
};

enum mcp__seal_answer {
    MCP__SEAL_GOOD = 0,
    MCP__SEAL_BROKEN = 1,
    MCP__SEAL_EXPIRED = 2,
};

void mcp__seal(struct buf *out, const struct mcp_config *config, struct str principal,
               const struct mcp__state *state);
/* The execution in *ret_state lives in the arena. */
MUST int mcp__unseal(struct mcp__turn *turn, struct str text, struct str principal,
                     struct mcp__state *ret_state);
/* Same time for every wrong guess. */
bool mcp__same_secret(struct str a, struct str b);

#endif
