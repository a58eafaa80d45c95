/*
 * What a program may ask about Writ itself: tools.search(text), tools.describe(address),
 * tools.sources(). Journaled, so that a replay sees what the program saw, and no call.
 */
#include "domain/core/internal.h"
#include "format/json/json.h"

struct core_query {
    const char *address;
    bool (*answer)(struct core_turn *turn, const struct json_value *args, struct buf *out,
                   struct msg_error *ret_error);
};

/* tools.search("text") and tools.search({query: "text", limit: 5}) are both fine. */
static struct str core_query_text(const struct json_value *args, const char *name)
{
    return json_is_string(args) ? json_str(args) : json_get_str(args, name);
}

static bool wrong(struct msg_error *error, const char *code, struct str sentence)
{
    *error = core__error(code, sentence);
    return false;
}

/* A whole number that is not below least; absent, or null: 0. */
static bool core_query_number(const struct json_value *args, const char *name, uint64_t least,
                              uint64_t *ret_number)
{
    const struct json_value *value = json_get(args, name);

    *ret_number = 0;
    return !value || json_is_null(value) ||
           (json_to_u64(value, ret_number) && *ret_number >= least);
}

/* A member that is not known is an error: whoever misspelt it would take the answer for another. */
static struct str core_query_strange(const struct json_value *args)
{
    static const char *const names[] = { "query", "source", "effect", "limit", "offset" };
    struct json_iter iter = json_iter(args);

    while (json_is_object(args) && json_next(&iter)) {
        size_t i = 0;

        while (i < ARRAY_COUNT(names) && !str_is(iter.key, names[i]))
            i++;
        if (i == ARRAY_COUNT(names))
            return iter.key;
    }
    return STR_NULL;
}

/* Null: any. */
static bool core_query_source(struct core_turn *turn, const struct json_value *args,
                              struct str *ret_name, struct msg_error *error)
{
    const struct json_value *source = json_get(args, "source");

    *ret_name = STR_NULL;
    if (!source || json_is_null(source))
        return true;
    if (!json_is_string(source))
        return wrong(error, "invalid", STR("source is the name of one"));
    *ret_name = json_str(source);
    if (catalog_source_named(turn->core->catalog, *ret_name))
        return true;
    return wrong(error, "unknown_source",
                 str_printf(turn->update->turn,
                            "there is no source %.*s; tools.sources() lists them",
                            STR_ARG(str_slice(*ret_name, 0, 64))));
}

static bool core_query_effect(const struct json_value *args, struct catalog_query *query)
{
    const struct json_value *effect = json_get(args, "effect");

    query->effect_given = effect && !json_is_null(effect);
    return !query->effect_given || event_effect_parse(json_get_str(args, "effect"), &query->effect);
}

#define SEARCH_TAKES "a text, or {query, source, effect, limit, offset}"

static bool core_search(struct core_turn *turn, const struct json_value *args, struct buf *out,
                        struct msg_error *ret_error)
{
    struct catalog_query query = { .text = core_query_text(args, "query") };
    struct str strange = core_query_strange(args);
    uint64_t limit = 0, offset = 0;

    if (strange.ptr)
        return wrong(ret_error, "invalid",
                     str_printf(turn->update->turn,
                                "tools.search knows no %.*s; it takes " SEARCH_TAKES,
                                STR_ARG(str_slice(strange, 0, 64))));
    if (!query.text.ptr && !json_get(args, "query") &&
        (json_get(args, "source") || json_get(args, "effect")))
        query.text = STR("");
    if (!query.text.ptr)
        return wrong(ret_error, "invalid", STR("tools.search takes " SEARCH_TAKES));
    if (!core_query_effect(args, &query))
        return wrong(ret_error, "invalid", STR("effect is \"read\", \"write\" or \"destructive\""));
    if (!core_query_number(args, "limit", 1, &limit))
        return wrong(ret_error, "invalid", STR("limit is a number from 1 on"));
    if (!core_query_number(args, "offset", 0, &offset))
        return wrong(ret_error, "invalid", STR("offset is a number from 0 on"));
    if (!core_query_source(turn, args, &query.source, ret_error))
        return false;
    query.limit = limit;
    query.offset = offset;
    catalog_search(turn->core->catalog, &query, out);
    return true;
}

static bool core_describe(struct core_turn *turn, const struct json_value *args, struct buf *out,
                          struct msg_error *ret_error)
{
    struct str address = core_query_text(args, "address");
    const struct catalog_tool *tool = NULL;
    struct buf text BUF_CLEANUP = BUF_INIT;
    enum catalog_answer answer;

    if (!address.ptr) {
        *ret_error = core__error("invalid", STR("tools.describe takes an address such as "
                                                "\"files.read_file\""));
        return false;
    }
    /* What nobody has approved is not shown to a model: its words may be what was wrong with it. */
    answer = core__tool_find(turn, address, &tool);
    if (answer == CATALOG_UNKNOWN || answer == CATALOG_WAITING) {
        *ret_error = core__not_callable(turn, address, answer, tool);
        return false;
    }
    catalog_describe(tool, &text);
    buf_add_json(out, buf_str(&text));
    return true;
}

static bool core_sources(struct core_turn *turn, const struct json_value *args, struct buf *out,
                         struct msg_error *ret_error)
{
    (void)args;
    (void)ret_error;
    catalog_print_sources(turn->core->catalog, out);
    return true;
}

static void core_print_input(const struct input *input, struct buf *out)
{
    char id[ID_TEXT_LEN];

    id_print(input->id, "inp", id);
    buf_add_c(out, "{\"input\":");
    buf_add_json(out, str_of(id, ID_TEXT_LEN));
    buf_add_c(out, ",\"title\":");
    buf_add_json(out, input->title);
    buf_add_char(out, '}');
}

/* An agent may see that its own calls wait; it cannot answer. */
static bool core_inputs(struct core_turn *turn, const struct json_value *args, struct buf *out,
                        struct msg_error *ret_error)
{
    const struct input *input;
    size_t count = 0;

    (void)args;
    (void)ret_error;
    buf_add_char(out, '[');
    for (size_t at = 0; (input = core_input_next(turn->core, &at));) {
        if (!str_equal(input->actor, turn->actor))
            continue;
        if (count++ > 0)
            buf_add_char(out, ',');
        core_print_input(input, out);
    }
    buf_add_char(out, ']');
    return true;
}

/* {name}, or the name: the source, or NULL and *ret_error says why. */
static const struct catalog_source *core_source_of(struct core_turn *turn,
                                                   const struct json_value *args,
                                                   struct msg_error *ret_error)
{
    struct str name = core_query_text(args, "name");
    const struct catalog_source *source = catalog_source_named(turn->core->catalog, name);

    if (!source)
        *ret_error = core__error("unknown_source", STR("there is no source of this name; "
                                                       "tools.sources() lists them"));
    return source;
}

static void core_print_source(const struct catalog_source *source, struct buf *out)
{
    buf_add_c(out, "{\"name\":");
    buf_add_json(out, source->name);
    buf_add_c(out, ",\"state\":");
    buf_add_json(out, msg_source_state_name(source->state));
    if (source->reason.len > 0) {
        buf_add_c(out, ",\"reason\":");
        buf_add_json(out, source->reason);
    }
    buf_printf(out, ",\"usable\":%s,\"approved\":%s,\"tools\":%zu,\"waiting\":%zu}",
               source->approved && source->state == MSG_SOURCE_STATE_CONNECTED ? "true" : "false",
               source->approved ? "true" : "false", source->tools_count, source->waiting_count);
}

/* As it is now. */
static bool core_source_test(struct core_turn *turn, const struct json_value *args, struct buf *out,
                             struct msg_error *ret_error)
{
    const struct catalog_source *source = core_source_of(turn, args, ret_error);

    if (!source)
        return false;
    core_print_source(source, out);
    return true;
}

/* As it is now; its tools are listed anew, and it is started if it was down. */
static bool core_source_refresh(struct core_turn *turn, const struct json_value *args,
                                struct buf *out, struct msg_error *ret_error)
{
    const struct catalog_source *source = core_source_of(turn, args, ret_error);

    if (!source)
        return false;
    if (source->url.ptr && !str_starts(source->url, STR("http"))) {
        *ret_error = core__error("invalid", STR("its document is a file: a person has it read "
                                                "again, with `writ sources refresh NAME`"));
        return false;
    }
    core__effect(turn, EFFECT_SOURCE_REFRESH)->source = source->source;
    core_print_source(source, out);
    return true;
}

static const struct core_query core_queries[] = {
    { "search", core_search },
    { "describe", core_describe },
    { "sources", core_sources },
    { "writ.search", core_search },
    { "writ.describe", core_describe },
    { "writ.sources.list", core_sources },
    { "writ.inputs.list", core_inputs },
    { "writ.sources.test", core_source_test },
    { "writ.sources.refresh", core_source_refresh },
    { "writ.sources", core_sources },
};

static const struct core_query *core_query_find(struct str address)
{
    for (size_t i = 0; i < ARRAY_COUNT(core_queries); i++)
        if (str_is(address, core_queries[i].address))
            return &core_queries[i];
    return NULL;
}

bool core_is_search(struct str address)
{
    const struct core_query *query = core_query_find(address);

    return query && query->answer == core_search;
}

bool core__is_query(struct str address)
{
    return core_query_find(address) != NULL;
}

void core__query(struct core_turn *turn, struct execution *execution,
                 const struct msg_program_call *program_call)
{
    const struct core_query *query = core_query_find(program_call->address);
    struct event event = { .type = EVENT_QUERY_DONE };
    struct event_query_done *done = &event.as.query_done;
    struct buf value BUF_CLEANUP = BUF_INIT;
    struct json_error error;
    struct json_doc doc;

    done->execution = execution->handle;
    done->call = program_call->call;
    done->address = program_call->address;
    done->args = program_call->args;
    turn->actor = execution->who.actor;
    if (json_parse(turn->update->turn, program_call->args, NULL, &error, &doc) != JSON_PARSED)
        done->error = core__error("invalid", STR("the argument is no JSON"));
    else if (query->answer(turn, doc.root, &value, &done->error))
        done->value = str_copy(turn->update->turn, buf_str(&value));
    core__emit(turn, &event);
    core__deliver_call(turn, execution, core__call_find(execution, program_call->call));
}

bool core__canonical(struct core_turn *turn, struct str text, struct buf *out)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(turn->update->turn, text, NULL, &error, &doc) != JSON_PARSED)
        return false;
    json_print_canonical(out, doc.root);
    return true;
}
