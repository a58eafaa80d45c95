/* Connections and HTTP sessions: made, found, ended; and the machine that holds them. */
#include "edge/mcp/stream.h"

struct mcp_config mcp_config_default(void)
{
    return (struct mcp_config){
        .version = STR("0"),
        .code_bytes_max = 262144,
        .wait_ms = 30000,
        .gather_ms = 5,
        .stream_ms = 15000,
        .resume_ms = 300000,
    };
}

struct mcp *mcp_new(const struct mcp_config *config)
{
    struct mcp *mcp = heap_alloc(sizeof(*mcp));

    mcp->config = *config;
    mcp->connections = MAP_INIT;
    mcp->sessions = MAP_INIT;
    mcp->exchanges = MAP_INIT;
    mcp->calls = MAP_INIT;
    mcp->due_ms = INT64_MAX;
    mcp__link_init(&mcp->all);
    mcp__link_init(&mcp->streams);
    return mcp;
}

/* Everything is dropped without a word: the process is about to end. */
static void mcp_drop_calls(struct mcp *mcp)
{
    struct arena *turn = arena_new(0);
    struct mcp_actions actions;
    struct mcp__turn unheard = { .mcp = mcp, .actions = &actions };

    mcp_actions_init(&actions, turn);
    while (mcp->all.next != &mcp->all) {
        struct mcp__call *call = container_of(mcp->all.next, struct mcp__call, all);

        mcp__call_end(&unheard, call, NULL);
    }
    mcp_actions_fini(&actions);
    (void)arena_free(turn);
}

struct mcp *mcp_free(struct mcp *mcp)
{
    struct map *maps[2];

    if (!mcp)
        return NULL;
    mcp_drop_calls(mcp);
    maps[0] = &mcp->connections;
    maps[1] = &mcp->sessions;
    for (size_t i = 0; i < ARRAY_COUNT(maps); i++) {
        struct map_entry *entry;
        size_t position = 0;

        while ((entry = map_next(maps[i], &position))) {
            mcp__streams_end(mcp, entry->value);
            mcp__session_free(entry->value);
        }
        map_fini(maps[i]);
    }
    map_fini(&mcp->exchanges);
    map_fini(&mcp->calls);
    return heap_free(mcp);
}

void mcp_actions_init(struct mcp_actions *actions, struct arena *turn)
{
    *actions = (struct mcp_actions){ .turn = turn };
}

void mcp_actions_fini(struct mcp_actions *actions)
{
    VEC_FINI(&actions->list);
}

static struct mcp__session *mcp_session_bare(struct str principal)
{
    struct mcp__session *session = heap_alloc(sizeof(*session));

    session->arena = arena_new(0);
    session->principal = str_copy(session->arena, principal);
    session->log_level = -1;
    mcp__link_init(&session->calls);
    return session;
}

void mcp__session_free(struct mcp__session *session)
{
    (void)arena_free(session->arena);
    (void)heap_free(session);
}

void mcp__session_end(struct mcp__turn *turn, struct mcp__session *session)
{
    while (session->calls.next != &session->calls) {
        struct mcp__call *call = container_of(session->calls.next, struct mcp__call, of_session);

        if (!session->http)
            call->reply->gone = true;
        mcp__call_leave(turn, call, call->version >= MCP__2026_07_28 ? MCP_CANCEL : MCP_DETACH);
    }
    mcp__streams_end(turn->mcp, session);
    mcp__session_free(session);
}

/* At the limit the session that was idle longest makes room. */
static void mcp_session_room(struct mcp__turn *turn)
{
    struct mcp__session *oldest = NULL;
    struct map_entry *entry;
    size_t position = 0;

    if (turn->mcp->sessions.count < MCP_SESSIONS_MAX)
        return;
    while ((entry = map_next(&turn->mcp->sessions, &position))) {
        struct mcp__session *session = entry->value;
        bool idler = !oldest || (session->calls_count == 0 && oldest->calls_count > 0) ||
                     ((session->calls_count == 0) == (oldest->calls_count == 0) &&
                      session->used < oldest->used);

        if (idler)
            oldest = session;
    }
    CHECK(oldest);
    (void)map_take(&turn->mcp->sessions, oldest->id);
    mcp__session_end(turn, oldest);
}

/* Unguessable without the key, and never the same twice: boot differs at every start. */
static struct str mcp_session_id(struct mcp *mcp, struct arena *arena)
{
    struct str parts[3] = {
        STR("mcp session"),
        str_of((const char *)mcp->config.boot, sizeof(mcp->config.boot)),
        str_of((const char *)&mcp->sessions_made, sizeof(mcp->sessions_made)),
    };
    struct digest digest;
    char *text = arena_alloc(arena, DIGEST_HEX_LEN + 1);

    mcp->sessions_made++;
    digest = digest_hmac(str_of((const char *)mcp->config.seal_key, 32), parts, 3);
    digest_hex(&digest, text);
    return str_of(text, 40);
}

struct mcp__session *mcp__session_new(struct mcp__turn *turn, struct str principal)
{
    struct mcp__session *session = mcp_session_bare(principal);

    mcp_session_room(turn);
    session->http = true;
    session->id = mcp_session_id(turn->mcp, session->arena);
    (void)map_put(&turn->mcp->sessions, session->id, session);
    return session;
}

void mcp_open(struct mcp *mcp, uint64_t connection, struct str principal)
{
    struct mcp__session *session = mcp_session_bare(principal);

    session->connection = connection;
    CHECK(map_put_u64(&mcp->connections, connection, session) == NULL);
}

void mcp_close(struct mcp *mcp, uint64_t connection, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__session *session = map_take_u64(&mcp->connections, connection);

    if (!session)
        return;
    mcp__session_end(&turn, session);
    mcp__act(&turn, MCP_CLOSE)->to = connection;
}

struct mcp_figures mcp_figures(const struct mcp *mcp)
{
    return (struct mcp_figures){
        .connections = mcp->connections.count,
        .sessions = mcp->sessions.count,
        .calls = mcp->calls.count,
    };
}
