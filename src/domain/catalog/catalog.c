/*
 * Sources and their listings, as events made them.
 *
 * A source has one listing that is offered and one that is pinned; after an approval of all they
 * are the same (pins.c). A new listing replaces the offered one and leaves the pinned one for the
 * diff. Whether a tool waits was decided when its listing became an event; approval ends it.
 */
#include "domain/catalog/internal.h"

struct catalog__listing *catalog__listing_unref(struct catalog *catalog,
                                                struct catalog__listing *listing)
{
    if (!listing || --listing->refs > 0)
        return NULL;
    /* Homes have none themselves. */
    for (size_t i = 0; i < listing->homes_count; i++)
        (void)catalog__listing_unref(catalog, listing->homes[i]);
    catalog__artifact_unref(catalog, listing->artifact);
    map_fini(&listing->by_path);
    map_fini(&listing->by_name);
    (void)catalog__index_free(listing->index);
    (void)arena_free(listing->arena); /* the listing itself lies in it */
    return NULL;
}

static struct catalog__source *source_free(struct catalog *catalog, struct catalog__source *source)
{
    source->offered = catalog__listing_unref(catalog, source->offered);
    source->pinned = catalog__listing_unref(catalog, source->pinned);
    source->prepared = catalog__listing_unref(catalog, source->prepared);
    (void)arena_free(source->state_arena);
    (void)arena_free(source->arena); /* the source itself lies in it */
    return NULL;
}

struct catalog *catalog_new(void)
{
    struct catalog *catalog = heap_alloc(sizeof(*catalog));

    *catalog = (struct catalog){ .speech = catalog__speech_new() };
    return catalog;
}

struct catalog *catalog_free(struct catalog *catalog)
{
    struct map_entry *entry;
    size_t position = 0;

    if (!catalog)
        return NULL;
    while ((entry = map_next(&catalog->sources, &position)))
        (void)source_free(catalog, entry->value);
    map_fini(&catalog->sources);
    map_fini(&catalog->names);
    catalog__artifacts_free(catalog);
    catalog->speech = catalog__speech_free(catalog->speech);
    return heap_free(catalog);
}

/* ---- events become true ---- */

static struct str text_keep(struct arena *arena, struct str text)
{
    return text.ptr ? str_copy(arena, text) : STR_NULL;
}

static const struct str *texts_keep(struct arena *arena, const struct str *texts, size_t count)
{
    struct str *copies = ARENA_ARRAY(arena, struct str, count);

    for (size_t i = 0; i < count; i++)
        copies[i] = str_copy(arena, texts[i]);
    return copies;
}

static const struct catalog_credential *headers_keep(struct arena *arena, const struct str *headers,
                                                     size_t count, size_t *ret_count)
{
    struct catalog_credential *kept = ARENA_ARRAY(arena, struct catalog_credential, count);

    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t colon = str_find_char(headers[i], ':');

        if (colon == SIZE_MAX)
            continue;
        kept[*ret_count].scheme = str_copy(arena, str_slice(headers[i], 0, colon));
        kept[(*ret_count)++].value =
            str_copy(arena, str_trim(str_slice(headers[i], colon + 1, headers[i].len)));
    }
    return kept;
}

static void source_remove(struct catalog *catalog, uint64_t handle)
{
    struct catalog__source *source = map_take_u64(&catalog->sources, handle);

    if (!source)
        return;
    if (map_find(&catalog->names, source->view.name) == source)
        (void)map_take(&catalog->names, source->view.name);
    (void)source_free(catalog, source);
}

static void apply_added(struct catalog *catalog, const struct event_source_added *event)
{
    struct arena *arena = arena_new(0);
    struct catalog__source *source = ARENA_NEW(arena, struct catalog__source);

    source_remove(catalog, event->source);
    source->arena = arena;
    source->state_arena = arena_new(0);
    source->view = (struct catalog_source){
        .source = event->source,
        .name = str_copy(arena, event->name),
        .kind = event->kind,
        .state = MSG_SOURCE_STATE_DRAFT,
        .argv = texts_keep(arena, event->argv, event->argv_count),
        .argv_count = event->argv_count,
        .env = texts_keep(arena, event->env, event->env_count),
        .env_count = event->env_count,
        .allow = texts_keep(arena, event->allow, event->allow_count),
        .allow_count = event->allow_count,
        .folder = text_keep(arena, event->folder),
        .url = text_keep(arena, event->url),
        .base_url = text_keep(arena, event->base_url),
        .partial = event->partial,
    };
    source->view.credentials =
        headers_keep(arena, event->headers, event->headers_count, &source->view.credentials_count);
    (void)map_put_u64(&catalog->sources, event->source, source);
    (void)map_put(&catalog->names, source->view.name, source);
}

static void apply_found(struct catalog *catalog, const struct event_source_found *event)
{
    struct catalog__source *source = map_find_u64(&catalog->sources, event->source);

    if (source)
        source->view.kind = event->kind;
}

static void apply_state(struct catalog *catalog, const struct event_source_state *event)
{
    struct catalog__source *source = map_find_u64(&catalog->sources, event->source);

    if (!source)
        return;
    arena_reset(source->state_arena);
    source->view.state = event->state;
    source->view.reason = text_keep(source->state_arena, event->reason);
}

static void tool_keep(struct catalog__listing *listing, const struct catalog_source *source,
                      const struct event_tool *from, uint32_t version)
{
    struct arena *arena = listing->arena;
    struct catalog_tool *tool = &listing->tools[listing->count++];

    *tool = (struct catalog_tool){
        .source = source->source,
        .address = catalog__address_make(arena, source->name, from->path),
        .name = str_copy(arena, from->name),
        .title = text_keep(arena, from->title),
        .description = text_keep(arena, from->description),
        .input = text_keep(arena, from->input),
        .output = text_keep(arena, from->output),
        .hints = text_keep(arena, from->hints),
        .effect = from->effect,
        .digest = from->digest,
        .version = version,
        .waiting = from->waiting,
        .more = &listing->mores[listing->count - 1],
    };
    tool->path = str_slice(tool->address, source->name.len + 1, tool->address.len);
    tool->more->home = listing;
    catalog__spelling_note(tool->address, tool->more);
    (void)map_put(&listing->by_path, tool->path, tool);
    (void)map_put(&listing->by_name, tool->name, tool);
}

static struct catalog__listing *listing_new(const struct catalog_source *source,
                                            const struct event_source_listed *event)
{
    struct arena *arena = arena_new(0);
    struct catalog__listing *listing = ARENA_NEW(arena, struct catalog__listing);

    listing->arena = arena;
    listing->refs = 1;
    listing->tools = ARENA_ARRAY(arena, struct catalog_tool, event->tools_count);
    listing->mores = ARENA_ARRAY(arena, struct catalog__more, event->tools_count);
    for (size_t i = 0; i < event->tools_count; i++)
        tool_keep(listing, source, &event->tools[i], event->version);
    return listing;
}

static struct catalog__listing *artifact_listing_new(const struct catalog__source *source,
                                                     struct catalog__artifact *artifact)
{
    struct catalog__listing *listing = catalog__artifact_listing(artifact);

    while (catalog__artifact_listing_add(listing, source))
        ;
    return listing;
}

/* What was made beforehand, if it is of this artifact. */
static struct catalog__listing *prepared_take(struct catalog *catalog,
                                              struct catalog__source *source,
                                              const struct catalog__artifact *artifact)
{
    struct catalog__listing *prepared = source->prepared;

    source->prepared = NULL;
    if (prepared && prepared->artifact != artifact)
        prepared = catalog__listing_unref(catalog, prepared);
    return prepared;
}

static struct catalog__listing *listing_of(struct catalog *catalog, struct catalog__source *source,
                                           const struct event_source_listed *event)
{
    struct catalog__artifact *artifact = catalog__artifact_find(catalog, &event->artifact);
    struct catalog__listing *now = prepared_take(catalog, source, artifact);

    if (now)
        return now;
    if (artifact)
        return artifact_listing_new(source, artifact);
    now = listing_new(&source->view, event);
    for (size_t i = 0; i < now->count; i++)
        catalog__pins_remember(source, &now->tools[i]);
    return now;
}

static void apply_listed(struct catalog *catalog, const struct event_source_listed *event)
{
    struct catalog__source *source = map_find_u64(&catalog->sources, event->source);

    if (!source)
        return;
    struct catalog_source *view = &source->view;
    struct catalog__listing *before = source->offered;
    source->offered = listing_of(catalog, source, event);
    (void)catalog__listing_unref(catalog, before);
    source->said++;
    catalog->unindexed = true;
    view->version = event->version;
    view->digest = event->digest;
    view->server = text_keep(source->offered->arena, event->server);
    view->instructions = text_keep(source->offered->arena, event->instructions);
    view->tools = source->offered->tools;
    view->tools_count = source->offered->count;
    catalog__pins_count(source);
}

void catalog_apply(struct catalog *catalog, const struct event *event)
{
    if (event->type == EVENT_SOURCE_ADDED)
        apply_added(catalog, &event->as.source_added);
    else if (event->type == EVENT_SOURCE_FOUND)
        apply_found(catalog, &event->as.source_found);
    else if (event->type == EVENT_SOURCE_STATE)
        apply_state(catalog, &event->as.source_state);
    else if (event->type == EVENT_SOURCE_LISTED)
        apply_listed(catalog, &event->as.source_listed);
    else if (event->type == EVENT_SOURCE_CREDENTIAL)
        catalog__apply_credential(catalog, &event->as.source_credential);
    else if (event->type == EVENT_SOURCE_APPROVED)
        catalog__pins_approve(catalog, &event->as.source_approved);
    else if (event->type == EVENT_SOURCE_REJECTED)
        catalog__pins_reject(catalog, &event->as.source_rejected);
    else if (event->type == EVENT_SOURCE_REMOVED)
        source_remove(catalog, event->as.source_removed.source);
}

/* ---- looking ---- */

size_t catalog_count(const struct catalog *catalog)
{
    return catalog->sources.count;
}

const struct catalog_source *catalog_source_find(const struct catalog *catalog, uint64_t source)
{
    const struct catalog__source *found = map_find_u64(&catalog->sources, source);

    return found ? &found->view : NULL;
}

const struct catalog_source *catalog_source_named(const struct catalog *catalog, struct str name)
{
    const struct catalog__source *found = map_find(&catalog->names, name);

    return found ? &found->view : NULL;
}

const struct catalog_source *catalog_source_next(const struct catalog *catalog, size_t *position)
{
    const struct map_entry *entry = map_next(&catalog->sources, position);
    const struct catalog__source *found = entry ? entry->value : NULL;

    return found ? &found->view : NULL;
}

static const struct catalog__source *source_of(const struct catalog_source *view)
{
    return container_of(view, struct catalog__source, view);
}

const struct catalog_tool *catalog_pin(const struct catalog_source *source, struct str name)
{
    const struct catalog__listing *pinned = source_of(source)->pinned;

    return pinned ? map_find(&pinned->by_name, name) : NULL;
}

const struct catalog_tool *catalog_offered(const struct catalog_source *source, struct str name)
{
    const struct catalog__listing *offered = source_of(source)->offered;

    return offered ? map_find(&offered->by_name, name) : NULL;
}

const struct catalog_tool *catalog_offered_as(const struct catalog_source *source,
                                              struct str address)
{
    const struct catalog__listing *offered = source_of(source)->offered;
    const struct catalog_tool *tool = NULL;
    size_t dot = source->name.len;

    if (!offered)
        return NULL;
    if (address.len > dot + 1 && str_starts(address, source->name) && address.ptr[dot] == '.')
        tool = map_find(&offered->by_path, str_slice(address, dot + 1, address.len));
    if (!tool)
        tool = map_find(&offered->by_path, address);
    return tool ? tool : map_find(&offered->by_name, address);
}

enum catalog_change catalog_change(const struct catalog_source *source,
                                   const struct catalog_tool *tool)
{
    const struct catalog_tool *pin = catalog_pin(source, tool->name);

    if (!pin)
        return CATALOG_NEW;
    return digest_equal(&pin->digest, &tool->digest) ? CATALOG_SAME : CATALOG_CHANGED;
}

static enum catalog_answer answer_of(const struct catalog_source *source,
                                     const struct catalog_tool *tool)
{
    if (!source->approved || tool->waiting)
        return CATALOG_WAITING;
    switch (source->state) {
    case MSG_SOURCE_STATE_CONNECTED:
        return CATALOG_FOUND;
    case MSG_SOURCE_STATE_AUTH_REQUIRED: /* Some of its operations may want nothing. */
        return source->kind == MSG_SOURCE_KIND_OPENAPI || source->kind == MSG_SOURCE_KIND_GRAPHQL
                   ? CATALOG_FOUND
                   : CATALOG_SOURCE_AUTH;
    case MSG_SOURCE_STATE_DRAFT:
    case MSG_SOURCE_STATE_PROBING:
        return CATALOG_SOURCE_OPENING;
    case MSG_SOURCE_STATE_ERROR:
    case MSG_SOURCE_STATE_REMOVED:
        return CATALOG_SOURCE_DOWN;
    }
    UNREACHABLE("a source's state outside its enum");
}

enum catalog_answer catalog_find(const struct catalog *catalog, struct str address,
                                 const struct catalog_tool **ret_tool)
{
    struct str path = address;
    struct str name = str_split(&path, '.');
    const struct catalog__source *source = map_find(&catalog->names, name);

    if (!source || !source->offered || !path.ptr)
        return CATALOG_UNKNOWN;
    const struct catalog_tool *tool = map_find(&source->offered->by_path, path);
    if (!tool)
        tool = map_find(&source->offered->by_name, path);
    if (!tool)
        return CATALOG_UNKNOWN;
    *ret_tool = tool;
    return answer_of(&source->view, tool);
}
