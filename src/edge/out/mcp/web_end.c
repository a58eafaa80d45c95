/*
 * What the end of an exchange means.
 *
 *     an answer came                      nothing: the session has it
 *     404 to a session                    the session expired: a new one, and the message again
 *     4xx to initialize                   it may speak HTTP+SSE: its stream is asked for
 *     a stream with ids broke (2025)      it is taken up again after the last id
 *     anything else                       the request failed
 */
#include "edge/out/mcp/web_internal.h"

#define RETRY_MS           1000 /* where the server does not say */
#define RETRY_MS_MIN       100  /* whatever it says */
#define STREAM_MS          1000
#define STREAM_MS_MAX      300000 /* between streams that end at once */
#define STREAM_SAID_MS_MAX 30000  /* the same, where it says when to come back */
#define STREAM_STAYED_MS   10000  /* that is no end at once */
#define CHANGED            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"
#define INITIALIZED        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"

static bool is_refusal(unsigned int status)
{
    return status >= 400;
}

static bool is_gateway(unsigned int status)
{
    return status == 502 || status == 504;
}

static struct str sentence(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange)
{
    if (exchange->crowded)
        return str_printf(web->turn, "its answers under way are more than %u bytes together",
                          OUT_MCP_WEB_HELD_MAX);
    if (exchange->too_long)
        return str_printf(web->turn, "its answer is longer than the %u bytes of a message",
                          OUT_MCP_LINE_MAX);
    if (exchange->status >= 300)
        return str_printf(web->turn, "it answers with HTTP status %u", exchange->status);
    if (!exchange->end.answered)
        return exchange->end.text;
    if (exchange->events)
        return STR("its event stream ended without an answer");
    return STR("it answers with what is no MCP: neither JSON nor an event stream");
}

static void fail(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange)
{
    struct out_mcp_failure failure = {
        .id = exchange->id,
        .http = exchange->status >= 300 ? exchange->status : 0,
        .status = MSG_OUTCOME_STATUS_FAILED,
        .body = is_refusal(exchange->status) ? buf_str(&exchange->body) : STR_NULL,
        .text = sentence(web, exchange),
        .too_long = exchange->too_long,
    };

    /* It had the request, and nobody can read what it says. */
    if (exchange->too_long || (exchange->end.answered && exchange->status < 300))
        failure.status = MSG_OUTCOME_STATUS_UNREADABLE;
    if (exchange->end.answered && exchange->status < 300 && !exchange->events)
        failure.http = exchange->status; /* A server is there, which is no MCP server. */
    else if (exchange->too_long)
        failure.http = 0;
    else if (!exchange->end.answered || exchange->events || is_gateway(exchange->status))
        failure.status =
            exchange->end.timeout ? MSG_OUTCOME_STATUS_TIMEOUT : MSG_OUTCOME_STATUS_UNREACHABLE;
    out_mcp_failed(web->session, &failure);
}

/* --- A session that expired ---------------------------------------------------------------- */

static void renew(struct out_mcp_web *web, int64_t now_ms)
{
    struct out_mcp__web_start *start;

    if (web->renewing)
        return;
    web->renewing = true;
    web->session_id = STR_NULL;
    web->stream_begun = false;
    start = out_mcp__web_start_new(web, WEB__AGAIN, now_ms);
    start->method = STR("initialize");
    buf_add_str(&start->body, buf_str(&web->initialize));
}

static bool has_expired(const struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange)
{
    return exchange->status == 404 && web->initialize.len && !out_mcp_is_modern(web->session) &&
           !web->old && !str_is(exchange->method, "initialize") &&
           (web->session_id.len || web->renewing);
}

static void message_again(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange,
                          int64_t now_ms)
{
    struct out_mcp__web_start *start;

    if (!exchange->kept.len || exchange->resumes > 0 || web->starts.count > OUT_MCP_WAITING_MAX) {
        fail(web, exchange);
        return;
    }
    start = out_mcp__web_start_new(web, WEB__MESSAGE, now_ms);
    start->id = exchange->id;
    start->method = exchange->method;
    start->resumes = 1; /* Only once. */
    buf_add_str(&start->body, buf_str(&exchange->kept));
    out_mcp_message_sent(web->session, exchange->id, MSG_SENT_NO);
}

/* --- HTTP+SSE ------------------------------------------------------------------------------ */

static bool may_be_old(const struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange)
{
    return str_is(exchange->method, "initialize") && !web->old_tried && exchange->status >= 400 &&
           exchange->status < 500 && exchange->status != 401 && exchange->status != 403;
}

static void begin_old(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange,
                      int64_t now_ms)
{
    struct out_mcp__web_start *start;

    web->old = web->old_tried = true;
    (void)out_mcp__web_start_new(web, WEB__OLD, now_ms);
    start = out_mcp__web_start_new(web, WEB__MESSAGE, now_ms);
    start->id = exchange->id;
    start->method = exchange->method;
    buf_add_str(&start->body, buf_str(&web->initialize));
}

/* --- Streams ------------------------------------------------------------------------------- */

/* How long to wait before a stream is taken up, or asked for, again. */
static int64_t said_ms(const struct out_mcp__sse *sse)
{
    if (sse->retry_ms < 0)
        return RETRY_MS;
    return sse->retry_ms < RETRY_MS_MIN ? RETRY_MS_MIN : sse->retry_ms;
}

/* Twice as long after each that ended at once, without a word. */
static int64_t stream_wait_ms(const struct out_mcp_web *web, const struct out_mcp__sse *sse)
{
    int64_t max_ms = sse->retry_ms >= 0 ? STREAM_SAID_MS_MAX : STREAM_MS_MAX;
    int64_t wait_ms = STREAM_MS;

    if (web->stream_fails <= 1)
        return said_ms(sse);
    for (unsigned int i = 1; i < web->stream_fails && wait_ms < max_ms; i++)
        wait_ms *= 2;
    wait_ms = wait_ms < max_ms ? wait_ms : max_ms;
    return wait_ms > said_ms(sse) ? wait_ms : said_ms(sse);
}

static bool resume(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange,
                   int64_t now_ms)
{
    const struct out_mcp__sse *sse = &exchange->sse;
    int64_t wait_ms = said_ms(sse);
    struct out_mcp__web_start *start;

    if (!exchange->events || !sse->id.len || exchange->resumes >= OUT_MCP_RESUMES_MAX ||
        exchange->too_long || out_mcp_is_modern(web->session) || web->old)
        return false;
    start = out_mcp__web_start_new(web, WEB__RESUME, now_ms + wait_ms);
    start->id = exchange->id;
    start->method = exchange->method;
    start->resumes = exchange->resumes + 1;
    buf_add_str(&start->last_id, buf_str(&sse->id));
    return true;
}

static void stream_ended(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange,
                         int64_t now_ms)
{
    struct out_mcp__web_start *start;
    int64_t wait_ms;
    bool stayed;

    if (has_expired(web, exchange)) {
        renew(web, now_ms);
        return;
    }
    if (is_refusal(exchange->status) || (exchange->status >= 200 && !exchange->events))
        return; /* It has none: 405, or something odd. */
    stayed =
        exchange->spoke || (exchange->events && now_ms - exchange->began_ms >= STREAM_STAYED_MS);
    web->stream_fails = stayed ? 0 : web->stream_fails + 1;
    wait_ms = stream_wait_ms(web, &exchange->sse);
    start = out_mcp__web_start_new(web, WEB__STREAM, now_ms + wait_ms);
    buf_add_str(&start->last_id, buf_str(&exchange->sse.id));
}

/* --- All of them --------------------------------------------------------------------------- */

static void message_ended(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange,
                          int64_t now_ms)
{
    if (exchange->id == 0 || !out_mcp_is_waiting(web->session, exchange->id))
        return;
    if (has_expired(web, exchange)) {
        message_again(web, exchange, now_ms);
        renew(web, now_ms);
        return;
    }
    if (may_be_old(web, exchange)) {
        begin_old(web, exchange, now_ms);
        return;
    }
    if (web->old && exchange->status / 100 == 2)
        return; /* The answer comes over the one stream. */
    if (!resume(web, exchange, now_ms))
        fail(web, exchange);
}

static void again_ended(struct out_mcp_web *web, const struct out_mcp__web_exchange *exchange,
                        int64_t now_ms)
{
    struct out_mcp__web_start *start;

    if (exchange->status / 100 != 2 || !exchange->end.answered) {
        out_mcp_end(web->session, STR("its session expired, and it began no new one"));
        return;
    }
    start = out_mcp__web_start_new(web, WEB__READY, now_ms);
    start->method = STR("notifications/initialized");
    buf_add_c(&start->body, INITIALIZED);
}

void out_mcp__web_settle(struct out_mcp_web *web, struct out_mcp__web_exchange *exchange,
                         int64_t now_ms)
{
    switch (exchange->purpose) {
    case WEB__MESSAGE:
    case WEB__RESUME:
        message_ended(web, exchange, now_ms);
        break;
    case WEB__STREAM:
        stream_ended(web, exchange, now_ms);
        break;
    case WEB__OLD:
        if (exchange->status == 401 || exchange->status == 403)
            fail(web, exchange);
        out_mcp_end(web->session,
                    exchange->events ? STR("its event stream ended") : sentence(web, exchange));
        break;
    case WEB__AGAIN:
        again_ended(web, exchange, now_ms);
        break;
    case WEB__READY:
        web->renewing = false;
        out_mcp_heard(web->session, STR(CHANGED), 0); /* It may offer something else now. */
        break;
    }
}
