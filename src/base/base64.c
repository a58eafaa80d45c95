/* Base64, both alphabets, a group of three bytes at a time. */
#include "base/base64.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t put_groups(char *at, struct str bytes, const char *alphabet)
{
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = 0;

        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < left ? (uint8_t)bytes.ptr[i + j] : 0U);
        for (size_t j = 0; j < 4 && j <= left; j++)
            at[len++] = alphabet[group >> (18 - 6 * j) & 63];
    }
    return len;
}

static void add_groups(struct buf *out, struct str bytes, const char *alphabet)
{
    char *at = buf_reserve(out, bytes.len / 3 * 4 + 4);

    buf_commit(out, put_groups(at, bytes, alphabet));
}

size_t base64_print_url(char *text, const void *bytes, size_t len)
{
    return put_groups(text, str_of(bytes, len), base64_url_alphabet);
}

void base64_encode(struct buf *out, struct str bytes)
{
    add_groups(out, bytes, base64_alphabet);
    for (size_t i = bytes.len % 3; i > 0 && i < 3; i++)
        buf_add_char(out, '=');
}

void base64_encode_url(struct buf *out, struct str bytes)
{
    add_groups(out, bytes, base64_url_alphabet);
}

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct buf *out, struct str text)
{
    uint32_t group = 0;
    unsigned int bits = 0;
    char *at;

    for (int i = 0; i < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; i++)
        text.len--;
    if (text.len % 4 == 1)
        return false;
    at = buf_reserve(out, text.len / 4 * 3 + 2);
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);

        if (digit < 0)
            return false;
        group = (group << 6 | (uint32_t)digit) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *at++ = (char)(group >> bits & 0xff);
        }
    }
    buf_commit(out, text.len * 3 / 4);
    return (group & ((1U << bits) - 1)) == 0;
}
