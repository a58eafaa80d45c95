/* edge/mcp/stream - what is kept of a stream of events, for a client whose connection breaks. */
#ifndef WRIT_EDGE_MCP_STREAM_H
#define WRIT_EDGE_MCP_STREAM_H

#include "edge/mcp/internal.h"

/* What was said in one. */
struct mcp__stream {
    struct mcp__link all;         /* mcp.streams, oldest first */
    struct mcp__session *session; /* it ends before the session does */
    struct mcp__reply *reply;     /* NULL: all is said */
    uint64_t number;
    uint64_t events;                                /* said so far, counted */
    struct mcp__stream_events VEC(struct buf) kept; /* the last of them */
    size_t bytes;
    bool broken;    /* nobody reads it now */
    int64_t due_ms; /* when it is given up; 0: the next tick says; INT64_MAX: it is read */
};

/* The reply begins to stream in a session; *ret_first is to be said before anything else. */
void mcp__stream_open(struct mcp__turn *turn, struct mcp__reply *reply, struct buf *ret_first);
/* The next event, numbered and kept. */
void mcp__stream_event(struct mcp__turn *turn, struct mcp__reply *reply, struct str text,
                       struct buf *ret_event);
bool mcp__stream_is_broken(const struct mcp__reply *reply);
/* Its client is gone. True: what is said from now on is kept for it. */
bool mcp__stream_break(struct mcp__turn *turn, struct mcp__reply *reply);
/* All is said. */
void mcp__stream_ended(struct mcp__turn *turn, struct mcp__reply *reply);
/* Last-Event-ID. NULL, and it goes on in this exchange; or why not. */
const char *mcp__stream_resume(struct mcp__turn *turn, const struct mcp__session *session,
                               uint64_t exchange, struct str last);
void mcp__streams_tick(struct mcp__turn *turn);
void mcp__streams_end(struct mcp *mcp, const struct mcp__session *session);

#endif
