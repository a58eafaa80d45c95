/* Shared by the files of this room; nobody else may include it. */
#ifndef WRIT_DOMAIN_CATALOG_INTERNAL_H
#define WRIT_DOMAIN_CATALOG_INTERNAL_H

#include "base/map.h"
#include "domain/catalog/catalog.h"
#include "domain/catalog/connections.h"
#include "format/listing/listing.h"

struct catalog__builder;
struct catalog__index;
struct catalog__speech;

/* Bytes of a listing that tools look into. */
struct catalog__artifact {
    struct digest digest;
    struct buf bytes;
    struct listing listing;
    struct digest *digests; /* of the tools */
    uint8_t *marks;         /* of the definitions: see findings.c */
    unsigned refs;          /* listings that are made of it, and readings */
};

/* One listing. Held by its source as offered, as pinned, or as both. */
struct catalog__listing {
    struct arena *arena;
    unsigned refs;
    struct catalog_tool *tools;  /* by path */
    struct catalog__more *mores; /* of each tool, side by side */
    size_t count;
    struct catalog__artifact *artifact; /* NULL: its texts are in the arena */
    /* Pins of several listings: those that their tools are of, and stay with. */
    struct catalog__listing **homes;
    size_t homes_count;
    struct map by_path;           /* to struct catalog_tool */
    struct map by_name;           /* to struct catalog_tool */
    struct catalog__index *index; /* NULL: nobody began it */
    struct catalog__ways *ways;   /* NULL: it is of no artifact */
};

/* Ways to be let in, as plans end from there, each with the first tool that says so. */
#define CATALOG__WAYS_MAX 64U
struct catalog__ways {
    struct catalog__way {
        struct str text;
        uint32_t tool;
    } at[CATALOG__WAYS_MAX];
    size_t count;
};

struct catalog__source {
    struct catalog_source view;
    struct arena *arena;       /* how it was described */
    struct arena *state_arena; /* the reason of its state */
    struct catalog__listing *offered;
    struct catalog__listing *pinned;
    struct catalog__listing *prepared; /* what it will offer, made beforehand; NULL: it was not */
    uint32_t said; /* how often what is offered or pinned, or what was said of it, became another */
};

struct catalog {
    struct map sources;   /* handle to struct catalog__source */
    struct map names;     /* name to struct catalog__source */
    struct map artifacts; /* digest to struct catalog__artifact */
    struct catalog__speech *speech;
    bool unindexed; /* there may be a listing that has no index yet */
};

/* What a tool carries and only this room looks at. */
struct catalog__more {
    uint32_t letters;      /* which letters its address has */
    uint32_t spelling_len; /* at most CATALOG__SPELLING_MAX */
    struct catalog__listing *home;
};

/* ---- credential.c ---- */
void catalog__apply_credential(struct catalog *catalog,
                               const struct event_source_credential *event);
/* Thousands of operations say the same: of those whose plans end alike the first counts. */
void catalog__way_note(struct catalog__listing *listing, size_t index);
/* ---- pins.c ---- */
/* What was approved before and what is approved now, of the two listings; either may be NULL. */
struct catalog__listing *catalog__pins_new(const struct catalog__listing *pinned,
                                           struct catalog__listing *offered);
/* A tool of a new listing is what the person said before, where it is as it was then. */
void catalog__pins_remember(const struct catalog__source *source, struct catalog_tool *tool);
void catalog__pins_approve(struct catalog *catalog, const struct event_source_approved *event);
void catalog__pins_reject(struct catalog *catalog, const struct event_source_rejected *event);
/* What waits is counted anew. */
void catalog__pins_count(struct catalog__source *source);
struct catalog__listing *catalog__listing_unref(struct catalog *catalog,
                                                struct catalog__listing *listing);

/* ---- artifact.c ---- */
struct catalog__artifact *catalog__artifact_find(const struct catalog *catalog,
                                                 const struct digest *digest);
void catalog__artifact_unref(struct catalog *catalog, struct catalog__artifact *artifact);
void catalog__artifacts_free(struct catalog *catalog);
/* With one reference, which is the caller's; nobody finds it before it is put. */
struct catalog__artifact *catalog__artifact_new(const struct digest *digest);
void catalog__artifact_put(struct catalog *catalog, struct catalog__artifact *artifact);
/* A listing of its tools, none of them yet; then one by one, as the source will offer them. */
struct catalog__listing *catalog__artifact_listing(struct catalog__artifact *artifact);
bool catalog__artifact_listing_add(struct catalog__listing *listing,
                                   const struct catalog__source *source);

/* ---- nearest.c ---- */
#define CATALOG__SPELLING_MAX 64U
void catalog__spelling_note(struct str address, struct catalog__more *more);

/* ---- path.c ---- */
/* The path that a name alone would give; *ret_lossy where bytes were lost on the way. */
struct str catalog__path_make(struct str name, struct arena *arena, bool *ret_lossy);
/* source.path */
struct str catalog__address_make(struct arena *arena, struct str name, struct str path);
/* The same path made unique by a mark from the name; try counts from 0. */
struct str catalog__path_mark(struct str path, struct str name, unsigned try, struct arena *arena);

/* ---- effect.c ---- */
enum event_effect catalog__effect_of(const struct event_tool *tool, struct arena *arena);
/* Does it change something: merge, approve, lock? */
bool catalog__effect_is_verb(struct str word);

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
/* Does it join, or part, what stands before it, as emoji and some scripts are written? */
bool catalog__code_is_joint(uint32_t before, uint32_t c);
static inline bool catalog__code_is_unseen(uint32_t c)
{
    return catalog__code_is_hidden(c) || catalog__code_is_bidi(c) || catalog__code_is_control(c) ||
           (c >= 0xE0000 && c <= 0xE007F);
}

/* ---- phrases.c ---- */
#define CATALOG__PHRASES_MAX 255U
enum catalog__phrase {
    CATALOG__NO_PHRASE,
    CATALOG__MARKUP,
    CATALOG__INSTRUCTIONS,
};
/* The phrases that begin with a character: indexes + 1, each leads to the next. */
struct catalog__phrases {
    uint8_t first[128];
    uint8_t next[CATALOG__PHRASES_MAX];
};
void catalog__phrases_init(struct catalog__phrases *phrases);
/* Whether one begins at this place. */
enum catalog__phrase catalog__phrase_at(const struct catalog__phrases *phrases, struct str text,
                                        size_t at);

/* ---- speech.c ---- */
/* What is known of the language: stems, words that say nothing, words that say the same. */
struct catalog__speech *catalog__speech_new(void);
struct catalog__speech *catalog__speech_free(struct catalog__speech *speech);
/* Lives until the next call. */
struct str catalog__speech_stem(struct catalog__speech *speech, struct str word);
bool catalog__speech_is_empty_word(struct str word);
/* The groups of synonyms that a stem (of catalog__speech_stem) is in. */
#define CATALOG__GROUPS_OF_ONE 8U
struct catalog__groups {
    uint8_t at[CATALOG__GROUPS_OF_ONE];
    uint8_t count;
};
struct catalog__groups catalog__speech_groups(const struct catalog__speech *speech,
                                              struct str stem);
/* The stems of a group, in order; the null text after the last. */
struct str catalog__speech_synonym(const struct catalog__speech *speech, unsigned group,
                                   size_t index);
/* Is each word of the group as good as the other? */
bool catalog__speech_is_same(unsigned group);
/*
 * The verb that a phrase at *at stands for ("get rid of", "turn ... on"), or the null text. The
 * words of the phrase are then the first and, where it is not 0, the one at *ret_particle.
 */
struct str catalog__speech_phrase(const struct str *words, size_t count, size_t *ret_particle);

/* ---- kind.c ---- */
enum catalog__kind {
    CATALOG__NO_KIND,
    CATALOG__LIST,
    CATALOG__GET,
    CATALOG__SEARCH,
    CATALOG__CREATE,
    CATALOG__UPDATE,
    CATALOG__DELETE,
    CATALOG__ACT, /* a wish: some change, by a verb of its own */
    CATALOG__KINDS,
};
enum catalog__kind catalog__kind_of_word(struct str word);
/* description: without markup. */
enum catalog__kind catalog__kind_of_tool(const struct catalog_tool *tool, struct str description);
enum catalog__kind catalog__kind_of_wish(struct str text);

/* ---- index.c ---- */
/* One word of one tool: how much it counts there. */
struct catalog__post {
    float impact;
    unsigned tool : 31;
    unsigned in_name : 1;
};

struct catalog__term {
    struct str text;
    uint32_t first; /* of its posts */
    uint32_t count;
};

/* What the index knows of a tool besides its words. */
struct catalog__facts {
    float name; /* how much the words of its name say, all together */
    uint8_t kind;
    bool stale; /* says that it is deprecated, a beta, a test */
};

struct catalog__index {
    struct arena *arena;
    struct catalog__builder *builder; /* NULL: it is whole, and may be looked into */
    struct map terms;                 /* stem to struct catalog__term */
    struct catalog__post *posts;
    struct catalog__facts *facts; /* of each tool */
    size_t tools;
};

/* How much a word says that `with` of `all` tools have: BM25's inverse document frequency. */
float catalog__index_rarity(size_t all, size_t with);

/* It is made by steps. */
struct catalog__index *catalog__index_new(const struct catalog__listing *listing,
                                          struct catalog__speech *speech);
/* True when it is whole. A step takes some microseconds. */
bool catalog__index_step(struct catalog__index *index, size_t steps);
struct catalog__index *catalog__index_free(struct catalog__index *index);

#endif
