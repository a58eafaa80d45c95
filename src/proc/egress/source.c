/*
 * A source: what the daemon opened, the pipes the keeper passed, and the session between them.
 *
 * It lives from source_open to source_close; sessions come and go with its children. When the
 * child's output ends, the reason may still be on its way from the keeper: the session ends when
 * both are known, or a moment later.
 */
#include "proc/egress/internal.h"

#include <unistd.h>

struct egress_source *egress__source_find(struct egress *egress, uint64_t id)
{
    return map_find_u64(&egress->sources, id);
}

static struct egress_source *source_get(struct egress *egress, uint64_t id)
{
    struct egress_source *source = egress__source_find(egress, id);

    if (source)
        return source;
    source = heap_alloc(sizeof(*source));
    *source = (struct egress_source){ .id = id,
                                      .pipes_ready.kind = EGRESS_READY_PIPES,
                                      .errors_ready.kind = EGRESS_READY_STDERR,
                                      .life = arena_new(0),
                                      .list = arena_new(0) };
    (void)map_put_u64(&egress->sources, id, source);
    return source;
}

static void session_free(struct egress_source *source)
{
    source->session = out_mcp_free(source->session);
    source->pipes = stream_free(source->pipes);
    source->errors = stream_free(source->errors);
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
static void source_failed(struct egress *egress, struct egress_source *source, struct str reason)
{
    source->opened = false;
    source->pipes_ms = 0;
    egress__report(egress, source, MSG_SOURCE_STATE_ERROR, reason);
    egress__calls_fail(egress, source, reason);
}

static struct egress_source *source_free(struct egress_source *source)
{
    session_free(source);
    buf_fini(&source->tail);
    map_fini(&source->offered);
    arena_free(source->life);
    arena_free(source->list);
    return heap_free(source);
}

void egress__source_open(struct egress *egress, const struct msg_source_open *open)
{
    struct egress_source *source = source_get(egress, open->source);

    source->opened = true;
    source->touched = true;
    if (open->kind != MSG_SOURCE_KIND_MCP_STDIO)
        source_failed(egress, source, STR("sources of this kind are not supported"));
    else if (!source->session)
        source->pipes_ms = egress->now_ms + EGRESS_PIPES_MS;
    else
        out_mcp_refresh(source->session);
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

void egress__source_pipes(struct egress *egress, uint64_t id, const int fds[3])
{
    struct egress_source *source = source_get(egress, id);
    const struct out_mcp_options options = { .version = STR(WRIT_VERSION), .older = source->older };

    if (source->session) {
        out_mcp_end(source->session, STR("it was started again"));
        session_last_words(egress, source);
    }
    session_free(source);
    buf_clear(&source->tail);
    /* A stream can only fail for want of descriptors: then there is no egress either. */
    CHECK(stream_new(egress->loop, fds[1], fds[0], &source->pipes_ready, &source->pipes) == 0);
    CHECK(stream_new(egress->loop, fds[2], -1, &source->errors_ready, &source->errors) == 0);
    source->session = out_mcp_new(&options, egress->now_ms);
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
        source_failed(egress, source, reason); /* It never had pipes: it could not be started. */
        return;
    }
    source->ended = true;
    source->reason = str_copy(source->life, reason);
    if (!source->closing_ms)
        source->closing_ms = egress->now_ms + EGRESS_CLOSING_MS;
}

static void tail_add(struct egress_source *source, struct str text)
{
    buf_add_str(&source->tail, text);
    if (source->tail.len > 2 * (size_t)EGRESS_STDERR_MAX)
        buf_drop(&source->tail, source->tail.len - EGRESS_STDERR_MAX);
}

void egress__source_errors(struct egress_source *source)
{
    struct str text = stream_in(source->errors);

    tail_add(source, text);
    stream_drop(source->errors, text.len);
}

/* --- The turn ---------------------------------------------------------------------------- */

/* Some servers end at a question that they do not know. They are started again, and greeted so. */
static void source_again(struct egress *egress, struct egress_source *source)
{
    const struct msg_child_again again = { .child = source->id };
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct wire_frame frame = { .type = MSG_CHILD_AGAIN, .id = source->id };

    msg_child_again_encode(&again, &payload);
    frame.payload = buf_str(&payload);
    source->older = true;
    session_free(source);
    source->pipes_ms = egress->now_ms + EGRESS_PIPES_MS;
    (void)!link_send(egress->keeper, &frame); /* Without a keeper we end, too. */
}

static void source_over(struct egress *egress, struct egress_source *source, struct str reason)
{
    struct str kept = str_copy(egress->turn, reason);

    if (source->errors)
        egress__source_errors(source);
    source_failed(egress, source, kept);
    session_free(source);
}

/* False: the session is over, and gone. */
static bool source_events(struct egress *egress, struct egress_source *source)
{
    struct out_mcp_event event;

    while (link_queued(egress->daemon) < EGRESS_DAEMON_QUEUE_MAX &&
           out_mcp_next(source->session, egress->now_ms, &event)) {
        switch (event.kind) {
        case OUT_MCP_TOOLS:
            egress__report_tools(egress, source, &event);
            egress__calls_go(egress, source);
            break;
        case OUT_MCP_OUTCOME:
        case OUT_MCP_PROGRESS:
            egress__call_event(egress, &event);
            break;
        case OUT_MCP_LOG:
            tail_add(source, event.text);
            tail_add(source, STR("\n"));
            break;
        case OUT_MCP_OVER:
            if (event.probing && !source->older)
                source_again(egress, source);
            else
                source_over(egress, source, event.reason);
            return false;
        }
    }
    return true;
}

static void source_closing(struct egress *egress, struct egress_source *source)
{
    bool gone = stream_ended(source->pipes) || stream_hung_up(source->pipes);

    if (gone && !source->closing_ms)
        source->closing_ms = egress->now_ms + EGRESS_CLOSING_MS;
    if (!source->closing_ms)
        return;
    if ((stream_ended(source->pipes) && source->ended) || egress->now_ms >= source->closing_ms)
        out_mcp_end(source->session,
                    source->reason.len ? source->reason : STR("it closed its connection"));
}

static void source_write(struct egress_source *source)
{
    struct str out = out_mcp_output(source->session);

    while (out.len && stream_queued(source->pipes) < EGRESS_CHILD_QUEUE_MAX) {
        struct str piece = str_slice(out, 0, EGRESS_CHILD_QUEUE_MAX);

        if (stream_write(source->pipes, piece) != 0)
            return; /* It hung up: closing sees it. */
        out_mcp_output_taken(source->session, piece.len);
        out = out_mcp_output(source->session);
    }
}

static void source_turn(struct egress *egress, struct egress_source *source)
{
    struct str in = stream_in(source->pipes);

    if (link_queued(egress->daemon) < EGRESS_DAEMON_QUEUE_MAX) {
        out_mcp_input(source->session, in);
        stream_drop(source->pipes, in.len);
    }
    if (!stream_in(source->pipes).len)
        source_closing(egress, source);
    if (!source_events(egress, source))
        return;
    source_write(source);
}

static int64_t source_due(const struct egress *egress, const struct egress_source *source)
{
    int64_t due_ms = source->session ? out_mcp_due_ms(source->session) : -1;
    bool blocked = source->session &&
                   (out_mcp_output(source->session).len > 0 || stream_in(source->pipes).len > 0);

    if (blocked)
        due_ms = egress->now_ms + EGRESS_WAIT_MS;
    if (source->closing_ms && (due_ms == -1 || source->closing_ms < due_ms))
        due_ms = source->closing_ms;
    if (source->pipes_ms && (due_ms == -1 || source->pipes_ms < due_ms))
        due_ms = source->pipes_ms;
    return due_ms;
}

int64_t egress__sources_turn(struct egress *egress)
{
    struct map_entry *entry;
    size_t position = 0;
    int64_t first_ms = -1;

    while ((entry = map_next(&egress->sources, &position))) {
        struct egress_source *source = entry->value;
        int64_t due_ms = source_due(egress, source);
        bool due = due_ms != -1 && due_ms <= egress->now_ms;

        if (source->session && (source->touched || due))
            source_turn(egress, source);
        if (source->pipes_ms && egress->now_ms >= source->pipes_ms)
            source_failed(egress, source, STR("it was not started"));
        source->touched = false;
        due_ms = source_due(egress, source);
        if (due_ms != -1 && (first_ms == -1 || due_ms < first_ms))
            first_ms = due_ms;
    }
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
