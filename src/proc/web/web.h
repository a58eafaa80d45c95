/*
 * proc/web - HTTP for clients: takes whole requests, forwards them to the daemon, streams the
 * answers back. It decides nothing: who may ask, and what the answer is, is the daemon's.
 *
 * One loop. libmicrohttpd runs in it by its own epoll descriptor; a connection whose request is
 * with the daemon is suspended there. A hang-up in that time is invisible to libmicrohttpd, so a
 * second epoll descriptor watches every connection for EPOLLRDHUP, edge triggered: one event a
 * connection, no cost a request.
 *
 * Easy to get wrong: after a connection is resumed, MHD_run must be called, and again while
 * MHD_get_timeout says 0 (web__server_run). An exchange whose client hung up lives until
 * libmicrohttpd has completed it.
 */
#ifndef WRIT_PROC_WEB_WEB_H
#define WRIT_PROC_WEB_WEB_H

#include "base/buf.h"
#include "base/map.h"
#include "model/msg.h"
#include "sys/link.h"
#include "sys/loop.h"

#include <microhttpd.h>

#define WEB_BODY_MAX        983040U /* of a request: a frame less its head */
#define WEB_HEAD_MAX        32768U  /* bytes of a connection's pool: request line and headers */
#define WEB_HEADERS_MAX     64U
#define WEB_CONNECTIONS_MAX 1024U
#define WEB_PER_ADDRESS_MAX 512U
#define WEB_BACKLOG_MAX     (4U << 20)    /* bytes of an answer that its client does not read */
#define WEB_REQUEST_NS      60000000000LL /* to send a request whole; also how long to idle */
#define WEB_WRITE_NS        60000000000LL /* to take an answer */
#define WEB_SWEEP_NS        5000000000LL  /* how often that is looked at */

enum web_ready {
    WEB_READY_LINK,   /* frames from the daemon */
    WEB_READY_SERVER, /* libmicrohttpd's descriptor */
    WEB_READY_HANGUP, /* somebody hung up */
    WEB_READY_SWEEP,  /* time to look for the slow */
};

struct web {
    struct loop *loop;
    struct link *link;
    struct loop_ready link_ready;
    struct MHD_Daemon *server; /* NULL until told to listen */
    struct loop_watch *server_watch;
    struct loop_ready server_ready;
    int hangup_fd;
    struct loop_watch *hangup_watch;
    struct loop_ready hangup_ready;
    struct loop_timer *sweep;
    struct loop_ready sweep_ready;
    struct arena *turn;
    struct map exchanges; /* id -> exchange, while the daemon knows it */
    uint64_t ids;
    struct web_connection *connections;
    bool lost; /* the daemon missed something it must know: end, and be started anew */
    bool run;  /* libmicrohttpd has something to do */
};

struct web_connection {
    struct web *web;
    struct web_connection *previous;
    struct web_connection *next;
    struct web_exchange *exchange;
    int fd;
    bool hung_up;
    int64_t since_ns;      /* since when it owes us a request, or the taking of an answer */
    bool waits_for_daemon; /* then it owes nothing */
};

enum web_state {
    WEB_READING,   /* the request comes in */
    WEB_ASKED,     /* the daemon has it; suspended */
    WEB_ANSWERING, /* the head of the answer was queued */
    WEB_GONE,      /* the client hung up; the daemon was told */
};

struct web_exchange {
    struct web_connection *connection;
    struct MHD_Connection *mhd;
    enum web_state state;
    uint64_t id; /* 0: never forwarded */
    struct buf path;
    struct buf body;
    bool begun;    /* the head was looked at */
    bool too_long; /* the body is; it is dropped as it comes */
    bool suspended;
    bool more;       /* parts of the answer are still to come */
    struct buf part; /* of the answer, not yet taken by libmicrohttpd */
    unsigned int status;
    struct MHD_Response *response; /* to be queued when the connection is resumed */
};

/* ---- server.c ---- */

/* Listens and starts libmicrohttpd. The sentence says why not; empty: it listens. */
struct str web__server_start(struct web *web, const struct msg_web_listen *listen,
                             uint32_t *ret_port);
void web__server_stop(struct web *web);
/* Lets libmicrohttpd do all it can do now. */
void web__server_run(struct web *web);
void web__hangups(struct web *web);
void web__sweep(struct web *web);

/* ---- exchange.c ---- */

struct web_exchange *web__exchange_new(struct web_connection *connection,
                                       struct MHD_Connection *mhd, struct str path);
/* The request is whole: to the daemon with it. False: the connection must be closed. */
bool web__exchange_ask(struct web_exchange *exchange, struct str method);
/* An answer of our own. */
bool web__exchange_refuse(struct web_exchange *exchange, unsigned int status, const char *sentence);
bool web__exchange_queue(struct web_exchange *exchange);
void web__exchange_hung_up(struct web_exchange *exchange);
/* libmicrohttpd is done with it: well is false if the client did not get its whole answer. */
void web__exchange_end(struct web_exchange *exchange, bool well);

/* From the daemon. */
void web__response(struct web *web, uint64_t id, const struct msg_http_response *response);
void web__chunk(struct web *web, uint64_t id, const struct msg_http_chunk *chunk);

#endif
