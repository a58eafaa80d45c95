/* Sixteen bytes of header, little endian, and a payload. */
#include "format/wire/wire.h"

static void wire_put(uint8_t *at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t wire_get(const uint8_t *at, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

void wire_header_encode(const struct wire_frame *frame, uint8_t header[WIRE_HEADER_LEN])
{
    CHECK(frame->payload.len <= WIRE_PAYLOAD_MAX);
    CHECK(!(frame->flags & ~WIRE_FLAG_FDS));
    wire_put(header, frame->payload.len, 4);
    wire_put(header + 4, frame->type, 2);
    wire_put(header + 6, frame->flags, 2);
    wire_put(header + 8, frame->id, 8);
}

int wire_header_decode(const uint8_t header[WIRE_HEADER_LEN], struct wire_frame *ret_frame)
{
    struct wire_frame frame = {
        .type = (uint16_t)wire_get(header + 4, 2),
        .flags = (uint16_t)wire_get(header + 6, 2),
        .id = wire_get(header + 8, 8),
        .payload = { NULL, (size_t)wire_get(header, 4) },
    };

    if (frame.payload.len > WIRE_PAYLOAD_MAX || (frame.flags & ~WIRE_FLAG_FDS))
        return WIRE_BROKEN;
    *ret_frame = frame;
    return WIRE_FRAME;
}

int wire_next(struct wire_reader *reader, struct wire_frame *ret_frame)
{
    size_t left = reader->in->len - reader->position;
    struct wire_frame frame;
    const char *at;

    CHECK(reader->position <= reader->in->len);
    if (reader->broken)
        return WIRE_BROKEN;
    if (left < WIRE_HEADER_LEN)
        return WIRE_NONE;

    at = reader->in->ptr + reader->position;
    if (wire_header_decode((const uint8_t *)at, &frame) != WIRE_FRAME) {
        reader->broken = true;
        return WIRE_BROKEN;
    }
    if (left - WIRE_HEADER_LEN < frame.payload.len)
        return WIRE_NONE;

    frame.payload.ptr = at + WIRE_HEADER_LEN;
    reader->position += WIRE_HEADER_LEN + frame.payload.len;
    *ret_frame = frame;
    return WIRE_FRAME;
}

void wire_compact(struct wire_reader *reader)
{
    buf_drop(reader->in, reader->position);
    reader->position = 0;
}

void wire_add(struct buf *out, const struct wire_frame *frame)
{
    char *at = buf_reserve(out, WIRE_HEADER_LEN + frame->payload.len);

    wire_header_encode(frame, (uint8_t *)at);
    if (frame->payload.len)
        memcpy(at + WIRE_HEADER_LEN, frame->payload.ptr, frame->payload.len);
    buf_commit(out, WIRE_HEADER_LEN + frame->payload.len);
}

size_t wire_begin(struct buf *out, const struct wire_frame *header)
{
    struct wire_frame empty = *header;
    size_t began = out->len;

    empty.payload = STR_NULL;
    wire_add(out, &empty);
    return began;
}

bool wire_end(struct buf *out, size_t began)
{
    size_t len = out->len - began - WIRE_HEADER_LEN;

    CHECK(out->len >= began + WIRE_HEADER_LEN);
    if (len > WIRE_PAYLOAD_MAX) {
        buf_cut(out, began);
        return false;
    }
    wire_put((uint8_t *)out->ptr + began, len, 4);
    return true;
}
