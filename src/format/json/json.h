/*
 * json - JSON values: parse, look, compare, print. The door to yyjson.
 *
 * A parsed document is immutable and lives in the arena it was parsed into. Keys are unique,
 * text is valid UTF-8 without lone surrogates, nesting is bounded, and integers of any length
 * keep every digit. Looking never fails: a getter given NULL or a value of another type gives
 * nothing (NULL, the null text, false), so lookups chain without checks in between.
 *
 * Easy to get wrong: a value lives as long as its arena, not as long as the text it came from
 * (the text may go at once). Numbers beyond 64 bits have no i64, u64 or exact double: they have
 * json_digits. 1, 1.0 and 1e0 are equal and are integers.
 */
#ifndef WRIT_FORMAT_JSON_JSON_H
#define WRIT_FORMAT_JSON_JSON_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

/* Nesting that is accepted where the caller names no smaller limit. */
#define JSON_DEPTH_MAX 512U

enum json_type {
    JSON_NONE, /* there is no value (NULL) */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/*
 * One value, as the parser lays it out: a document is one array of these in document order, a
 * container followed by its children. For the getters here only; nobody else reads the fields.
 */
struct json_value {
    uint64_t tag; /* low 3 bits: kind; next 2: subkind; the rest: length */
    union {
        uint64_t u64;
        int64_t i64;
        double real;
        const char *text;
        size_t span; /* containers: bytes to the value after the last child */
    } of;
};

struct json_doc {
    const struct json_value *root;
    size_t count; /* values in the document, keys included */
};

struct json_error {
    size_t offset; /* in bytes, from 0 */
    size_t line;   /* from 1 */
    size_t column; /* from 1, in characters */
    char sentence[160];
};

/* What is accepted. A NULL in its place means all defaults. */
struct json_options {
    size_t depth_max; /* 0, or more than JSON_DEPTH_MAX: JSON_DEPTH_MAX */
    size_t bytes_max; /* longest text; 0: no limit here */
};

enum json_answer {
    JSON_PARSED = 0,
    JSON_MALFORMED = 1, /* *ret_error says where and why */
};

/*
 * Parses the whole text as one JSON value (RFC 8259) into the arena; borrows the text. Refused:
 * duplicate keys, lone surrogates, invalid UTF-8, too much depth, anything after the value.
 */
MUST int json_parse(struct arena *arena, struct str text, const struct json_options *options,
                    struct json_error *ret_error, struct json_doc *ret_doc);

/* Where the value at that index of a document begins in the text that it was parsed from. */
void json_locate(struct str text, size_t index, size_t *ret_line, size_t *ret_column);

/* Kinds in the tag; json_parse.c checks that they are what the parser writes. */
enum json__kind {
    JSON__RAW = 1, /* a number as text */
    JSON__NULL,
    JSON__BOOL,
    JSON__NUM,
    JSON__STR,
    JSON__ARR,
    JSON__OBJ,
};
#define JSON__KIND_MASK 7U
#define JSON__TRUE      (JSON__BOOL | 8U)
#define JSON__UINT      (JSON__NUM)
#define JSON__SINT      (JSON__NUM | 8U)
#define JSON__REAL      (JSON__NUM | 16U)
#define JSON__TAG_MASK  31U
#define JSON__STR_PLAIN (JSON__STR | 8U) /* needs no escapes */
#define JSON__LEN_SHIFT 8U

static inline enum json_type json_type(const struct json_value *value)
{
    static const uint8_t types[8] = { JSON_NONE,   JSON_NUMBER, JSON_NULL,  JSON_BOOL,
                                      JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

    return value ? (enum json_type)types[value->tag & JSON__KIND_MASK] : JSON_NONE;
}

/* "null", "boolean", "number", "string", "array", "object"; "nothing" for NULL. */
const char *json_type_name(enum json_type type);

static inline bool json_is_null(const struct json_value *value)
{
    return value && (value->tag & JSON__KIND_MASK) == JSON__NULL;
}

static inline bool json_is_true(const struct json_value *value)
{
    return value && (value->tag & JSON__TAG_MASK) == JSON__TRUE;
}

static inline bool json_is_false(const struct json_value *value)
{
    return value && (value->tag & JSON__TAG_MASK) == JSON__BOOL;
}

static inline bool json_is_bool(const struct json_value *value)
{
    return value && (value->tag & JSON__KIND_MASK) == JSON__BOOL;
}

static inline bool json_is_number(const struct json_value *value)
{
    return json_type(value) == JSON_NUMBER;
}

static inline bool json_is_string(const struct json_value *value)
{
    return value && (value->tag & JSON__KIND_MASK) == JSON__STR;
}

static inline bool json_is_array(const struct json_value *value)
{
    return value && (value->tag & JSON__KIND_MASK) == JSON__ARR;
}

static inline bool json_is_object(const struct json_value *value)
{
    return value && (value->tag & JSON__KIND_MASK) == JSON__OBJ;
}

/* The text of a string; the null text for anything else. NUL-terminated, may hold NULs. */
static inline struct str json_str(const struct json_value *value)
{
    if (!json_is_string(value))
        return STR_NULL;
    return str_of(value->of.text, (size_t)(value->tag >> JSON__LEN_SHIFT));
}

/* False where the value is no number or does not fit exactly (1.0 and 1e3 do). */
bool json_to_u64(const struct json_value *value, uint64_t *ret_number);
bool json_to_i64(const struct json_value *value, int64_t *ret_number);
/* The nearest double; false where the value is no number or is beyond every double. */
bool json_to_double(const struct json_value *value, double *ret_number);

/* The value as a number, or the fallback where it is none or does not fit. */
uint64_t json_u64_or(const struct json_value *value, uint64_t fallback);
int64_t json_i64_or(const struct json_value *value, int64_t fallback);

/* The digits of a number beyond 64 bits or beyond every double, as written; else null. */
static inline struct str json_digits(const struct json_value *value)
{
    if (!value || (value->tag & JSON__KIND_MASK) != JSON__RAW)
        return STR_NULL;
    return str_of(value->of.text, (size_t)(value->tag >> JSON__LEN_SHIFT));
}

/* True for a number without a fraction, however it is written. */
bool json_is_integer(const struct json_value *value);
/* True if it was written with neither fraction nor exponent. */
bool json_is_plain_integer(const struct json_value *value);

/* Elements of an array or members of an object; 0 for anything else. */
static inline size_t json_count(const struct json_value *value)
{
    if (!value || (value->tag & JSON__KIND_MASK) < JSON__ARR)
        return 0;
    return (size_t)(value->tag >> JSON__LEN_SHIFT);
}

/* The member of that name, or NULL. Linear in the members. */
const struct json_value *json_find(const struct json_value *object, struct str key);

static inline const struct json_value *json_get(const struct json_value *object, const char *key)
{
    return json_find(object, str_from(key));
}

/* The text of a member that is a string; null otherwise. */
static inline struct str json_get_str(const struct json_value *object, const char *key)
{
    return json_str(json_get(object, key));
}

/* The element at the index, or NULL. */
const struct json_value *json_at(const struct json_value *array, size_t index);

/*
 * What an RFC 6901 pointer ("" or "/a/0/b~1c") names, or NULL. "-" and indexes with leading
 * zeros name nothing.
 */
const struct json_value *json_pointer(const struct json_value *root, struct str pointer);

/* Appends one pointer token to the path: '/', then the key with ~ and / escaped. */
void json_pointer_add(struct buf *path, struct str key);

/*
 * Walks the elements of an array or the members of an object in document order; nothing for
 * other values.
 *
 *     struct json_iter iter = json_iter(object);
 *     while ((value = json_next(&iter)))
 *         use(iter.key, value);
 */
struct json_iter {
    const struct json_value *at;
    size_t left;
    bool members;
    struct str key; /* of the value given last; members only */
};

static inline struct json_iter json_iter(const struct json_value *value)
{
    return (struct json_iter){ .at = value ? value + 1 : NULL,
                               .left = json_count(value),
                               .members = json_is_object(value) };
}

static inline const struct json_value *json__after(const struct json_value *value)
{
    if ((value->tag & JSON__KIND_MASK) < JSON__ARR)
        return value + 1;
    return (const struct json_value *)(const void *)((const char *)value + value->of.span);
}

/* What follows a value, and all that is in it, in the order of the document. */
static inline const struct json_value *json_after(const struct json_value *value)
{
    return json__after(value);
}

static inline const struct json_value *json_next(struct json_iter *iter)
{
    const struct json_value *value = iter->at;

    if (iter->left == 0 || !value)
        return NULL;
    iter->left--;
    if (iter->members) {
        iter->key = str_of(value->of.text, (size_t)(value->tag >> JSON__LEN_SHIFT));
        value++;
    }
    iter->at = json__after(value);
    return value;
}

/* Equal as JSON: numbers by value, members in any order. NULL equals only NULL. */
bool json_equal(const struct json_value *a, const struct json_value *b);
/* Equal values have equal hashes. */
uint64_t json_hash(const struct json_value *value);
/* Exact order of two numbers: <0, 0, >0. Both must be numbers. */
int json_number_compare(const struct json_value *a, const struct json_value *b);
/* True if number is a multiple of divisor in decimal arithmetic. See json_divisor_fits. */
bool json_number_divides(const struct json_value *number, const struct json_value *divisor);
/* True for a positive number of at most 18 significant digits. */
bool json_divisor_fits(const struct json_value *divisor);

/* As short as it goes, members in document order, nothing escaped that need not be. */
void json_print(struct buf *out, const struct json_value *value);
/* Over several lines, two spaces a level, for people. No newline at the end. */
void json_print_pretty(struct buf *out, const struct json_value *value);
/* RFC 8785 with exact integers: what digests are made of. Equal values print equally. */
void json_print_canonical(struct buf *out, const struct json_value *value);
/* A copy of the value, with its text, that needs nothing of its document. */
const struct json_value *json_copy(struct arena *arena, const struct json_value *value);
/* json_print into the arena. */
struct str json_text(struct arena *arena, const struct json_value *value);

#endif
