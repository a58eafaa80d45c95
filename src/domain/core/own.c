/*
 * Writ's own tools: tools.writ.sources.add and .remove, tools.writ.results.read.
 *
 * They live as every call does, with one rule more: what changes what Writ is connected to always
 * waits for a person, whatever the rules allow, and is of the class whose approval only a person's
 * own terminal can give. Approved, it is carried out in the line that says so: a crash leaves both
 * or nothing. A source that is added this way offers nothing until a person has looked at its tools
 * and approved them; neither secrets nor addresses are granted by what a program supplies.
 */
#include "domain/core/files.h"
#include "domain/core/internal.h"
#include "format/json/json.h"

#define OWN_WORDS_MAX 64U
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct own_tool {
    struct msg_tool definition;
    enum event_effect effect;
} own_tools[] = {
    { .definition = { .name = TEXT("writ.sources.add"),
                      .description = TEXT(
                          "Asks a person to connect a source: what is at an address (an MCP "
                          "server, an OpenAPI document, a GraphQL service), a document itself, or "
                          "a command to run here that speaks MCP. Its tools wait for their own "
                          "approval."),
                      .input = TEXT(
                          "{\"type\":\"object\",\"properties\":{"
                          "\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":97,"
                          "\"description\":\"SOURCE@CONNECTION is a further connection of a "
                          "source, and as that where nothing else is said.\"},"
                          "\"url\":{\"type\":\"string\",\"maxLength\":4096,\"description\":"
                          "\"http(s) address; what is there is found out.\"},"
                          "\"document\":{\"type\":\"string\",\"minLength\":1,\"description\":"
                          "\"The text of an OpenAPI document or a GraphQL schema.\"},"
                          "\"command\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
                          "\"maxLength\":4096},\"minItems\":1,\"maxItems\":64,"
                          "\"description\":\"A program and its words.\"},"
                          "\"env\":{\"type\":\"object\",\"maxProperties\":64,"
                          "\"additionalProperties\":{\"type\":\"string\",\"maxLength\":4096},"
                          "\"description\":\"Of a command; without secrets: a person adds "
                          "those.\"},"
                          "\"kind\":{\"enum\":[\"mcp_http\",\"mcp_sse\",\"openapi\","
                          "\"graphql\"]},"
                          "\"baseUrl\":{\"type\":\"string\",\"maxLength\":4096,"
                          "\"description\":\"Where requests go, instead of what the document "
                          "says.\"},"
                          "\"partial\":{\"type\":\"boolean\",\"description\":\"What is sound of "
                          "a document that is not.\"},"
                          "\"allowHost\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
                          "\"minLength\":1,\"maxLength\":256},\"maxItems\":16,\"description\":"
                          "\"Hosts that may be this machine or in a private network.\"}},"
                          "\"required\":[\"name\"],\"additionalProperties\":false,"
                          "\"oneOf\":[{\"required\":[\"command\"]},{\"required\":[\"url\"]},"
                          "{\"required\":[\"document\"]},{\"properties\":{\"name\":{"
                          "\"pattern\":\"@\"},\"command\":false,\"url\":false,\"document\":"
                          "false}}]}"),
                      .output = TEXT("{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
                                     "\"string\"},\"state\":{\"type\":\"string\"}}}") },
      .effect = EVENT_EFFECT_DESTRUCTIVE },
    { .definition = { .name = TEXT("writ.sources.remove"),
                      .description = TEXT("Asks a person to disconnect a source."),
                      .input = TEXT("{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
                                    "\"string\",\"maxLength\":97}},\"required\":[\"name\"],"
                                    "\"additionalProperties\":false}"),
                      .output = TEXT("{\"type\":\"object\",\"properties\":{\"removed\":{\"type\":"
                                     "\"string\"}}}") },
      .effect = EVENT_EFFECT_DESTRUCTIVE },
    { .definition = { .name = TEXT("writ.results.read"),
                      .description = TEXT(
                          "Reads a result that was too large to be given whole. Without pointer: "
                          "limit bytes of its JSON text from offset. With a JSON pointer: that "
                          "part of it; of a list there, limit items from offset. Of an $artifact "
                          "that is no text: limit bytes as $base64."),
                      .input = TEXT(
                          "{\"type\":\"object\",\"properties\":{"
                          "\"artifact\":{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"},"
                          "\"offset\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1073741824},"
                          "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":524288},"
                          "\"pointer\":{\"type\":\"string\",\"maxLength\":4096}},"
                          "\"required\":[\"artifact\"],\"additionalProperties\":false}"),
                      .output = TEXT(
                          "{\"type\":\"object\",\"properties\":{\"value\":{},\"text\":{\"type\":"
                          "\"string\"},\"$base64\":{\"type\":\"string\"},\"total\":{\"type\":"
                          "\"integer\",\"description\":\"Bytes of "
                          "the text, or items of the list.\"},\"next\":{\"type\":[\"integer\","
                          "\"null\"],\"description\":\"The offset to go on from.\"}},"
                          "\"required\":[\"total\",\"next\"]}") },
      .effect = EVENT_EFFECT_READ },
};

bool core_is_own(struct str address)
{
    for (size_t i = 0; i < ARRAY_COUNT(own_tools); i++) {
        if (str_equal(own_tools[i].definition.name, address))
            return true;
    }
    return false;
}

enum catalog_answer core__tool_find(struct core_turn *turn, struct str address,
                                    const struct catalog_tool **ret_tool)
{
    for (size_t i = 0; i < ARRAY_COUNT(own_tools); i++) {
        const struct msg_tool *definition = &own_tools[i].definition;
        struct catalog_tool *tool;

        if (!str_equal(definition->name, address))
            continue;
        tool = ARENA_NEW(turn->update->turn, struct catalog_tool);
        *tool = (struct catalog_tool){
            .address = definition->name,
            .path = definition->name,
            .name = definition->name,
            .description = definition->description,
            .input = definition->input,
            .output = definition->output,
            .effect = own_tools[i].effect,
            .digest = catalog_definition_digest(definition, turn->update->turn),
        };
        *ret_tool = tool;
        return CATALOG_FOUND;
    }
    return catalog_find(turn->core->catalog, address, ret_tool);
}

/* ---- what a person is asked ---- */

void core__own_decision(const struct call *call, struct policy_decision *decision)
{
    if (!core_is_own(call->address) || call->effect == EVENT_EFFECT_READ ||
        decision->verdict == EVENT_VERDICT_DENY)
        return;
    decision->verdict = EVENT_VERDICT_ASK;
    decision->rule = STR("writ-own");
    decision->layer = EVENT_LAYER_PLATFORM;
    decision->reason = STR("it changes what Writ is connected to: a person decides each time");
}

static const struct json_value *own_args(struct core_turn *turn, const struct call *call)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(turn->update->turn, call->args, NULL, &error, &doc) != JSON_PARSED)
        return NULL;
    return doc.root;
}

static struct str *own_env(struct core_turn *turn, const struct json_value *env, size_t *ret_count)
{
    struct str *list = ARENA_ARRAY(turn->update->turn, struct str, json_count(env) + 1);
    struct json_iter iter = json_iter(env);
    const struct json_value *value;

    *ret_count = 0;
    while ((value = json_next(&iter)) && *ret_count < OWN_WORDS_MAX)
        list[(*ret_count)++] = str_printf(turn->update->turn, "%.*s=%.*s", STR_ARG(iter.key),
                                          STR_ARG(json_str(value)));
    return list;
}

static struct str *own_words(struct core_turn *turn, const struct json_value *words,
                             size_t *ret_count)
{
    struct str *list = ARENA_ARRAY(turn->update->turn, struct str, json_count(words) + 1);
    struct json_iter iter = json_iter(words);
    const struct json_value *word;

    *ret_count = 0;
    while ((word = json_next(&iter)) && *ret_count < OWN_WORDS_MAX)
        list[(*ret_count)++] = json_str(word);
    return list;
}

/* What is asked for, with what a further connection has of the first. Gives what fill gives. */
static struct str own_added(struct core_turn *turn, const struct json_value *args,
                            struct event_source_added *ret_added)
{
    *ret_added = (struct event_source_added){ .name = json_get_str(args, "name"),
                                              .url = json_get_str(args, "url"),
                                              .base_url = json_get_str(args, "baseUrl"),
                                              .partial = json_is_true(json_get(args, "partial")),
                                              .kind = MSG_SOURCE_KIND_MCP_STDIO };
    if (json_get(args, "document"))
        ret_added->url = STR("program:");
    if (ret_added->url.ptr)
        ret_added->kind = MSG_SOURCE_KIND_UNKNOWN;
    /* It is one of the schema's. */
    (void)!msg_source_kind_parse(json_get_str(args, "kind"), &ret_added->kind);
    ret_added->argv = own_words(turn, json_get(args, "command"), &ret_added->argv_count);
    ret_added->allow = own_words(turn, json_get(args, "allowHost"), &ret_added->allow_count);
    ret_added->env = own_env(turn, json_get(args, "env"), &ret_added->env_count);
    return core__connection_fill(turn, ret_added);
}

/* Every word as JSON has it: nothing in it can look like something else. */
static void words_print(struct buf *out, const struct str *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_char(out, ' ');
        buf_add_json(out, words[i]);
    }
}

static void env_print(struct buf *out, const struct event_source_added *added)
{
    for (size_t i = 0; i < added->env_count; i++) {
        struct str value = added->env[i];
        struct str name = str_split(&value, '=');

        buf_add_char(out, ' ');
        buf_add_json(out, name);
        buf_add_char(out, '=');
        buf_add_json(out, value);
    }
}

/* Where its tools come from. */
static void title_place(const struct event_source_added *added, struct str document,
                        struct buf *text)
{
    if (document.ptr) {
        struct digest digest = digest_of(document);
        char hex[DIGEST_HEX_LEN];

        digest_hex(&digest, hex);
        buf_printf(text, ", by a document that it gives (%zu bytes, sha256 %.12s)", document.len,
                   hex);
    } else if (added->url.ptr) {
        buf_add_c(text, ", which is reached at ");
        buf_add_json(text, added->url);
    } else {
        buf_add_c(text, ", which runs on this machine:");
        words_print(text, added->argv, added->argv_count);
    }
    if (added->folder.ptr) {
        buf_add_c(text, ", in the folder ");
        buf_add_json(text, added->folder);
    }
}

static void title_first(const struct catalog_source *first, struct buf *text)
{
    if (!first)
        return;
    buf_add_c(text, ", a further connection that offers what ");
    buf_add_json(text, first->name);
    buf_add_c(text, " offers");
}

static void title_options(const struct event_source_added *added, struct str kind, struct buf *text)
{
    if (kind.ptr) {
        buf_add_c(text, ", as ");
        buf_add_json(text, kind);
    }
    if (added->base_url.ptr) {
        buf_add_c(text, ", whose requests go to ");
        buf_add_json(text, added->base_url);
    }
    if (added->partial)
        buf_add_c(text, ", with what is sound of it where something is not");
    if (added->allow_count > 0) {
        buf_add_c(text, ", and what may be on this machine or in a private network:");
        words_print(text, added->allow, added->allow_count);
    }
    if (added->env_count > 0) {
        buf_add_c(text, ", with the environment");
        env_print(text, added);
    }
}

static void title_remove(struct core_turn *turn, struct str name, struct buf *text)
{
    const struct catalog_source *source = catalog_source_named(turn->core->catalog, name);
    const struct catalog_source *connection;
    size_t count = 0;

    buf_add_c(text, " wants to remove the source ");
    buf_add_json(text, name);
    for (size_t at = 0;
         source && (connection = catalog_connection_next(turn->core->catalog, source, &at));) {
        buf_add_c(text, count++ ? " " : ", and with it its further connections ");
        buf_add_json(text, connection->name);
    }
}

struct str core__own_title(struct core_turn *turn, const struct execution *execution,
                           const struct call *call)
{
    const struct json_value *args = own_args(turn, call);
    struct event_source_added added;
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (!core_is_own(call->address))
        return STR_NULL;
    buf_add_str(&text, execution->who.actor);
    if (str_is(call->address, "writ.sources.remove")) {
        title_remove(turn, json_get_str(args, "name"), &text);
        return str_copy(turn->update->turn, buf_str(&text));
    }
    (void)own_added(turn, args, &added);
    buf_add_c(&text, " wants to add the source ");
    buf_add_json(&text, added.name);
    if (catalog_source_named(turn->core->catalog, added.name))
        buf_add_c(&text, ", in place of what was added under that name and never connected");
    title_first(catalog_first_of(turn->core->catalog, added.name), &text);
    title_place(&added, json_get_str(args, "document"), &text);
    title_options(&added, json_get_str(args, "kind"), &text);
    return str_copy(turn->update->turn, buf_str(&text));
}

/* ---- what may be asked at all ---- */

static bool holds_reference(const struct json_value *env)
{
    struct json_iter iter = json_iter(env);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        if (str_find(json_str(value), STR("{{secret:")) != SIZE_MAX ||
            str_find_char(iter.key, '=') != SIZE_MAX || iter.key.len == 0)
            return true;
    }
    return false;
}

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return true;
    }
    return false;
}

static bool is_web(struct str url)
{
    return (str_starts(url, STR("https://")) || str_starts(url, STR("http://"))) &&
           !has_control(url);
}

static struct str add_problem(struct core_turn *turn, const struct json_value *args)
{
    struct str url = json_get_str(args, "url");
    struct str base = json_get_str(args, "baseUrl");
    struct json_iter iter = json_iter(json_get(args, "command"));
    const struct json_value *word;
    enum catalog_name_answer answer =
        catalog_name_check(turn->core->catalog, json_get_str(args, "name"));

    struct str sentence = core__name_sentence(answer);
    struct event_source_added added;

    if (sentence.ptr)
        return sentence;
    if (str_find_char(json_get_str(args, "name"), '@') != SIZE_MAX &&
        (json_get(args, "kind") || json_get(args, "partial") || json_get(args, "document")))
        return STR("a further connection is of the kind of the first, and has its definitions: "
                   "kind, partial and document are not said of it");
    if (answer == CATALOG_NAME_FREE && catalog_count(turn->core->catalog) >= LIMIT_SOURCE_COUNT)
        return STR("as many sources are there as are allowed");
    if ((url.ptr && !is_web(url)) || (base.ptr && !is_web(base)))
        return STR("a source's url begins with https:// or http://, and has no control characters");
    if (json_get(args, "command") && (json_get(args, "kind") || json_get(args, "allowHost")))
        return STR("a command speaks MCP, and goes where it will: kind and allowHost are of a url "
                   "or a document");
    if (json_get(args, "document") && str_starts(json_get_str(args, "kind"), STR("mcp")))
        return STR("a document is openapi or graphql");
    while ((word = json_next(&iter))) {
        if (has_control(json_str(word)))
            return STR("a source's command has no control characters");
    }
    if (holds_reference(json_get(args, "env")))
        return STR(
            "a program hands no secret to a source; a person does, with `writ sources auth`");
    return own_added(turn, args, &added);
}

struct msg_error core__own_problem(struct core_turn *turn, const struct execution *execution,
                                   const struct call *call)
{
    const struct json_value *args = own_args(turn, call);
    struct str name = json_get_str(args, "name");
    struct str artifact = json_get_str(args, "artifact");
    struct str sentence = STR_NULL;

    if (str_is(call->address, "writ.sources.add"))
        sentence = add_problem(turn, args);
    else if (str_is(call->address, "writ.sources.remove") &&
             !catalog_source_named(turn->core->catalog, name))
        return core__error("unknown_source",
                           STR("there is no source of this name; tools.sources() lists them"));
    else if (str_is(call->address, "writ.results.read") &&
             !core_result_is_of(turn->core, artifact, execution->who.actor))
        sentence =
            STR("no result of this name was given to a program of yours, or it was long ago");
    if (!sentence.ptr)
        return (struct msg_error){ .code = STR_NULL };
    return core__error("invalid", sentence);
}

/* ---- carried out ---- */

static void own_done(struct core_turn *turn, struct execution *execution, struct call *call,
                     struct str value)
{
    struct event conforming = { .type = EVENT_CALL_CONFORMING };
    struct event done = { .type = EVENT_CALL_DONE };

    conforming.as.call_conforming.execution = execution->handle;
    conforming.as.call_conforming.call = call->number;
    core__emit(turn, &conforming);
    done.as.call_done.execution = execution->handle;
    done.as.call_done.call = call->number;
    done.as.call_done.value = value;
    done.as.call_done.conformance = EVENT_CONFORMANCE_OK;
    core__emit(turn, &done);
    core__call_settled(turn, execution, call);
}

static void own_add(struct core_turn *turn, struct execution *execution, struct call *call,
                    const struct json_value *args)
{
    struct event_source_added added;
    const struct catalog_source *source;

    (void)own_added(turn, args, &added);
    added.who = execution->who;
    /* Whose word it was: the person's. The record of the input says who asked. */
    if (turn->command->type == COMMAND_INPUT_ANSWER)
        added.who = turn->command->as.answer.who;
    core__source_add(turn, &added, json_get_str(args, "document"));
    source = catalog_source_find(turn->core->catalog, added.source);
    own_done(turn, execution, call,
             str_printf(turn->update->turn, "{\"name\":\"%.*s\",\"state\":\"%.*s\"}",
                        STR_ARG(added.name), STR_ARG(msg_source_state_name(source->state))));
}

/* The call runs and ends in this line. False: it is for others to carry out. */
bool core__own_run(struct core_turn *turn, struct execution *execution, struct call *call)
{
    const struct json_value *args = own_args(turn, call);
    struct msg_error error;

    if (!core_is_own(call->address) || call->effect == EVENT_EFFECT_READ)
        return false;
    /* What was free when it was asked may be taken now. */
    error = core__own_problem(turn, execution, call);
    if (error.code.ptr) {
        core__call_fail(turn, execution, call, &error, MSG_SENT_NO);
        return true;
    }
    if (str_is(call->address, "writ.sources.add")) {
        own_add(turn, execution, call, args);
        return true;
    }
    struct str name = json_get_str(args, "name");
    struct event_who who = execution->who;
    if (turn->command->type == COMMAND_INPUT_ANSWER)
        who = turn->command->as.answer.who;
    core__source_remove(turn, catalog_source_named(turn->core->catalog, name), &who);
    own_done(turn, execution, call,
             str_printf(turn->update->turn, "{\"removed\":\"%.*s\"}", STR_ARG(name)));
    return true;
}

/* ---- who may read which result ---- */

static struct str result_key(const struct core_result *result)
{
    return str_of(result->key, result->key_len);
}

static bool result_name(const struct digest *artifact, struct str actor, struct core_result *result)
{
    if (actor.len > CORE_ACTOR_MAX)
        return false;
    memcpy(result->key, artifact->bytes, sizeof(artifact->bytes));
    memcpy(result->key + sizeof(artifact->bytes), actor.ptr, actor.len);
    result->key_len = sizeof(artifact->bytes) + actor.len;
    return true;
}

bool core_result_is_of(const struct core *core, struct str name, struct str actor)
{
    struct core_result result;
    struct digest digest;

    return digest_parse(name, &digest) && result_name(&digest, actor, &result) &&
           map_find(&core->results, result_key(&result));
}

static void result_forget_oldest(struct core *core)
{
    struct core_result *oldest = core->results_kept.at[core->results_head++];

    if (map_find(&core->results, result_key(oldest)) == oldest)
        (void)map_take(&core->results, result_key(oldest));
    (void)heap_free(oldest);
    if (core->results_head < CORE_RESULTS_MAX)
        return;
    core->results_kept.count -= core->results_head;
    memmove(core->results_kept.at, core->results_kept.at + core->results_head,
            core->results_kept.count * sizeof(struct core_result *));
    core->results_head = 0;
}

/* Whoever was given it may read it. */
void core__result_note(struct core *core, const struct digest *artifact, struct str actor)
{
    static const struct digest none;
    struct core_result *result;

    if (digest_equal(artifact, &none) || actor.len > CORE_ACTOR_MAX)
        return;
    result = heap_alloc(sizeof(*result));
    if (!result_name(artifact, actor, result))
        UNREACHABLE("an actor's name is too long for its result");
    (void)map_take(&core->results, result_key(result)); /* whose key lies in the older one */
    (void)map_put(&core->results, result_key(result), result);
    *VEC_PUSH(&core->results_kept) = result;
    if (core->results_kept.count - core->results_head > CORE_RESULTS_MAX)
        result_forget_oldest(core);
}

void core__results_free(struct core *core)
{
    for (size_t i = core->results_head; i < core->results_kept.count; i++)
        (void)heap_free(core->results_kept.at[i]);
    VEC_FINI(&core->results_kept);
    map_fini(&core->results);
}
