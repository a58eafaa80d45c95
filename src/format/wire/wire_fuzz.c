/* Any bytes, in any pieces: frames stay inside the buffer and come out as they went in. */
#include "format/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BUF_CLEANUP struct buf in = BUF_INIT;
    BUF_CLEANUP struct buf again = BUF_INIT;
    struct wire_reader reader = WIRE_READER(&in);
    size_t given = 0;

    for (size_t at = 0; at < size;) {
        size_t piece = data[at] % 31 + 1U;
        struct wire_frame frame;

        if (piece > size - at)
            piece = size - at;
        buf_add(&in, data + at, piece);
        at += piece;
        while (wire_next(&reader, &frame) == WIRE_FRAME)
            wire_add(&again, &frame);
        wire_compact(&reader);
        given = at - in.len;
        CHECK(reader.broken || again.len == given);
    }
    CHECK(again.len <= size && (again.len == 0 || memcmp(again.ptr, data, again.len) == 0));
    return 0;
}
