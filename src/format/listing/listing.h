/*
 * listing - what a source offers, as one artifact: written once, checked, and read in place.
 *
 * docs/protocol/catalog.md has the format byte by byte. Texts lie one after another; a tool is a
 * record of fixed size that says where its texts are, and which definitions its schemas need.
 * Definitions are there once. Numbers are little endian.
 *
 * Easy to get wrong: nothing of a listing may be looked at before listing_open said yes. What is
 * read borrows the bytes, which must not change.
 */
#ifndef WRIT_FORMAT_LISTING_LISTING_H
#define WRIT_FORMAT_LISTING_LISTING_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"

#define LISTING_FORMAT    1U
#define LISTING_BYTES_MAX (64U * 1024U * 1024U)
#define LISTING_TOOLS_MAX 20000U
#define LISTING_DEFS_MAX  100002U
/* Of all tools together: definitions that they need. */
#define LISTING_NEEDS_MAX (8U * 1024U * 1024U)
#define LISTING_PATH_MAX  128U
/* Definitions that one tool's schemas may need, and bytes of them. */
#define LISTING_CLOSURE_MAX (4U * 1024U * 1024U)

enum listing_effect {
    LISTING_READ,
    LISTING_WRITE,
    LISTING_DESTRUCTIVE,
};

/* A null text is not there. */
struct listing_tool {
    struct str name; /* upstream; one of its kind */
    struct str path;
    struct str title;
    struct str description;
    struct str input;  /* JSON Schema */
    struct str output; /* JSON Schema */
    struct str hints;  /* JSON */
    struct str plan;   /* JSON */
    enum listing_effect effect;
    const uint32_t *needs; /* indexes of definitions, ascending; writing only */
    uint32_t needs_count;
    uint32_t needs_at; /* reading only: see listing_need */
};

struct listing_def {
    struct str name;
    struct str text; /* JSON Schema */
};

struct listing {
    struct str bytes;
    uint32_t tools_count;
    uint32_t defs_count;
    uint32_t needs_count;
};

/* What is written: tools by path, definitions by name. */
struct listing_contents {
    struct str about; /* JSON */
    const struct listing_tool *tools;
    size_t tools_count;
    const struct listing_def *defs;
    size_t defs_count;
};

enum listing_answer {
    LISTING_SOUND = 0,
    LISTING_MALFORMED = 1, /* *ret_why says what */
    LISTING_UNCHECKED = 2, /* so far it is sound */
};

/* LISTING_MALFORMED: over a limit; nothing that may be used was written. */
MUST int listing_write(const struct listing_contents *contents, struct buf *out,
                       const char **ret_why);

/* Checks all of it, in time that grows with its length; borrows the bytes. */
MUST int listing_open(struct str bytes, struct listing *ret_listing, const char **ret_why);

/* The same in steps of some microseconds, for whoever may not stay until all of it is checked. */
struct listing_check {
    struct listing listing; /* once it is sound */
    const char *why;
    unsigned part;
    size_t at;         /* in that part */
    struct str before; /* the path, or the name, before */
    uint64_t needs;
};
void listing_check_init(struct listing_check *check, struct str bytes);
/* LISTING_UNCHECKED: goes on with the next call. */
MUST int listing_check_step(struct listing_check *check, size_t steps);

struct str listing_about(const struct listing *listing);
struct listing_tool listing_tool_at(const struct listing *listing, size_t index);
struct listing_def listing_def_at(const struct listing *listing, size_t index);
/* The definition that the tool needs at that place, and its index. */
uint32_t listing_need_index(const struct listing *listing, const struct listing_tool *tool,
                            size_t index);
struct listing_def listing_need(const struct listing *listing, const struct listing_tool *tool,
                                size_t index);

/*
 * Of each tool's definition, in their order: all its texts, its plan, and the definitions that it
 * needs, whose own digests are made once.
 */
void listing_digests(const struct listing *listing, struct digest *ret_digests);
/* One by one: of a definition; of a tool, from those of all definitions. */
struct digest listing_def_digest(const struct listing *listing, size_t index, struct buf *scratch);
struct digest listing_tool_digest(const struct listing *listing, size_t index,
                                  const struct digest *defs, struct buf *scratch);

/* The schema with its definitions: {...schema, "$defs": {...}}; nothing for a null text. */
void listing_schema_print(const struct listing *listing, const struct listing_tool *tool,
                          struct str schema, struct buf *out);

#endif
