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

static void tools_print(struct json_out *out, const struct catalog_source *source)
{
    for (size_t i = 0; i < source->tools_count; i++) {
        const struct catalog_tool *tool = &source->tools[i];

        json_out_object(out);
        text_member(out, "address", tool->address);
        text_member(out, "effect", event_effect_name(tool->effect));
        text_member(out, "title", tool->title);
        text_member(out, "description", tool->description);
        bool_member(out, "waiting", tool->waiting || !source->approved);
        json_out_end(out);
    }
}

void catalog_print_tools(const struct catalog *catalog, const struct catalog_source *source,
                         struct buf *out)
{
    struct json_out json = json_out(out);
    const struct catalog_source *each;
    size_t position = 0;

    json_out_array(&json);
    if (source)
        tools_print(&json, source);
    while (!source && (each = catalog_source_next(catalog, &position)))
        tools_print(&json, each);
    json_out_end(&json);
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

/* ---- the diff ---- */

static void field_print(struct json_out *out, const char *name, struct str before, struct str after,
                        bool is_json)
{
    if (str_equal(before, after) && !before.ptr == !after.ptr)
        return;
    json_out_object(out);
    text_member(out, "field", str_from(name));
    if (is_json)
        json_member(out, "before", before);
    else
        text_member(out, "before", before);
    if (is_json)
        json_member(out, "after", after);
    else
        text_member(out, "after", after);
    json_out_end(out);
}

static void definition_print(struct json_out *out, struct listing_def before,
                             struct listing_def after)
{
    if (str_equal(before.text, after.text))
        return;
    json_out_object(out);
    text_member(out, "field",
                str_from("definition")); /* what several tools may share, and what it is called */
    text_member(out, "name", after.name.ptr ? after.name : before.name);
    json_member(out, "before", before.text);
    json_member(out, "after", after.text);
    json_out_end(out);
}

/* Definitions that the tool needs, before and now: both lists are in the order of their names. */
static void definitions_print(struct json_out *out, const struct catalog_tool *before,
                              const struct catalog_tool *after)
{
    static const struct listing_def none;
    struct listing_tool old = { 0 }, new = { 0 };
    uint32_t i = 0, j = 0;

    if (before->listing)
        old = listing_tool_at(before->listing, before->index);
    if (after->listing)
        new = listing_tool_at(after->listing, after->index);
    while (i < old.needs_count || j < new.needs_count) {
        struct listing_def one = none, two = none;
        int order;

        if (i < old.needs_count)
            one = listing_need(before->listing, &old, i);
        if (j < new.needs_count)
            two = listing_need(after->listing, &new, j);
        order = !one.name.ptr ? 1 : !two.name.ptr ? -1 : str_compare(one.name, two.name);
        definition_print(out, order <= 0 ? one : none, order >= 0 ? two : none);
        i += order <= 0;
        j += order >= 0;
    }
}

static void fields_print(struct json_out *out, const struct catalog_tool *before,
                         const struct catalog_tool *after)
{
    json_out_key(out, "fields");
    json_out_array(out);
    field_print(out, "title", before->title, after->title, false);
    field_print(out, "description", before->description, after->description, false);
    field_print(out, "input", before->input, after->input, true);
    field_print(out, "output", before->output, after->output, true);
    field_print(out, "hints", before->hints, after->hints, true);
    field_print(out, "plan", before->plan, after->plan, true);
    definitions_print(out, before, after);
    field_print(out, "effect", event_effect_name(before->effect), event_effect_name(after->effect),
                false);
    json_out_end(out);
}

static void findings_print(struct json_out *out, const struct catalog_tool *tool)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_finding *findings;
    size_t count = catalog_findings(tool, arena, &findings);

    json_out_key(out, "findings");
    json_out_array(out);
    for (size_t i = 0; i < count; i++) {
        json_out_object(out);
        text_member(out, "rule", findings[i].rule);
        text_member(out, "sentence", findings[i].sentence);
        json_out_end(out);
    }
    json_out_end(out);
}

static void change_print(struct json_out *out, const struct catalog_tool *before,
                         const struct catalog_tool *after)
{
    const char *change = !before ? "new" : after ? "changed" : "gone";
    const struct catalog_tool *shown = after ? after : before;

    CHECK(shown);
    json_out_object(out);
    text_member(out, "address", shown->address);
    text_member(out, "change", str_from(change));
    text_member(out, "effect", event_effect_name(shown->effect));
    if (!before)
        text_member(out, "description", shown->description);
    if (before && after)
        fields_print(out, before, after);
    if (after)
        findings_print(out, after);
    json_out_end(out);
}

void catalog_print_diff(const struct catalog_source *source, struct buf *out)
{
    struct json_out json = json_out(out);

    json_out_object(&json);
    text_member(&json, "source", source->name);
    count_member(&json, "version", source->version);
    digest_member(&json, "digest", &source->digest);
    if (source->approved)
        count_member(&json, "approved_version", source->approved_version);
    json_out_key(&json, "changes");
    json_out_array(&json);
    for (size_t i = 0; i < source->tools_count; i++) {
        const struct catalog_tool *tool = &source->tools[i];

        if (catalog_change(source, tool) != CATALOG_SAME)
            change_print(&json, catalog_pin(source, tool->name), tool);
    }
    for (size_t i = 0; i < source->pins_count; i++) {
        if (!catalog_offered(source, source->pins[i].name))
            change_print(&json, &source->pins[i], NULL);
    }
    json_out_end(&json);
    json_out_end(&json);
}
