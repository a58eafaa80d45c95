/*
 * One run: the version is read, definitions are found, operations become tools, definitions get
 * their texts, and all is sorted.
 *
 * It fails where the root is no such document, where something was wrong and the caller did not
 * want what is sound, and at a limit.
 */
#include "format/openapi/internal.h"

#include <stdlib.h>

void openapi__spend(struct openapi *run, size_t bytes)
{
    if (bytes <= run->budget) {
        run->budget -= bytes;
        return;
    }
    run->budget = 0;
    if (run->broken)
        return;
    run->broken = true;
    openapi__error(run, NULL, "limit",
                   "its schemas repeat so much that they would be more than %u times as large",
                   OPENAPI_GROWTH_MAX);
}

const struct json_value *openapi__binary(struct openapi *run)
{
    static const char text[] =
        "{\"description\":\"Bytes; an artifact as a result gave "
        "it.\",\"anyOf\":[{\"type\":\"object\","
        "\"properties\":{\"$base64\":{\"type\":\"string\",\"contentEncoding\":\"base64\"},"
        "\"filename\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"}},"
        "\"required\":[\"$base64\"],\"additionalProperties\":false},{\"type\":\"object\","
        "\"properties\":{\"$artifact\":{\"type\":\"string\",\"description\":\"A digest.\"},"
        "\"filename\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},"
        "\"size\":{\"type\":\"integer\"}},\"required\":[\"$artifact\"],"
        "\"additionalProperties\":false}]}";
    struct json_error error;
    struct json_doc doc;

    if (!run->binary) { /* one more than OPENAPI_DEFS_MAX may be */
        CHECK(json_parse(run->arena, STR(text), NULL, &error, &doc) == JSON_PARSED);
        run->binary = doc.root;
        openapi__define_as(run, doc.root, STR("Binary"));
    }
    return run->binary;
}

static bool version_read(struct openapi *run)
{
    const struct json_value *swagger = json_get(run->root, "swagger");
    struct str version = json_get_str(run->root, "openapi");

    if (str_is(json_str(swagger), "2.0") ||
        (json_is_number(swagger) && json_u64_or(swagger, 0) == 2))
        run->version = OPENAPI__20;
    else if (str_starts(version, STR("3.0")))
        run->version = OPENAPI__30;
    else if (str_starts(version, STR("3.")))
        run->version = OPENAPI__31;
    else
        return false;
    return true;
}

static void about_print(struct openapi *run, struct buf *text)
{
    static const char *const members[] = { "title", "version", "description" };
    const struct json_value *info = json_get(run->root, "info");
    struct json_out out = json_out(text);

    json_out_object(&out);
    for (size_t i = 0; i < ARRAY_COUNT(members); i++) {
        struct str member = json_get_str(info, members[i]);

        if (!member.ptr)
            continue;
        if (member.len > 4096)
            member.len = 4096;
        while (!str_is_utf8(member))
            member.len--;
        json_out_key(&out, members[i]);
        json_out_str(&out, member);
    }
    openapi__schemes(run, &out);
    json_out_end(&out);
}

static int face_compare(const void *a, const void *b)
{
    struct openapi__face *const *left = a;
    struct openapi__face *const *right = b;

    return str_compare((*left)->name, (*right)->name);
}

static void defs_sort(struct openapi *run, struct openapi_result *result)
{
    struct openapi_def *defs = ARENA_ARRAY(run->arena, struct openapi_def, run->faces.count + 1);

    if (run->faces.count > 0)
        qsort(run->faces.at, run->faces.count, sizeof(run->faces.at[0]), face_compare);
    for (size_t i = 0; i < run->faces.count; i++) {
        run->faces.at[i]->index = (uint32_t)i;
        defs[i] = (struct openapi_def){ run->faces.at[i]->name, run->faces.at[i]->text };
    }
    result->defs = defs;
    result->defs_count = run->faces.count;
}

static void closures_make(struct openapi *run)
{
    for (size_t i = 0; i < run->tools.count && !run->broken; i++) {
        struct openapi__faces needs = { 0 };

        for (size_t j = 0; j < run->needs.at[i].count; j++)
            *VEC_PUSH(&needs) = run->needs.at[i].faces[j];
        openapi__closure(run, &needs, &run->tools.at[i]);
        openapi__spend(run, run->tools.at[i].defs_count * sizeof(uint32_t));
        VEC_FINI(&needs);
    }
}

static int tool_compare(const void *a, const void *b)
{
    return str_compare(((const struct openapi_tool *)a)->path,
                       ((const struct openapi_tool *)b)->path);
}

static void tools_make(struct openapi *run, struct openapi_result *result)
{
    struct buf about BUF_CLEANUP = BUF_INIT;

    openapi__operations(run);
    openapi__faces_print(run);
    if (run->broken)
        return;
    defs_sort(run, result);
    closures_make(run);
    if (run->tools.count > 0)
        qsort(run->tools.at, run->tools.count, sizeof(run->tools.at[0]), tool_compare);
    result->tools = run->tools.at;
    result->tools_count = run->tools.count;
    about_print(run, &about);
    result->about = str_copy(run->arena, buf_str(&about));
}

int openapi_compile(struct openapi *run, struct openapi_result *ret_result)
{
    struct openapi_result result = { 0 };

    if (!run->broken && !version_read(run)) {
        run->broken = true;
        openapi__error(run, NULL, "version",
                       "this is neither OpenAPI 3 (\"openapi\": \"3.0.3\") nor Swagger 2.0 "
                       "(\"swagger\": \"2.0\")");
    }
    if (!run->broken)
        tools_make(run, &result);
    if (!run->broken && result.tools_count == 0 && run->errors == 0)
        openapi__error(run, NULL, "paths", "the document has no operation");
    if (run->broken || result.tools_count == 0 || (run->errors > 0 && !run->options.partial))
        result = (struct openapi_result){ 0 };
    openapi__problems_print(run, &result);
    *ret_result = result;
    return result.tools_count > 0 ? OPENAPI_COMPILED : OPENAPI_REFUSED;
}
