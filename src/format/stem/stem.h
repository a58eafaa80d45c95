/*
 * stem - English words to their stems, so that creating, creates and create are one. The door to
 * libstemmer (Snowball's English).
 */
#ifndef WRIT_FORMAT_STEM_STEM_H
#define WRIT_FORMAT_STEM_STEM_H

#include "base/base.h"
#include "base/str.h"

struct stem;

struct stem *stem_new(void);
struct stem *stem_free(struct stem *stem);
CLEANUP_DEFINE(struct stem, stem_free)

/* The stem of one word in lower case; lives until the next call. */
struct str stem_word(struct stem *stem, struct str word);

#endif
