/*
 * How fast is heard what nobody asked for: notes, requests of the server, answers to nothing, what
 * is no message at all. Each costs a millisecond, and so does each KiB of it (a request over HTTP
 * ten). So many may be owed at once; beyond that whoever moves the bytes stops reading until the
 * time has passed, and the server waits: nothing is dropped, and nobody is given up for talking
 * much.
 *
 * An answer that was asked for costs nothing.
 */
#include "edge/out/mcp/internal.h"

#define NOTE_MS  1
#define REPLY_MS 10 /* a request over HTTP costs one of ours in return */
#define REST_MS  20 /* what is read on is worth a turn */

static void owe(struct out_mcp *session, int64_t ms)
{
    if (session->notes_free_ms < session->now_ms)
        session->notes_free_ms = session->now_ms;
    session->notes_free_ms += ms;
}

void out_mcp_noise(struct out_mcp *session, size_t bytes)
{
    session->noise += bytes;
    owe(session, (int64_t)(session->noise / OUT_MCP_NOTE_BYTES) * NOTE_MS);
    session->noise %= OUT_MCP_NOTE_BYTES;
}

void out_mcp__note(struct out_mcp *session)
{
    owe(session, (int64_t)(1 + session->line_len / OUT_MCP_NOTE_BYTES) * NOTE_MS);
    session->line_len = 0; /* Those of a batch are one line. */
}

void out_mcp__note_request(struct out_mcp *session)
{
    out_mcp__note(session);
    if (session->messages)
        owe(session, REPLY_MS - NOTE_MS);
}

int64_t out_mcp_rest_ms(const struct out_mcp *session, int64_t now_ms)
{
    int64_t ms = session->notes_free_ms - now_ms - (int64_t)OUT_MCP_NOTES_MAX * NOTE_MS;

    return ms > 0 ? ms + REST_MS : 0;
}
