/* libmicrohttpd in our loop: listening, connections, and who is too slow. */
#include "proc/web/web.h"

#include "base/arena.h"
#include "sys/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WEB_LISTEN_BACKLOG 511
#define WEB_HANGUPS_MAX    64

/* ---- libmicrohttpd calls us ---- */

static struct web_connection *web_connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static int web_connection_fd(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

static struct web_connection *web_connection_new(struct web *web, struct MHD_Connection *mhd)
{
    struct web_connection *connection = heap_alloc(sizeof(*connection));
    struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET, .data.ptr = connection };

    connection->web = web;
    connection->fd = web_connection_fd(mhd);
    connection->since_ns = clock_mono_ns();
    connection->next = web->connections;
    if (connection->next)
        connection->next->previous = connection;
    else
        loop_timer_set(web->sweep, connection->since_ns + WEB_SWEEP_NS);
    web->connections = connection;
    CHECK(epoll_ctl(web->hangup_fd, EPOLL_CTL_ADD, connection->fd, &event) == 0);
    return connection;
}

static void web_connection_free(struct web_connection *connection)
{
    struct web *web = connection->web;

    (void)epoll_ctl(web->hangup_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        web->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    (void)heap_free(connection);
}

static void web_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                              enum MHD_ConnectionNotificationCode code)
{
    switch (code) {
    case MHD_CONNECTION_NOTIFY_STARTED:
        *context = web_connection_new(cls, mhd);
        break;
    case MHD_CONNECTION_NOTIFY_CLOSED:
        web_connection_free(*context);
        *context = NULL;
        break;
    }
}

/* The request line is there. What this returns becomes the request's context. */
static void *web_on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    (void)cls;
    return web__exchange_new(web_connection_of(mhd), mhd, str_from(uri));
}

/* Head and body in two writes would wait 40 ms for a delayed acknowledgement. */
static void web_quick(struct web_exchange *exchange)
{
    int on = 1;

    (void)setsockopt(exchange->connection->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static bool web_begin(struct web_exchange *exchange)
{
    const char *text =
        MHD_lookup_connection_value(exchange->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t length;

    exchange->begun = true;
    if (!text)
        return true;
    web_quick(exchange);
    if (str_to_u64(str_from(text), &length) && length <= WEB_BODY_MAX)
        return true;
    return web__exchange_refuse(exchange, 413, "the request is longer than 983040 bytes");
}

static void web_body(struct web_exchange *exchange, struct str bytes)
{
    exchange->too_long = exchange->too_long || bytes.len > WEB_BODY_MAX - exchange->body.len;
    if (!exchange->too_long)
        buf_add_str(&exchange->body, bytes);
}

static enum MHD_Result web_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                      const char *method, const char *version, const char *bytes,
                                      size_t *len, void **context)
{
    struct web_exchange *exchange = *context;
    bool well = true;

    (void)cls;
    (void)mhd;
    (void)url;
    (void)version;
    if (!exchange || exchange->state == WEB_GONE)
        return MHD_NO;
    if (exchange->response) {
        well = web__exchange_queue(exchange);
    } else if (!exchange->begun) {
        well = web_begin(exchange);
    } else if (*len > 0) {
        web_body(exchange, str_of(bytes, *len));
        *len = 0;
    } else if (exchange->too_long) {
        well = web__exchange_refuse(exchange, 413, "the request is longer than 983040 bytes");
    } else if (exchange->state == WEB_READING) {
        well = web__exchange_ask(exchange, str_from(method));
    }
    return well ? MHD_YES : MHD_NO;
}

static void web_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                             enum MHD_RequestTerminationCode code)
{
    struct web_exchange *exchange = *context;

    (void)cls;
    (void)mhd;
    if (!exchange)
        return;
    exchange->connection->since_ns = clock_mono_ns();
    exchange->connection->waits_for_daemon = false;
    web__exchange_end(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    *context = NULL;
}

/* ---- listening ---- */

static struct str web_address(struct web *web, const struct msg_web_listen *listen,
                              struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons((uint16_t)listen->port) };
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)listen->port) };
    const char *text = str_c(web->turn, listen->address);

    if (listen->port > UINT16_MAX)
        return str_printf(web->turn, "%u is no port", listen->port);
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        memcpy(ret_address, &four, sizeof(four));
        *ret_len = sizeof(four);
        return STR_NULL;
    }
    if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1) {
        memcpy(ret_address, &six, sizeof(six));
        *ret_len = sizeof(six);
        return STR_NULL;
    }
    return str_printf(web->turn, "%s is no address", text);
}

static struct str web_cannot(struct web *web, const struct msg_web_listen *listen, int fd)
{
    int error = errno;

    if (fd >= 0)
        (void)close(fd);
    if (error == EADDRINUSE)
        return str_printf(web->turn, "port %u on %.*s is in use", listen->port,
                          STR_ARG(listen->address));
    return str_printf(web->turn, "cannot listen on %.*s port %u: %s", STR_ARG(listen->address),
                      listen->port, strerror(error));
}

/* Both kinds of address have it in the same place. */
static uint32_t web_port(const struct sockaddr_storage *address)
{
    struct sockaddr_in any = { 0 };

    memcpy(&any, address, sizeof(any));
    return ntohs(any.sin_port);
}

static struct str web_listen(struct web *web, const struct msg_web_listen *listen_on, int *ret_fd,
                             uint32_t *ret_port)
{
    struct sockaddr_storage address = { 0 };
    struct str problem;
    socklen_t len = 0;
    int on = 1;
    int fd;

    problem = web_address(web, listen_on, &address, &len);
    if (problem.ptr)
        return problem;
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return web_cannot(web, listen_on, fd);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, WEB_LISTEN_BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return web_cannot(web, listen_on, fd);
    *ret_fd = fd;
    *ret_port = web_port(&address);
    return STR_NULL;
}

static int web_watch_server(struct web *web)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(web->server, MHD_DAEMON_INFO_EPOLL_FD);
    int r;

    web->hangup_fd = epoll_create1(EPOLL_CLOEXEC);
    if (web->hangup_fd < 0)
        return RAISE(-errno);
    web->server_ready.kind = WEB_READY_SERVER;
    web->hangup_ready.kind = WEB_READY_HANGUP;
    web->sweep_ready.kind = WEB_READY_SWEEP;
    web->sweep = loop_timer_new(web->loop, &web->sweep_ready);
    r = loop_watch_new(web->loop, info->epoll_fd, &web->server_ready, &web->server_watch);
    if (r < 0)
        return TRACE(r);
    r = loop_watch_new(web->loop, web->hangup_fd, &web->hangup_ready, &web->hangup_watch);
    if (r < 0)
        return TRACE(r);
    r = loop_watch_set(web->server_watch, LOOP_READ);
    if (r < 0)
        return TRACE(r);
    r = loop_watch_set(web->hangup_watch, LOOP_READ);
    return r < 0 ? TRACE(r) : 0;
}

struct str web__server_start(struct web *web, const struct msg_web_listen *listen,
                             uint32_t *ret_port)
{
    struct str problem;
    int fd = -1;

    problem = web_listen(web, listen, &fd, ret_port);
    if (problem.ptr)
        return problem;
    web->server = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, web_on_request, web,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, web_on_connection, web,
        MHD_OPTION_NOTIFY_COMPLETED, web_on_completed, web, MHD_OPTION_URI_LOG_CALLBACK, web_on_uri,
        web, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_HEAD_MAX, MHD_OPTION_CONNECTION_LIMIT,
        WEB_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT, WEB_PER_ADDRESS_MAX,
        MHD_OPTION_END);
    if (!web->server) {
        (void)close(fd);
        return STR("the HTTP server could not be started");
    }
    if (web_watch_server(web) < 0)
        return STR("the HTTP server could not be watched");
    return STR_NULL;
}

void web__server_stop(struct web *web)
{
    if (!web->server)
        return;
    for (struct web_connection *at = web->connections; at; at = at->next) {
        if (at->exchange)
            web__exchange_hung_up(at->exchange);
    }
    web__server_run(web);
    web->server_watch = loop_watch_free(web->server_watch);
    MHD_stop_daemon(web->server);
    web->server = NULL;
    web->hangup_watch = loop_watch_free(web->hangup_watch);
    web->sweep = loop_timer_free(web->sweep);
    (void)close(web->hangup_fd);
}

void web__server_run(struct web *web)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;

    while (web->run) {
        web->run = false;
        if (MHD_run(web->server) != MHD_YES)
            return;
        if (MHD_get_timeout(web->server, &timeout_ms) == MHD_YES && timeout_ms == 0)
            web->run = true;
    }
}

/* ---- hang-ups and slowness ---- */

void web__hangups(struct web *web)
{
    struct epoll_event events[WEB_HANGUPS_MAX];
    int count = epoll_wait(web->hangup_fd, events, WEB_HANGUPS_MAX, 0);

    for (int i = 0; i < count; i++) {
        struct web_connection *connection = events[i].data.ptr;

        connection->hung_up = true;
        if (connection->exchange)
            web__exchange_hung_up(connection->exchange);
    }
    web->run = web->run || count > 0;
}

void web__sweep(struct web *web)
{
    int64_t now_ns = clock_mono_ns();

    for (struct web_connection *at = web->connections; at; at = at->next) {
        bool answering = at->exchange && at->exchange->state == WEB_ANSWERING;
        int64_t allowed_ns = answering ? WEB_WRITE_NS : WEB_REQUEST_NS;

        if (at->since_ns == 0)
            at->since_ns = now_ns; /* an answer was just given to it */
        else if (!at->waits_for_daemon && now_ns - at->since_ns > allowed_ns)
            (void)shutdown(at->fd, SHUT_RDWR); /* libmicrohttpd sees the end and closes */
    }
    if (web->connections)
        loop_timer_set(web->sweep, now_ns + WEB_SWEEP_NS);
}
