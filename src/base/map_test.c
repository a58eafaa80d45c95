/* The hash table, against an array that does the same slowly. */
#include "base/map.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define KEYS 300U

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void it_does_what_an_array_does(void **state)
{
    struct map map = MAP_INIT;
    void *model[KEYS] = { NULL };
    uint64_t seed = 1;
    size_t live = 0;
    char values[8];

    (void)state;
    for (unsigned step = 0; step < 20000; step++) {
        size_t key = next_random(&seed) % KEYS;
        void *value = &values[next_random(&seed) % sizeof(values)];

        assert_ptr_equal(map_find_u64(&map, key), model[key]);
        if (next_random(&seed) % 3) {
            assert_ptr_equal(map_put_u64(&map, key, value), model[key]);
            live += model[key] == NULL;
            model[key] = value;
        } else {
            assert_ptr_equal(map_take_u64(&map, key), model[key]);
            live -= model[key] != NULL;
            model[key] = NULL;
        }
        assert_int_equal(map.count, live);
    }
    map_fini(&map);
}

static void text_keys_are_compared_by_bytes(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    struct map map = MAP_INIT;
    int values[1000];

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_null(map_put(&map, str_printf(arena, "key %d", i), &values[i]));
    assert_null(map_find(&map, STR("key")));
    assert_null(map_find(&map, STR_NULL));
    for (int i = 0; i < 1000; i++)
        assert_ptr_equal(map_find(&map, str_printf(arena, "key %d", i)), &values[i]);
    assert_ptr_equal(map_take(&map, STR("key 7")), &values[7]);
    assert_null(map_take(&map, STR("key 7")));
    map_fini(&map);
}

static void the_order_is_that_of_insertion(void **state)
{
    struct map map = MAP_INIT;
    int values[100];
    size_t position = 0;
    struct map_entry *entry;
    uint64_t last = 0;
    size_t count = 0;

    (void)state;
    for (uint64_t i = 0; i < 100; i++)
        (void)map_put_u64(&map, 1000 - i, &values[i]);
    while ((entry = map_next(&map, &position))) {
        assert_true(last == 0 || entry->number < last);
        last = entry->number;
        if (count++ % 2)
            assert_non_null(map_take_u64(&map, entry->number));
    }
    assert_int_equal(count, 100);
    assert_int_equal(map.count, 50);
    map_fini(&map);
}

static void room_that_was_made_is_used(void **state)
{
    struct map map = MAP_INIT;
    const struct map_entry *entries;
    char value;

    (void)state;
    for (uint64_t key = 0; key < 20; key++)
        (void)map_put_u64(&map, key, &value);
    for (uint64_t key = 0; key < 10; key++)
        assert_ptr_equal(map_take_u64(&map, key), &value);
    map_reserve(&map, 5000);
    assert_int_equal(map.count, 10);
    entries = map.entries;
    for (uint64_t key = 100; key < 100 + 4990; key++)
        (void)map_put_u64(&map, key, &value);
    assert_ptr_equal(map.entries, entries);
    assert_int_equal(map.count, 5000);
    for (uint64_t key = 0; key < 6000; key++)
        assert_ptr_equal(map_find_u64(&map, key),
                         (key >= 10 && key < 20) || (key >= 100 && key < 5090) ? &value : NULL);
    map_reserve(&map, 100);
    assert_ptr_equal(map.entries, entries);
    map_fini(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_does_what_an_array_does),
        cmocka_unit_test(text_keys_are_compared_by_bytes),
        cmocka_unit_test(the_order_is_that_of_insertion),
        cmocka_unit_test(room_that_was_made_is_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
