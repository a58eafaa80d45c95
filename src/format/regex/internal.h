/* What the files of regex share. */
#ifndef WRIT_FORMAT_REGEX_INTERNAL_H
#define WRIT_FORMAT_REGEX_INTERNAL_H

#include "base/buf.h"
#include "format/regex/regex.h"

#define REGEX__NAMES_MAX 64U
#define REGEX__NOTHING   "(?!)"
#define REGEX__END       0xFFFFFFFFU

enum regex__group {
    REGEX__GROUP,
    REGEX__LOOKAHEAD,
    REGEX__LOOKBEHIND,
};

struct regex__translator {
    struct str pattern;
    size_t at;
    bool unicode; /* with the flag u; else Annex B */
    bool quantifiable;
    bool failed;
    struct buf *out;
    struct regex_error *error;
    size_t groups; /* in the whole pattern */
    size_t names_count;
    struct str names[REGEX__NAMES_MAX];
    size_t name_groups[REGEX__NAMES_MAX];
    size_t depth;
    enum regex__group open[REGEX_DEPTH_MAX];
};

/*
 * Appends what PCRE2 is to compile. False, with the error set, where the pattern is none. The
 * error is the caller's before it is the translator's.
 */
bool regex__translate(struct str pattern, bool unicode, struct buf *out, struct regex_error *error);

/* Notes the first failure; always false. */
bool regex__fail(struct regex__translator *t, size_t offset, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The character at the position without taking it; REGEX__END at the end. */
uint32_t regex__peek(const struct regex__translator *t);
uint32_t regex__take(struct regex__translator *t);
bool regex__take_if(struct regex__translator *t, char c);

/* One character as PCRE2 takes it anywhere, inside a class or outside. */
void regex__emit(struct regex__translator *t, uint32_t character);

/* What an escape stands for. */
enum regex__escape {
    REGEX__FAILED,
    REGEX__CHARACTER,
    REGEX__SET,       /* already printed: \d, \p{...} and the like */
    REGEX__BOUNDARY,  /* \b or \B, printed */
    REGEX__REFERENCE, /* printed */
};

/* Reads what follows a backslash. Sets are printed so that they may stand in a class. */
enum regex__escape regex__escape(struct regex__translator *t, bool in_class, uint32_t *ret_char);

/* Reads a class after its opening bracket. */
bool regex__class(struct regex__translator *t);

#endif
