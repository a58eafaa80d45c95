/* Any text as a document, whole and in part; what comes out is JSON. */
#include "format/json/json.h"
#include "format/openapi/openapi.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void is_json(struct arena *arena, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    CHECK(json_parse(arena, text, NULL, &error, &doc) == JSON_PARSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct openapi_options options = { .partial = true };
    struct openapi *run CLEANUP(openapi_free) = openapi_new(&options);
    struct openapi_result result;
    struct str uri;

    openapi_add(run, STR("https://example.com/a.json"), str_of((const char *)bytes, len));
    while (openapi_wants(run, &uri))
        openapi_lacks(run, uri);
    if (openapi_compile(run, &result) != OPENAPI_COMPILED) {
        CHECK(result.tools_count == 0 && result.errors > 0);
        return 0;
    }
    for (size_t i = 0; i < result.tools_count; i++) {
        const struct openapi_tool *tool = &result.tools[i];

        CHECK(tool->path.len > 0 && tool->path.len <= OPENAPI_PATH_MAX);
        is_json(arena, tool->plan);
        is_json(arena, tool->input);
        if (tool->output.ptr)
            is_json(arena, tool->output);
    }
    for (size_t i = 0; i < result.defs_count; i++)
        is_json(arena, result.defs[i].text);
    return 0;
}
