/*
 * What a server asks while it works on a call: a person, to fill a form or to open an address
 * (elicitation/create); the model of whoever called, to say something (sampling/createMessage).
 *
 *     until 2025-11-25   its own request; what is said is our response
 *     2026-07-28         a result that is input_required; what is said goes with the call made
 *                        again (rounds.c)
 *
 * A model is asked only where the caller has one, and is given no more than the server's words:
 * what it knows from elsewhere (includeContext) is not the server's to ask for.
 *
 * An older server does not say which of its calls it asks for. It is the one whose answer it comes
 * with (over HTTP), or whose task it names; else, where one is under way, that one; of several it
 * is the oldest, and whoever is asked is told that it may be another (shared); unless all are one
 * owner's. No model is asked for another owner. While somebody is asked the call does not time out,
 * but for the longest that it may take.
 */
#include "edge/out/mcp/asks.h"
#include "model/limit.h"

#define SCHEMA_BYTES_MAX 16384U
#define FIELDS_MAX       100U
#define URL_MAX          4096U
#define NOBODY           (-1) /* 2025-11-25, sampling, "Error Handling" */

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

/* NULL, or why no person can be asked this. */
static const char *read_person(struct out_mcp__ask *ask, const struct json_value *params,
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

static bool has_text(const struct json_value *content)
{
    return json_is_object(content) || json_is_array(content);
}

static bool are_messages(const struct json_value *messages)
{
    struct json_iter iter = json_iter(messages);
    const struct json_value *one;

    if (!json_is_array(messages) || json_count(messages) == 0)
        return false;
    while ((one = json_next(&iter)))
        if (!json_get_str(one, "role").ptr || !has_text(json_get(one, "content")))
            return false;
    return true;
}

/* What a person is shown of it: how its last message begins. */
static struct str words_of(const struct json_value *messages)
{
    const struct json_value *last = json_at(messages, json_count(messages) - 1);
    const struct json_value *content = json_get(last, "content");

    if (json_is_array(content))
        content = json_at(content, 0);
    return out_mcp__cut(json_get_str(content, "text"), OUT_MCP__MESSAGE_MAX);
}

/* NULL, or why no model can be asked this. What is passed on is named here, and nothing else. */
static const char *read_model(struct out_mcp__ask *ask, struct out_mcp__question *question,
                              const struct out_mcp__pending *pending)
{
    static const char *const members[] = { "messages",    "modelPreferences", "systemPrompt",
                                           "temperature", "maxTokens",        "stopSequences",
                                           "tools",       "toolChoice" };
    const struct json_value *params = question->params;
    BUF_CLEANUP struct buf out = BUF_INIT;

    question->code = NOBODY;
    if (pending->samples == 0)
        return "the client of the agent whose program made this call has no model that answers";
    if (json_get(params, "tools") && pending->samples < 2)
        return "the model of the agent's client takes no tools (sampling.tools)";
    question->code = RPC_INVALID_PARAMS;
    if (!are_messages(json_get(params, "messages")) ||
        !json_is_number(json_get(params, "maxTokens")))
        return "messages, each with role and content, and maxTokens are needed";
    buf_add_char(&out, '{');
    for (size_t i = 0; i < ARRAY_COUNT(members); i++) {
        const struct json_value *value = json_get(params, members[i]);

        if (!value)
            continue;
        buf_printf(&out, "%s\"%s\":", out.len > 1 ? "," : "", members[i]);
        json_print(&out, value);
    }
    buf_add_char(&out, '}');
    if (out.len > LIMIT_MODEL_BYTES)
        return "what a model is asked may have 256 KiB";
    ask->kind = MSG_ASK_KIND_MODEL;
    ask->message = str_copy(pending->arena, words_of(json_get(params, "messages")));
    ask->schema = str_copy(pending->arena, buf_str(&out));
    return NULL;
}

bool out_mcp__is_question(struct str method)
{
    return str_is(method, "elicitation/create") || str_is(method, "sampling/createMessage");
}

static struct out_mcp__ask *ask_new(struct out_mcp__pending *pending, struct str key)
{
    struct out_mcp__ask *ask = VEC_PUSH(&pending->asks);

    *ask = (struct out_mcp__ask){ .number = ++pending->ask_last,
                                  .key = str_copy(pending->arena, key) };
    return ask;
}

const char *out_mcp__ask_add(struct out_mcp *session, struct out_mcp__pending *pending,
                             struct out_mcp__question *question)
{
    struct out_mcp__ask *ask;
    const char *wrong;

    question->code = RPC_INVALID_PARAMS;
    if (pending->ask_last >= OUT_MCP_ASKS_MAX)
        return "too much is asked for one call";
    ask = ask_new(pending, question->key);
    wrong = str_is(question->method, "elicitation/create")
                ? read_person(ask, question->params, pending->arena)
                : read_model(ask, question, pending);
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

static bool is_under_way(const struct out_mcp *session, const struct out_mcp__pending *pending)
{
    return pending->asked == OUT_MCP__CALL && !pending->cancelled &&
           out_mcp__sent(session, pending) != MSG_SENT_NO;
}

/* 2025-11-25, "Related Task Metadata". */
static struct str task_named(struct out_mcp *session, const struct json_value *params)
{
    const struct json_value *id = json_get(
        json_get(json_get(params, "_meta"), "io.modelcontextprotocol/related-task"), "taskId");

    return json_is_string(id) ? json_text(session->turn, id) : STR_NULL;
}

/* The one that it says itself: by its stream, or by its task. */
static struct out_mcp__pending *call_named(struct out_mcp *session, const struct json_value *params)
{
    struct out_mcp__pending *found =
        session->stream ? map_find_u64(&session->pending, session->stream) : NULL;
    struct str task = task_named(session, params);
    struct map_entry *entry;

    if (found && is_under_way(session, found))
        return found;
    for (size_t at = 0; task.len && (entry = map_next(&session->handles, &at));) {
        struct out_mcp__pending *pending = entry->value;

        if (pending->task.ptr && str_equal(pending->task, task) && is_under_way(session, pending))
            return pending;
    }
    return NULL;
}

static struct out_mcp__pending *call_that_asks(struct out_mcp *session,
                                               const struct json_value *params, bool *ret_shared)
{
    struct out_mcp__pending *oldest = call_named(session, params);
    struct map_entry *entry;
    size_t position = 0;

    *ret_shared = false;
    if (oldest)
        return oldest;
    while ((entry = map_next(&session->handles, &position))) {
        struct out_mcp__pending *pending = entry->value;

        if (!is_under_way(session, pending))
            continue;
        *ret_shared = *ret_shared || (oldest && oldest->owner != pending->owner);
        if (!oldest || pending->id < oldest->id)
            oldest = pending;
    }
    return oldest;
}

void out_mcp__asked_person(struct out_mcp *session, const struct rpc_message *message)
{
    struct out_mcp__question question = { message->id, message->method, message->params, NOBODY };
    bool model = str_is(message->method, "sampling/createMessage");
    bool shared;
    struct out_mcp__pending *pending = call_that_asks(session, message->params, &shared);
    const char *wrong;

    if (!pending && !model) { /* Nobody here waits for anything of it. */
        out_mcp__respond(session, message->id, STR("{\"action\":\"cancel\"}"));
        return;
    }
    if (model && (!pending || shared))
        wrong = pending ? "calls of several agents are under way, and it does not say whose model "
                          "is asked"
                        : "no call is under way: there is nobody whose model could be asked";
    else
        wrong = out_mcp__ask_add(session, pending, &question);
    if (wrong) {
        out_mcp__refuse(session, message->id, question.code, str_from(wrong));
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

        for (size_t i = 0; !out_mcp__in_round(session, pending) && i < pending->asks.count; i++) {
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
    if (pending->asks_open > 0 || pending->cancelled || pending->refused.ptr)
        return;
    pending->due_ms = now_ms + pending->timeout_ms;
    if (pending->due_ms < session->due_ms)
        session->due_ms = pending->due_ms;
    if (out_mcp__in_round(session, pending))
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

/* A model's no: an older server is told, a newer one is not called again. */
static void say_no(struct out_mcp *session, struct out_mcp__pending *pending,
                   const struct out_mcp__ask *ask, struct str why)
{
    struct json_error error;
    struct json_doc doc;
    struct str text = STR("the model was not asked, or gave no answer");

    if (why.len && json_parse(session->turn, why, NULL, &error, &doc) == JSON_PARSED &&
        json_str(doc.root).len)
        text = out_mcp__cut(json_str(doc.root), OUT_MCP__MESSAGE_MAX);
    if (!out_mcp__in_round(session, pending)) {
        out_mcp__refuse(session, ask->key, NOBODY, text);
        return;
    }
    pending->refused = str_copy(pending->arena, text);
    pending->due_ms = INT64_MIN;
    session->due_ms = INT64_MIN;
}

static void say_model(struct out_mcp *session, struct out_mcp__pending *pending,
                      struct out_mcp__ask *ask, const struct out_mcp_saying *saying)
{
    BUF_CLEANUP struct buf line = BUF_INIT;

    if (saying->action != MSG_ASK_ACTION_ACCEPT) {
        say_no(session, pending, ask, saying->content);
        return;
    }
    rpc_add_one_line(&line, saying->content);
    if (out_mcp__in_round(session, pending))
        ask->response = str_copy(pending->arena, buf_str(&line));
    else
        out_mcp__respond(session, ask->key, buf_str(&line));
    explicit_bzero(line.ptr, line.len);
}

void out_mcp_said(struct out_mcp *session, const struct out_mcp_saying *saying, int64_t now_ms)
{
    struct out_mcp__pending *pending = map_find_u64(&session->handles, saying->handle);
    BUF_CLEANUP struct buf response = BUF_INIT;

    for (size_t i = 0; pending && i < pending->asks.count; i++) {
        struct out_mcp__ask *ask = &pending->asks.at[i];

        if (ask->number != saying->ask || ask->answered)
            continue;
        ask_settled(pending, ask);
        if (ask->kind == MSG_ASK_KIND_MODEL) {
            say_model(session, pending, ask, saying);
            out_mcp__asks_rest(session, pending, now_ms);
            return;
        }
        add_response(&response, saying);
        if (out_mcp__in_round(session, pending))
            ask->response = str_copy(pending->arena, buf_str(&response));
        else
            out_mcp__respond(session, ask->key, buf_str(&response));
        explicit_bzero(response.ptr, response.len);
        out_mcp__asks_rest(session, pending, now_ms);
        return;
    }
}
