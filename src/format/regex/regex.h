/*
 * regex - regular expressions as ECMA-262 means them, on PCRE2 without its JIT.
 *
 * A pattern is read by our own translator, as JavaScript reads it with the flag u, and where that
 * fails once more as Annex B reads it without; what comes out says only what PCRE2 and ECMA-262
 * agree on. So possessive and atomic groups, inline options, verbs, \A, \Z and \h never reach
 * PCRE2; \d, \w and \b are ASCII, \s is Unicode, $ is the very end, . stops at four line ends,
 * [] matches nothing and an unset back-reference the empty text. A pattern is found anywhere in the
 * text unless it is anchored.
 *
 * Easy to get wrong: matching has a budget, so there is a third answer. Look-behind must have a
 * fixed length (PCRE2's limit); a surrogate without its partner matches nothing, since our text
 * is UTF-8.
 */
#ifndef WRIT_FORMAT_REGEX_REGEX_H
#define WRIT_FORMAT_REGEX_REGEX_H

#include "base/arena.h"
#include "base/base.h"
#include "base/str.h"

/* Longest pattern, and deepest nesting of groups. */
#define REGEX_PATTERN_MAX 65536U
#define REGEX_DEPTH_MAX   200U
/* Longest text that is matched. */
#define REGEX_TEXT_MAX (1024U * 1024U)
/* Backtracking steps for one text, and memory for them. */
#define REGEX_STEPS_MAX    2000000U
#define REGEX_HEAP_MAX_KIB 4096U

struct regex;

/* Memory that matching reuses: one for each loop that matches. */
struct regex_scratch;

struct regex_error {
    size_t offset; /* into the pattern, in bytes */
    char sentence[120];
};

enum regex_compile_answer {
    REGEX_COMPILED = 0,
    REGEX_REFUSED = 1, /* *ret_error says where and why */
};

enum regex_match_answer {
    REGEX_FOUND = 0,
    REGEX_NOT_FOUND = 1,
    REGEX_TOO_COSTLY = 2, /* over the budget, or the text is too long */
};

/* Compiles into the arena; borrows the pattern, which is UTF-8. */
MUST int regex_compile(struct arena *arena, struct str pattern, struct regex_error *ret_error,
                       const struct regex **ret_regex);

/* Whether JavaScript accepts the pattern with the flag u; answers as regex_compile. */
MUST int regex_check(struct str pattern, struct regex_error *ret_error);

struct regex_scratch *regex_scratch_new(void);
struct regex_scratch *regex_scratch_free(struct regex_scratch *scratch);
CLEANUP_DEFINE(struct regex_scratch, regex_scratch_free)

/* Looks for the pattern in the text, which is UTF-8. */
MUST int regex_match(const struct regex *regex, struct str text, struct regex_scratch *scratch);

/*
 * The same within a budget that many matches share: takes from *steps what this one may have
 * cost, and answers REGEX_TOO_COSTLY where that is more than there is.
 */
MUST int regex_match_within(const struct regex *regex, struct str text,
                            struct regex_scratch *scratch, uint64_t *steps);

#endif
