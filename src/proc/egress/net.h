/* What net.c, direct.c and fetch.c share: the lines that sources over HTTP have. */
#ifndef WRIT_PROC_EGRESS_NET_H
#define WRIT_PROC_EGRESS_NET_H

#include "edge/out/mcp/web.h"
#include "proc/egress/http.h"
#include "proc/egress/internal.h"

/* What the source was given to be let in. */
struct line_given {
    struct http_header *headers;
    struct str *bounds; /* of each: where alone it may go, or null */
    size_t count;
    struct egress_secrets secrets;
    struct arena *arena;
};

struct egress_line {
    struct egress *egress;
    struct egress_source *source;
    enum msg_source_kind kind;
    struct out_mcp_web *web; /* NULL: waits for the vault, or has no session */
    bool ready;              /* without a session: calls may go */
    struct http_pool *pool;
    struct map exchanges; /* number -> struct line_exchange */
    struct str url;
    struct str origin;
    bool old;
    int64_t rest_ms;           /* what said too much is held until then; 0: nothing is */
    struct line_given *given;  /* in use; NULL: not opened yet */
    struct line_given *coming; /* waits for the vault; NULL: none does */
    struct str name;           /* of the source */
    struct arena *arena;
};

struct egress_fetch;
struct egress_bye;

struct line_exchange {
    struct egress_line *line;
    struct egress_bye *bye;     /* its line is gone */
    struct egress_fetch *fetch; /* NULL: it is of the line */
    uint64_t number;            /* without a session: the handle of its call */
    struct http_exchange *http;
    bool fed;   /* something of it was read since it was looked at last */
    bool held;  /* nothing more of it is, for now */
    bool reads; /* without a session: as its request was */
    bool keyed;
    bool json;
};

/* direct.c: sources whose calls are requests by themselves, each made of its plan. */
bool egress__direct_speaks(enum msg_source_kind kind);
void egress__direct_event(struct line_exchange *exchange, const struct http_event *event);
/* The line goes: what was under way has an outcome first. */
void egress__direct_end(struct egress_line *line);

/* net.c: what fetches stand on. */
struct http *egress__net_http(const struct egress *egress);
struct map *egress__net_fetches(const struct egress *egress);
/* fetch.c: documents. */
void egress__fetch_event(struct egress_fetch *fetch, const struct http_event *event);
void egress__fetches_free(struct egress *egress);

#endif
