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
#include "edge/out/mcp/blobs.h"

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
static void add_resource(struct out_mcp *session, const struct json_value *resource,
                         const struct out_mcp__place *place)
{
    const struct json_value *type = json_get(resource, "mimeType");
    const struct json_value *blob = json_get(resource, "blob");
    struct buf *out = &session->value;

    buf_add_c(out, "{\"type\":\"resource\"");
    add_member(out, "uri", json_get(resource, "uri"));
    add_member(out, "mimeType", type);
    add_member(out, "text", json_get(resource, "text"));
    if (blob && !json_is_null(blob)) {
        buf_add_c(out, ",\"data\":");
        out_mcp__blob_add(session, blob, type, place, "resource/blob");
    }
    buf_add_char(out, '}');
}

/* What describes the part is the server's own, but for what concerns only a display. */
static void add_other(struct out_mcp *session, const struct json_value *part, struct str type,
                      const struct out_mcp__place *place)
{
    struct json_iter iter = json_iter(part);
    bool data = out_mcp__has_data(part), first = false;
    const struct json_value *value;

    buf_add_c(&session->value, "{\"type\":");
    buf_add_json(&session->value, type);
    while ((value = json_next(&iter))) {
        if (str_is(iter.key, "type") || str_is(iter.key, "_meta") ||
            str_is(iter.key, "annotations") || str_is(iter.key, "icons"))
            continue;
        out_mcp__key_add(session, iter.key, &first);
        if (data && str_is(iter.key, "data"))
            out_mcp__blob_add(session, value, json_get(part, "mimeType"), place, "data");
        else
            json_print(&session->value, value);
    }
    buf_add_char(&session->value, '}');
}

static void add_part(struct out_mcp *session, const struct json_value *part,
                     const struct out_mcp__place *place)
{
    struct str type = json_get_str(part, "type");

    if (!json_is_object(part))
        json_print(&session->value, part);
    else if (str_is(type, "resource") && json_is_object(json_get(part, "resource")))
        add_resource(session, json_get(part, "resource"), place);
    else
        add_other(session, part, type, place);
}

static void add_parts(struct out_mcp *session, const struct json_value *content)
{
    struct out_mcp__place place = { .list = "content" };
    struct json_iter iter = json_iter(content);
    const struct json_value *part;

    buf_add_char(&session->value, '[');
    for (; (part = json_next(&iter)); place.index++) {
        if (place.index)
            buf_add_char(&session->value, ',');
        add_part(session, part, &place);
    }
    buf_add_char(&session->value, ']');
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

static bool is_all_text(const struct json_value *content)
{
    struct json_iter iter = json_iter(content);
    const struct json_value *part;

    while ((part = json_next(&iter)))
        if (!json_get_str(part, "text").ptr)
            return false;
    return true;
}

/* What it gave beside its words; of what cannot be kept nothing: that it failed is known. */
static void failed(struct out_mcp *session, const struct json_value *content,
                   const struct json_value *structured, struct out_mcp_event *event)
{
    struct str text = failure_text(session, content);

    if (structured) {
        event->data = json_text(session->turn, structured);
    } else if (!is_all_text(content)) {
        out_mcp__value_begin(session);
        add_parts(session, content);
        out_mcp__value_end(session, event);
        event->data = event->value;
        event->value = STR_NULL;
    }
    event->status = MSG_OUTCOME_STATUS_FAILED;
    event->code = STR("upstream");
    event->text = text;
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
        failed(session, content, structured, event);
        return;
    }
    out_mcp__value_begin(session);
    if (structured)
        json_print(&session->value, structured);
    else if (!first)
        buf_add_c(&session->value, "null");
    else if (json_count(content) == 1 && is_text)
        json_print(&session->value, json_get(first, "text"));
    else
        add_parts(session, content);
    out_mcp__value_end(session, event);
}
