/* One line: [HEADER,BODY,"HASH"], with one order and one spelling of everything but events. */
#include "store/log/internal.h"

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
    at = line_number(line_text(at, STR("{\"seq\":")), header->seq);
    at = line_number(line_text(at, STR(",\"at_ms\":")), (uint64_t)header->at_ms);
    at = line_text(line_text(at, STR(",\"type\":\"")), header->type);
    at = line_number(line_text(at, STR("\",\"durable\":")), header->durable);
    at = line_text(at, STR("}"));
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

/* A hash, in quotes. Which letters stand there shows when it is compared. */
static bool line_eat_hash(struct str *rest, struct str *ret_hash)
{
    if (rest->len < LOG_HASH_LEN + 2 || rest->ptr[0] != '"' || rest->ptr[LOG_HASH_LEN + 1] != '"')
        return false;
    *ret_hash = str_of(rest->ptr + 1, LOG_HASH_LEN);
    *rest = str_of(rest->ptr + LOG_HASH_LEN + 2, rest->len - LOG_HASH_LEN - 2);
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
           line_eat(rest, STR("}"));
}

static bool line_is_blank(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ')
            return false;
    return true;
}

/* {"salt":"...","events":[...]}, or what an erased one leaves: its digest, and spaces. */
static bool line_body_parse(struct log__line *line)
{
    struct str rest = line->body;

    if (line_eat_hash(&rest, &line->erased))
        return line_is_blank(rest);
    rest = line->body;
    if (!line_eat(&rest, STR("{\"salt\":\"")) || rest.len < LOG__SALT_TEXT_LEN)
        return false;
    rest = str_of(rest.ptr + LOG__SALT_TEXT_LEN, rest.len - LOG__SALT_TEXT_LEN);
    if (!line_eat(&rest, STR("\",\"events\":")) || rest.len < 3 || rest.ptr[0] != '[' ||
        rest.ptr[rest.len - 2] != ']' || rest.ptr[rest.len - 1] != '}')
        return false;
    line->events = str_of(rest.ptr, rest.len - 1);
    return true;
}

bool log__line_parse(struct str text, struct log__line *ret_line)
{
    struct log__line line = { 0 };
    struct str rest = text;
    struct str trailer;

    if (!line_eat(&rest, STR("[")) || !line_eat_header(&rest, &line.header))
        return false;
    line.text = str_of(text.ptr + 1, text.len - 1 - rest.len);
    if (!line_eat(&rest, STR(",")) || rest.len < LOG__TRAILER_LEN)
        return false;
    line.body = str_of(rest.ptr, rest.len - LOG__TRAILER_LEN + 1);
    trailer = str_of(rest.ptr + line.body.len, LOG__TRAILER_LEN - 1);
    if (!line_eat(&trailer, STR(",")) || !line_eat_hash(&trailer, &line.hash) ||
        !str_is(trailer, "]") || !line_body_parse(&line))
        return false;
    *ret_line = line;
    return true;
}

/* --- Hashes --- */

static struct log__hash line_hash_of(const struct str *parts, size_t count)
{
    struct digest digest = digest_of_parts(parts, count);
    struct log__hash hash;

    CHECK(base64_print_url(hash.text, digest.bytes, DIGEST_LEN) == LOG_HASH_LEN);
    return hash;
}

struct log__hash log__hash_none(void)
{
    struct log__hash hash;

    memset(hash.text, 'A', LOG_HASH_LEN); /* All bits 0. */
    return hash;
}

bool log__hash_is(const struct log__hash *hash, struct str text)
{
    return text.len == LOG_HASH_LEN && memcmp(hash->text, text.ptr, LOG_HASH_LEN) == 0;
}

struct log__hash log__body_digest(const struct str *parts, size_t count)
{
    return line_hash_of(parts, count);
}

struct log__hash log__line_hash(const struct log__hash *before, struct str header,
                                const struct log__hash *body)
{
    const struct str parts[] = {
        STR("[\""), str_of(before->text, LOG_HASH_LEN), STR("\","), header,
        STR(",\""), str_of(body->text, LOG_HASH_LEN),   STR("\"]"),
    };

    return line_hash_of(parts, ARRAY_COUNT(parts));
}

struct log__hash log__line_prove(const struct log__hash *before, const struct log__line *line)
{
    struct log__hash body;

    if (line->erased.ptr)
        memcpy(body.text, line->erased.ptr, LOG_HASH_LEN);
    else
        body = log__body_digest(&line->body, 1);
    return log__line_hash(before, line->text, &body);
}
