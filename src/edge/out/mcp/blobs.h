/* blobs.c: what is binary in an answer becomes bytes, and its value names them. */
#ifndef WRIT_EDGE_OUT_MCP_BLOBS_H
#define WRIT_EDGE_OUT_MCP_BLOBS_H

#include "edge/out/mcp/internal.h"

/* A part of a result: where it is, for those who wrote it. */
struct out_mcp__place {
    const char *list;
    size_t index;
};
/* A large one that was told is gone. */
void out_mcp__value_drop(struct out_mcp *session);
void out_mcp__value_begin(struct out_mcp *session);
/* The value is written. */
void out_mcp__value_end(struct out_mcp *session, struct out_mcp_event *event);
/* The key of the next member of an object, and what stands around it. */
void out_mcp__key_add(struct out_mcp *session, struct str key, bool *first);
/* Base64 of a member as a reference; what is no string, as it is. */
void out_mcp__blob_add(struct out_mcp *session, const struct json_value *base64,
                       const struct json_value *type, const struct out_mcp__place *place,
                       const char *member);
/* Contents of a resource, and a block of content, as MCP has them. */
void out_mcp__contents_add(struct out_mcp *session, const struct json_value *contents,
                           const struct out_mcp__place *place, const char *member);
void out_mcp__block_add(struct out_mcp *session, const struct json_value *block,
                        const struct out_mcp__place *place, const char *member);
/* Its data is base64. */
bool out_mcp__has_data(const struct json_value *block);

#endif
