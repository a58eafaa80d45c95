/* Messages to text. */
#include "format/rpc/rpc.h"

static void rpc_add_member(struct buf *out, const char *key, struct str json)
{
    if (!json.ptr)
        return;
    buf_add_c(out, ",\"");
    buf_add_c(out, key);
    buf_add_c(out, "\":");
    rpc_add_one_line(out, json);
}

static void rpc_open(struct buf *out)
{
    buf_add_c(out, "{\"jsonrpc\":\"2.0\"");
}

void rpc_add_request(struct buf *out, uint64_t id, struct str method, struct str params_json)
{
    rpc_open(out);
    buf_add_c(out, ",\"id\":");
    buf_add_u64(out, id);
    buf_add_c(out, ",\"method\":");
    buf_add_json(out, method);
    rpc_add_member(out, "params", params_json);
    buf_add_char(out, '}');
}

void rpc_add_notification(struct buf *out, struct str method, struct str params_json)
{
    rpc_open(out);
    buf_add_c(out, ",\"method\":");
    buf_add_json(out, method);
    rpc_add_member(out, "params", params_json);
    buf_add_char(out, '}');
}

void rpc_open_result(struct buf *out, struct str id_json)
{
    rpc_open(out);
    rpc_add_member(out, "id", id_json);
    buf_add_c(out, ",\"result\":");
}

void rpc_add_result(struct buf *out, struct str id_json, struct str result_json)
{
    rpc_open_result(out, id_json);
    buf_add_str(out, result_json);
    buf_add_char(out, '}');
}

void rpc_add_error(struct buf *out, struct str id_json, int64_t code, struct str message,
                   struct str data_json)
{
    rpc_open(out);
    rpc_add_member(out, "id", id_json);
    buf_add_c(out, ",\"error\":{\"code\":");
    buf_add_i64(out, code);
    buf_add_c(out, ",\"message\":");
    buf_add_json(out, message);
    rpc_add_member(out, "data", data_json);
    buf_add_c(out, "}}");
}

static void rpc_blank(char *bytes, size_t len, char c)
{
    char *end = bytes + len;
    char *at = bytes;

    while (at < end && (at = memchr(at, c, (size_t)(end - at))))
        *at++ = ' ';
}

/* Inside a JSON string a raw line break is forbidden, so every one found is white space. */
void rpc_add_one_line(struct buf *out, struct str json)
{
    size_t from = out->len;

    if (json.len == 0)
        return;
    buf_add_str(out, json);
    rpc_blank(out->ptr + from, json.len, '\n');
    rpc_blank(out->ptr + from, json.len, '\r');
}
