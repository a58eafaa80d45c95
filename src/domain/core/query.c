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

static bool core_search(struct core_turn *turn, const struct json_value *args, struct buf *out,
                        struct msg_error *ret_error)
{
    struct catalog_query query = {
        .text = core_query_text(args, "query"),
        .source = json_get_str(args, "source"),
        .limit = json_u64_or(json_get(args, "limit"), 0),
        .offset = json_u64_or(json_get(args, "offset"), 0),
    };

    query.effect_given = event_effect_parse(json_get_str(args, "effect"), &query.effect);
    if (json_get(args, "effect") && !query.effect_given) {
        *ret_error = core__error("invalid", STR("effect is \"read\", \"write\" or "
                                                "\"destructive\""));
        return false;
    }
    if (!query.text.ptr) {
        *ret_error = core__error("invalid", STR("tools.search takes a text, or {query, source, "
                                                "effect, limit, offset}"));
        return false;
    }
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
    answer = core__tool_find(turn, address, &tool);
    if (answer == CATALOG_UNKNOWN || answer == CATALOG_WAITING) {
        *ret_error = core__error("unknown_tool", core__unknown_sentence(turn, address));
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
