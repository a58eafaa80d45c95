/*
 * Words of texts and identifiers: readFile2, read_file-2 and "Read file 2" are read, file, 2.
 * Bytes from 0x80 on count as letters, so words of other scripts stay whole.
 */
#include "domain/catalog/internal.h"

enum kind {
    GAP,
    LOWER,
    UPPER,
    DIGIT,
};

static enum kind kind_of(char c)
{
    if ((c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80)
        return LOWER;
    if (c >= 'A' && c <= 'Z')
        return UPPER;
    return c >= '0' && c <= '9' ? DIGIT : GAP;
}

/* Does a word end before the byte at `at`? HTTPServer is http, server; v2 is one word. */
static bool ends_before(struct str text, size_t from, size_t at)
{
    enum kind here = kind_of(text.ptr[at]);
    enum kind before = kind_of(text.ptr[at - 1]);

    if (here == GAP)
        return true;
    if (here == UPPER && before != UPPER)
        return true;
    if (here == UPPER && at > from && at + 1 < text.len)
        return kind_of(text.ptr[at + 1]) == LOWER && (unsigned char)text.ptr[at + 1] < 0x80 &&
               !(text.ptr[at + 1] == 's' &&
                 (at + 2 >= text.len || kind_of(text.ptr[at + 2]) != LOWER));
    return false;
}

bool catalog__word_next(struct str text, size_t *at, struct catalog__word *ret_word)
{
    size_t from = *at;

    while (from < text.len && kind_of(text.ptr[from]) == GAP)
        from++;
    if (from >= text.len)
        return false;
    ret_word->len = 0;
    size_t i = from;
    do {
        char c = text.ptr[i];

        if (ret_word->len < sizeof(ret_word->text))
            ret_word->text[ret_word->len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        i++;
    } while (i < text.len && !ends_before(text, from, i));
    *at = i;
    return true;
}
