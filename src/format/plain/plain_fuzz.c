/* Any bytes: what is measured is unpacked to exactly that, and what becomes of it is read. */
#include "format/plain/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct str text = str_of((const char *)bytes, len);
    size_t unpacked;

    if (plain_is_packed(text) && plain_measure(text, 1U << 20, &unpacked) == PLAIN_MEASURED) {
        char *room = arena_alloc(arena, unpacked + 1);

        plain_unpack(text, room, unpacked);
        text = str_of(room, unpacked);
    }
    text = plain_utf8(arena, text);
    (void)str_is_utf8(text);
    return 0;
}
