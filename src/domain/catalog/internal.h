/* Shared by the files of this room; nobody else may include it. */
#ifndef WRIT_DOMAIN_CATALOG_INTERNAL_H
#define WRIT_DOMAIN_CATALOG_INTERNAL_H

#include "base/map.h"
#include "domain/catalog/catalog.h"

/* One listing. Held by its source as offered, as pinned, or as both. */
struct catalog__listing {
    struct arena *arena;
    unsigned refs;
    struct catalog_tool *tools; /* by path */
    size_t count;
    struct map by_path; /* to struct catalog_tool */
    struct map by_name; /* to struct catalog_tool */
};

struct catalog__source {
    struct catalog_source view;
    struct arena *arena;       /* how it was described */
    struct arena *state_arena; /* the reason of its state */
    struct catalog__listing *offered;
    struct catalog__listing *pinned;
};

struct catalog {
    struct map sources; /* handle to struct catalog__source */
    struct map names;   /* name to struct catalog__source */
};

/* What a tool carries and only this room looks at. */
struct catalog__more {
    uint32_t letters; /* which letters its address has, for catalog_nearest */
};

/* ---- path.c ---- */
/* The path that a name alone would give; *ret_lossy where bytes were lost on the way. */
struct str catalog__path_make(struct str name, struct arena *arena, bool *ret_lossy);
/* The same path made unique by a mark from the name; try counts from 0. */
struct str catalog__path_mark(struct str path, struct str name, unsigned try, struct arena *arena);

/* ---- effect.c ---- */
enum event_effect catalog__effect_of(const struct event_tool *tool, struct arena *arena);

/* ---- words.c ---- */
/*
 * The next word of a text, lower case, in word (at most size bytes): letters and digits; a change
 * of case inside an identifier ends a word. False at the end. *at starts at 0.
 */
struct catalog__word {
    char text[48];
    size_t len;
};
bool catalog__word_next(struct str text, size_t *at, struct catalog__word *ret_word);
static inline struct str catalog__word_str(const struct catalog__word *word)
{
    return str_of(word->text, word->len);
}

/* ---- text.c ---- */
/* The code point at *at, which moves behind it; the text is UTF-8. */
uint32_t catalog__code_next(struct str text, size_t *at);
/* Characters without a shape, that turn the direction, that control: nobody sees them. */
bool catalog__code_is_hidden(uint32_t c);
bool catalog__code_is_bidi(uint32_t c);
bool catalog__code_is_control(uint32_t c);
static inline bool catalog__code_is_unseen(uint32_t c)
{
    return catalog__code_is_hidden(c) || catalog__code_is_bidi(c) || catalog__code_is_control(c) ||
           (c >= 0xE0000 && c <= 0xE007F);
}

#endif
