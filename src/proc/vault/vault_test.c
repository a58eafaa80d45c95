/* Seal, grant, open once; after a restart; with files that somebody touched. */
#include "proc/vault/vault.h"

#include "base/arena.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct vault_use use = {
    .reference = { "secret:1", 8 }, .source = 7, .execution = 3, .call = 2
};

static const struct vault_name name = { .reference = { "secret:1", 8 }, .source = 7 };
static int folder = -1;

static int new_folder(void **state)
{
    static char path[64];

    (void)memcpy(path, "/tmp/writ-vault-test-XXXXXX", 28);
    *state = mkdtemp(path);
    return *state ? 0 : -1;
}

static int end_folder(void **state)
{
    int fd = open(*state, O_RDONLY | O_DIRECTORY);

    (void)unlinkat(fd, "key", 0);
    (void)unlinkat(fd, "sealed", 0);
    (void)close(fd);
    return rmdir(*state);
}

static struct vault *open_vault(void **state)
{
    struct vault *vault = NULL;
    int fd = open(*state, O_RDONLY | O_DIRECTORY);

    assert_int_equal(vault_new(fd, &vault), 0);
    (void)close(folder);
    folder = fd;
    return vault;
}

static void a_secret_opens_once_for_the_call_that_may(void **state)
{
    CLEANUP(vault_free) struct vault *vault = open_vault(state);
    struct vault_use other = use;
    struct str value;

    assert_int_equal(vault_seal(vault, &name, STR("hush")), 0);
    assert_int_equal(vault_open(vault, &use, &value), VAULT_REFUSED);
    assert_int_equal(vault_grant(vault, &use), 0);
    assert_int_equal(vault_grant(vault, &use), 0);
    other.call = 3;
    assert_int_equal(vault_open(vault, &other, &value), VAULT_REFUSED);
    assert_true(vault_granted(vault, &use));
    assert_int_equal(vault_open(vault, &use, &value), 0);
    assert_true(str_is(value, "hush"));
    assert_int_equal(vault_open(vault, &use, &value), VAULT_REFUSED);
}

static void another_source_gets_nothing_even_with_a_grant(void **state)
{
    CLEANUP(vault_free) struct vault *vault = open_vault(state);
    struct vault_use other = use;
    struct str value;

    other.source = 8;
    assert_int_equal(vault_seal(vault, &name, STR("hush")), 0);
    assert_int_equal(vault_grant(vault, &other), 0);
    assert_int_equal(vault_open(vault, &other, &value), VAULT_ABSENT);
}

static void sealed_values_survive_a_restart_and_stand_nowhere_in_clear(void **state)
{
    struct vault *vault = open_vault(state);
    uint8_t key[VAULT_KEY_LEN];
    char bytes[4096];
    struct stat is;
    struct str value;
    ssize_t len;
    char path[96];
    int fd;

    memcpy(key, vault_fingerprint_key(vault), sizeof(key));
    assert_int_equal(vault_seal(vault, &name, STR("a-planted-secret")), 0);
    vault_free(vault);
    (void)snprintf(path, sizeof(path), "%s/sealed", (const char *)*state);
    fd = open(path, O_RDWR);
    assert_int_equal(fstat(fd, &is), 0);
    assert_int_equal(is.st_mode & 0777, 0600);
    len = read(fd, bytes, sizeof(bytes));
    assert_null(memmem(bytes, (size_t)len, "planted", 7));
    /* A torn record at the end is cut off. */
    assert_int_equal(write(fd, "\x40\0\0\0torn", 8), 8);
    (void)close(fd);
    vault = open_vault(state);
    assert_memory_equal(key, vault_fingerprint_key(vault), sizeof(key));
    assert_int_equal(vault_grant(vault, &use), 0);
    assert_int_equal(vault_open(vault, &use, &value), 0);
    assert_true(str_is(value, "a-planted-secret"));
    vault_free(vault);
}

static void a_changed_record_or_an_exposed_key_is_damage(void **state)
{
    struct vault *vault = open_vault(state);
    char path[96];
    char byte;
    int fd;

    assert_int_equal(vault_seal(vault, &name, STR("hush")), 0);
    vault_free(vault);
    (void)snprintf(path, sizeof(path), "%s/sealed", (const char *)*state);
    fd = open(path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, 40), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 40), 1);
    assert_int_equal(vault_new(folder, &vault), VAULT_DAMAGED);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 40), 1);
    (void)close(fd);
    (void)snprintf(path, sizeof(path), "%s/key", (const char *)*state);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(vault_new(folder, &vault), VAULT_EXPOSED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 10), 0);
    assert_int_equal(vault_new(folder, &vault), VAULT_DAMAGED);
}

static void one_that_is_bound_opens_for_that_place_alone(void **state)
{
    static const struct vault_name bound = { { "secret:1", 8 }, { "https://a:443", 13 }, 7 };
    CLEANUP(vault_free) struct vault *vault = open_vault(state);
    struct vault_use here = use;
    struct vault_use there = use;
    struct str value;

    here.call = 0;
    here.bound = bound.bound;
    there.call = 0;
    there.bound = STR("https://b:443");
    assert_int_equal(vault_seal(vault, &bound, STR("hush")), 0);
    assert_int_equal(vault_grant(vault, &here), 0);
    assert_int_equal(vault_open(vault, &there, &value), VAULT_REFUSED);
    assert_int_equal(vault_grant(vault, &there), 0);
    assert_int_equal(vault_open(vault, &there, &value), VAULT_ABSENT);
    vault_free(vault);
    vault = open_vault(state);
    assert_int_equal(vault_grant(vault, &here), 0);
    assert_int_equal(vault_open(vault, &here, &value), 0);
    assert_true(str_is(value, "hush"));
}

static void what_is_dropped_is_gone_from_the_file(void **state)
{
    static const struct vault_name other = { .reference = { "secret:2", 8 }, .source = 7 };
    static const struct vault_name elsewhere = { .reference = { "secret:1", 8 }, .source = 8 };
    struct vault *vault = open_vault(state);
    struct vault_use one = use;
    struct stat before, after;
    struct str value;

    assert_int_equal(vault_seal(vault, &elsewhere, STR("theirs")), 0);
    assert_int_equal(fstatat(folder, "sealed", &before, 0), 0);
    assert_int_equal(vault_seal(vault, &name, STR("hush")), 0);
    assert_int_equal(vault_seal(vault, &other, STR("hush too")), 0);
    assert_int_equal(vault_drop(vault, &name), 0);
    assert_int_equal(vault_grant(vault, &use), 0);
    assert_int_equal(vault_open(vault, &use, &value), VAULT_ABSENT);
    assert_int_equal(vault_drop(vault, &(struct vault_name){ .source = 7 }), 0);
    assert_int_equal(fstatat(folder, "sealed", &after, 0), 0);
    assert_int_equal(after.st_size, before.st_size);
    assert_int_equal(after.st_mode & 0777, 0600);
    /* What is sealed after it is found again. */
    assert_int_equal(vault_seal(vault, &name, STR("new")), 0);
    vault_free(vault);
    vault = open_vault(state);
    assert_int_equal(vault_grant(vault, &use), 0);
    assert_int_equal(vault_open(vault, &use, &value), 0);
    assert_true(str_is(value, "new"));
    one.source = 8;
    assert_int_equal(vault_grant(vault, &one), 0);
    assert_int_equal(vault_open(vault, &one, &value), 0);
    assert_true(str_is(value, "theirs"));
    one.source = 7;
    one.reference = other.reference;
    assert_int_equal(vault_grant(vault, &one), 0);
    assert_int_equal(vault_open(vault, &one, &value), VAULT_ABSENT);
    vault_free(vault);
}

static void a_source_that_says_very_many_leaves_room(void **state)
{
    CLEANUP(vault_free) struct vault *vault = open_vault(state);
    struct vault_name said = { .source = 7 };
    char reference[32];

    for (unsigned i = 0; i < VAULT_SAID_MAX; i++) {
        said.reference = str_of(reference, (size_t)snprintf(reference, 32, "secret:%u", i));
        assert_int_equal(vault_seal_said(vault, &said, STR("hush")), 0);
    }
    assert_int_equal(vault_seal_said(vault, &said, STR("hush")), 0); /* again is nothing */
    said.reference = STR("secret:more");
    assert_int_equal(vault_seal_said(vault, &said, STR("hush")), VAULT_FULL);
    assert_int_equal(vault_seal(vault, &said, STR("a person's")), 0);
    said.source = 8;
    assert_int_equal(vault_seal_said(vault, &said, STR("hush")), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_secret_opens_once_for_the_call_that_may, new_folder,
                                        end_folder),
        cmocka_unit_test_setup_teardown(another_source_gets_nothing_even_with_a_grant, new_folder,
                                        end_folder),
        cmocka_unit_test_setup_teardown(sealed_values_survive_a_restart_and_stand_nowhere_in_clear,
                                        new_folder, end_folder),
        cmocka_unit_test_setup_teardown(one_that_is_bound_opens_for_that_place_alone, new_folder,
                                        end_folder),
        cmocka_unit_test_setup_teardown(a_source_that_says_very_many_leaves_room, new_folder,
                                        end_folder),
        cmocka_unit_test_setup_teardown(what_is_dropped_is_gone_from_the_file, new_folder,
                                        end_folder),
        cmocka_unit_test_setup_teardown(a_changed_record_or_an_exposed_key_is_damage, new_folder,
                                        end_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
