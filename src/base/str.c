/* Views of text. */
#include "base/str.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

int str_compare(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int r = len ? memcmp(a.ptr, b.ptr, len) : 0;

    if (r != 0)
        return r;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str text, struct str prefix)
{
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

bool str_ends(struct str text, struct str suffix)
{
    return text.len >= suffix.len && (suffix.len == 0 || memcmp(text.ptr + text.len - suffix.len,
                                                                suffix.ptr, suffix.len) == 0);
}

size_t str_find(struct str text, struct str needle)
{
    const char *found;

    if (needle.len == 0)
        return 0;
    if (text.len < needle.len)
        return SIZE_MAX;
    found = memmem(text.ptr, text.len, needle.ptr, needle.len);
    return found ? (size_t)(found - text.ptr) : SIZE_MAX;
}

size_t str_find_char(struct str text, char c)
{
    const char *found = text.len ? memchr(text.ptr, c, text.len) : NULL;

    return found ? (size_t)(found - text.ptr) : SIZE_MAX;
}

struct str str_slice(struct str text, size_t from, size_t to)
{
    if (to > text.len)
        to = text.len;
    if (from > to)
        from = to;
    return str_of(text.ptr ? text.ptr + from : NULL, to - from);
}

static bool str_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct str str_trim(struct str text)
{
    while (text.len && str_is_space(text.ptr[0]))
        text = str_slice(text, 1, text.len);
    while (text.len && str_is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

struct str str_split(struct str *rest, char separator)
{
    struct str all = *rest;
    size_t at = str_find_char(all, separator);

    if (at == SIZE_MAX) {
        *rest = STR_NULL;
        return all;
    }
    *rest = str_slice(all, at + 1, all.len);
    return str_slice(all, 0, at);
}

bool str_to_u64(struct str text, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (!text.ptr || text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.ptr[i] - '0'), &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool str_to_i64(struct str text, int64_t *ret_value)
{
    bool negative = text.len && text.ptr[0] == '-';
    uint64_t value;

    if (!str_to_u64(negative ? str_slice(text, 1, text.len) : text, &value))
        return false;
    if (value > (uint64_t)INT64_MAX + (negative ? 1U : 0U))
        return false;
    *ret_value = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* How many bytes the well-formed sequence at p has, or 0. Unicode 15, table 3-7. */
static size_t str_utf8_len(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t need;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        need = 2;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF)
        need = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        need = 4;
    else
        return 0;
    if (left < need)
        return 0;
    low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : low;
    high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : high;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return need;
}

/* How many of the first bytes are ASCII, in eights. */
static size_t str_ascii_len(const unsigned char *p, size_t left)
{
    size_t i = 0;

    for (uint64_t eight; i + 8 <= left; i += 8) {
        memcpy(&eight, p + i, 8);
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    return i;
}

bool str_is_utf8(struct str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;

    for (size_t i = 0; i < text.len;) {
        size_t n = str_ascii_len(p + i, text.len - i);

        if (n == 0)
            n = str_utf8_len(p + i, text.len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t str_utf8_cut(struct str text, size_t at)
{
    size_t cut = at < text.len ? at : text.len;

    for (int i = 0; i < 3 && cut > 0 && cut < text.len; i++, cut--)
        if (((unsigned char)text.ptr[cut] & 0xC0) != 0x80)
            break;
    return cut;
}

size_t str_utf8_write(char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

struct str str_copy(struct arena *arena, struct str text)
{
    char *copy = arena_alloc_raw(arena, text.len + 1);

    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return str_of(copy, text.len);
}

const char *str_c(struct arena *arena, struct str text)
{
    return str_copy(arena, text).ptr;
}

struct str str_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    char *text;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    CHECK(n >= 0);
    text = arena_alloc(arena, (size_t)n + 1);
    (void)vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return str_of(text, (size_t)n);
}
