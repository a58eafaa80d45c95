/* Arguments of tools that go into headers (2026-07-28, x-mcp-header). */
#ifndef WRIT_EDGE_OUT_MCP_PARAMS_H
#define WRIT_EDGE_OUT_MCP_PARAMS_H

#include "edge/out/mcp/internal.h"

/* What of the schema's properties goes into headers. False: the schema must not be used, why. */
bool out_mcp__params_read(struct out_mcp *session, const struct json_value *schema,
                          struct out_mcp__params *ret_params, struct str *ret_reason);
/* A value fit for a header, in the arena. */
struct str out_mcp__header_value(struct arena *arena, struct str value);
size_t out_mcp__params_fill(const struct out_mcp__params *params, struct str args,
                            struct arena *arena, struct out_mcp_param *ret_params);

#endif
