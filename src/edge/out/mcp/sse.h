/*
 * Server-Sent Events out of a stream of bytes, as WHATWG HTML says in "Server-sent events".
 *
 *     out_mcp__sse_add(&sse, bytes);
 *     while ((r = out_mcp__sse_next(&sse, &event)) == OUT_MCP__SSE_EVENT)
 *         ...
 */
#ifndef WRIT_EDGE_OUT_MCP_SSE_H
#define WRIT_EDGE_OUT_MCP_SSE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

#define OUT_MCP__SSE_ID_MAX 1024U

struct out_mcp__sse {
    struct buf in;
    size_t from;     /* first byte of the line that is not whole */
    size_t scanned;  /* no end of a line before here */
    struct buf data; /* of the event that is not whole */
    struct buf name;
    struct buf id;    /* the last that was said; stays */
    int64_t retry_ms; /* as it said; -1: it did not */
    size_t data_max;
    size_t noise; /* bytes of lines that were no data; the owner's to set to 0 */
    bool has_data;
    bool begun; /* a byte order mark is looked for only in front */
    bool given; /* data was given: it goes with the next look */
};

struct out_mcp__sse_event {
    struct str name; /* empty: message */
    struct str data;
};

enum out_mcp__sse_answer {
    OUT_MCP__SSE_MORE = 0,
    OUT_MCP__SSE_EVENT = 1,
    OUT_MCP__SSE_TOO_LONG = 2, /* a line or an event over data_max: end the stream */
};

void out_mcp__sse_init(struct out_mcp__sse *sse, size_t data_max);
void out_mcp__sse_fini(struct out_mcp__sse *sse);
void out_mcp__sse_add(struct out_mcp__sse *sse, struct str bytes);
/* Views live until the next call. */
MUST int out_mcp__sse_next(struct out_mcp__sse *sse, struct out_mcp__sse_event *ret_event);

#endif
