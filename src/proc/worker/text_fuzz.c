/* Any text: blanking moves nothing, and nothing is read beyond its end. */
#include "proc/worker/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    /* A copy of exactly this length, so that a sanitizer sees its end. */
    char *bytes = heap_alloc(size + 1);
    char *exact = heap_resize(bytes, size ? size : 1);
    if (size > 0)
        memcpy(exact, data, size);
    struct str code = { exact, size };
    struct worker__text text = worker__text_unwrap(arena, code);
    CHECK(text.text.len == size);
    for (size_t i = 0; i < size; i++)
        CHECK(text.text.ptr[i] == exact[i] || (text.text.ptr[i] == ' ' && exact[i] != '\n'));
    CHECK(!text.expression.ptr || text.expression.len == size);
    (void)worker__text_has_big(code);
    (void)worker__text_line(code, (uint32_t)(size % 7));
    heap_free(exact);
    arena_free(arena);
    return 0;
}
