/* Text to messages: JSON-RPC 2.0, sections 4 and 5, and what MCP narrows (ids are not null). */
#include "format/json/json.h"
#include "format/rpc/rpc.h"

#include <stdio.h>

static int rpc_malformed(struct rpc_parsed *parsed, enum rpc_code code, struct str id,
                         const char *sentence)
{
    parsed->problem = (struct rpc_problem){ .code = code, .id = id };
    (void)snprintf(parsed->problem.sentence, sizeof(parsed->problem.sentence), "%s", sentence);
    return RPC_MALFORMED;
}

/* The id as JSON text, or null where it is no id. */
static struct str rpc_id_text(struct arena *arena, const struct json_value *id)
{
    if (json_is_string(id) ? json_str(id).len + 2 > RPC_ID_MAX : !json_is_integer(id))
        return STR_NULL;

    struct str text = json_text(arena, id);

    return text.len <= RPC_ID_MAX ? text : STR_NULL;
}

static int rpc_read_call(const struct json_value *value, struct rpc_parsed *parsed)
{
    struct rpc_message *message = &parsed->message;

    message->kind = message->id.ptr ? RPC_REQUEST : RPC_NOTIFICATION;
    message->method = json_get_str(value, "method");
    message->params = json_get(value, "params");
    if (!message->method.ptr)
        return rpc_malformed(parsed, RPC_INVALID_REQUEST, message->id, "method is not a string");
    if (message->params && !json_is_object(message->params) && !json_is_array(message->params))
        return rpc_malformed(parsed, RPC_INVALID_REQUEST, message->id, "params is not an object");
    return RPC_SINGLE;
}

static int rpc_read_error(const struct json_value *error, struct rpc_parsed *parsed)
{
    struct rpc_message *message = &parsed->message;

    message->kind = RPC_ERROR;
    message->text = json_get_str(error, "message");
    message->data = json_get(error, "data");
    if (!json_is_object(error) || !json_to_i64(json_get(error, "code"), &message->code))
        return rpc_malformed(parsed, RPC_INVALID_REQUEST, message->id, "error has no code");
    return RPC_SINGLE;
}

static int rpc_read_answer(const struct json_value *value, struct rpc_parsed *parsed)
{
    const struct json_value *error = json_get(value, "error");
    struct rpc_message *message = &parsed->message;

    message->result = json_get(value, "result");
    if (error && message->result)
        return rpc_malformed(parsed, RPC_INVALID_REQUEST, message->id, "both result and error");
    if (error)
        return rpc_read_error(error, parsed);
    if (!message->result)
        return rpc_malformed(parsed, RPC_INVALID_REQUEST, message->id,
                             "neither method nor result nor error");
    if (!message->id.ptr)
        return rpc_malformed(parsed, RPC_INVALID_REQUEST, STR_NULL, "a result without an id");
    message->kind = RPC_RESULT;
    return RPC_SINGLE;
}

int rpc_read(struct arena *arena, const struct json_value *value, struct rpc_parsed *ret_parsed)
{
    const struct json_value *id = json_get(value, "id");

    *ret_parsed = (struct rpc_parsed){ 0 };
    if (!json_is_object(value))
        return rpc_malformed(ret_parsed, RPC_INVALID_REQUEST, STR_NULL, "not an object");
    ret_parsed->message.id = rpc_id_text(arena, id);
    if (!str_is(json_get_str(value, "jsonrpc"), "2.0"))
        return rpc_malformed(ret_parsed, RPC_INVALID_REQUEST, ret_parsed->message.id,
                             "jsonrpc is not \"2.0\"");
    if (id && !ret_parsed->message.id.ptr && !(json_is_null(id) && json_get(value, "error")))
        return rpc_malformed(ret_parsed, RPC_INVALID_REQUEST, STR_NULL,
                             "id is neither a string nor an integer of at most 256 bytes");
    if (json_get(value, "method"))
        return rpc_read_call(value, ret_parsed);
    return rpc_read_answer(value, ret_parsed);
}

int rpc_parse(struct arena *arena, struct str text, struct rpc_parsed *ret_parsed)
{
    struct json_options options = { .depth_max = RPC_DEPTH_MAX };
    struct json_error error;
    struct json_doc doc;
    int r = json_parse(arena, text, &options, &error, &doc);

    if (r < 0)
        return TRACE(r);
    *ret_parsed = (struct rpc_parsed){ 0 };
    if (r != JSON_PARSED) {
        ret_parsed->problem = (struct rpc_problem){ .code = RPC_PARSE_ERROR };
        (void)snprintf(ret_parsed->problem.sentence, sizeof(ret_parsed->problem.sentence),
                       "line %zu, column %zu: %.140s", error.line, error.column, error.sentence);
        return RPC_MALFORMED;
    }
    if (json_is_array(doc.root)) {
        ret_parsed->batch = doc.root;
        return RPC_BATCH;
    }
    return rpc_read(arena, doc.root, ret_parsed);
}
