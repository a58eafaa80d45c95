/*
 * What a call costs on its way out and back, without kernel and server: the session's part of a
 * call (write it, read the answer, make the value), and the search for secrets a byte. Target of
 * the latter: under 1 ns a byte.
 */
#include "bench.h"

#include "base/arena.h"
#include "base/buf.h"
#include "edge/out/mcp/mcp.h"
#include "format/secret/secret.h"

#define TIMES 200U

static struct out_mcp *connected(void)
{
    const struct out_mcp_options options = { .version = STR("0") };
    struct out_mcp *session = out_mcp_new(&options, 0);
    struct out_mcp_event event;

    out_mcp_input(session, STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":"
                               "[\"2026-07-28\"],\"capabilities\":{}}}\n"));
    CHECK(out_mcp_next(session, 0, &event) && event.kind == OUT_MCP_TOOLS);
    return session;
}

/* quoted: the text as JSON. */
static void one_call(struct out_mcp *session, uint64_t id, struct str quoted)
{
    const struct out_mcp_call call = {
        .handle = id, .tool = STR("read"), .args = STR("{\"path\":\"a\"}"), .timeout_ms = 1000
    };
    BUF_CLEANUP struct buf line = BUF_INIT;
    struct out_mcp_event event;

    CHECK(out_mcp_call(session, &call, 0) == OUT_MCP_ACCEPTED);
    out_mcp_output_taken(session, out_mcp_output(session).len);
    buf_printf(&line,
               "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"result\":{\"content\":[{\"type\":\"text\","
               "\"text\":",
               (unsigned long long)id);
    buf_add_str(&line, quoted);
    buf_add_c(&line, "}]}}\n");
    out_mcp_input(session, buf_str(&line));
    CHECK(out_mcp_next(session, 0, &event) && event.kind == OUT_MCP_OUTCOME);
}

static void bench_call(const char *what, size_t len)
{
    struct out_mcp *session CLEANUP(out_mcp_free) = connected();
    BUF_CLEANUP struct buf text = BUF_INIT;
    BUF_CLEANUP struct buf quoted = BUF_INIT;
    static double rounds[BENCH_ROUNDS];
    uint64_t id = 2;

    while (text.len < len)
        buf_add_c(&text, "an ordinary line of text.\n");
    buf_add_json(&quoted, buf_str(&text));
    for (size_t round = 0; round < BENCH_ROUNDS; round++) {
        double from = bench_now_us();

        for (unsigned i = 0; i < TIMES; i++)
            one_call(session, id++, buf_str(&quoted));
        rounds[round] = bench_now_us() - from;
    }
    bench_print(what, rounds, BENCH_ROUNDS, TIMES);
}

static void bench_secrets(void)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    static double rounds[BENCH_ROUNDS];

    while (text.len < 1U << 20)
        buf_add_c(&text,
                  "{\"id\":\"018f3c1e-7b2a-7c3d\",\"name\":\"a plain value\",\"count\":12},");
    for (size_t round = 0; round < BENCH_ROUNDS; round++) {
        struct secret_scan scan;
        struct secret_span span;
        double from = bench_now_us();

        secret_scan_init(&scan, buf_str(&text));
        CHECK(!secret_scan_next(&scan, &span));
        rounds[round] = bench_now_us() - from;
    }
    bench_print("secrets: 1 MiB of JSON, by the 1000 bytes", rounds, BENCH_ROUNDS,
                (double)text.len / 1000);
}

int main(void)
{
    bench_call("a call and its answer of 26 bytes", 1);
    bench_call("a call and its answer of 16 KiB", 16384);
    bench_secrets();
    return 0;
}
