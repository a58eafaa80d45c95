/* Keywords by name. */
#include "format/schema/keyword.h"

const struct schema__keyword schema__keywords[KW__COUNT] = {
#define SCHEMA__KEYWORD_ROW(name, text, shape, dialects, vocabulary)                               \
    { { text, sizeof(text) - 1 }, shape, dialects, vocabulary },
    SCHEMA__KEYWORDS(SCHEMA__KEYWORD_ROW)
#undef SCHEMA__KEYWORD_ROW
};

/* Few keywords are as long as the text and share its second letter. */
enum schema__kw schema__keyword_find(struct str text)
{
    if (text.len < 2 || text.len > 21)
        return KW__NONE;
    for (unsigned kw = 0; kw < KW__COUNT; kw++) {
        const struct schema__keyword *keyword = &schema__keywords[kw];

        if (keyword->text.len == text.len && keyword->text.ptr[1] == text.ptr[1] &&
            memcmp(keyword->text.ptr, text.ptr, text.len) == 0)
            return (enum schema__kw)kw;
    }
    return KW__NONE;
}
