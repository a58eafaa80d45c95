/* Any bytes as a listing: what is sound can be read to its end and written again. */
#include "format/listing/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct listing listing;
    struct buf text BUF_CLEANUP = BUF_INIT;
    const char *why;

    if (listing_open(str_of((const char *)bytes, len), &listing, &why) != LISTING_SOUND)
        return 0;
    struct digest *digests = heap_alloc((listing.tools_count + 1) * sizeof(*digests));
    listing_digests(&listing, digests);
    (void)heap_free(digests);
    for (size_t i = 0; i < listing.tools_count && i < 64; i++) {
        struct listing_tool tool = listing_tool_at(&listing, i);

        CHECK(tool.path.len <= LISTING_PATH_MAX && str_is_utf8(tool.description));
        buf_clear(&text);
        listing_schema_print(&listing, &tool, tool.input, &text);
    }
    return 0;
}
