/*
 * Exchanges: what is started when, and what comes back.
 *
 *     1  exchanges that nobody waits for are dropped
 *     2  what ended is settled (web_end.c)
 *     3  what is due is started: streams, messages again
 *     4  messages of the session, unless something must end first
 */
#include "edge/out/mcp/web_internal.h"

#include "format/rpc/rpc.h"

struct out_mcp_web *out_mcp_web_new(struct out_mcp *session,
                                    const struct out_mcp_web_options *options)
{
    struct out_mcp_web *web = heap_alloc(sizeof(*web));

    *web = (struct out_mcp_web){ .session = session,
                                 .life = arena_new(0),
                                 .turn = arena_new(0),
                                 .old = options->sse,
                                 .old_tried = options->sse,
                                 .next_number = 1 };
    web->url = str_copy(web->life, options->url);
    if (web->old)
        (void)out_mcp__web_start_new(web, WEB__OLD, 0);
    return web;
}

static size_t held(const struct out_mcp__web_exchange *exchange)
{
    return exchange->body.len + exchange->sse.in.len + exchange->sse.data.len;
}

void out_mcp__web_exchange_free(struct out_mcp_web *web, struct out_mcp__web_exchange *exchange)
{
    (void)map_take_u64(&web->exchanges, exchange->number);
    web->held -= held(exchange);
    if (exchange->id && map_find_u64(&web->ids, exchange->id) == exchange)
        (void)map_take_u64(&web->ids, exchange->id);
    if (web->gate == exchange->number)
        web->gate = 0;
    buf_fini(&exchange->body);
    buf_fini(&exchange->kept);
    out_mcp__sse_fini(&exchange->sse);
    arena_free(exchange->arena);
    (void)heap_free(exchange);
}

static void start_free(struct out_mcp__web_start *start)
{
    buf_fini(&start->body);
    buf_fini(&start->last_id);
}

struct out_mcp_web *out_mcp_web_free(struct out_mcp_web *web)
{
    struct map_entry *entry;

    if (!web)
        return NULL;
    for (size_t at = 0; (entry = map_next(&web->exchanges, &at));)
        out_mcp__web_exchange_free(web, entry->value);
    for (size_t i = 0; i < web->starts.count; i++)
        start_free(&web->starts.at[i]);
    map_fini(&web->exchanges);
    map_fini(&web->ids);
    VEC_FINI(&web->starts);
    VEC_FINI(&web->drops);
    VEC_FINI(&web->ended);
    buf_fini(&web->initialize);
    buf_fini(&web->line);
    arena_free(web->turn);
    arena_free(web->life);
    return heap_free(web);
}

struct out_mcp__web_start *out_mcp__web_start_new(struct out_mcp_web *web,
                                                  enum out_mcp__web_purpose purpose, int64_t due_ms)
{
    struct out_mcp__web_start *start = VEC_PUSH(&web->starts);

    start->purpose = purpose;
    start->due_ms = due_ms;
    return start;
}

static struct out_mcp__web_exchange *exchange_new(struct out_mcp_web *web,
                                                  enum out_mcp__web_purpose purpose, uint64_t id,
                                                  struct str method)
{
    struct out_mcp__web_exchange *exchange = heap_alloc(sizeof(*exchange));

    *exchange = (struct out_mcp__web_exchange){
        .number = web->next_number++, .purpose = purpose, .id = id, .method = method
    };
    out_mcp__sse_init(&exchange->sse, OUT_MCP_LINE_MAX);
    (void)map_put_u64(&web->exchanges, exchange->number, exchange);
    if (id)
        (void)map_put_u64(&web->ids, id, exchange);
    return exchange;
}

/* --- What comes back ----------------------------------------------------------------------- */

static struct out_mcp__web_exchange *find(struct out_mcp_web *web, uint64_t number)
{
    struct out_mcp__web_exchange *exchange = map_find_u64(&web->exchanges, number);

    return exchange && !exchange->ended ? exchange : NULL;
}

static bool has_type(struct str type, const char *wanted)
{
    struct str rest = type;
    struct str first = str_trim(str_split(&rest, ';'));
    struct str want = str_from(wanted);

    if (first.len != want.len)
        return false;
    for (size_t i = 0; i < want.len; i++)
        if ((first.ptr[i] | 0x20) != (want.ptr[i] | 0x20))
            return false;
    return true;
}

void out_mcp_web_head(struct out_mcp_web *web, uint64_t number, const struct out_mcp_web_head *head)
{
    struct out_mcp__web_exchange *exchange = find(web, number);
    bool good = head->status / 100 == 2;

    if (!exchange)
        return;
    exchange->status = head->status;
    exchange->events = good && has_type(head->type, "text/event-stream");
    if (exchange->id && !web->old)
        out_mcp_message_sent(web->session, exchange->id, MSG_SENT_YES);
    if (good && str_is(exchange->method, "initialize") && head->session.len)
        web->session_id = str_copy(web->life, head->session);
}

static void hear(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange,
                 struct str text)
{
    if (exchange->purpose == WEB__AGAIN)
        return; /* The session has its answer to initialize. */
    buf_clear(&web->line);
    rpc_add_one_line(&web->line, text);
    out_mcp_heard(web->session, buf_str(&web->line), exchange->id);
}

/* Where it says to POST: looked at as an address of its own by whoever sends there. */
static void endpoint(struct out_mcp_web *web, struct str text)
{
    if (web->old && !web->post_url.ptr && text.len < 4096)
        web->post_url = str_copy(web->life, text);
}

static void too_long(struct out_mcp_web *web, struct out_mcp__web_exchange *exchange)
{
    exchange->too_long = true;
    exchange->ended = true;
    exchange->end.answered = true;
    *VEC_PUSH(&web->ended) = exchange->number;
    *VEC_PUSH(&web->drops) = exchange->number;
}

static void hear_events(struct out_mcp_web *web, struct out_mcp__web_exchange *exchange,
                        struct str bytes)
{
    struct out_mcp__sse_event event;
    int r;

    out_mcp__sse_add(&exchange->sse, bytes);
    while ((r = out_mcp__sse_next(&exchange->sse, &event)) == OUT_MCP__SSE_EVENT) {
        exchange->resumes = 0; /* It has said something: it goes on. */
        exchange->spoke = true;
        if (str_is(event.name, "endpoint"))
            endpoint(web, event.data);
        else if (!event.name.len || str_is(event.name, "message"))
            hear(web, exchange, event.data);
        else
            exchange->sse.noise += event.data.len;
    }
    out_mcp_noise(web->session, exchange->sse.noise);
    exchange->sse.noise = 0;
    if (r == OUT_MCP__SSE_TOO_LONG)
        too_long(web, exchange);
}

void out_mcp_web_body(struct out_mcp_web *web, uint64_t number, struct str bytes)
{
    struct out_mcp__web_exchange *exchange = find(web, number);
    size_t before;

    if (!exchange)
        return;
    before = held(exchange);
    if (exchange->events)
        hear_events(web, exchange, bytes);
    else if (exchange->body.len + bytes.len > OUT_MCP_LINE_MAX)
        too_long(web, exchange);
    else
        buf_add_str(&exchange->body, bytes);
    web->held += held(exchange) - before;
    exchange->crowded = !exchange->ended && web->held > OUT_MCP_WEB_HELD_MAX;
    if (exchange->crowded)
        too_long(web, exchange);
}

void out_mcp_web_sent(struct out_mcp_web *web, uint64_t number, enum msg_sent sent)
{
    const struct out_mcp__web_exchange *exchange = find(web, number);

    /* The answer to one that was taken up again is the first one's. */
    if (exchange && exchange->id && exchange->purpose == WEB__MESSAGE)
        out_mcp_message_sent(web->session, exchange->id, sent);
}

static bool is_json(struct str body)
{
    struct str text = str_trim(body);

    return text.len && (text.ptr[0] == '{' || text.ptr[0] == '[');
}

void out_mcp_web_end(struct out_mcp_web *web, uint64_t number, const struct out_mcp_web_end *end,
                     int64_t now_ms)
{
    struct out_mcp__web_exchange *exchange = find(web, number);

    (void)now_ms;
    if (!exchange)
        return;
    out_mcp_web_sent(web, number, end->sent);
    exchange->arena = arena_new(0);
    exchange->ended = true;
    exchange->end = *end;
    exchange->end.text = str_copy(exchange->arena, end->text);
    *VEC_PUSH(&web->ended) = number;
    if (end->answered && exchange->status / 100 == 2 && !exchange->events &&
        is_json(buf_str(&exchange->body)))
        hear(web, exchange, buf_str(&exchange->body));
}

/* --- What is asked ------------------------------------------------------------------------- */

/* Messages are kept where the session may turn out to have expired. */
static void keep(const struct out_mcp_web *web, struct out_mcp__web_exchange *exchange,
                 struct str body)
{
    if (exchange->id && web->session_id.len && !web->old)
        buf_add_str(&exchange->kept, body);
}

static bool drop_next(struct out_mcp_web *web, struct out_mcp_web_request *ret_request)
{
    uint64_t id;

    while (out_mcp_dropped_next(web->session, &id)) {
        struct out_mcp__web_exchange *exchange = map_find_u64(&web->ids, id);

        if (!exchange)
            continue;
        *VEC_PUSH(&web->drops) = exchange->number;
        out_mcp__web_exchange_free(web, exchange);
    }
    if (!web->drops.count)
        return false;
    *ret_request = (struct out_mcp_web_request){ .kind = OUT_MCP_WEB_DROP,
                                                 .number = web->drops.at[--web->drops.count] };
    return true;
}

static void settle_all(struct out_mcp_web *web, int64_t now_ms)
{
    for (size_t i = 0; i < web->ended.count; i++) {
        struct out_mcp__web_exchange *exchange = map_find_u64(&web->exchanges, web->ended.at[i]);

        if (!exchange)
            continue;
        out_mcp__web_settle(web, exchange, now_ms);
        out_mcp__web_exchange_free(web, exchange);
    }
    VEC_CLEAR(&web->ended);
}

/* While a session is begun anew only that goes out; HTTP+SSE waits to hear where to POST. */
static bool may_start(const struct out_mcp_web *web, const struct out_mcp__web_start *start)
{
    if (web->gate)
        return false;
    if (web->renewing)
        return start->purpose == WEB__AGAIN || start->purpose == WEB__READY;
    if (web->old && start->purpose == WEB__MESSAGE)
        return web->post_url.ptr;
    return true;
}

/* What nobody waits for any more is not said. */
static bool is_wanted(const struct out_mcp_web *web, const struct out_mcp__web_start *start)
{
    return start->id == 0 || out_mcp_is_waiting(web->session, start->id);
}

static void start_begin(struct out_mcp_web *web, const struct out_mcp__web_start *start,
                        int64_t now_ms, struct out_mcp_web_request *ret_request)
{
    struct out_mcp__web_exchange *exchange =
        exchange_new(web, start->purpose, start->id, start->method);

    out_mcp__web_request_start(web, start, ret_request);
    ret_request->number = exchange->number;
    exchange->resumes = start->resumes;
    exchange->began_ms = now_ms;
    if (start->last_id.len)
        buf_add_str(&exchange->sse.id, buf_str(&start->last_id));
    if (start->purpose == WEB__AGAIN || start->purpose == WEB__READY)
        web->gate = exchange->number;
    if (start->purpose == WEB__STREAM)
        web->stream_begun = true;
}

static bool start_next(struct out_mcp_web *web, int64_t now_ms,
                       struct out_mcp_web_request *ret_request)
{
    for (size_t i = 0; i < web->starts.count; i++) {
        struct out_mcp__web_start start = web->starts.at[i];
        bool wanted = is_wanted(web, &start);

        if (wanted && (start.due_ms > now_ms || !may_start(web, &start)))
            continue;
        memmove(&web->starts.at[i], &web->starts.at[i + 1],
                (web->starts.count - i - 1) * sizeof(start));
        web->starts.count--;
        if (wanted)
            start_begin(web, &start, now_ms, ret_request);
        start_free(&start);
        if (wanted)
            return true;
        i--;
    }
    return false;
}

static bool message_next(struct out_mcp_web *web, struct out_mcp_web_request *ret_request)
{
    struct out_mcp__web_exchange *exchange;
    struct out_mcp_message message;

    if (web->gate || web->renewing || (web->old && !web->post_url.ptr) ||
        !out_mcp_message_next(web->session, &message))
        return false;
    if (str_is(message.method, "initialize")) {
        buf_clear(&web->initialize);
        buf_add_str(&web->initialize, message.body);
    }
    exchange = exchange_new(web, WEB__MESSAGE, message.id, message.method);
    keep(web, exchange, message.body);
    out_mcp__web_request_message(web, &message, ret_request);
    ret_request->number = exchange->number;
    if (str_is(message.method, "notifications/initialized"))
        web->gate = exchange->number;
    return true;
}

/* A server of 2025 may have something to say by itself, once it was greeted. */
static void stream_want(struct out_mcp_web *web, int64_t now_ms)
{
    if (web->stream_begun || web->old || web->renewing || web->gate || !web->initialize.len ||
        out_mcp_is_modern(web->session) || !out_mcp_protocol(web->session).len)
        return;
    web->stream_begun = true;
    (void)out_mcp__web_start_new(web, WEB__STREAM, now_ms);
}

bool out_mcp_web_next(struct out_mcp_web *web, int64_t now_ms,
                      struct out_mcp_web_request *ret_request)
{
    arena_reset(web->turn);
    if (drop_next(web, ret_request))
        return true;
    settle_all(web, now_ms);
    if (drop_next(web, ret_request) || start_next(web, now_ms, ret_request) ||
        message_next(web, ret_request))
        return true;
    stream_want(web, now_ms);
    return start_next(web, now_ms, ret_request);
}

int64_t out_mcp_web_due_ms(const struct out_mcp_web *web)
{
    int64_t due_ms = -1;

    for (size_t i = 0; i < web->starts.count; i++)
        if (may_start(web, &web->starts.at[i]) &&
            (due_ms == -1 || web->starts.at[i].due_ms < due_ms))
            due_ms = web->starts.at[i].due_ms;
    return due_ms;
}
