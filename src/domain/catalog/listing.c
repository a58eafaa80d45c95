/*
 * From what a source says it offers to the event that records it.
 *
 * Each tool gets a digest of its definition (canonical JSON), an effect class, and a path. A path
 * that a person approved stays with its name; then come names that are their own path, then the
 * rest by name; who comes too late gets a mark made from the name. So neither the order of a
 * listing nor a newcomer can move an address that is in use.
 */
#include "base/digest.h"
#include "domain/catalog/internal.h"
#include "format/json/json.h"

#include <stdlib.h>

struct work {
    const struct catalog_source *source;
    struct arena *arena;
    struct event_tool *tools;
    size_t count;
    struct map paths; /* those given away */
    struct map names;
};

static bool schema_ok(struct str text, struct arena *arena)
{
    struct json_error error;
    struct json_doc doc;

    if (!text.ptr)
        return true;
    return json_parse(arena, text, NULL, &error, &doc) == JSON_PARSED &&
           (json_is_object(doc.root) || json_is_bool(doc.root));
}

static bool tool_ok(const struct work *work, const struct msg_tool *tool, struct arena *scratch)
{
    size_t size = tool->name.len + tool->title.len + tool->description.len + tool->input.len +
                  tool->output.len + tool->annotations.len;

    if (tool->name.len == 0 || size > CATALOG_TOOL_BYTES_MAX || map_find(&work->names, tool->name))
        return false;
    return schema_ok(tool->input, scratch) && schema_ok(tool->output, scratch) &&
           schema_ok(tool->annotations, scratch);
}

static void member_add(struct buf *out, const char *name, struct str json)
{
    if (!json.ptr)
        return;
    buf_add_c(out, out->len > 1 ? ",\"" : "\"");
    buf_add_c(out, name);
    buf_add_c(out, "\":");
    buf_add_str(out, json);
}

static void text_add(struct buf *out, const char *name, struct str text)
{
    if (!text.ptr)
        return;
    member_add(out, name, STR(""));
    buf_add_json(out, text);
}

struct digest catalog_definition_digest(const struct msg_tool *tool, struct arena *scratch)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct buf canonical BUF_CLEANUP = BUF_INIT;
    struct json_error error;
    struct json_doc doc;

    buf_add_char(&text, '{');
    member_add(&text, "annotations", tool->annotations);
    text_add(&text, "description", tool->description);
    member_add(&text, "input", tool->input);
    text_add(&text, "name", tool->name);
    member_add(&text, "output", tool->output);
    text_add(&text, "title", tool->title);
    buf_add_char(&text, '}');
    /* What is no JSON, or one level too deep for it, has no canonical form: as it stands then. */
    if (json_parse(scratch, buf_str(&text), NULL, &error, &doc) != JSON_PARSED)
        return digest_of(buf_str(&text));
    json_print_canonical(&canonical, doc.root);
    return digest_of(buf_str(&canonical));
}

/* What a person chose stays; else a class may become stricter by itself and never laxer. */
static enum event_effect effect_in_force(const struct catalog_tool *pin, enum event_effect effect)
{
    return pin->chosen || pin->effect > effect ? pin->effect : effect;
}

static void tool_take(struct work *work, const struct msg_tool *from, struct arena *scratch)
{
    struct event_tool *tool = &work->tools[work->count++];
    const struct catalog_tool *pin = catalog_pin(work->source, from->name);

    *tool = (struct event_tool){ .name = from->name,
                                 .title = from->title,
                                 .description = from->description,
                                 .input = from->input,
                                 .output = from->output,
                                 .hints = from->annotations };
    tool->digest = catalog_definition_digest(from, scratch);
    tool->effect = catalog__effect_of(tool, scratch);
    tool->waiting = !pin || !digest_equal(&pin->digest, &tool->digest);
    if (!tool->waiting)
        tool->effect = effect_in_force(pin, tool->effect);
    (void)map_put(&work->names, tool->name, tool);
}

static bool path_take(struct work *work, struct event_tool *tool, struct str path)
{
    if (map_find(&work->paths, path))
        return false;
    tool->path = path;
    (void)map_put(&work->paths, tool->path, tool);
    return true;
}

static void path_find(struct work *work, struct event_tool *tool)
{
    bool lossy;
    struct str path = catalog__path_make(tool->name, work->arena, &lossy);

    if (!lossy && path_take(work, tool, path))
        return;
    /* Whoever foresees a mark and takes it first uses up a tool for each try. */
    for (unsigned try = 0;; try++) {
        if (path_take(work, tool, catalog__path_mark(path, tool->name, try, work->arena)))
            return;
    }
}

static int name_compare(const void *a, const void *b)
{
    return str_compare(((const struct event_tool *)a)->name, ((const struct event_tool *)b)->name);
}

static int path_compare(const void *a, const void *b)
{
    return str_compare(((const struct event_tool *)a)->path, ((const struct event_tool *)b)->path);
}

static void paths_give(struct work *work)
{
    struct event_tool *end = work->tools + work->count;
    bool lossy;

    qsort(work->tools, work->count, sizeof(*work->tools), name_compare);
    /* Whose name was ever approved keeps its path, even while the tool waits. */
    for (struct event_tool *tool = work->tools; tool < end; tool++) {
        const struct catalog_tool *pin = catalog_pin(work->source, tool->name);

        if (pin)
            CHECK(path_take(work, tool, str_copy(work->arena, pin->path)));
    }
    /* And a path that was approved for a name that is gone is given to nobody else. */
    for (size_t i = 0; i < work->source->pins_count; i++) {
        const struct catalog_tool *pin = &work->source->pins[i];

        if (!map_find(&work->names, pin->name))
            (void)map_put(&work->paths, str_copy(work->arena, pin->path), work);
    }
    for (struct event_tool *tool = work->tools; tool < end; tool++) {
        if (!tool->path.ptr &&
            str_equal(catalog__path_make(tool->name, work->arena, &lossy), tool->name))
            (void)path_take(work, tool, tool->name);
    }
    for (struct event_tool *tool = work->tools; tool < end; tool++) {
        if (!tool->path.ptr)
            path_find(work, tool);
    }
    qsort(work->tools, work->count, sizeof(*work->tools), path_compare);
}

/* Of what an approval makes callable: paths, classes and definitions. */
static struct digest listing_digest(const struct work *work, struct str instructions)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    buf_add_str(&text, instructions);
    for (size_t i = 0; i < work->count; i++) {
        char hex[DIGEST_HEX_LEN];

        digest_hex(&work->tools[i].digest, hex);
        buf_add_char(&text, '\n');
        buf_add_str(&text, work->tools[i].path);
        buf_add_char(&text, ' ');
        buf_add_str(&text, event_effect_name(work->tools[i].effect));
        buf_add_char(&text, ' ');
        buf_add(&text, hex, sizeof(hex));
    }
    return digest_of(buf_str(&text));
}

static void tools_take(struct work *work, const struct msg_source_report *report)
{
    struct arena *scratch CLEANUP(arena_free) = arena_new(0);

    work->tools = ARENA_ARRAY(work->arena, struct event_tool, report->tools_count);
    for (size_t i = 0; i < report->tools_count; i++) {
        arena_reset(scratch);
        if (tool_ok(work, &report->tools[i], scratch))
            tool_take(work, &report->tools[i], scratch);
    }
    paths_give(work);
}

enum catalog_listing_answer catalog_listing(const struct catalog *catalog,
                                            const struct msg_source_report *report,
                                            struct arena *arena,
                                            struct event_source_listed *ret_event)
{
    struct work work = { .source = catalog_source_find(catalog, report->source), .arena = arena };

    if (!work.source)
        return CATALOG_LISTING_UNKNOWN;
    if (report->tools_count > CATALOG_TOOLS_MAX)
        return CATALOG_LISTING_TOO_MANY;
    tools_take(&work, report);
    map_fini(&work.paths);
    map_fini(&work.names);
    struct digest digest = listing_digest(&work, report->instructions);
    if (work.source->version > 0 && digest_equal(&digest, &work.source->digest))
        return CATALOG_LISTING_SAME;
    *ret_event = (struct event_source_listed){ .source = report->source,
                                               .version = work.source->version + 1,
                                               .digest = digest,
                                               .server = report->server,
                                               .instructions = report->instructions,
                                               .tools = work.tools,
                                               .tools_count = work.count };
    return CATALOG_LISTING_CHANGED;
}
