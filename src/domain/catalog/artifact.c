/*
 * Listings that are artifacts: their tools are views into the bytes, which are kept as long as a
 * listing is made of them.
 *
 * Whether a tool waits, and its class, follow from what was approved before; so the event need
 * name nothing but the artifact.
 */
#include "domain/catalog/internal.h"

static struct str key_of(const struct digest *digest)
{
    return str_of((const char *)digest->bytes, DIGEST_LEN);
}

struct catalog__artifact *catalog__artifact_find(const struct catalog *catalog,
                                                 const struct digest *digest)
{
    return map_find(&catalog->artifacts, key_of(digest));
}

bool catalog_artifact_has(const struct catalog *catalog, const struct digest *digest)
{
    return catalog__artifact_find(catalog, digest) != NULL;
}

static struct catalog__artifact *artifact_free(struct catalog__artifact *artifact)
{
    buf_fini(&artifact->bytes);
    artifact->digests = heap_free(artifact->digests);
    artifact->marks = heap_free(artifact->marks);
    return heap_free(artifact);
}

void catalog__artifact_unref(struct catalog *catalog, struct catalog__artifact *artifact)
{
    if (!artifact || --artifact->refs > 0)
        return;
    (void)map_take(&catalog->artifacts, key_of(&artifact->digest));
    (void)artifact_free(artifact);
}

void catalog__artifacts_free(struct catalog *catalog)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&catalog->artifacts, &position)))
        (void)artifact_free(entry->value);
    map_fini(&catalog->artifacts);
}

/* A path is what a program can write, and a name is one of its kind. */
static bool tools_ok(const struct listing *listing)
{
    struct arena *scratch CLEANUP(arena_free) = arena_new(0);
    struct map names = MAP_INIT;
    bool ok = true, lossy;

    for (size_t i = 0; ok && i < listing->tools_count; i++) {
        struct listing_tool tool = listing_tool_at(listing, i);

        ok = str_equal(catalog__path_make(tool.path, scratch, &lossy), tool.path) &&
             !map_put(&names, tool.name, scratch);
        arena_reset(scratch);
    }
    map_fini(&names);
    return ok;
}

bool catalog_artifact_put(struct catalog *catalog, const struct digest *digest, struct buf *bytes,
                          const char **ret_why)
{
    struct digest real = digest_of(buf_str(bytes));
    struct catalog__artifact *artifact = heap_alloc(sizeof(*artifact));

    *artifact = (struct catalog__artifact){ .digest = *digest, .bytes = *bytes };
    *bytes = BUF_INIT;
    *ret_why = "its bytes are not those that were kept";
    if (!digest_equal(&real, digest) ||
        listing_open(buf_str(&artifact->bytes), &artifact->listing, ret_why) != LISTING_SOUND) {
        (void)artifact_free(artifact);
        return false;
    }
    *ret_why = "the path or the name of a tool is none";
    if (!tools_ok(&artifact->listing)) {
        (void)artifact_free(artifact);
        return false;
    }
    if (catalog__artifact_find(catalog, digest)) {
        (void)artifact_free(artifact);
        return true;
    }
    artifact->digests =
        heap_alloc((artifact->listing.tools_count + 1) * sizeof(*artifact->digests));
    artifact->marks = heap_alloc((artifact->listing.defs_count + 1) * sizeof(*artifact->marks));
    listing_digests(&artifact->listing, artifact->digests);
    (void)map_put(&catalog->artifacts, key_of(&artifact->digest), artifact);
    return true;
}

void catalog__artifact_tool(const struct catalog__artifact *artifact, size_t index,
                            const struct catalog_tool *pin, struct catalog_tool *ret_tool)
{
    static const enum event_effect effects[] = { EVENT_EFFECT_READ, EVENT_EFFECT_WRITE,
                                                 EVENT_EFFECT_DESTRUCTIVE };
    struct listing_tool tool = listing_tool_at(&artifact->listing, index);

    *ret_tool = (struct catalog_tool){
        .path = tool.path,
        .name = tool.name,
        .title = tool.title,
        .description = tool.description,
        .input = tool.input,
        .output = tool.output,
        .hints = tool.hints,
        .plan = tool.plan,
        .listing = &artifact->listing,
        .index = (uint32_t)index,
        .effect = effects[tool.effect],
        .digest = artifact->digests[index],
    };
    ret_tool->waiting = !pin || !digest_equal(&pin->digest, &ret_tool->digest);
    if (!ret_tool->waiting && (pin->chosen || pin->effect > ret_tool->effect))
        ret_tool->effect = pin->effect;
}

enum catalog_listing_answer catalog_listing_of(const struct catalog *catalog, uint64_t source,
                                               const struct digest *artifact,
                                               struct event_source_listed *ret_event)
{
    const struct catalog_source *found = catalog_source_find(catalog, source);

    if (!found || !catalog__artifact_find(catalog, artifact))
        return CATALOG_LISTING_UNKNOWN;
    if (found->version > 0 && digest_equal(&found->digest, artifact))
        return CATALOG_LISTING_SAME;
    *ret_event = (struct event_source_listed){
        .source = source, .version = found->version + 1, .digest = *artifact, .artifact = *artifact
    };
    return CATALOG_LISTING_CHANGED;
}

void catalog_schema_print(const struct catalog_tool *tool, bool output, struct buf *out)
{
    struct str schema = output ? tool->output : tool->input;

    if (!tool->listing) {
        buf_add_str(out, schema);
        return;
    }
    struct listing_tool held = listing_tool_at(tool->listing, tool->index);
    listing_schema_print(tool->listing, &held, schema, out);
}
