#include "domain/catalog/test.h"

static void paths(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct str rest = test_cases(CASES_DIR "/path.cases", arena);
    struct str lines[2];
    bool lossy;

    while (test_case_next(&rest, lines, 2) == 2) {
        struct str path = catalog__path_make(lines[0], arena, &lossy);

        if (!str_equal(path, lines[1]) || lossy)
            fail_msg("%.*s: is %.*s", STR_ARG(lines[0]), STR_ARG(path));
    }
}

static void lost_bytes_are_marked(void **state UNUSED)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf name BUF_CLEANUP = BUF_INIT;
    bool lossy = false;

    (void)catalog__path_make(STR("l\xc3\xb6schen"), arena, &lossy);
    assert_true(lossy);
    assert_string_equal(catalog__path_make(STR("//"), arena, &lossy).ptr, "_");
    assert_true(lossy);
    for (int i = 0; i < 1000; i++)
        buf_add_char(&name, 'a');
    struct str path = catalog__path_make(buf_str(&name), arena, &lossy);
    assert_true(lossy);
    path = catalog__path_mark(path, buf_str(&name), 0, arena);
    assert_true(path.len <= CATALOG_PATH_MAX);
    assert_true(catalog__path_mark(path, path, 4000000000U, arena).len <= CATALOG_PATH_MAX);
}

static void names_of_sources(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    char longest[CATALOG_NAME_MAX + 1];

    test_add(catalog, 1, "my-docs");
    assert_int_equal(catalog_name_check(catalog, STR("docs")), CATALOG_NAME_FREE);
    assert_int_equal(catalog_name_check(catalog, STR("docs2")), CATALOG_NAME_FREE);
    assert_int_equal(catalog_name_check(catalog, STR("my-docs")), CATALOG_NAME_TAKEN);
    assert_int_equal(catalog_name_check(catalog, STR("MyDocs")), CATALOG_NAME_TAKEN);
    assert_int_equal(catalog_name_check(catalog, STR("my_docs")), CATALOG_NAME_TAKEN);
    static const char *const reserved[] = { "writ",    "Writ", "w-r-i-t",     "search", "describe",
                                            "sources", "then", "constructor", "toJSON", "to_json" };
    for (size_t i = 0; i < ARRAY_COUNT(reserved); i++)
        assert_int_equal(catalog_name_check(catalog, str_from(reserved[i])), CATALOG_NAME_RESERVED);
    static const char *const malformed[] = { "",   "2x",    "_x",  "a.b",   "a b",      "@b",
                                             "a@", "a@b@c", "a@2", "a@b.c", "\xc3\xa9", "a/b" };
    for (size_t i = 0; i < ARRAY_COUNT(malformed); i++)
        assert_int_equal(catalog_name_check(catalog, str_from(malformed[i])),
                         CATALOG_NAME_MALFORMED);
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(catalog_name_check(catalog, str_of(longest, sizeof(longest))),
                     CATALOG_NAME_MALFORMED);
    assert_int_equal(catalog_name_check(catalog, str_of(longest, sizeof(longest) - 1)),
                     CATALOG_NAME_FREE);
}

static void names_of_connections(void **state UNUSED)
{
    struct catalog *catalog CLEANUP(catalog_free) = catalog_new();
    char longest[] = "my-docs@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    size_t position = 0;

    test_add(catalog, 1, "my-docs");
    assert_int_equal(catalog_name_check(catalog, STR("my-docs@work")), CATALOG_NAME_FREE);
    assert_int_equal(catalog_name_check(catalog, STR("mydocs@work")), CATALOG_NAME_UNSOURCED);
    assert_int_equal(catalog_name_check(catalog, STR("docs@work")), CATALOG_NAME_UNSOURCED);
    assert_int_equal(strlen(longest) - strlen("my-docs@"), CATALOG_CONNECTION_MAX + 1);
    assert_int_equal(catalog_name_check(catalog, str_from(longest)), CATALOG_NAME_MALFORMED);
    longest[strlen(longest) - 1] = '\0';
    assert_int_equal(catalog_name_check(catalog, str_from(longest)), CATALOG_NAME_FREE);
    test_add(catalog, 2, "my-docs@work");
    test_add(catalog, 3, "my-docs2");
    assert_int_equal(catalog_name_check(catalog, STR("my-docs@Work")), CATALOG_NAME_TAKEN);
    assert_int_equal(catalog_name_check(catalog, STR("my-docs@work@x")), CATALOG_NAME_MALFORMED);
    test_state(catalog, 2, MSG_SOURCE_STATE_ERROR, "it does not start");
    assert_int_equal(catalog_name_check(catalog, STR("my-docs@work")), CATALOG_NAME_FAILED);
    assert_int_equal(catalog_name_check(catalog, STR("my-docs@Work")), CATALOG_NAME_TAKEN);
    test_state(catalog, 2, MSG_SOURCE_STATE_PROBING, "");
    assert_int_equal(catalog_name_check(catalog, STR("my-docs@work")), CATALOG_NAME_TAKEN);
    assert_null(catalog_first_of(catalog, STR("my-docs")));
    assert_int_equal(catalog_first_of(catalog, STR("my-docs@work"))->source, 1);
    const struct catalog_source *first = catalog_source_find(catalog, 1);
    assert_int_equal(catalog_connection_next(catalog, first, &position)->source, 2);
    assert_null(catalog_connection_next(catalog, first, &position));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(paths),
                                        cmocka_unit_test(names_of_connections),
                                        cmocka_unit_test(lost_bytes_are_marked),
                                        cmocka_unit_test(names_of_sources) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
