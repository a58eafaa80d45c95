/*
 * One request and its answer.
 *
 * READING until it is whole; ASKED and suspended while the daemon has it; ANSWERING once the
 * head of the answer is queued, suspended again whenever a stream has nothing to send. A client
 * that hangs up makes it GONE: the daemon is told once, and libmicrohttpd closes the connection
 * as soon as it may look at it again.
 */
#include "proc/web/web.h"

#include "base/arena.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct web_exchange *web__exchange_new(struct web_connection *connection,
                                       struct MHD_Connection *mhd, struct str path)
{
    struct web_exchange *exchange = heap_alloc(sizeof(*exchange));

    exchange->connection = connection;
    exchange->mhd = mhd;
    exchange->path = BUF_INIT;
    exchange->body = BUF_INIT;
    exchange->part = BUF_INIT;
    buf_add_str(&exchange->path, path);
    connection->exchange = exchange;
    return exchange;
}

static void web_exchange_free(struct web_exchange *exchange)
{
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    buf_fini(&exchange->path);
    buf_fini(&exchange->body);
    buf_fini(&exchange->part);
    (void)heap_free(exchange);
}

static void web_suspend(struct web_exchange *exchange)
{
    CHECK(!exchange->suspended);
    exchange->suspended = true;
    exchange->connection->waits_for_daemon = true;
    MHD_suspend_connection(exchange->mhd);
}

static void web_resume(struct web_exchange *exchange)
{
    if (!exchange->suspended)
        return;
    exchange->suspended = false;
    exchange->connection->waits_for_daemon = false;
    MHD_resume_connection(exchange->mhd);
    exchange->connection->web->run = true;
}

/* ---- to the daemon ---- */

struct web_headers {
    struct arena *turn;
    struct msg_header *at;
    size_t count;
};

static enum MHD_Result web_on_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    struct web_headers *headers = cls;
    size_t len = strlen(name);
    char *lower;

    (void)kind;
    if (headers->count++ >= WEB_HEADERS_MAX)
        return MHD_NO;
    lower = arena_alloc_raw(headers->turn, len);
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
    headers->at[headers->count - 1] =
        (struct msg_header){ str_of(lower, len), str_from(value ? value : "") };
    return MHD_YES;
}

static struct str web_peer(struct arena *turn, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_storage address;
    char text[INET6_ADDRSTRLEN] = "?";

    if (!info || !info->client_addr)
        return STR("?");
    if (info->client_addr->sa_family == AF_INET6) {
        memcpy(&address, info->client_addr, sizeof(struct sockaddr_in6));
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;

        (void)inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text));
        return str_printf(turn, "[%s]:%u", text, ntohs(six->sin6_port));
    }
    memcpy(&address, info->client_addr, sizeof(struct sockaddr_in));
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address;

    (void)inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text));
    return str_printf(turn, "%s:%u", text, ntohs(four->sin_port));
}

static int web_forward(struct web_exchange *exchange, struct str method,
                       const struct web_headers *headers)
{
    struct web *web = exchange->connection->web;
    struct wire_frame frame = { .type = MSG_HTTP_REQUEST, .id = ++web->ids };
    struct msg_http_request request = {
        .method = method,
        .path = buf_str(&exchange->path),
        .headers = headers->at,
        .headers_count = headers->count,
        .body = exchange->body.ptr ? buf_str(&exchange->body) : STR(""),
        .peer = web_peer(headers->turn, exchange->mhd),
    };

    msg_http_request_encode(&request, link_begin(web->link, &frame));
    exchange->id = frame.id;
    return link_end(web->link);
}

bool web__exchange_ask(struct web_exchange *exchange, struct str method)
{
    struct web *web = exchange->connection->web;
    struct web_headers headers = {
        .turn = web->turn,
        .at = ARENA_ARRAY(web->turn, struct msg_header, WEB_HEADERS_MAX),
    };

    if (exchange->connection->hung_up)
        return false;
    (void)MHD_get_connection_values(exchange->mhd, MHD_HEADER_KIND, web_on_header, &headers);
    if (headers.count > WEB_HEADERS_MAX)
        return web__exchange_refuse(exchange, 431, "more than 64 headers");
    if (web_forward(exchange, method, &headers) != 0) {
        exchange->id = 0;
        return web__exchange_refuse(exchange, 503, "too much to do: try again in a moment");
    }
    buf_fini(&exchange->body);
    exchange->body = BUF_INIT;
    (void)map_put_u64(&web->exchanges, exchange->id, exchange);
    exchange->state = WEB_ASKED;
    web_suspend(exchange);
    return true;
}

static void web_tell_gone(struct web_exchange *exchange)
{
    struct web *web = exchange->connection->web;
    struct wire_frame frame = { .type = MSG_HTTP_GONE, .id = exchange->id };
    struct msg_http_gone gone = { 0 };

    if (exchange->id == 0 || exchange->state == WEB_GONE)
        return;
    (void)map_take_u64(&web->exchanges, exchange->id);
    msg_http_gone_encode(&gone, link_begin(web->link, &frame));
    if (link_end(web->link) != 0)
        web->lost = true;
}

void web__exchange_hung_up(struct web_exchange *exchange)
{
    if (exchange->state != WEB_ASKED && !(exchange->state == WEB_ANSWERING && exchange->more))
        return;
    web_tell_gone(exchange);
    exchange->state = WEB_GONE;
    web_resume(exchange);
}

void web__exchange_end(struct web_exchange *exchange, bool well)
{
    if (!well || exchange->more)
        web_tell_gone(exchange);
    if (exchange->id != 0)
        (void)map_take_u64(&exchange->connection->web->exchanges, exchange->id);
    exchange->connection->exchange = NULL;
    web_exchange_free(exchange);
}

/* ---- to the client ---- */

bool web__exchange_queue(struct web_exchange *exchange)
{
    enum MHD_Result r;

    CHECK(exchange->response);
    exchange->state = WEB_ANSWERING;
    r = MHD_queue_response(exchange->mhd, exchange->status, exchange->response);
    MHD_destroy_response(exchange->response);
    exchange->response = NULL;
    return r == MHD_YES;
}

bool web__exchange_refuse(struct web_exchange *exchange, unsigned int status, const char *sentence)
{
    struct buf body BUF_CLEANUP = BUF_INIT;

    buf_add_c(&body, "{\"error\":{\"code\":\"limit\",\"message\":");
    buf_add_json(&body, str_from(sentence));
    buf_add_c(&body, "}}");
    exchange->response = MHD_create_response_from_buffer(body.len, body.ptr, MHD_RESPMEM_MUST_COPY);
    CHECK(exchange->response);
    (void)MHD_add_response_header(exchange->response, "content-type", "application/json");
    exchange->status = status;
    return web__exchange_queue(exchange);
}

/* libmicrohttpd wants the next bytes of a stream. */
static ssize_t web_on_part(void *cls, uint64_t position, char *to, size_t max)
{
    struct web_exchange *exchange = cls;
    size_t len = exchange->part.len < max ? exchange->part.len : max;

    (void)position;
    if (exchange->state == WEB_GONE)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (len > 0) {
        memcpy(to, exchange->part.ptr, len);
        buf_drop(&exchange->part, len);
        return (ssize_t)len;
    }
    if (!exchange->more)
        return MHD_CONTENT_READER_END_OF_STREAM;
    web_suspend(exchange);
    return 0;
}

static void web_response_head(struct web *web, struct web_exchange *exchange,
                              const struct msg_http_response *response)
{
    for (size_t i = 0; i < response->headers_count; i++)
        (void)MHD_add_response_header(exchange->response,
                                      str_c(web->turn, response->headers[i].name),
                                      str_c(web->turn, response->headers[i].value));
}

void web__response(struct web *web, uint64_t id, const struct msg_http_response *response)
{
    struct web_exchange *exchange = map_find_u64(&web->exchanges, id);
    struct str body = response->body;

    if (!exchange || exchange->state != WEB_ASKED || exchange->response)
        return;
    exchange->status = response->status;
    exchange->more = response->more;
    if (exchange->more) {
        buf_add_str(&exchange->part, body);
        exchange->response =
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, web_on_part, exchange, NULL);
    } else {
        char *bytes = arena_alloc_raw(web->turn, body.len + 1);

        memcpy(bytes, body.ptr ? body.ptr : "", body.len);
        exchange->response =
            MHD_create_response_from_buffer(body.len, bytes, MHD_RESPMEM_MUST_COPY);
    }
    CHECK(exchange->response);
    web_response_head(web, exchange, response);
    exchange->connection->since_ns = 0;
    web_resume(exchange);
}

void web__chunk(struct web *web, uint64_t id, const struct msg_http_chunk *chunk)
{
    struct web_exchange *exchange = map_find_u64(&web->exchanges, id);

    if (!exchange || !exchange->more || exchange->state == WEB_GONE)
        return;
    buf_add_str(&exchange->part, chunk->body);
    if (chunk->last)
        exchange->more = false;
    if (exchange->part.len > WEB_BACKLOG_MAX) {
        web_tell_gone(exchange);
        exchange->state = WEB_GONE;
    }
    web_resume(exchange);
}
