/*
 * What libcurl is told and what it tells: sockets, timers, one hop of an exchange after another.
 *
 *     http_start -> hop: the URL is taken apart; its host becomes addresses (names.c)
 *                -> libcurl dials; each socket is judged as it is made (on_open)
 *                -> the request is about to leave (on_leaves): sent is MAYBE
 *                -> head (on_head): sent is YES; a redirect begins the next hop
 *                -> body (on_body), decoded, counted
 *                -> done: the end is queued
 *
 * Ways it fails: an address is not public (on_open refuses the socket), a connection that was
 * kept is dead (libcurl would send again: on_leaves says no where that is not safe), the other
 * side sends too much or too slowly.
 */
#include "proc/egress/http_internal.h"

#include "proc/egress/address.h"
#include "sys/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPARE_MAX  32U /* easy handles that are kept for the next request */
#define IDLE_S_MAX 60L /* a connection that is used no longer */
#define NO_ANSWER  "the connection ended without an answer"

/* --- What libcurl asks --------------------------------------------------------------------- */

static struct str address_bytes(const struct sockaddr *address)
{
    const void *any = address;

    if (address->sa_family == AF_INET)
        return str_of((const char *)&((const struct sockaddr_in *)any)->sin_addr, 4);
    if (address->sa_family == AF_INET6)
        return str_of((const char *)&((const struct sockaddr_in6 *)any)->sin6_addr, 16);
    return STR_NULL;
}

/* The address that is dialled: what it judges is what the socket connects to. */
static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_exchange *exchange = data;

    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (!exchange->allowed && !egress__address_is_public(address_bytes(&address->addr))) {
        exchange->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void egress__http_socket_free(struct http_pool *pool, struct http_socket *sock)
{
    (void)map_take_u64(&pool->sockets, (uint64_t)sock->fd);
    sock->watch = loop_watch_free(sock->watch);
    (void)heap_free(sock);
}

static int on_close(void *data, curl_socket_t fd)
{
    struct http_pool *pool = data;
    struct http_socket *sock = map_find_u64(&pool->sockets, (uint64_t)fd);

    if (sock)
        egress__http_socket_free(pool, sock);
    return close(fd);
}

/* The request is about to leave, on a connection that is there. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl says the type */
static int on_leaves(void *data, char *address, char *own, int port, int own_port)
{
    struct http_exchange *exchange = data;
    char bytes[16];
    size_t len;

    (void)own;
    (void)port;
    (void)own_port;
    if (!exchange->allowed && (!egress__address_parse(str_from(address), bytes, &len) ||
                               !egress__address_is_public(str_of(bytes, len)))) {
        exchange->forbidden = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (exchange->sent_once && !exchange->request.repeatable)
        return CURL_PREREQFUNC_ABORT; /* It was sent, on a connection that broke. */
    exchange->sent_once = true;
    if (exchange->sent == MSG_SENT_NO)
        exchange->sent = MSG_SENT_MAYBE;
    return CURL_PREREQFUNC_OK;
}

static bool is_redirect(unsigned int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Followed with the same method and body, or not at all. */
static bool is_followed(const struct http_exchange *exchange)
{
    bool plain =
        str_is(exchange->request.method, "GET") || str_is(exchange->request.method, "HEAD");

    if (!exchange->request.redirects || !exchange->location.len)
        return false;
    return exchange->status == 307 || exchange->status == 308 || plain;
}

static void head_whole(struct http_exchange *exchange)
{
    long status = 0;

    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return; /* 100 Continue, 103 Early Hints: not it yet. */
    exchange->status = (unsigned int)status;
    exchange->sent = MSG_SENT_YES;
    exchange->redirecting = is_redirect(exchange->status) && is_followed(exchange);
    exchange->head_whole = !exchange->redirecting;
    if (exchange->request.stream && exchange->head_whole)
        egress__http_queue(exchange);
}

static void head_line(struct http_exchange *exchange, struct str line)
{
    size_t colon = str_find_char(line, ':');
    struct http_header *header;

    if (str_starts(line, STR("HTTP/"))) {
        exchange->headers.count = 0;
        exchange->location = STR_NULL;
        return;
    }
    if (colon == SIZE_MAX || exchange->head_whole)
        return; /* Trailers, or no header. */
    header = VEC_PUSH(&exchange->headers);
    header->name = str_copy(exchange->head, str_trim(str_slice(line, 0, colon)));
    header->value = str_copy(exchange->head, str_trim(str_slice(line, colon + 1, line.len)));
    egress__http_lower(header->name);
    if (str_is(header->name, "location"))
        exchange->location = header->value;
}

static size_t on_head(char *text, size_t size, size_t count, void *data)
{
    struct http_exchange *exchange = data;
    size_t len = size * count;
    struct str line = str_trim(str_of(text, len));

    exchange->head_len += len;
    if (exchange->head_len > HTTP_HEAD_MAX) {
        exchange->too_long = true;
        return 0;
    }
    if (line.len)
        head_line(exchange, line);
    else if (!exchange->head_whole)
        head_whole(exchange);
    return len;
}

/* Of a body that is given when it is whole. */
static bool may_hold(struct http_exchange *exchange, size_t len)
{
    exchange->too_long = exchange->body.len + len > exchange->request.body_max;
    exchange->crowded = !exchange->too_long && exchange->pool->held + len > HTTP_HELD_MAX;
    if (exchange->too_long || exchange->crowded)
        return false;
    exchange->pool->held += len;
    return true;
}

static size_t on_body(char *text, size_t size, size_t count, void *data)
{
    struct http_exchange *exchange = data;
    size_t len = size * count;

    if (exchange->redirecting) {
        exchange->head_len += len;
        return exchange->head_len > HTTP_HEAD_MAX ? 0 : len;
    }
    if (exchange->request.stream && exchange->body.len > exchange->piece_max) {
        exchange->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (!exchange->request.stream && !may_hold(exchange, len))
        return 0;
    buf_add(&exchange->body, text, len);
    if (exchange->request.stream)
        egress__http_queue(exchange);
    return len;
}

static int on_timer(CURLM *multi, long ms, void *data)
{
    struct http_pool *pool = data;

    (void)multi;
    if (ms < 0)
        loop_timer_stop(pool->timer);
    else
        loop_timer_set(pool->timer, clock_mono_ns() + ms * 1000000LL);
    return 0;
}

/* Both sides of a change cost a system call, which most requests can do without. */
static int socket_watch(struct http_socket *sock, unsigned int events)
{
    if (sock->watched == events)
        return 0;
    sock->watched = events;
    return loop_watch_set(sock->watch, events) < 0 ? -1 : 0;
}

static struct http_socket *socket_new(struct http_pool *pool, curl_socket_t fd)
{
    struct http_socket *sock = heap_alloc(sizeof(*sock));

    *sock = (struct http_socket){
        .ready = { .ready.kind = pool->http->ready_kind, .what = EGRESS__HTTP_SOCKET },
        .pool = pool,
        .fd = fd,
    };
    if (loop_watch_new(pool->http->loop, fd, &sock->ready.ready, &sock->watch) < 0)
        return heap_free(sock);
    (void)map_put_u64(&pool->sockets, (uint64_t)fd, sock);
    return sock;
}

/*
 * A connection that is kept stays watched as it was, for the next request will want the same:
 * libcurl forgets it, we do not. Unless it is watched for room to write, which there always is.
 */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
    struct http_pool *pool = data;
    struct http_socket *sock = map_find_u64(&pool->sockets, (uint64_t)fd);
    unsigned int events = 0;

    (void)easy;
    (void)socket_data;
    if (what == CURL_POLL_REMOVE) {
        if (sock)
            sock->unused = true;
        if (sock && sock->watched != LOOP_READ)
            (void)!socket_watch(sock, 0);
        return 0;
    }
    if (!sock)
        sock = socket_new(pool, fd);
    if (!sock)
        return -1;
    sock->unused = false;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= LOOP_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= LOOP_WRITE;
    return socket_watch(sock, events);
}

void egress__http_pool_options(struct http_pool *pool)
{
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_CONNECTIONS_MAX);
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CONNECTIONS_MAX);
}

/* --- One hop ------------------------------------------------------------------------------- */

static void lines_add(struct http_exchange *exchange, const struct http_header *headers,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* An empty one is written with a semicolon. */
        struct str line = headers[i].value.len
                              ? str_printf(exchange->head, "%.*s: %.*s", STR_ARG(headers[i].name),
                                           STR_ARG(headers[i].value))
                              : str_printf(exchange->head, "%.*s;", STR_ARG(headers[i].name));

        exchange->lines = curl_slist_append(exchange->lines, line.ptr);
        CHECK(exchange->lines);
    }
}

/* A handle that was used already has the method and the body of its last request. */
static void set_method(struct http_exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    bool usual = str_is(request->method, request->has_body ? "POST" : "GET") ||
                 str_is(request->method, "HEAD");

    if (request->has_body) {
        curl_easy_setopt(exchange->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)request->body.len);
        curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDS,
                         request->body.len ? request->body.ptr : "");
    } else {
        curl_easy_setopt(exchange->easy, CURLOPT_HTTPGET, 1L);
    }
    if (str_is(request->method, "HEAD"))
        curl_easy_setopt(exchange->easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(exchange->easy, CURLOPT_CUSTOMREQUEST, usual ? NULL : request->method.ptr);
}

/* What is the same for all requests of a pool. */
static CURL *easy_new(struct http_pool *pool)
{
    CURL *easy = curl_easy_init();

    CHECK(easy);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_S_MAX);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L); /* names.c says for how long */
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "writ/" WRIT_VERSION);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, pool);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_leaves);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_CAINFO, (char *)NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, egress__http_trust);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, pool->http);
    return easy;
}

/* Whom it tells; NULL: nobody any more. */
static void set_owner(CURL *easy, struct http_exchange *exchange)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange ? exchange->error : NULL);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
}

/* libcurl is told a name's addresses once for as long as they are believed. */
static void set_addresses(struct http_exchange *exchange, const struct egress__http_name *name)
{
    struct http_pool *pool = exchange->pool;
    struct str key =
        str_printf(exchange->arena, "%.*s:%.*s", STR_ARG(exchange->host), STR_ARG(exchange->port));
    struct egress__http_told *told = map_find(&pool->told, key);
    BUF_CLEANUP struct buf entry = BUF_INIT;
    char text[INET6_ADDRSTRLEN];

    if (told && told->until_ms == name->until_ms)
        return;
    buf_add_str(&entry, key);
    for (size_t i = 0; i < name->count; i++) {
        const struct egress__http_address *address = &name->addresses[i];
        bool six = address->len == 16;

        if (!inet_ntop(six ? AF_INET6 : AF_INET, address->bytes, text, sizeof(text)))
            continue;
        buf_printf(&entry, six ? "%c[%s]" : "%c%s", i ? ',' : ':', text);
    }
    buf_add_char(&entry, '\0');
    exchange->resolve = curl_slist_append(NULL, entry.ptr);
    curl_easy_setopt(exchange->easy, CURLOPT_RESOLVE, exchange->resolve);
    if (!told && pool->told.count < HTTP_NAMES_MAX) {
        told = ARENA_NEW(pool->arena, struct egress__http_told);
        (void)map_put(&pool->told, str_copy(pool->arena, key), told);
    }
    if (told)
        told->until_ms = name->until_ms;
}

static void hop_run(struct http_exchange *exchange, const struct egress__http_name *name)
{
    struct http_pool *pool = exchange->pool;
    bool same = exchange->hops == 0 ||
                str_equal(http_origin(exchange->url, exchange->head), exchange->origin);

    exchange->easy = pool->spare.count ? pool->spare.at[--pool->spare.count] : easy_new(pool);
    set_owner(exchange->easy, exchange);
    set_method(exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, (long)exchange->request.timeout_ms);
    curl_easy_setopt(exchange->easy, CURLOPT_ACCEPT_ENCODING,
                     exchange->request.stream && !exchange->request.packed ? NULL : "");
    curl_easy_setopt(exchange->easy, CURLOPT_PIPEWAIT, exchange->secure ? 1L : 0L);
    lines_add(exchange, exchange->request.headers, exchange->request.header_count);
    if (same)
        lines_add(exchange, exchange->request.secrets, exchange->request.secret_count);
    exchange->lines = curl_slist_append(exchange->lines, "Expect:");
    curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->lines);
    curl_easy_setopt(exchange->easy, CURLOPT_URL, exchange->url.ptr);
    if (name)
        set_addresses(exchange, name);
    exchange->running = true;
    CHECK(curl_multi_add_handle(pool->multi, exchange->easy) == CURLM_OK);
    /* The timer for at once has been set; so that the loop need not go round for it: */
    loop_queue(pool->http->loop, &pool->timer_ready.ready);
}

void egress__http_name_known(struct http_exchange *exchange, const struct egress__http_name *name)
{
    if (name->count)
        hop_run(exchange, name);
    else
        egress__http_end(
            exchange, HTTP_UNREACHABLE,
            str_printf(exchange->arena, "the name %.*s has no address", STR_ARG(exchange->host)));
}

static bool is_allowed(const struct http_pool *pool, struct str host)
{
    for (size_t i = 0; i < pool->allowed_count; i++)
        if (str_equal(pool->allowed[i], host))
            return true;
    return false;
}

void egress__http_hop_start(struct http_exchange *exchange, const struct egress__http_url *parts)
{
    const struct egress__http_name *name;
    char bytes[16];
    size_t len;

    exchange->url = parts->url;
    exchange->host = parts->host;
    exchange->port = parts->port;
    exchange->secure = str_is(parts->scheme, "https");
    exchange->allowed = is_allowed(exchange->pool, parts->host);
    if (egress__address_parse(parts->host, bytes, &len)) {
        hop_run(exchange, NULL);
        return;
    }
    name = egress__http_name_find(exchange->pool->http, exchange->host, exchange);
    if (name)
        egress__http_name_known(exchange, name);
}

/* What is set for each request is set anew; what points to this one is taken away. */
static void easy_put(struct http_pool *pool, CURL *easy)
{
    if (pool->spare.count == SPARE_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    set_owner(easy, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, (struct curl_slist *)NULL);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, (struct curl_slist *)NULL);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, (char *)NULL);
    *VEC_PUSH(&pool->spare) = easy;
}

void egress__http_hop_end(struct http_exchange *exchange)
{
    if (exchange->running)
        (void)curl_multi_remove_handle(exchange->pool->multi, exchange->easy);
    exchange->running = false;
    if (exchange->easy)
        easy_put(exchange->pool, exchange->easy);
    exchange->easy = NULL;
    curl_slist_free_all(exchange->lines);
    curl_slist_free_all(exchange->resolve);
    exchange->lines = NULL;
    exchange->resolve = NULL;
}

/* The answer was: not here. So it was not done there either. */
static void redirect(struct http_exchange *exchange)
{
    struct egress__http_url parts;
    bool downgrade;

    if (++exchange->hops > HTTP_REDIRECTS_MAX) {
        egress__http_end(exchange, HTTP_FORBIDDEN, STR("it redirects more than 5 times"));
        return;
    }
    if (!egress__http_url_read(exchange->url, exchange->location, exchange->arena, &parts)) {
        egress__http_end(exchange, HTTP_FORBIDDEN,
                         STR("it redirects to what is no http or https URL"));
        return;
    }
    downgrade = exchange->secure && str_is(parts.scheme, "http");
    if (downgrade) {
        egress__http_end(exchange, HTTP_FORBIDDEN, STR("it redirects from https to http"));
        return;
    }
    exchange->headers.count = 0;
    exchange->location = STR_NULL;
    exchange->redirecting = false;
    exchange->sent_once = false;
    exchange->sent = MSG_SENT_NO;
    exchange->head_len = 0;
    arena_reset(exchange->head);
    egress__http_hop_start(exchange, &parts);
}

/*
 * A connection of HTTP/2 was given up by its server before it answered, as Node does after some
 * 1,000 requests. libcurl begins again by itself where a connection ends without a word; here it
 * does not. Once, and only what does nothing.
 */
static bool hop_again(struct http_exchange *exchange, CURLcode code)
{
    struct egress__http_url parts;

    if ((code != CURLE_HTTP2 && code != CURLE_HTTP2_STREAM) || exchange->again ||
        !exchange->request.repeatable || exchange->headers.count ||
        !egress__http_url_read(STR_NULL, exchange->url, exchange->arena, &parts))
        return false;
    exchange->again = true;
    exchange->error[0] = '\0';
    egress__http_hop_start(exchange, &parts);
    return true;
}

static void hop_failed(struct http_exchange *exchange, CURLcode code)
{
    struct str host = exchange->host;

    if (exchange->forbidden)
        egress__http_end(
            exchange, HTTP_FORBIDDEN,
            str_printf(exchange->arena,
                       "%.*s is an address of this machine or of a private network, which only a "
                       "person may allow: --allow-host %.*s",
                       STR_ARG(host), STR_ARG(host)));
    else if (exchange->too_long)
        egress__http_end(
            exchange, HTTP_TOO_LONG,
            str_printf(exchange->arena, "its answer is longer than the %zu bytes that are taken",
                       exchange->head_len > HTTP_HEAD_MAX ? (size_t)HTTP_HEAD_MAX
                                                          : exchange->request.body_max));
    else if (exchange->crowded)
        egress__http_end(exchange, HTTP_TOO_LONG,
                         str_printf(exchange->arena,
                                    "its answers under way are more than %u bytes together",
                                    HTTP_HELD_MAX));
    else if (code == CURLE_OPERATION_TIMEDOUT)
        egress__http_end(exchange, exchange->sent == MSG_SENT_NO ? HTTP_UNREACHABLE : HTTP_TIMEOUT,
                         STR("there was no answer in time"));
    else if (code == CURLE_ABORTED_BY_CALLBACK)
        egress__http_end(exchange, HTTP_UNREACHABLE, STR(NO_ANSWER));
    else
        egress__http_end(
            exchange, HTTP_UNREACHABLE,
            str_printf(exchange->arena, "%.*s: %s", STR_ARG(host),
                       exchange->error[0] ? exchange->error : curl_easy_strerror(code)));
}

static void pool_done(struct http_pool *pool)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(pool->multi, &left))) {
        CURLcode code = message->data.result;
        struct http_exchange *exchange = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
        egress__http_hop_end(exchange);
        if (exchange->redirecting && (code == CURLE_OK || code == CURLE_WRITE_ERROR))
            redirect(exchange);
        else if (code == CURLE_OK)
            egress__http_end(exchange, HTTP_ANSWERED, STR_NULL);
        else if (!hop_again(exchange, code))
            hop_failed(exchange, code);
    }
}

void egress__http_pool_ready(struct egress__http_ready *ready)
{
    struct http_socket *sock;
    struct http_pool *pool;
    unsigned int events;
    int mask = 0;
    int running;

    if (ready->what == EGRESS__HTTP_POOL_TIMER) {
        pool = container_of(ready, struct http_pool, timer_ready);
        (void)curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        pool_done(pool);
        return;
    }
    sock = container_of(ready, struct http_socket, ready);
    pool = sock->pool;
    events = loop_watch_take(sock->watch);
    if (sock->unused) { /* It was closed at its other end: libcurl sees that when it wants it. */
        (void)!socket_watch(sock, 0);
        return;
    }
    if (events & (LOOP_READ | LOOP_HANGUP))
        mask |= CURL_CSELECT_IN;
    if (events & LOOP_WRITE)
        mask |= CURL_CSELECT_OUT;
    (void)curl_multi_socket_action(pool->multi, sock->fd, mask, &running);
    pool_done(pool);
}
