/*
 * What a server asks of a person while it works on a call: to fill a form, or to open an address.
 *
 *     until 2025-11-25   its own request, elicitation/create; what is said is our response
 *     2026-07-28         a result that is input_required; what is said goes with the call made
 *                        again (rounds.c)
 *
 * An older server does not say which of its calls it asks for. Where one is under way it is that
 * one; of several it is the oldest, and whoever is asked is told that it may be another (shared).
 * While somebody is asked the call does not time out, but for the longest that it may take.
 */
#include "edge/out/mcp/internal.h"

#define SCHEMA_BYTES_MAX 16384U
#define FIELDS_MAX       100U
#define URL_MAX          4096U

/* --- What is asked ----------------------------------------------------------------------- */

/* 2025-11-25, "Requested Schema": primitives, enumerations, and arrays of these. */
static bool is_field(const struct json_value *field)
{
    struct str type = json_get_str(field, "type");

    if (str_is(type, "array"))
        return json_is_object(json_get(field, "items"));
    return str_is(type, "string") || str_is(type, "number") || str_is(type, "integer") ||
           str_is(type, "boolean");
}

static bool is_form(const struct json_value *schema)
{
    const struct json_value *properties = json_get(schema, "properties");
    struct json_iter iter = json_iter(properties);
    const struct json_value *field;

    if (!str_is(json_get_str(schema, "type"), "object") || !json_is_object(properties) ||
        json_count(properties) > FIELDS_MAX)
        return false;
    while ((field = json_next(&iter)))
        if (!is_field(field))
            return false;
    return true;
}

static bool is_address(struct str url)
{
    if (!str_starts(url, STR("https://")) && !str_starts(url, STR("http://")))
        return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= 0x20 || (unsigned char)url.ptr[i] >= 0x7f)
            return false;
    return url.len <= URL_MAX;
}

/* NULL, or why nobody can be asked this. */
static const char *read_ask(struct out_mcp__ask *ask, const struct json_value *params,
                            struct arena *arena)
{
    const struct json_value *schema = json_get(params, "requestedSchema");
    struct str message = json_get_str(params, "message");
    struct str mode = json_get_str(params, "mode");
    struct str text;

    if (!message.ptr || message.len > OUT_MCP__MESSAGE_MAX)
        return "message is not a text of at most 16 KiB";
    ask->message = str_copy(arena, message);
    if (str_is(mode, "url")) {
        ask->kind = MSG_ASK_KIND_URL;
        ask->url = str_copy(arena, json_get_str(params, "url"));
        return is_address(ask->url) ? NULL : "url is no address of http or https";
    }
    if (mode.ptr && !str_is(mode, "form"))
        return "mode is neither form nor url";
    if (!is_form(schema))
        return "requestedSchema is not a flat object of strings, numbers, booleans and choices";
    text = json_text(arena, schema);
    if (text.len > SCHEMA_BYTES_MAX)
        return "requestedSchema is longer than 16 KiB";
    ask->kind = MSG_ASK_KIND_FORM;
    ask->schema = text;
    return NULL;
}

static struct out_mcp__ask *ask_new(struct out_mcp__pending *pending, struct str key)
{
    struct out_mcp__ask *ask = VEC_PUSH(&pending->asks);

    *ask = (struct out_mcp__ask){ .number = ++pending->ask_last,
                                  .key = str_copy(pending->arena, key) };
    return ask;
}

const char *out_mcp__ask_add(struct out_mcp *session, struct out_mcp__pending *pending,
                             struct str key, const struct json_value *params)
{
    struct out_mcp__ask *ask;
    const char *wrong;

    if (pending->ask_last >= OUT_MCP_ASKS_MAX)
        return "too much is asked for one call";
    ask = ask_new(pending, key);
    wrong = read_ask(ask, params, pending->arena);
    if (wrong) {
        pending->asks.count--;
        return wrong;
    }
    pending->asks_open++;
    session->untold++;
    pending->due_ms = OUT_MCP__NEVER;
    return NULL;
}

void out_mcp__ask_known(struct out_mcp__pending *pending, struct str key, struct str response)
{
    struct out_mcp__ask *ask = ask_new(pending, key);

    ask->told = true;
    ask->answered = true;
    ask->response = str_copy(pending->arena, response);
}

void out_mcp__asks_forget(struct out_mcp *session, struct out_mcp__pending *pending)
{
    for (size_t i = 0; i < pending->asks.count; i++) {
        struct out_mcp__ask *ask = &pending->asks.at[i];

        if (!ask->told)
            session->untold--;
        if (ask->response.len) /* What a person said may be a secret. */
            explicit_bzero((char *)(uintptr_t)ask->response.ptr, ask->response.len);
    }
    VEC_CLEAR(&pending->asks);
    pending->asks_open = 0;
}

/* --- By a request of the server's own ---------------------------------------------------- */

static struct out_mcp__pending *call_that_asks(struct out_mcp *session, bool *ret_shared)
{
    struct out_mcp__pending *oldest = NULL;
    struct map_entry *entry;
    size_t position = 0;
    size_t count = 0;

    while ((entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        if (pending->cancelled || out_mcp__sent(session, pending) == MSG_SENT_NO)
            continue;
        count++;
        if (!oldest || pending->id < oldest->id)
            oldest = pending;
    }
    *ret_shared = count > 1;
    return oldest;
}

void out_mcp__asked_person(struct out_mcp *session, const struct rpc_message *message)
{
    bool shared;
    struct out_mcp__pending *pending = call_that_asks(session, &shared);
    const char *wrong;

    if (!pending) { /* Nobody here waits for anything of it. */
        out_mcp__respond(session, message->id, STR("{\"action\":\"cancel\"}"));
        return;
    }
    wrong = out_mcp__ask_add(session, pending, message->id, message->params);
    if (wrong) {
        out_mcp__refuse(session, message->id, RPC_INVALID_PARAMS, str_from(wrong));
        return;
    }
    pending->had = true;
    pending->asks.at[pending->asks.count - 1].shared = shared;
}

static void ask_settled(struct out_mcp__pending *pending, struct out_mcp__ask *ask)
{
    ask->answered = true;
    pending->asks_open--;
}

void out_mcp__ask_withdrawn(struct out_mcp *session, struct str key, int64_t now_ms)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        for (size_t i = 0; !pending->held && i < pending->asks.count; i++) {
            struct out_mcp__ask *ask = &pending->asks.at[i];

            if (ask->answered || !str_equal(ask->key, key))
                continue;
            ask_settled(pending, ask);
            ask->kind = MSG_ASK_KIND_OVER;
            session->untold += ask->told ? 1 : 0;
            ask->told = false;
            out_mcp__asks_rest(session, pending, now_ms);
            return;
        }
    }
}

/* --- Who is told, and what they say ------------------------------------------------------ */

bool out_mcp__ask_next(struct out_mcp *session, struct out_mcp_event *ret_event)
{
    struct map_entry *entry;
    size_t position = 0;

    while (session->untold && (entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        for (size_t i = 0; i < pending->asks.count; i++) {
            struct out_mcp__ask *ask = &pending->asks.at[i];

            if (ask->told)
                continue;
            ask->told = true;
            session->untold--;
            *ret_event = (struct out_mcp_event){
                .kind = OUT_MCP_ASK,
                .handle = pending->handle,
                .ask = ask->number,
                .ask_kind = ask->kind,
                .text = ask->message,
                .schema = ask->schema,
                .url = ask->url,
                .shared = ask->shared,
            };
            return true;
        }
    }
    return false;
}

void out_mcp__asks_rest(struct out_mcp *session, struct out_mcp__pending *pending, int64_t now_ms)
{
    if (pending->asks_open > 0 || pending->cancelled)
        return;
    pending->due_ms = now_ms + pending->timeout_ms;
    if (pending->due_ms < session->due_ms)
        session->due_ms = pending->due_ms;
    if (pending->held)
        out_mcp__go_on(session, pending);
}

static void add_response(struct buf *out, const struct out_mcp_saying *saying)
{
    buf_add_c(out, "{\"action\":");
    buf_add_json(out, msg_ask_action_name(saying->action));
    if (saying->action == MSG_ASK_ACTION_ACCEPT && saying->content.ptr) {
        buf_add_c(out, ",\"content\":");
        rpc_add_one_line(out, saying->content);
    }
    buf_add_char(out, '}');
}

void out_mcp_said(struct out_mcp *session, const struct out_mcp_saying *saying, int64_t now_ms)
{
    struct out_mcp__pending *pending = map_find_u64(&session->handles, saying->handle);
    BUF_CLEANUP struct buf response = BUF_INIT;

    for (size_t i = 0; pending && i < pending->asks.count; i++) {
        struct out_mcp__ask *ask = &pending->asks.at[i];

        if (ask->number != saying->ask || ask->answered)
            continue;
        add_response(&response, saying);
        ask_settled(pending, ask);
        if (pending->held)
            ask->response = str_copy(pending->arena, buf_str(&response));
        else
            out_mcp__respond(session, ask->key, buf_str(&response));
        explicit_bzero(response.ptr, response.len);
        out_mcp__asks_rest(session, pending, now_ms);
        return;
    }
}
