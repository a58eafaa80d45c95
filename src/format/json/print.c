/*
 * Printing. Values lie in document order, so the two readable forms are one walk over the array
 * with a stack of open containers. The canonical form sorts members first and keeps, for each
 * open object, its sorted keys.
 */
#include "format/json/internal.h"
#include "format/json/swap.h"

#include "base/vec.h"

#include <stdlib.h>

struct print_open {
    const struct json_value *end;
    size_t left; /* elements or members */
    bool members;
};

struct print {
    struct buf *out;
    bool pretty;
    const struct json_swap *swap, *swap_end; /* the next one, and behind the last */
    struct VEC(struct print_open) open;
};

void json__string_print(struct buf *out, const struct json_value *string)
{
    struct str text = json_str(string);
    char *at;

    if ((string->tag & JSON__TAG_MASK) != JSON__STR_PLAIN) {
        buf_add_json(out, text);
        return;
    }
    at = buf_reserve(out, text.len + 2);
    at[0] = '"';
    if (text.len)
        memcpy(at + 1, text.ptr, text.len);
    at[text.len + 1] = '"';
    buf_commit(out, text.len + 2);
}

static void print_scalar(struct buf *out, const struct json_value *value)
{
    switch (json_type(value)) {
    case JSON_NULL:
    case JSON_NONE:
        buf_add(out, "null", 4);
        return;
    case JSON_BOOL:
        buf_add_c(out, json_is_true(value) ? "true" : "false");
        return;
    case JSON_NUMBER:
        json__number_print(out, value);
        return;
    case JSON_STRING:
        json__string_print(out, value);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    UNREACHABLE("a container is no scalar");
}

static void print_line(struct print *print)
{
    size_t spaces = print->open.count * 2;

    if (!print->pretty)
        return;
    buf_add_char(print->out, '\n');
    memset(buf_reserve(print->out, spaces + 1), ' ', spaces);
    buf_commit(print->out, spaces);
}

static void print_close(struct print *print)
{
    bool members = print->open.at[--print->open.count].members;

    print_line(print);
    buf_add_char(print->out, members ? '}' : ']');
}

/* Prints a container's opening; an empty one whole. Gives whether it is open. */
static bool print_opening(struct print *print, const struct json_value *value)
{
    bool members = json_is_object(value);
    size_t count = json_count(value);

    if (count == 0) {
        buf_add_c(print->out, members ? "{}" : "[]");
        return false;
    }
    buf_add_char(print->out, members ? '{' : '[');
    *VEC_PUSH(&print->open) =
        (struct print_open){ .end = json__after(value), .left = count, .members = members };
    print_line(print);
    return true;
}

/* True: a string stands for this value. */
static bool print_swap(struct print *print, const struct json_value *value)
{
    while (print->swap < print->swap_end && print->swap->value < value)
        print->swap++;
    if (print->swap == print->swap_end || print->swap->value != value)
        return false;
    buf_add_json(print->out, print->swap->text);
    return true;
}

static void print_walk(struct print *print, const struct json_value *root)
{
    const struct json_value *at = root;
    const struct json_value *end = json__after(root);

    while (at < end) {
        bool opened = false;

        if (print->open.count && print->open.at[print->open.count - 1].members) {
            json__string_print(print->out, at++);
            buf_add_c(print->out, print->pretty ? ": " : ":");
        }
        if (print->swap && print_swap(print, at))
            at = json__after(at);
        else if ((at->tag & JSON__KIND_MASK) < JSON__ARR)
            print_scalar(print->out, at++);
        else if (print_opening(print, at))
            opened = at++ != NULL;
        else
            at = json__after(at);
        if (opened)
            continue;
        while (print->open.count && --print->open.at[print->open.count - 1].left == 0)
            print_close(print);
        if (print->open.count) {
            buf_add_char(print->out, ',');
            print_line(print);
        }
    }
}

static void print_all(struct buf *out, const struct json_value *value, bool pretty)
{
    struct print print = { .out = out, .pretty = pretty };

    if (!value) {
        buf_add(out, "null", 4);
        return;
    }
    print_walk(&print, value);
    VEC_FINI(&print.open);
}

void json_print_swapped(struct buf *out, const struct json_value *value,
                        const struct json_swap *swaps, size_t count)
{
    struct print print = { .out = out, .swap = swaps, .swap_end = swaps + count };

    print_walk(&print, value);
    VEC_FINI(&print.open);
}

void json_print(struct buf *out, const struct json_value *value)
{
    print_all(out, value, false);
}

void json_print_pretty(struct buf *out, const struct json_value *value)
{
    print_all(out, value, true);
}

struct str json_text(struct arena *arena, const struct json_value *value)
{
    BUF_CLEANUP struct buf out = BUF_INIT;

    json_print(&out, value);
    return str_copy(arena, buf_str(&out));
}

/* An open container of the canonical form: its next child, and for objects its sorted keys. */
struct canonical_open {
    const struct json_value *next; /* arrays */
    size_t keys_at;                /* objects: where its keys are in the stack of keys */
    size_t index;
    size_t count;
    bool members;
};

struct canonical {
    struct buf *out;
    struct VEC(struct canonical_open) open;
    struct VEC(const struct json_value *) keys;
};

/*
 * Order by UTF-16 code units (RFC 8785, 3.2.3). UTF-8 byte order is code point order; the two
 * differ only where a character beyond U+FFFF (lead byte F0 and up, in UTF-16 a surrogate) meets
 * one of U+E000 to U+FFFF (lead byte EE or EF).
 */
static int canonical_compare(const void *a, const void *b)
{
    const struct json_value *const *left = a;
    const struct json_value *const *right = b;
    struct str x = json_str(*left);
    struct str y = json_str(*right);
    size_t i = 0;

    while (i < x.len && i < y.len && x.ptr[i] == y.ptr[i])
        i++;
    if (i < x.len && i < y.len) {
        unsigned char p = (unsigned char)x.ptr[i];
        unsigned char q = (unsigned char)y.ptr[i];

        if (p >= 0xEE && q >= 0xEE && (p >= 0xF0) != (q >= 0xF0))
            return p >= 0xF0 ? -1 : 1;
        return p < q ? -1 : 1;
    }
    return (x.len > y.len) - (x.len < y.len);
}

static void canonical_opening(struct canonical *canonical, const struct json_value *value)
{
    struct canonical_open open = { .next = value + 1,
                                   .keys_at = canonical->keys.count,
                                   .count = json_count(value),
                                   .members = json_is_object(value) };

    buf_add_char(canonical->out, open.members ? '{' : '[');
    if (open.members && open.count) {
        const struct json_value *key = value + 1;

        for (size_t i = 0; i < open.count; i++) {
            *VEC_PUSH(&canonical->keys) = key;
            key = json__after(key + 1);
        }
        qsort(canonical->keys.at + open.keys_at, open.count, sizeof(*canonical->keys.at),
              canonical_compare);
    }
    *VEC_PUSH(&canonical->open) = open;
}

/* The next child to print, its comma and key printed; NULL when the container is done. */
static const struct json_value *canonical_next(struct canonical *canonical)
{
    struct canonical_open *open = &canonical->open.at[canonical->open.count - 1];
    const struct json_value *value;

    if (open->index == open->count)
        return NULL;
    if (open->index)
        buf_add_char(canonical->out, ',');
    if (open->members) {
        const struct json_value *key = canonical->keys.at[open->keys_at + open->index];

        buf_add_json(canonical->out, json_str(key));
        buf_add_char(canonical->out, ':');
        value = key + 1;
    } else {
        value = open->next;
        open->next = json__after(value);
    }
    open->index++;
    return value;
}

static void canonical_value(struct canonical *canonical, const struct json_value *value)
{
    if (json_is_array(value) || json_is_object(value))
        canonical_opening(canonical, value);
    else if (json_is_number(value))
        json__number_print_canonical(canonical->out, value);
    else
        print_scalar(canonical->out, value);
}

void json_print_canonical(struct buf *out, const struct json_value *value)
{
    struct canonical canonical = { .out = out };

    canonical_value(&canonical, value);
    while (canonical.open.count) {
        struct canonical_open *open = &canonical.open.at[canonical.open.count - 1];
        const struct json_value *next = canonical_next(&canonical);

        if (next) {
            canonical_value(&canonical, next);
            continue;
        }
        buf_add_char(out, open->members ? '}' : ']');
        canonical.keys.count = open->keys_at;
        canonical.open.count--;
    }
    VEC_FINI(&canonical.open);
    VEC_FINI(&canonical.keys);
}
