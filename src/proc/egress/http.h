/*
 * HTTP that goes out: libcurl on our loop (curl.c), names by c-ares (names.c), every address
 * judged as it is dialled (address.c).
 *
 * A pool is the connections of one source: nobody else's requests travel on them, so what one
 * source may reach is not reachable through another, and a source that hangs holds up only
 * itself. An exchange is one request of a pool, redirects included.
 *
 *     exchange = http_start(pool, &request);       HTTP_REFUSED: it could not even be made
 *     loop_run_once ... http_ready / http_turn
 *     while (http_next(http, &event))
 *         HTTP_HEAD    status and headers of the last answer      (when asked to stream)
 *         HTTP_BODY    a piece of its body                        (when asked to stream)
 *         HTTP_END     how it ended; with the whole body otherwise
 *
 * What was sent: NO until a connection is there and the first byte is about to leave, MAYBE from
 * then on, YES once there is an answer.
 *
 * Easy to get wrong: views in an event live until the next http_next. After HTTP_END, or after
 * http_drop, the exchange is gone.
 */
#ifndef WRIT_PROC_EGRESS_HTTP_H
#define WRIT_PROC_EGRESS_HTTP_H

#include "base/arena.h"
#include "base/str.h"
#include "model/msg.h"

#include <stdbool.h>

#define HTTP_REDIRECTS_MAX   5U
#define HTTP_HEADERS_MAX     100U         /* of a request */
#define HTTP_HEAD_MAX        (256U << 10) /* bytes of an answer's headers */
#define HTTP_BODY_MAX        (32U << 20)  /* of an answer, decoded, where none is given */
#define HTTP_HELD_MAX        (128U << 20) /* of all answers of one pool that are not whole yet */
#define HTTP_CONNECTIONS_MAX 64U          /* of one pool */
#define HTTP_EXCHANGES_MAX   4096U        /* of one pool, waiting ones included */
#define HTTP_CONNECT_MS      10000

struct loop;
struct loop_ready;
struct http;
struct http_pool;
struct http_exchange;

struct http_options {
    int ready_kind;      /* of every loop_ready here: give them to http_ready */
    struct str ca;       /* certificates, PEM; null: none is trusted */
    struct str hosts;    /* text of a hosts file */
    const char *servers; /* name servers "address[:port],..."; NULL: those of the system */
};

/* Reads what needs files: before the walls. Borrows the options for the call. */
MUST int http_new(struct loop *loop, const struct http_options *options, struct http **ret_http);
struct http *http_free(struct http *http);
/* A ready of options.ready_kind came up. */
void http_ready(struct http *http, struct loop_ready *ready);

/* allowed: hosts whose addresses are not judged, as a person allowed them for this source. */
struct http_pool *http_pool_new(struct http *http, const struct str *allowed, size_t count);
/* Its exchanges end without a word. */
struct http_pool *http_pool_free(struct http_pool *pool);

struct http_header {
    struct str name;
    struct str value;
};

struct http_request {
    struct str method;
    struct str url; /* http or https */
    const struct http_header *headers;
    size_t header_count;
    /* Headers of which a redirect to another origin gets none: credentials. */
    const struct http_header *secrets;
    size_t secret_count;
    struct str body;
    bool has_body;
    bool stream;        /* HTTP_HEAD and HTTP_BODY as they come */
    bool packed;        /* a stream may come packed, and is unpacked; all else may anyway */
    bool repeatable;    /* may be sent again when a connection that was kept turns out dead */
    bool redirects;     /* follow them: where the answer to one is an answer */
    int64_t timeout_ms; /* for all of it; 0: no limit (the caller has one) */
    size_t body_max;    /* 0: HTTP_BODY_MAX; a stream has no limit but each piece's */
    void *owner;        /* comes back in events */
};

enum http_answer {
    HTTP_STARTED = 0,
    HTTP_REFUSED = 1, /* *ret_reason says why; nothing was sent */
};

/* Copies all of it. */
MUST int http_start(struct http_pool *pool, const struct http_request *request,
                    struct http_exchange **ret_exchange, struct str *ret_reason);
/* Nobody waits any more: closes its connection (or its stream). No further event. */
void http_drop(struct http_exchange *exchange);
enum msg_sent http_sent(const struct http_exchange *exchange);
/* Of a stream: gives no event while it is held, and soon reads no further either. */
void http_hold(struct http_exchange *exchange, bool held);

enum http_event_kind {
    HTTP_HEAD,
    HTTP_BODY,
    HTTP_END,
};

enum http_end {
    HTTP_ANSWERED = 0,
    HTTP_UNREACHABLE, /* no connection, or it broke */
    HTTP_FORBIDDEN,   /* an address that only a person can allow, or a redirect that goes wrong */
    HTTP_TOO_LONG,    /* head or body over its limit */
    HTTP_TIMEOUT,
};

struct http_event {
    enum http_event_kind kind;
    struct http_exchange *exchange;
    void *owner;
    unsigned int status;
    const struct http_header *headers; /* names in lower case */
    size_t header_count;
    struct str body; /* BODY: the piece; END: all of it */
    enum http_end end;
    enum msg_sent sent;
    struct str text; /* END, but not HTTP_ANSWERED: a sentence */
    struct str url;  /* END, HEAD: where the answer came from, after redirects */
};
/* False: nothing now. */
MUST bool http_next(struct http *http, struct http_event *ret_event);

/* False: an event waits. */
bool http_is_quiet(const struct http *http);

/* Null if there is none; name in lower case. */
struct str http_header(const struct http_event *event, const char *name);
/* scheme://host:port of a URL, normalised, in the arena; null: it is no URL of http or https. */
struct str http_origin(struct str url, struct arena *arena);
/* One URL relative to another, in the arena; null: it is none. */
struct str http_resolve(struct str base, struct str relative, struct arena *arena);
/* Fit to be a header: no control characters. */
bool http_header_is_fit(struct str name, struct str value);

#endif
