/* What the files of json share. */
#ifndef WRIT_FORMAT_JSON_INTERNAL_H
#define WRIT_FORMAT_JSON_INTERNAL_H

#include "format/json/json.h"

/* Longest text of a double. */
#define JSON__REAL_LEN_MAX 32U

/* A point beyond this is this: no number of such size is told apart from another. */
#define JSON__POINT_MAX 1000000000000000

/*
 * A number as 0.DIGITS times ten to the point: DIGITS has no leading and no trailing zero, so
 * equal numbers have equal decimals. Zero has no digits. The text may hold one '.' to be
 * skipped; it looks into own[] or into the value, so a decimal is not copied.
 */
struct json__decimal {
    bool negative;
    int64_t point;
    size_t count;    /* digits */
    struct str text; /* digits and perhaps a '.' */
    char own[JSON__REAL_LEN_MAX];
};

void json__decimal_of(const struct json_value *number, struct json__decimal *ret_decimal);

/* Writes the shortest text that reads back as the same double; gives its length. */
size_t json__real_print(double real, char text[JSON__REAL_LEN_MAX]);

/* True if the number is a whole number that fits; exact. */
bool json__whole(const struct json_value *number, bool *ret_negative, uint64_t *ret_magnitude);

void json__number_print(struct buf *out, const struct json_value *number);
void json__number_print_canonical(struct buf *out, const struct json_value *number);
void json__string_print(struct buf *out, const struct json_value *string);

#endif
