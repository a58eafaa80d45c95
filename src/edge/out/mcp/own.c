/*
 * What a server offers beside tools, as tools of its source, so that a program reaches it through
 * the same gate: resources, prompts, completion. Their names begin with $, and stand first, so
 * that no tool of the server can take one's place.
 *
 *     tools.SOURCE.$resources.list({cursor?})            resources/list
 *     tools.SOURCE.$resources.list_templates({cursor?})  resources/templates/list
 *     tools.SOURCE.$resources.read({uri})                resources/read
 *     tools.SOURCE.$prompts.list({cursor?})              prompts/list
 *     tools.SOURCE.$prompts.get({name, arguments?})      prompts/get
 *     tools.SOURCE.$completions.get({ref, argument})     completion/complete
 *
 * What they give is the answer as MCP has it, without its envelope, and with references where
 * MCP has base64.
 */
#include "edge/out/mcp/own.h"
#include "edge/out/mcp/blobs.h"

#define OBJECT(properties, required)                                                               \
    "{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required                 \
    "],\"additionalProperties\":false}"
#define CURSOR                                                                                     \
    OBJECT("\"cursor\":{\"type\":\"string\",\"description\":\"nextCursor of the page before\"}", "")
#define READS "{\"readOnlyHint\":true}"

static const struct own {
    const char *capability;
    const char *name;
    const char *method;
    const char *about; /* the argument that a header names; NULL: none */
    const char *description;
    const char *input;
} own[] = {
    { "resources", "$resources.list", "resources/list", NULL,
      "Lists the resources of this source: {resources: [{uri, name, ...}], nextCursor?}.", CURSOR },
    { "resources", "$resources.list_templates", "resources/templates/list", NULL,
      "Lists patterns of resources: {resourceTemplates: [{uriTemplate, name, ...}], nextCursor?}.",
      CURSOR },
    { "resources", "$resources.read", "resources/read", "uri",
      "Reads a resource: {contents: [{uri, mimeType?, text | blob}]}; blob: {$artifact, type, "
      "size}.",
      OBJECT("\"uri\":{\"type\":\"string\"}", "\"uri\"") },
    { "prompts", "$prompts.list", "prompts/list", NULL,
      "Lists the prompts of this source: {prompts: [{name, arguments, ...}], nextCursor?}.",
      CURSOR },
    { "prompts", "$prompts.get", "prompts/get", "name",
      "Gives a prompt with its arguments filled in: {description?, messages}.",
      OBJECT("\"name\":{\"type\":\"string\"},\"arguments\":{\"type\":\"object\","
             "\"additionalProperties\":{\"type\":\"string\"}}",
             "\"name\"") },
    { "completions", "$completions.get", "completion/complete", NULL,
      "Completes an argument of a prompt or of a pattern: {completion: {values, ...}}.",
      OBJECT("\"ref\":{\"type\":\"object\"},\"argument\":{\"type\":\"object\"},"
             "\"context\":{\"type\":\"object\"}",
             "\"ref\",\"argument\"") },
};

void out_mcp__own_note(struct out_mcp *session, const struct json_value *capabilities)
{
    session->own = 0;
    for (size_t i = 0; i < ARRAY_COUNT(own); i++)
        if (json_is_object(json_get(capabilities, own[i].capability)))
            session->own |= 1U << i;
}

void out_mcp__own_add(struct out_mcp *session)
{
    for (size_t i = 0; i < ARRAY_COUNT(own); i++)
        if (session->own & 1U << i)
            *VEC_PUSH(&session->tools) = (struct msg_tool){
                .name = str_from(own[i].name),
                .description = str_from(own[i].description),
                .input = str_from(own[i].input),
                .annotations = STR(READS),
            };
}

static const struct own *find(const struct out_mcp *session, struct str tool)
{
    for (size_t i = 0; i < ARRAY_COUNT(own); i++)
        if (session->own & 1U << i && str_is(tool, own[i].name))
            return &own[i];
    return NULL;
}

struct str out_mcp__own_method(const struct out_mcp *session, struct str tool)
{
    const struct own *one = find(session, tool);

    return one ? str_from(one->method) : STR_NULL;
}

struct str out_mcp__own_about(struct out_mcp *session, struct str tool, struct str args)
{
    const struct own *one = find(session, tool);
    struct json_error error;
    struct json_doc doc;

    if (!one || !one->about || !args.len ||
        json_parse(session->turn, args, NULL, &error, &doc) != JSON_PARSED)
        return STR_NULL;
    return json_get_str(doc.root, one->about);
}

static bool is_envelope(struct str key)
{
    return str_is(key, "_meta") || str_is(key, "resultType") || str_is(key, "ttlMs") ||
           str_is(key, "cacheScope");
}

/* Of one of resources/read: contents; of prompts/get: a message, whose content is a block. */
static void part_add(struct out_mcp *session, const struct json_value *part,
                     const struct out_mcp__place *place)
{
    struct json_iter iter = json_iter(part);
    const struct json_value *value;
    bool first = true;

    if (str_is(str_from(place->list), "contents") || !json_is_object(part)) {
        out_mcp__contents_add(session, part, place, "blob");
        return;
    }
    buf_add_char(&session->value, '{');
    while ((value = json_next(&iter))) {
        out_mcp__key_add(session, iter.key, &first);
        if (str_is(iter.key, "content"))
            out_mcp__block_add(session, value, place, "content");
        else
            json_print(&session->value, value);
    }
    buf_add_char(&session->value, '}');
}

static void parts_add(struct out_mcp *session, const char *list, const struct json_value *parts)
{
    struct out_mcp__place place = { .list = list };
    struct json_iter iter = json_iter(parts);
    const struct json_value *part;

    buf_add_char(&session->value, '[');
    for (; (part = json_next(&iter)); place.index++) {
        if (place.index)
            buf_add_char(&session->value, ',');
        part_add(session, part, &place);
    }
    buf_add_char(&session->value, ']');
}

void out_mcp__own_result(struct out_mcp *session, const struct json_value *result,
                         struct out_mcp_event *event)
{
    struct json_iter iter = json_iter(result);
    const struct json_value *value;
    bool first = true;

    out_mcp__value_begin(session);
    buf_add_char(&session->value, '{');
    while ((value = json_next(&iter))) {
        if (is_envelope(iter.key))
            continue;
        out_mcp__key_add(session, iter.key, &first);
        if (str_is(iter.key, "contents") && json_is_array(value))
            parts_add(session, "contents", value);
        else if (str_is(iter.key, "messages") && json_is_array(value))
            parts_add(session, "messages", value);
        else
            json_print(&session->value, value);
    }
    buf_add_char(&session->value, '}');
    out_mcp__value_end(session, event);
}
