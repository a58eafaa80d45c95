/*
 * out/mcp/web - an MCP session over HTTP. Pure: messages of the session in, requests out; heads,
 * bytes and ends of answers in, messages for the session out.
 *
 *     session = out_mcp_new(&{.messages = true}, now_ms);
 *     web = out_mcp_web_new(session, &options);
 *     for (;;) {
 *         while (out_mcp_next(session, now_ms, &event))        use(&event);
 *         while (out_mcp_web_next(web, now_ms, &request))      start it, or drop it
 *     }
 *     ...     out_mcp_web_head, out_mcp_web_body, out_mcp_web_sent, out_mcp_web_end
 *
 * Three eras on one address (docs/protocol: MCP's own transports page of each version):
 *
 *     2026-07-28   a POST for each request, with headers that say what it is; JSON or an event
 *                  stream comes back; to end the exchange is to cancel
 *     2025-...     the same with a session id, a GET for what the server says by itself, streams
 *                  that are taken up again where they broke; a session that expired is begun anew
 *     2024-11-05   one event stream, which first says where to POST (HTTP+SSE)
 *
 * Easy to get wrong: after any of the calls here pull the session's events, then requests, until
 * neither gives any.
 */
#ifndef WRIT_EDGE_OUT_MCP_WEB_H
#define WRIT_EDGE_OUT_MCP_WEB_H

#include "edge/out/mcp/mcp.h"

struct out_mcp_web;

/* Bytes of answers that are not whole yet, of all exchanges together. */
#define OUT_MCP_WEB_HELD_MAX (128U << 20)

/* Streams of one session that are taken up again at most so often without a word from it. */
#define OUT_MCP_RESUMES_MAX 8U
/* Messages that wait for a new session. */
#define OUT_MCP_WAITING_MAX 4096U

struct out_mcp_web_options {
    struct str url;
    bool sse; /* HTTP+SSE from the start */
};

struct out_mcp_web *out_mcp_web_new(struct out_mcp *session,
                                    const struct out_mcp_web_options *options);
struct out_mcp_web *out_mcp_web_free(struct out_mcp_web *web);
CLEANUP_DEFINE(struct out_mcp_web, out_mcp_web_free)

enum out_mcp_web_kind {
    OUT_MCP_WEB_START, /* number, method, url, headers, body: begin this exchange */
    OUT_MCP_WEB_DROP,  /* number: end it, nobody waits; no word of it is wanted any more */
};
struct out_mcp_web_request {
    enum out_mcp_web_kind kind;
    uint64_t number;
    struct str method;
    struct str url; /* for HTTP+SSE what the server named: to be checked to have the same origin */
    const struct out_mcp_param *headers;
    size_t header_count;
    struct str body; /* null: none */
    bool repeatable; /* it does nothing: may be sent twice */
    bool brief;      /* nobody waits for it but us: it ends soon, or is ended */
};
/* Borrowed until the next call. */
MUST bool out_mcp_web_next(struct out_mcp_web *web, int64_t now_ms,
                           struct out_mcp_web_request *ret_request);

struct out_mcp_web_head {
    unsigned int status;
    struct str type;    /* Content-Type */
    struct str session; /* Mcp-Session-Id; null: none */
};
/* A number that is not known (any more) is passed over, here and below. */
void out_mcp_web_head(struct out_mcp_web *web, uint64_t number,
                      const struct out_mcp_web_head *head);
void out_mcp_web_body(struct out_mcp_web *web, uint64_t number, struct str bytes);

/* How far its request has come. */
void out_mcp_web_sent(struct out_mcp_web *web, uint64_t number, enum msg_sent sent);

struct out_mcp_web_end {
    bool answered; /* the answer is whole */
    bool timeout;
    enum msg_sent sent;
    struct str text; /* why not */
};
void out_mcp_web_end(struct out_mcp_web *web, uint64_t number, const struct out_mcp_web_end *end,
                     int64_t now_ms);

/* A session that the server keeps is over: tells it so. False: it keeps none. */
MUST bool out_mcp_web_bye(struct out_mcp_web *web, struct out_mcp_web_request *ret_request);

/* When out_mcp_web_next wants to be called again; -1: never. */
int64_t out_mcp_web_due_ms(const struct out_mcp_web *web);

#endif
