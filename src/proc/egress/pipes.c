/*
 * Sources over pipes, which the keeper passed. No network. When the child's output ends, the
 * reason may still be on its way from the keeper: the session ends when both are known, or a
 * moment later.
 *
 * A child that says more than anybody asked waits: its output, or its standard error, is not read
 * for a while (out_mcp_rest_ms). What is left of one that has ended is read at once.
 */
#include "proc/egress/internal.h"

#include "sys/sandbox.h"
#include "sys/stream.h"

/* Of its output, at most so much in one turn: others have theirs. */
#define PIECE (64U << 10)
/* Of its standard error: so much at once, and then in a second. */
#define ERRORS_BURST (16U << 20)
#define ERRORS_RATE  (1U << 20)
#define ERRORS_MS    20 /* what is read on is worth a turn */

struct egress_line {
    struct stream *pipes;
    struct stream *errors;
    struct loop_ready pipes_ready;
    struct loop_ready errors_ready;
    struct egress_source *source;
    int64_t errors_free_ms;  /* what was read of its standard error is paid then */
    int64_t errors_after_ms; /* not read before; 0: it is */
};

/* What a security reviewer reads. Nothing runs before it. */
int egress__wire_enter(struct egress *egress)
{
    int r = sandbox_enter("stdio recvfd sendfd");

    if (r == 0)
        r = loop_new(&egress->loop);
    return r < 0 ? TRACE(r) : 0;
}

void egress__wire_free(struct egress *egress)
{
    (void)egress;
}

/* No source here is direct. */
void egress__wire_call(struct egress *egress, struct egress_call *call)
{
    egress__call_fail(egress, call, STR("unreachable"), STR("it has no way out"));
}

void egress__wire_call_cancel(struct egress *egress, struct egress_call *call)
{
    (void)egress;
    (void)call;
}

int64_t egress__wire_turn(struct egress *egress)
{
    (void)egress;
    return -1;
}

/* Nothing is fetched here. */
bool egress__wire_fetch(struct egress *egress, struct str payload)
{
    (void)egress;
    (void)payload;
    return false;
}

bool egress__wire_fetch_stop(struct egress *egress, struct str payload)
{
    (void)egress;
    (void)payload;
    return false;
}

void egress__wire_fetch_opened(struct egress *egress, uint64_t fetch,
                               const struct msg_vault_opened *opened)
{
    (void)egress;
    (void)fetch;
    (void)opened;
}

bool egress__wire_speaks(enum msg_source_kind kind)
{
    return kind == MSG_SOURCE_KIND_MCP_STDIO;
}

void egress__wire_open(struct egress *egress, struct egress_source *source,
                       const struct msg_source_open *open)
{
    (void)open;
    source->pipes_ms = egress->now_ms + EGRESS_PIPES_MS;
}

bool egress__wire_pipes(struct egress *egress, uint64_t id, const int fds[3])
{
    struct egress_source *source = egress__source_get(egress, id);
    const struct out_mcp_options options = { .version = STR(WRIT_VERSION),
                                             .older = source->older,
                                             .samples = source->samples };
    struct egress_line *line;

    egress__source_begin(egress, source, &options, STR("it was started again"));
    line = heap_alloc(sizeof(*line));
    *line = (struct egress_line){ .pipes_ready.kind = EGRESS_READY_PIPES,
                                  .errors_ready.kind = EGRESS_READY_STDERR,
                                  .source = source };
    /* A stream can only fail for want of descriptors: then there is no egress either. */
    CHECK(stream_new(egress->loop, fds[1], fds[0], &line->pipes_ready, &line->pipes) == 0);
    CHECK(stream_new(egress->loop, fds[2], -1, &line->errors_ready, &line->errors) == 0);
    source->line = line;
    return true;
}

static void errors_read(struct egress_line *line)
{
    struct str text = stream_in(line->errors);

    egress__source_tail_add(line->source, text);
    stream_drop(line->errors, text.len);
}

static void errors_pace(struct egress *egress, struct egress_line *line, size_t len)
{
    int64_t ahead_ms;

    if (line->errors_free_ms < egress->now_ms)
        line->errors_free_ms = egress->now_ms;
    line->errors_free_ms += (int64_t)((uint64_t)len * 1000 / ERRORS_RATE);
    ahead_ms = line->errors_free_ms - egress->now_ms - ERRORS_BURST / ERRORS_RATE * 1000;
    if (ahead_ms <= 0)
        return;
    line->errors_after_ms = egress->now_ms + ahead_ms + ERRORS_MS;
    stream_pause(line->errors, true);
}

static void errors_go_on(const struct egress *egress, struct egress_line *line)
{
    if (!line->errors_after_ms || (egress->now_ms < line->errors_after_ms && !line->source->ended))
        return;
    line->errors_after_ms = 0;
    stream_pause(line->errors, false);
}

void egress__wire_close(struct egress_source *source)
{
    struct egress_line *line = source->line;

    if (!line)
        return;
    errors_read(line); /* Its last words. */
    line->pipes = stream_free(line->pipes);
    line->errors = stream_free(line->errors);
    source->line = heap_free(line);
}

void egress__wire_ready(struct egress *egress, struct loop_ready *ready)
{
    struct egress_line *line;
    size_t len;

    if (ready->kind == EGRESS_READY_PIPES) {
        container_of(ready, struct egress_line, pipes_ready)->source->touched = true;
        return;
    }
    line = container_of(ready, struct egress_line, errors_ready);
    len = stream_in(line->errors).len;
    errors_read(line);
    errors_pace(egress, line, len);
}

/* A child has what it was given in its environment. */
void egress__wire_given(struct egress *egress, struct egress_source *source,
                        const struct msg_source_open *open)
{
    (void)egress;
    (void)source;
    (void)open;
}

const struct egress_secrets *egress__wire_secrets(const struct egress_source *source)
{
    (void)source;
    return NULL;
}

void egress__wire_opened(struct egress *egress, uint64_t source,
                         const struct msg_vault_opened *opened)
{
    (void)egress;
    (void)source;
    (void)opened;
}

/* Some servers end at a question that they do not know. They are started again, and greeted so. */
bool egress__wire_again(struct egress *egress, struct egress_source *source)
{
    const struct msg_child_again again = { .child = source->id };
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct wire_frame frame = { .type = MSG_CHILD_AGAIN, .id = source->id };

    msg_child_again_encode(&again, &payload);
    frame.payload = buf_str(&payload);
    source->older = true;
    egress__session_free(source);
    source->pipes_ms = egress->now_ms + EGRESS_PIPES_MS;
    (void)!link_send(egress->keeper, &frame); /* Without a keeper we end, too. */
    return true;
}

static void closing(struct egress *egress, struct egress_source *source)
{
    const struct stream *pipes = source->line->pipes;
    bool gone = stream_ended(pipes) || stream_hung_up(pipes);

    if (gone && !source->closing_ms)
        source->closing_ms = egress->now_ms + EGRESS_CLOSING_MS;
    if (!source->closing_ms)
        return;
    if ((stream_ended(pipes) && source->ended) || egress->now_ms >= source->closing_ms)
        out_mcp_end(source->session,
                    source->reason.len ? source->reason : STR("it closed its connection"));
}

/* Until it is read on: it says more than anybody asked. What has ended has a last word. */
static int64_t rest_ms(const struct egress *egress, const struct egress_source *source)
{
    if (source->ended || stream_ended(source->line->pipes))
        return 0;
    return out_mcp_rest_ms(source->session, egress->now_ms);
}

void egress__wire_read(struct egress *egress, struct egress_source *source)
{
    struct stream *pipes = source->line->pipes;
    struct str in = stream_in(pipes);
    bool rests = rest_ms(egress, source) > 0;

    errors_go_on(egress, source->line);
    stream_pause(pipes, rests);
    if (!rests && link_queued(egress->daemon) < EGRESS_DAEMON_QUEUE_MAX) {
        struct str piece = source->ended ? in : str_slice(in, 0, PIECE);

        out_mcp_input(source->session, piece);
        stream_drop(pipes, piece.len);
        source->touched = source->touched || piece.len < in.len;
    }
    if (!stream_in(pipes).len)
        closing(egress, source);
}

bool egress__wire_write(struct egress *egress, struct egress_source *source)
{
    struct str out = out_mcp_output(source->session);

    (void)egress;
    while (out.len && stream_queued(source->line->pipes) < EGRESS_CHILD_QUEUE_MAX) {
        struct str piece = str_slice(out, 0, EGRESS_CHILD_QUEUE_MAX);

        if (stream_write(source->line->pipes, piece) != 0)
            return false; /* It hung up: closing sees it. */
        out_mcp_output_taken(source->session, piece.len);
        out = out_mcp_output(source->session);
    }
    return false;
}

/* What was handed to the pipe may have been read: the session knows what it handed over. */
void egress__wire_sent(struct egress_source *source)
{
    (void)source;
}

bool egress__wire_blocked(const struct egress *egress, const struct egress_source *source)
{
    return out_mcp_output(source->session).len > 0 ||
           (stream_in(source->line->pipes).len > 0 && !rest_ms(egress, source));
}

int64_t egress__wire_due_ms(const struct egress *egress, const struct egress_source *source)
{
    int64_t due_ms = source->line->errors_after_ms ? source->line->errors_after_ms : -1;
    int64_t pause_ms = rest_ms(egress, source);

    if (pause_ms && (due_ms == -1 || egress->now_ms + pause_ms < due_ms))
        due_ms = egress->now_ms + pause_ms;
    return due_ms;
}
