/* What curl.c, http.c and names.c share. */
#ifndef WRIT_PROC_EGRESS_HTTP_INTERNAL_H
#define WRIT_PROC_EGRESS_HTTP_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "proc/egress/http.h"
#include "sys/loop.h"

#include <curl/curl.h>

/* Addresses of one name that are tried. */
#define HTTP_ADDRESSES_MAX 8U
/* How long a name's addresses are believed. */
#define HTTP_NAME_MS 60000
/* Of a stream, not taken yet: then we do not read on; and of one that was held once. */
#define HTTP_PIECE_MAX      (1U << 20)
#define HTTP_PIECE_HELD_MAX (16U << 10)
/* Names that are remembered. */
#define HTTP_NAMES_MAX 1024U

enum egress__http_what {
    EGRESS__HTTP_POOL_TIMER,
    EGRESS__HTTP_SOCKET,
    EGRESS__HTTP_NAME_SOCKET,
    EGRESS__HTTP_NAME_TIMER,
};

/* What a loop_ready of ours stands in. */
struct egress__http_ready {
    struct loop_ready ready;
    enum egress__http_what what;
};

struct egress__http_address {
    char bytes[16];
    size_t len; /* 4 or 16 */
};

/* A name and what it stands for. */
struct egress__http_name {
    struct str host;
    struct egress__http_address addresses[HTTP_ADDRESSES_MAX];
    size_t count;
    int64_t until_ms; /* 0: being asked for */
    bool fixed;       /* of the hosts file */
    struct egress__http_waiting VEC(struct http_exchange *) waiting;
    struct http *http;
    struct arena *arena;
};

struct egress__http_names;

/* A URL taken apart. */
struct egress__http_url {
    struct str url; /* normalised */
    struct str scheme;
    struct str host; /* numbers as 127.0.0.1 whatever form they had; IPv6 without brackets */
    struct str port;
};

struct http_socket {
    struct egress__http_ready ready;
    struct loop_watch *watch;
    struct http_pool *pool;
    curl_socket_t fd;
    unsigned int watched; /* events that the watch is set to */
    bool unused;          /* kept for the next request: what happens to it is of no interest */
};

struct egress__http_told {
    int64_t until_ms;
};

struct http_pool {
    struct http *http;
    CURLM *multi;
    struct egress__http_ready timer_ready;
    struct loop_timer *timer;
    struct map sockets;   /* fd -> struct http_socket */
    struct map exchanges; /* address of it -> itself */
    struct map told;      /* host:port -> struct egress__http_told: libcurl knows its addresses */
    size_t held;          /* bytes of whole bodies that are on their way, or not taken */
    struct arena *arena;
    const struct str *allowed;
    size_t allowed_count;
    struct egress__http_spare VEC(CURL *) spare;
};

struct http_exchange {
    struct http_pool *pool;
    CURL *easy;
    struct curl_slist *lines;
    struct curl_slist *resolve;
    struct arena *arena; /* the request */
    struct arena *head;  /* of the answer */
    struct http_request request;
    struct str url;
    struct str origin; /* of the first URL */
    struct str host;   /* of this hop */
    struct str port;
    bool secure;
    bool allowed; /* this hop's host, whatever its address */
    bool running; /* libcurl has it */
    bool queued;
    bool sent_once;
    bool again; /* begun a second time */
    bool forbidden;
    bool too_long;
    bool crowded; /* too long together with the others of its pool */
    bool redirecting;
    bool head_whole;
    bool head_told;
    bool ended;
    bool paused;
    bool held;
    size_t piece_max;
    unsigned int hops;
    unsigned int status;
    size_t head_len;
    size_t body_sent;
    struct str location;
    struct egress__http_headers VEC(struct http_header) headers;
    struct buf body;
    enum msg_sent sent;
    enum http_end end;
    struct str text;
    char error[CURL_ERROR_SIZE];
};

/* names.c */

struct http {
    struct loop *loop;
    int ready_kind;
    struct buf ca;                 /* until they are read */
    struct x509_store_st *trusted; /* null: not read yet */
    struct egress__http_names *names;
    struct egress__http_pools VEC(struct http_pool *) pools;
    struct egress__http_queue VEC(struct http_exchange *) queue; /* have something to say */
    size_t queue_at;
    struct http_exchange *gone; /* its end was given: freed with the next event */
    struct buf given;           /* the piece that was given last */
};

/* names.c */
MUST int egress__http_names_new(struct http *http, const struct http_options *options);
void egress__http_names_free(struct http *http);
void egress__http_names_ready(struct http *http, struct egress__http_ready *ready);
/*
 * The name's record if it is known; NULL: it is asked for, and egress__http_name_known is called
 * for the exchange, later. A record without addresses: there are none.
 */
const struct egress__http_name *egress__http_name_find(struct http *http, struct str host,
                                                       struct http_exchange *exchange);
/* The exchange does not wait any more. */
void egress__http_name_forget(struct http *http, struct http_exchange *exchange);

/* url.c */
/* text may be relative to base, unless base is null. */
MUST bool egress__http_url_read(struct str base, struct str text, struct arena *arena,
                                struct egress__http_url *ret_url);
struct str egress__http_url_origin(const struct egress__http_url *url, struct arena *arena);
void egress__http_lower(struct str text);
bool egress__http_is_token(struct str name);

/* trust.c */
/* libcurl asks before it speaks TLS on a new connection: CURLOPT_SSL_CTX_FUNCTION, its data a
 * struct http. */
CURLcode egress__http_trust(CURL *easy, void *ssl, void *data);
void egress__http_trust_free(struct http *http);

/* pool.c */
void egress__http_queue(struct http_exchange *exchange);
void egress__http_end(struct http_exchange *exchange, enum http_end how, struct str text);

/* curl.c */
void egress__http_pool_options(struct http_pool *pool);
void egress__http_socket_free(struct http_pool *pool, struct http_socket *sock);
void egress__http_hop_start(struct http_exchange *exchange, const struct egress__http_url *url);
void egress__http_hop_end(struct http_exchange *exchange);
void egress__http_name_known(struct http_exchange *exchange, const struct egress__http_name *name);
void egress__http_pool_ready(struct egress__http_ready *ready);

#endif
