/* libstemmer wrapped once: a stemmer of our own kind, and views in and out. */
#include "format/stem/stem.h"

#include "base/arena.h"

#include <libstemmer.h>

struct stem {
    struct sb_stemmer *stemmer;
};

struct stem *stem_new(void)
{
    struct stem *stem = heap_alloc(sizeof(*stem));

    stem->stemmer = sb_stemmer_new("english", NULL);
    CHECK(stem->stemmer);
    return stem;
}

struct stem *stem_free(struct stem *stem)
{
    if (!stem)
        return NULL;
    sb_stemmer_delete(stem->stemmer);
    return heap_free(stem);
}

struct str stem_word(struct stem *stem, struct str word)
{
    if (word.len == 0 || word.len > INT32_MAX)
        return word;
    const sb_symbol *text =
        sb_stemmer_stem(stem->stemmer, (const sb_symbol *)word.ptr, (int)word.len);
    CHECK(text);
    return str_of((const char *)text, (size_t)sb_stemmer_length(stem->stemmer));
}
