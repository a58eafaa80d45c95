/* Bytes that grow by doubling. */
#include "base/buf.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

void buf_fini(struct buf *buf)
{
    (void)heap_free(buf->ptr);
    *buf = BUF_INIT;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    size_t need;

    CHECK(!__builtin_add_overflow(buf->len, len, &need));
    if (need > buf->cap) {
        size_t cap = buf->cap ? buf->cap : 256;

        while (cap < need)
            cap *= 2;
        buf->ptr = heap_resize(buf->ptr, cap);
        buf->cap = cap;
    }
    return buf->ptr + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
    CHECK(len <= buf->cap - buf->len);
    buf->len += len;
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
}

void buf_drop(struct buf *buf, size_t len)
{
    CHECK(len <= buf->len);
    if (len && len < buf->len)
        memmove(buf->ptr, buf->ptr + len, buf->len - len);
    buf->len -= len;
}

void buf_cut(struct buf *buf, size_t len)
{
    CHECK(len <= buf->len);
    buf->len = len;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    memcpy(buf_reserve(buf, len), bytes, len);
    buf->len += len;
}

void buf_add_str(struct buf *buf, struct str text)
{
    buf_add(buf, text.ptr, text.len);
}

void buf_add_c(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    *buf_reserve(buf, 1) = c;
    buf->len++;
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_add_i64(struct buf *buf, int64_t value)
{
    if (value < 0)
        buf_add_char(buf, '-');
    buf_add_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_list again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    CHECK(n >= 0);
    (void)vsnprintf(buf_reserve(buf, (size_t)n + 1), (size_t)n + 1, format, again);
    buf->len += (size_t)n;
    va_end(again);
    va_end(args);
}

/* Characters that stand for themselves inside a JSON string; the rest are escaped or checked. */
static bool buf_json_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void buf_add_json_escape(struct buf *buf, unsigned char c)
{
    static const char shorts[] = "btnvfr"; /* 8..13; 11 has no short form */
    char text[8];

    if (c == '"' || c == '\\') {
        buf_add_char(buf, '\\');
        buf_add_char(buf, (char)c);
    } else if (c >= 8 && c <= 13 && c != 11) {
        buf_add_char(buf, '\\');
        buf_add_char(buf, shorts[c - 8]);
    } else {
        (void)snprintf(text, sizeof(text), "\\u%04x", c);
        buf_add(buf, text, 6);
    }
}

/* One sequence that is not plain ASCII; gives how many bytes of the text it used. */
static size_t buf_add_json_wide(struct buf *buf, struct str rest)
{
    for (size_t n = 2; n <= 4 && n <= rest.len; n++)
        if (str_is_utf8(str_of(rest.ptr, n))) {
            buf_add(buf, rest.ptr, n);
            return n;
        }
    buf_add(buf, "\xEF\xBF\xBD", 3);
    return 1;
}

void buf_add_json(struct buf *buf, struct str text)
{
    size_t i = 0;

    buf_add_char(buf, '"');
    while (i < text.len) {
        size_t from = i;

        while (i < text.len && buf_json_plain((unsigned char)text.ptr[i]))
            i++;
        buf_add(buf, text.ptr + from, i - from);
        if (i == text.len)
            break;
        if ((unsigned char)text.ptr[i] < 0x80)
            buf_add_json_escape(buf, (unsigned char)text.ptr[i++]);
        else
            i += buf_add_json_wide(buf, str_slice(text, i, text.len));
    }
    buf_add_char(buf, '"');
}
