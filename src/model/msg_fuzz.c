/* Every decoder of the wire: two bytes of type, then the payload. What decodes, prints as JSON. */
#include "format/json/json.h"
#include "model/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf out = BUF_INIT;
    struct str payload;
    unsigned type;

    if (size < 2)
        return 0;
    type = (unsigned)data[0] | (unsigned)data[1] << 8;
    payload = str_of((const char *)data + 2, size - 2);
    if (msg_print_any(type, payload, arena, &out))
        CHECK(out.len >= 2 && out.ptr[0] == '{' && out.ptr[out.len - 1] == '}');
    return 0;
}
