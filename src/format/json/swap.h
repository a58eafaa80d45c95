/* Values of a document that are found by a member of theirs, and have a string in their place. */
#ifndef WRIT_FORMAT_JSON_SWAP_H
#define WRIT_FORMAT_JSON_SWAP_H

#include "format/json/json.h"

/*
 * The next object in document order that has a member of that name, of the root and all in it:
 * behind the one that was given last (NULL: none was). NULL: there is no other.
 */
const struct json_value *json_next_with(const struct json_value *root, const char *key,
                                        const struct json_value *last);
/* The same of objects that have both members. */
const struct json_value *json_next_with_both(const struct json_value *root, const char *key,
                                             const char *other, const struct json_value *last);
/* Appends the pointer that leads from the root to the value, which is the root or in it. */
void json_pointer_to(struct buf *path, const struct json_value *root,
                     const struct json_value *value);

/* A value in whose place a string is printed. */
struct json_swap {
    const struct json_value *value;
    struct str text;
};
/* json_print, with swaps in document order. */
void json_print_swapped(struct buf *out, const struct json_value *value,
                        const struct json_swap *swaps, size_t count);

#endif
