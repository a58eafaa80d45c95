/* Memory with one lifetime. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    char *last = NULL;

    (void)state;
    for (size_t size = 1; size < 5000; size += 37) {
        char *memory = arena_alloc(arena, size);

        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        assert_true(memory != last);
        memset(memory, 0xAA, size);
        last = memory;
    }
}

static void what_is_handed_out_stays_while_it_grows(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    uint64_t *numbers[500];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        numbers[i] = ARENA_ARRAY(arena, uint64_t, 100);
        numbers[i][99] = i;
    }
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++)
        assert_int_equal(numbers[i][99], i);
}

static void reset_forgets_and_hands_out_again(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);

    (void)state;
    for (size_t round = 0; round < 100; round++) {
        memset(arena_alloc(arena, 100000), 1, 100000);
        assert_true(arena_used(arena) >= 100000);
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
        assert_int_equal(*(char *)arena_alloc(arena, 1), 0);
    }
}

static void nothing_is_freed_without_complaint(void **state)
{
    (void)state;
    assert_null(arena_free(NULL));
    assert_null(heap_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(what_is_handed_out_stays_while_it_grows),
        cmocka_unit_test(reset_forgets_and_hands_out_again),
        cmocka_unit_test(nothing_is_freed_without_complaint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
