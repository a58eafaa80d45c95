/* Any bytes are refused with a place and a sentence, or become JSON within the growth allowed. */
#include "format/yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct str text = str_of((const char *)data, size);
    struct yaml_error error;
    struct str json;

    if (yaml_to_json(text, arena, &error, &json) == YAML_READ) {
        CHECK(json.len > 0 && json.len <= size * YAML_GROWTH_MAX + YAML_GROWTH_MIN);
        CHECK(str_is_utf8(json));
    } else {
        CHECK(error.line > 0 && error.sentence[0]);
    }
    return 0;
}
