/* What a person says of single tools, and what a source makes of it later. */
#include "domain/catalog/test.h"

/* A constant, where STR is none. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct msg_tool first[] = {
    { .name = TEXT("get"), .description = TEXT("Gets."), .input = TEXT("{\"type\":\"object\"}") },
    { .name = TEXT("list"), .description = TEXT("Lists.") },
    { .name = TEXT("put"), .description = TEXT("Puts.") },
};
static const struct msg_tool second[] = {
    { .name = TEXT("get"),
      .description = TEXT("Gets all of it."),
      .input = TEXT("{\"type\":\"array\"}") },
    { .name = TEXT("list"), .description = TEXT("Lists.") },
    { .name = TEXT("put"), .description = TEXT("Puts it away.") },
};

static struct catalog *made(const struct msg_tool *tools, size_t count)
{
    struct catalog *catalog = catalog_new();

    test_add(catalog, HANDLE, "box");
    test_state(catalog, HANDLE, MSG_SOURCE_STATE_CONNECTED, "");
    assert_int_equal(test_list(catalog, HANDLE, tools, count), CATALOG_LISTING_CHANGED);
    return catalog;
}

static void approve(struct catalog *catalog, const char *name, const char *effect)
{
    const struct catalog_source *view = catalog_source_find(catalog, HANDLE);
    struct str names[] = { str_from(name) };
    struct event_tool_effect chosen = { .name = str_from(name) };
    struct event event = { .type = EVENT_SOURCE_APPROVED,
                           .as.source_approved = { .source = HANDLE,
                                                   .version = view->version,
                                                   .digest = view->digest,
                                                   .tools = names,
                                                   .tools_count = 1 } };

    if (effect) {
        assert_true(event_effect_parse(str_from(effect), &chosen.effect));
        event.as.source_approved.effects = &chosen;
        event.as.source_approved.effects_count = 1;
    }
    catalog_apply(catalog, &event);
}

static void reject(struct catalog *catalog, const char *name)
{
    const struct catalog_source *view = catalog_source_find(catalog, HANDLE);
    struct str names[] = { str_from(name) };
    struct event event = { .type = EVENT_SOURCE_REJECTED,
                           .as.source_rejected = { .source = HANDLE,
                                                   .version = view->version,
                                                   .digest = view->digest,
                                                   .tools = names,
                                                   .tools_count = name[0] ? 1 : 0 } };

    catalog_apply(catalog, &event);
}

static enum catalog_answer find(const struct catalog *catalog, const char *address)
{
    const struct catalog_tool *tool = NULL;

    return catalog_find(catalog, str_from(address), &tool);
}

static const struct catalog_source *view(const struct catalog *catalog)
{
    return catalog_source_find(catalog, HANDLE);
}

static void only_the_named_tool_becomes_callable(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = made(first, 3);

    (void)state;
    approve(catalog, "list", NULL);
    assert_int_equal(find(catalog, "box.list"), CATALOG_FOUND);
    assert_int_equal(find(catalog, "box.get"), CATALOG_WAITING);
    assert_int_equal(view(catalog)->waiting_count, 2);
    assert_int_equal(view(catalog)->pins_count, 1);
    approve(catalog, "get", NULL);
    approve(catalog, "put", NULL);
    assert_int_equal(view(catalog)->waiting_count, 0);
    assert_int_equal(view(catalog)->pins_count, 3);
    assert_int_equal(find(catalog, "box.put"), CATALOG_FOUND);
}

static void what_changed_waits_alone_and_is_approved_alone(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = made(first, 3);

    (void)state;
    test_approve(catalog, HANDLE);
    assert_int_equal(test_list(catalog, HANDLE, second, 3), CATALOG_LISTING_CHANGED);
    assert_int_equal(find(catalog, "box.list"), CATALOG_FOUND);
    assert_int_equal(find(catalog, "box.get"), CATALOG_WAITING);
    approve(catalog, "get", NULL);
    assert_int_equal(find(catalog, "box.get"), CATALOG_FOUND);
    assert_int_equal(find(catalog, "box.put"), CATALOG_WAITING);
    /* The pin of what still waits is what was approved, from the listing before. */
    assert_true(str_is(catalog_pin(view(catalog), STR("put"))->description, "Puts."));
    assert_true(str_is(catalog_pin(view(catalog), STR("get"))->description, "Gets all of it."));
    /* It goes back to what was approved: nothing waits, and nothing of the other is lost. */
    struct msg_tool back[] = { second[0], first[1], first[2] };
    assert_int_equal(test_list(catalog, HANDLE, back, 3), CATALOG_LISTING_CHANGED);
    assert_int_equal(view(catalog)->waiting_count, 0);
    assert_int_equal(find(catalog, "box.put"), CATALOG_FOUND);
    assert_int_equal(find(catalog, "box.get"), CATALOG_FOUND);
    /* And what was there before the approval waits again. */
    assert_int_equal(test_list(catalog, HANDLE, first, 3), CATALOG_LISTING_CHANGED);
    assert_int_equal(find(catalog, "box.get"), CATALOG_WAITING);
}

static void what_was_rejected_is_not_asked_for_again(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = made(first, 3);
    struct msg_tool more[] = { first[0], first[1], first[2], { .name = STR("new") } };

    (void)state;
    reject(catalog, "put");
    assert_int_equal(view(catalog)->waiting_count, 2);
    assert_int_equal(view(catalog)->rejected_count, 1);
    test_approve(catalog, HANDLE);
    assert_int_equal(find(catalog, "box.put"), CATALOG_WAITING);
    assert_int_equal(find(catalog, "box.get"), CATALOG_FOUND);
    /* Listed anew as it was: still rejected. Changed: it waits. */
    assert_int_equal(test_list(catalog, HANDLE, more, 4), CATALOG_LISTING_CHANGED);
    assert_int_equal(view(catalog)->rejected_count, 1);
    assert_int_equal(view(catalog)->waiting_count, 1);
    more[2].description = STR("Puts nicely.");
    assert_int_equal(test_list(catalog, HANDLE, more, 4), CATALOG_LISTING_CHANGED);
    assert_int_equal(view(catalog)->rejected_count, 0);
    assert_int_equal(view(catalog)->waiting_count, 2);
    /* Asked for by name it can be approved after all. */
    reject(catalog, "put");
    approve(catalog, "put", NULL);
    assert_int_equal(find(catalog, "box.put"), CATALOG_FOUND);
}

static void what_was_approved_is_taken_back(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = made(first, 3);
    struct msg_tool more[] = { first[0], first[1], first[2], { .name = STR("new") } };

    (void)state;
    test_approve(catalog, HANDLE);
    reject(catalog, "get");
    assert_int_equal(find(catalog, "box.get"), CATALOG_WAITING);
    assert_int_equal(find(catalog, "box.list"), CATALOG_FOUND);
    assert_null(catalog_pin(view(catalog), STR("get")));
    /* A new listing does not give it back. */
    assert_int_equal(test_list(catalog, HANDLE, more, 4), CATALOG_LISTING_CHANGED);
    assert_int_equal(find(catalog, "box.get"), CATALOG_WAITING);
    assert_int_equal(find(catalog, "box.list"), CATALOG_FOUND);
}

static void all_that_wait_are_rejected_at_once(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = made(first, 3);

    (void)state;
    approve(catalog, "get", NULL);
    reject(catalog, "");
    assert_int_equal(view(catalog)->rejected_count, 2);
    assert_int_equal(find(catalog, "box.get"), CATALOG_FOUND);
    assert_int_equal(find(catalog, "box.put"), CATALOG_WAITING);
}

static void a_class_that_a_person_chose_stays_while_the_tool_does(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = made(first, 3);
    struct msg_tool more[] = { first[0], first[1], first[2], { .name = STR("new") } };
    const struct catalog_tool *tool = NULL;

    (void)state;
    assert_int_equal(catalog_find(catalog, STR("box.put"), &tool), CATALOG_WAITING);
    assert_int_equal(tool->effect, EVENT_EFFECT_WRITE);
    approve(catalog, "put", "read");
    assert_int_equal(catalog_find(catalog, STR("box.put"), &tool), CATALOG_FOUND);
    assert_int_equal(tool->effect, EVENT_EFFECT_READ);
    assert_int_equal(test_list(catalog, HANDLE, more, 4), CATALOG_LISTING_CHANGED);
    assert_int_equal(catalog_find(catalog, STR("box.put"), &tool), CATALOG_FOUND);
    assert_int_equal(tool->effect, EVENT_EFFECT_READ);
    /* Twice over: what the listing carried is remembered by the next one too. */
    more[3].description = STR("More.");
    assert_int_equal(test_list(catalog, HANDLE, more, 4), CATALOG_LISTING_CHANGED);
    assert_int_equal(catalog_find(catalog, STR("box.put"), &tool), CATALOG_FOUND);
    assert_int_equal(tool->effect, EVENT_EFFECT_READ);
    more[2].description = STR("Puts otherwise.");
    assert_int_equal(test_list(catalog, HANDLE, more, 4), CATALOG_LISTING_CHANGED);
    assert_int_equal(catalog_find(catalog, STR("box.put"), &tool), CATALOG_WAITING);
    assert_int_equal(tool->effect, EVENT_EFFECT_WRITE);
}

static void an_answer_to_something_else_says_nothing(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = made(first, 3);
    struct event event = { .type = EVENT_SOURCE_REJECTED,
                           .as.source_rejected = { .source = HANDLE, .version = 9 } };

    (void)state;
    catalog_apply(catalog, &event);
    event.as.source_rejected.source = 99;
    catalog_apply(catalog, &event);
    assert_int_equal(view(catalog)->rejected_count, 0);
}

static void a_diff_comes_in_parts(void **state)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct msg_tool *tools = ARENA_ARRAY(arena, struct msg_tool, 100);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct catalog_diff diff = { .from = 0 };
    size_t shown = 0, parts = 0;
    bool more = true;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        tools[i].name = str_printf(arena, "tool%03zu", i);
    test_add(catalog, HANDLE, "box");
    assert_int_equal(test_list(catalog, HANDLE, tools, 100), CATALOG_LISTING_CHANGED);
    while (more) {
        struct str text;

        buf_clear(&out);
        catalog_print_diff(catalog, view(catalog), &diff, &out);
        text = buf_str(&out);
        for (size_t at; (at = str_find(text, STR("\"change\":\"new\""))) != SIZE_MAX; shown++)
            text = str_slice(text, at + 1, text.len);
        more = str_find(buf_str(&out), STR("\"next\":null")) == SIZE_MAX;
        diff.from += CATALOG_DIFF_SHOWN_MAX;
        parts++;
    }
    assert_int_equal(shown, 100);
    assert_int_equal(parts, 4);
    buf_clear(&out);
    diff = (struct catalog_diff){ .tool = STR("box.tool007") };
    catalog_print_diff(catalog, view(catalog), &diff, &out);
    assert_true(str_find(buf_str(&out), STR("tool007")) != SIZE_MAX);
    assert_true(str_find(buf_str(&out), STR("tool008")) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_named_tool_becomes_callable),
        cmocka_unit_test(what_changed_waits_alone_and_is_approved_alone),
        cmocka_unit_test(what_was_rejected_is_not_asked_for_again),
        cmocka_unit_test(what_was_approved_is_taken_back),
        cmocka_unit_test(all_that_wait_are_rejected_at_once),
        cmocka_unit_test(a_class_that_a_person_chose_stays_while_the_tool_does),
        cmocka_unit_test(an_answer_to_something_else_says_nothing),
        cmocka_unit_test(a_diff_comes_in_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
