/* Base64, both alphabets, a group of three bytes at a time. */
#include "base/base64.h"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t put_groups(char *at, struct str bytes, const char *alphabet)
{
    const uint8_t *from = (const uint8_t *)bytes.ptr;
    size_t whole = bytes.len / 3, rest = bytes.len % 3;
    uint32_t group;

    for (size_t i = 0; i < whole; i++, from += 3, at += 4) {
        group = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
        at[0] = alphabet[group >> 18];
        at[1] = alphabet[group >> 12 & 63];
        at[2] = alphabet[group >> 6 & 63];
        at[3] = alphabet[group & 63];
    }
    if (rest == 0)
        return whole * 4;
    group = (uint32_t)from[0] << 16 | (rest > 1 ? (uint32_t)from[1] << 8 : 0);
    at[0] = alphabet[group >> 18];
    at[1] = alphabet[group >> 12 & 63];
    if (rest > 1)
        at[2] = alphabet[group >> 6 & 63];
    return whole * 4 + rest + 1;
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

/* By ASCII code, of both alphabets; -1: it is in neither. */
static const int8_t digits[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62,
    -1, 62, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1, -1, 0,
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, -1, -1, -1, -1, 63, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
    39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
};

static int digit_of(char c)
{
    return (uint8_t)c < sizeof(digits) ? digits[(uint8_t)c] : -1;
}

/* Of four characters three bytes. False: one of them is in neither alphabet. */
static bool take_group(const char *text, char *at)
{
    int a = digit_of(text[0]), b = digit_of(text[1]), c = digit_of(text[2]), d = digit_of(text[3]);
    uint32_t group = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | (uint32_t)d;

    at[0] = (char)(group >> 16 & 0xff);
    at[1] = (char)(group >> 8 & 0xff);
    at[2] = (char)(group & 0xff);
    return (a | b | c | d) >= 0;
}

bool base64_decode(struct buf *out, struct str text)
{
    uint32_t group = 0;
    unsigned int bits = 0;
    size_t done = 0;
    char *at;

    for (int i = 0; i < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; i++)
        text.len--;
    if (text.len % 4 == 1)
        return false;
    at = buf_reserve(out, text.len / 4 * 3 + 3);
    for (; done + 4 <= text.len; done += 4, at += 3)
        if (!take_group(text.ptr + done, at))
            return false;
    for (; done < text.len; done++) {
        int digit = digit_of(text.ptr[done]);

        if (digit < 0)
            return false;
        group = group << 6 | (uint32_t)digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *at++ = (char)(group >> bits & 0xff);
        }
    }
    buf_commit(out, text.len * 3 / 4);
    return (group & ((1U << bits) - 1)) == 0;
}
