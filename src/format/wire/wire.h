/*
 * format/wire - frames between our own processes.
 *
 * A frame is 16 bytes of header, little endian, and a payload:
 *
 *     u32 length of the payload, u16 type, u16 flags, u64 id, payload
 *
 * The room knows bytes only: sys/link moves them, model's codecs read and write payloads.
 * docs/protocol/wire.md has the format byte by byte.
 *
 * Easy to get wrong: a payload looks into the reader's buffer. It stays where it is until
 * wire_compact() or a write to that buffer; sys/link does either only inside loop_run_once().
 */
#ifndef WRIT_FORMAT_WIRE_WIRE_H
#define WRIT_FORMAT_WIRE_WIRE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

#define WIRE_HEADER_LEN  16U
#define WIRE_FRAME_MAX   (1U << 20) /* header and payload */
#define WIRE_PAYLOAD_MAX (WIRE_FRAME_MAX - WIRE_HEADER_LEN)

/* The low bits of flags count the descriptors that travel with the frame; the rest must be 0. */
#define WIRE_FLAG_FDS 0x0007U
#define WIRE_FDS_MAX  WIRE_FLAG_FDS

struct wire_frame {
    uint16_t type;
    uint16_t flags;
    uint64_t id;
    struct str payload; /* borrowed from the reader's buffer */
};

enum wire_answer {
    WIRE_NONE = 0,   /* no whole frame yet */
    WIRE_FRAME = 1,  /* one frame given */
    WIRE_BROKEN = 2, /* too long, or flags that mean nothing: end the conversation */
};

/* Pulls frames out of a buffer that somebody else fills at its end. */
struct wire_reader {
    struct buf *in;  /* borrowed */
    size_t position; /* bytes of *in that were given */
    bool broken;
};

#define WIRE_READER(buffer) ((struct wire_reader){ (buffer), 0, false })

/* Gives the next whole frame. Once WIRE_BROKEN, always WIRE_BROKEN. */
MUST int wire_next(struct wire_reader *reader, struct wire_frame *ret_frame);
/* Drops what was given from the front of the buffer: every payload given so far is gone. */
void wire_compact(struct wire_reader *reader);

/* How many descriptors come with a frame. */
static inline size_t wire_fd_count(const struct wire_frame *frame)
{
    return frame->flags & WIRE_FLAG_FDS;
}

/* Adds one frame. The payload must fit: CHECKed, since only we write frames. */
void wire_add(struct buf *out, const struct wire_frame *frame);

/*
 * The same without a copy: begin, write the payload into out, end. Between the two nothing else
 * may be written to out. wire_end gives false, and takes the frame back, if it grew too long.
 */
size_t wire_begin(struct buf *out, const struct wire_frame *header);
MUST bool wire_end(struct buf *out, size_t began);

/* One header alone, for those who read and write by hand. decode: WIRE_FRAME or WIRE_BROKEN. */
void wire_header_encode(const struct wire_frame *frame, uint8_t header[WIRE_HEADER_LEN]);
MUST int wire_header_decode(const uint8_t header[WIRE_HEADER_LEN], struct wire_frame *ret_frame);

#endif
