/*
 * English alone, out of libstemmer's archive. Its own door leads to every language it has: tables
 * of 330 KB whose addresses are put in at each start, by two of our processes. This is what that
 * door does for one of them, and the part of its state that is looked at, which is the same in
 * every version.
 */
#include "format/stem/stem.h"

#include "base/arena.h"

struct SN_env {
    unsigned char *text;
    int cursor;
    int len;
};

struct SN_env *english_UTF_8_create_env(void);
void english_UTF_8_close_env(struct SN_env *env);
int english_UTF_8_stem(struct SN_env *env);
int SN_set_current(struct SN_env *env, int size, const unsigned char *text);

struct stem {
    struct SN_env *env;
};

struct stem *stem_new(void)
{
    struct stem *stem = heap_alloc(sizeof(*stem));

    stem->env = english_UTF_8_create_env();
    CHECK(stem->env);
    return stem;
}

struct stem *stem_free(struct stem *stem)
{
    if (!stem)
        return NULL;
    english_UTF_8_close_env(stem->env);
    return heap_free(stem);
}

struct str stem_word(struct stem *stem, struct str word)
{
    if (word.len == 0 || word.len > INT32_MAX)
        return word;
    CHECK(SN_set_current(stem->env, (int)word.len, (const unsigned char *)word.ptr) == 0);
    CHECK(english_UTF_8_stem(stem->env) >= 0);
    return str_of((const char *)stem->env->text, (size_t)stem->env->len);
}
