/* Who may talk to our loopback port at all. */
#ifndef WRIT_EDGE_MCP_ADMIT_H
#define WRIT_EDGE_MCP_ADMIT_H

#include "base/base.h"
#include "base/str.h"

struct mcp_actions;
struct msg_http_request;

/*
 * What any request to our loopback port must pass first (console and API too): Host a loopback
 * name or address with our port, Origin absent or the same, and the bearer token.
 */
struct mcp_admission {
    uint32_t port;
    struct str token; /* the 0600 token */
};

enum mcp_admit_answer {
    MCP_ADMIT = 0,
    MCP_ADMIT_HOST = 1,   /* 403: DNS rebinding, a foreign or a doubled Host */
    MCP_ADMIT_ORIGIN = 2, /* 403 */
    MCP_ADMIT_TOKEN = 3,  /* 401 with WWW-Authenticate */
};

MUST int mcp_http_admit(const struct mcp_admission *admission,
                        const struct msg_http_request *request);
/* The answer to a request that was not admitted. */
void mcp_http_refuse(enum mcp_admit_answer answer, uint64_t exchange, struct mcp_actions *actions);

#endif
