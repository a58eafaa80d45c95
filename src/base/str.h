/*
 * str - a borrowed view of bytes, usually UTF-8 text. Not NUL-terminated.
 *
 * Easy to get wrong: a view lives no longer than what it looks at. str_copy moves it into an
 * arena; STR() is for literals only.
 */
#ifndef WRIT_BASE_STR_H
#define WRIT_BASE_STR_H

#include "base/base.h"

#include <stdbool.h>
#include <string.h>

struct arena;

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_NULL     ((struct str){ NULL, 0 })
/* For printf: "%.*s", STR_ARG(text). Text over 2 GiB is cut. */
#define STR_ARG(s) ((int)((s).len > INT32_MAX ? INT32_MAX : (s).len)), ((s).ptr ? (s).ptr : "")

static inline struct str str_of(const char *ptr, size_t len)
{
    return (struct str){ ptr, len };
}

/* A view of a NUL-terminated string; NULL gives the null view. */
static inline struct str str_from(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    return str_equal(a, str_from(text));
}

/* Byte order, shorter first where one is a prefix of the other: <0, 0, >0. */
int str_compare(struct str a, struct str b);

bool str_starts(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);

/* Position of the first occurrence, or SIZE_MAX. */
size_t str_find(struct str text, struct str needle);
size_t str_find_char(struct str text, char c);

/* The part [from, to), clamped to the text. */
struct str str_slice(struct str text, size_t from, size_t to);

/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str text);

/*
 * Takes everything up to the separator off the front of *rest and gives it; without a separator
 * gives all and leaves *rest null. Loop with: while (rest.ptr) part = str_split(&rest, ',').
 */
struct str str_split(struct str *rest, char separator);

/* Parses all of text as a decimal number. False, and *ret_value untouched, if it is none. */
bool str_to_u64(struct str text, uint64_t *ret_value);
bool str_to_i64(struct str text, int64_t *ret_value);

/* True if the bytes are well-formed UTF-8 (no surrogates, no overlong forms). */
bool str_is_utf8(struct str text);
/* The last place at or before `at` that is between two characters: of pieces cut there, each is. */
size_t str_utf8_cut(struct str text, size_t at);
/* Writes the character of this number, at most 0x10FFFF, surrogates too: gives its 1 to 4 bytes. */
size_t str_utf8_write(char *out, uint32_t point);

/* A copy in the arena; NUL-terminated beyond its length, so .ptr may go to the kernel. */
struct str str_copy(struct arena *arena, struct str text);
const char *str_c(struct arena *arena, struct str text);
struct str str_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
