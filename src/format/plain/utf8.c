/* UTF-16 as UTF-8. A unit that stands alone is written as it is, which no reader of UTF-8 takes. */
#include "format/plain/plain.h"

enum order {
    ORDER_NONE,
    ORDER_LITTLE,
    ORDER_BIG,
};

static unsigned byte_at(struct str text, size_t at)
{
    return (unsigned char)text.ptr[at];
}

/* By its mark; without one by its first character, which in a document is one of ASCII. */
static enum order order_of(struct str text)
{
    unsigned first, second;

    if (text.len < 2)
        return ORDER_NONE;
    first = byte_at(text, 0);
    second = byte_at(text, 1);
    if ((first == 0xFF && second == 0xFE) || (first > 0 && first < 0x80 && second == 0))
        return ORDER_LITTLE;
    if ((first == 0xFE && second == 0xFF) || (first == 0 && second > 0 && second < 0x80))
        return ORDER_BIG;
    return ORDER_NONE;
}

static unsigned unit_at(struct str text, size_t at, enum order order)
{
    unsigned first = byte_at(text, at), second = byte_at(text, at + 1);

    return order == ORDER_BIG ? first << 8 | second : second << 8 | first;
}

/* Two bytes give at most three. */
static struct str utf16_turn(struct arena *arena, struct str text, enum order order)
{
    char *out = arena_alloc_raw(arena, text.len / 2 * 3 + 2);
    size_t len = 0, at = 0;

    while (at + 1 < text.len) {
        unsigned unit = unit_at(text, at, order);
        unsigned low = at + 3 < text.len ? unit_at(text, at + 2, order) : 0;

        at += 2;
        if (unit >= 0xD800 && unit < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            at += 2;
        }
        len += str_utf8_write(out + len, unit);
    }
    if (at < text.len)
        out[len++] = (char)0xFF; /* half a unit */
    out[len] = 0;
    return str_of(out, len);
}

struct str plain_utf8(struct arena *arena, struct str text)
{
    enum order order = order_of(text);

    if (order != ORDER_NONE)
        text = utf16_turn(arena, text, order);
    return str_starts(text, STR("\xEF\xBB\xBF")) ? str_slice(text, 3, text.len) : text;
}
