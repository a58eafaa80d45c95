/*
 * Where answers go: a line to a stdio connection, or the answer to one HTTP exchange, which is
 * one JSON text when nothing had to be said before it, and a stream of events otherwise.
 */
#include "edge/mcp/stream.h"

static const struct str mcp_json_type = { "application/json", 16 };

struct mcp_action *mcp__act(struct mcp__turn *turn, enum mcp_action_kind kind)
{
    struct mcp_action *action = VEC_PUSH(&turn->actions->list);

    action->kind = kind;
    return action;
}

struct mcp__reply *mcp__reply_new(uint64_t to, bool http)
{
    struct mcp__reply *reply = heap_alloc(sizeof(*reply));

    reply->to = to;
    reply->http = http;
    reply->pending = 1;
    reply->collected = BUF_INIT;
    mcp__link_init(&reply->calls);
    return reply;
}

static void mcp_reply_free(struct mcp__reply *reply)
{
    buf_fini(&reply->collected);
    (void)heap_free(reply);
}

static void mcp_write(struct mcp__turn *turn, uint64_t to, struct str text)
{
    char *line = arena_alloc_raw(turn->actions->turn, text.len + 1);
    struct mcp_action *action = mcp__act(turn, MCP_WRITE);

    memcpy(line, text.ptr, text.len);
    line[text.len] = '\n';
    action->to = to;
    action->write.text = str_of(line, text.len + 1);
}

static struct str mcp_event(struct mcp__turn *turn, struct mcp__reply *reply, struct str text)
{
    BUF_CLEANUP struct buf numbered = BUF_INIT;
    static const struct str head = { "event: message\ndata: ", 21 };
    char *event;

    if (reply->stream) {
        mcp__stream_event(turn, reply, text, &numbered);
        return str_copy(turn->actions->turn, buf_str(&numbered));
    }
    event = arena_alloc_raw(turn->actions->turn, head.len + text.len + 2);
    memcpy(event, head.ptr, head.len);
    memcpy(event + head.len, text.ptr, text.len);
    memcpy(event + head.len + text.len, "\n\n", 2);
    return str_of(event, head.len + text.len + 2);
}

static void mcp_head(struct mcp__turn *turn, struct mcp__reply *reply, struct str type,
                     struct str body)
{
    struct msg_header *headers = ARENA_ARRAY(turn->actions->turn, struct msg_header, 4);
    struct mcp_action *action = mcp__act(turn, MCP_RESPOND);
    size_t count = 0;

    if (type.len > 0)
        headers[count++] = (struct msg_header){ STR("content-type"), type };
    if (type.ptr != mcp_json_type.ptr && type.len > 0) {
        headers[count++] = (struct msg_header){ STR("cache-control"), STR("no-store") };
        headers[count++] = (struct msg_header){ STR("x-accel-buffering"), STR("no") };
    }
    if (reply->session_id.ptr)
        headers[count++] = (struct msg_header){ STR("mcp-session-id"),
                                                str_copy(turn->actions->turn, reply->session_id) };
    action->to = reply->to;
    action->respond = (struct mcp_respond){
        .status = reply->status ? reply->status : 200,
        .headers = headers,
        .headers_count = count,
        .body = body,
    };
}

static void mcp_parts(struct mcp__turn *turn, uint64_t to, struct str rest, bool last)
{
    do {
        struct mcp_action *action = mcp__act(turn, MCP_CHUNK);
        struct str part = str_slice(rest, 0, MCP_PART_MAX);

        rest = str_slice(rest, part.len, rest.len);
        action->to = to;
        action->chunk = (struct mcp_chunk){ .body = part, .last = last && rest.len == 0 };
    } while (rest.len > 0);
}

/* The head, with as much of the body as fits a frame; the rest in parts. */
static void mcp_head_open(struct mcp__turn *turn, struct mcp__reply *reply, struct str type,
                          struct str body)
{
    struct str first = str_slice(body, 0, MCP_PART_MAX);

    mcp_head(turn, reply, type, first);
    turn->actions->list.at[turn->actions->list.count - 1].respond.more = true;
    if (first.len < body.len)
        mcp_parts(turn, reply->to, str_slice(body, first.len, body.len), false);
}

/* One event of a stream, null: a sign of life. The first one opens it. */
static void mcp_stream(struct mcp__turn *turn, struct mcp__reply *reply, struct str text)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    bool begun = reply->streaming;
    struct str event;

    reply->streaming = true;
    if (!begun && reply->session)
        mcp__stream_open(turn, reply, &out);
    buf_add_str(&out, text.ptr ? mcp_event(turn, reply, text) : STR(":\n\n"));
    if (mcp__stream_is_broken(reply))
        return;
    event = str_copy(turn->actions->turn, buf_str(&out));
    if (begun)
        mcp_parts(turn, reply->to, event, false);
    else
        mcp_head_open(turn, reply, STR("text/event-stream"), event);
}

static void mcp_stream_end(struct mcp__turn *turn, struct mcp__reply *reply, struct str event)
{
    if (reply->streaming) {
        mcp_parts(turn, reply->to, event, true);
        return;
    }
    mcp_head(turn, reply, STR("text/event-stream"), event);
}

/* A whole answer: one frame where it fits. */
static void mcp_whole(struct mcp__turn *turn, struct mcp__reply *reply, struct str body)
{
    if (body.len <= MCP_PART_MAX) {
        mcp_head(turn, reply, mcp_json_type, body);
        return;
    }
    mcp_head_open(turn, reply, mcp_json_type, str_slice(body, 0, MCP_PART_MAX));
    mcp_parts(turn, reply->to, str_slice(body, MCP_PART_MAX, body.len), true);
}

bool mcp__reply_message(struct mcp__turn *turn, struct mcp__reply *reply, struct str text)
{
    if (reply->gone)
        return false;
    if (!reply->http) {
        mcp_write(turn, reply->to, text);
        return true;
    }
    if (!reply->streams)
        return false;
    mcp_stream(turn, reply, text);
    return true;
}

void mcp__reply_alive(struct mcp__turn *turn, struct mcp__reply *reply)
{
    if (!reply->gone && reply->http && reply->streams)
        mcp_stream(turn, reply, STR_NULL);
}

/* The one answer to one message is not copied: it may be long. */
void mcp__reply_answer(struct mcp__reply *reply, struct buf *answer)
{
    if (reply->count++ == 0 && !reply->array) {
        buf_fini(&reply->collected);
        reply->collected = *answer;
        *answer = BUF_INIT;
        return;
    }
    buf_add_char(&reply->collected, reply->count > 1 ? ',' : '[');
    buf_add_str(&reply->collected, buf_str(answer));
}

static void mcp_reply_http(struct mcp__turn *turn, struct mcp__reply *reply, struct str text)
{
    if (reply->streaming) {
        struct str event = text.len > 0 ? mcp_event(turn, reply, text) : STR("");

        if (!mcp__stream_is_broken(reply))
            mcp_stream_end(turn, reply, event);
        if (reply->stream)
            mcp__stream_ended(turn, reply);
    } else if (text.len > 0)
        mcp_whole(turn, reply, str_copy(turn->actions->turn, text));
    else if (reply->silent)
        mcp_stream_end(turn, reply, STR(""));
    else {
        reply->status = reply->status ? reply->status : 202;
        mcp_head(turn, reply, STR_NULL, STR(""));
    }
}

void mcp__reply_release(struct mcp__turn *turn, struct mcp__reply *reply)
{
    CHECK(reply->pending > 0);
    if (--reply->pending > 0)
        return;
    if (reply->array && reply->count > 0)
        buf_add_char(&reply->collected, ']');
    if (reply->http && !mcp__stream_is_broken(reply))
        (void)map_take_u64(&turn->mcp->exchanges, reply->to);
    if (!reply->gone && reply->http)
        mcp_reply_http(turn, reply, buf_str(&reply->collected));
    else if (!reply->gone && reply->count > 0)
        mcp_write(turn, reply->to, buf_str(&reply->collected));
    mcp_reply_free(reply);
}

void mcp__reply_cut(struct mcp__turn *turn, uint64_t exchange)
{
    mcp_parts(turn, exchange, STR(""), true);
}

void mcp__reply_replay(struct mcp__turn *turn, uint64_t exchange, struct str events, bool last)
{
    struct mcp__reply reply = { .to = exchange, .http = true };

    mcp_head_open(turn, &reply, STR("text/event-stream"), events);
    if (last)
        mcp_parts(turn, exchange, STR(""), true);
}

void mcp__respond(struct mcp__turn *turn, uint64_t exchange, uint32_t status, struct str type,
                  struct str body)
{
    struct mcp__reply reply = { .to = exchange, .http = true, .status = status };

    mcp_head(turn, &reply, type.len > 0 ? mcp_json_type : STR_NULL,
             str_copy(turn->actions->turn, body));
}
