/* Requests that wait for an execution. */
#include "edge/mcp/internal.h"

void mcp__link_init(struct mcp__link *list)
{
    list->prev = list;
    list->next = list;
}

void mcp__link_add(struct mcp__link *list, struct mcp__link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

void mcp__link_drop(struct mcp__link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    mcp__link_init(link);
}

static struct str mcp_progress_token(struct arena *arena, const struct json_value *meta)
{
    const struct json_value *token = json_get(meta, "progressToken");

    if (json_is_string(token) ? json_str(token).len > RPC_ID_MAX : !json_is_integer(token))
        return STR_NULL;
    return json_text(arena, token);
}

struct mcp__call *mcp__call_new(struct mcp__ask *ask, enum mcp__call_kind kind)
{
    struct arena *arena = arena_new(0);
    struct mcp__call *call = ARENA_NEW(arena, struct mcp__call);
    struct mcp *mcp = ask->turn->mcp;

    call->arena = arena;
    call->key = ++mcp->keys;
    call->kind = kind;
    call->version = ask->version;
    call->session = ask->session;
    call->reply = ask->reply;
    call->id = str_copy(arena, ask->message->id);
    if (!call->session)
        call->principal = str_copy(arena, ask->client.principal);
    call->progress_token = mcp_progress_token(arena, ask->meta);
    call->elicits = ask->client.elicits;
    call->samples = ask->client.samples;
    call->gather_due_ms = INT64_MAX;
    call->wait_due_ms = INT64_MAX;
    call->stream_due_ms = ask->reply->http && ask->reply->streams
                              ? ask->turn->now_ms + mcp->config.stream_ms
                              : INT64_MAX;
    mcp__link_add(&mcp->all, &call->all);
    mcp__link_add(&ask->reply->calls, &call->of_reply);
    mcp__link_init(&call->of_session);
    if (call->session) {
        mcp__link_add(&call->session->calls, &call->of_session);
        call->session->calls_count++;
    }
    (void)map_put_u64(&mcp->calls, call->key, call);
    ask->reply->pending++;
    mcp__call_due(ask->turn, call);
    return call;
}

bool mcp__calls_full(const struct mcp__ask *ask)
{
    return ask->session && ask->session->calls_count >= MCP_CALLS_MAX;
}

uint32_t mcp_samples(struct mcp *mcp, uint64_t key)
{
    const struct mcp__call *call = mcp__call_find(mcp, key);

    return call ? call->samples : 0;
}

static uint32_t mcp_samples_most(const struct map *sessions)
{
    struct map_entry *entry;
    uint32_t most = 0;

    for (size_t at = 0; (entry = map_next(sessions, &at));) {
        const struct mcp__session *session = entry->value;

        most = session->samples > most ? session->samples : most;
    }
    return most;
}

uint32_t mcp_samples_any(const struct mcp *mcp)
{
    uint32_t connected = mcp_samples_most(&mcp->connections);
    uint32_t most = mcp_samples_most(&mcp->sessions);

    most = connected > most ? connected : most;
    for (struct mcp__link *at = mcp->all.next; at != &mcp->all; at = at->next) {
        const struct mcp__call *call = container_of(at, struct mcp__call, all);

        most = call->samples > most ? call->samples : most;
    }
    return most;
}

struct mcp__call *mcp__call_find(struct mcp *mcp, uint64_t key)
{
    return map_find_u64(&mcp->calls, key);
}

void mcp__call_end(struct mcp__turn *turn, struct mcp__call *call, struct buf *answer)
{
    struct mcp__reply *reply = call->reply;

    (void)map_take_u64(&turn->mcp->calls, call->key);
    mcp__link_drop(&call->all);
    mcp__link_drop(&call->of_reply);
    mcp__link_drop(&call->of_session);
    if (call->session)
        call->session->calls_count--;
    if (answer)
        mcp__reply_answer(reply, answer);
    else
        reply->silent = true;
    for (size_t i = 0; i < call->inputs.count; i++)
        (void)arena_free(call->inputs.at[i].arena);
    VEC_FINI(&call->inputs);
    (void)arena_free(call->arena);
    mcp__reply_release(turn, reply);
}

void mcp__call_leave(struct mcp__turn *turn, struct mcp__call *call, enum mcp_action_kind how)
{
    if (call->kind != MCP__LISTEN && call->kind != MCP__FETCH)
        mcp__act(turn, how)->key = call->key;
    mcp__call_end(turn, call, NULL);
}

static int64_t mcp_call_due_ms(const struct mcp__call *call)
{
    int64_t due_ms = call->gather_due_ms;

    due_ms = call->wait_due_ms < due_ms ? call->wait_due_ms : due_ms;
    return call->stream_due_ms < due_ms ? call->stream_due_ms : due_ms;
}

void mcp__call_due(struct mcp__turn *turn, const struct mcp__call *call)
{
    int64_t due_ms = mcp_call_due_ms(call);

    if (due_ms < turn->mcp->due_ms)
        turn->mcp->due_ms = due_ms;
}

struct str mcp__call_principal(const struct mcp__call *call)
{
    return call->session ? call->session->principal : call->principal;
}

struct str mcp__call_execution(const struct mcp__call *call)
{
    return str_of(call->execution, call->execution_len);
}
