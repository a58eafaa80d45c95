/* Charsets that the web still speaks, as UTF-8. */
#include "edge/out/http/internal.h"

#include <strings.h>

enum charset { CHARSET_UNKNOWN, CHARSET_UTF8, CHARSET_WEST, CHARSET_UTF16LE, CHARSET_UTF16BE };

static const struct charset_name {
    const char *name;
    enum charset charset;
} charset_names[] = {
    /* iso-8859-1 means windows-1252 everywhere (WHATWG Encoding, 4.2). */
    { "utf-8", CHARSET_UTF8 },        { "utf8", CHARSET_UTF8 },
    { "us-ascii", CHARSET_UTF8 },     { "ascii", CHARSET_UTF8 },
    { "iso-8859-1", CHARSET_WEST },   { "latin1", CHARSET_WEST },
    { "windows-1252", CHARSET_WEST }, { "cp1252", CHARSET_WEST },
    { "utf-16le", CHARSET_UTF16LE },  { "utf-16be", CHARSET_UTF16BE },
    { "utf-16", CHARSET_UTF16LE },
};

/* 0x80 to 0x9f of windows-1252. */
static const uint16_t west_high[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
};

static enum charset charset_of(struct str name, struct str bytes)
{
    if (str_starts(bytes, STR("\xff\xfe")) &&
        (!name.len || strncasecmp(name.ptr, "utf-16", 6) == 0))
        return CHARSET_UTF16LE;
    if (str_starts(bytes, STR("\xfe\xff")) &&
        (!name.len || strncasecmp(name.ptr, "utf-16", 6) == 0))
        return CHARSET_UTF16BE;
    if (!name.len)
        return CHARSET_UTF8;
    for (size_t i = 0; i < ARRAY_COUNT(charset_names); i++)
        if (name.len == strlen(charset_names[i].name) &&
            strncasecmp(name.ptr, charset_names[i].name, name.len) == 0)
            return charset_names[i].charset;
    return CHARSET_UNKNOWN;
}

static struct str from_west(struct arena *turn, struct str bytes)
{
    char *text = arena_alloc_raw(turn, bytes.len * 3 + 1);
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.ptr[i];

        len +=
            str_utf8_write(text + len, byte >= 0x80 && byte < 0xa0 ? west_high[byte - 0x80] : byte);
    }
    return str_of(text, len);
}

static uint32_t unit_at(struct str bytes, size_t at, bool big)
{
    uint8_t first = (uint8_t)bytes.ptr[at];
    uint8_t second = (uint8_t)bytes.ptr[at + 1];

    return big ? (uint32_t)first << 8 | second : (uint32_t)second << 8 | first;
}

static struct str from_utf16(struct arena *turn, struct str bytes, bool big)
{
    char *text = arena_alloc_raw(turn, bytes.len / 2 * 3 + 4);
    size_t len = 0;

    for (size_t i = 0; i + 1 < bytes.len; i += 2) {
        uint32_t point = unit_at(bytes, i, big);
        uint32_t low = i + 3 < bytes.len ? unit_at(bytes, i + 2, big) : 0;

        if (point >= 0xd800 && point < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
            i += 2;
        } else if (point >= 0xd800 && point < 0xe000) {
            point = 0xfffd;
        }
        if (i > 1 || point != 0xfeff)
            len += str_utf8_write(text + len, point);
    }
    return str_of(text, len);
}

int out_http_text(struct arena *turn, struct str charset, struct str bytes, struct str *ret_text)
{
    switch (charset_of(charset, bytes)) {
    case CHARSET_UTF8:
        if (!str_is_utf8(bytes))
            return OUT_HTTP_UNDECODED;
        *ret_text = str_starts(bytes, STR("\xef\xbb\xbf")) ? str_slice(bytes, 3, bytes.len) : bytes;
        return OUT_HTTP_DECODED;
    case CHARSET_WEST:
        *ret_text = from_west(turn, bytes);
        return OUT_HTTP_DECODED;
    case CHARSET_UTF16LE:
        *ret_text = from_utf16(turn, bytes, false);
        return OUT_HTTP_DECODED;
    case CHARSET_UTF16BE:
        *ret_text = from_utf16(turn, bytes, true);
        return OUT_HTTP_DECODED;
    case CHARSET_UNKNOWN:
        return OUT_HTTP_UNDECODED;
    }
    UNREACHABLE("a charset outside its enum");
}
