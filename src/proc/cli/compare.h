/*
 * compare - two texts or two JSON values, and in which places they differ, for people.
 *
 * What is shown came from strangers: it goes through text_add_clean, so that what is hidden in it
 * is seen.
 */
#ifndef WRIT_PROC_CLI_COMPARE_H
#define WRIT_PROC_CLI_COMPARE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct json_value;

#define COMPARE_LINES_MAX 200U /* shown of two values */

struct compare {
    struct arena *arena;
    struct buf *out;
    bool color;
};

/* Lines that are only in one, with what is equal around a change cut away where it is long. */
void compare_text(const struct compare *compare, struct str before, struct str after);

/* One line a member that was added, taken away, or changed, by its JSON pointer. */
void compare_json(const struct compare *compare, const struct json_value *before,
                  const struct json_value *after);

#endif
