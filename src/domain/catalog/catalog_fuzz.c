/*
 * Any definitions become an event or nothing; nothing is callable before approval, and what a
 * stranger wrote stays inside the comment, the string and the JSON it is put into.
 *
 * The input: lines of a tool each, `name TAB description TAB input TAB output TAB hints`.
 */
#include "domain/catalog/catalog.h"
#include "format/json/json.h"

#define TOOLS_MAX 8U
#define SOURCE    1U

static struct str field(struct str *rest)
{
    struct str text = str_split(rest, '\t');

    return text.len > 0 ? text : STR_NULL;
}

static void json_check(const struct buf *out, struct arena *arena)
{
    struct json_error error;
    struct json_doc doc;

    CHECK(json_parse(arena, buf_str(out), NULL, &error, &doc) == JSON_PARSED);
}

static void tool_check(const struct catalog *catalog, const struct catalog_tool *tool,
                       struct arena *arena)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    const struct catalog_tool *found = NULL;
    struct catalog_finding *findings;

    CHECK(catalog_find(catalog, tool->address, &found) == CATALOG_WAITING && found == tool);
    (void)catalog_findings(tool, arena, &findings);
    catalog_describe(tool, &out);
    CHECK(str_is_utf8(buf_str(&out)));
    CHECK(str_find_char(buf_str(&out), '`') == SIZE_MAX);
}

static void source_check(struct catalog *catalog, struct arena *arena)
{
    const struct catalog_source *source = catalog_source_find(catalog, SOURCE);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct catalog_query query = { .text = STR("read a file") };
    struct event approved = { .type = EVENT_SOURCE_APPROVED,
                              .as.source_approved = { .source = SOURCE,
                                                      .version = source->version,
                                                      .digest = source->digest } };

    for (size_t i = 0; i < source->tools_count; i++)
        tool_check(catalog, &source->tools[i], arena);
    catalog_print_diff(catalog, source, &(struct catalog_diff){ 0 }, &out);
    json_check(&out, arena);
    catalog_apply(catalog, &approved);
    CHECK(source->waiting_count == 0);
    buf_clear(&out);
    catalog_search(catalog, &query, &out);
    json_check(&out, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    struct str rest = str_of((const char *)data, size);
    struct msg_tool tools[TOOLS_MAX];
    struct msg_source_report report = { .source = SOURCE, .listed = true, .tools = tools };
    struct event event = { .type = EVENT_SOURCE_ADDED,
                           .as.source_added = { .source = SOURCE, .name = STR("s") } };

    if (!str_is_utf8(rest)) /* the door before us refuses it */
        return 0;
    catalog_apply(catalog, &event);
    while (rest.ptr && report.tools_count < TOOLS_MAX) {
        struct str line = str_split(&rest, '\n');
        struct msg_tool *tool = &tools[report.tools_count++];

        *tool = (struct msg_tool){ .name = field(&line) };
        tool->description = field(&line);
        tool->input = field(&line);
        tool->output = field(&line);
        tool->annotations = field(&line);
    }
    event = (struct event){ .type = EVENT_SOURCE_LISTED };
    if (catalog_listing(catalog, &report, arena, &event.as.source_listed) ==
        CATALOG_LISTING_CHANGED) {
        catalog_apply(catalog, &event);
        source_check(catalog, arena);
    }
    return 0;
}
