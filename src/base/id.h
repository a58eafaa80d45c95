/*
 * id - UUIDv7 (RFC 9562, section 5.7), shown as prefix and 26 base32 letters: exe_01j....
 *
 * Made from a command's time and entropy, never from a clock here. Text sorts as time does
 * (Crockford's alphabet, lower case).
 */
#ifndef WRIT_BASE_ID_H
#define WRIT_BASE_ID_H

#include "base/base.h"
#include "base/str.h"

#define ID_TEXT_LEN 30U /* "exe_" and 26 letters */

struct id {
    uint8_t bytes[16];
};

/* at_ms: milliseconds since 1970 UTC; entropy: 10 bytes of which 74 bits are used. */
struct id id_make(int64_t at_ms, const uint8_t entropy[10]);

/* prefix: three letters. Writes ID_TEXT_LEN characters, no NUL. */
void id_print(struct id id, const char *prefix, char *text);
struct str id_text(struct arena *arena, struct id id, const char *prefix);

/* False unless text is prefix_ and 26 letters of the alphabet. */
bool id_parse(struct str text, const char *prefix, struct id *ret_id);
bool id_equal(struct id a, struct id b);

#endif
