#include "domain/catalog/test.h"
#include "format/json/json.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct msg_tool tools[] = {
    { .name = TEXT("issues.create"), .description = TEXT("Open a new issue in a repository.") },
    { .name = TEXT("issues.list"), .description = TEXT("List issues of a repository.") },
    { .name = TEXT("issues.delete"), .description = TEXT("Delete an issue for ever.") },
    { .name = TEXT("pulls.merge"), .description = TEXT("Merge a pull request.") },
    { .name = TEXT("createOrUpdateFileContents"),
      .description = TEXT("Creates a new file or replaces one in a repository."),
      .input = TEXT("{\"properties\":{\"branchName\":{\"type\":\"string\",\"description\":"
                    "\"Where the commit goes.\"}}}") },
    { .name = TEXT("users.get"), .description = TEXT("Who somebody is.\nMore lines.") },
};

static struct catalog *filled(void)
{
    struct catalog *catalog = catalog_new();

    test_add(catalog, HANDLE, "github");
    assert_int_equal(test_list(catalog, HANDLE, tools, ARRAY_COUNT(tools)),
                     CATALOG_LISTING_CHANGED);
    test_state(catalog, HANDLE, MSG_SOURCE_STATE_CONNECTED, NULL);
    test_approve(catalog, HANDLE);
    return catalog;
}

static const struct json_value *search(const struct catalog *catalog,
                                       const struct catalog_query *query, struct arena *arena)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct json_error error;
    struct json_doc doc;

    catalog_search(catalog, query, &out);
    assert_int_equal(json_parse(arena, buf_str(&out), NULL, &error, &doc), JSON_PARSED);
    return doc.root;
}

static struct str address_at(const struct json_value *answer, size_t index)
{
    return json_get_str(json_at(json_get(answer, "items"), index), "address");
}

static void first_is(const char *text, const char *address)
{
    struct catalog *catalog CLEANUP(catalog_free) = filled();
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .text = str_from(text) };
    struct str got = address_at(search(catalog, &query, arena), 0);

    if (!str_is(got, address))
        fail_msg("%s: first is %.*s", text, STR_ARG(got));
}

static void the_best_is_first(void **state UNUSED)
{
    first_is("create an issue", "github.issues.create");
    first_is("creating issues", "github.issues.create");
    first_is("report a new bug", "github.issues.create");
    first_is("show me all tickets", "github.issues.list");
    first_is("remove ticket", "github.issues.delete");
    first_is("combine a PR", "github.pulls.merge");
    first_is("write a file on a branch", "github.createOrUpdateFileContents");
    first_is("branch name", "github.createOrUpdateFileContents");
    first_is("fetch user", "github.users.get");
    first_is("users.get", "github.users.get");
    first_is("somebody", "github.users.get");
}

static const struct msg_tool many[] = {
    { .name = TEXT("GetCustomers"),
      .description = TEXT("<p>Returns a list of your customers.</p>") },
    { .name = TEXT("PostCustomers"), .description = TEXT("<p>Creates a new customer.</p>") },
    { .name = TEXT("GetCustomersCustomer"), .description = TEXT("<p>Retrieves a customer.</p>") },
    { .name = TEXT("PostCustomersCustomer"),
      .description = TEXT("<p>Updates a <a href=\"/docs/unicorn\">customer</a>.</p>"),
      .input = TEXT("{\"properties\":{\"body\":{\"$ref\":\"#/$defs/b\"}},\"$defs\":{\"b\":{"
                    "\"properties\":{\"email\":{\"type\":\"string\"}}}}}") },
    { .name = TEXT("DeleteCustomersCustomer"), .description = TEXT("Deletes a customer.") },
    { .name = TEXT("deleteSchedule"), .description = TEXT("Calls a message off.") },
    { .name = TEXT("cancelMessage"), .description = TEXT("Nothing is sent.") },
    { .name = TEXT("readNamespacedConfigMap"),
      .description = TEXT("read the specified ConfigMap") },
    { .name = TEXT("readNamespacedConfigMapStatus"), .description = TEXT("read the status") },
    { .name = TEXT("listV1Widgets"), .description = TEXT("list widgets") },
    { .name = TEXT("listV1beta1Widgets"), .description = TEXT("list widgets") },
    { .name = TEXT("usergroups_list"), .description = TEXT("List all User Groups.") },
    { .name = TEXT("repos/list-contributors"), .title = TEXT("List them") },
};

static void finds(const struct catalog *catalog, const char *text, const char *address)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .text = str_from(text) };
    struct str got = address_at(search(catalog, &query, arena), 0);

    if (!str_is(got, address))
        fail_msg("%s: first is %.*s", text, STR_ARG(got));
}

static void what_is_wanted_done_decides(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();

    test_add(catalog, HANDLE, "shop");
    assert_int_equal(test_list(catalog, HANDLE, many, ARRAY_COUNT(many)), CATALOG_LISTING_CHANGED);
    test_state(catalog, HANDLE, MSG_SOURCE_STATE_CONNECTED, NULL);
    test_approve(catalog, HANDLE);
    finds(catalog, "which customers do we have", "shop.GetCustomers");
    finds(catalog, "customers", "shop.GetCustomers");
    finds(catalog, "look at a customer", "shop.GetCustomersCustomer");
    finds(catalog, "add a customer", "shop.PostCustomers");
    finds(catalog, "change the email of a customer", "shop.PostCustomersCustomer");
    finds(catalog, "get rid of a customer", "shop.DeleteCustomersCustomer");
    finds(catalog, "call the message off", "shop.cancelMessage");
    finds(catalog, "show the configmap", "shop.readNamespacedConfigMap");
    finds(catalog, "all widgets", "shop.listV1Widgets");
    finds(catalog, "widgets v1beta1", "shop.listV1beta1Widgets");
    finds(catalog, "user groups", "shop.usergroups_list");
    finds(catalog, "who contributed", "shop.repos.list_contributors");
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .text = STR("unicorn") };
    assert_int_equal(json_u64_or(json_get(search(catalog, &query, arena), "total"), 9), 0);
}

static void a_source_that_is_named_comes_first(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = filled();

    test_add(catalog, 9, "GitLab");
    assert_int_equal(test_list(catalog, 9, tools, ARRAY_COUNT(tools)), CATALOG_LISTING_CHANGED);
    test_state(catalog, 9, MSG_SOURCE_STATE_CONNECTED, NULL);
    test_approve(catalog, 9);
    finds(catalog, "merge a pull request in gitlab", "GitLab.pulls.merge");
    finds(catalog, "merge a pull request in GitHub", "github.pulls.merge");
}

static void filters_and_pages(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = filled();
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .text = STR("issue") };
    const struct json_value *answer = search(catalog, &query, arena);

    assert_int_equal(json_u64_or(json_get(answer, "total"), 0), 3);
    assert_int_equal(json_count(json_get(answer, "items")), 3);
    struct str second = address_at(answer, 1);
    query.limit = 1;
    query.offset = 1;
    answer = search(catalog, &query, arena);
    assert_int_equal(json_count(json_get(answer, "items")), 1);
    assert_int_equal(json_u64_or(json_get(answer, "total"), 0), 3);
    assert_int_equal(json_u64_or(json_get(answer, "next"), 0), 2);
    assert_true(str_equal(address_at(answer, 0), second));
    query.offset = 2;
    assert_true(json_is_null(json_get(search(catalog, &query, arena), "next")));
    query.offset = 5000;
    assert_int_equal(json_count(json_get(search(catalog, &query, arena), "items")), 0);
    query = (struct catalog_query){ .text = STR("issue"),
                                    .effect_given = true,
                                    .effect = EVENT_EFFECT_DESTRUCTIVE };
    answer = search(catalog, &query, arena);
    assert_string_equal(address_at(answer, 0).ptr, "github.issues.delete");
    assert_int_equal(json_u64_or(json_get(answer, "total"), 0), 1);
    query = (struct catalog_query){ .text = STR("issue"), .source = STR("gitlab") };
    assert_int_equal(json_u64_or(json_get(search(catalog, &query, arena), "total"), 9), 0);
    query = (struct catalog_query){ .text = STR("xyzzy plugh") };
    assert_int_equal(json_u64_or(json_get(search(catalog, &query, arena), "total"), 9), 0);
}

static void no_text_lists_by_address(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = filled();
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .limit = 2, .offset = 1 };
    const struct json_value *answer = search(catalog, &query, arena);

    assert_int_equal(json_u64_or(json_get(answer, "total"), 0), 6);
    assert_string_equal(address_at(answer, 0).ptr, "github.issues.create");
    assert_string_equal(address_at(answer, 1).ptr, "github.issues.delete");
}

static void what_waits_is_not_found(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = filled();
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .text = STR("merge") };
    struct msg_tool changed[] = { tools[3], { .name = TEXT("merge_all") } };

    changed[0].description = STR("Merge it, and merge it again.");
    assert_int_equal(test_list(catalog, HANDLE, changed, 2), CATALOG_LISTING_CHANGED);
    assert_int_equal(json_u64_or(json_get(search(catalog, &query, arena), "total"), 9), 0);
    test_approve(catalog, HANDLE);
    assert_int_equal(json_u64_or(json_get(search(catalog, &query, arena), "total"), 9), 2);
    test_add(catalog, 9, "evil");
    assert_int_equal(test_list(catalog, 9, tools, 4), CATALOG_LISTING_CHANGED);
    assert_int_equal(json_u64_or(json_get(search(catalog, &query, arena), "total"), 9), 2);
}

static void a_source_that_is_down_says_so(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = filled();
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_query query = { .text = STR("merge") };

    test_state(catalog, HANDLE, MSG_SOURCE_STATE_ERROR, "gone");
    const struct json_value *first = json_at(json_get(search(catalog, &query, arena), "items"), 0);
    assert_string_equal(json_get_str(first, "unavailable").ptr, "error");
}

/* What one search makes at once is made the same in the smallest steps, and no search waits then.
 */
static void an_index_is_made_in_steps(void **state UNUSED)
{
    struct catalog *whole CLEANUP(catalog_free) = filled();
    struct catalog *steps CLEANUP(catalog_free) = filled();
    struct catalog_query query = { .text = STR("create a file in a repository") };
    struct buf one BUF_CLEANUP = BUF_INIT, two BUF_CLEANUP = BUF_INIT;
    const struct catalog__source *source = map_find_u64(&steps->sources, HANDLE);
    size_t count = 0;

    for (; catalog_work_is_due(steps); count++)
        catalog_work(steps, 1);
    assert_true(count > ARRAY_COUNT(tools));
    assert_null(source->offered->index->builder);
    catalog_search(whole, &query, &one);
    catalog_search(steps, &query, &two);
    assert_true(str_equal(buf_str(&one), buf_str(&two)));
    assert_true(one.len > 100);
    /* A search in between ends it; a listing that goes takes what was begun along. */
    assert_int_equal(test_list(steps, HANDLE, tools, 3), CATALOG_LISTING_CHANGED);
    assert_true(catalog_work_is_due(steps));
    catalog_work(steps, 1);
    catalog_search(steps, &query, &two);
    assert_int_equal(test_list(steps, HANDLE, tools, 4), CATALOG_LISTING_CHANGED);
    catalog_work(steps, 1);
}

int main(void)
{
    const struct CMUnitTest tests_all[] = {
        cmocka_unit_test(the_best_is_first),
        cmocka_unit_test(what_is_wanted_done_decides),
        cmocka_unit_test(a_source_that_is_named_comes_first),
        cmocka_unit_test(filters_and_pages),
        cmocka_unit_test(no_text_lists_by_address),
        cmocka_unit_test(what_waits_is_not_found),
        cmocka_unit_test(a_source_that_is_down_says_so),
        cmocka_unit_test(an_index_is_made_in_steps),
    };

    return cmocka_run_group_tests(tests_all, NULL, NULL);
}
