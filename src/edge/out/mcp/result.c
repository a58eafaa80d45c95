/*
 * The one convention for results (docs/protocol/results.md):
 *
 *     structuredContent is there           its value
 *     nothing                              null
 *     one text                             the text, as a string
 *     anything else                        an array of parts, each {type, ...}
 *
 * and isError makes a failure, whose message is the texts. A result of another shape is none.
 */
#include "edge/out/mcp/internal.h"

/* One large value must not hold its memory for as long as the session lasts. */
#define VALUE_KEEP (1U << 20)

static void add_member(struct buf *out, const char *name, const struct json_value *value)
{
    if (!value || json_is_null(value))
        return;
    buf_add_char(out, ',');
    buf_add_json(out, str_from(name));
    buf_add_char(out, ':');
    json_print(out, value);
}

/* An embedded resource is flattened; binary is always called data. */
static void add_resource(struct buf *out, const struct json_value *resource)
{
    buf_add_c(out, "{\"type\":\"resource\"");
    add_member(out, "uri", json_get(resource, "uri"));
    add_member(out, "mimeType", json_get(resource, "mimeType"));
    add_member(out, "text", json_get(resource, "text"));
    add_member(out, "data", json_get(resource, "blob"));
    buf_add_char(out, '}');
}

/* What describes the part is the server's own, but for what concerns only a display. */
static void add_other(struct buf *out, const struct json_value *part, struct str type)
{
    struct json_iter iter = json_iter(part);
    const struct json_value *value;

    buf_add_c(out, "{\"type\":");
    buf_add_json(out, type);
    while ((value = json_next(&iter))) {
        if (str_is(iter.key, "type") || str_is(iter.key, "_meta") ||
            str_is(iter.key, "annotations") || str_is(iter.key, "icons"))
            continue;
        buf_add_char(out, ',');
        buf_add_json(out, iter.key);
        buf_add_char(out, ':');
        json_print(out, value);
    }
    buf_add_char(out, '}');
}

static void add_part(struct buf *out, const struct json_value *part)
{
    struct str type = json_get_str(part, "type");

    if (!json_is_object(part))
        json_print(out, part);
    else if (str_is(type, "resource") && json_is_object(json_get(part, "resource")))
        add_resource(out, json_get(part, "resource"));
    else
        add_other(out, part, type);
}

static void add_parts(struct buf *out, const struct json_value *content)
{
    struct json_iter iter = json_iter(content);
    const struct json_value *part;
    bool first = true;

    buf_add_char(out, '[');
    while ((part = json_next(&iter))) {
        if (!first)
            buf_add_char(out, ',');
        add_part(out, part);
        first = false;
    }
    buf_add_char(out, ']');
}

static struct str failure_text(struct out_mcp *session, const struct json_value *content)
{
    struct json_iter iter = json_iter(content);
    const struct json_value *part;

    buf_clear(&session->scratch);
    while ((part = json_next(&iter))) {
        struct str text = json_get_str(part, "text");

        if (!text.len)
            continue;
        if (session->scratch.len)
            buf_add_char(&session->scratch, '\n');
        buf_add_str(&session->scratch, text);
    }
    if (!session->scratch.len)
        return STR("the tool failed without a message");
    return str_copy(session->turn, out_mcp__cut(buf_str(&session->scratch), OUT_MCP__MESSAGE_MAX));
}

void out_mcp__result(struct out_mcp *session, const struct json_value *result,
                     struct out_mcp_event *event)
{
    const struct json_value *structured = json_get(result, "structuredContent");
    const struct json_value *content = json_get(result, "content");
    const struct json_value *first = json_at(content, 0);
    bool is_text =
        str_is(json_get_str(first, "type"), "text") && json_is_string(json_get(first, "text"));

    if (!json_is_object(result)) {
        out_mcp__unreadable(session, STR("upstream"), STR("result is not an object"), event);
        return;
    }
    if (content && !json_is_array(content)) {
        out_mcp__unreadable(session, STR("upstream"), STR("content is not an array"), event);
        return;
    }
    if (json_is_true(json_get(result, "isError"))) {
        event->status = MSG_OUTCOME_STATUS_FAILED;
        event->code = STR("upstream");
        event->text = failure_text(session, content);
        if (structured)
            event->data = json_text(session->turn, structured);
        return;
    }
    if (session->value.cap > VALUE_KEEP)
        buf_fini(&session->value);
    buf_clear(&session->value);
    if (structured)
        json_print(&session->value, structured);
    else if (!first)
        buf_add_c(&session->value, "null");
    else if (json_count(content) == 1 && is_text)
        json_print(&session->value, json_get(first, "text"));
    else
        add_parts(&session->value, content);
    event->status = MSG_OUTCOME_STATUS_ANSWERED;
    event->value = buf_str(&session->value);
}
