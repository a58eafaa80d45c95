/* A service that says anything of itself: what becomes a tool is JSON, and sorted. */
#include "format/graphql/graphql.h"
#include "format/json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_json(struct arena *arena, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    CHECK(json_parse(arena, text, NULL, &error, &doc) == JSON_PARSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct str text = str_of((const char *)bytes, len);
    struct report *report = ARENA_NEW(arena, struct report);
    struct graphql_result result = { 0 };

    report_init(report, arena);
    (void)graphql_detect(text);
    if (graphql_compile(arena, text, STR("https://a"), report, &result) != GRAPHQL_COMPILED) {
        CHECK(report->count > 0);
        return 0;
    }
    CHECK(result.tools_count > 0);
    for (size_t i = 0; i < result.tools_count; i++) {
        const struct graphql_tool *tool = &result.tools[i];

        CHECK(i == 0 || str_compare(result.tools[i - 1].path, tool->path) < 0);
        check_json(arena, tool->input);
        check_json(arena, tool->output);
        check_json(arena, tool->plan);
        for (size_t j = 0; j < tool->defs_count; j++)
            CHECK(tool->defs[j] < result.defs_count);
    }
    for (size_t i = 0; i < result.defs_count; i++)
        check_json(arena, result.defs[i].text);
    return 0;
}
