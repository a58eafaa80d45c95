/*
 * codec - what the generated codecs are made of: fixed little-endian numbers, texts and counts.
 *
 * Only model/ uses it. Reading never fails at once: after the first malformed byte ok is false
 * and everything read is zero, so a decoder reads all its fields and asks once at the end.
 */
#ifndef WRIT_MODEL_CODEC_H
#define WRIT_MODEL_CODEC_H

#include "base/base.h"
#include "base/buf.h"
#include "base/str.h"

#include <endian.h>

#define CODEC_ABSENT UINT32_MAX /* the length of a text that is not there */

struct codec {
    const char *at;
    const char *end;
    bool ok;
};

#define CODEC_INIT(bytes) ((struct codec){ (bytes).ptr, (bytes).ptr + (bytes).len, true })

static inline void codec_put_u8(struct buf *out, unsigned value)
{
    buf_add_char(out, (char)(unsigned char)value);
}

static inline void codec_put_u16(struct buf *out, uint16_t value)
{
    value = htole16(value);
    buf_add(out, &value, sizeof(value));
}

static inline void codec_put_u32(struct buf *out, uint32_t value)
{
    value = htole32(value);
    buf_add(out, &value, sizeof(value));
}

static inline void codec_put_u64(struct buf *out, uint64_t value)
{
    value = htole64(value);
    buf_add(out, &value, sizeof(value));
}

static inline void codec_put_double(struct buf *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    codec_put_u64(out, bits);
}

static inline void codec_put_str(struct buf *out, struct str text)
{
    CHECK(text.len < CODEC_ABSENT);
    codec_put_u32(out, text.ptr ? (uint32_t)text.len : CODEC_ABSENT);
    buf_add_str(out, text);
}

/* The next len bytes, or NULL and ok is false. */
static inline const char *codec_take(struct codec *in, size_t len)
{
    const char *at = in->at;

    if (!in->ok || (size_t)(in->end - at) < len) {
        in->ok = false;
        return NULL;
    }
    in->at = at + len;
    return at;
}

static inline void codec_bytes(struct codec *in, void *ret_bytes, size_t len)
{
    const char *at = codec_take(in, len);

    if (at)
        memcpy(ret_bytes, at, len);
}

static inline uint16_t codec_u16(struct codec *in)
{
    uint16_t value = 0;

    codec_bytes(in, &value, sizeof(value));
    return le16toh(value);
}

static inline uint32_t codec_u32(struct codec *in)
{
    uint32_t value = 0;

    codec_bytes(in, &value, sizeof(value));
    return le32toh(value);
}

static inline uint64_t codec_u64(struct codec *in)
{
    uint64_t value = 0;

    codec_bytes(in, &value, sizeof(value));
    return le64toh(value);
}

static inline double codec_double(struct codec *in)
{
    uint64_t bits = codec_u64(in);
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* True if every byte is 0: an absent id or digest. */
bool codec_zero(const uint8_t *bytes, size_t len);

/* 0 or 1; anything else is malformed. */
bool codec_bool(struct codec *in);
/* Below count, or malformed. */
unsigned codec_enum(struct codec *in, unsigned count);
/* Borrowed from the payload; absent is the null view; more than max bytes is malformed. */
struct str codec_str(struct codec *in, uint32_t max);
/* How many elements follow: at most max, and no more than the bytes left could hold. */
size_t codec_count(struct codec *in, uint32_t max, size_t element_min);

#endif
