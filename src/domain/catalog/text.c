/* Code points of texts from strangers, and which of them nobody sees. */
#include "domain/catalog/internal.h"

uint32_t catalog__code_next(struct str text, size_t *at)
{
    unsigned char c = (unsigned char)text.ptr[(*at)++];
    uint32_t code = c < 0x80 ? c : c < 0xE0 ? c & 0x1FU : c < 0xF0 ? c & 0x0FU : c & 0x07U;
    unsigned more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;

    while (more-- > 0 && *at < text.len)
        code = code << 6 | ((unsigned char)text.ptr[(*at)++] & 0x3FU);
    return code;
}

bool catalog__code_is_hidden(uint32_t c)
{
    return (c >= 0x200B && c <= 0x200D) || (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF ||
           c == 0x00AD || c == 0x180E || c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x3164 ||
           c == 0xFFA0 || (c >= 0xE0100 && c <= 0xE01EF);
}

bool catalog__code_is_bidi(uint32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
           c == 0x200F || c == 0x061C;
}

bool catalog__code_is_control(uint32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') || (c >= 0x7F && c < 0xA0);
}

bool catalog__code_is_joint(uint32_t before, uint32_t c)
{
    bool emoji = before == 0xFE0F || (before >= 0x2600 && before <= 0x27BF) ||
                 (before >= 0x1F300 && before <= 0x1FAFF);
    bool script = before >= 0x0620 && before <= 0x0DFF;

    return (c == 0x200D && (emoji || script)) || (c == 0x200C && script);
}
