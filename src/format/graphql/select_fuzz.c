/* A selection from a program: what passes once passes again, unchanged, and ends nothing. */
#include "format/graphql/graphql.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    const struct str variables[] = { STR("id") };
    const struct graphql_select given = { variables, 1 };
    struct str once = STR_NULL;
    struct str twice = STR_NULL;

    if (graphql_select(arena, str_of((const char *)bytes, len), &given, &once) !=
        GRAPHQL_SELECTED) {
        CHECK(once.len > 0);
        return 0;
    }
    CHECK(once.len >= 3 && once.ptr[0] == '{' && once.ptr[once.len - 1] == '}');
    if (once.len > GRAPHQL_SELECT_MAX)
        return 0; /* Braces of ours came with it. */
    CHECK(graphql_select(arena, once, &given, &twice) == GRAPHQL_SELECTED);
    CHECK(str_equal(once, twice));
    return 0;
}
