/*
 * text - the text of a program before it runs: what models add around it, what it needs, and
 * where in it something stands. Pure.
 */
#ifndef WRIT_PROC_WORKER_TEXT_H
#define WRIT_PROC_WORKER_TEXT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

struct worker__text {
    struct str text;       /* as sent, with fences and `export default` replaced by blanks */
    struct str expression; /* set: it may be one function that is meant to be called */
    bool maybe_generic; /* it has <...> before ( or a backquote: valid JavaScript, other meaning */
};

/* Every line and column of the result is where it was in the text that was sent. */
struct worker__text worker__text_unwrap(struct arena *arena, struct str code);

/* True if the JSON text has an integer beyond 2^53 - 1. */
bool worker__text_has_big(struct str json);

/* The line (from 1), without its end; null beyond the last. */
struct str worker__text_line(struct str text, uint32_t line);

#endif
