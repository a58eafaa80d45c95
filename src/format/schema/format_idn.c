/*
 * Host names beyond ASCII, by form: labels, their separators and their ASCII part. Which of the
 * other characters RFC 5892 allows in which place is not judged; that needs its tables.
 */
#include "format/schema/format.h"

/* RFC 3490, 3.1: what separates labels beside the full stop; three bytes each. */
static const char *const idn_dots[] = { "\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xBD\xA1" };

static size_t idn_dot_len(struct str text)
{
    if (str_starts(text, STR(".")))
        return 1;
    for (size_t i = 0; i < ARRAY_COUNT(idn_dots); i++)
        if (str_starts(text, str_from(idn_dots[i])))
            return 3;
    return 0;
}

static bool idn_label(struct str label)
{
    size_t characters = 0;

    if (label.len == 0 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];

        characters += (c & 0xC0) != 0x80;
        if (c < 0x80 && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z') &&
            c != '-')
            return false;
    }
    return characters <= 63;
}

bool schema__format_idn_hostname(struct str text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.len; i++) {
        size_t dot = idn_dot_len(str_slice(text, i, text.len));

        if (!dot)
            continue;
        if (!idn_label(str_slice(text, from, i)))
            return false;
        from = i + dot;
        i += dot - 1;
    }
    return idn_label(str_slice(text, from, text.len));
}
