/* Sources, tools and what changed, as JSON. */
#include "domain/catalog/internal.h"
#include "format/json/out.h"

static void text_member(struct json_out *out, const char *name, struct str text)
{
    if (!text.ptr)
        return;
    json_out_key(out, name);
    json_out_str(out, text);
}

static void json_member(struct json_out *out, const char *name, struct str json)
{
    if (!json.ptr)
        return;
    json_out_key(out, name);
    json_out_raw(out, json);
}

static void count_member(struct json_out *out, const char *name, size_t count)
{
    json_out_key(out, name);
    json_out_u64(out, count);
}

static void bool_member(struct json_out *out, const char *name, bool truth)
{
    json_out_key(out, name);
    json_out_bool(out, truth);
}

static void digest_member(struct json_out *out, const char *name, const struct digest *digest)
{
    char hex[DIGEST_HEX_LEN];

    digest_hex(digest, hex);
    text_member(out, name, str_of(hex, sizeof(hex)));
}

static void source_print(struct json_out *out, const struct catalog_source *source)
{
    json_out_object(out);
    text_member(out, "name", source->name);
    text_member(out, "kind", msg_source_kind_name(source->kind));
    text_member(out, "state", msg_source_state_name(source->state));
    text_member(out, "reason", source->reason);
    text_member(out, "server", source->server);
    bool_member(out, "approved", source->approved);
    count_member(out, "tools", source->tools_count);
    count_member(out, "waiting", source->waiting_count);
    json_out_end(out);
}

void catalog_print_sources(const struct catalog *catalog, struct buf *out)
{
    struct json_out json = json_out(out);
    const struct catalog_source *source;
    size_t position = 0;

    json_out_array(&json);
    while ((source = catalog_source_next(catalog, &position)))
        source_print(&json, source);
    json_out_end(&json);
}

static void tool_print(struct json_out *out, const struct catalog_source *source,
                       const struct catalog_tool *tool)
{
    json_out_object(out);
    text_member(out, "address", tool->address);
    text_member(out, "effect", event_effect_name(tool->effect));
    text_member(out, "title", tool->title);
    text_member(out, "description", tool->description);
    bool_member(out, "waiting", tool->waiting || !source->approved);
    if (tool->rejected)
        bool_member(out, "rejected", true);
    json_out_end(out);
}

size_t catalog_print_tools(const struct catalog *catalog, const struct catalog_page *page,
                           struct buf *out)
{
    struct json_out json = json_out(out);
    const struct catalog_source *source;
    size_t position = 0, before = 0, shown = 0, next = 0;

    json_out_array(&json);
    while (next == 0 && (source = catalog_source_next(catalog, &position))) {
        size_t i = page->from > before ? page->from - before : 0;

        if (page->source && source != page->source)
            continue;
        for (; i < source->tools_count && shown < page->limit; i++, shown++)
            tool_print(&json, source, &source->tools[i]);
        if (i < source->tools_count)
            next = before + i;
        before += source->tools_count;
    }
    json_out_end(&json);
    return next;
}

void catalog_print_definition(const struct catalog_tool *tool, struct buf *out)
{
    struct json_out json = json_out(out);

    json_out_object(&json);
    text_member(&json, "name", tool->name);
    text_member(&json, "title", tool->title);
    text_member(&json, "description", tool->description);
    json_member(&json, "input", tool->input);
    json_member(&json, "output", tool->output);
    json_member(&json, "hints", tool->hints);
    json_member(&json, "plan", tool->plan);
    text_member(&json, "effect", event_effect_name(tool->effect));
    digest_member(&json, "digest", &tool->digest);
    json_out_end(&json);
}
