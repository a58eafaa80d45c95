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

struct catalog__artifact *catalog__artifact_new(const struct digest *digest)
{
    struct catalog__artifact *artifact = heap_alloc(sizeof(*artifact));

    artifact->digest = *digest;
    artifact->refs = 1;
    return artifact;
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
    if (catalog__artifact_find(catalog, &artifact->digest) == artifact)
        (void)map_take(&catalog->artifacts, key_of(&artifact->digest));
    (void)artifact_free(artifact);
}

void catalog__artifact_put(struct catalog *catalog, struct catalog__artifact *artifact)
{
    (void)map_put(&catalog->artifacts, key_of(&artifact->digest), artifact);
}

void catalog__artifacts_free(struct catalog *catalog)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&catalog->artifacts, &position)))
        (void)artifact_free(entry->value);
    map_fini(&catalog->artifacts);
}

/* The tool at that place of the artifact; what a person approved keeps its stricter class. */
static void tool_view(const struct catalog__artifact *artifact, size_t index,
                      const struct catalog_source *source, struct catalog_tool *ret_tool)
{
    static const enum event_effect effects[] = { EVENT_EFFECT_READ, EVENT_EFFECT_WRITE,
                                                 EVENT_EFFECT_DESTRUCTIVE };
    struct listing_tool tool = listing_tool_at(&artifact->listing, index);
    const struct catalog_tool *pin = catalog_pin(source, tool.name);

    *ret_tool = (struct catalog_tool){
        .source = source->source,
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
        .version = source->version + 1,
    };
    ret_tool->waiting = !pin || !digest_equal(&pin->digest, &ret_tool->digest);
    if (!ret_tool->waiting && (pin->chosen || pin->effect > ret_tool->effect))
        ret_tool->effect = pin->effect;
}

struct catalog__listing *catalog__artifact_listing(struct catalog__artifact *artifact)
{
    struct arena *arena = arena_new(0);
    struct catalog__listing *listing = ARENA_NEW(arena, struct catalog__listing);
    size_t count = artifact->listing.tools_count;

    listing->arena = arena;
    listing->refs = 1;
    listing->artifact = artifact;
    artifact->refs++;
    /* Each is written once: clearing them before would be a long step. */
    listing->tools = arena_alloc_raw(arena, (count + 1) * sizeof(*listing->tools));
    listing->mores = arena_alloc_raw(arena, (count + 1) * sizeof(*listing->mores));
    listing->ways = ARENA_NEW(arena, struct catalog__ways);
    map_reserve(&listing->by_path, count);
    map_reserve(&listing->by_name, count);
    return listing;
}

bool catalog__artifact_listing_add(struct catalog__listing *listing,
                                   const struct catalog__source *source)
{
    size_t index = listing->count;
    struct catalog_tool *tool = &listing->tools[index];

    if (index == listing->artifact->listing.tools_count)
        return false;
    tool_view(listing->artifact, index, &source->view, tool);
    listing->mores[index] = (struct catalog__more){ .home = listing };
    tool->more = &listing->mores[index];
    tool->address = catalog__address_make(listing->arena, source->view.name, tool->path);
    catalog__spelling_note(tool->address, tool->more);
    catalog__pins_remember(source, tool);
    catalog__way_note(listing, index);
    (void)map_put(&listing->by_path, tool->path, tool);
    (void)map_put(&listing->by_name, tool->name, tool);
    listing->count++;
    return true;
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
