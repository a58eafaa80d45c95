/*
 * A listing that is an artifact, taken in by steps: no step is long, and nobody sees any of it
 * before all of it is there.
 *
 *     its bytes are those of its digest -> they are a listing -> its paths and names are some
 *     -> digests of its definitions, and of its tools -> its tools as its source offers them
 *
 * What a person says of the source's tools meanwhile lets the last of these begin again.
 */
#include "domain/catalog/reading.h"
#include "domain/catalog/internal.h"

/* How many of what one step is worth. */
#define STEP_BYTES  16384U
#define STEP_TOOLS  32U
#define STEP_DIGEST 4096U /* bytes of definitions, whose digests are made */
#define STEP_TEXTS  512U  /* what the digest of a tool is worth at least */

enum reading_part {
    READING_BYTES,
    READING_CHECK,
    READING_NAMES,
    READING_DEFS,
    READING_DIGESTS,
    READING_TOOLS,
    READING_DONE,
};

struct catalog_reading {
    struct catalog *catalog;
    uint64_t source; /* 0: it is for none */
    struct catalog__artifact *artifact;
    enum reading_part part;
    size_t at; /* in that part */
    const char *why;
    struct digest_sum sum;
    struct listing_check check;
    struct map names;
    struct arena *scratch; /* of one tool */
    struct buf text;
    struct digest *defs;
    struct catalog__listing *listing;
    uint32_t said; /* of the source, when its listing was begun */
    bool kept;
};

struct catalog_reading *catalog_reading_new(struct catalog *catalog, uint64_t source,
                                            const struct digest *digest)
{
    struct catalog_reading *reading = heap_alloc(sizeof(*reading));

    *reading = (struct catalog_reading){ .catalog = catalog, .source = source };
    reading->scratch = arena_new(0);
    digest_sum_init(&reading->sum);
    reading->artifact = catalog__artifact_find(catalog, digest);
    if (reading->artifact) {
        reading->artifact->refs++;
        reading->part = READING_TOOLS;
    } else {
        reading->artifact = catalog__artifact_new(digest);
    }
    return reading;
}

struct buf *catalog_reading_bytes(struct catalog_reading *reading)
{
    return reading->part == READING_BYTES ? &reading->artifact->bytes : NULL;
}

const char *catalog_reading_why(const struct catalog_reading *reading)
{
    return reading->why;
}

/* ---- the parts: each gives false where it is not sound, and counts at to its end ---- */

static bool bytes_step(struct catalog_reading *reading, size_t *steps)
{
    struct str bytes = buf_str(&reading->artifact->bytes);
    struct digest real;

    reading->why = "its bytes are not those that were kept";
    for (; *steps > 0 && reading->at < bytes.len; --*steps) {
        size_t to = reading->at + STEP_BYTES;

        digest_sum_add(&reading->sum, str_slice(bytes, reading->at, to));
        reading->at = to < bytes.len ? to : bytes.len;
    }
    if (reading->at < bytes.len)
        return true;
    real = digest_sum_get(&reading->sum);
    listing_check_init(&reading->check, bytes);
    return digest_equal(&real, &reading->artifact->digest);
}

/* It counts for itself; here it is one thing, done or not. */
static bool check_step(struct catalog_reading *reading, size_t *steps)
{
    struct catalog__artifact *artifact = reading->artifact;
    int answer = listing_check_step(&reading->check, *steps);

    reading->why = reading->check.why;
    if (answer == LISTING_UNCHECKED) {
        *steps = 0;
        return true;
    }
    reading->at = 1;
    if (answer != LISTING_SOUND)
        return false;
    artifact->listing = reading->check.listing;
    artifact->digests = heap_alloc((artifact->listing.tools_count + 1) * sizeof(struct digest));
    artifact->marks = heap_alloc((artifact->listing.defs_count + 1) * sizeof(*artifact->marks));
    map_reserve(&reading->names, artifact->listing.tools_count);
    reading->defs = heap_alloc((artifact->listing.defs_count + 1) * sizeof(struct digest));
    return true;
}

/* A path is what a program can write, and a name is one of its kind. */
static bool name_ok(struct catalog_reading *reading)
{
    struct listing_tool tool = listing_tool_at(&reading->artifact->listing, reading->at);
    bool lossy;

    arena_reset(reading->scratch);
    return str_equal(catalog__path_make(tool.path, reading->scratch, &lossy), tool.path) &&
           !map_put(&reading->names, tool.name, reading);
}

static bool names_step(struct catalog_reading *reading, size_t *steps)
{
    reading->why = "the path or the name of a tool is none";
    for (; *steps > 0 && reading->at < reading->artifact->listing.tools_count; --*steps) {
        for (size_t i = 0; i < STEP_TOOLS && reading->at < reading->artifact->listing.tools_count;
             i++) {
            if (!name_ok(reading))
                return false;
            reading->at++;
        }
    }
    return true;
}

static void defs_step(struct catalog_reading *reading, size_t *steps)
{
    struct catalog__artifact *artifact = reading->artifact;
    size_t bytes = 0;

    for (; bytes / STEP_DIGEST < *steps && reading->at < artifact->listing.defs_count;
         reading->at++) {
        reading->defs[reading->at] =
            listing_def_digest(&artifact->listing, reading->at, &reading->text);
        bytes += STEP_TEXTS + reading->text.len;
    }
    *steps -= bytes / STEP_DIGEST < *steps ? bytes / STEP_DIGEST : *steps;
}

static void digests_step(struct catalog_reading *reading, size_t *steps)
{
    struct catalog__artifact *artifact = reading->artifact;
    size_t bytes = 0;

    for (; bytes / STEP_DIGEST < *steps && reading->at < artifact->listing.tools_count;
         reading->at++) {
        artifact->digests[reading->at] =
            listing_tool_digest(&artifact->listing, reading->at, reading->defs, &reading->text);
        bytes += STEP_TEXTS + reading->text.len;
    }
    *steps -= bytes / STEP_DIGEST < *steps ? bytes / STEP_DIGEST : *steps;
}

/* Its listing so far is forgotten: it is gone, or what it was made from is not so any more. */
static void listing_forget(struct catalog_reading *reading)
{
    reading->listing = catalog__listing_unref(reading->catalog, reading->listing);
    reading->at = 0;
}

static void tools_step(struct catalog_reading *reading, size_t *steps)
{
    const struct catalog__source *source =
        map_find_u64(&reading->catalog->sources, reading->source);
    bool more = true;

    if (!source || (reading->listing && reading->said != source->said))
        listing_forget(reading);
    if (!source)
        return;
    if (!reading->listing)
        reading->listing = catalog__artifact_listing(reading->artifact);
    reading->said = source->said;
    for (; *steps > 0 && more; --*steps) {
        for (size_t i = 0; i < STEP_TOOLS && more; i++)
            more = catalog__artifact_listing_add(reading->listing, source);
    }
    reading->at = reading->listing->count;
}

static size_t part_len(const struct catalog_reading *reading)
{
    const struct catalog__artifact *artifact = reading->artifact;

    switch (reading->part) {
    case READING_BYTES:
        return artifact->bytes.len;
    case READING_CHECK:
        return 1;
    case READING_DEFS:
        return artifact->listing.defs_count;
    case READING_NAMES:
    case READING_DIGESTS:
        return artifact->listing.tools_count;
    case READING_TOOLS:
        return reading->listing ? reading->artifact->listing.tools_count : 0;
    case READING_DONE:
        break;
    }
    return 0;
}

static bool part_step(struct catalog_reading *reading, size_t *steps)
{
    switch (reading->part) {
    case READING_BYTES:
        return bytes_step(reading, steps);
    case READING_CHECK:
        return check_step(reading, steps);
    case READING_NAMES:
        return names_step(reading, steps);
    case READING_DEFS:
        defs_step(reading, steps);
        return true;
    case READING_DIGESTS:
        digests_step(reading, steps);
        return true;
    case READING_TOOLS:
        tools_step(reading, steps);
        return true;
    case READING_DONE:
        break;
    }
    return true;
}

int catalog_reading_step(struct catalog_reading *reading, size_t steps)
{
    while (reading->part < READING_DONE) {
        if (!part_step(reading, &steps))
            return CATALOG_READING_UNSOUND;
        if (reading->at < part_len(reading))
            return CATALOG_READING_MORE;
        reading->part++;
        reading->at = 0;
    }
    return CATALOG_READING_WHOLE;
}

void catalog_reading_keep(struct catalog_reading *reading)
{
    struct catalog__source *source = map_find_u64(&reading->catalog->sources, reading->source);

    CHECK(reading->part == READING_DONE);
    if (!source && reading->source != 0)
        return;
    catalog__artifact_put(reading->catalog, reading->artifact);
    reading->kept = true;
    if (!source || reading->said != source->said || !reading->listing)
        return;
    (void)catalog__listing_unref(reading->catalog, source->prepared);
    source->prepared = reading->listing;
    reading->listing->refs++;
}

struct catalog_reading *catalog_reading_free(struct catalog_reading *reading)
{
    struct catalog__source *source;

    if (!reading)
        return NULL;
    source = map_find_u64(&reading->catalog->sources, reading->source);
    if (source && source->prepared && source->prepared == reading->listing)
        source->prepared = catalog__listing_unref(reading->catalog, source->prepared);
    reading->listing = catalog__listing_unref(reading->catalog, reading->listing);
    /* What was put for a line that is yet to be believed stays, whoever has it. */
    if (reading->kept && reading->source == 0 && reading->artifact->refs == 1)
        reading->artifact->refs = 0;
    else
        catalog__artifact_unref(reading->catalog, reading->artifact);
    map_fini(&reading->names);
    buf_fini(&reading->text);
    (void)heap_free(reading->defs);
    (void)arena_free(reading->scratch);
    return heap_free(reading);
}

bool catalog_artifact_put(struct catalog *catalog, const struct digest *digest, struct buf *bytes,
                          const char **ret_why)
{
    struct catalog_reading *reading = catalog_reading_new(catalog, 0, digest);
    bool sound;

    if (reading->part == READING_BYTES) {
        reading->artifact->bytes = *bytes;
        *bytes = BUF_INIT;
    }
    buf_fini(bytes);
    sound = catalog_reading_step(reading, SIZE_MAX / STEP_BYTES) == CATALOG_READING_WHOLE;
    if (sound)
        catalog_reading_keep(reading);
    else
        *ret_why = catalog_reading_why(reading);
    (void)catalog_reading_free(reading);
    return sound;
}
