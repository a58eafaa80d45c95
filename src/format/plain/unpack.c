/*
 * gzip, RFC 1952: one member after another, each with a check of its own. What follows the last
 * one is passed over, as gzip itself does: files are padded.
 */
#include "format/plain/plain.h"

#include <limits.h>
#include <zlib.h>

#define PIECE (64U << 10)
/* For inflateInit2: the largest window, and gzip's head and tail. */
#define WINDOW (15 + 16)

bool plain_is_packed(struct str bytes)
{
    return str_starts(bytes, STR("\x1F\x8B\x08"));
}

/* As much as one call of zlib takes. */
static unsigned at_most(size_t len)
{
    return len < UINT_MAX ? (unsigned)len : UINT_MAX;
}

/*
 * Nobody packs text into blocks that hold less than they take: they cost time and give nothing.
 * What does not shrink is a few bytes longer, once for 16 KiB or more.
 */
static bool is_hollow(size_t taken, size_t len)
{
    return taken > len + len / 64 + PIECE;
}

/* Puts the next piece of the input before zlib, once it has taken the last. */
static void input_give(z_stream *stream, struct str packed, size_t *given)
{
    if (stream->avail_in > 0)
        return;
    stream->next_in = (Bytef *)(uintptr_t)(packed.ptr + *given);
    stream->avail_in = packed.len - *given < PIECE ? (unsigned)(packed.len - *given) : PIECE;
    *given += stream->avail_in;
}

/* After a member: does another one follow? */
static bool member_next(z_stream *stream, struct str packed, size_t given)
{
    size_t at = given - stream->avail_in;

    return plain_is_packed(str_slice(packed, at, packed.len)) && inflateReset(stream) == Z_OK;
}

/* One piece of output; false at the end, whose answer is then there. */
static bool step(z_stream *stream, struct str packed, size_t *given, int *answer)
{
    int r;

    input_give(stream, packed, given);
    r = inflate(stream, Z_NO_FLUSH);
    if (r == Z_OK && (stream->avail_in > 0 || *given < packed.len || stream->avail_out == 0))
        return true;
    if (r == Z_STREAM_END && member_next(stream, packed, *given))
        return true;
    *answer = r == Z_STREAM_END ? PLAIN_MEASURED : PLAIN_BROKEN;
    return false;
}

int plain_measure(struct str packed, size_t max, size_t *ret_len)
{
    z_stream stream = { 0 };
    unsigned char piece[PIECE];
    size_t given = 0, len = 0;
    int answer = PLAIN_BROKEN;
    bool more = inflateInit2(&stream, WINDOW) == Z_OK;

    while (more) {
        stream.next_out = piece;
        stream.avail_out = sizeof(piece);
        more = step(&stream, packed, &given, &answer);
        len += sizeof(piece) - stream.avail_out;
        if (len > max || is_hollow(given - stream.avail_in, len)) {
            answer = len > max ? PLAIN_TOO_LONG : PLAIN_BROKEN;
            break;
        }
    }
    (void)inflateEnd(&stream);
    if (answer == PLAIN_MEASURED)
        *ret_len = len;
    return answer;
}

void plain_unpack(struct str packed, char *out, size_t len)
{
    z_stream stream = { 0 };
    size_t given = 0, done = 0;
    int answer = PLAIN_BROKEN;
    bool more = true;

    CHECK(inflateInit2(&stream, WINDOW) == Z_OK);
    while (more) {
        unsigned char last = 0; /* where the room is full, its end may still have to be read */
        bool full = done == len;

        stream.next_out = full ? &last : (Bytef *)out + done;
        stream.avail_out = full ? 1 : at_most(len - done);
        unsigned room = stream.avail_out;
        more = step(&stream, packed, &given, &answer);
        CHECK(!full || stream.avail_out == room);
        done += full ? 0 : room - stream.avail_out;
    }
    CHECK(answer == PLAIN_MEASURED && done == len);
    (void)inflateEnd(&stream);
}
