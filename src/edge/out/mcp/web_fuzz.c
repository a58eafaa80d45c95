/* An answer over HTTP that may be anything: a head from the first bytes, then an event stream. */
#include "edge/out/mcp/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void pump(struct out_mcp *session, struct out_mcp_web *web, int64_t now_ms, uint64_t *number)
{
    struct out_mcp_web_request request;
    struct out_mcp_event event;

    for (int i = 0; i < 8; i++) {
        while (out_mcp_next(session, now_ms, &event))
            continue;
        while (out_mcp_web_next(web, now_ms, &request))
            if (request.kind == OUT_MCP_WEB_START)
                *number = request.number;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const unsigned int statuses[] = { 200, 202, 400, 401, 404, 405, 500, 502 };
    const struct out_mcp_options options = { .version = STR("0"), .messages = true };
    const struct out_mcp_web_options how = { .url = STR("http://h/"),
                                             .sse = len > 2 && bytes[2] & 1U };
    struct out_mcp *session = out_mcp_new(&options, 0);
    struct out_mcp_web *web = out_mcp_web_new(session, &how);
    struct out_mcp_web_head head = { .status = 200, .type = STR("text/event-stream") };
    size_t step = len > 1 ? bytes[1] + 1U : 1;
    uint64_t number = 0;
    int64_t now_ms = 0;

    if (len)
        head.status = statuses[bytes[0] % ARRAY_COUNT(statuses)];
    pump(session, web, now_ms, &number);
    out_mcp_web_head(web, number, &head);
    for (size_t at = 3; at < len; at += step) {
        now_ms += 100;
        out_mcp_web_body(web, number, str_slice(str_of((const char *)bytes, len), at, at + step));
        pump(session, web, now_ms, &number);
    }
    out_mcp_web_end(web, number, &(struct out_mcp_web_end){ .answered = true }, now_ms);
    pump(session, web, now_ms + 100000, &number);
    (void)out_mcp_web_free(web);
    out_mcp_free(session);
    return 0;
}
