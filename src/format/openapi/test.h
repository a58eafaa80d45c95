/* What the tests of this room share: a run over a text, and looking at what came of it. */
#ifndef WRIT_FORMAT_OPENAPI_TEST_H
#define WRIT_FORMAT_OPENAPI_TEST_H

#include "format/openapi/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static struct openapi *run;
static struct openapi_result result;

static UNUSED int begin(void **state UNUSED)
{
    run = openapi_new(NULL);
    return 0;
}

static UNUSED int end(void **state UNUSED)
{
    run = openapi_free(run);
    return 0;
}

static UNUSED int compile(const char *text)
{
    openapi_add(run, STR("https://example.com/docs/api.json"), str_from(text));
    return openapi_compile(run, &result);
}

/* OpenAPI 3.0 with one operation at GET /things, and components. */
static UNUSED int compile_get(const char *operation, const char *components)
{
    struct str text = str_printf(run->arena,
                                 "{\"openapi\":\"3.0.3\",\"servers\":[{\"url\":\"/v1\"}],"
                                 "\"paths\":{\"/things\":{\"get\":{\"operationId\":\"t\",%s}}},"
                                 "\"components\":{%s}}",
                                 operation, components);

    return compile(text.ptr);
}

static UNUSED const struct openapi_tool *tool(const char *path)
{
    for (size_t i = 0; i < result.tools_count; i++) {
        if (str_is(result.tools[i].path, path))
            return &result.tools[i];
    }
    fail_msg("there is no tool %s", path);
    return NULL;
}

static UNUSED const char *def(const char *name)
{
    for (size_t i = 0; i < result.defs_count; i++) {
        if (str_is(result.defs[i].name, name))
            return result.defs[i].text.ptr;
    }
    fail_msg("there is no definition %s", name);
    return NULL;
}

/* The member of a JSON text that a pointer names, printed. */
static UNUSED const char *part(struct str text, const char *pointer)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(run->arena, text, NULL, &error, &doc) != JSON_PARSED)
        fail_msg("no JSON: %s: %.*s", error.sentence, STR_ARG(text));
    const struct json_value *found = json_pointer(doc.root, str_from(pointer));
    return found ? json_text(run->arena, found).ptr : "nothing";
}

#define IS(text, expected) assert_string_equal(text, expected)

static UNUSED const struct openapi_problem *problem(const char *rule)
{
    for (size_t i = 0; i < result.problems_count; i++) {
        if (strcmp(result.problems[i].rule, rule) == 0)
            return &result.problems[i];
    }
    fail_msg("there is no problem of rule %s", rule);
    return NULL;
}

#endif
