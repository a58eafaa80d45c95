/*
 * A source: what the daemon opened, and its session. It lives from source_open to source_close;
 * sessions come and go with its children, or with its connections.
 */
#include "proc/egress/internal.h"

struct egress_source *egress__source_find(struct egress *egress, uint64_t id)
{
    return map_find_u64(&egress->sources, id);
}

struct egress_source *egress__source_get(struct egress *egress, uint64_t id)
{
    struct egress_source *source = egress__source_find(egress, id);

    if (source)
        return source;
    source = heap_alloc(sizeof(*source));
    *source = (struct egress_source){ .id = id, .life = arena_new(0), .list = arena_new(0) };
    (void)map_put_u64(&egress->sources, id, source);
    return source;
}

void egress__session_free(struct egress_source *source)
{
    egress__wire_close(source);
    source->session = out_mcp_free(source->session);
    source->closing_ms = 0;
    source->ended = false;
    source->reason = STR_NULL;
    arena_reset(source->life);
}

/* The session has ended: only its calls are still told. */
static void session_last_words(struct egress *egress, struct egress_source *source)
{
    struct out_mcp_event event;

    while (out_mcp_next(source->session, egress->now_ms, &event))
        if (event.kind == OUT_MCP_OUTCOME)
            egress__call_event(egress, &event);
}

/* The daemon opens it again, with its next call. */
void egress__source_failed(struct egress *egress, struct egress_source *source, struct str reason)
{
    source->opened = false;
    source->pipes_ms = 0;
    egress__report(egress, source, MSG_SOURCE_STATE_ERROR, reason);
    egress__calls_fail(egress, source, reason);
}

/* It is there, and wants to know who asks: what a person gives it is asked for. */
static void source_wants_auth(struct egress *egress, struct egress_source *source,
                              struct str reason)
{
    source->opened = false;
    egress__report(egress, source, MSG_SOURCE_STATE_AUTH_REQUIRED, reason);
    egress__calls_fail(egress, source, reason);
}

static struct egress_source *source_free(struct egress_source *source)
{
    egress__session_free(source);
    buf_fini(&source->tail);
    map_fini(&source->offered);
    arena_free(source->life);
    arena_free(source->list);
    return heap_free(source);
}

void egress__source_open(struct egress *egress, const struct msg_source_open *open)
{
    struct egress_source *source = egress__source_get(egress, open->source);

    source->opened = true;
    source->touched = true;
    source->samples = open->samples;
    if (!egress__wire_speaks(open->kind))
        egress__source_failed(egress, source, STR("sources of this kind are not supported"));
    else if (!source->session)
        egress__wire_open(egress, source, open);
    else {
        egress__wire_given(egress, source, open);
        out_mcp_refresh(source->session);
    }
}

void egress__source_close(struct egress *egress, uint64_t id, struct str reason)
{
    struct egress_source *source = egress__source_find(egress, id);

    if (!source)
        return;
    if (source->session) {
        out_mcp_end(source->session, reason.len ? reason : STR("its source was closed"));
        session_last_words(egress, source);
    }
    egress__calls_fail(egress, source, STR("its source was closed"));
    (void)map_take_u64(&egress->sources, id);
    (void)source_free(source);
}

void egress__source_begin(struct egress *egress, struct egress_source *source,
                          const struct out_mcp_options *options, struct str why)
{
    if (source->session) {
        out_mcp_end(source->session, why);
        session_last_words(egress, source);
    }
    egress__session_free(source);
    buf_clear(&source->tail);
    source->session = out_mcp_new(options, egress->now_ms);
    source->listed = 0;
    egress__calls_anew(egress, source);
    source->pipes_ms = 0;
    source->touched = true;
}

void egress__source_ended(struct egress *egress, uint64_t id, struct str reason)
{
    struct egress_source *source = egress__source_find(egress, id);

    if (!source)
        return;
    source->touched = true;
    if (!source->session) {
        if (source->opened) /* It never had pipes: it could not be started. */
            egress__source_failed(egress, source, reason);
        return;
    }
    source->ended = true;
    source->reason = str_copy(source->life, reason);
    if (!source->closing_ms)
        source->closing_ms = egress->now_ms + EGRESS_CLOSING_MS;
}

void egress__source_tail_add(struct egress_source *source, struct str text)
{
    buf_add_str(&source->tail, text);
    source->tail_fresh = source->tail_fresh || text.len > 0;
    if (source->tail.len > 2 * (size_t)EGRESS_STDERR_MAX)
        buf_drop(&source->tail, source->tail.len - EGRESS_STDERR_MAX);
}

/* --- The turn ---------------------------------------------------------------------------- */

static void source_over(struct egress *egress, struct egress_source *source,
                        const struct out_mcp_event *event)
{
    struct str kept = str_copy(egress->turn, event->reason);
    bool auth = event->auth;

    egress__session_free(source);
    if (auth)
        source_wants_auth(egress, source, kept);
    else
        egress__source_failed(egress, source, kept);
}

/* What it offers now is not known, and what was approved is not what it offers. */
static void source_is_long(struct egress *egress, struct egress_source *source)
{
    struct str reason =
        STR("it offers more than can be kept: its list of tools is longer than 6 MiB");

    out_mcp_end(source->session, reason);
    session_last_words(egress, source);
    egress__session_free(source);
    egress__source_failed(egress, source, reason);
}

/* False: the session is over, and gone. */
static bool source_events(struct egress *egress, struct egress_source *source)
{
    struct out_mcp_event event;

    while (link_queued(egress->daemon) < EGRESS_DAEMON_QUEUE_MAX &&
           out_mcp_next(source->session, egress->now_ms, &event)) {
        switch (event.kind) {
        case OUT_MCP_TOOLS:
            if (!egress__report_tools(egress, source, &event)) {
                source_is_long(egress, source);
                return false;
            }
            break;
        case OUT_MCP_OUTCOME:
        case OUT_MCP_PROGRESS:
        case OUT_MCP_ASK:
            egress__call_event(egress, &event);
            break;
        case OUT_MCP_LOG:
            egress__source_tail_add(source, event.text);
            egress__source_tail_add(source, STR("\n"));
            break;
        case OUT_MCP_OVER:
            if (!event.probing || source->older || !egress__wire_again(egress, source))
                source_over(egress, source, &event);
            return false;
        }
    }
    if (out_mcp_listed(source->session) != source->listed) {
        source->listed = out_mcp_listed(source->session);
        egress__calls_go(egress, source);
    }
    return true;
}

/* What it says beside its answers is told while it says it, but not more often than that. */
#define TAIL_EVERY_MS 2000

static bool tail_waits(const struct egress_source *source)
{
    return source->tail_fresh && source->session && out_mcp_state(source->session) == OUT_MCP_READY;
}

static void tail_tell(struct egress *egress, struct egress_source *source)
{
    if (!tail_waits(source) || egress->now_ms < source->tail_ms)
        return;
    source->tail_fresh = false;
    source->tail_ms = egress->now_ms + TAIL_EVERY_MS;
    egress__report(egress, source, MSG_SOURCE_STATE_CONNECTED, STR_NULL);
}

/* Something waits for room, which nobody tells of: it is tried each turn, and soon. */
static bool is_blocked(const struct egress *egress, const struct egress_source *source)
{
    return (source->session || (source->direct && source->line)) &&
           egress__wire_blocked(egress, source);
}

static int64_t source_due(const struct egress *egress, const struct egress_source *source)
{
    int64_t due_ms = source->session ? out_mcp_due_ms(source->session) : -1;
    int64_t wire_ms = source->session ? egress__wire_due_ms(egress, source) : -1;

    if (wire_ms != -1 && (due_ms == -1 || wire_ms < due_ms))
        due_ms = wire_ms;
    if (is_blocked(egress, source))
        due_ms = egress->now_ms + EGRESS_WAIT_MS;
    if (tail_waits(source) && (due_ms == -1 || source->tail_ms < due_ms))
        due_ms = source->tail_ms;
    if (source->closing_ms && (due_ms == -1 || source->closing_ms < due_ms))
        due_ms = source->closing_ms;
    if (source->pipes_ms && (due_ms == -1 || source->pipes_ms < due_ms))
        due_ms = source->pipes_ms;
    return due_ms;
}

static void source_turn(struct egress *egress, struct egress_source *source)
{
    bool more = true;

    egress__wire_read(egress, source);
    while (more && source_events(egress, source))
        more = egress__wire_write(egress, source);
}

int64_t egress__sources_turn(struct egress *egress)
{
    struct map_entry *entry;
    size_t position = 0;
    int64_t first_ms = -1;

    while ((entry = map_next(&egress->sources, &position))) {
        struct egress_source *source = entry->value;
        int64_t due_ms = source_due(egress, source);
        bool due = is_blocked(egress, source) || (due_ms != -1 && due_ms <= egress->now_ms);
        bool touched = source->touched;

        source->touched = false;
        if (source->session && (touched || due))
            source_turn(egress, source);
        else if (source->direct && source->line && due)
            egress__wire_read(egress, source);
        tail_tell(egress, source);
        if (source->pipes_ms && egress->now_ms >= source->pipes_ms)
            egress__source_failed(egress, source, STR("it was not started"));
        due_ms = source_due(egress, source);
        if (due_ms != -1 && (first_ms == -1 || due_ms < first_ms))
            first_ms = due_ms;
    }
    /* What came for one while another had its turn. */
    for (position = 0; (entry = map_next(&egress->sources, &position));)
        if (((struct egress_source *)entry->value)->touched)
            first_ms = egress->now_ms;
    return first_ms;
}

void egress__sources_free(struct egress *egress)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&egress->sources, &position)))
        (void)source_free(entry->value);
    map_fini(&egress->sources);
}
