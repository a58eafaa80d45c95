/*
 * Lists tools: pages until there is no cursor, then tells the whole list, if it is another one
 * than the last. A note that the list changed while it is being listed asks for one more listing
 * afterwards, and never more than one a second. A list that says how long it is good (ttlMs) is
 * asked for again with the first call after that; one that says nothing is good until the server
 * says that it changed.
 *
 * Each list that is another one costs the daemon a line of its log: the time between listings
 * doubles with each, and halves with each that is not. A listing that failed is owed, and begun
 * again after such a time.
 */
#include "edge/out/mcp/own.h"
#include "edge/out/mcp/params.h"
#include "edge/out/mcp/tasks.h"

#define LIST_WAIT_MS 30000
#define FRESH_MS_MIN 60000 /* what a server says of how long a list is good has bounds */
#define FRESH_MS_MAX 86400000

void out_mcp__list_start(struct out_mcp *session, int64_t now_ms)
{
    if (now_ms - session->list_at_ms > OUT_MCP_LIST_REST_MS || !session->list_every_ms)
        session->list_every_ms = OUT_MCP_LIST_EVERY_MS;
    session->changed = false;
    session->listing = true;
    session->list_begun++;
    session->list_at_ms = now_ms;
    session->list_after_ms = now_ms + session->list_every_ms;
    session->cursor = STR_NULL;
    session->pages = 0;
    session->list_ttl_ms = OUT_MCP__NEVER;
    session->stale_ms = OUT_MCP__NEVER;
    map_fini(&session->params);
    map_fini(&session->task_tools);
    VEC_CLEAR(&session->tools);
    arena_reset(session->list);
    out_mcp__own_add(session);
    out_mcp__ask_list(session, STR_NULL, now_ms + LIST_WAIT_MS);
}

static struct str json_member(struct out_mcp *session, const struct json_value *tool,
                              const char *key)
{
    const struct json_value *value = json_get(tool, key);

    return json_is_object(value) ? json_text(session->list, value) : STR_NULL;
}

/* False: a tool whose headers are invalid, which must not be used over HTTP. */
static bool params_keep(struct out_mcp *session, const struct json_value *tool, struct str name)
{
    struct out_mcp__params params = { 0 };
    struct out_mcp__params *kept;
    struct str reason;

    if (!session->messages || !session->modern)
        return true;
    if (!out_mcp__params_read(session, json_get(tool, "inputSchema"), &params, &reason)) {
        session->said = str_printf(session->list, "its tool %.*s is left out: %.*s", STR_ARG(name),
                                   STR_ARG(reason));
        return false;
    }
    if (!params.count)
        return true;
    kept = ARENA_NEW(session->list, struct out_mcp__params);
    *kept = params;
    (void)map_put(&session->params, str_copy(session->list, name), kept);
    return true;
}

/* False: what it calls a tool has no usable name, or must not be used. */
static bool add_tool(struct out_mcp *session, const struct json_value *tool)
{
    struct str name = json_get_str(tool, "name");
    struct str title = json_get_str(tool, "title");
    struct msg_tool *one;

    if (!name.len || name.len > OUT_MCP__NAME_MAX || !params_keep(session, tool, name))
        return false;
    if (!title.ptr)
        title = json_get_str(json_get(tool, "annotations"), "title");
    out_mcp__task_tool(session, tool, name);
    one = VEC_PUSH(&session->tools);
    one->name = str_copy(session->list, name);
    one->title = title.ptr ? str_copy(session->list, title) : STR_NULL;
    if (json_get_str(tool, "description").ptr)
        one->description = str_copy(session->list, json_get_str(tool, "description"));
    one->input = json_member(session, tool, "inputSchema");
    one->output = json_member(session, tool, "outputSchema");
    one->annotations = json_member(session, tool, "annotations");
    return true;
}

/* Of two tools with one name the first stays: a later one never takes its place. */
static void drop_doubles(struct out_mcp *session)
{
    struct map names = MAP_INIT;
    size_t kept = 0;

    for (size_t i = 0; i < session->tools.count; i++) {
        struct msg_tool tool = session->tools.at[i];

        if (map_find(&names, tool.name))
            continue;
        (void)map_put(&names, tool.name, session);
        session->tools.at[kept++] = tool;
    }
    session->tools.count = kept;
    map_fini(&names);
}

static struct digest list_digest(struct out_mcp *session)
{
    struct digest digest = digest_of(STR("tools"));

    for (size_t i = 0; i < session->tools.count; i++) {
        buf_clear(&session->scratch);
        buf_add(&session->scratch, digest.bytes, DIGEST_LEN);
        msg_tool_encode(&session->tools.at[i], &session->scratch);
        digest = digest_of(buf_str(&session->scratch));
    }
    return digest;
}

static void list_ended(struct out_mcp *session, struct str unlisted)
{
    session->listing = false;
    session->list_ended = session->list_begun;
    buf_clear(&session->unlisted);
    buf_add_str(&session->unlisted, unlisted);
}

static void list_pace(struct out_mcp *session, bool is_news)
{
    int64_t every_ms = is_news ? session->list_every_ms * 2 : session->list_every_ms / 2;

    if (every_ms > OUT_MCP_LIST_REST_MS)
        every_ms = OUT_MCP_LIST_REST_MS;
    if (every_ms < OUT_MCP_LIST_EVERY_MS)
        every_ms = OUT_MCP_LIST_EVERY_MS;
    session->list_every_ms = every_ms;
    session->list_after_ms = session->list_at_ms + every_ms;
}

static bool list_done(struct out_mcp *session, struct out_mcp_event *ret_event)
{
    struct digest digest;

    drop_doubles(session);
    digest = list_digest(session);
    list_ended(session, STR_NULL);
    session->state = OUT_MCP_READY;
    if (session->list_ttl_ms != OUT_MCP__NEVER)
        session->stale_ms = session->now_ms + session->list_ttl_ms;
    if (session->listed) {
        bool is_news = !digest_equal(&digest, &session->list_digest);

        list_pace(session, is_news);
        if (!is_news && !session->retold)
            return false;
    }
    session->retold = false;
    session->list_digest = digest;
    session->listed = true;
    *ret_event = (struct out_mcp_event){
        .kind = OUT_MCP_TOOLS,
        .tools = session->tools.at,
        .tool_count = session->tools.count,
        .server = session->server,
        .protocol = session->protocol,
        .instructions = session->instructions,
    };
    return true;
}

bool out_mcp__list_none(struct out_mcp *session, struct out_mcp_event *ret_event)
{
    if (!session->list_begun)
        session->list_begun = 1; /* It was not asked: its greeting told. */
    VEC_CLEAR(&session->tools);
    out_mcp__own_add(session);
    return list_done(session, ret_event);
}

bool out_mcp__list_failed(struct out_mcp *session, struct str why, struct out_mcp_event *ret_event)
{
    struct str sentence = str_printf(session->turn, "tools/list failed: %.*s", STR_ARG(why));

    if (session->listed) {
        list_ended(session, sentence);
        list_pace(session, true);
        session->changed = true;
        return out_mcp__complain(session, sentence, ret_event);
    }
    session->listing = false;
    out_mcp__fail(session, sentence);
    return false;
}

/* The page that is good for the least time says how long the list is. */
static void note_ttl(struct out_mcp *session, const struct json_value *result)
{
    const struct json_value *said = json_get(result, "ttlMs");
    int64_t ttl_ms = json_i64_or(said, 0);

    if (!json_is_number(said))
        return;
    ttl_ms = ttl_ms < FRESH_MS_MIN ? FRESH_MS_MIN : ttl_ms > FRESH_MS_MAX ? FRESH_MS_MAX : ttl_ms;
    if (ttl_ms < session->list_ttl_ms)
        session->list_ttl_ms = ttl_ms;
}

bool out_mcp__list_page(struct out_mcp *session, const struct json_value *result, int64_t now_ms,
                        struct out_mcp_event *ret_event)
{
    const struct json_value *tools = json_get(result, "tools");
    const struct json_value *cursor = json_get(result, "nextCursor");
    struct json_iter iter = json_iter(tools);
    const struct json_value *tool;

    if (!json_is_array(tools))
        return out_mcp__list_failed(session, STR("the answer has no tools"), ret_event);
    while ((tool = json_next(&iter))) {
        if (session->tools.count >= OUT_MCP_TOOLS_MAX)
            return out_mcp__list_failed(session, STR("it has too many tools"), ret_event);
        (void)add_tool(session, tool); /* Nobody could call one without a name. */
    }
    session->pages++;
    note_ttl(session, result);
    if (!json_is_string(cursor))
        return list_done(session, ret_event);
    if (session->pages >= OUT_MCP_PAGES_MAX || arena_used(session->list) > OUT_MCP_LIST_BYTES_MAX ||
        now_ms - session->list_at_ms > OUT_MCP_LIST_ALL_MS ||
        (session->cursor.ptr && str_equal(json_str(cursor), session->cursor)))
        return out_mcp__list_failed(session, STR("the list does not end"), ret_event);
    session->cursor = str_copy(session->list, json_str(cursor));
    out_mcp__ask_list(session, json_str(cursor), now_ms + LIST_WAIT_MS);
    return false;
}

bool out_mcp__list_is_due(const struct out_mcp *session, int64_t now_ms)
{
    return session->changed && session->listed && !session->listing &&
           now_ms >= session->list_after_ms;
}

void out_mcp_refresh(struct out_mcp *session)
{
    session->changed = true;
    session->retold = true;
    if (session->list_after_ms > session->list_at_ms + OUT_MCP_LIST_EVERY_MS)
        session->list_after_ms = session->list_at_ms + OUT_MCP_LIST_EVERY_MS;
}

uint64_t out_mcp_listing(const struct out_mcp *session)
{
    return session->changed ? session->list_begun + 1 : session->list_begun;
}

uint64_t out_mcp_listed(const struct out_mcp *session)
{
    return session->list_ended;
}

struct str out_mcp_unlisted(const struct out_mcp *session)
{
    return session->unlisted.len ? buf_str(&session->unlisted) : STR_NULL;
}

int64_t out_mcp_list_pause_ms(const struct out_mcp *session, int64_t now_ms)
{
    if (!session->changed || session->listing || now_ms >= session->list_after_ms)
        return 0;
    return session->list_after_ms - now_ms;
}
