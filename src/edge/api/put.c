/* Writers: one member of an object at a time, commas included. */
#include "edge/api/internal.h"

void api__open(struct buf *out)
{
    buf_add_char(out, '{');
}

void api__close(struct buf *out)
{
    buf_add_char(out, '}');
}

void api__put_name(struct buf *out, const char *name)
{
    CHECK(out->len > 0);
    if (out->ptr[out->len - 1] != '{')
        buf_add_char(out, ',');
    buf_add_json(out, str_from(name));
    buf_add_char(out, ':');
}

void api__put_str(struct buf *out, const char *name, struct str text)
{
    api__put_name(out, name);
    if (text.ptr)
        buf_add_json(out, text);
    else
        buf_add_c(out, "null");
}

void api__put_str_if(struct buf *out, const char *name, struct str text)
{
    if (text.ptr)
        api__put_str(out, name, text);
}

void api__put_u64(struct buf *out, const char *name, uint64_t number)
{
    api__put_name(out, name);
    buf_add_u64(out, number);
}

void api__put_bool(struct buf *out, const char *name, bool value)
{
    api__put_name(out, name);
    buf_add_c(out, value ? "true" : "false");
}

void api__put_json(struct buf *out, const char *name, struct str json)
{
    api__put_name(out, name);
    if (json.len > 0)
        buf_add_str(out, json);
    else
        buf_add_c(out, "null");
}

void api__put_json_if(struct buf *out, const char *name, struct str json)
{
    if (json.len)
        api__put_json(out, name, json);
}

void api__put_time(struct buf *out, const char *name, int64_t at_ms)
{
    api__put_name(out, name);
    if (at_ms == 0) {
        buf_add_c(out, "null");
        return;
    }
    buf_add_char(out, '"');
    api_add_time(out, at_ms);
    buf_add_char(out, '"');
}

void api__put_words(struct buf *out, const char *name, const struct api_words *words)
{
    api__put_name(out, name);
    buf_add_char(out, '[');
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        buf_add_json(out, words->at[i]);
    }
    buf_add_char(out, ']');
}
