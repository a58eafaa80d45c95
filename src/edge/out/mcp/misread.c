/*
 * Answers that cannot be read, or kept. Whose it is, is seen from the id at the first level of
 * the text; where it has none, and only one question is open, it is that one's. The server had
 * the request, so a call ends at once: a read fails, of a write nobody knows (domain/call).
 */
#include "edge/out/mcp/internal.h"

/* "4" and 4.0 were meant for 4. */
static bool id_number(struct str id, uint64_t *ret_number)
{
    bool quoted = id.len > 1 && id.ptr[0] == '"';
    struct str bare = quoted ? str_slice(id, 1, id.len - 1) : id;
    size_t end = 0;

    while (end < bare.len && bare.ptr[end] >= '0' && bare.ptr[end] <= '9')
        end++;
    if (end < bare.len && bare.ptr[end] != '.')
        return false;
    return str_to_u64(str_slice(bare, 0, end), ret_number);
}

static bool is_asked(const struct out_mcp *session, const struct out_mcp__pending *pending)
{
    return pending->asked != OUT_MCP__CALL ||
           (!pending->held && out_mcp__sent(session, pending) != MSG_SENT_NO);
}

/* The only question that is open, or NULL. A subscription is none: it has no answer. */
static struct out_mcp__pending *only_one(const struct out_mcp *session)
{
    struct out_mcp__pending *only = NULL;
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&session->pending, &position))) {
        struct out_mcp__pending *pending = entry->value;

        if (pending->asked == OUT_MCP__LISTEN || pending->asked == OUT_MCP__ASIDE)
            continue;
        if (only)
            return NULL;
        only = pending;
    }
    return only;
}

static struct out_mcp__pending *whose(const struct out_mcp *session,
                                      const struct out_mcp__misread *misread)
{
    struct out_mcp__pending *found = NULL;
    uint64_t number;

    if (id_number(misread->id, &number))
        found = map_find_u64(&session->pending, number);
    else if (misread->answers && (!misread->id.ptr || str_is(misread->id, "null")))
        found = only_one(session);
    return found && is_asked(session, found) ? found : NULL;
}

void out_mcp__unreadable(struct out_mcp *session, struct str code, struct str sentence,
                         struct out_mcp_event *event)
{
    event->sent = MSG_SENT_YES;
    event->status = MSG_OUTCOME_STATUS_UNREADABLE;
    event->code = code;
    event->text = str_printf(session->turn, "its answer cannot be read: %.*s", STR_ARG(sentence));
}

bool out_mcp__misread(struct out_mcp *session, const struct out_mcp__misread *misread,
                      struct out_mcp_event *ret_event)
{
    struct out_mcp__pending *pending = whose(session, misread);
    struct out_mcp_event event = { .kind = OUT_MCP_OUTCOME };
    enum out_mcp__asked asked;

    if (!pending)
        return false;
    asked = pending->asked;
    event.handle = pending->handle;
    out_mcp__pending_drop(session, pending);
    out_mcp__unreadable(session, misread->code, misread->sentence, &event);
    switch (asked) {
    case OUT_MCP__CALL:
        *ret_event = event;
        return true;
    case OUT_MCP__LIST:
        return out_mcp__list_failed(session, event.text, ret_event);
    case OUT_MCP__DISCOVER:
        out_mcp__begin_legacy(session);
        break;
    case OUT_MCP__INITIALIZE:
        out_mcp__fail(session, event.text);
        return false;
    case OUT_MCP__LISTEN:
    case OUT_MCP__ASIDE:
        break;
    }
    return out_mcp__complain(session, event.text, ret_event);
}
