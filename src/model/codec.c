/* Checks that the generated decoders share. */
#include "model/codec.h"

bool codec_zero(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;

    for (size_t i = 0; i < len; i++)
        all |= bytes[i];
    return all == 0;
}

bool codec_bool(struct codec *in)
{
    const char *at = codec_take(in, 1);

    if (!at)
        return false;
    if (*at != 0 && *at != 1)
        in->ok = false;
    return *at == 1;
}

unsigned codec_enum(struct codec *in, unsigned count)
{
    unsigned value = codec_u16(in);

    if (value < count)
        return value;
    in->ok = false;
    return 0;
}

struct str codec_str(struct codec *in, uint32_t max)
{
    uint32_t len = codec_u32(in);
    const char *at;

    if (len == CODEC_ABSENT || !in->ok)
        return STR_NULL;
    if (len > max)
        in->ok = false;
    at = codec_take(in, len);
    return at ? str_of(at, len) : STR_NULL;
}

size_t codec_count(struct codec *in, uint32_t max, size_t element_min)
{
    uint32_t count = codec_u32(in);

    if (count > max || count > (size_t)(in->end - in->at) / element_min)
        in->ok = false;
    return in->ok ? count : 0;
}
