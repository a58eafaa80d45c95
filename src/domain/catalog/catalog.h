/*
 * catalog - the sources and what they offer: addresses, effect classes, schemas, pins.
 *
 * State of the core, changed by catalog_apply alone. A listing is turned into an event by
 * catalog_listing: addresses from names, effect classes from names and hints, a digest of each
 * definition, and `waiting` for all that no person has approved at this digest. Nothing that
 * waits can be found, searched or described; people see it through catalog_source.
 *
 * Easy to get wrong: texts come from strangers. Show them to a person with their findings, never
 * to a model before approval. A pointer to a source or a tool lives until the next catalog_apply
 * for that source.
 */
#ifndef WRIT_DOMAIN_CATALOG_CATALOG_H
#define WRIT_DOMAIN_CATALOG_CATALOG_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/event.h"
#include "model/msg.h"

#define CATALOG_NAME_MAX       64U    /* bytes of a source's name */
#define CATALOG_CONNECTION_MAX 32U    /* of a further connection of it, after its name and an @ */
#define CATALOG_PATH_MAX       128U   /* bytes of a tool's path; longer ones are cut and marked */
#define CATALOG_TOOLS_MAX      20000U /* tools of one source */
#define CATALOG_TOOL_BYTES_MAX (256U * 1024U) /* one definition: texts and schemas together */

struct catalog;
struct catalog__more;
struct listing;

struct catalog_tool {
    uint64_t source;
    struct str address; /* source.path, canonical: what policy and records name */
    struct str path;
    struct str name; /* upstream */
    struct str title;
    struct str description;
    struct str input;  /* JSON Schema; null: none */
    struct str output; /* JSON Schema; null: none */
    struct str hints;  /* annotations as JSON; null: none */
    struct str plan;   /* JSON: how a call becomes a request; null: its source knows */
    /* Where its schemas refer to definitions: see catalog_schema_print. NULL: they do not. */
    const struct listing *listing;
    uint32_t index; /* in that listing */
    enum event_effect effect;
    struct digest digest;
    uint32_t version; /* of the listing */
    bool waiting;     /* for a person; not callable */
    bool rejected;    /* it waits, and a person said no to it as it is */
    bool chosen;      /* a person chose its class at this digest */
    struct catalog__more *more;
};

/* What a source was given to be let in. Its value has a reference in place of the secret. */
struct catalog_credential {
    struct str scheme; /* of its document, or the header that it goes into */
    struct str value;
    struct str bound; /* where alone it may go: scheme://host:port; null: where its source is */
};

struct catalog_source {
    uint64_t source; /* handle */
    struct str name;
    enum msg_source_kind kind; /* unknown: it is being found out */
    enum msg_source_state state;
    struct str reason;
    const struct str *argv;
    size_t argv_count;
    const struct str *env; /* as recorded: NAME or NAME=value */
    size_t env_count;
    const struct catalog_credential *credentials;
    size_t credentials_count;
    const struct str *allow; /* hosts that may have private addresses */
    size_t allow_count;
    struct str folder;
    struct str url;
    struct str base_url; /* of a document: where its requests go, instead of what it says */
    bool partial;        /* of a document: what is sound of it */
    struct str server;
    struct str instructions;
    uint32_t version;     /* of the listing in force; 0: not listed yet */
    struct digest digest; /* of that listing */
    bool approved;        /* a person approved some listing */
    uint32_t approved_version;
    struct digest approved_digest;
    const struct catalog_tool *tools; /* what it offers now, by path */
    size_t tools_count;
    size_t waiting_count; /* without those that were rejected */
    size_t rejected_count;
    const struct catalog_tool *pins; /* as each was approved last, by path */
    size_t pins_count;
    int64_t news_free_ms; /* what was listed is paid then: news.h */
};

struct catalog *catalog_new(void);
struct catalog *catalog_free(struct catalog *catalog);
CLEANUP_DEFINE(struct catalog, catalog_free)

/*
 * The bytes of a listing that an event names by its digest: given before that event is applied.
 * Takes the bytes. False, with the reason, if they are no sound listing.
 */
MUST bool catalog_artifact_put(struct catalog *catalog, const struct digest *digest,
                               struct buf *bytes, const char **ret_why);
bool catalog_artifact_has(const struct catalog *catalog, const struct digest *digest);

/* Makes source_added, _found, _state, _listed, _approved, _rejected, _removed true; no others. */
void catalog_apply(struct catalog *catalog, const struct event *event);

/* ---- sources ---- */

enum catalog_name_answer {
    CATALOG_NAME_FREE = 0,
    CATALOG_NAME_MALFORMED, /* letters, digits, _ and -, a letter first, CATALOG_NAME_MAX */
    CATALOG_NAME_RESERVED,  /* Writ's own */
    CATALOG_NAME_TAKEN,     /* also where it differs only by case, _ or - */
    CATALOG_NAME_FAILED,    /* of a source that never connected, and whose place it may take */
    CATALOG_NAME_UNSOURCED, /* a connection of a source that is not there */
};
/* May a new source be called this? connections.h says what source@connection is. */
enum catalog_name_answer catalog_name_check(const struct catalog *catalog, struct str name);

size_t catalog_count(const struct catalog *catalog);
/* NULL if there is none. */
const struct catalog_source *catalog_source_find(const struct catalog *catalog, uint64_t source);
const struct catalog_source *catalog_source_named(const struct catalog *catalog, struct str name);
/* In the order added; *position starts at 0; NULL at the end. */
const struct catalog_source *catalog_source_next(const struct catalog *catalog, size_t *position);

/* By scheme, or by header whatever its case; NULL if it has none of that name. */
const struct catalog_credential *catalog_credential_find(const struct catalog_source *source,
                                                         struct str scheme);

/* A way in that the document of a source speaks of. */
struct catalog_scheme {
    struct str scheme;
    struct str type; /* apiKey http oauth2 openIdConnect ... */
    struct str http; /* basic, bearer, ...; null: not of type http */
    struct str in;   /* header query cookie, where type is apiKey */
    struct str name; /* of that header, parameter or cookie */
};
/*
 * Those that what it offers now asks for, by their first use, in the arena; at most max. Other
 * sources than documents have none: a header is.
 */
size_t catalog_schemes(const struct catalog_source *source, struct arena *arena,
                       struct catalog_scheme *ret_schemes, size_t max);

/* ---- a listing becomes an event ---- */

enum catalog_listing_answer {
    CATALOG_LISTING_CHANGED = 0, /* *ret_event is to be recorded */
    CATALOG_LISTING_SAME,        /* nothing to record */
    CATALOG_LISTING_UNKNOWN,     /* there is no such source */
    CATALOG_LISTING_TOO_MANY,    /* over CATALOG_TOOLS_MAX; nothing of it is taken */
};
/*
 * What report says the source offers now (report->listed is true). Tools without a name, with a
 * name that came before, with a schema that is no JSON object or over CATALOG_TOOL_BYTES_MAX are
 * left out; *ret_event lives in the arena and borrows texts of the report.
 */
enum catalog_listing_answer catalog_listing(const struct catalog *catalog,
                                            const struct msg_source_report *report,
                                            struct arena *arena,
                                            struct event_source_listed *ret_event);

/* The same for a listing that is an artifact, which was put. */
enum catalog_listing_answer catalog_listing_of(const struct catalog *catalog, uint64_t source,
                                               const struct digest *artifact,
                                               struct event_source_listed *ret_event);

enum catalog_change {
    CATALOG_SAME = 0, /* as approved */
    CATALOG_NEW,
    CATALOG_CHANGED, /* catalog_pin is what was approved */
};
enum catalog_change catalog_change(const struct catalog_source *source,
                                   const struct catalog_tool *tool);
/* Its offered tool of that address, path or name upstream; NULL: there is none. */
const struct catalog_tool *catalog_offered_as(const struct catalog_source *source,
                                              struct str address);
/* The approved definition of the tool with this upstream name, or NULL. */
const struct catalog_tool *catalog_pin(const struct catalog_source *source, struct str name);
/* The definition offered now under this upstream name, or NULL: gone. */
const struct catalog_tool *catalog_offered(const struct catalog_source *source, struct str name);

/* A schema of the tool with the definitions that it needs; nothing where it has none. */
void catalog_schema_print(const struct catalog_tool *tool, bool output, struct buf *out);

struct catalog_finding {
    struct str rule; /* hidden_text control_text bidi_text instructions lying_hint ... */
    struct str sentence;
};
/* What a person should know before approving. Gives how many; *ret_findings in the arena. */
size_t catalog_findings(const struct catalog_tool *tool, struct arena *arena,
                        struct catalog_finding **ret_findings);

/* What it says of others' tools (other_source) and of Writ's own (own_tools): how many of max. */
size_t catalog_shadows(const struct catalog *catalog, const struct catalog_tool *tool,
                       struct arena *arena, struct catalog_finding *ret_findings, size_t max);

/* ---- tools ---- */

enum catalog_answer {
    CATALOG_FOUND = 0,
    CATALOG_UNKNOWN,       /* no such address; see catalog_nearest */
    CATALOG_WAITING,       /* new or changed, or its source was never approved: a person's turn */
    CATALOG_SOURCE_DOWN,   /* its source is in state error; reason says why */
    CATALOG_SOURCE_AUTH,   /* its source needs a credential */
    CATALOG_SOURCE_OPENING /* its source is draft or probing: not up yet */
};
/*
 * The tool of an address: source.path, or source and the name upstream. *ret_tool is set in all
 * answers but CATALOG_UNKNOWN. Approved tools of a source that is down are still known.
 */
enum catalog_answer catalog_find(const struct catalog *catalog, struct str address,
                                 const struct catalog_tool **ret_tool);

/*
 * Addresses of callable tools that are spelled most like this one, same source first. Gives how
 * many of at most max; the views live as long as their tools.
 */
size_t catalog_nearest(const struct catalog *catalog, struct str address, struct str *ret_names,
                       size_t max);

/*
 * SHA-256 of the canonical JSON of what the source said, and of nothing that we made of it: what
 * a pin holds.
 */
struct digest catalog_definition_digest(const struct msg_tool *tool, struct arena *scratch);

/* ---- for people and programs, as JSON ---- */

/* [{name, kind, state, reason?, approved, tools, waiting}], in the order added. */
void catalog_print_sources(const struct catalog *catalog, struct buf *out);
struct catalog_page {
    const struct catalog_source *source; /* NULL: of all */
    size_t from;
    size_t limit;
};
/*
 * [{address, effect, title?, description?, waiting, rejected?}], by source and path. Gives where
 * the next page begins; 0: there is none.
 */
size_t catalog_print_tools(const struct catalog *catalog, const struct catalog_page *page,
                           struct buf *out);
/* One definition: {name, title?, description?, input?, output?, hints?, effect, digest}. */
void catalog_print_definition(const struct catalog_tool *tool, struct buf *out);
/* A part of a diff ends after so many bytes, tools shown, and tools looked at. */
#define CATALOG_DIFF_BYTES_MAX (128U * 1024U)
#define CATALOG_DIFF_SHOWN_MAX 32U
#define CATALOG_DIFF_LOOKS_MAX 4096U
struct catalog_diff {
    struct str tool; /* address, path or name upstream; null: all */
    size_t from;     /* 0, or next of the part before */
    bool brief;      /* the first line of descriptions; no typescript, no fields */
};
/*
 * Approved against offered: {source, version, digest, approved_version?,
 * changes: [{address, name, change: new|changed|gone, effect, rejected?, description?,
 * typescript? (new), fields? (changed): [{field, name?, before?, after?}], findings: [...]}],
 * next: from of the next part, or null}.
 */
void catalog_print_diff(const struct catalog *catalog, const struct catalog_source *source,
                        const struct catalog_diff *diff, struct buf *out);

/* ---- finding one by meaning, and what it takes ---- */

#define CATALOG_QUERY_MAX 1024U /* bytes of a search text that are looked at */
#define CATALOG_LIMIT_MAX 100U
/* Results beyond this are counted and cannot be paged to. */
#define CATALOG_OFFSET_MAX 1000U

struct catalog_query {
    struct str text;
    struct str source; /* name; null: all */
    bool effect_given; /* only of this effect class */
    enum event_effect effect;
    size_t limit;  /* 0: 10; at most CATALOG_LIMIT_MAX */
    size_t offset; /* for paging */
};
/*
 * Approved tools, best first; all by address where the text is empty: {items: [{address, title?,
 * description?, effect, unavailable?, score?}], total, next}. Descriptions are cut to a line;
 * total counts all matches; next is the offset of what follows, or null; unavailable is the state
 * of a source that is not connected.
 */
void catalog_search(const struct catalog *catalog, const struct catalog_query *query,
                    struct buf *out);

/* What a search needs is made beforehand, in steps of some microseconds: no search waits for it. */
bool catalog_work_is_due(const struct catalog *catalog);
void catalog_work(struct catalog *catalog, size_t steps);

/* A tool as a TypeScript declaration, with the types it needs and no others; escaped. */
void catalog_describe(const struct catalog_tool *tool, struct buf *out);

#endif
