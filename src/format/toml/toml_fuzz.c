/* Any bytes are refused with a line and a sentence, or become an object as JSON. */
#include "format/toml/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct str text = str_of((const char *)data, size);
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct toml_error error;

    if (toml_table_print(text, STR("mcp_servers"), arena, &out, &error) == TOML_READ)
        CHECK(out.len >= 2 && out.ptr[0] == '{' && str_is_utf8(buf_str(&out)));
    else
        CHECK(error.line > 0 && error.sentence[0]);
    return 0;
}
