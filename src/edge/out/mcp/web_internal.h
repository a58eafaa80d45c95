/*
 * What the files of the HTTP transport share: web.c has exchanges from their start to their end,
 * web_end.c what an end means, web_request.c writes requests.
 */
#ifndef WRIT_EDGE_OUT_MCP_WEB_INTERNAL_H
#define WRIT_EDGE_OUT_MCP_WEB_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "edge/out/mcp/sse.h"
#include "edge/out/mcp/web.h"

enum out_mcp__web_purpose {
    WEB__MESSAGE, /* one message of the session */
    WEB__RESUME,  /* takes up the stream of a message's answer where it broke */
    WEB__STREAM,  /* what the server says by itself (2025) */
    WEB__OLD,     /* the one stream of HTTP+SSE */
    WEB__AGAIN,   /* initialize, because the session expired */
    WEB__READY,   /* notifications/initialized after it */
};

struct out_mcp__web_exchange {
    uint64_t number;
    enum out_mcp__web_purpose purpose;
    uint64_t id; /* of the request that it carries; 0: none */
    struct str method;
    unsigned int status;
    bool events; /* an event stream comes */
    bool ended;
    bool too_long;
    bool crowded;               /* too long together with the others */
    struct out_mcp_web_end end; /* text is in arena */
    struct buf body;
    struct out_mcp__sse sse;
    unsigned int resumes;
    int64_t began_ms; /* of a stream */
    bool spoke;       /* a message came */
    struct buf kept;  /* the message, for a session that may have expired */
    struct arena *arena;
};

/* An exchange that is to be started. */
struct out_mcp__web_start {
    enum out_mcp__web_purpose purpose;
    uint64_t id;
    struct str method;
    struct buf body;
    struct buf last_id; /* Last-Event-ID */
    unsigned int resumes;
    int64_t due_ms;
};
struct out_mcp__web_starts VEC(struct out_mcp__web_start);
struct out_mcp__web_numbers VEC(uint64_t);

struct out_mcp_web {
    struct out_mcp *session;
    struct arena *life;
    struct arena *turn; /* gone with the next request */
    struct str url;
    struct str post_url; /* HTTP+SSE: where messages go; null: not known yet */
    struct str session_id;
    bool old;                  /* HTTP+SSE */
    bool old_tried;            /* it is the last that is tried */
    bool stream_begun;         /* the GET stream was asked for */
    bool renewing;             /* the session expired */
    uint64_t gate;             /* nothing else is started before this exchange has ended; 0: none */
    unsigned int stream_fails; /* that it ended at once, in a row */
    size_t held;               /* bytes of all exchanges that are not whole yet */
    uint64_t next_number;
    struct buf initialize; /* as it was said */
    struct map exchanges;  /* number -> struct out_mcp__web_exchange */
    struct map ids;        /* id of a request -> the same */
    struct out_mcp__web_starts starts;
    struct out_mcp__web_numbers drops;
    struct out_mcp__web_numbers ended;
    struct buf line;
};

/* web.c */
struct out_mcp__web_start *out_mcp__web_start_new(struct out_mcp_web *web,
                                                  enum out_mcp__web_purpose purpose,
                                                  int64_t due_ms);
void out_mcp__web_exchange_free(struct out_mcp_web *web, struct out_mcp__web_exchange *exchange);

/* web_end.c: what the end of an exchange means. */
void out_mcp__web_settle(struct out_mcp_web *web, struct out_mcp__web_exchange *exchange,
                         int64_t now_ms);

/* web_request.c */
void out_mcp__web_request_message(struct out_mcp_web *web, const struct out_mcp_message *message,
                                  struct out_mcp_web_request *ret_request);
void out_mcp__web_request_start(struct out_mcp_web *web, const struct out_mcp__web_start *start,
                                struct out_mcp_web_request *ret_request);

#endif
