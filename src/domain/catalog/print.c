/* Sources, tools and what changed, as JSON. */
#include "domain/catalog/internal.h"
#include "format/json/out.h"

static void digest_member(struct json_out *out, const char *name, const struct digest *digest)
{
    char hex[DIGEST_HEX_LEN];

    digest_hex(digest, hex);
    json_out_member_str(out, name, str_of(hex, sizeof(hex)));
}

static void source_print(struct json_out *out, const struct catalog_source *source)
{
    json_out_object(out);
    json_out_member_str(out, "name", source->name);
    json_out_member_str(out, "kind", msg_source_kind_name(source->kind));
    json_out_member_str(out, "state", msg_source_state_name(source->state));
    json_out_member_str(out, "reason", source->reason);
    json_out_member_str(out, "server", source->server);
    json_out_member_bool(out, "approved", source->approved);
    json_out_member_u64(out, "tools", source->tools_count);
    json_out_member_u64(out, "waiting", source->waiting_count);
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
    json_out_member_str(out, "address", tool->address);
    json_out_member_str(out, "effect", event_effect_name(tool->effect));
    json_out_member_str(out, "title", tool->title);
    json_out_member_str(out, "description", tool->description);
    json_out_member_bool(out, "waiting", tool->waiting || !source->approved);
    if (tool->rejected)
        json_out_member_bool(out, "rejected", true);
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
    json_out_member_str(&json, "name", tool->name);
    json_out_member_str(&json, "title", tool->title);
    json_out_member_str(&json, "description", tool->description);
    json_out_member_raw(&json, "input", tool->input);
    json_out_member_raw(&json, "output", tool->output);
    json_out_member_raw(&json, "hints", tool->hints);
    json_out_member_raw(&json, "plan", tool->plan);
    json_out_member_str(&json, "effect", event_effect_name(tool->effect));
    digest_member(&json, "digest", &tool->digest);
    json_out_end(&json);
}
