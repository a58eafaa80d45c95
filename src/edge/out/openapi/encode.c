/* Percent-encoding, and values as text. */
#include "edge/out/openapi/internal.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/*
 * OpenAPI's allowReserved leaves it to the caller to encode what a query gives a meaning of its
 * own (3.1.1, 4.8.12.2: [ ] # & +); we are the caller.
 */
static bool stands(char c, enum out_openapi__set set)
{
    switch (set) {
    case OUT_OPENAPI__PLAIN:
        return is_word(c) || is_one_of(c, "-._~");
    case OUT_OPENAPI__PATH:
        return is_word(c) || is_one_of(c, "-._~/:@!$&'()*+,;=");
    case OUT_OPENAPI__QUERY:
        return is_word(c) || is_one_of(c, "-._~/:@!$'()*,;=?");
    case OUT_OPENAPI__NAME:
        return is_word(c) || is_one_of(c, "-._~/:@!$'()*,");
    case OUT_OPENAPI__TEMPLATE:
        return is_word(c) || is_one_of(c, "-._~/:@!$&'()*+,;=?");
    case OUT_OPENAPI__FORM:
        return is_word(c) || is_one_of(c, "-._~");
    case OUT_OPENAPI__RAW:
        return true;
    }
    UNREACHABLE("a set outside its enum");
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 6570, 3.2.3: what is encoded already stays, where reserved characters may stand. */
static bool is_triplet(struct str text, size_t at, enum out_openapi__set set)
{
    return (set == OUT_OPENAPI__PATH || set == OUT_OPENAPI__QUERY ||
            set == OUT_OPENAPI__TEMPLATE) &&
           at + 2 < text.len && is_hex(text.ptr[at + 1]) && is_hex(text.ptr[at + 2]);
}

void out_openapi__encode(struct buf *out, struct str text, enum out_openapi__set set)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (stands(c, set) || (c == '%' && is_triplet(text, i, set))) {
            buf_add_char(out, c);
        } else {
            buf_add_char(out, '%');
            buf_add_char(out, digits[(uint8_t)c >> 4]);
            buf_add_char(out, digits[(uint8_t)c & 15]);
        }
    }
}

struct str out_openapi__text(struct arena *turn, const struct json_value *value)
{
    if (json_is_string(value))
        return json_str(value);
    if (json_is_null(value))
        return STR("");
    return json_text(turn, value);
}
