/*
 * Artifacts to clients: blocks of an answer, and the resources of our face.
 *
 *     execute          image {data}, resource_link {uri}: writ://artifact/<digest>
 *     resources/read   that uri -> contents; the caller says whether the client may have it
 *
 * resources/list is empty: what there is, answers name ("Resource links returned by tools are not
 * guaranteed to appear in the results of resources/list").
 */
#include "edge/mcp/files.h"

#include "base/base64.h"
#include "edge/mcp/internal.h"

#define MCP_SCHEME "writ://artifact/"
/* 2025-11-25, server/resources, "Error Handling"; since 2026-07-28 it is a wrong parameter. */
#define MCP_NOT_FOUND (-32002)

static bool mcp_has(struct str bytes, size_t at, const char *wanted)
{
    return str_starts(str_slice(bytes, at, bytes.len), str_from(wanted));
}

struct str mcp_image_type(struct str bytes)
{
    if (mcp_has(bytes, 0, "\x89PNG\r\n\x1a\n"))
        return STR("image/png");
    if (mcp_has(bytes, 0, "\xff\xd8\xff"))
        return STR("image/jpeg");
    if (mcp_has(bytes, 0, "GIF87a") || mcp_has(bytes, 0, "GIF89a"))
        return STR("image/gif");
    if (mcp_has(bytes, 0, "RIFF") && mcp_has(bytes, 8, "WEBP"))
        return STR("image/webp");
    return STR_NULL;
}

/* type "/" subtype of RFC 6838, section 4.2, and nothing behind it. */
static bool mcp_is_type(struct str type)
{
    size_t slash = str_find_char(type, '/');

    if (type.len > MCP_FILE_TYPE_MAX || slash == SIZE_MAX || slash == 0 || slash + 1 == type.len)
        return false;
    for (size_t i = 0; i < type.len; i++) {
        char c = type.ptr[i];

        if (i != slash && !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || (c && strchr("!#$&-^_.+", c))))
            return false;
    }
    return true;
}

static void mcp_add_uri(struct buf *out, const struct digest *name)
{
    char hex[DIGEST_HEX_LEN];

    digest_hex(name, hex);
    buf_add_c(out, "\"" MCP_SCHEME);
    buf_add(out, hex, sizeof(hex));
    buf_add_char(out, '"');
}

static void mcp_image_block(struct buf *out, enum mcp__version version, const struct mcp_file *file)
{
    buf_add_c(out, ",{\"type\":\"image\",\"data\":\"");
    base64_encode(out, file->bytes);
    buf_add_c(out, "\",\"mimeType\":");
    buf_add_json(out, mcp_image_type(file->bytes));
    if (version >= MCP__2025_06_18) {
        buf_add_c(out, ",\"_meta\":{\"writ/artifact\":");
        mcp_add_uri(out, &file->name);
        buf_add_char(out, '}');
    }
    buf_add_char(out, '}');
}

static void mcp_link_block(struct buf *out, const struct mcp_file *file)
{
    char hex[DIGEST_HEX_LEN];

    digest_hex(&file->name, hex);
    buf_add_c(out, ",{\"type\":\"resource_link\",\"uri\":");
    mcp_add_uri(out, &file->name);
    buf_add_c(out, ",\"name\":");
    buf_add_json(out, str_of(hex, 12));
    if (mcp_is_type(file->type)) {
        buf_add_c(out, ",\"mimeType\":");
        buf_add_json(out, file->type);
    }
    buf_add_c(out, ",\"size\":");
    buf_add_u64(out, file->size);
    buf_add_char(out, '}');
}

void mcp__file_block(struct buf *out, enum mcp__version version, const struct mcp_file *file)
{
    if (mcp_image_type(file->bytes).ptr)
        mcp_image_block(out, version, file);
    else if (version >= MCP__2025_06_18)
        mcp_link_block(out, file);
}

/* ---- resources ---- */

static void mcp_good_for(struct buf *out, enum mcp__version version)
{
    if (version >= MCP__2026_07_28)
        buf_add_c(out, ",\"ttlMs\":3600000,\"cacheScope\":\"private\"");
}

static void mcp_list(struct mcp__ask *ask, const char *list)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    if (json_get(ask->message->params, "cursor")) {
        mcp__refuse(ask, RPC_INVALID_PARAMS, STR("params.cursor is not one of ours"), STR_NULL);
        return;
    }
    mcp__result_open(&out, ask->version);
    buf_add_c(&out, list);
    mcp_good_for(&out, ask->version);
    mcp__result_close(&out, ask->turn->mcp, ask->version, STR_NULL);
    mcp__answer(ask, buf_str(&out));
}

void mcp__resources_list(struct mcp__ask *ask)
{
    mcp_list(ask, "\"resources\":[]");
}

void mcp__templates_list(struct mcp__ask *ask)
{
    mcp_list(ask, "\"resourceTemplates\":[{\"uriTemplate\":\"" MCP_SCHEME "{digest}\","
                  "\"name\":\"artifact\",\"title\":\"Bytes that a program was given\","
                  "\"description\":\"Its value names them: $artifact is their digest.\"}]");
}

static void mcp_not_found(struct buf *out, enum mcp__version version, struct str id, struct str uri)
{
    BUF_CLEANUP struct buf data = BUF_INIT;

    buf_add_c(&data, "{\"uri\":");
    buf_add_json(&data, mcp__cut(uri, 256));
    buf_add_char(&data, '}');
    rpc_add_error(out, id, version >= MCP__2026_07_28 ? RPC_INVALID_PARAMS : MCP_NOT_FOUND,
                  STR("Resource not found: a program of yours was given none of this name, or it "
                      "was long ago"),
                  buf_str(&data));
}

void mcp__resources_read(struct mcp__ask *ask)
{
    struct str scheme = STR(MCP_SCHEME);
    struct str uri = json_get_str(ask->message->params, "uri");
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct mcp_action *action;
    struct mcp__call *call;
    struct digest name;

    if (!uri.ptr) {
        mcp__refuse(ask, RPC_INVALID_PARAMS, STR("params.uri is not a string"), STR_NULL);
        return;
    }
    if (!str_starts(uri, scheme) || !digest_parse(str_slice(uri, scheme.len, uri.len), &name)) {
        mcp_not_found(&out, ask->version, ask->message->id, uri);
        mcp__reply_answer(ask->reply, &out);
        ask->reply->status = ask->version >= MCP__2026_07_28 ? 400 : 0;
        return;
    }
    if (mcp__calls_full(ask)) {
        mcp__refuse(ask, RPC_INVALID_REQUEST, STR("too many requests of this client run at once"),
                    STR_NULL);
        return;
    }
    call = mcp__call_new(ask, MCP__FETCH);
    action = mcp__act(ask->turn, MCP_FETCH);
    action->key = call->key;
    action->fetch = (struct mcp_fetch){ .client = ask->client, .name = name };
}

/* Text as it is: a long value is JSON, and bytes may well be text. */
static void mcp_contents(struct buf *out, const struct mcp *mcp, enum mcp__version version,
                         const struct mcp_file *file)
{
    struct str type = mcp_image_type(file->bytes);

    mcp__result_open(out, version);
    buf_add_c(out, "\"contents\":[{\"uri\":");
    mcp_add_uri(out, &file->name);
    if (str_is_utf8(file->bytes)) {
        buf_add_c(out, ",\"text\":");
        buf_add_json(out, file->bytes);
    } else {
        buf_add_c(out, ",\"mimeType\":");
        buf_add_json(out, type.ptr ? type : STR("application/octet-stream"));
        buf_add_c(out, ",\"blob\":\"");
        base64_encode(out, file->bytes);
        buf_add_char(out, '"');
    }
    buf_add_c(out, "}]");
    mcp_good_for(out, version);
    mcp__result_close(out, mcp, version, STR_NULL);
}

static void mcp_unfetched(struct buf *out, const struct mcp__call *call,
                          enum mcp_fetched_answer answer, const struct mcp_file *file)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    if (answer == MCP_FETCHED_NONE) {
        mcp_add_uri(&text, &file->name);
        mcp_not_found(out, call->version, call->id, str_slice(buf_str(&text), 1, text.len - 1));
        return;
    }
    if (answer == MCP_FETCHED_BUSY)
        buf_add_c(&text, "too much is under way to clients now: ask again");
    else
        buf_printf(&text,
                   "it has %llu bytes, which is too much for one answer: a program reads it in "
                   "pages, with tools.writ.results.read",
                   (unsigned long long)file->size);
    rpc_add_error(out, call->id, RPC_INTERNAL_ERROR, buf_str(&text), STR_NULL);
}

void mcp_fetched(struct mcp *mcp, uint64_t key, enum mcp_fetched_answer answer,
                 const struct mcp_file *file, struct mcp_actions *actions)
{
    struct mcp__turn turn = { .mcp = mcp, .actions = actions };
    struct mcp__call *call = mcp__call_find(mcp, key);
    BUF_CLEANUP struct buf out = BUF_INIT;

    if (!call || call->kind != MCP__FETCH)
        return;
    if (answer == MCP_FETCHED) {
        rpc_open_result(&out, call->id);
        mcp_contents(&out, mcp, call->version, file);
        buf_add_char(&out, '}');
    } else {
        mcp_unfetched(&out, call, answer, file);
        if (call->version >= MCP__2026_07_28 && answer == MCP_FETCHED_NONE)
            call->reply->status = 400;
    }
    mcp__call_end(&turn, call, &out);
}
