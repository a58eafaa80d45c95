/* One line: [HEADER,BODY], with the header's fields in one order and one spelling only. */
#include "store/log/internal.h"

#define LOG_ERASED "null"

static char *line_text(char *at, struct str text)
{
    memcpy(at, text.ptr, text.len);
    return at + text.len;
}

static char *line_number(char *at, uint64_t value)
{
    char digits[20];
    size_t first = sizeof(digits);

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return line_text(at, str_of(digits + first, sizeof(digits) - first));
}

size_t log__header_print(const struct log__header *header, char *text)
{
    char *at = text;

    CHECK(header->type.len <= LOG_TYPE_MAX && header->at_ms >= 0);
    CHECK(header->prev.len == DIGEST_HEX_LEN && header->body.len == DIGEST_HEX_LEN);
    at = line_number(line_text(at, STR("{\"seq\":")), header->seq);
    at = line_number(line_text(at, STR(",\"at_ms\":")), (uint64_t)header->at_ms);
    at = line_text(line_text(at, STR(",\"type\":\"")), header->type);
    at = line_number(line_text(at, STR("\",\"durable\":")), header->durable);
    at = line_text(line_text(at, STR(",\"prev\":\"")), header->prev);
    at = line_text(line_text(at, STR("\",\"body\":\"")), header->body);
    at = line_text(at, STR("\"}"));
    return (size_t)(at - text);
}

/* Takes an expected text off the front. */
static bool line_eat(struct str *rest, struct str expected)
{
    if (rest->len < expected.len || memcmp(rest->ptr, expected.ptr, expected.len) != 0)
        return false;
    *rest = str_of(rest->ptr + expected.len, rest->len - expected.len);
    return true;
}

/* A decimal number as we print it: no sign, no leading zero. */
static bool line_eat_number(struct str *rest, uint64_t *ret_value)
{
    uint64_t value = 0;
    size_t len = 0;

    while (len < rest->len && len < 20 && rest->ptr[len] >= '0' && rest->ptr[len] <= '9') {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(rest->ptr[len] - '0'), &value))
            return false;
        len++;
    }
    if (len == 0 || (len > 1 && rest->ptr[0] == '0'))
        return false;
    *rest = str_of(rest->ptr + len, rest->len - len);
    *ret_value = value;
    return true;
}

static bool line_is_of_type(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

bool log__type_is_good(struct str type)
{
    for (size_t i = 0; i < type.len; i++)
        if (!line_is_of_type(type.ptr[i]))
            return false;
    return type.len > 0 && type.len <= LOG_TYPE_MAX;
}

static bool line_eat_type(struct str *rest, struct str *ret_type)
{
    size_t len = 0;

    while (len < rest->len && len < LOG_TYPE_MAX && line_is_of_type(rest->ptr[len]))
        len++;
    if (len == 0)
        return false;
    *ret_type = str_of(rest->ptr, len);
    *rest = str_of(rest->ptr + len, rest->len - len);
    return true;
}

static bool line_eat_hex(struct str *rest, struct str *ret_hex)
{
    if (rest->len < DIGEST_HEX_LEN)
        return false;
    *ret_hex = str_of(rest->ptr, DIGEST_HEX_LEN);
    *rest = str_of(rest->ptr + DIGEST_HEX_LEN, rest->len - DIGEST_HEX_LEN);
    return true;
}

static bool line_eat_header(struct str *rest, struct log__header *header)
{
    uint64_t at_ms;

    if (!line_eat(rest, STR("{\"seq\":")) || !line_eat_number(rest, &header->seq) ||
        !line_eat(rest, STR(",\"at_ms\":")) || !line_eat_number(rest, &at_ms) || at_ms > INT64_MAX)
        return false;
    header->at_ms = (int64_t)at_ms;
    return line_eat(rest, STR(",\"type\":\"")) && line_eat_type(rest, &header->type) &&
           line_eat(rest, STR("\",\"durable\":")) && line_eat_number(rest, &header->durable) &&
           line_eat(rest, STR(",\"prev\":\"")) && line_eat_hex(rest, &header->prev) &&
           line_eat(rest, STR("\",\"body\":\"")) && line_eat_hex(rest, &header->body) &&
           line_eat(rest, STR("\"}"));
}

bool log__line_parse(struct str text, struct log__header *ret_header, struct str *ret_text,
                     struct str *ret_body)
{
    struct log__header header;
    struct str rest = text;

    if (!line_eat(&rest, STR("[")) || !line_eat_header(&rest, &header))
        return false;
    *ret_text = str_of(text.ptr + 1, text.len - 1 - rest.len);
    if (!line_eat(&rest, STR(",")) || rest.len < 5 || rest.ptr[rest.len - 1] != ']')
        return false;
    *ret_body = str_of(rest.ptr, rest.len - 1);
    *ret_header = header;
    return true;
}

static bool line_is_blank(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ')
            return false;
    return true;
}

bool log__body_events(struct str body, struct str *ret_events)
{
    struct str rest = body;
    size_t salt;

    if (line_eat(&rest, STR(LOG_ERASED)) && line_is_blank(rest)) {
        *ret_events = STR_NULL;
        return true;
    }
    rest = body;
    if (!line_eat(&rest, STR("{\"salt\":\"")))
        return false;
    salt = LOG__SALT_TEXT_LEN;
    if (rest.len < salt)
        return false;
    rest = str_of(rest.ptr + salt, rest.len - salt);
    if (!line_eat(&rest, STR("\",\"events\":")) || rest.len < 3 || rest.ptr[0] != '[' ||
        rest.ptr[rest.len - 2] != ']' || rest.ptr[rest.len - 1] != '}')
        return false;
    *ret_events = str_of(rest.ptr, rest.len - 1);
    return true;
}

void log__salt_print(const uint8_t salt[LOG_SALT_LEN], char text[LOG__SALT_TEXT_LEN])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned int have = 0;
    size_t at = 0;

    for (size_t i = 0; i < LOG_SALT_LEN; i++) {
        bits = bits << 8 | salt[i];
        have += 8;
        while (have >= 6) {
            have -= 6;
            text[at++] = letters[bits >> have & 63];
        }
    }
    text[at++] = letters[bits << (6 - have) & 63];
    CHECK(at == LOG__SALT_TEXT_LEN);
}
