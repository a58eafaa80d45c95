/*
 * Parsing: yyjson reads the text into one array of values; one walk over that array then refuses
 * what yyjson does not look at (depth, duplicate keys). The walk knows a value by its index in
 * the array; where that is in the text is found by counting tokens, and only for an error.
 */
#include "format/json/internal.h"

#include <stdio.h>
#include <yyjson.h>

_Static_assert(sizeof(struct json_value) == sizeof(yyjson_val), "values are yyjson's");
_Static_assert(offsetof(struct json_value, of) == offsetof(yyjson_val, uni), "payload");
_Static_assert(JSON__RAW == YYJSON_TYPE_RAW && JSON__NULL == YYJSON_TYPE_NULL, "kinds");
_Static_assert(JSON__BOOL == YYJSON_TYPE_BOOL && JSON__NUM == YYJSON_TYPE_NUM, "kinds");
_Static_assert(JSON__STR == YYJSON_TYPE_STR && JSON__ARR == YYJSON_TYPE_ARR, "kinds");
_Static_assert(JSON__OBJ == YYJSON_TYPE_OBJ && JSON__KIND_MASK == YYJSON_TYPE_MASK, "kinds");
_Static_assert(JSON__TRUE == (YYJSON_TYPE_BOOL | YYJSON_SUBTYPE_TRUE), "subkinds");
_Static_assert(JSON__SINT == (YYJSON_TYPE_NUM | YYJSON_SUBTYPE_SINT), "subkinds");
_Static_assert(JSON__REAL == (YYJSON_TYPE_NUM | YYJSON_SUBTYPE_REAL), "subkinds");
_Static_assert(JSON__STR_PLAIN == (YYJSON_TYPE_STR | YYJSON_SUBTYPE_NOESC), "subkinds");
_Static_assert(JSON__LEN_SHIFT == YYJSON_TAG_BIT, "length");

/* Objects up to this many members are checked for duplicates pair by pair. */
#define PARSE_PAIRWISE_MAX 12U

struct parse_memory {
    struct arena *arena;
    struct str text;
    void *grown; /* what parse_realloc gave last, and how much it can hold */
    size_t grown_size;
};

static void *parse_malloc(void *context, size_t size)
{
    struct parse_memory *memory = context;

    return arena_alloc_raw(memory->arena, size);
}

/*
 * yyjson guesses how many values a text holds and grows by halves. What is outgrown stays in
 * the arena, so there is one growth: to the most the text can hold (every value but the first
 * follows a bracket, a comma or a colon) and the half by which yyjson may ask for too much.
 */
static void *parse_realloc(void *context, void *old, size_t old_size, size_t size)
{
    struct parse_memory *memory = context;
    size_t values = 8;

    if (old == memory->grown && size <= memory->grown_size)
        return old;
    for (size_t i = 0; i < memory->text.len; i++) {
        char c = memory->text.ptr[i];

        values += c == ',' || c == ':' || c == '[' || c == '{';
    }
    values = (values + values / 2) * sizeof(struct json_value);
    memory->grown_size = values > size ? values : size;
    memory->grown = arena_alloc_raw(memory->arena, memory->grown_size);
    memcpy(memory->grown, old, old_size);
    return memory->grown;
}

static void parse_free(void *context UNUSED, void *old UNUSED)
{
}

static void parse_locate(struct str text, size_t offset, struct json_error *error)
{
    *error = (struct json_error){ .offset = offset, .line = 1, .column = 1 };
    for (size_t i = 0; i < offset && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c == '\n') {
            error->line++;
            error->column = 1;
        } else if ((c & 0xC0) != 0x80) {
            error->column++;
        }
    }
}

/* What stands at the offset, for a sentence. */
static void parse_found(struct str text, size_t offset, char found[24])
{
    unsigned char c = offset < text.len ? (unsigned char)text.ptr[offset] : 0;

    if (offset >= text.len)
        (void)snprintf(found, 24, "the end of the text");
    else if (c > 0x20 && c < 0x7F)
        (void)snprintf(found, 24, "'%c'", c);
    else
        (void)snprintf(found, 24, "byte 0x%02x", c);
}

static int parse_refuse(struct str text, const yyjson_read_err *err, struct json_error *ret_error)
{
    char found[24];

    parse_locate(text, err->pos, ret_error);
    parse_found(text, err->pos, found);
    (void)snprintf(ret_error->sentence, sizeof(ret_error->sentence), "%s, at %s", err->msg, found);
    return JSON_MALFORMED;
}

/* Where the value of that index begins in a well-formed text. */
static size_t parse_offset_of(struct str text, size_t index)
{
    size_t i = 0;

    while (i < text.len) {
        char c = text.ptr[i];

        if (memchr(" \t\r\n,:]}", c, 8)) {
            i++;
            continue;
        }
        if (index-- == 0)
            return i;
        if (c == '"') {
            for (i++; text.ptr[i] != '"'; i++)
                i += text.ptr[i] == '\\';
            i++;
        } else if (c == '[' || c == '{') {
            i++;
        } else {
            while (i < text.len && !memchr(" \t\r\n,:]}", text.ptr[i], 8))
                i++;
        }
    }
    return i;
}

void json_locate(struct str text, size_t index, size_t *ret_line, size_t *ret_column)
{
    struct json_error at;

    parse_locate(text, parse_offset_of(text, index), &at);
    *ret_line = at.line;
    *ret_column = at.column;
}

static struct str parse_key(const struct json_value *key)
{
    return str_of(key->of.text, (size_t)(key->tag >> JSON__LEN_SHIFT));
}

/* The duplicate among few members, or NULL. */
static const struct json_value *parse_duplicate_few(const struct json_value *object)
{
    const struct json_value *keys[PARSE_PAIRWISE_MAX];
    const struct json_value *key = object + 1;
    size_t count = json_count(object);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            if ((keys[j]->tag >> JSON__LEN_SHIFT) == (key->tag >> JSON__LEN_SHIFT) &&
                str_equal(parse_key(keys[j]), parse_key(key)))
                return key;
        keys[i] = key;
        key = json__after(key + 1);
    }
    return NULL;
}

static uint64_t parse_hash(struct str key)
{
    uint64_t hash = 0x9e3779b97f4a7c15U ^ key.len;
    size_t i = 0;

    for (; i + 8 <= key.len; i += 8) {
        uint64_t word;

        memcpy(&word, key.ptr + i, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdU;
        hash ^= hash >> 32;
    }
    for (; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3U;
    hash *= 0xff51afd7ed558ccdU;
    return hash ^ (hash >> 29);
}

/* A slot: the key's index in the document + 1, and the upper half of its hash. */
struct parse_slot {
    uint32_t index;
    uint32_t hash;
};

struct parse_walk {
    const struct json_value *root;
    size_t count;
    size_t depth_max;
    struct parse_slot *slots; /* owned, for objects with many members */
    size_t slots_cap;
};

static size_t parse_slots_for(struct parse_walk *walk, size_t count)
{
    size_t cap = 32;

    while (cap < count * 2)
        cap *= 2;
    if (cap > walk->slots_cap) {
        walk->slots = heap_resize(walk->slots, cap * sizeof(*walk->slots));
        walk->slots_cap = cap;
    }
    memset(walk->slots, 0, cap * sizeof(*walk->slots));
    return cap - 1;
}

static const struct json_value *parse_duplicate_many(struct parse_walk *walk,
                                                     const struct json_value *object)
{
    size_t count = json_count(object);
    size_t mask = parse_slots_for(walk, count);
    const struct json_value *key = object + 1;

    for (size_t i = 0; i < count; i++) {
        uint64_t hash = parse_hash(parse_key(key));
        size_t at = (size_t)hash & mask;

        for (; walk->slots[at].index; at = (at + 1) & mask)
            if (walk->slots[at].hash == (uint32_t)(hash >> 32) &&
                str_equal(parse_key(walk->root + walk->slots[at].index - 1), parse_key(key)))
                return key;
        walk->slots[at].index = (uint32_t)(key - walk->root + 1);
        walk->slots[at].hash = (uint32_t)(hash >> 32);
        key = json__after(key + 1);
    }
    return NULL;
}

static const struct json_value *parse_duplicate(struct parse_walk *walk,
                                                const struct json_value *object)
{
    if (json_count(object) <= PARSE_PAIRWISE_MAX)
        return parse_duplicate_few(object);
    return parse_duplicate_many(walk, object);
}

/* The first value that is too deep or a key that is there twice, or NULL. */
static const struct json_value *parse_walk(struct parse_walk *walk, bool *ret_deep)
{
    const struct json_value *ends[JSON_DEPTH_MAX];
    size_t depth = 0;

    *ret_deep = false;
    for (const struct json_value *at = walk->root; at < walk->root + walk->count; at++) {
        const struct json_value *twice;

        while (depth && at == ends[depth - 1])
            depth--;
        if ((at->tag & JSON__KIND_MASK) < JSON__ARR)
            continue;
        if (depth == walk->depth_max) {
            *ret_deep = true;
            return at;
        }
        twice = json_is_object(at) ? parse_duplicate(walk, at) : NULL;
        if (twice)
            return twice;
        ends[depth++] = json__after(at);
    }
    return NULL;
}

static int parse_check(struct str text, size_t depth_max, const struct json_doc *doc,
                       struct json_error *ret_error)
{
    struct parse_walk walk = { .root = doc->root, .count = doc->count, .depth_max = depth_max };
    const struct json_value *bad;
    bool deep;

    bad = parse_walk(&walk, &deep);
    (void)heap_free(walk.slots);
    if (!bad)
        return JSON_PARSED;
    parse_locate(text, parse_offset_of(text, (size_t)(bad - doc->root)), ret_error);
    if (deep)
        (void)snprintf(ret_error->sentence, sizeof(ret_error->sentence),
                       "nested more than %zu levels deep", depth_max);
    else
        (void)snprintf(ret_error->sentence, sizeof(ret_error->sentence),
                       "the key \"%.100s\" is in the same object twice", json_str(bad).ptr);
    return JSON_MALFORMED;
}

int json_parse(struct arena *arena, struct str text, const struct json_options *options,
               struct json_error *ret_error, struct json_doc *ret_doc)
{
    static const yyjson_read_flag flags = YYJSON_READ_BIGNUM_AS_RAW;
    size_t depth_max = options && options->depth_max ? options->depth_max : JSON_DEPTH_MAX;
    struct parse_memory memory = { .arena = arena, .text = text };
    yyjson_alc alc = { parse_malloc, parse_realloc, parse_free, &memory };
    yyjson_read_err err;
    struct json_doc doc;
    yyjson_doc *read;

    if ((options && options->bytes_max && text.len > options->bytes_max) || text.len > UINT32_MAX) {
        *ret_error = (struct json_error){ .line = 1, .column = 1 };
        (void)snprintf(ret_error->sentence, sizeof(ret_error->sentence),
                       "%zu bytes are more than the limit", text.len);
        return JSON_MALFORMED;
    }
    if (text.len == 0)
        text = STR("");
    /* Without YYJSON_READ_INSITU the text is only read. */
    read = yyjson_read_opts((char *)(uintptr_t)text.ptr, text.len, flags, &alc, &err);
    if (!read && text.len == 0)
        err = (yyjson_read_err){ .msg = "there is no value" };
    if (!read)
        return parse_refuse(text, &err, ret_error);
    doc.root = (const struct json_value *)(const void *)yyjson_doc_get_root(read);
    doc.count = yyjson_doc_get_val_count(read);
    if (depth_max > JSON_DEPTH_MAX)
        depth_max = JSON_DEPTH_MAX;
    if (parse_check(text, depth_max, &doc, ret_error) != JSON_PARSED)
        return JSON_MALFORMED;
    *ret_doc = doc;
    return JSON_PARSED;
}
