/*
 * A server that writes anything. The first byte of the input is how many calls are made, the
 * second how the bytes are cut; whatever comes, every call has one outcome.
 */
#include "edge/out/mcp/mcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CALLS_MAX 8U

/* Each reference is where it is said to be, of the bytes that are there. */
static void look_at(const struct out_mcp_event *event)
{
    for (size_t i = 0; i < event->blob_count; i++) {
        const struct out_mcp_blob *blob = &event->blobs[i];
        struct digest name = digest_of(blob->bytes);
        char hex[DIGEST_HEX_LEN];

        digest_hex(&name, hex);
        CHECK(blob->at + blob->len <= event->value.len);
        CHECK(str_find(str_slice(event->value, blob->at, blob->at + blob->len),
                       str_of(hex, sizeof(hex))) == 14);
    }
}

static void drain(struct out_mcp *session, int64_t now_ms, unsigned outcomes[CALLS_MAX + 1])
{
    struct out_mcp_event event;
    struct str out;

    while (out_mcp_next(session, now_ms, &event))
        if (event.kind == OUT_MCP_OUTCOME) {
            outcomes[event.handle]++;
            look_at(&event);
        } else if (event.kind == OUT_MCP_ASK) /* Every other question is answered. */
            out_mcp_said(session,
                         &(struct out_mcp_saying){ .handle = event.handle,
                                                   .ask = event.ask,
                                                   .action = event.ask % 2 ? MSG_ASK_ACTION_ACCEPT
                                                                           : MSG_ASK_ACTION_CANCEL,
                                                   .content = STR("{}") },
                         now_ms);
    out = out_mcp_output(session);
    out_mcp_output_taken(session, out.len / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char hello[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":"
                                "[\"2026-07-28\"],\"capabilities\":{}}}\n";
    const struct out_mcp_options options = { .version = STR("0"), .line_max = 4096 };
    struct out_mcp *session = out_mcp_new(&options, 0);
    unsigned outcomes[CALLS_MAX + 1] = { 0 };
    unsigned accepted[CALLS_MAX + 1] = { 0 };
    unsigned calls = len ? bytes[0] % (CALLS_MAX + 1) : 0;
    size_t step = len > 1 ? bytes[1] + 1U : 1;
    int64_t now_ms = 0;

    if (calls)
        out_mcp_input(session, str_of(hello, sizeof(hello) - 1));
    drain(session, now_ms, outcomes);
    for (unsigned i = 1; i <= calls; i++) {
        const struct out_mcp_call call = {
            .handle = i, .tool = STR("t"), .timeout_ms = 100, .samples = 2
        };

        accepted[i] = out_mcp_call(session, &call, now_ms) == 0;
    }
    for (size_t at = 2; at < len; at += step) {
        now_ms += 10;
        out_mcp_input(session, str_slice(str_of((const char *)bytes, len), at, at + step));
        drain(session, now_ms, outcomes);
    }
    out_mcp_cancel(session, 1, STR("enough"));
    out_mcp_end(session, STR("end"));
    drain(session, now_ms, outcomes);
    for (unsigned i = 0; i <= CALLS_MAX; i++)
        CHECK(outcomes[i] == accepted[i]);
    out_mcp_free(session);
    return 0;
}
