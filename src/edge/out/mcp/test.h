/* A session and the few things that every test of it does. */
#ifndef WRIT_EDGE_OUT_MCP_TEST_H
#define WRIT_EDGE_OUT_MCP_TEST_H

#include "edge/out/mcp/mcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Time in tests. */
static int64_t now_ms = 1000;

static UNUSED struct out_mcp *new_session(void)
{
    const struct out_mcp_options options = { .version = STR("0.1") };

    return out_mcp_new(&options, now_ms);
}

/* Everything that was written since the last look goes to the pipe; NUL-terminated. */
static UNUSED const char *taken_out(struct out_mcp *session)
{
    static char text[1 << 20];
    struct str out = out_mcp_output(session);

    assert_true(out.len < sizeof(text));
    if (out.len)
        memcpy(text, out.ptr, out.len);
    text[out.len] = '\0';
    out_mcp_output_taken(session, out.len);
    return text;
}

static UNUSED void say(struct out_mcp *session, const char *line)
{
    out_mcp_input(session, str_from(line));
    out_mcp_input(session, STR("\n"));
}

static UNUSED struct out_mcp_event expect(struct out_mcp *session, enum out_mcp_event_kind kind)
{
    struct out_mcp_event event = { 0 };

    if (!out_mcp_next(session, now_ms, &event))
        fail_msg("no event, expected %d", kind);
    if (event.kind != kind)
        fail_msg("event %d, expected %d: %.*s", event.kind, kind, STR_ARG(event.text));
    return event;
}

static UNUSED void expect_nothing(struct out_mcp *session)
{
    struct out_mcp_event event = { 0 };

    if (out_mcp_next(session, now_ms, &event))
        fail_msg("event %d, expected none: %.*s", event.kind, STR_ARG(event.text));
}

static UNUSED void assert_text(struct str text, const char *expected)
{
    if (!str_is(text, expected))
        fail_msg("'%.*s', expected '%s'", STR_ARG(text), expected);
}

static UNUSED void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in '%s'", part, text);
}

/* An older server with two tools: next id is 4. */
static UNUSED struct out_mcp *connected_session(void)
{
    struct out_mcp *session = new_session();
    struct out_mcp_event event;

    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"?\"}}");
    expect_nothing(session);
    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"protocolVersion\":\"2025-06-18\","
                 "\"capabilities\":{\"tools\":{\"listChanged\":true}},"
                 "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}");
    expect_nothing(session);
    (void)taken_out(session);
    say(session, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"tools\":[{\"name\":\"a\"},"
                 "{\"name\":\"b\"}]}}");
    event = expect(session, OUT_MCP_TOOLS);
    assert_int_equal(event.tool_count, 2);
    (void)taken_out(session);
    return session;
}

/* Owner and model of the calls in tests. */
static uint64_t owner = 1;
static uint32_t samples;

static UNUSED int call(struct out_mcp *session, uint64_t handle, int64_t timeout_ms)
{
    const struct out_mcp_call one = { .handle = handle,
                                      .tool = STR("a"),
                                      .args = STR("{\"x\":1}"),
                                      .timeout_ms = timeout_ms,
                                      .owner = owner,
                                      .samples = samples };

    return out_mcp_call(session, &one, now_ms);
}

#endif
