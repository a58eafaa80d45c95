/* Documents as tools; selections, good and bad. */
#include "base/buf.h"
#include "format/graphql/graphql.h"
#include "format/json/json.h"
#include "format/schema/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena *arena;

static int arena_open(void **state)
{
    (void)state;
    arena = arena_new(0);
    return 0;
}

static int arena_close(void **state)
{
    (void)state;
    arena = arena_free(arena);
    return 0;
}

static const char shop[] =
    "\"\"\"A shop\"\"\" schema { query: Shop mutation: Change }\n"
    "scalar Money @specifiedBy(url: \"u\")\n"
    "directive @d(a: [Int] = [1, 2]) repeatable on FIELD | OBJECT\n"
    "enum Kind { \"fruit\" FRUIT VEG @deprecated(reason: \"x\") }\n"
    "interface Thing { id: ID! name: String }\n"
    "type Apple implements Thing & Other @d { id: ID! name: String red: Boolean! size: Int }\n"
    "type Leek implements Thing { id: ID! name: String size: String long: Float }\n"
    "interface Other { id: ID! }\n"
    "union Any = | Apple | Leek\n"
    "type Seller { id: ID! name: String! shop: Shop2 things(first: Int): ThingConnection\n"
    "  secret(key: String!): String old: Int @deprecated }\n"
    "type Shop2 { town: String boss: Seller }\n"
    "type ThingConnection { nodes: [Thing] edges: [Edge] pageInfo: Page! total: Int }\n"
    "type Edge { node: Thing cursor: String } type Page { next: String }\n"
    "input Filter { kind: Kind = FRUIT price: Money! and: [Filter!] tags: [[String!]!]! }\n"
    "type Shop { \"All of them\" things(first: Int! = 10, filter: Filter, kinds: [Kind!]): "
    "ThingConnection!\n"
    "  seller(id: ID!): Seller any: Any total: Money count: Int! select(select: Int): Seller }\n"
    "type Change { addThing(filter: Filter!): Thing deleteThing(id: ID!): Boolean deletedAt: Int "
    "}\n"
    "extend type Shop { late: [Kind!]! }\n";

static struct graphql_result compiled(struct str text)
{
    struct report *report = ARENA_NEW(arena, struct report);
    struct graphql_result result = { 0 };

    report_init(report, arena);
    if (graphql_compile(arena, text, STR("https://g.test/graphql"), report, &result) !=
        GRAPHQL_COMPILED)
        fail_msg("%.*s", STR_ARG(report->problems[0].sentence));
    return result;
}

static const struct graphql_tool *tool_find(const struct graphql_result *result, const char *path)
{
    for (size_t i = 0; i < result->tools_count; i++)
        if (str_is(result->tools[i].path, path))
            return &result->tools[i];
    fail_msg("no tool %s", path);
    return NULL;
}

static const struct json_value *value_of(struct str text)
{
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, text, NULL, &error, &doc) != JSON_PARSED)
        fail_msg("%.*s: %s", STR_ARG(text), error.sentence);
    return doc.root;
}

/* With the definitions that the tool names, as a call has it. */
static bool accepts(const struct graphql_result *result, const struct graphql_tool *tool,
                    struct str schema, const char *value)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct schema_validator *validator = schema_validator_new();
    struct report *report = ARENA_NEW(arena, struct report);
    const struct schema *compiled_schema;
    int answer;

    buf_add_c(&text, "{\"allOf\":[");
    buf_add_str(&text, schema);
    buf_add_c(&text, "],\"$defs\":{");
    for (size_t i = 0; i < tool->defs_count; i++) {
        const struct graphql_def *def = &result->defs[tool->defs[i]];

        buf_add_c(&text, i ? "," : "");
        buf_add_json(&text, def->name);
        buf_add_char(&text, ':');
        buf_add_str(&text, def->text);
    }
    buf_add_c(&text, "}}");
    report_init(report, arena);
    if (schema_compile(arena, value_of(buf_str(&text)), NULL, report, &compiled_schema) !=
        SCHEMA_COMPILED)
        fail_msg("%.*s: %.*s", STR_ARG(buf_str(&text)), STR_ARG(report->problems[0].sentence));
    answer = schema_validate(validator, compiled_schema, value_of(str_from(value)), report);
    (void)schema_validator_free(validator);
    return answer == SCHEMA_VALID;
}

static void assert_text(struct str got, const char *wanted)
{
    if (!str_is(got, wanted))
        fail_msg("wanted %s\n   got %.*s", wanted, STR_ARG(got));
}

static struct str document_of(const struct graphql_tool *tool)
{
    return json_get_str(value_of(tool->plan), "document");
}

static void fields_are_tools(void **state)
{
    static const char *const paths[] = { "mutation.addThing",  "mutation.deleteThing",
                                         "mutation.deletedAt", "query.any",
                                         "query.count",        "query.late",
                                         "query.select",       "query.seller",
                                         "query.things",       "query.total" };
    struct graphql_result result = compiled(str_from(shop));

    (void)state;
    assert_int_equal(result.tools_count, ARRAY_COUNT(paths));
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++)
        assert_text(result.tools[i].path, paths[i]);
    assert_int_equal(tool_find(&result, "query.any")->effect, GRAPHQL_READ);
    assert_int_equal(tool_find(&result, "mutation.addThing")->effect, GRAPHQL_WRITE);
    assert_int_equal(tool_find(&result, "mutation.deleteThing")->effect, GRAPHQL_DESTRUCTIVE);
    assert_int_equal(tool_find(&result, "mutation.deletedAt")->effect, GRAPHQL_WRITE);
    assert_text(tool_find(&result, "query.things")->description, "All of them");
}

static void the_usual_selection(void **state)
{
    struct graphql_result result = compiled(str_from(shop));

    (void)state;
    assert_text(document_of(tool_find(&result, "query.count")), "query{count}");
    /* Scalars and two levels; no list that pages below the first; nothing that needs an argument.
     */
    assert_text(document_of(tool_find(&result, "query.seller")),
                "query($id:ID!){seller(id:$id){id name shop{town boss{id name}}}}");
    /* Nodes, not edges; what a fragment has of another type than one before it is left out. */
    assert_text(
        document_of(tool_find(&result, "query.things")),
        "query($first:Int,$filter:Filter,$kinds:[Kind!]){things(first:$first,filter:$filter,"
        "kinds:$kinds){total nodes{__typename id name...on Apple{red size}...on Leek{long}}"
        "pageInfo{next}}}");
    assert_text(document_of(tool_find(&result, "query.any")),
                "query{any{__typename...on Apple{id name red size}...on Leek{id name long}}}");
}

static void the_plan_says_where_the_selection_stands(void **state)
{
    struct graphql_result result = compiled(str_from(shop));
    const struct json_value *plan = value_of(tool_find(&result, "query.seller")->plan);
    const struct json_value *select = json_get(plan, "select");
    struct str document = json_get_str(plan, "document");
    struct str selection = str_slice(document, json_u64_or(json_get(select, "from"), 0),
                                     json_u64_or(json_get(select, "to"), 0));

    (void)state;
    assert_text(selection, "{id name shop{town boss{id name}}}");
    assert_text(json_get_str(select, "arg"), "select");
    plan = value_of(tool_find(&result, "query.select")->plan);
    assert_text(json_get_str(json_get(plan, "select"), "arg"), "select_fields");
    assert_null(json_get(value_of(tool_find(&result, "query.count")->plan), "select"));
}

static void arguments_have_schemas(void **state)
{
    struct graphql_result result = compiled(str_from(shop));
    const struct graphql_tool *things = tool_find(&result, "query.things");
    const struct graphql_tool *add = tool_find(&result, "mutation.addThing");

    (void)state;
    assert_true(accepts(&result, things, things->input, "{}"));
    assert_true(accepts(&result, things, things->input, "{\"kinds\":[\"FRUIT\"],\"first\":3}"));
    assert_true(accepts(&result, things, things->input, "{\"select\":\"{total}\"}"));
    assert_false(accepts(&result, things, things->input, "{\"kinds\":[\"MEAT\"]}"));
    assert_false(accepts(&result, things, things->input, "{\"first\":2147483648}"));
    assert_false(accepts(&result, things, things->input, "{\"first\":null}"));
    assert_false(accepts(&result, things, things->input, "{\"x\":1}"));
    assert_false(accepts(&result, add, add->input, "{}"));
    assert_true(accepts(&result, add, add->input,
                        "{\"filter\":{\"price\":{\"any\":[1]},\"tags\":[[\"a\"]],\"and\":null}}"));
    assert_false(accepts(&result, add, add->input, "{\"filter\":{\"price\":1,\"tags\":[null]}}"));
    assert_false(accepts(&result, add, add->input, "{\"filter\":{\"tags\":[]}}"));
    assert_int_equal(add->defs_count, 2);
}

static void answers_have_schemas(void **state)
{
    struct graphql_result result = compiled(str_from(shop));
    const struct graphql_tool *things = tool_find(&result, "query.things");
    const struct graphql_tool *late = tool_find(&result, "query.late");

    (void)state;
    assert_true(accepts(&result, things, things->output,
                        "{\"total\":1,\"nodes\":[null,{\"__typename\":\"Apple\",\"id\":\"1\","
                        "\"red\":true}],\"pageInfo\":{\"next\":null},\"aliased\":{}}"));
    assert_false(accepts(&result, things, things->output, "null"));
    assert_false(accepts(&result, things, things->output, "{\"nodes\":[{\"red\":\"yes\"}]}"));
    assert_true(accepts(&result, late, late->output, "[\"FRUIT\"]"));
    assert_false(accepts(&result, late, late->output, "[null]"));
}

static void introspection_says_the_same(void **state)
{
    static const char told[] =
        "{\"data\":{\"__schema\":{\"queryType\":{\"name\":\"Q\"},\"mutationType\":null,\"types\":["
        "{\"kind\":\"OBJECT\",\"name\":\"Q\",\"fields\":[{\"name\":\"list\",\"args\":[{\"name\":"
        "\"ids\","
        "\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":\"NON_"
        "NULL\","
        "\"ofType\":{\"kind\":\"SCALAR\",\"name\":\"ID\"}}}},\"defaultValue\":null}],\"type\":{"
        "\"kind\":"
        "\"LIST\",\"ofType\":{\"kind\":\"INTERFACE\",\"name\":\"N\"}},\"isDeprecated\":false},"
        "{\"name\":\"evil){x}\",\"args\":[],\"type\":{\"kind\":\"SCALAR\",\"name\":\"ID\"}},"
        "{\"name\":\"list\",\"args\":[],\"type\":{\"kind\":\"SCALAR\",\"name\":\"ID\"}}]},"
        "{\"kind\":\"INTERFACE\",\"name\":\"N\",\"fields\":[{\"name\":\"id\",\"args\":[],\"type\":{"
        "\"kind\":"
        "\"SCALAR\",\"name\":\"ID\"}}],\"possibleTypes\":[{\"name\":\"A\"}]},"
        "{\"kind\":\"OBJECT\",\"name\":\"A\",\"fields\":[{\"name\":\"x\",\"args\":[],\"type\":{"
        "\"kind\":"
        "\"SCALAR\",\"name\":\"Int\"}}]},{\"kind\":\"OBJECT\",\"name\":\"__Type\",\"fields\":[]}]}}"
        "}";
    struct graphql_result result = compiled(str_from(told));

    (void)state;
    assert_true(graphql_detect(str_from(told)));
    assert_int_equal(result.tools_count, 1);
    assert_text(document_of(&result.tools[0]),
                "query($ids:[ID!]!){list(ids:$ids){__typename id...on A{x}}}");
}

static void a_schema_is_known_by_how_it_begins(void **state)
{
    static const char *const schemas[] = { "type Query{a:Int}",
                                           "# c\n\n# d\nschema{query:Q}",
                                           "extend schema @link(url: \"u\")",
                                           "\"One \\\" line\" type Query { a: Int }",
                                           "\"\"\"\nMany \"lines\"\n\"\"\"\nscalar Date\n",
                                           "input I { a: Int }" };
    static const char *const others[] = {
        "",          "#",         "\"a\"",   "\"a", "type", "type: object", "typed { a }",
        "schema: 1", "{\"a\":1}", "Dear Sir"
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(schemas); i++)
        assert_true(graphql_detect(str_from(schemas[i])));
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        assert_false(graphql_detect(str_from(others[i])));
}

static void what_is_none_is_refused(void **state)
{
    static const char *const texts[] = {
        NULL,
        "",
        "{}",
        "{\"data\":{\"__schema\":{\"types\":[]}}}",
        "{\"errors\":[{\"message\":\"introspection is off\"}]}",
        "type",
        "type Query {",
        "type Query { a: }",
        "type Query { a: [Int }",
        "type Query { a(b: Int = [1): Int }",
        "type Query { a: [[[[[[[[[[Int]]]]]]]]]] }",
        "enum Query { A } type Query { a: Int }",
        "type Other { a: Int }",
        "fragment F on X { a }",
        "type Query { a: Int } %",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct report *report = ARENA_NEW(arena, struct report);
        struct graphql_result result;

        report_init(report, arena);
        assert_int_equal(graphql_compile(arena, texts[i] ? str_from(texts[i]) : STR_NULL, STR("u"),
                                         report, &result),
                         GRAPHQL_REFUSED);
        assert_true(report->count > 0 && report->problems[0].sentence.len > 0);
    }
}

static void selections_are_printed_again(void **state)
{
    static const char *const rows[][2] = {
        { "id", "{id}" },
        { "{ id, name }", "{id name}" },
        { "a: id # why\n b", "{a:id b}" },
        { "x(first: 3, o: {a: [1, -2.5e3], b: $id}, s: \"}\\\"\") { y }",
          "{x(first:3 o:{a:[1 -2.5e3]b:$id}s:\"}\\\"\"){y}}" },
        { "...on User @include(if: true) { id } ... { n }",
          "{...on User@include(if:true){id}...{n}}" },
        { "a(t: \"\"\"}\n{\"\"\")", "{a(t:\"\"\"}\n{\"\"\")}" },
        { "a(e: [])", "{a(e:[])}" },
    };
    const struct str variables[] = { STR("id") };
    const struct graphql_select given = { variables, 1 };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct str text = STR_NULL;

        if (graphql_select(arena, str_from(rows[i][0]), &given, &text) != GRAPHQL_SELECTED)
            fail_msg("%s: %.*s", rows[i][0], STR_ARG(text));
        assert_text(text, rows[i][1]);
    }
}

static void selections_cannot_break_out(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "}",
        "{}",
        "{a{}}",
        "{ { id } }",
        "{a}}",
        "id } evil { x",
        "a } mutation { b",
        "{a} {b}",
        "...F",
        "...on",
        "...on User",
        "a(",
        "a()",
        "a(b)",
        "a(b:)",
        "a(b: $other)",
        "a(b: $)",
        "a(b: 01)",
        "a(b: \"x)",
        "a(b: {c})",
        "a(b: [}",
        "a:",
        "@d",
        "a @",
        "a ! b",
        "$id",
        "a\x01",
        "query { a }x{",
        "{a{b}{c}}",
        "...{a}{b}",
        "a(b: \"\"\"x)",
    };
    BUF_CLEANUP struct buf deep = BUF_INIT;
    struct str text;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        if (graphql_select(arena, str_from(texts[i]), NULL, &text) != GRAPHQL_NO_SELECTION)
            fail_msg("%s: %.*s", texts[i], STR_ARG(text));
    for (size_t i = 0; i < 40; i++)
        buf_add_c(&deep, "{a");
    assert_int_equal(graphql_select(arena, buf_str(&deep), NULL, &text), GRAPHQL_NO_SELECTION);
    buf_clear(&deep);
    for (size_t i = 0; i < 5000; i++)
        buf_add_c(&deep, "a ");
    assert_int_equal(graphql_select(arena, buf_str(&deep), NULL, &text), GRAPHQL_NO_SELECTION);
    for (size_t i = 0; i < 5000; i++)
        buf_add_c(&deep, "a ");
    assert_int_equal(graphql_select(arena, buf_str(&deep), NULL, &text), GRAPHQL_NO_SELECTION);
}

/* Many fields of many fields: the selection stays small, and has its share of each. */
static void a_wide_type_stays_bounded(void **state)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct graphql_result result;
    struct str document;
    size_t words = 1;

    (void)state;
    buf_add_c(&text, "type Query { a: T }\ntype T {");
    for (size_t i = 0; i < 300; i++)
        buf_printf(&text, "o%zu: T\n", i);
    buf_add_c(&text, "x: Int y: Int }");
    result = compiled(buf_str(&text));
    document = document_of(&result.tools[0]);
    for (size_t i = 0; i < document.len; i++)
        words += document.ptr[i] == ' ' || document.ptr[i] == '{';
    assert_true(words < 2 * GRAPHQL_SELECTED_MAX + 10);
    assert_true(str_find(document, STR("o90{")) != SIZE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_schema_is_known_by_how_it_begins),
        TEST(fields_are_tools),
        TEST(the_usual_selection),
        TEST(the_plan_says_where_the_selection_stands),
        TEST(arguments_have_schemas),
        TEST(answers_have_schemas),
        TEST(introspection_says_the_same),
        TEST(what_is_none_is_refused),
        TEST(selections_are_printed_again),
        TEST(selections_cannot_break_out),
        TEST(a_wide_type_stays_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
