/* Any bytes: spans are ordered and within the text; what is replaced has no shape any more. */
#include "format/secret/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct secret_door door = { .key = { 1 }, .kind = len % 2 ? SECRET_JSON : SECRET_PLAIN };
    struct str text = str_of((const char *)bytes, len);
    struct arena *arena = arena_new(0);
    struct buf out = BUF_INIT;
    struct secret_found_list found = { 0 };
    struct secret_scan scan;
    struct secret_span span;
    size_t last = 0;
    size_t at = 0;

    secret_scan_init(&scan, text);
    while (secret_scan_next(&scan, &span)) {
        CHECK(span.from >= last && span.to > span.from && span.to <= len);
        last = span.to;
    }
    if (secret_replace(&door, text, arena, &out, &found))
        CHECK(found.count > 0);
    while (secret_reference_next(buf_str(&out), &at, &span))
        CHECK(span.to == at);
    VEC_FINI(&found);
    buf_fini(&out);
    arena_free(arena);
    return 0;
}
