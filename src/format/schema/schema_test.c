#include "base/uri.h"
#include "format/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena *arena;
static struct schema_validator *validator;
static struct report report;

static int open_all(void **state UNUSED)
{
    arena = arena_new(0);
    validator = schema_validator_new();
    return 0;
}

static int close_all(void **state UNUSED)
{
    validator = schema_validator_free(validator);
    arena = arena_free(arena);
    return 0;
}

static const struct json_value *value_of(const char *text)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, str_from(text), NULL, &error, &doc) != JSON_PARSED)
        fail_msg("%s: %s", text, error.sentence);
    return doc.root;
}

static const struct schema *compiled_with(const char *text, const struct schema_options *options)
{
    const struct schema *schema = NULL;

    report_init(&report, arena);
    if (schema_compile(arena, value_of(text), options, &report, &schema) != SCHEMA_COMPILED)
        fail_msg("%s: %s: %s", text, report.problems[0].path.ptr, report.problems[0].sentence.ptr);
    return schema;
}

static const struct schema *compiled(const char *text)
{
    return compiled_with(text, NULL);
}

static int validate(const struct schema *schema, const char *text)
{
    report_init(&report, arena);
    return schema_validate(validator, schema, value_of(text), &report);
}

static void says(size_t index, const char *path, const char *rule, const char *sentence)
{
    const struct problem *problem = &report.problems[index];

    assert_true(index < report.count);
    assert_string_equal(problem->path.ptr, path);
    assert_string_equal(problem->rule.ptr, rule);
    assert_string_equal(problem->sentence.ptr, sentence);
}

static void every_problem_is_told(void **state UNUSED)
{
    const struct schema *schema =
        compiled("{\"type\":\"object\",\"required\":[\"id\",\"name\"],\"properties\":{"
                 "\"id\":{\"type\":\"integer\",\"minimum\":1},\"tags\":{\"type\":\"array\","
                 "\"uniqueItems\":true,\"items\":{\"type\":\"string\",\"maxLength\":3}},"
                 "\"kind\":{\"enum\":[\"a\",\"b\",3]}},\"additionalProperties\":false}");

    assert_int_equal(validate(schema, "{\"id\":1,\"name\":0}"), SCHEMA_INVALID);
    assert_int_equal(validate(schema, "{\"id\":\"7\",\"tags\":[\"abcd\",5,\"x\",\"x\"],"
                                      "\"kind\":\"c\",\"a/b\":[1]}"),
                     SCHEMA_INVALID);
    assert_int_equal(report.count, 7);
    says(0, "/id", "type", "expected integer, got string \"7\"");
    says(1, "/tags", "uniqueItems", "expected elements that differ, got the same at 2 and 3");
    says(2, "/tags/0", "maxLength", "expected at most 3 characters, got 4");
    says(3, "/tags/1", "type", "expected string, got number 5");
    says(4, "/kind", "enum", "expected one of \"a\", \"b\", 3, got \"c\"");
    says(5, "/a~1b", "additionalProperties", "expected no property \"a/b\", got an array of 1");
    says(6, "", "required", "expected the property \"name\", which is missing");
}

/* Both alternatives take {"kind":"cat","a":1}; which one it is, is said. */
static void a_property_tells_which_alternative_it_is(void **state UNUSED)
{
    const struct schema *schema = compiled(
        "{\"oneOf\":[{\"$ref\":\"#/$defs/Cat\"},{\"properties\":{\"a\":{\"type\":\"integer\"}}}],"
        "\"x-discriminator\":{\"propertyName\":\"kind\",\"mapping\":{\"cat\":0,\"dog\":1,\"d\":1,"
        "\"none\":2,\"odd\":\"x\"}},\"$defs\":{\"Cat\":{\"required\":[\"meow\"],\"properties\":"
        "{\"meow\":{\"type\":\"boolean\"}}}}}");

    assert_int_equal(validate(schema, "{\"kind\":\"cat\",\"meow\":true,\"a\":1}"), SCHEMA_VALID);
    assert_int_equal(validate(schema, "{\"kind\":\"dog\",\"meow\":true,\"a\":1}"), SCHEMA_VALID);
    assert_int_equal(validate(schema, "{\"kind\":\"d\",\"meow\":7}"), SCHEMA_VALID);
    assert_int_equal(validate(schema, "{\"kind\":\"cat\",\"meow\":7,\"a\":1}"), SCHEMA_INVALID);
    assert_int_equal(report.count, 2);
    says(0, "", "oneOf", "expected the alternative that \"kind\" names to match, which is \"cat\"");
    says(1, "/meow", "type", "expected boolean, got number 7");
    assert_int_equal(validate(schema, "{\"kind\":\"dog\",\"a\":\"1\"}"), SCHEMA_INVALID);
    says(1, "/a", "type", "expected integer, got string \"1\"");
    /* What it says and is none: as if it said nothing. */
    assert_int_equal(validate(schema, "{\"kind\":\"fish\",\"a\":1}"), SCHEMA_VALID);
    assert_int_equal(validate(schema, "{\"a\":1,\"meow\":true}"), SCHEMA_INVALID);
    says(0, "", "oneOf", "expected exactly one alternative to match, got number 1 and 2");
    assert_int_equal(validate(schema, "{\"kind\":\"fish\",\"a\":\"1\"}"), SCHEMA_INVALID);
    assert_int_equal(report.count, 1);
    assert_true(str_starts(report.problems[0].sentence, STR("expected \"kind\" to be one of \"")));
    assert_true(str_ends(report.problems[0].sentence, STR("\"; got \"fish\"")));
    assert_int_equal(validate(schema, "{\"a\":\"1\"}"), SCHEMA_INVALID);
    assert_true(str_ends(report.problems[0].sentence, STR("; it is missing")));
}

static void what_tells_nothing_is_an_annotation(void **state UNUSED)
{
    static const char *const words[] = { "7", "\"kind\"", "{\"propertyName\":\"kind\"}",
                                         "{\"mapping\":{\"a\":0}}",
                                         "{\"propertyName\":\"kind\",\"mapping\":{\"a\":9}}" };

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        const struct schema *schema =
            compiled(str_printf(arena,
                                "{\"anyOf\":[{\"type\":\"string\"},{\"required\":[\"b\"]}],"
                                "\"x-discriminator\":%s}",
                                words[i])
                         .ptr);

        assert_int_equal(validate(schema, "{\"kind\":\"a\",\"b\":1}"), SCHEMA_VALID);
        assert_int_equal(validate(schema, "{\"kind\":\"a\"}"), SCHEMA_INVALID);
    }
}

/* What is evaluated in the alternative that is named counts. */
static void what_was_told_is_evaluated(void **state UNUSED)
{
    const struct schema *schema = compiled(
        "{\"type\":\"array\",\"items\":{\"oneOf\":[{\"properties\":{\"k\":true,\"a\":{\"items\":{"
        "\"type\":\"integer\"}}}},{\"properties\":{\"k\":true,\"b\":true}}],\"x-discriminator\":{"
        "\"propertyName\":\"k\",\"mapping\":{\"a\":0,\"b\":1}},\"unevaluatedProperties\":false}}");

    assert_int_equal(validate(schema, "[{\"k\":\"a\",\"a\":[1]},{\"k\":\"b\",\"b\":1}]"),
                     SCHEMA_VALID);
    assert_int_equal(validate(schema, "[{\"k\":\"a\",\"a\":[1]},{\"k\":\"a\",\"b\":1}]"),
                     SCHEMA_INVALID);
    says(0, "/1/b", "unevaluatedProperties", "expected no property \"b\", got 1");
    assert_int_equal(validate(schema, "[{\"k\":\"a\",\"a\":[1,\"x\"]}]"), SCHEMA_INVALID);
    says(1, "/0/a/1", "type", "expected integer, got string \"x\"");
}

static void the_nearest_alternative_is_told(void **state UNUSED)
{
    const struct schema *schema =
        compiled("{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"object\",\"required\":[\"kind\"],"
                 "\"properties\":{\"kind\":{\"const\":\"a\"},\"x\":{\"type\":\"number\"}}},"
                 "{\"type\":\"object\",\"required\":[\"kind\"],"
                 "\"properties\":{\"kind\":{\"const\":\"b\"},\"y\":{\"type\":\"number\"}}}]}");

    assert_int_equal(validate(schema, "{\"kind\":\"b\",\"y\":\"1\"}"), SCHEMA_INVALID);
    assert_int_equal(report.count, 2);
    says(0, "", "oneOf", "expected one of 3 alternatives to match; the nearest is number 3");
    says(1, "/y", "type", "expected number, got string \"1\"");
    assert_int_equal(validate(schema, "5"), SCHEMA_INVALID);
    assert_int_equal(report.count, 1);
    says(0, "", "oneOf", "expected object or string, got number");
}

static void nothing_and_long_texts_are_told(void **state UNUSED)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    assert_int_equal(validate(compiled("false"), "1"), SCHEMA_INVALID);
    says(0, "", "schema", "expected nothing here, got 1");
    buf_add_char(&text, '"');
    for (int i = 0; i < 500; i++)
        buf_add_c(&text, "\xF0\x9F\x98\x80");
    buf_add(&text, "\"", 2);
    assert_int_equal(validate(compiled("{\"type\":\"null\"}"), text.ptr), SCHEMA_INVALID);
    assert_true(str_is_utf8(report.problems[0].sentence));
    assert_true(report.problems[0].sentence.len < 200);
}

static void numbers_are_exact(void **state UNUSED)
{
    const struct schema *schema =
        compiled("{\"type\":\"integer\",\"maximum\":9007199254740992,\"multipleOf\":0.5}");

    assert_int_equal(validate(schema, "9007199254740992"), SCHEMA_VALID);
    assert_int_equal(validate(schema, "9007199254740993"), SCHEMA_INVALID);
    says(0, "", "maximum", "expected at most 9007199254740992, got 9007199254740993");
    assert_int_equal(validate(schema, "123456789012345678901234567890"), SCHEMA_INVALID);
    assert_int_equal(
        validate(compiled("{\"const\":12345678901234567890123}"), "12345678901234567890123"),
        SCHEMA_VALID);
    assert_int_equal(
        validate(compiled("{\"const\":12345678901234567890123}"), "12345678901234567890124"),
        SCHEMA_INVALID);
}

static void compile_problems_have_places(void **state UNUSED)
{
    const struct schema *schema = NULL;

    report_init(&report, arena);
    assert_int_equal(
        schema_compile(
            arena,
            value_of("{\"properties\":{\"a\":{\"pattern\":\"(\"},\"b\":{\"type\":\"int\"},"
                     "\"c\":{\"$ref\":\"#/nowhere\"},\"d\":7},\"minLength\":-1,"
                     "\"$ref\":\"#/$defs/e\",\"$defs\":{\"e\":{\"multipleOf\":0}}}"),
            NULL, &report, &schema),
        SCHEMA_REFUSED);
    assert_null(schema);
    assert_int_equal(report.count, 6);
    says(0, "/minLength", "minLength", "expected a whole number from 0");
    says(1, "/properties/d", "schema", "expected a schema (an object or a boolean), got number");
    says(2, "/properties/a/pattern", "pattern", "bad pattern at 1: a group is not closed");
    says(3, "/properties/b/type", "type", "there is no type \"int\"");
    says(4, "/properties/c/$ref", "$ref", "\"#/nowhere\" refers to nothing");
    says(5, "/$defs/e/multipleOf", "multipleOf",
         "expected a number above 0 with at most 18 digits");
}

static void the_program_keeps_nothing_of_the_document(void **state UNUSED)
{
    struct arena *other = arena_new(0);
    const struct schema *schema;
    struct json_error error;
    struct json_doc doc;

    assert_int_equal(json_parse(other,
                                STR("{\"properties\":{\"key\":{\"enum\":[\"v\",[1,\"w\"]]}},"
                                    "\"required\":[\"key\"],\"minProperties\":1}"),
                                NULL, &error, &doc),
                     JSON_PARSED);
    report_init(&report, arena);
    assert_int_equal(schema_compile(arena, doc.root, NULL, &report, &schema), SCHEMA_COMPILED);
    (void)arena_free(other);
    assert_int_equal(validate(schema, "{\"key\":[1,\"w\"]}"), SCHEMA_VALID);
    assert_int_equal(validate(schema, "{\"kay\":[1,\"w\"]}"), SCHEMA_INVALID);
}

static void documents_are_reached_without_network(void **state UNUSED)
{
    struct schema_known known = { .uri = STR("http://example.test/b.json"),
                                  .root = value_of("{\"$defs\":{\"n\":{\"type\":\"number\"}}}") };
    struct schema_options options = { .uri = STR("http://example.test/dir/a.json"),
                                      .known = &known,
                                      .known_count = 1 };

    assert_int_equal(validate(compiled_with("{\"$ref\":\"../b.json#/$defs/n\"}", &options), "\"\""),
                     SCHEMA_INVALID);
    assert_int_equal(validate(compiled("{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}"),
                              "{\"type\":\"nope\"}"),
                     SCHEMA_INVALID);
}

static void costs_are_bounded(void **state UNUSED)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct schema_options few = { .nodes_max = 3 };
    const struct schema *schema = NULL;

    /* A circle that goes nowhere. */
    assert_int_equal(validate(compiled("{\"$ref\":\"#\"}"), "1"), SCHEMA_TOO_COSTLY);
    assert_int_equal(validate(compiled("{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}"), "1"),
                     SCHEMA_TOO_COSTLY);
    /* Each level doubles the work. */
    buf_add_c(&text, "{\"$defs\":{\"d0\":{\"type\":\"string\"}");
    for (int i = 1; i < 60; i++)
        buf_printf(&text,
                   ",\"d%d\":{\"oneOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]}",
                   i, i - 1, i - 1);
    buf_add_c(&text, "},\"$ref\":\"#/$defs/d59\"}");
    buf_add_char(&text, '\0');
    schema_validator_steps(validator, 100000);
    assert_int_equal(validate(compiled(text.ptr), "1"), SCHEMA_TOO_COSTLY);
    schema_validator_steps(validator, 0);
    /* A pattern that runs away. */
    assert_int_equal(validate(compiled("{\"pattern\":\"^(a+)+$\"}"),
                              "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\""),
                     SCHEMA_TOO_COSTLY);
    report_init(&report, arena);
    assert_int_equal(
        schema_compile(arena, value_of("{\"allOf\":[{},{},{},{}]}"), &few, &report, &schema),
        SCHEMA_REFUSED);
    says(0, "/allOf/2", "schema", "more than 3 schemas");
}

static void names_that_collide_are_found(void **state UNUSED)
{
    BUF_CLEANUP struct buf schema = BUF_INIT;
    BUF_CLEANUP struct buf value = BUF_INIT;

    buf_add_c(&schema, "{\"additionalProperties\":false,\"properties\":{");
    buf_add_char(&value, '{');
    for (int i = 0; i < 2000; i++) {
        buf_printf(&schema, "%s\"samefrontpart%05dsamebackpart\":{\"const\":%d}", i ? "," : "", i,
                   i);
        buf_printf(&value, "%s\"samefrontpart%05dsamebackpart\":%d", i ? "," : "", i, i);
    }
    buf_add_c(&schema, "}}");
    buf_add_char(&schema, '\0');
    buf_add_char(&value, '}');
    buf_add_char(&value, '\0');
    assert_int_equal(validate(compiled(schema.ptr), value.ptr), SCHEMA_VALID);
    assert_int_equal(validate(compiled(schema.ptr), "{\"samefrontpart99999samebackpart\":1}"),
                     SCHEMA_INVALID);
}

static void formats_are_an_option(void **state UNUSED)
{
    struct schema_options options = { .formats = true };
    static const char text[] = "{\"format\":\"date\"}";

    assert_int_equal(validate(compiled(text), "\"x\""), SCHEMA_VALID);
    assert_int_equal(validate(compiled_with(text, &options), "\"x\""), SCHEMA_INVALID);
    says(0, "", "format", "expected date, got \"x\"");
    assert_int_equal(validate(compiled_with(text, &options), "\"2024-02-29\""), SCHEMA_VALID);
    assert_int_equal(validate(compiled_with("{\"format\":\"nobody-knows\"}", &options), "\"x\""),
                     SCHEMA_VALID);
}

/* RFC 3986, 5.4. */
static void references_are_resolved(void **state UNUSED)
{
    static const char *const pairs[][2] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "g;x=1/../y", "http://a/b/c/y" },
    };

    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
        struct str target = uri_resolve(arena, STR("http://a/b/c/d;p?q"), str_from(pairs[i][0]));

        if (!str_is(target, pairs[i][1]))
            fail_msg("%s became %.*s", pairs[i][0], STR_ARG(target));
    }
    assert_true(str_is(uri_resolve(arena, STR(""), STR("./g/../h.json")), "h.json"));
    assert_true(str_is(uri_resolve(arena, STR("urn:a:b"), STR("urn:c")), "urn:c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_is_told),
        cmocka_unit_test(the_nearest_alternative_is_told),
        cmocka_unit_test(a_property_tells_which_alternative_it_is),
        cmocka_unit_test(what_tells_nothing_is_an_annotation),
        cmocka_unit_test(what_was_told_is_evaluated),
        cmocka_unit_test(nothing_and_long_texts_are_told),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(compile_problems_have_places),
        cmocka_unit_test(the_program_keeps_nothing_of_the_document),
        cmocka_unit_test(documents_are_reached_without_network),
        cmocka_unit_test(costs_are_bounded),
        cmocka_unit_test(names_that_collide_are_found),
        cmocka_unit_test(formats_are_an_option),
        cmocka_unit_test(references_are_resolved),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
