/*
 * Equality and hashes. Two documents are walked side by side: scalars and array elements come in
 * the same order in both; an object's members are looked up in the other, so the right side is
 * kept as a stack of pairs still to be compared.
 */
#include "format/json/internal.h"

#include "base/map.h"
#include "base/vec.h"

/* Objects with more members than this are indexed where the order of members differs. */
#define COMPARE_MEMBERS_MAX 16U

struct compare_pair {
    const struct json_value *a;
    const struct json_value *b;
};

struct compare_pairs VEC(struct compare_pair);

static bool compare_scalar(const struct json_value *a, const struct json_value *b)
{
    if (json_is_number(a))
        return json_number_compare(a, b) == 0;
    if (json_is_string(a))
        return str_equal(json_str(a), json_str(b));
    return json_is_true(a) == json_is_true(b);
}

/* The member of that name; the members of a big object are indexed at the first search. */
static const struct json_value *compare_member(struct map *index, const struct json_value *object,
                                               struct str key)
{
    struct json_iter iter = json_iter(object);
    const struct json_value *value;

    if (json_count(object) <= COMPARE_MEMBERS_MAX)
        return json_find(object, key);
    if (index->count == 0)
        while ((value = json_next(&iter)))
            (void)map_put(index, iter.key, (void *)(uintptr_t)value);
    return map_find(index, key);
}

/* Pushes the children of two containers of one type and size; false if a key is missing. */
static bool compare_children(struct compare_pairs *pairs, const struct json_value *a,
                             const struct json_value *b)
{
    struct json_iter left = json_iter(a);
    struct json_iter right = json_iter(b);
    struct map index = MAP_INIT;
    const struct json_value *x;
    bool equal = true;

    while (equal && (x = json_next(&left))) {
        const struct json_value *y = json_next(&right);

        if (left.members && !str_equal(left.key, right.key))
            y = compare_member(&index, b, left.key);
        equal = y && json_type(x) == json_type(y) && json_count(x) == json_count(y);
        if (equal && (json_is_array(x) || json_is_object(x)))
            *VEC_PUSH(pairs) = (struct compare_pair){ x, y };
        else if (equal)
            equal = compare_scalar(x, y);
    }
    map_fini(&index);
    return equal;
}

bool json_equal(const struct json_value *a, const struct json_value *b)
{
    struct compare_pairs pairs = { 0 };
    bool equal;

    if (!a || !b)
        return a == b;
    if (json_type(a) != json_type(b) || json_count(a) != json_count(b))
        return false;
    if (!json_is_array(a) && !json_is_object(a))
        return compare_scalar(a, b);
    equal = compare_children(&pairs, a, b);
    while (equal && pairs.count) {
        struct compare_pair pair = pairs.at[--pairs.count];

        equal = compare_children(&pairs, pair.a, pair.b);
    }
    VEC_FINI(&pairs);
    return equal;
}

static uint64_t compare_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9U;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

static uint64_t compare_hash_bytes(struct str text, uint64_t seed)
{
    uint64_t hash = seed;

    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3U;
    return compare_mix(hash);
}

static uint64_t compare_hash_number(const struct json_value *number)
{
    struct json__decimal decimal;
    uint64_t magnitude;
    uint64_t hash;
    bool negative;

    if (json__whole(number, &negative, &magnitude))
        return compare_mix(magnitude + (negative && magnitude ? 77U : 7U));
    json__decimal_of(number, &decimal);
    hash = (uint64_t)decimal.point * 2 + decimal.negative;
    for (size_t i = 0; i < decimal.text.len; i++)
        if (decimal.text.ptr[i] != '.')
            hash = (hash ^ (unsigned char)decimal.text.ptr[i]) * 0x100000001b3U;
    return compare_mix(hash);
}

static uint64_t compare_hash_scalar(const struct json_value *value)
{
    if (json_is_number(value))
        return compare_hash_number(value);
    if (json_is_string(value))
        return compare_hash_bytes(json_str(value), 0x84222325U);
    return compare_mix(json_is_null(value) ? 1U : json_is_true(value) ? 2U : 3U);
}

struct compare_open {
    struct json_iter iter;
    uint64_t hash;
    uint64_t key; /* hash of the key in the container around it, or its position */
};

struct compare_opens VEC(struct compare_open);

/* Members are added up, so that their order does not matter; elements carry their position. */
static void compare_add(struct compare_opens *open, uint64_t key, uint64_t hash)
{
    if (open->count)
        open->at[open->count - 1].hash += compare_mix(hash ^ key);
}

/* The next value in document order, closing what ends; NULL when the root is closed. */
static const struct json_value *compare_next(struct compare_opens *open, uint64_t *ret_key,
                                             uint64_t *ret_hash)
{
    while (open->count) {
        struct compare_open *top = &open->at[open->count - 1];
        size_t left = top->iter.left;
        const struct json_value *at = json_next(&top->iter);
        uint64_t key = top->key;

        if (at) {
            *ret_key = top->iter.members ? compare_hash_bytes(top->iter.key, 0xcbf29ce4U)
                                         : compare_mix(left);
            return at;
        }
        *ret_hash = compare_mix(top->hash);
        open->count--;
        compare_add(open, key, *ret_hash);
    }
    return NULL;
}

uint64_t json_hash(const struct json_value *value)
{
    struct compare_opens open = { 0 };
    uint64_t key = 0;
    uint64_t hash = 0;

    for (const struct json_value *at = value; at; at = compare_next(&open, &key, &hash)) {
        if (json_is_array(at) || json_is_object(at)) {
            *VEC_PUSH(&open) = (struct compare_open){ .iter = json_iter(at),
                                                      .hash = json_is_array(at) ? 11U : 13U,
                                                      .key = key };
            continue;
        }
        hash = compare_hash_scalar(at);
        compare_add(&open, key, hash);
    }
    VEC_FINI(&open);
    return hash;
}
