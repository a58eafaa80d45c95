/* What a source was given to be let in, and what its document asks for. */
#include "domain/catalog/internal.h"
#include "format/json/json.h"

#include <strings.h>

/* Ways of saying it that are looked into: documents have a handful. */

static bool same(const struct catalog_source *source, struct str a, struct str b)
{
    if (source->kind == MSG_SOURCE_KIND_OPENAPI)
        return str_equal(a, b);
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

const struct catalog_credential *catalog_credential_find(const struct catalog_source *source,
                                                         struct str scheme)
{
    for (size_t i = 0; i < source->credentials_count; i++)
        if (same(source, source->credentials[i].scheme, scheme))
            return &source->credentials[i];
    return NULL;
}

void catalog__apply_credential(struct catalog *catalog, const struct event_source_credential *event)
{
    struct catalog__source *source = map_find_u64(&catalog->sources, event->source);
    struct catalog_credential *list;
    size_t count = 0;

    if (!source)
        return;
    list =
        ARENA_ARRAY(source->arena, struct catalog_credential, source->view.credentials_count + 1);
    for (size_t i = 0; i < source->view.credentials_count; i++)
        if (!same(&source->view, source->view.credentials[i].scheme, event->scheme))
            list[count++] = source->view.credentials[i];
    if (event->value.ptr) {
        list[count].scheme = str_copy(source->arena, event->scheme);
        list[count].value = str_copy(source->arena, event->value);
        list[count++].bound = event->bound.ptr ? str_copy(source->arena, event->bound) : STR_NULL;
    }
    source->view.credentials = list;
    source->view.credentials_count = count;
}

/* ---- what its document asks for ---- */

struct schemes {
    struct arena *arena;
    struct catalog_scheme *list;
    size_t count;
    size_t max;
};

static void scheme_add(struct schemes *schemes, const struct json_value *from)
{
    struct str name = json_get_str(from, "scheme");

    for (size_t i = 0; i < schemes->count; i++)
        if (str_equal(schemes->list[i].scheme, name))
            return;
    if (schemes->count == schemes->max)
        return;
    schemes->list[schemes->count++] = (struct catalog_scheme){
        .scheme = name,
        .type = json_get_str(from, "type"),
        .http = json_get_str(from, "http"),
        .in = json_get_str(from, "in"),
        .name = json_get_str(from, "name"),
    };
}

static void plan_read(struct schemes *schemes, struct str plan)
{
    struct json_iter alternatives;
    const struct json_value *alternative;
    struct json_error error;
    struct json_doc doc;

    if (json_parse(schemes->arena, plan, NULL, &error, &doc) != JSON_PARSED)
        return;
    alternatives = json_iter(json_get(doc.root, "security"));
    while ((alternative = json_next(&alternatives))) {
        struct json_iter all = json_iter(alternative);
        const struct json_value *one;

        while ((one = json_next(&all)))
            scheme_add(schemes, one);
    }
}

void catalog__way_note(struct catalog__listing *listing, size_t index)
{
    struct str plan = listing->tools[index].plan;
    size_t from = plan.ptr ? str_find(plan, STR("\"security\":")) : SIZE_MAX;
    struct str way = from == SIZE_MAX ? STR_NULL : str_slice(plan, from, plan.len);
    struct catalog__ways *ways = listing->ways;

    if (!way.ptr || ways->count == CATALOG__WAYS_MAX)
        return;
    for (size_t i = 0; i < ways->count; i++)
        if (str_equal(ways->at[i].text, way))
            return;
    ways->at[ways->count++] = (struct catalog__way){ .text = way, .tool = (uint32_t)index };
}

size_t catalog_schemes(const struct catalog_source *source, struct arena *arena,
                       struct catalog_scheme *ret_schemes, size_t max)
{
    struct schemes schemes = { .arena = arena, .list = ret_schemes, .max = max };
    const struct catalog__listing *offered =
        container_of(source, struct catalog__source, view)->offered;
    const struct catalog__ways *ways = offered ? offered->ways : NULL;

    for (size_t i = 0; ways && i < ways->count; i++)
        plan_read(&schemes, offered->tools[ways->at[i].tool].plan);
    return schemes.count;
}
