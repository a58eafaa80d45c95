/* Where things are, and folders that are refused. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "sys/paths.h"
#include "sys/test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void environment(const char *writ, const char *home, const char *data, const char *run)
{
    static const char *const names[] = { "WRIT_HOME", "HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR" };
    const char *const values[] = { writ, home, data, run };

    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        assert_int_equal(values[i] ? setenv(names[i], values[i], 1) : unsetenv(names[i]), 0);
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
}

static void test_names(void **state)
{
    struct arena *arena = arena_new(0);
    struct paths paths;
    char long_home[200];

    (void)state;
    environment("/w", "/home/a", NULL, "/run/user/1");
    assert_int_equal(paths_find(arena, &paths), 0);
    assert_string_equal(paths.data, "/w");
    assert_string_equal(paths.socket, "/w/run/socket");
    environment(NULL, "/home/a", NULL, "/run/user/1");
    assert_int_equal(paths_find(arena, &paths), 0);
    assert_string_equal(paths.data, "/home/a/.local/share/writ");
    assert_string_equal(paths.config, "/home/a/.config/writ");
    assert_string_equal(paths.socket, "/run/user/1/writ/socket");
    environment("", "/home/a", "/d", "relative");
    assert_int_equal(paths_find(arena, &paths), 0);
    assert_string_equal(paths.data, "/d/writ");
    assert_int_equal(strncmp(paths.run, "/tmp/writ-", 10), 0);
    environment(NULL, NULL, NULL, NULL);
    assert_int_equal(paths_find(arena, &paths), PATHS_NOWHERE);
    memset(long_home, 'x', sizeof(long_home));
    long_home[0] = '/';
    long_home[sizeof(long_home) - 1] = '\0';
    environment(long_home, "/home/a", NULL, NULL);
    assert_int_equal(paths_find(arena, &paths), PATHS_LONG);
    (void)arena_free(arena);
}

static void test_folders(void **state)
{
    struct arena *arena = arena_new(0);
    const char *folder = test_folder();
    const char *which = NULL;
    struct paths paths;
    struct stat facts;

    (void)state;
    environment(str_printf(arena, "%s/a/b", folder).ptr, NULL, NULL, NULL);
    assert_int_equal(paths_find(arena, &paths), 0);
    assert_int_equal(paths_make(&paths, &which), 0);
    assert_int_equal(stat(paths.run, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    assert_int_equal(chmod(paths.run, 0750), 0);
    assert_int_equal(paths_make(&paths, &which), PATHS_EXPOSED);
    assert_string_equal(which, paths.run);
    assert_int_equal(rmdir(paths.run), 0);
    assert_int_equal(symlink("/tmp", paths.run), 0);
    assert_int_equal(paths_make(&paths, &which), PATHS_FOREIGN);
    test_folder_remove(folder);
    (void)arena_free(arena);
}

static void test_self(void **state)
{
    struct arena *arena = arena_new(0);
    const char *folder = NULL;

    (void)state;
    assert_int_equal(paths_self(arena, &folder), 0);
    assert_int_equal(access(folder, X_OK), 0);
    (void)arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_self),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
