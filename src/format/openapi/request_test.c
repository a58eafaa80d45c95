/* Plans and arguments: what a caller gives, and where it goes in the request. */
#include "format/openapi/test.h"

static void a_whole_plan(void **state UNUSED)
{
    assert_int_equal(
        compile(
            "{\"openapi\":\"3.0.0\",\"servers\":[{\"url\":\"https://{at}.example.com/v3/\","
            "\"variables\":{\"at\":{\"default\":\"api\"}}}],"
            "\"security\":[{\"key\":[]},{\"o\":[\"repo\"]},{}],"
            "\"paths\":{\"/repos/{owner}\":{\"parameters\":[{\"name\":\"owner\",\"in\":\"path\","
            "\"required\":true,\"description\":\"Who.\",\"schema\":{\"type\":\"string\"}}],"
            "\"post\":{\"operationId\":\"repos/create\",\"summary\":\"Create\","
            "\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":"
            "{\"type\":\"object\"}}}},\"responses\":{\"201\":{\"content\":{\"application/json\":"
            "{\"schema\":{\"type\":\"integer\"}}}}}}}},"
            "\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"apiKey\",\"in\":\"header\","
            "\"name\":\"X-Key\"},\"o\":{\"type\":\"oauth2\",\"flows\":{}}}}}"),
        OPENAPI_COMPILED);
    assert_int_equal(result.tools_count, 1);
    const struct openapi_tool *t = tool("repos.create");
    IS(t->name.ptr, "POST /repos/{owner}");
    assert_int_equal(t->effect, OPENAPI_WRITE);
    IS(t->input.ptr,
       "{\"type\":\"object\",\"properties\":{\"owner\":{\"description\":\"Who.\",\"type\":"
       "\"string\"},\"body\":{\"type\":\"object\"}},\"required\":[\"owner\",\"body\"],"
       "\"additionalProperties\":false}");
    IS(t->output.ptr, "{\"type\":\"integer\"}");
    IS(t->plan.ptr,
       "{\"kind\":\"openapi\",\"method\":\"POST\",\"server\":\"https://api.example.com/v3\","
       "\"path\":\"/repos/{owner}\",\"params\":[{\"arg\":\"owner\",\"name\":\"owner\",\"in\":"
       "\"path\",\"style\":\"simple\",\"explode\":false,\"required\":true,\"reserved\":false}],"
       "\"body\":{\"arg\":\"body\",\"required\":true,\"content\":[{\"type\":\"application/"
       "json\"}]},"
       "\"accept\":[\"application/json\"],\"security\":[[{\"scheme\":\"key\",\"type\":\"apiKey\","
       "\"in\":\"header\",\"name\":\"X-Key\"}],[{\"scheme\":\"o\",\"type\":\"oauth2\",\"scopes\":"
       "[\"repo\"]}],[]]}");
}

#define PARAM(name, in, more) "{\"name\":\"" name "\",\"in\":\"" in "\"" more "}"
#define TEXT                  ",\"schema\":{\"type\":\"string\"}"

static void names_that_collide_are_told_apart(void **state UNUSED)
{
    assert_int_equal(
        compile("{\"openapi\":\"3.0.0\",\"paths\":{\"/a/{id}\":{\"put\":{\"parameters\":[" PARAM(
            "id", "cookie",
            TEXT) "," PARAM("id", "header",
                            TEXT) "," PARAM("id", "query",
                                            TEXT) "," PARAM("id", "path",
                                                            TEXT) "," PARAM("body", "query",
                                                                            TEXT) "],"
                                                                                  "\"requestBody\":"
                                                                                  "{\"content\":{"
                                                                                  "\"text/"
                                                                                  "plain\":{}}}}}}"
                                                                                  "}"),
        OPENAPI_COMPILED);
    const struct openapi_tool *t = tool("a.put_a_by_id");
    IS(part(t->plan, "/params/0/arg"), "\"id\"");
    IS(part(t->plan, "/params/0/in"), "\"path\"");
    IS(part(t->plan, "/params/1/arg"), "\"id_query\"");
    IS(part(t->plan, "/params/2/arg"), "\"body_query\"");
    IS(part(t->plan, "/params/3/arg"), "\"id_header\"");
    IS(part(t->plan, "/params/4/arg"), "\"id_cookie\"");
    IS(part(t->input, "/properties/body"), "{\"type\":\"string\"}");
    IS(part(t->input, "/required"), "[\"id\"]");
}

static void an_operations_own_parameter_wins(void **state UNUSED)
{
    assert_int_equal(
        compile("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"parameters\":[" PARAM(
            "x", "query",
            ",\"schema\":{\"type\":\"integer\"}") "," PARAM("y", "query",
                                                            TEXT) "],\"get\":{\"parameters\":"
                                                                  "[" PARAM("x", "query",
                                                                            TEXT) "]}}}}"),
        OPENAPI_COMPILED);
    IS(part(tool("a.get_a")->input, "/properties"),
       "{\"x\":{\"type\":\"string\"},\"y\":{\"type\":\"string\"}}");
}

static void styles_have_their_defaults(void **state UNUSED)
{
    static const char parameters[] =
        "\"parameters\":["
        "{\"name\":\"a\",\"in\":\"query\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"b\",\"in\":\"query\",\"style\":\"deepObject\",\"schema\":{\"type\""
        ":\"string\"}},"
        "{\"name\":\"c\",\"in\":\"query\",\"style\":\"pipeDelimited\",\"allowReserved\""
        ":true,\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"d\",\"in\":\"header\",\"explode\":true,\"schema\":{\"type\":\"stri"
        "ng\"}},"
        "{\"name\":\"e\",\"in\":\"query\",\"content\":{\"application/json\":{\"schema\""
        ":{}}}},"
        "{\"name\":\"f\",\"in\":\"cookie\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"Accept\",\"in\":\"header\",\"schema\":{\"type\":\"string\"}},"
        "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":true,\"schema\":{"
        "\"type\":\"string\"}}]";

    assert_int_equal(compile_get(parameters, ""), OPENAPI_COMPILED);
    struct str plan = tool("t")->plan;
    IS(part(plan, "/server"), "\"https://example.com/v1\"");
    IS(part(plan, "/params/0"), "{\"arg\":\"a\",\"name\":\"a\",\"in\":\"query\",\"style\":\"form\","
                                "\"explode\":true,\"required\":false,\"reserved\":false}");
    IS(part(plan, "/params/1/style"), "\"deepObject\"");
    IS(part(plan, "/params/1/explode"), "true");
    IS(part(plan, "/params/2/explode"), "false");
    IS(part(plan, "/params/2/reserved"), "true");
    IS(part(plan, "/params/3/content"), "\"application/json\"");
    IS(part(plan, "/params/4/explode"), "true");
    IS(part(plan, "/params/4/style"), "\"simple\"");
    IS(part(plan, "/params/5/name"), "\"Idempotency-Key\"");
    IS(part(plan, "/params/6/style"), "\"form\"");
    IS(part(plan, "/params/7"), "nothing");
    IS(part(plan, "/idempotency"), "\"Idempotency-Key\"");
    IS(part(tool("t")->input, "/required"), "nothing");
}

static void bytes_are_given_as_objects(void **state UNUSED)
{
    assert_int_equal(
        compile("{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"post\":{\"requestBody\":{\"content\":{"
                "\"multipart/form-data\":{\"schema\":{\"$ref\":\"#/components/schemas/Up\"},"
                "\"encoding\":{\"m\":{\"contentType\":\"image/png, image/gif\"}}}}}},"
                "\"put\":{\"requestBody\":{\"content\":{\"application/octet-stream\":{}}}}}},"
                "\"components\":{\"schemas\":{\"Up\":{\"type\":\"object\",\"required\":[\"f\"],"
                "\"properties\":{\"f\":{\"type\":\"string\",\"format\":\"binary\"},"
                "\"m\":{\"$ref\":\"#/components/schemas/M\"},\"n\":{\"type\":\"integer\"},"
                "\"o\":{\"type\":\"object\"},"
                "\"p\":{\"type\":\"string\",\"contentMediaType\":\"image/png\"},"
                "\"q\":{\"type\":\"string\",\"contentMediaType\":\"image/png\","
                "\"contentEncoding\":\"base64\"}}},\"M\":{\"type\":\"string\",\"format\":"
                "\"binary\"}}}}"),
        OPENAPI_COMPILED);
    struct str plan = tool("a.post_a")->plan, input = tool("a.post_a")->input;
    IS(part(input, "/properties/body/properties/f"), "{\"$ref\":\"#/$defs/Binary\"}");
    IS(part(input, "/properties/body/properties/m"), "{\"$ref\":\"#/$defs/Binary\"}");
    IS(part(input, "/properties/body/properties/p"), "{\"$ref\":\"#/$defs/Binary\"}");
    IS(part(input, "/properties/body/properties/q/type"), "\"string\"");
    IS(part(plan, "/body/content/0/parts"),
       "{\"f\":{\"type\":\"application/octet-stream\"},\"m\":{\"type\":\"image/png\"},"
       "\"n\":{\"type\":\"text/plain\"},\"o\":{\"type\":\"application/json\"},"
       "\"p\":{\"type\":\"application/octet-stream\"},\"q\":{\"type\":\"text/plain\"}}");
    assert_int_equal(tool("a.post_a")->defs_count, 1);
    IS(part(tool("a.put_a")->input, "/properties/body/$ref"), "\"#/$defs/Binary\"");
    IS(part(tool("a.put_a")->plan, "/body/content/0/type"), "\"application/octet-stream\"");
    assert_non_null(strstr(def("Binary"), "$artifact"));
}

static void a_json_body_goes_before_a_form(void **state UNUSED)
{
    assert_int_equal(
        compile("{\"openapi\":\"3.1.0\",\"paths\":{\"/a\":{\"post\":{\"requestBody\":{\"content\":{"
                "\"application/x-www-form-urlencoded\":{\"schema\":{\"type\":\"object\"},"
                "\"encoding\":{\"x\":{\"style\":\"deepObject\"}}},"
                "\"application/vnd.a+json\":{\"schema\":{\"type\":[\"string\",\"null\"]}}}}}}}}"),
        OPENAPI_COMPILED);
    IS(part(tool("a.post_a")->plan, "/body/content/0/type"), "\"application/vnd.a+json\"");
    IS(part(tool("a.post_a")->plan, "/body/content/1/fields/x"),
       "{\"style\":\"deepObject\",\"explode\":true,\"reserved\":false}");
    IS(part(tool("a.post_a")->input, "/properties/body"), "{\"type\":[\"string\",\"null\"]}");
}

static void swagger_2_forms_and_collections(void **state UNUSED)
{
    assert_int_equal(
        compile(
            "{\"swagger\":\"2.0\",\"host\":\"h.example\",\"basePath\":\"/b\",\"schemes\":[\"http\","
            "\"https\"],\"securityDefinitions\":{\"b\":{\"type\":\"basic\"}},\"security\":[{\"b\":"
            "[]}],\"paths\":{\"/a\":{\"post\":{\"operationId\":\"up\",\"parameters\":[" PARAM(
                "ids", "query",
                ",\"type\":\"array\",\"items\":{\"type\":\"string\"},"
                "\"collectionFormat\":\"ssv\"") "," PARAM("tags", "formData",
                                                          ",\"type\":\"array\",\"items\":{\"type\":"
                                                          "\"string\"},"
                                                          "\"collectionFormat\":\"multi\","
                                                          "\"required\":true") "]},"
                                                                               "\"put\":{"
                                                                               "\"operationId\":"
                                                                               "\"file\","
                                                                               "\"parameters\":"
                                                                               "[" PARAM(
                                                                                   "f", "formData",
                                                                                   ",\"type\":"
                                                                                   "\"file\"") "]}}"
                                                                                               "}"
                                                                                               "}"),
        OPENAPI_COMPILED);
    struct str plan = tool("up")->plan;
    IS(part(plan, "/server"), "\"https://h.example/b\"");
    IS(part(plan, "/params/0/style"), "\"spaceDelimited\"");
    IS(part(plan, "/security"), "[[{\"scheme\":\"b\",\"type\":\"http\",\"http\":\"basic\"}]]");
    IS(part(plan, "/body"),
       "{\"arg\":\"body\",\"required\":true,\"content\":[{\"type\":"
       "\"application/x-www-form-urlencoded\",\"fields\":{\"tags\":{\"style\":\"form\",\"explode\":"
       "true,\"reserved\":false}}}]}");
    IS(part(tool("up")->input, "/properties/body/required"), "[\"tags\"]");
    IS(part(tool("file")->plan, "/body/content/0/type"), "\"multipart/form-data\"");
    IS(part(tool("file")->input, "/properties/body/properties/f/$ref"), "\"#/$defs/Binary\"");
}

static void a_server_must_be_known(void **state UNUSED)
{
    static const char text[] = "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{}}}}";

    openapi_add(run, STR_NULL, STR(text));
    assert_int_equal(openapi_compile(run, &result), OPENAPI_REFUSED);
    assert_non_null(strstr(problem("server")->sentence.ptr, "--base-url"));
    run = openapi_free(run);
    run = openapi_new(&(struct openapi_options){ .base_url = STR("http://localhost:1/x/") });
    openapi_add(run, STR_NULL, STR(text));
    assert_int_equal(openapi_compile(run, &result), OPENAPI_COMPILED);
    IS(part(tool("a.get_a")->plan, "/server"), "\"http://localhost:1/x\"");
}

static void a_place_in_the_path_needs_no_declaration(void **state UNUSED)
{
    assert_int_equal(compile("{\"openapi\":\"3.0.0\",\"paths\":{\"/a/{b}\":{\"get\":{}}}}"),
                     OPENAPI_COMPILED);
    IS(part(tool("a.get_a_by_b")->input, "/required"), "[\"b\"]");
    assert_false(problem("path")->error);
}

static void names_are_short_and_unique(void **state UNUSED)
{
    assert_int_equal(
        compile("{\"openapi\":\"3.0.0\",\"paths\":{"
                "\"/a\":{\"get\":{\"operationId\":\"same\"},\"put\":{\"operationId\":\"same\"}},"
                "\"/b\":{\"get\":{\"operationId\":\"an_operation_id_that_goes_on_and_on_and_on_and_"
                "on_and_on_and_on_and_on\"}},\"/c\":{\"get\":{\"operationId\":\"x.then\"}},"
                "\"/d\":{\"get\":{\"operationId\":\"Get a pet\",\"tags\":[\"Pets\"]}},"
                "\"/v1/e/{f}/g\":{\"delete\":{\"tags\":[\"My Tag\"]}}}}"),
        OPENAPI_COMPILED);
    assert_int_equal(result.tools_count, 6);
    tool("same");
    tool("x.then_");
    tool("Get_a_pet");
    assert_int_equal(tool("My_Tag.delete_e_by_f_g")->effect, OPENAPI_DESTRUCTIVE);
    for (size_t i = 0; i < result.tools_count; i++)
        assert_true(result.tools[i].path.len <= OPENAPI_PART_MAX);
    assert_true(problem("operationId")->count == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_plan),
        TEST(names_that_collide_are_told_apart),
        TEST(an_operations_own_parameter_wins),
        TEST(styles_have_their_defaults),
        TEST(bytes_are_given_as_objects),
        TEST(a_json_body_goes_before_a_form),
        TEST(swagger_2_forms_and_collections),
        TEST(a_server_must_be_known),
        TEST(a_place_in_the_path_needs_no_declaration),
        TEST(names_are_short_and_unique),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
