/* 128 bits as 26 letters of five bits, most significant first (the first letter holds three). */
#include "base/id.h"

#include "base/arena.h"

__extension__ typedef unsigned __int128 id_u128;

static const char id_letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

struct id id_make(int64_t at_ms, const uint8_t entropy[10])
{
    struct id id;
    uint64_t at = (uint64_t)at_ms;

    for (size_t i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(at >> (40 - 8 * i));
    memcpy(id.bytes + 6, entropy, 10);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0FU) | 0x70U);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3FU) | 0x80U);
    return id;
}

void id_print(struct id id, const char *prefix, char *text)
{
    id_u128 value = 0;

    for (size_t i = 0; i < 16; i++)
        value = value << 8 | id.bytes[i];
    memcpy(text, prefix, 3);
    text[3] = '_';
    for (size_t i = 0; i < 26; i++)
        text[4 + i] = id_letters[(unsigned)(value >> (5 * (25 - i))) & 31U];
}

struct str id_text(struct arena *arena, struct id id, const char *prefix)
{
    char *text = arena_alloc(arena, ID_TEXT_LEN + 1);

    id_print(id, prefix, text);
    return str_of(text, ID_TEXT_LEN);
}

bool id_parse(struct str text, const char *prefix, struct id *ret_id)
{
    id_u128 value = 0;

    if (text.len != ID_TEXT_LEN || memcmp(text.ptr, prefix, 3) != 0 || text.ptr[3] != '_')
        return false;
    if (text.ptr[4] > '7')
        return false;
    for (size_t i = 4; i < ID_TEXT_LEN; i++) {
        const char *letter = text.ptr[i] ? strchr(id_letters, text.ptr[i]) : NULL;

        if (!letter)
            return false;
        value = value << 5 | (unsigned)(letter - id_letters);
    }
    for (size_t i = 0; i < 16; i++)
        ret_id->bytes[i] = (uint8_t)(value >> (8 * (15 - i)));
    return true;
}

bool id_equal(struct id a, struct id b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}
