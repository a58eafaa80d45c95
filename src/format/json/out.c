/* Writing JSON piece by piece. */
#include "format/json/out.h"

static bool out_in_object(const struct json_out *out)
{
    return out->depth && (out->objects >> (out->depth - 1) & 1);
}

/* What comes before a value: a comma, or nothing after a key. */
static void out_before(struct json_out *out)
{
    CHECK(out->keyed == out_in_object(out));
    if (out->comma && !out->keyed)
        buf_add_char(out->buf, ',');
    out->keyed = false;
    out->comma = true;
}

static void out_open(struct json_out *out, bool object)
{
    CHECK(out->depth < JSON_OUT_DEPTH_MAX);
    out_before(out);
    buf_add_char(out->buf, object ? '{' : '[');
    out->objects &= ~(UINT64_C(1) << out->depth);
    out->objects |= (uint64_t)object << out->depth;
    out->depth++;
    out->comma = false;
}

void json_out_object(struct json_out *out)
{
    out_open(out, true);
}

void json_out_array(struct json_out *out)
{
    out_open(out, false);
}

void json_out_end(struct json_out *out)
{
    CHECK(out->depth > 0 && !out->keyed);
    buf_add_char(out->buf, out_in_object(out) ? '}' : ']');
    out->depth--;
    out->comma = true;
}

void json_out_key_str(struct json_out *out, struct str key)
{
    CHECK(out_in_object(out) && !out->keyed);
    if (out->comma)
        buf_add_char(out->buf, ',');
    buf_add_json(out->buf, key);
    buf_add_char(out->buf, ':');
    out->keyed = true;
}

void json_out_key(struct json_out *out, const char *key)
{
    json_out_key_str(out, str_from(key));
}

void json_out_str(struct json_out *out, struct str text)
{
    out_before(out);
    buf_add_json(out->buf, text);
}

void json_out_u64(struct json_out *out, uint64_t number)
{
    out_before(out);
    buf_add_u64(out->buf, number);
}

void json_out_i64(struct json_out *out, int64_t number)
{
    out_before(out);
    buf_add_i64(out->buf, number);
}

void json_out_bool(struct json_out *out, bool truth)
{
    out_before(out);
    buf_add_c(out->buf, truth ? "true" : "false");
}

void json_out_null(struct json_out *out)
{
    out_before(out);
    buf_add_c(out->buf, "null");
}

void json_out_value(struct json_out *out, const struct json_value *value)
{
    out_before(out);
    json_print(out->buf, value);
}

void json_out_raw(struct json_out *out, struct str json)
{
    out_before(out);
    buf_add_str(out->buf, json);
}

void json_out_member_str(struct json_out *out, const char *key, struct str text)
{
    if (!text.ptr)
        return;
    json_out_key(out, key);
    json_out_str(out, text);
}

void json_out_member_raw(struct json_out *out, const char *key, struct str json)
{
    if (!json.ptr)
        return;
    json_out_key(out, key);
    json_out_raw(out, json);
}

void json_out_member_u64(struct json_out *out, const char *key, uint64_t number)
{
    json_out_key(out, key);
    json_out_u64(out, number);
}

void json_out_member_bool(struct json_out *out, const char *key, bool truth)
{
    json_out_key(out, key);
    json_out_bool(out, truth);
}
