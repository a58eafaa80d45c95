/* A pattern, a newline, a text: nothing freezes, and what is refused says why. */
#include "format/regex/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    CLEANUP(regex_scratch_free)
    struct regex_scratch *scratch = regex_scratch_new();
    struct str text = str_of((const char *)data, size);
    struct str pattern = str_split(&text, '\n');
    struct regex_error error;
    const struct regex *regex;
    uint64_t steps = 100000;

    if (!str_is_utf8(pattern) || !str_is_utf8(text))
        return 0;
    if (regex_compile(arena, pattern, &error, &regex) != REGEX_COMPILED) {
        CHECK(error.offset <= pattern.len && error.sentence[0]);
        return 0;
    }
    CHECK(regex_match_within(regex, text, scratch, &steps) >= 0);
    return 0;
}
