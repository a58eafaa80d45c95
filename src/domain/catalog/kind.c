/*
 * What a tool does to its thing, and what somebody wants done: listed, got, searched for, created,
 * updated, deleted. A tool says so in the first words of its title or description, in its name, or
 * with its HTTP method; a wish in its first word, or as a question, or as nothing but a noun.
 */
#include "domain/catalog/internal.h"

struct kind_words {
    enum catalog__kind kind;
    const char *words;
};

static const struct kind_words table[] = {
    { CATALOG__LIST, " list lists listing browse enumerate enumerates index " },
    { CATALOG__GET,
      " get gets read reads fetch fetches retrieve retrieves show shows view describe describes "
      "download downloads check checks info information inspect see display gather count verify "
      "determine obtain head look preview " },
    { CATALOG__SEARCH, " search searches find finds query queries lookup " },
    { CATALOG__CREATE,
      " create creates creating add adds new make makes insert inserts register registers post "
      "posts upload uploads generate generates open opens build define initiates write attach spin "
      "deploy send sends publish publishes schedule schedules store stores save share submit "
      "request requests install expose report " },
    { CATALOG__UPDATE,
      " update updates edit edits modify modifies change changes patch rename renames set sets "
      "replace replaces alter alters adjust configure resize scale cordon rotate move " },
    { CATALOG__DELETE,
      " delete deletes remove removes destroy destroys drop drops erase purge purges clear clears "
      "kill revoke revokes discard detach unlink kick cancel cancels " },
};

/* First words of a wish that make it a question. */
static const char asking[] =
    " what which who whom whose how is are was were did does do has have where when why can am "
    "my our all available recent latest ";

static bool is_among(const char *words, struct str word)
{
    struct str all = str_from(words);
    char text[64];

    if (word.len == 0 || word.len > sizeof(text) - 2)
        return false;
    text[0] = ' ';
    memcpy(text + 1, word.ptr, word.len);
    text[word.len + 1] = ' ';
    return str_find(all, str_of(text, word.len + 2)) != SIZE_MAX;
}

enum catalog__kind catalog__kind_of_word(struct str word)
{
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if (is_among(table[i].words, word))
            return table[i].kind;
    }
    return CATALOG__NO_KIND;
}

static bool says_list(struct str text)
{
    struct catalog__word word;
    size_t at = 0;

    for (int i = 0; i < 6 && catalog__word_next(text, &at, &word); i++) {
        struct str letters = catalog__word_str(&word);

        if (i > 0 && (str_is(letters, "list") || str_is(letters, "all") ||
                      str_is(letters, "collection") || str_is(letters, "lists")))
            return true;
    }
    return false;
}

/* "Returns a list of ...", "partially update the ...", "delete collection of ..." */
static enum catalog__kind sentence_kind(struct str text)
{
    struct catalog__word word;
    size_t at = 0;

    for (int i = 0; i < 2 && catalog__word_next(text, &at, &word); i++) {
        struct str letters = catalog__word_str(&word);
        enum catalog__kind kind = catalog__kind_of_word(letters);

        if (str_is(letters, "return") || str_is(letters, "returns"))
            kind = CATALOG__GET;
        if (kind == CATALOG__GET && says_list(text))
            return CATALOG__LIST;
        if (kind != CATALOG__NO_KIND)
            return kind;
        if (i == 0 && !str_ends(letters, STR("ly")))
            return CATALOG__NO_KIND;
    }
    return CATALOG__NO_KIND;
}

static enum catalog__kind name_kind(struct str path)
{
    struct catalog__word word;
    size_t at = 0;

    while (catalog__word_next(path, &at, &word)) {
        enum catalog__kind kind = catalog__kind_of_word(catalog__word_str(&word));

        if (kind != CATALOG__NO_KIND)
            return kind;
    }
    return CATALOG__NO_KIND;
}

enum catalog__kind catalog__kind_of_tool(const struct catalog_tool *tool, struct str description)
{
    enum catalog__kind kind = sentence_kind(tool->title);

    if (kind == CATALOG__NO_KIND)
        kind = sentence_kind(description);
    return kind == CATALOG__NO_KIND ? name_kind(tool->path) : kind;
}

/* ---- a wish ---- */

static bool is_plural(struct str word)
{
    if (is_among(" kubernetes aws dns https sms ios series does always perhaps ", word))
        return false;
    return (word.len > 3 && str_ends(word, STR("s")) && !str_ends(word, STR("ss")) &&
            !str_ends(word, STR("us")) && !str_ends(word, STR("is"))) ||
           str_is(word, "people") || str_is(word, "everyone") || str_is(word, "everything") ||
           str_is(word, "members") || str_is(word, "all") || str_is(word, "history") ||
           str_is(word, "replies");
}

/* One or many? A plural among the next words that say something decides. */
static bool asks_for_many(struct str rest, int reach)
{
    struct catalog__word word;
    size_t at = 0;

    for (int said = 0; said < reach && catalog__word_next(rest, &at, &word);) {
        struct str letters = catalog__word_str(&word);

        if (str_is(letters, "a") || str_is(letters, "an") || str_is(letters, "one"))
            return false;
        if (str_is(letters, "all"))
            return true;
        if (catalog__speech_is_empty_word(letters))
            continue;
        if (is_plural(letters))
            return true;
        said++;
    }
    return false;
}

enum catalog__kind catalog__kind_of_wish(struct str text)
{
    struct catalog__word word;
    size_t at = 0;

    while (catalog__word_next(text, &at, &word)) {
        struct str letters = catalog__word_str(&word);
        struct str rest = str_slice(text, at, text.len);
        enum catalog__kind kind = catalog__kind_of_word(letters);

        if (is_among(asking, letters))
            return asks_for_many(rest, 3) || str_is(letters, "who") ? CATALOG__LIST : CATALOG__GET;
        if (kind == CATALOG__GET && asks_for_many(rest, 3))
            return CATALOG__LIST;
        if (kind != CATALOG__NO_KIND)
            return kind;
        if (catalog__speech_is_empty_word(letters))
            continue;
        if (catalog__effect_is_verb(letters))
            return CATALOG__ACT;
        return is_plural(letters) || asks_for_many(rest, 2) ? CATALOG__LIST : CATALOG__NO_KIND;
    }
    return CATALOG__NO_KIND;
}
