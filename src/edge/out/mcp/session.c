/*
 * The life of a session: who asked what, until when, and in which order events come.
 *
 *     1  what the server wrote, message by message; requests that will have no answer
 *     2  deadlines: silence after discover, no connection in time, calls that took too long
 *     3  a new listing, if the list changed
 *     4  over: every call that is left, then OVER
 */
#include "edge/out/mcp/asks.h"
#include "edge/out/mcp/blobs.h"
#include "edge/out/mcp/own.h"
#include "edge/out/mcp/tasks.h"

#define PROBE_MS   3000
#define CONNECT_MS 30000
#define CALL_MS    3600000
/* What a source says too fast to be heard: a call waits so many of its times, and then so long. */
#define UNHEARD_TIMES 4
#define UNHEARD_MS    1000
#define QUEUED_MAX    (16U << 20) /* bytes the server does not take */

struct out_mcp *out_mcp_new(const struct out_mcp_options *options, int64_t now_ms)
{
    struct out_mcp *session = heap_alloc(sizeof(*session));

    *session = (struct out_mcp){
        .state = OUT_MCP_PROBING,
        .probe_ms = options->probe_ms ? options->probe_ms : PROBE_MS,
        .connect_due_ms = now_ms + (options->connect_ms ? options->connect_ms : CONNECT_MS),
        .call_ms = options->call_ms ? options->call_ms : CALL_MS,
        .messages = options->messages,
        .samples = options->samples,
        .next_id = 1,
        .due_ms = OUT_MCP__NEVER,
        .stale_ms = OUT_MCP__NEVER,
        .poll_ms = OUT_MCP__NEVER,
        .now_ms = now_ms,
        .turn = arena_new(0),
        .source = arena_new(0),
        .list = arena_new(0),
    };
    session->version = str_copy(session->source, options->version);
    rpc_lines_init(&session->lines, options->line_max ? options->line_max : OUT_MCP_LINE_MAX);
    if (options->older) {
        session->state = OUT_MCP_INITIALIZING;
        out_mcp__ask_initialize(session);
    } else {
        out_mcp__ask_discover(session, now_ms);
    }
    return session;
}

static void pending_free(struct out_mcp *session, struct out_mcp__pending *pending)
{
    out_mcp__asks_forget(session, pending);
    VEC_FINI(&pending->asks);
    VEC_FINI(&pending->task_asked);
    if (pending->args.len)
        explicit_bzero((char *)(uintptr_t)pending->args.ptr, pending->args.len);
    arena_free(pending->arena);
    (void)heap_free(pending);
}

struct out_mcp *out_mcp_free(struct out_mcp *session)
{
    struct map_entry *entry;
    size_t position = 0;

    if (!session)
        return NULL;
    while ((entry = map_next(&session->pending, &position)))
        pending_free(session, entry->value);
    map_fini(&session->pending);
    map_fini(&session->handles);
    rpc_lines_fini(&session->lines);
    out_mcp__messages_free(session);
    buf_fini(&session->out);
    buf_fini(&session->scratch);
    buf_fini(&session->value);
    buf_fini(&session->bytes);
    VEC_FINI(&session->blobs);
    VEC_FINI(&session->streams);
    buf_fini(&session->unlisted);
    VEC_FINI(&session->tools);
    arena_free(session->turn);
    arena_free(session->source);
    arena_free(session->list);
    return heap_free(session);
}

enum out_mcp_state out_mcp_state(const struct out_mcp *session)
{
    return session->state;
}

size_t out_mcp_calls(const struct out_mcp *session)
{
    return session->handles.count;
}

struct str out_mcp__cut(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max && ((unsigned char)text.ptr[max] & 0xc0U) == 0x80U)
        max--;
    return str_of(text.ptr, max);
}

static bool is_over(const struct out_mcp *session)
{
    return session->state == OUT_MCP_FAILED || session->state == OUT_MCP_ENDED;
}

/* The first reason stays. */
static void over(struct out_mcp *session, enum out_mcp_state state, struct str reason)
{
    if (is_over(session))
        return;
    session->probing = session->state == OUT_MCP_PROBING && session->next_id == 2;
    session->state = state;
    session->reason = str_copy(session->source, reason);
}

void out_mcp__fail(struct out_mcp *session, struct str reason)
{
    over(session, OUT_MCP_FAILED, reason);
}

void out_mcp_end(struct out_mcp *session, struct str reason)
{
    if (session->ended)
        return;
    session->ended = true;
    session->end_reason = str_copy(session->source, reason);
    rpc_lines_add(&session->lines, STR("\n")); /* A last line without its end still counts. */
}

void out_mcp_input(struct out_mcp *session, struct str bytes)
{
    if (!session->ended && !is_over(session))
        rpc_lines_add(&session->lines, bytes);
}

void out_mcp_heard(struct out_mcp *session, struct str message, uint64_t id)
{
    if (session->ended || is_over(session) || !str_trim(message).len)
        return;
    *VEC_PUSH(&session->streams) = id;
    rpc_lines_add(&session->lines, message);
    rpc_lines_add(&session->lines, STR("\n"));
}

static void stream_next(struct out_mcp *session)
{
    session->stream = 0;
    if (session->streams_at < session->streams.count)
        session->stream = session->streams.at[session->streams_at++];
    if (session->streams_at < session->streams.count)
        return;
    VEC_CLEAR(&session->streams);
    session->streams_at = 0;
}

/* --- What was asked ---------------------------------------------------------------------- */

struct out_mcp__pending *out_mcp__pending_new(struct out_mcp *session, enum out_mcp__asked asked,
                                              int64_t due_ms)
{
    struct out_mcp__pending *pending = heap_alloc(sizeof(*pending));

    *pending = (struct out_mcp__pending){
        .asked = asked,
        .id = session->next_id++,
        .due_ms = due_ms,
        .cap_ms = OUT_MCP__NEVER,
        .poll_ms = OUT_MCP__NEVER,
    };
    (void)map_put_u64(&session->pending, pending->id, pending);
    if (due_ms < session->due_ms)
        session->due_ms = due_ms;
    return pending;
}

void out_mcp__pending_drop(struct out_mcp *session, struct out_mcp__pending *pending)
{
    (void)map_take_u64(&session->pending, pending->id);
    if (pending->asked == OUT_MCP__CALL)
        (void)map_take_u64(&session->handles, pending->handle);
    pending_free(session, pending);
}

/* Nobody waits for its answer any more. */
static void abandon(struct out_mcp *session, struct out_mcp__pending *pending)
{
    if (session->messages)
        *VEC_PUSH(&session->dropped) = pending->id;
    out_mcp__pending_drop(session, pending);
}

static uint64_t taken(const struct out_mcp *session)
{
    return session->out_total - session->out.len;
}

enum msg_sent out_mcp__sent(const struct out_mcp *session, const struct out_mcp__pending *pending)
{
    if (pending->progressed || pending->had)
        return MSG_SENT_YES;
    if (session->messages)
        return pending->sent;
    return pending->out_at >= taken(session) ? MSG_SENT_NO : MSG_SENT_MAYBE;
}

/* A call of which nothing was written is taken back: it must not leave after its outcome. */
static void unwrite(struct out_mcp *session, const struct out_mcp__pending *pending)
{
    size_t from = (size_t)(pending->out_at - taken(session));
    size_t behind = session->out.len - from - pending->out_len;
    struct map_entry *entry;
    size_t position = 0;

    if (session->messages) {
        out_mcp__message_unwrite(session, pending->id);
        return;
    }
    memmove(session->out.ptr + from, session->out.ptr + from + pending->out_len, behind);
    buf_cut(&session->out, session->out.len - pending->out_len);
    session->out_total -= pending->out_len;
    while ((entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *other = entry->value;

        if (other->out_at > pending->out_at)
            other->out_at -= pending->out_len;
    }
}

int out_mcp_call(struct out_mcp *session, const struct out_mcp_call *call, int64_t now_ms)
{
    struct out_mcp__pending *pending;

    if (session->state != OUT_MCP_READY || session->ended)
        return OUT_MCP_NOT_READY;
    if (session->handles.count >= OUT_MCP_CALLS_MAX || session->out.len > QUEUED_MAX)
        return OUT_MCP_FULL;
    CHECK(!map_find_u64(&session->handles, call->handle));
    session->now_ms = now_ms;
    if (now_ms >= session->stale_ms) {
        session->changed = true;
        session->stale_ms = OUT_MCP__NEVER;
    }
    pending = out_mcp__pending_new(session, OUT_MCP__CALL, now_ms + call->timeout_ms);
    pending->handle = call->handle;
    pending->owner = call->owner;
    pending->samples = call->samples;
    pending->timeout_ms = call->timeout_ms;
    pending->cap_ms = now_ms + session->call_ms;
    pending->arena = arena_new(0);
    pending->tool = str_copy(pending->arena, call->tool);
    pending->method = out_mcp__own_method(session, pending->tool);
    pending->args = call->args.ptr ? str_copy(pending->arena, call->args) : STR_NULL;
    pending->traceparent =
        call->traceparent.ptr ? str_copy(pending->arena, call->traceparent) : STR_NULL;
    (void)map_put_u64(&session->handles, call->handle, pending);
    out_mcp__ask_call(session, pending, STR_NULL);
    return 0;
}

/* 2026-07-28 over HTTP: the end of its exchange says so. */
static void say_cancelled(struct out_mcp *session, uint64_t id, struct str reason)
{
    if (!session->messages || !session->modern)
        out_mcp__say_cancelled(session, id, reason);
}

void out_mcp_cancel(struct out_mcp *session, uint64_t handle, struct str reason)
{
    struct out_mcp__pending *pending = map_find_u64(&session->handles, handle);

    if (!pending || pending->cancelled)
        return;
    pending->cancelled = true;
    pending->due_ms = INT64_MIN;
    session->due_ms = INT64_MIN;
    if (is_over(session) || out_mcp__sent(session, pending) == MSG_SENT_NO)
        return;
    if (pending->task.ptr)
        out_mcp__task_cancel(session, pending);
    else if (!pending->held)
        say_cancelled(session, pending->id, reason);
}

/* --- Deadlines --------------------------------------------------------------------------- */

static int64_t pending_due(const struct out_mcp__pending *pending)
{
    return pending->due_ms < pending->cap_ms ? pending->due_ms : pending->cap_ms;
}

/*
 * It talks so much that it is read later than it spoke (pace.c): the answer may be among what
 * waits. A call waits for that, but not for ever: it may never come.
 */
static bool is_unheard(const struct out_mcp *session, struct out_mcp__pending *pending,
                       int64_t now_ms)
{
    int64_t rest_ms = out_mcp_rest_ms(session, now_ms);
    int64_t begun_ms = pending->cap_ms - session->call_ms;

    if (rest_ms == 0 || !pending->timeout_ms || pending->cancelled || pending->refused.ptr ||
        now_ms >= pending->cap_ms || now_ms >= begun_ms + UNHEARD_TIMES * pending->timeout_ms)
        return false;
    pending->due_ms = now_ms + rest_ms + UNHEARD_MS;
    return true;
}

static struct out_mcp__pending *overdue(struct out_mcp *session, int64_t now_ms)
{
    struct map_entry *entry;
    size_t position = 0;

    if (now_ms < session->due_ms)
        return NULL;
    session->due_ms = OUT_MCP__NEVER;
    while ((entry = map_next(&session->pending, &position))) {
        int64_t due_ms = pending_due(entry->value);

        if (due_ms <= now_ms && !is_unheard(session, entry->value, now_ms)) {
            session->due_ms = INT64_MIN; /* There may be more. */
            return entry->value;
        }
        due_ms = pending_due(entry->value);
        if (due_ms < session->due_ms)
            session->due_ms = due_ms;
    }
    return NULL;
}

static bool call_overdue(struct out_mcp *session, struct out_mcp__pending *pending,
                         struct out_mcp_event *ret_event)
{
    bool cancelled = pending->cancelled;

    *ret_event = (struct out_mcp_event){
        .kind = OUT_MCP_OUTCOME,
        .handle = pending->handle,
        .sent = out_mcp__sent(session, pending),
        .status = cancelled ? MSG_OUTCOME_STATUS_CANCELLED : MSG_OUTCOME_STATUS_TIMEOUT,
        .code = cancelled ? STR("cancelled") : STR("unreachable"),
        .text = cancelled ? STR("the call was cancelled") : STR("the tool did not answer in time"),
    };
    if (pending->refused.ptr && !cancelled) {
        ret_event->status = MSG_OUTCOME_STATUS_FAILED;
        ret_event->code = STR("upstream");
        ret_event->text = str_printf(session->turn,
                                     "what the tool asks of a model has no answer: "
                                     "%.*s",
                                     STR_ARG(pending->refused));
    }
    if (ret_event->sent == MSG_SENT_NO)
        unwrite(session, pending);
    else if (!cancelled && pending->task.ptr)
        out_mcp__task_cancel(session, pending);
    else if (!cancelled && !pending->held)
        say_cancelled(session, pending->id, STR("timeout"));
    abandon(session, pending);
    return true;
}

static bool deadlines(struct out_mcp *session, int64_t now_ms, struct out_mcp_event *ret_event)
{
    struct out_mcp__pending *pending;
    enum out_mcp__asked asked;

    while ((pending = overdue(session, now_ms))) {
        if (pending->asked == OUT_MCP__CALL)
            return call_overdue(session, pending, ret_event);
        asked = pending->asked;
        abandon(session, pending);
        if (asked == OUT_MCP__LIST &&
            out_mcp__list_failed(session, STR("no answer in time"), ret_event))
            return true;
    }
    return false;
}

/* --- Connecting -------------------------------------------------------------------------- */

/* Its answer, should it still come, is an answer to nothing. */
static void probe_forget(struct out_mcp *session)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&session->pending, &position)))
        if (((struct out_mcp__pending *)entry->value)->asked == OUT_MCP__DISCOVER) {
            abandon(session, entry->value);
            return;
        }
}

static void connecting(struct out_mcp *session, int64_t now_ms)
{
    if (session->listed || is_over(session))
        return;
    if (now_ms >= session->connect_due_ms) {
        out_mcp__fail(session, STR("it did not answer as an MCP server in time"));
    } else if (session->state == OUT_MCP_PROBING && now_ms >= session->probe_due_ms) {
        session->state = OUT_MCP_INITIALIZING;
        probe_forget(session);
        out_mcp__ask_initialize(session);
    }
}

/* --- Events ------------------------------------------------------------------------------ */

static bool too_long(struct out_mcp *session, struct out_mcp_event *ret_event)
{
    const struct rpc_glance *glance = &session->lines.glance;
    const struct out_mcp__misread misread = {
        .id = rpc_glance_id(glance),
        .answers = glance->answers && !glance->calls,
        .code = STR("limit"),
        .sentence = str_printf(session->turn, "it is longer than the %zu bytes of a message",
                               session->lines.line_max),
    };

    if (!glance->calls && out_mcp__misread(session, &misread, ret_event))
        return true;
    out_mcp_noise(session, session->lines.line_max);
    return out_mcp__complain(session, STR("a message was too long and is dropped"), ret_event);
}

/* True: an event, or more to read; *ret_given says which. */
static bool read_one(struct out_mcp *session, int64_t now_ms, struct out_mcp_event *ret_event,
                     bool *ret_given)
{
    struct str line;
    int r;

    if (session->batch) {
        const struct json_value *one = json_at(session->batch, session->batch_at++);

        if (!one)
            session->batch = NULL;
        else
            *ret_given = out_mcp__batched(session, one, now_ms, ret_event);
        return true;
    }
    arena_reset(session->turn);
    r = rpc_lines_next(&session->lines, &line);
    out_mcp_noise(session, session->lines.blank);
    session->lines.blank = 0;
    switch ((enum rpc_line_answer)r) {
    case RPC_LINE:
        session->line_len = line.len;
        stream_next(session);
        *ret_given = out_mcp__line(session, line, now_ms, ret_event);
        return true;
    case RPC_LINE_TOO_LONG:
        stream_next(session);
        *ret_given = too_long(session, ret_event);
        return true;
    case RPC_LINE_MORE:
        if (session->lines.dropped > session->lines.line_max * OUT_MCP_LINE_TIMES)
            out_mcp__fail(session, STR("it writes a message that does not end"));
        return false;
    }
    UNREACHABLE("rpc_lines_next answered outside its enum");
}

static bool last_words(struct out_mcp *session, struct out_mcp_event *ret_event)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        *ret_event = (struct out_mcp_event){
            .kind = OUT_MCP_OUTCOME,
            .handle = pending->handle,
            .sent = out_mcp__sent(session, pending),
            .status =
                pending->cancelled ? MSG_OUTCOME_STATUS_CANCELLED : MSG_OUTCOME_STATUS_UNREACHABLE,
            .code = pending->cancelled ? STR("cancelled") : STR("unreachable"),
            .text = session->reason,
        };
        out_mcp__pending_drop(session, pending);
        return true;
    }
    if (session->over_told)
        return false;
    session->over_told = true;
    *ret_event = (struct out_mcp_event){ .kind = OUT_MCP_OVER,
                                         .reason = session->reason,
                                         .probing = session->probing,
                                         .auth = session->auth };
    return true;
}

/* What was read, then what failed, then what there is to say about tools that were left out. */
static bool heard(struct out_mcp *session, int64_t now_ms, struct out_mcp_event *ret_event)
{
    bool given = false;
    bool more = true;

    if (session->said.ptr) {
        struct str said = session->said;

        session->said = STR_NULL;
        return out_mcp__complain(session, said, ret_event);
    }
    while (!is_over(session)) {
        if (session->untold && out_mcp__ask_next(session, ret_event))
            return true;
        if (!read_one(session, now_ms, ret_event, &given))
            break;
        if (given)
            return true;
    }
    while (!is_over(session) && more)
        if (out_mcp__failure_next(session, now_ms, ret_event, &more))
            return true;
    return false;
}

static void listen_again(struct out_mcp *session, int64_t now_ms)
{
    if (!session->listen_after_ms || now_ms < session->listen_after_ms)
        return;
    session->listen_after_ms = 0;
    out_mcp__ask_listen(session);
}

bool out_mcp_next(struct out_mcp *session, int64_t now_ms, struct out_mcp_event *ret_event)
{
    session->now_ms = now_ms;
    out_mcp__value_drop(session);
    if (heard(session, now_ms, ret_event))
        return true;
    if (session->ended)
        over(session, OUT_MCP_ENDED, session->end_reason);
    connecting(session, now_ms);
    if (!is_over(session) && deadlines(session, now_ms, ret_event))
        return true;
    if (is_over(session))
        return last_words(session, ret_event);
    listen_again(session, now_ms);
    out_mcp__tasks_poll(session, now_ms);
    if (out_mcp__list_is_due(session, now_ms))
        out_mcp__list_start(session, now_ms);
    return false;
}

struct str out_mcp_output(const struct out_mcp *session)
{
    return is_over(session) ? STR_NULL : buf_str(&session->out);
}

void out_mcp_output_taken(struct out_mcp *session, size_t len)
{
    CHECK(len <= session->out.len);
    buf_drop(&session->out, len);
}

int64_t out_mcp_due_ms(const struct out_mcp *session)
{
    int64_t due_ms = session->due_ms;

    if (is_over(session))
        return session->over_told ? -1 : INT64_MIN;
    if (session->failures_at < session->failures.count || session->said.ptr || session->untold ||
        session->ended)
        return 0; /* It is known, and only to be told. */
    if (!session->listed && session->connect_due_ms < due_ms)
        due_ms = session->connect_due_ms;
    if (session->state == OUT_MCP_PROBING && session->probe_due_ms < due_ms)
        due_ms = session->probe_due_ms;
    if (session->changed && session->listed && !session->listing && session->list_after_ms < due_ms)
        due_ms = session->list_after_ms;
    if (session->listen_after_ms && session->listen_after_ms < due_ms)
        due_ms = session->listen_after_ms;
    if (session->poll_ms < due_ms)
        due_ms = session->poll_ms;
    return due_ms == OUT_MCP__NEVER ? -1 : due_ms;
}
