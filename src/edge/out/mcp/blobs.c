/*
 * What is binary in an answer: image, audio, the contents of resources. MCP has it as base64 in a
 * string; a value of ours has a reference there, and the bytes go beside it:
 *
 *     "data": "iVBORw0..."  ->  "data": {"$artifact": "<digest>", "type": "image/png", "size": 68}
 *
 * All of it, however small: what a program gets does not hang on its length. Line ends in base64
 * (RFC 2045) are passed over. What is no base64, too long, or one too many spoils the answer: the
 * place is named.
 */
#include "edge/out/mcp/blobs.h"

#include "base/base64.h"
#include "model/limit.h"

/* One large value must not hold its memory for as long as the session lasts. */
#define KEEP (1U << 20)

void out_mcp__value_drop(struct out_mcp *session)
{
    if (session->value.cap > KEEP)
        buf_fini(&session->value);
    if (session->bytes.cap > KEEP)
        buf_fini(&session->bytes);
}

void out_mcp__value_begin(struct out_mcp *session)
{
    buf_clear(&session->value);
    buf_clear(&session->bytes);
    VEC_CLEAR(&session->blobs);
    session->blob_code = session->blob_fault = STR_NULL;
}

void out_mcp__value_end(struct out_mcp *session, struct out_mcp_event *event)
{
    struct str bytes = buf_str(&session->bytes);

    if (session->blob_code.ptr) {
        out_mcp__unreadable(session, session->blob_code, session->blob_fault, event);
        return;
    }
    /* Where they are is known now that no more are added. */
    for (size_t i = 0; i < session->blobs.count; i++) {
        struct out_mcp_blob *blob = &session->blobs.at[i];

        blob->bytes = str_slice(bytes, 0, blob->bytes.len);
        bytes = str_slice(bytes, blob->bytes.len, bytes.len);
    }
    event->status = MSG_OUTCOME_STATUS_ANSWERED;
    event->value = buf_str(&session->value);
    event->blobs = session->blobs.at;
    event->blob_count = session->blobs.count;
}

void out_mcp_blob_print(struct buf *out, const struct out_mcp_blob *blob)
{
    char hex[DIGEST_HEX_LEN];

    digest_hex(&blob->name, hex);
    buf_add_c(out, "{\"$artifact\":");
    buf_add_json(out, str_of(hex, sizeof(hex)));
    buf_add_c(out, ",\"type\":");
    buf_add_json(out, blob->type);
    buf_printf(out, ",\"size\":%zu}", blob->bytes.len);
}

/* The first thing that is wrong is what is said. */
static void fails(struct out_mcp *session, const char *code, struct str sentence)
{
    if (session->blob_code.ptr)
        return;
    session->blob_code = str_from(code);
    session->blob_fault = sentence;
}

static struct str place_text(struct out_mcp *session, const struct out_mcp__place *place,
                             const char *member)
{
    return str_printf(session->turn, "/%s/%zu/%s", place->list, place->index, member);
}

/* Base64 in lines, as mail has it. */
static bool decode_lines(struct buf *out, struct str text)
{
    BUF_CLEANUP struct buf bare = BUF_INIT;

    for (size_t i = 0; i < text.len; i++)
        if (!memchr("\r\n\t ", text.ptr[i], 4))
            buf_add_char(&bare, text.ptr[i]);
    return bare.len < text.len && base64_decode(out, buf_str(&bare));
}

static bool decode(struct out_mcp *session, struct str text, struct str *ret_bytes)
{
    size_t from = session->bytes.len;

    if (!base64_decode(&session->bytes, text)) {
        buf_cut(&session->bytes, from);
        if (!decode_lines(&session->bytes, text))
            return false;
    }
    *ret_bytes = str_slice(buf_str(&session->bytes), from, session->bytes.len);
    return true;
}

static void reference_add(struct out_mcp *session, struct str text, struct str type,
                          struct str place)
{
    struct out_mcp_blob blob = { .at = session->value.len };

    blob.type = type.len ? type : STR("application/octet-stream");
    if (session->blobs.count == LIMIT_VALUE_BLOBS) {
        fails(session, "limit",
              str_printf(session->turn, "%.*s is one too many: %u binary parts are allowed",
                         STR_ARG(place), (unsigned)LIMIT_VALUE_BLOBS));
        return;
    }
    if (!decode(session, text, &blob.bytes)) {
        fails(session, "upstream", str_printf(session->turn, "%.*s is no base64", STR_ARG(place)));
        return;
    }
    if (blob.bytes.len > LIMIT_VALUE_BYTES) {
        fails(session, "limit",
              str_printf(session->turn, "%.*s has %zu bytes; %u are allowed", STR_ARG(place),
                         blob.bytes.len, (unsigned)LIMIT_VALUE_BYTES));
        return;
    }
    blob.name = digest_of(blob.bytes);
    out_mcp_blob_print(&session->value, &blob);
    blob.len = session->value.len - blob.at;
    *VEC_PUSH(&session->blobs) = blob;
}

void out_mcp__blob_add(struct out_mcp *session, const struct json_value *base64,
                       const struct json_value *type, const struct out_mcp__place *place,
                       const char *member)
{
    if (!json_is_string(base64))
        json_print(&session->value, base64);
    else if (!session->blob_code.ptr)
        reference_add(session, json_str(base64), json_str(type),
                      place_text(session, place, member));
}

bool out_mcp__has_data(const struct json_value *block)
{
    struct str type = json_get_str(block, "type");

    return str_is(type, "image") || str_is(type, "audio");
}

void out_mcp__key_add(struct out_mcp *session, struct str key, bool *first)
{
    if (!*first)
        buf_add_char(&session->value, ',');
    *first = false;
    buf_add_json(&session->value, key);
    buf_add_char(&session->value, ':');
}

void out_mcp__contents_add(struct out_mcp *session, const struct json_value *contents,
                           const struct out_mcp__place *place, const char *member)
{
    struct json_iter iter = json_iter(contents);
    const struct json_value *value;
    bool first = true;

    if (!json_is_object(contents)) {
        json_print(&session->value, contents);
        return;
    }
    buf_add_char(&session->value, '{');
    while ((value = json_next(&iter))) {
        out_mcp__key_add(session, iter.key, &first);
        if (str_is(iter.key, "blob"))
            out_mcp__blob_add(session, value, json_get(contents, "mimeType"), place, member);
        else
            json_print(&session->value, value);
    }
    buf_add_char(&session->value, '}');
}

void out_mcp__block_add(struct out_mcp *session, const struct json_value *block,
                        const struct out_mcp__place *place, const char *member)
{
    struct json_iter iter = json_iter(block);
    bool data = out_mcp__has_data(block), first = true;
    bool embeds = str_is(json_get_str(block, "type"), "resource");
    const struct json_value *value;

    if (!json_is_object(block)) {
        json_print(&session->value, block);
        return;
    }
    buf_add_char(&session->value, '{');
    while ((value = json_next(&iter))) {
        out_mcp__key_add(session, iter.key, &first);
        if (data && str_is(iter.key, "data"))
            out_mcp__blob_add(session, value, json_get(block, "mimeType"), place, member);
        else if (embeds && str_is(iter.key, "resource"))
            out_mcp__contents_add(session, value, place, member);
        else
            json_print(&session->value, value);
    }
    buf_add_char(&session->value, '}');
}
