/* Listings that are artifacts: offered, approved, changed; their schemas; what is no listing. */
#include "domain/catalog/reading.h"
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

/* ---- by steps ---- */

#define MANY 300U

static void many_print(struct buf *out, struct arena *arena, const char *first)
{
    struct listing_tool *tools = ARENA_ARRAY(arena, struct listing_tool, MANY);
    struct listing_contents contents = { STR("{}"), tools, MANY, NULL, 0 };
    const char *why;

    for (size_t i = 0; i < MANY; i++)
        tools[i] = (struct listing_tool){ .name = str_printf(arena, "name %zu", i),
                                          .path = str_printf(arena, "t%03zu", i),
                                          .description = i ? STR("Does.") : str_from(first),
                                          .plan = STR("{}") };
    assert_int_equal(listing_write(&contents, out, &why), LISTING_SOUND);
}

static struct catalog_reading *reading_of(struct catalog *catalog, const char *first,
                                          struct digest *ret_digest)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    struct catalog_reading *reading;
    struct buf *place;

    many_print(&bytes, arena, first);
    *ret_digest = digest_of(buf_str(&bytes));
    reading = catalog_reading_new(catalog, HANDLE, ret_digest);
    place = catalog_reading_bytes(reading);
    if (place)
        buf_add_str(place, buf_str(&bytes));
    return reading;
}

static size_t read_on(struct catalog_reading *reading)
{
    size_t count = 1;

    while (catalog_reading_step(reading, 1) == CATALOG_READING_MORE)
        count++;
    assert_int_equal(catalog_reading_step(reading, 1), CATALOG_READING_WHOLE);
    return count;
}

/* Kept and listed; a listing that was made for it is the one that is offered then. */
static void list(struct catalog *catalog, struct catalog_reading *reading,
                 const struct digest *digest, bool prepared)
{
    struct event event = { .type = EVENT_SOURCE_LISTED };
    struct catalog__source *source = map_find_u64(&catalog->sources, HANDLE);
    const struct catalog__listing *made;

    catalog_reading_keep(reading);
    made = source->prepared;
    assert_int_equal(made != NULL, prepared);
    assert_int_equal(catalog_listing_of(catalog, HANDLE, digest, &event.as.source_listed),
                     CATALOG_LISTING_CHANGED);
    catalog_apply(catalog, &event);
    assert_true(!prepared || source->offered == made);
    assert_null(source->prepared);
    assert_null(catalog_reading_free(reading));
}

static void by_steps_it_is_what_it_is_at_once(void **state UNUSED)
{
    struct catalog *stepped CLEANUP(catalog_free) = catalog_new();
    struct catalog *whole CLEANUP(catalog_free) = catalog_new();
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog *catalogs[] = { stepped, whole };
    struct buf texts[2] = { BUF_INIT, BUF_INIT };
    const char *why;

    for (size_t i = 0; i < 2; i++) {
        struct event event = { .type = EVENT_SOURCE_LISTED };
        struct buf bytes = BUF_INIT;
        struct catalog_reading *reading;
        struct digest digest;

        test_add(catalogs[i], HANDLE, "api");
        for (int version = 0; version < 2; version++) {
            reading = reading_of(catalogs[i], version ? "Does more." : "Does.", &digest);
            if (i == 0) {
                assert_true(read_on(reading) > MANY / 32);
                list(stepped, reading, &digest, true);
            } else {
                (void)catalog_reading_free(reading);
                many_print(&bytes, arena, version ? "Does more." : "Does.");
                assert_true(catalog_artifact_put(whole, &digest, &bytes, &why));
                assert_int_equal(
                    catalog_listing_of(whole, HANDLE, &digest, &event.as.source_listed),
                    CATALOG_LISTING_CHANGED);
                catalog_apply(whole, &event);
            }
            if (version == 0)
                test_approve(catalogs[i], HANDLE);
        }
        (void)catalog_print_tools(catalogs[i], &(struct catalog_page){ .limit = MANY }, &texts[i]);
        catalog_print_diff(catalogs[i], catalog_source_find(catalogs[i], HANDLE),
                           &(struct catalog_diff){ 0 }, &texts[i]);
    }
    assert_true(texts[0].len > MANY * 20);
    assert_true(str_equal(buf_str(&texts[0]), buf_str(&texts[1])));
    buf_fini(&texts[0]);
    buf_fini(&texts[1]);
}

/* It is approved while its next listing is read: that one knows of it. */
static void what_a_person_says_meanwhile_counts(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    const struct catalog_source *source;
    struct catalog_reading *reading;
    struct digest digest;

    test_add(catalog, HANDLE, "api");
    reading = reading_of(catalog, "Does.", &digest);
    (void)read_on(reading);
    list(catalog, reading, &digest, true);
    reading = reading_of(catalog, "Does more.", &digest);
    for (int i = 0; i < 12; i++)
        assert_int_equal(catalog_reading_step(reading, 4), CATALOG_READING_MORE);
    test_approve(catalog, HANDLE);
    (void)read_on(reading);
    list(catalog, reading, &digest, true);
    source = catalog_source_find(catalog, HANDLE);
    assert_int_equal(source->waiting_count, 1);
    /* After its last step it is too late for what was made: it is made anew. */
    reading = reading_of(catalog, "Does most.", &digest);
    (void)read_on(reading);
    test_approve(catalog, HANDLE);
    list(catalog, reading, &digest, false);
    assert_int_equal(source->waiting_count, 1);
}

static void of_what_is_gone_or_not_sound_nothing_stays(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    struct event removed = { .type = EVENT_SOURCE_REMOVED };
    struct catalog_reading *reading;
    struct digest digest;
    int answer;

    test_add(catalog, HANDLE, "api");
    reading = reading_of(catalog, "Does.", &digest);
    catalog_reading_bytes(reading)->ptr[100] ^= 1;
    while ((answer = catalog_reading_step(reading, 1)) == CATALOG_READING_MORE)
        ;
    assert_int_equal(answer, CATALOG_READING_UNSOUND);
    assert_non_null(strstr(catalog_reading_why(reading), "kept"));
    (void)catalog_reading_free(reading);
    reading = reading_of(catalog, "Does.", &digest);
    for (int i = 0; i < 12; i++)
        assert_int_equal(catalog_reading_step(reading, 4), CATALOG_READING_MORE);
    removed.as.source_removed.source = HANDLE;
    catalog_apply(catalog, &removed);
    (void)read_on(reading);
    catalog_reading_keep(reading);
    (void)catalog_reading_free(reading);
    assert_int_equal(catalog->artifacts.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_artifact_is_offered_and_approved),
        cmocka_unit_test(a_changed_definition_waits_with_a_diff),
        cmocka_unit_test(what_is_no_listing_is_not_taken),
        cmocka_unit_test(by_steps_it_is_what_it_is_at_once),
        cmocka_unit_test(what_a_person_says_meanwhile_counts),
        cmocka_unit_test(of_what_is_gone_or_not_sound_nothing_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
