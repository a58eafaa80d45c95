/*
 * plain - the text of a document, however its bytes come: packed by gzip, as UTF-16, with the mark
 * of its encoding at its front. The door to zlib.
 *
 * What is packed says how large it is only by being unpacked, so that is done twice: to measure
 * it, up to a limit, and into room of exactly that size.
 *
 *     if (plain_is_packed(bytes) && plain_measure(bytes, max, &len) == PLAIN_MEASURED)
 *         plain_unpack(bytes, room, len);
 *     text = plain_utf8(arena, bytes);
 *
 * Easy to get wrong: what is packed may hold what is packed; each is unpacked by itself.
 */
#ifndef WRIT_FORMAT_PLAIN_PLAIN_H
#define WRIT_FORMAT_PLAIN_PLAIN_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

/* Whether the bytes begin as gzip writes them. */
bool plain_is_packed(struct str bytes);

enum plain_answer {
    PLAIN_MEASURED = 0,
    PLAIN_TOO_LONG = 1, /* unpacked it is more than max bytes */
    PLAIN_BROKEN = 2,   /* it ends too early, is not what it says, or is packed to cost time */
};

MUST int plain_measure(struct str packed, size_t max, size_t *ret_len);
/* out has room for len bytes, as plain_measure said. */
void plain_unpack(struct str packed, char *out, size_t len);

/*
 * As UTF-8, without a mark: made in the arena of UTF-16 (by its mark, or by how it begins), else
 * a view of what was given. What is no UTF-16 becomes no UTF-8, for whoever reads it to refuse.
 */
struct str plain_utf8(struct arena *arena, struct str text);

#endif
