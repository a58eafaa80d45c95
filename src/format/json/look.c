/* Looking into values: types, members, elements, pointers. */
#include "format/json/internal.h"
#include "format/json/swap.h"

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = { "nothing", "null",  "boolean", "number",
                                         "string",  "array", "object" };

    return names[type];
}

const struct json_value *json_find(const struct json_value *object, struct str key)
{
    const struct json_value *at;

    if (!json_is_object(object))
        return NULL;
    at = object + 1;
    for (size_t left = json_count(object); left; left--) {
        if ((at->tag >> JSON__LEN_SHIFT) == key.len &&
            (key.len == 0 || memcmp(at->of.text, key.ptr, key.len) == 0))
            return at + 1;
        at = json__after(at + 1);
    }
    return NULL;
}

const struct json_value *json_at(const struct json_value *array, size_t index)
{
    const struct json_value *at;

    if (!json_is_array(array) || index >= json_count(array))
        return NULL;
    at = array + 1;
    /* An array of scalars is as long as it has elements. */
    if (array->of.span == (json_count(array) + 1) * sizeof(*array))
        return at + index;
    while (index--)
        at = json__after(at);
    return at;
}

const struct json_value *json_next_with(const struct json_value *root, const char *key,
                                        const struct json_value *last)
{
    const struct json_value *end = root ? json__after(root) : NULL;

    for (const struct json_value *at = last ? last + 1 : root; at < end; at++)
        if (json_is_object(at) && json_get(at, key))
            return at;
    return NULL;
}

const struct json_value *json_next_with_both(const struct json_value *root, const char *key,
                                             const char *other, const struct json_value *last)
{
    do
        last = json_next_with(root, key, last);
    while (last && !json_get(last, other));
    return last;
}

void json_pointer_to(struct buf *path, const struct json_value *root,
                     const struct json_value *value)
{
    while (root != value) {
        struct json_iter iter = json_iter(root);
        size_t index = 0;

        while ((root = json_next(&iter)) && json__after(root) <= value)
            index++;
        CHECK(root && root <= value);
        if (iter.members)
            json_pointer_add(path, iter.key);
        else
            buf_printf(path, "/%zu", index);
    }
}

static const struct json_value *look_element(const struct json_value *array, struct str token)
{
    uint64_t index;

    if (token.len > 1 && token.ptr[0] == '0')
        return NULL;
    return str_to_u64(token, &index) ? json_at(array, index) : NULL;
}

/* True if the pointer token, unescaped, is the key. ~ stands before 0 (~) and 1 (/) only. */
static bool look_token_is(struct str token, struct str key)
{
    size_t k = 0;

    for (size_t i = 0; i < token.len; i++, k++) {
        char c = token.ptr[i];

        if (c == '~') {
            char next = i + 1 < token.len ? token.ptr[++i] : '\0';

            if (next != '0' && next != '1')
                return false;
            c = next == '0' ? '~' : '/';
        }
        if (k >= key.len || key.ptr[k] != c)
            return false;
    }
    return k == key.len;
}

static const struct json_value *look_member(const struct json_value *object, struct str token)
{
    struct json_iter iter = json_iter(object);
    const struct json_value *value;

    if (str_find_char(token, '~') == SIZE_MAX)
        return json_find(object, token);
    while ((value = json_next(&iter)))
        if (look_token_is(token, iter.key))
            return value;
    return NULL;
}

const struct json_value *json_pointer(const struct json_value *root, struct str pointer)
{
    struct str rest = pointer;
    const struct json_value *at = root;

    if (pointer.len == 0)
        return root;
    if (str_split(&rest, '/').len != 0 || !rest.ptr)
        return NULL;
    while (rest.ptr && at) {
        struct str token = str_split(&rest, '/');

        at = json_is_array(at) ? look_element(at, token) : look_member(at, token);
    }
    return at;
}

void json_pointer_add(struct buf *path, struct str key)
{
    buf_add_char(path, '/');
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '~')
            buf_add(path, "~0", 2);
        else if (key.ptr[i] == '/')
            buf_add(path, "~1", 2);
        else
            buf_add_char(path, key.ptr[i]);
    }
}

const struct json_value *json_copy(struct arena *arena, const struct json_value *value)
{
    const struct json_value *end = json__after(value);
    size_t count = (size_t)(end - value);
    struct json_value *copy = ARENA_ARRAY(arena, struct json_value, count);

    memcpy(copy, value, count * sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = copy[i].tag & JSON__KIND_MASK;

        if (kind == JSON__STR || kind == JSON__RAW)
            copy[i].of.text =
                str_c(arena, str_of(copy[i].of.text, (size_t)(copy[i].tag >> JSON__LEN_SHIFT)));
    }
    return copy;
}
