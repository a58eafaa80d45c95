/*
 * base64 - bytes as text (RFC 4648).
 *
 * Easy to get wrong: the decoder takes both alphabets, with or without padding, but only one
 * text for the same bytes: bits that no byte uses must be zero.
 */
#ifndef WRIT_BASE_BASE64_H
#define WRIT_BASE_BASE64_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

/* Section 4: the plain alphabet, padded. */
void base64_encode(struct buf *out, struct str bytes);
/* Section 5: the URL alphabet, not padded. */
void base64_encode_url(struct buf *out, struct str bytes);
/* Letters of so many bytes in the URL alphabet; prints them, no NUL, and gives how many. */
#define BASE64_LEN(bytes) (((bytes)*4U + 2U) / 3U)
size_t base64_print_url(char *text, const void *bytes, size_t len);
/* Adds the bytes. False if the text is neither; whether some were added is not said. */
MUST bool base64_decode(struct buf *out, struct str text);

#endif
