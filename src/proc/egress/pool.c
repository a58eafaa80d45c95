/* Pools (multi handles of libcurl), their exchanges, and what these have to say, in order. */
#include "proc/egress/http_internal.h"

#include <errno.h>
#include <string.h>

void egress__http_queue(struct http_exchange *exchange)
{
    if (exchange->queued || exchange->held)
        return;
    exchange->queued = true;
    *VEC_PUSH(&exchange->pool->http->queue) = exchange;
}

void egress__http_end(struct http_exchange *exchange, enum http_end how, struct str text)
{
    exchange->ended = true;
    exchange->end = how;
    exchange->text = str_copy(exchange->arena, text);
    egress__http_queue(exchange);
}

struct http_pool *http_pool_new(struct http *http, const struct str *allowed, size_t count)
{
    struct http_pool *pool = heap_alloc(sizeof(*pool));
    struct str *copies;

    *pool = (struct http_pool){ .http = http,
                                .timer_ready = { .ready.kind = http->ready_kind,
                                                 .what = EGRESS__HTTP_POOL_TIMER },
                                .arena = arena_new(0) };
    copies = ARENA_ARRAY(pool->arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        copies[i] = str_copy(pool->arena, allowed[i]);
        egress__http_lower(copies[i]);
    }
    pool->allowed = copies;
    pool->allowed_count = count;
    pool->multi = curl_multi_init();
    CHECK(pool->multi);
    pool->timer = loop_timer_new(http->loop, &pool->timer_ready.ready);
    egress__http_pool_options(pool);
    *VEC_PUSH(&http->pools) = pool;
    return pool;
}

static void exchange_free(struct http_exchange *exchange)
{
    struct http *http = exchange->pool->http;

    (void)map_take_u64(&exchange->pool->exchanges, (uint64_t)(uintptr_t)exchange);
    egress__http_hop_end(exchange);
    for (size_t i = http->queue_at; i < http->queue.count; i++)
        if (http->queue.at[i] == exchange)
            http->queue.at[i] = NULL;
    if (http->gone == exchange)
        http->gone = NULL;
    /* What was asked may have held a secret. */
    if (exchange->request.body.len)
        explicit_bzero((char *)(uintptr_t)exchange->request.body.ptr, exchange->request.body.len);
    for (size_t i = 0; i < exchange->request.secret_count; i++)
        explicit_bzero((char *)(uintptr_t)exchange->request.secrets[i].value.ptr,
                       exchange->request.secrets[i].value.len);
    VEC_FINI(&exchange->headers);
    if (!exchange->request.stream)
        exchange->pool->held -= exchange->body.len;
    buf_fini(&exchange->body);
    arena_free(exchange->head);
    arena_free(exchange->arena);
    (void)heap_free(exchange);
}

struct http_pool *http_pool_free(struct http_pool *pool)
{
    struct map_entry *entry;

    if (!pool)
        return NULL;
    for (size_t at = 0; (entry = map_next(&pool->exchanges, &at));)
        http_drop(entry->value);
    for (size_t i = 0; i < pool->spare.count; i++)
        curl_easy_cleanup(pool->spare.at[i]);
    (void)curl_multi_cleanup(pool->multi);
    for (size_t at = 0; (entry = map_next(&pool->sockets, &at));)
        egress__http_socket_free(pool, entry->value);
    for (size_t i = 0; i < pool->http->pools.count; i++)
        if (pool->http->pools.at[i] == pool)
            pool->http->pools.at[i] = pool->http->pools.at[--pool->http->pools.count];
    pool->timer = loop_timer_free(pool->timer);
    map_fini(&pool->sockets);
    map_fini(&pool->exchanges);
    map_fini(&pool->told);
    VEC_FINI(&pool->spare);
    arena_free(pool->arena);
    return heap_free(pool);
}

/* --- Exchanges ----------------------------------------------------------------------------- */

static const struct http_header *headers_copy(struct arena *arena,
                                              const struct http_header *headers, size_t count)
{
    struct http_header *copies = ARENA_ARRAY(arena, struct http_header, count + 1);

    for (size_t i = 0; i < count; i++) {
        copies[i].name = str_copy(arena, headers[i].name);
        copies[i].value = str_copy(arena, headers[i].value);
    }
    return copies;
}

static bool are_fit(const struct http_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!http_header_is_fit(headers[i].name, headers[i].value))
            return false;
    return true;
}

static struct http_exchange *exchange_new(struct http_pool *pool,
                                          const struct http_request *request)
{
    struct http_exchange *exchange = heap_alloc(sizeof(*exchange));

    *exchange = (struct http_exchange){ .pool = pool,
                                        .request = *request,
                                        .arena = arena_new(0),
                                        .head = arena_new(0),
                                        .piece_max = HTTP_PIECE_MAX,
                                        .sent = MSG_SENT_NO };
    exchange->request.method = str_copy(exchange->arena, request->method);
    exchange->request.body = str_copy(exchange->arena, request->body);
    exchange->request.headers =
        headers_copy(exchange->arena, request->headers, request->header_count);
    exchange->request.secrets =
        headers_copy(exchange->arena, request->secrets, request->secret_count);
    if (!request->body_max)
        exchange->request.body_max = HTTP_BODY_MAX;
    (void)map_put_u64(&pool->exchanges, (uint64_t)(uintptr_t)exchange, exchange);
    return exchange;
}

int http_start(struct http_pool *pool, const struct http_request *request,
               struct http_exchange **ret_exchange, struct str *ret_reason)
{
    struct http_exchange *exchange;
    struct egress__http_url parts;

    if (pool->exchanges.count >= HTTP_EXCHANGES_MAX) {
        *ret_reason = STR("too many requests are under way");
        return HTTP_REFUSED;
    }
    if (request->header_count + request->secret_count > HTTP_HEADERS_MAX ||
        !egress__http_is_token(request->method) ||
        !are_fit(request->headers, request->header_count) ||
        !are_fit(request->secrets, request->secret_count)) {
        *ret_reason = STR("a header of the request holds what no header may: a line break or "
                          "another control character");
        return HTTP_REFUSED;
    }
    exchange = exchange_new(pool, request);
    if (!egress__http_url_read(STR_NULL, request->url, exchange->arena, &parts)) {
        exchange_free(exchange);
        *ret_reason = STR("its URL is none of http or https, or has a user in it");
        return HTTP_REFUSED;
    }
    exchange->origin = egress__http_url_origin(&parts, exchange->arena);
    egress__http_hop_start(exchange, &parts);
    *ret_exchange = exchange;
    return HTTP_STARTED;
}

void http_drop(struct http_exchange *exchange)
{
    if (!exchange)
        return;
    egress__http_name_forget(exchange->pool->http, exchange);
    exchange_free(exchange);
}

enum msg_sent http_sent(const struct http_exchange *exchange)
{
    return exchange->sent;
}

void http_hold(struct http_exchange *exchange, bool held)
{
    if (exchange->held == held)
        return;
    exchange->held = held;
    exchange->piece_max = HTTP_PIECE_HELD_MAX;
    if (!held)
        egress__http_queue(exchange);
}

static void event_fill(struct http_exchange *exchange, enum http_event_kind kind,
                       struct http_event *ret_event)
{
    *ret_event = (struct http_event){
        .kind = kind,
        .exchange = exchange,
        .owner = exchange->request.owner,
        .status = exchange->status,
        .headers = exchange->headers.at,
        .header_count = exchange->headers.count,
        .sent = exchange->sent,
        .end = exchange->end,
        .text = exchange->text,
        .url = exchange->url,
    };
}

/* What this one has to say next. False: nothing. */
static bool exchange_next(struct http_exchange *exchange, struct http_event *ret_event)
{
    struct http *http = exchange->pool->http;
    struct buf given;

    if (exchange->held)
        return false;
    if (exchange->request.stream && exchange->head_whole && !exchange->head_told) {
        exchange->head_told = true;
        event_fill(exchange, HTTP_HEAD, ret_event);
        return true;
    }
    if (exchange->request.stream && exchange->body.len) {
        given = http->given;
        http->given = exchange->body;
        exchange->body = given;
        buf_clear(&exchange->body);
        event_fill(exchange, HTTP_BODY, ret_event);
        ret_event->body = buf_str(&http->given);
        if (exchange->paused && exchange->running) {
            exchange->paused = false;
            (void)curl_easy_pause(exchange->easy, CURLPAUSE_CONT);
        }
        return true;
    }
    if (!exchange->ended)
        return false;
    event_fill(exchange, HTTP_END, ret_event);
    ret_event->body = buf_str(&exchange->body);
    http->gone = exchange;
    return true;
}

bool http_next(struct http *http, struct http_event *ret_event)
{
    if (http->gone)
        exchange_free(http->gone);
    while (http->queue_at < http->queue.count) {
        struct http_exchange *exchange = http->queue.at[http->queue_at];

        if (exchange && exchange_next(exchange, ret_event)) {
            if (http->gone == exchange)
                http->queue_at++;
            return true;
        }
        if (exchange)
            exchange->queued = false;
        http->queue_at++;
    }
    VEC_CLEAR(&http->queue);
    http->queue_at = 0;
    return false;
}

bool http_is_quiet(const struct http *http)
{
    return http->queue_at == http->queue.count;
}

struct str http_header(const struct http_event *event, const char *name)
{
    for (size_t i = 0; i < event->header_count; i++)
        if (str_is(event->headers[i].name, name))
            return event->headers[i].value;
    return STR_NULL;
}

/* --- All of it ----------------------------------------------------------------------------- */

int http_new(struct loop *loop, const struct http_options *options, struct http **ret_http)
{
    struct http *http = heap_alloc(sizeof(*http));
    int r;

    *http = (struct http){ .loop = loop, .ready_kind = options->ready_kind };
    buf_add_str(&http->ca, options->ca);
    if (curl_global_init(CURL_GLOBAL_ALL) != 0)
        r = RAISE(-ENOMEM);
    else
        r = egress__http_names_new(http, options);
    if (r < 0) {
        (void)http_free(http);
        return TRACE(r);
    }
    *ret_http = http;
    return 0;
}

struct http *http_free(struct http *http)
{
    if (!http)
        return NULL;
    while (http->pools.count)
        (void)http_pool_free(http->pools.at[0]);
    egress__http_names_free(http);
    VEC_FINI(&http->pools);
    VEC_FINI(&http->queue);
    egress__http_trust_free(http);
    buf_fini(&http->ca);
    buf_fini(&http->given);
    curl_global_cleanup();
    return heap_free(http);
}

void http_ready(struct http *http, struct loop_ready *ready)
{
    struct egress__http_ready *ours = container_of(ready, struct egress__http_ready, ready);

    if (ours->what == EGRESS__HTTP_NAME_SOCKET || ours->what == EGRESS__HTTP_NAME_TIMER)
        egress__http_names_ready(http, ours);
    else
        egress__http_pool_ready(ours);
}
