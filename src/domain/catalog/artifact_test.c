/* Listings that are artifacts: offered, approved, changed; their schemas; what is no listing. */
#include "domain/catalog/test.h"

static const uint32_t needs[] = { 0 };

/* Two tools that share a definition; the second is destructive. */
static void listing_print(struct buf *out, const char *definition, const char *path)
{
    const struct listing_def defs[] = { { STR("D"), str_from(definition) } };
    const struct listing_tool tools[] = {
        { .name = STR("GET /a"),
          .path = STR("a.get"),
          .description = STR("Gets it."),
          .input = STR("{\"type\":\"object\"}"),
          .output = STR("{\"$ref\":\"#/$defs/D\"}"),
          .plan = STR("{\"kind\":\"openapi\"}"),
          .needs = needs,
          .needs_count = 1 },
        { .name = STR("DELETE /a"),
          .path = str_from(path),
          .effect = LISTING_DESTRUCTIVE,
          .plan = STR("{}") },
    };
    const struct listing_contents contents = { STR("{}"), tools, 2, defs, 1 };
    const char *why;

    assert_int_equal(listing_write(&contents, out, &why), LISTING_SOUND);
}

static enum catalog_listing_answer offer(struct catalog *catalog, const char *definition)
{
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    struct event event = { .type = EVENT_SOURCE_LISTED };
    enum catalog_listing_answer answer;
    struct digest digest;
    const char *why;

    listing_print(&bytes, definition, "a.remove");
    digest = digest_of(buf_str(&bytes));
    assert_true(catalog_artifact_put(catalog, &digest, &bytes, &why));
    answer = catalog_listing_of(catalog, HANDLE, &digest, &event.as.source_listed);
    if (answer == CATALOG_LISTING_CHANGED)
        catalog_apply(catalog, &event);
    return answer;
}

static void an_artifact_is_offered_and_approved(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    struct buf text BUF_CLEANUP = BUF_INIT;
    const struct catalog_tool *tool;

    test_add(catalog, HANDLE, "api");
    assert_int_equal(offer(catalog, "{\"type\":\"string\"}"), CATALOG_LISTING_CHANGED);
    test_state(catalog, HANDLE, MSG_SOURCE_STATE_CONNECTED, NULL);
    assert_int_equal(catalog_find(catalog, STR("api.a.get"), &tool), CATALOG_WAITING);
    assert_int_equal(catalog_source_find(catalog, HANDLE)->waiting_count, 2);
    test_approve(catalog, HANDLE);
    assert_int_equal(catalog_find(catalog, STR("api.a.get"), &tool), CATALOG_FOUND);
    assert_int_equal(tool->effect, EVENT_EFFECT_READ);
    assert_true(str_is(tool->plan, "{\"kind\":\"openapi\"}"));
    catalog_schema_print(tool, true, &text);
    assert_true(
        str_is(buf_str(&text), "{\"$defs\":{\"D\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/D\"}"));
    buf_clear(&text);
    catalog_describe(tool, &text);
    assert_true(str_find(buf_str(&text), STR("type D = string")) != SIZE_MAX);
    assert_int_equal(catalog_find(catalog, STR("api.a.remove"), &tool), CATALOG_FOUND);
    assert_int_equal(tool->effect, EVENT_EFFECT_DESTRUCTIVE);
    assert_int_equal(offer(catalog, "{\"type\":\"string\"}"), CATALOG_LISTING_SAME);
}

static void a_changed_definition_waits_with_a_diff(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    struct buf text BUF_CLEANUP = BUF_INIT;
    const struct catalog_tool *tool;

    test_add(catalog, HANDLE, "api");
    (void)offer(catalog, "{\"type\":\"string\"}");
    test_state(catalog, HANDLE, MSG_SOURCE_STATE_CONNECTED, NULL);
    test_approve(catalog, HANDLE);
    assert_int_equal(offer(catalog, "{\"type\":\"integer\"}"), CATALOG_LISTING_CHANGED);
    assert_int_equal(catalog_find(catalog, STR("api.a.get"), &tool), CATALOG_WAITING);
    assert_int_equal(catalog_find(catalog, STR("api.a.remove"), &tool), CATALOG_FOUND);
    catalog_print_diff(catalog, catalog_source_find(catalog, HANDLE), &(struct catalog_diff){ 0 },
                       &text);
    assert_true(str_find(buf_str(&text),
                         STR("{\"field\":\"definition\",\"name\":\"D\",\"before\":{\"type\":"
                             "\"string\"},\"after\":{\"type\":\"integer\"}}")) != SIZE_MAX);
    /* Both artifacts are still looked into; the first goes when it is no pin any more. */
    assert_int_equal(catalog->artifacts.count, 2);
    test_approve(catalog, HANDLE);
    assert_int_equal(catalog->artifacts.count, 1);
}

static void what_is_no_listing_is_not_taken(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    static const char *const paths[] = { "b c", "x..y", "then", "1a" };
    struct digest digest;
    const char *why;

    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        struct buf bytes = BUF_INIT;

        listing_print(&bytes, "{}", paths[i]);
        digest = digest_of(buf_str(&bytes));
        assert_false(catalog_artifact_put(catalog, &digest, &bytes, &why));
    }
    struct buf bytes = BUF_INIT;
    listing_print(&bytes, "{}", "z");
    digest = digest_of(STR("other"));
    assert_false(catalog_artifact_put(catalog, &digest, &bytes, &why));
    assert_non_null(strstr(why, "kept"));
    assert_false(catalog_artifact_has(catalog, &digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_artifact_is_offered_and_approved),
        cmocka_unit_test(a_changed_definition_waits_with_a_diff),
        cmocka_unit_test(what_is_no_listing_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
