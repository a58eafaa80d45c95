/* JSON values of the generated records. */
#include "model/codec_json.h"

#include "model/codec.h"

#include <math.h>

void codec_json_close(struct buf *out, size_t start)
{
    if (out->len == start)
        buf_add_char(out, '{');
    else
        out->ptr[start] = '{';
    buf_add_char(out, '}');
}

void codec_json_str(struct buf *out, struct str text)
{
    if (text.ptr)
        buf_add_json(out, text);
    else
        buf_add_str(out, STR("null"));
}

void codec_json_word(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    buf_add_str(out, text);
    buf_add_char(out, '"');
}

void codec_json_raw(struct buf *out, struct str text)
{
    buf_add_str(out, text.len ? text : STR("null"));
}

void codec_json_id(struct buf *out, struct id id, const char *prefix)
{
    char text[ID_TEXT_LEN];

    if (codec_zero(id.bytes, sizeof(id.bytes))) {
        buf_add_str(out, STR("null"));
        return;
    }
    id_print(id, prefix, text);
    codec_json_word(out, str_of(text, sizeof(text)));
}

void codec_json_digest(struct buf *out, const struct digest *digest)
{
    char text[DIGEST_HEX_LEN];

    if (codec_zero(digest->bytes, sizeof(digest->bytes))) {
        buf_add_str(out, STR("null"));
        return;
    }
    digest_hex(digest, text);
    codec_json_word(out, str_of(text, sizeof(text)));
}

void codec_json_double(struct buf *out, double value)
{
    if (isfinite(value))
        buf_printf(out, "%.17g", value);
    else
        buf_add_str(out, STR("null"));
}

bool codec_json_parse_str(const struct json_value *value, size_t max, struct str *ret_text)
{
    if (json_is_null(value)) {
        *ret_text = STR_NULL;
        return true;
    }
    if (!json_is_string(value) || json_str(value).len > max)
        return false;
    *ret_text = json_str(value);
    return true;
}

bool codec_json_parse_word(const struct json_value *value, struct str *ret_text)
{
    if (!json_is_string(value))
        return false;
    *ret_text = json_str(value);
    return true;
}

bool codec_json_parse_raw(const struct json_value *value, struct arena *arena, size_t max,
                          struct str *ret_text)
{
    struct str text = json_text(arena, value);

    if (text.len > max)
        return false;
    *ret_text = text;
    return true;
}

bool codec_json_parse_id(const struct json_value *value, const char *prefix, struct id *ret_id)
{
    if (json_is_null(value)) {
        *ret_id = (struct id){ { 0 } };
        return true;
    }
    return json_is_string(value) && id_parse(json_str(value), prefix, ret_id);
}

bool codec_json_parse_digest(const struct json_value *value, struct digest *ret_digest)
{
    if (json_is_null(value)) {
        *ret_digest = (struct digest){ { 0 } };
        return true;
    }
    return json_is_string(value) && digest_parse(json_str(value), ret_digest);
}

bool codec_json_parse_u32(const struct json_value *value, uint32_t *ret_number)
{
    uint64_t number;

    if (!json_to_u64(value, &number) || number > UINT32_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

bool codec_json_parse_bool(const struct json_value *value, bool *ret_truth)
{
    if (!json_is_bool(value))
        return false;
    *ret_truth = json_is_true(value);
    return true;
}
