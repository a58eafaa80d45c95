/*
 * What egress-net adds to a call of an MCP server over HTTP: the session, its transport and libcurl
 * against a bare socket that sends the same bytes, to the same small server, in the same run.
 * Targets: 0.15 ms added, 10,000 calls a second at 32, 60 us of CPU a call.
 */
#include "bench.h"
#include "peer.h"

#include "edge/out/mcp/web.h"
#include "proc/egress/http.h"
#include "sys/clock.h"
#include "sys/loop.h"

#define CALLS   4000U
#define MANY    20000U
#define AT_ONCE 32U

static double rounds[CALLS];

/* --- As egress-net does it ----------------------------------------------------------------- */

struct out {
    struct loop *loop;
    struct http *http;
    struct http_pool *pool;
    struct out_mcp *session;
    struct out_mcp_web *web;
    size_t done;
    bool ready;
};

static int64_t now_ms(void)
{
    return clock_mono_ns() / 1000000;
}

static void start(struct out *out, const struct out_mcp_web_request *asked)
{
    struct http_header headers[16];
    struct http_request request = { .method = asked->method,
                                    .url = asked->url,
                                    .headers = headers,
                                    .header_count = asked->header_count,
                                    .body = asked->body,
                                    .has_body = asked->body.ptr,
                                    .stream = true,
                                    .redirects = true,
                                    .owner = (void *)(uintptr_t)asked->number };
    struct http_exchange *exchange;
    struct str reason;

    for (size_t i = 0; i < asked->header_count; i++)
        headers[i] = (struct http_header){ asked->headers[i].name, asked->headers[i].value };
    CHECK(http_start(out->pool, &request, &exchange, &reason) == HTTP_STARTED);
}

static void hear(struct out *out)
{
    struct http_event event;

    while (http_next(out->http, &event)) {
        uint64_t number = (uint64_t)(uintptr_t)event.owner;

        if (event.kind == HTTP_HEAD)
            out_mcp_web_head(
                out->web, number,
                &(struct out_mcp_web_head){ .status = event.status,
                                            .type = http_header(&event, "content-type") });
        else if (event.kind == HTTP_BODY)
            out_mcp_web_body(out->web, number, event.body);
        else
            out_mcp_web_end(out->web, number,
                            &(struct out_mcp_web_end){ .answered = event.end == HTTP_ANSWERED,
                                                       .sent = event.sent },
                            now_ms());
    }
}

/* What the session heard, and what it says to that. */
static void pump(struct out *out)
{
    struct out_mcp_web_request request;
    struct out_mcp_event event;

    while (out_mcp_next(out->session, now_ms(), &event)) {
        out->ready = out->ready || event.kind == OUT_MCP_TOOLS;
        CHECK(event.kind != OUT_MCP_OVER);
        if (event.kind != OUT_MCP_OUTCOME)
            continue;
        CHECK(event.status == MSG_OUTCOME_STATUS_ANSWERED);
        out->done++;
    }
    while (out_mcp_web_next(out->web, now_ms(), &request))
        start(out, &request);
}

static void turn(struct out *out)
{
    struct loop_ready *ready;

    pump(out);
    CHECK(loop_run_once(out->loop, 100) == 0);
    while ((ready = loop_next(out->loop)))
        http_ready(out->http, ready);
    hear(out);
    pump(out);
}

static void call(struct out *out, uint64_t handle)
{
    const struct out_mcp_call one = {
        .handle = handle, .tool = STR("read"), .args = STR("{\"path\":\"a\"}"), .timeout_ms = 10000
    };

    CHECK(out_mcp_call(out->session, &one, now_ms()) == OUT_MCP_ACCEPTED);
}

static void one_by_one(struct out *out, double bare_us)
{
    for (size_t i = 0; i < CALLS; i++) {
        double from = bench_now_us();

        call(out, i + 1);
        for (out->done = 0; out->done == 0;)
            turn(out);
        rounds[i] = bench_now_us() - from;
    }
    bench_print("a session over libcurl, one after another", rounds, CALLS, 1);
    (void)printf("%-52s     %10.3f us\n", "  added", rounds[CALLS / 2] - bare_us);
}

static void many_at_once(struct out *out)
{
    double from = bench_now_us();
    double cpu = bench_cpu_us();
    uint64_t begun = 0;

    for (out->done = 0; out->done < MANY;) {
        while (begun - out->done < AT_ONCE && begun < MANY)
            call(out, ++begun);
        turn(out);
    }
    from = bench_now_us() - from;
    (void)printf("%-52s     %10.0f a second, %.1f us of CPU a call\n", "  32 at once",
                 (double)MANY / from * 1e6, (bench_cpu_us() - cpu) / (double)MANY);
}

static void ours(const struct peer *peer, double bare_us)
{
    const struct str hosts[] = { STR("127.0.0.1") };
    const struct http_options options = { .ready_kind = 1 };
    const struct out_mcp_options session = { .version = STR("0"), .messages = true };
    struct out out = { 0 };
    char url[64];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/mcp", peer->port);
    CHECK(loop_new(&out.loop) == 0 && http_new(out.loop, &options, &out.http) == 0);
    out.pool = http_pool_new(out.http, hosts, 1);
    out.session = out_mcp_new(&session, now_ms());
    out.web = out_mcp_web_new(out.session, &(struct out_mcp_web_options){ .url = str_from(url) });
    while (!out.ready)
        turn(&out);
    one_by_one(&out, bare_us);
    many_at_once(&out);
    out.web = out_mcp_web_free(out.web);
    out.session = out_mcp_free(out.session);
    out.http = http_free(out.http);
    out.loop = loop_free(out.loop);
}

int main(void)
{
    struct peer peer;
    double bare_us;

    peer_open(&peer);
    bare_us = peer_call_bare(&peer, rounds, CALLS);
    bench_print("a bare socket, one call after another", rounds, CALLS, 1);
    ours(&peer, bare_us);
    peer_close(&peer);
    return 0;
}
