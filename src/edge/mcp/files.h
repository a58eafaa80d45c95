/*
 * Bytes that a client is shown: those that the value of a program names, and those that it asks
 * for by their name (resources/read). An image that every client can show goes with the answer,
 * as an `image` block; anything else is a `resource_link`, since 2025-06-18.
 */
#ifndef WRIT_EDGE_MCP_FILES_H
#define WRIT_EDGE_MCP_FILES_H

#include "base/base.h"
#include "base/digest.h"
#include "base/str.h"

struct mcp;
struct mcp_actions;

#define MCP_FILES_MAX      16U  /* of one answer; what else its value names is named there alone */
#define MCP_FILE_TYPE_MAX  127U /* bytes of a media type */
#define MCP_IMAGE_HEAD_LEN 16U  /* bytes that tell what an image is */

struct mcp_file {
    struct digest name;
    struct str type; /* the media type as its source gave it: told if it is one */
    uint64_t size;
    struct str bytes; /* null: it is named, and not here */
};

/* What images of this beginning are: PNG, JPEG, GIF, WebP. Null: it is none of those. */
struct str mcp_image_type(struct str bytes);

enum mcp_fetched_answer {
    MCP_FETCHED,
    MCP_FETCHED_NONE,  /* there is none of this name that its client was given */
    MCP_FETCHED_LARGE, /* of its size */
    MCP_FETCHED_BUSY,  /* too much is under way to clients now */
};

/* What became of the FETCH of this key. file: its name always, its bytes where it was fetched. */
void mcp_fetched(struct mcp *mcp, uint64_t key, enum mcp_fetched_answer answer,
                 const struct mcp_file *file, struct mcp_actions *actions);

#endif
