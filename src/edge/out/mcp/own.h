/* own.c: what a server offers beside tools. */
#ifndef WRIT_EDGE_OUT_MCP_OWN_H
#define WRIT_EDGE_OUT_MCP_OWN_H

#include "edge/out/mcp/internal.h"

void out_mcp__own_note(struct out_mcp *session, const struct json_value *capabilities);
void out_mcp__own_add(struct out_mcp *session);
/* Null: it is a tool of the server. */
struct str out_mcp__own_method(const struct out_mcp *session, struct str tool);
/* What of the arguments a header names; null: nothing. */
struct str out_mcp__own_about(struct out_mcp *session, struct str tool, struct str args);
void out_mcp__own_result(struct out_mcp *session, const struct json_value *result,
                         struct out_mcp_event *event);

#endif
