/* Lines end by LF, CR or CRLF; an empty line ends an event; what is not whole at the end is none.
 */
#include "edge/out/mcp/sse.h"

#include <string.h>

#define RETRY_MS_MAX 600000

void out_mcp__sse_init(struct out_mcp__sse *sse, size_t data_max)
{
    *sse = (struct out_mcp__sse){ .retry_ms = -1, .data_max = data_max };
}

void out_mcp__sse_fini(struct out_mcp__sse *sse)
{
    buf_fini(&sse->in);
    buf_fini(&sse->data);
    buf_fini(&sse->name);
    buf_fini(&sse->id);
}

void out_mcp__sse_add(struct out_mcp__sse *sse, struct str bytes)
{
    if (sse->from) {
        buf_drop(&sse->in, sse->from);
        sse->scanned -= sse->from;
        sse->from = 0;
    }
    buf_add_str(&sse->in, bytes);
}

/* The next whole line. A CR at the very end waits: an LF may belong to it. */
static bool line_next(struct out_mcp__sse *sse, struct str *ret_line)
{
    const char *bytes = sse->in.ptr;
    size_t at = sse->scanned;
    size_t next;

    while (at < sse->in.len && bytes[at] != '\n' && bytes[at] != '\r')
        at++;
    sse->scanned = at;
    if (at == sse->in.len || (bytes[at] == '\r' && at + 1 == sse->in.len && at > sse->from))
        return false;
    next = at + 1;
    if (bytes[at] == '\r' && next < sse->in.len && bytes[next] == '\n')
        next++;
    *ret_line = str_of(bytes + sse->from, at - sse->from);
    sse->from = next;
    sse->scanned = next;
    return true;
}

static void set_retry(struct out_mcp__sse *sse, struct str value)
{
    uint64_t ms;

    if (str_to_u64(value, &ms))
        sse->retry_ms = ms > RETRY_MS_MAX ? RETRY_MS_MAX : (int64_t)ms;
}

static void field(struct out_mcp__sse *sse, struct str line)
{
    size_t colon = str_find_char(line, ':');
    struct str name = str_slice(line, 0, colon);
    struct str value = colon == SIZE_MAX ? STR("") : str_slice(line, colon + 1, line.len);

    if (!str_is(name, "data") || value.len == 0)
        sse->noise += line.len + 1;
    if (value.len && value.ptr[0] == ' ')
        value = str_slice(value, 1, value.len);
    if (str_is(name, "data")) {
        if (sse->has_data)
            buf_add_char(&sse->data, '\n');
        buf_add_str(&sse->data, value);
        sse->has_data = true;
    } else if (str_is(name, "event")) {
        buf_clear(&sse->name);
        buf_add_str(&sse->name, str_slice(value, 0, OUT_MCP__SSE_ID_MAX));
    } else if (str_is(name, "id") && value.len <= OUT_MCP__SSE_ID_MAX &&
               str_find_char(value, '\0') == SIZE_MAX) {
        buf_clear(&sse->id);
        buf_add_str(&sse->id, value);
    } else if (str_is(name, "retry")) {
        set_retry(sse, value);
    }
}

static void event_forget(struct out_mcp__sse *sse)
{
    buf_clear(&sse->data);
    buf_clear(&sse->name);
    sse->has_data = false;
    sse->given = false;
}

int out_mcp__sse_next(struct out_mcp__sse *sse, struct out_mcp__sse_event *ret_event)
{
    struct str line;

    if (sse->given)
        event_forget(sse);
    if (!sse->begun && sse->in.len >= 3) {
        if (memcmp(sse->in.ptr, "\xef\xbb\xbf", 3) == 0)
            sse->from = sse->scanned = 3;
        sse->begun = true;
    }
    while (line_next(sse, &line)) {
        if (line.len) {
            field(sse, line);
            if (sse->data.len > sse->data_max)
                return OUT_MCP__SSE_TOO_LONG;
            continue;
        }
        sse->noise++;
        if (!sse->has_data || !sse->data.len) {
            event_forget(sse); /* An event without data only says its id. */
            continue;
        }
        *ret_event = (struct out_mcp__sse_event){ buf_str(&sse->name), buf_str(&sse->data) };
        sse->given = true;
        return OUT_MCP__SSE_EVENT;
    }
    return sse->in.len - sse->from > sse->data_max ? OUT_MCP__SSE_TOO_LONG : OUT_MCP__SSE_MORE;
}
