/* Schemas and definitions: what is translated, shared, and left out; documents and problems. */
#include "format/openapi/test.h"

#define ANSWER(schema)                                                                             \
    "\"responses\":{\"200\":{\"content\":{\"application/json\":{\"schema\":" schema "}}}}"

static const char *output_30(const char *schema)
{
    struct str operation = str_printf(
        run->arena, "\"responses\":{\"200\":{\"content\":{\"application/json\":{\"schema\":%s}}}}",
        schema);

    assert_int_equal(compile_get(operation.ptr, "\"schemas\":{\"A\":{\"type\":\"string\"}}"),
                     OPENAPI_COMPILED);
    const char *text = tool("t")->output.ptr;
    struct str kept = str_printf(run->arena, "%s", text);
    struct openapi *before = run;
    run = openapi_new(NULL);
    static char copy[4096];
    assert_true(kept.len < sizeof(copy));
    memcpy(copy, kept.ptr, kept.len + 1);
    (void)openapi_free(before);
    return copy;
}

static void version_3_0_becomes_2020_12(void **state UNUSED)
{
    IS(output_30("{\"type\":\"string\",\"nullable\":true}"), "{\"type\":[\"string\",\"null\"]}");
    IS(output_30("{\"nullable\":true,\"allOf\":[{\"$ref\":\"#/components/schemas/A\"}]}"),
       "{\"anyOf\":[{\"allOf\":[{\"$ref\":\"#/$defs/A\"}]},{\"type\":\"null\"}]}");
    IS(output_30("{\"type\":\"string\",\"nullable\":true,\"enum\":[\"a\",null]}"),
       "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",null]}");
    IS(output_30(
           "{\"minimum\":1,\"exclusiveMinimum\":true,\"maximum\":3,\"exclusiveMaximum\":false}"),
       "{\"exclusiveMinimum\":1,\"maximum\":3}");
    IS(output_30(
           "{\"$ref\":\"#/components/schemas/A\",\"description\":\"d\",\"type\":\"integer\"}"),
       "{\"$ref\":\"#/$defs/A\",\"description\":\"d\"}");
    IS(output_30("{\"type\":\"array\",\"items\":[{\"type\":\"string\"}],\"xml\":{},\"x-a\":1}"),
       "{\"type\":\"array\",\"prefixItems\":[{\"type\":\"string\"}]}");
    IS(output_30("{\"oneOf\":[{},true],\"discriminator\":{\"propertyName\":\"k\"}}"),
       "{\"oneOf\":[{},true],\"x-discriminator\":{\"propertyName\":\"k\"}}");
    IS(output_30("{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"boolean\"}}}"),
       "{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"boolean\"}}}");
}

static void what_is_no_value_is_left_out(void **state UNUSED)
{
    IS(output_30("{\"type\":\"str\",\"minLength\":-1,\"pattern\":\"(\",\"required\":true,"
                 "\"enum\":[],\"multipleOf\":0,\"title\":1}"),
       "{}");
    IS(output_30("{\"properties\":{\"a\":7},\"required\":[\"a\",7]}"),
       "{\"properties\":{\"a\":true},\"required\":[\"a\"]}");
    IS(output_30("{\"$ref\":\"#/nowhere\"}"), "{}");
}

static void siblings_stay_in_3_1(void **state UNUSED)
{
    assert_int_equal(compile("{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"get\":{" ANSWER(
                         "{\"$ref\":\"#/components/schemas/"
                         "A\",\"minLength\":2,\"$comment\":\"c\"}") "}}},"
                                                                    "\"components\":{"
                                                                    "\"schemas\":{\"A\":{\"$"
                                                                    "id\":\"x\",\"type\":"
                                                                    "\"string\"}}}}"),
                     OPENAPI_COMPILED);
    IS(tool("a.get_a")->output.ptr, "{\"$ref\":\"#/$defs/A\",\"minLength\":2}");
    IS(def("A"), "{\"type\":\"string\"}");
}

static void a_cycle_is_two_definitions(void **state UNUSED)
{
    assert_int_equal(
        compile_get(
            ANSWER("{\"$ref\":\"#/components/schemas/Node\"}"),
            "\"schemas\":{\"Node\":{\"properties\":{\"next\":{\"$ref\":"
            "\"#/components/schemas/Node\"},\"leaf\":{\"$ref\":\"#/components/schemas/L~1f\"}"
            "}},\"L/f\":{\"type\":\"string\"},\"Unused\":{\"type\":\"integer\"}}"),
        OPENAPI_COMPILED);
    assert_int_equal(result.defs_count, 2);
    assert_int_equal(tool("t")->defs_count, 2);
    IS(def("Node"), "{\"properties\":{\"next\":{\"$ref\":\"#/$defs/Node\"},\"leaf\":{\"$ref\":"
                    "\"#/$defs/L_f\"}}}");
}

static void a_cycle_of_references_alone_ends(void **state UNUSED)
{
    assert_int_equal(compile_get("\"parameters\":[{\"$ref\":\"#/components/parameters/A\"}]",
                                 "\"parameters\":{\"A\":{\"$ref\":\"#/components/parameters/B\"},"
                                 "\"B\":{\"$ref\":\"#/components/parameters/A\"}}"),
                     OPENAPI_REFUSED);
    assert_true(problem("reference")->error);
}

static void directions_see_their_own(void **state UNUSED)
{
    assert_int_equal(
        compile(
            "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"post\":{\"requestBody\":{\"content\":{"
            "\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/List\"}}}}," ANSWER(
                "{\"$ref\":\"#/components/schemas/List\"}") "}}},\"components\":{\"schemas\":{"
                                                            "\"List\":{\"type\":\"array\","
                                                            "\"items\":{\"$ref\":\"#/components/"
                                                            "schemas/U\"}},"
                                                            "\"U\":{\"required\":[\"id\",\"name\","
                                                            "\"pass\"],\"properties\":{\"id\":{"
                                                            "\"readOnly\":"
                                                            "true},\"name\":{\"$ref\":\"#/"
                                                            "components/schemas/"
                                                            "N\"},\"pass\":{\"writeOnly\":true}}},"
                                                            "\"N\":{\"type\":\"string\"}}}}"),
        OPENAPI_COMPILED);
    IS(def("U"), "{\"required\":[\"id\",\"name\"],\"properties\":{\"id\":{},\"name\":{\"$ref\":"
                 "\"#/$defs/N\"}}}");
    IS(def("UInput"), "{\"required\":[\"name\",\"pass\"],\"properties\":{\"name\":{\"$ref\":"
                      "\"#/$defs/N\"},\"pass\":{}}}");
    IS(def("ListInput"), "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/UInput\"}}");
    assert_int_equal(result.defs_count, 5);
}

static void other_documents_are_asked_for(void **state UNUSED)
{
    struct str uri;

    openapi_add(run, STR("https://example.com/docs/api.json"),
                STR("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"$ref\":\"paths/a.yaml\"},"
                    "\"/b\":{\"get\":{\"parameters\":[{\"$ref\":\"gone.json#/p\"}]}}}}"));
    assert_true(openapi_wants(run, &uri));
    IS(uri.ptr, "https://example.com/docs/paths/a.yaml");
    openapi_add(run, uri,
                STR("get:\n  operationId: a\n  responses:\n    '200':\n      content:\n"
                    "        application/json:\n          schema:\n"
                    "            $ref: '../s.json#/A'\n"));
    assert_true(openapi_wants(run, &uri));
    IS(uri.ptr, "https://example.com/docs/gone.json");
    openapi_lacks(run, uri);
    assert_true(openapi_wants(run, &uri));
    IS(uri.ptr, "https://example.com/docs/s.json");
    openapi_add(run, uri, STR("{\"A\":{\"$ref\":\"#/B\"},\"B\":{\"type\":\"string\"}}"));
    assert_false(openapi_wants(run, &uri));
    run->options.partial = true;
    assert_int_equal(openapi_compile(run, &result), OPENAPI_COMPILED);
    assert_int_equal(result.tools_count, 1);
    assert_int_equal(result.dropped, 1);
    IS(def("A"), "{\"$ref\":\"#/$defs/B\"}");
    assert_true(problem("reference")->error);
}

static void problems_are_grouped_and_placed(void **state UNUSED)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    buf_add_c(&text, "{\"openapi\":\"3.0.0\",\n\"paths\":{\n");
    for (int i = 0; i < 400; i++)
        buf_printf(&text,
                   "\"/p%d\":{\"get\":{\"parameters\":[{\"in\":\"%s%d\",\"name\":\"a\"}]}},\n", i,
                   i < 200 ? "que" : "bad", i < 200 ? 0 : i % 50);
    buf_add_c(&text, "\"/ok\":{\"get\":{}}}}");
    run->options.partial = true;
    openapi_add(run, STR("https://example.com/a.json"), buf_str(&text));
    assert_int_equal(openapi_compile(run, &result), OPENAPI_COMPILED);
    assert_int_equal(result.tools_count, 1);
    assert_int_equal(result.errors, 400);
    assert_int_equal(result.dropped, 400);
    assert_int_equal(result.problems_count, OPENAPI_PROBLEMS_MAX);
    assert_int_equal(result.problems[0].count, 200);
    assert_int_equal(result.problems[0].places[0].line, 3);
    assert_int_equal(result.problems[0].places[1].line, 4);
    IS(result.problems[0].places[1].path.ptr, "/paths/~1p1/get/parameters/0");
}

static void a_place_in_yaml_is_its_line(void **state UNUSED)
{
    assert_int_equal(compile("openapi: 3.0.0\nx: &p\n  - in: nowhere\n    name: a\npaths:\n"
                             "  /a:\n    get:\n      parameters: *p\n  /b:\n    get:\n"
                             "      parameters:\n        - name: b\n          in: away\n"),
                     OPENAPI_REFUSED);
    assert_int_equal(result.tools_count, 0);
    assert_int_equal(result.problems_count, 2);
    for (size_t i = 0; i < 2; i++) {
        bool aliased = strstr(result.problems[i].sentence.ptr, "nowhere") != NULL;

        assert_int_equal(result.problems[i].places[0].line, aliased ? 8 : 12);
    }
}

static void what_is_no_document_is_refused(void **state UNUSED)
{
    static const char *const texts[] = { "",
                                         "{",
                                         "<html></html>",
                                         "[1]",
                                         "{\"openapi\":\"4.0\"}",
                                         "{\"openapi\":\"3.0.0\"}",
                                         "a: [",
                                         "\xFF\xFE" };

    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct openapi *each = openapi_new(NULL);

        openapi_add(each, STR("f"), str_from(texts[i]));
        assert_int_equal(openapi_compile(each, &result), OPENAPI_REFUSED);
        assert_true(result.problems_count > 0 && result.errors > 0);
        (void)openapi_free(each);
    }
    compile(" <!DOCTYPE html>\n<p>openapi: 3.0.0");
    assert_non_null(strstr(problem("syntax")->sentence.ptr, "a page (HTML"));
    assert_true(openapi_detect(STR("{\"swagger\":\"2.0\"}")));
    assert_true(openapi_detect(STR("# x\nopenapi: 3.0.1\n")));
    assert_true(openapi_detect(STR("{openapi: 3.0.1}")));
    assert_true(openapi_detect(STR("# x\n'swagger': '2.0'\n")));
    assert_false(openapi_detect(STR("<html>openapi: </html>")));
    assert_false(openapi_detect(STR("<p>\nopenapi: 3.0.0\n")));
    assert_false(openapi_detect(STR("a: {b: 1}\n  openapi: 3\n")));
}

/* What is no JSON for a comma too many is YAML; what is neither says where it is no JSON. */
static void braces_may_be_yaml(void **state UNUSED)
{
    assert_int_equal(compile("{openapi: 3.0.3, servers: [{url: /v1}], # it\n"
                             "\"paths\":{\"/a\":{\"get\":{\"operationId\":\"a\",}}},}"),
                     OPENAPI_COMPILED);
    assert_int_equal(result.tools_count, 1);
    (void)openapi_free(run);
    run = openapi_new(NULL);
    assert_int_equal(compile("{\"openapi\":\"3.0.3\",\n\"paths\":}}"), OPENAPI_REFUSED);
    assert_non_null(strstr(problem("syntax")->sentence.ptr, ":2:9: this is no JSON"));
}

/* One large schema under a parameter that every operation refers to. */
static void a_bomb_is_over_a_limit(void **state UNUSED)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    buf_add_c(&text, "{\"openapi\":\"3.0.0\",\"components\":{\"parameters\":{\"P\":{\"name\":\"p\","
                     "\"in\":\"query\",\"schema\":{\"enum\":[0");
    for (int i = 0; i < 50000; i++)
        buf_printf(&text, ",%d", 100000 + i);
    buf_add_c(&text, "]}}}},\"paths\":{");
    for (int i = 0; i < 2000; i++)
        buf_printf(&text,
                   "%s\"/p%d\":{\"get\":{\"parameters\":[{\"$ref\":"
                   "\"#/components/parameters/P\"}]}}",
                   i ? "," : "", i);
    buf_add_c(&text, "}}");
    openapi_add(run, STR("https://example.com/a.json"), buf_str(&text));
    assert_int_equal(openapi_compile(run, &result), OPENAPI_REFUSED);
    assert_true(problem("limit")->error);
    assert_true(arena_used(run->arena) < 8 * text.len + (32U << 20));
}

static void a_pointer_may_lead_through_a_reference(void **state UNUSED)
{
    assert_int_equal(
        compile_get(
            ANSWER("{\"$ref\":\"#/components/responses/R/content/a~1b/schema\"}"),
            "\"responses\":{\"R\":{\"$ref\":\"#/components/responses/S\"},\"S\":{\"content\":{"
            "\"a/b\":{\"schema\":{\"type\":\"string\"}}}}}"),
        OPENAPI_COMPILED);
    assert_int_equal(result.defs_count, 1);
    IS(result.defs[0].text.ptr, "{\"type\":\"string\"}");
    (void)openapi_free(run);
    run = openapi_new(NULL);
    /* In a circle to nowhere. */
    assert_int_equal(compile_get(ANSWER("{\"$ref\":\"#/components/schemas/A/b\"}"),
                                 "\"schemas\":{\"A\":{\"$ref\":\"#/components/schemas/B/b\"},"
                                 "\"B\":{\"$ref\":\"#/components/schemas/A/c\"}}"),
                     OPENAPI_COMPILED);
    IS(tool("t")->output.ptr, "{}");
}

/* As converters write empty lines of a form. */
static void a_parameter_without_a_name(void **state UNUSED)
{
    assert_int_equal(
        compile_get("\"parameters\":[{\"in\":\"query\",\"name\":\"\"},{\"in\":\"header\"},"
                    "{\"in\":\"query\",\"name\":\"q\"}]",
                    ""),
        OPENAPI_COMPILED);
    IS(part(tool("t")->input, "/properties"), "{\"q\":{}}");
    assert_false(problem("parameter")->error);
    (void)openapi_free(run);
    run = openapi_new(NULL);
    assert_int_equal(compile_get("\"parameters\":[{\"in\":\"query\",\"required\":true}]", ""),
                     OPENAPI_REFUSED);
    assert_true(problem("parameter")->error);
}

static const char *told(const char *schema, const char *schemas)
{
    struct str operation = str_printf(
        run->arena, "\"responses\":{\"200\":{\"content\":{\"application/json\":{\"schema\":%s}}}}",
        schema);
    struct str components = str_printf(run->arena, "\"schemas\":{%s}", schemas);

    assert_int_equal(compile_get(operation.ptr, components.ptr), OPENAPI_COMPILED);
    const char *found = part(tool("t")->output, "/x-discriminator");
    static char copy[512];
    (void)snprintf(copy, sizeof(copy), "%s", found);
    (void)openapi_free(run);
    run = openapi_new(NULL);
    return copy;
}

#define PETS                                                                                       \
    "\"oneOf\":[{\"$ref\":\"#/components/schemas/Cat\"},{\"$ref\":\"#/components/schemas/Dog\"}]"
static void alternatives_are_told_apart(void **state UNUSED)
{
    /* By name; by what is mapped, in each of its forms; by what they say themselves. */
    IS(told("{" PETS ",\"discriminator\":{\"propertyName\":\"k\"}}", "\"Cat\":{},\"Dog\":{}"),
       "{\"propertyName\":\"k\",\"mapping\":{\"Cat\":0,\"Dog\":1}}");
    IS(told(
           "{" PETS ",\"discriminator\":{\"propertyName\":\"k\",\"mapping\":{\"d\":\"Dog\",\"cat\":"
           "\"#/components/schemas/Cat\",\"c\":\"#/components/schemas/Cat\",\"x\":\"Gone\",\"y\":7,"
           "\"z\":\"#/gone\"}}}",
           "\"Cat\":{},\"Dog\":{}"),
       "{\"propertyName\":\"k\",\"mapping\":{\"d\":1,\"cat\":0,\"c\":0}}");
    IS(told(
           "{\"discriminator\":{\"propertyName\":\"k\",\"mapping\":{\"d\":\"Dog\"}}," PETS "}",
           "\"Cat\":{\"allOf\":[{},{\"properties\":{\"k\":{\"$ref\":\"#/components/schemas/"
           "K\"}}}]},"
           "\"Dog\":{\"properties\":{\"k\":{\"enum\":[\"no\"]}}},\"K\":{\"enum\":[\"c1\",\"c2\"]}"),
       "{\"propertyName\":\"k\",\"mapping\":{\"d\":1,\"c1\":0,\"c2\":0}}");
    /* What means both means none; an alternative without a name has none. */
    IS(told("{" PETS ",\"discriminator\":{\"propertyName\":\"k\"}}",
            "\"Cat\":{\"properties\":{\"k\":{\"enum\":[\"a\",\"b\"]}}},"
            "\"Dog\":{\"properties\":{\"k\":{\"enum\":[\"b\",\"c\"]}}}"),
       "{\"propertyName\":\"k\",\"mapping\":{\"a\":0,\"c\":1}}");
    IS(told("{\"anyOf\":[{\"type\":\"object\"},{\"properties\":{\"k\":{\"const\":\"b\"}}},null,"
            "{\"$ref\":\"#/gone\"},{\"$ref\":\"#/components/schemas/Nil\"}],"
            "\"discriminator\":{\"propertyName\":\"k\"}}",
            "\"Nil\":null"),
       "{\"propertyName\":\"k\",\"mapping\":{\"b\":1,\"Nil\":4}}");
    IS(told("{\"type\":\"object\",\"discriminator\":{\"propertyName\":\"k\"}}", ""),
       "{\"propertyName\":\"k\"}");
}

static void answers_become_one_output(void **state UNUSED)
{
    assert_int_equal(
        compile_get(
            "\"responses\":{\"200\":{\"content\":{\"application/json\":{\"schema\":{\"type\":"
            "\"string\"}}}},\"204\":{\"description\":\"\"},\"400\":{\"content\":{"
            "\"application/problem+json\":{\"schema\":{}}}}}",
            ""),
        OPENAPI_COMPILED);
    IS(tool("t")->output.ptr, "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}");
    IS(part(tool("t")->plan, "/accept"), "[\"application/json\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(version_3_0_becomes_2020_12),
        TEST(what_is_no_value_is_left_out),
        TEST(siblings_stay_in_3_1),
        TEST(a_cycle_is_two_definitions),
        TEST(a_cycle_of_references_alone_ends),
        TEST(directions_see_their_own),
        TEST(other_documents_are_asked_for),
        TEST(problems_are_grouped_and_placed),
        TEST(a_place_in_yaml_is_its_line),
        TEST(what_is_no_document_is_refused),
        TEST(braces_may_be_yaml),
        TEST(a_bomb_is_over_a_limit),
        TEST(a_pointer_may_lead_through_a_reference),
        TEST(a_parameter_without_a_name),
        TEST(alternatives_are_told_apart),
        TEST(answers_become_one_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
