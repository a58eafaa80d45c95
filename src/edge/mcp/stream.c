/*
 * Streams of a session that can be taken up again (2025-03-26 to 2025-11-25, "Resumability and
 * Redelivery").
 *
 * Each event of a stream has an id, STREAM-EVENT, both counted from 1 within the session, and is
 * kept. Whose connection broke asks with GET and Last-Event-ID: what came after that event is said
 * again, and the stream goes on there. Until then its calls run on and what they say is kept.
 *
 * What ends it: nobody came back for resume_ms (calls that run are then left, as those of a
 * connection without streams are at once), the session's end, or the limits: of a stream its
 * oldest events go first, of all streams those that ended first.
 */
#include "edge/mcp/stream.h"

#define STREAM_ID_MAX 48U

static void stream_drop_oldest(struct mcp *mcp, struct mcp__stream *stream, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        stream->bytes -= stream->kept.at[i].len;
        mcp->kept_bytes -= stream->kept.at[i].len;
        buf_fini(&stream->kept.at[i]);
    }
    for (size_t i = count; i < stream->kept.count; i++)
        stream->kept.at[i - count] = stream->kept.at[i];
    stream->kept.count -= count;
}

static void stream_free(struct mcp *mcp, struct mcp__stream *stream)
{
    if (stream->reply)
        stream->reply->stream = NULL;
    stream_drop_oldest(mcp, stream, stream->kept.count);
    VEC_FINI(&stream->kept);
    mcp__link_drop(&stream->all);
    mcp->streams_count--;
    (void)heap_free(stream);
}

/* The limits of all of them: those that ended go, then what the others have kept. */
static void stream_room(struct mcp *mcp, const struct mcp__stream *except)
{
    struct mcp__link *next;

    for (int pass = 0; pass < 2; pass++)
        for (struct mcp__link *at = mcp->streams.next; at != &mcp->streams; at = next) {
            struct mcp__stream *stream = container_of(at, struct mcp__stream, all);

            next = at->next;
            if (mcp->kept_bytes <= MCP_REPLAY_MAX && mcp->streams_count <= MCP_STREAMS_MAX)
                return;
            if (stream == except)
                continue;
            if (!stream->reply)
                stream_free(mcp, stream);
            else if (pass == 1)
                stream_drop_oldest(mcp, stream, stream->kept.count);
        }
}

static void stream_due(struct mcp *mcp, struct mcp__stream *stream)
{
    stream->due_ms = 0; /* set by the next tick, which knows the time */
    mcp->due_ms = 0;
}

void mcp__stream_open(struct mcp__turn *turn, struct mcp__reply *reply, struct buf *ret_first)
{
    struct mcp *mcp = turn->mcp;
    struct mcp__stream *stream = heap_alloc(sizeof(*stream));

    *stream = (struct mcp__stream){ .session = reply->session,
                                    .reply = reply,
                                    .number = ++reply->session->streams,
                                    .due_ms = INT64_MAX };
    mcp__link_init(&stream->all);
    mcp__link_add(&mcp->streams, &stream->all);
    mcp->streams_count++;
    reply->stream = stream;
    stream_room(mcp, stream);
    /* So that who loses it before anything was said can ask, too. */
    if (reply->session->version >= MCP__2025_11_25)
        buf_printf(ret_first, "id: %llu-0\ndata: \n\n", (unsigned long long)stream->number);
}

void mcp__stream_event(struct mcp__turn *turn, struct mcp__reply *reply, struct str text,
                       struct buf *ret_event)
{
    struct mcp__stream *stream = reply->stream;
    struct buf *kept = VEC_PUSH(&stream->kept);

    buf_printf(ret_event,
               "event: message\nid: %llu-%llu\ndata: ", (unsigned long long)stream->number,
               (unsigned long long)++stream->events);
    buf_add_str(ret_event, text);
    buf_add_c(ret_event, "\n\n");
    *kept = BUF_INIT;
    buf_add_str(kept, buf_str(ret_event));
    stream->bytes += kept->len;
    turn->mcp->kept_bytes += kept->len;
    while (stream->kept.count > 1 && stream->bytes > MCP_REPLAY_STREAM_MAX)
        stream_drop_oldest(turn->mcp, stream, 1);
    stream_room(turn->mcp, stream);
}

bool mcp__stream_is_broken(const struct mcp__reply *reply)
{
    return reply->stream && reply->stream->broken;
}

bool mcp__stream_break(struct mcp__turn *turn, struct mcp__reply *reply)
{
    struct mcp__stream *stream = reply->stream;

    if (!stream)
        return false;
    (void)map_take_u64(&turn->mcp->exchanges, reply->to);
    reply->to = 0; /* Its number may come again. */
    stream->broken = true;
    stream_due(turn->mcp, stream);
    return true;
}

void mcp__stream_ended(struct mcp__turn *turn, struct mcp__reply *reply)
{
    struct mcp__stream *stream = reply->stream;

    stream->reply = NULL;
    reply->stream = NULL;
    stream_due(turn->mcp, stream);
}

/* ---- GET ---- */

static struct mcp__stream *stream_find(struct mcp *mcp, const struct mcp__session *session,
                                       uint64_t number)
{
    for (struct mcp__link *at = mcp->streams.next; at != &mcp->streams; at = at->next) {
        struct mcp__stream *stream = container_of(at, struct mcp__stream, all);

        if (stream->session == session && stream->number == number)
            return stream;
    }
    return NULL;
}

/* Goes on in this exchange. Whoever reads it elsewhere is told that it ended there. */
static void stream_move(struct mcp__turn *turn, struct mcp__stream *stream, uint64_t exchange)
{
    struct mcp__reply *reply = stream->reply;

    if (!stream->broken) {
        (void)map_take_u64(&turn->mcp->exchanges, reply->to);
        mcp__reply_cut(turn, reply->to);
    }
    reply->to = exchange;
    stream->broken = false;
    stream->due_ms = INT64_MAX;
    CHECK(map_put_u64(&turn->mcp->exchanges, exchange, reply) == NULL);
}

const char *mcp__stream_resume(struct mcp__turn *turn, const struct mcp__session *session,
                               uint64_t exchange, struct str last)
{
    BUF_CLEANUP struct buf said = BUF_INIT;
    struct str event = last;
    struct str number = str_split(&event, '-');
    struct mcp__stream *stream;
    uint64_t stream_number;
    uint64_t known;
    uint64_t dropped;

    if (last.len > STREAM_ID_MAX || !str_to_u64(number, &stream_number) || !event.ptr ||
        !str_to_u64(event, &known))
        return "Last-Event-ID is none of ours";
    stream = stream_find(turn->mcp, session, stream_number);
    if (!stream)
        return "that stream is no longer kept: ask for the execution with the tool resume, or run "
               "the same program again within 10 minutes";
    dropped = stream->events - stream->kept.count;
    if (known < dropped || known > stream->events)
        return "what came after that event is not kept: ask for the execution with the tool resume";
    buf_add_c(&said, ":\n\n");
    for (size_t i = (size_t)(known - dropped); i < stream->kept.count; i++)
        buf_add_str(&said, buf_str(&stream->kept.at[i]));
    if (stream->reply)
        stream_move(turn, stream, exchange);
    mcp__reply_replay(turn, exchange, str_copy(turn->actions->turn, buf_str(&said)),
                      stream->reply == NULL);
    return NULL;
}

/* ---- time, and ends ---- */

/* Nobody came back: its calls are left, the reply ends with the last. */
static void stream_give_up(struct mcp__turn *turn, struct mcp__stream *stream)
{
    struct mcp__reply *reply = stream->reply;

    stream_free(turn->mcp, stream);
    if (reply)
        mcp__reply_gone(turn, reply);
}

void mcp__streams_tick(struct mcp__turn *turn)
{
    struct mcp *mcp = turn->mcp;
    struct mcp__link *next;

    for (struct mcp__link *at = mcp->streams.next; at != &mcp->streams; at = next) {
        struct mcp__stream *stream = container_of(at, struct mcp__stream, all);

        next = at->next;
        if (stream->due_ms == 0)
            stream->due_ms = turn->now_ms + mcp->config.resume_ms;
        if (stream->due_ms <= turn->now_ms)
            stream_give_up(turn, stream);
        else if (stream->due_ms < mcp->due_ms)
            mcp->due_ms = stream->due_ms;
    }
}

void mcp__streams_end(struct mcp *mcp, const struct mcp__session *session)
{
    struct mcp__link *next;

    for (struct mcp__link *at = mcp->streams.next; at != &mcp->streams; at = next) {
        struct mcp__stream *stream = container_of(at, struct mcp__stream, all);

        next = at->next;
        if (stream->session == session)
            stream_free(mcp, stream);
    }
}
