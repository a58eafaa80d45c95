/* English, as far as tools and those who look for them speak it. */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/stem/stem.h"

/* Words that say the same when one looks for a tool. A word may be in several groups. */
static const char *const groups[] = {
    "create add new make insert register open",
    "delete remove destroy drop erase purge clear",
    "list all show browse enumerate index",
    "get read fetch retrieve show view lookup describe load see",
    "search find query lookup filter look",
    "update edit modify change patch rename alter adjust",
    "set put update assign configure",
    "send post deliver dispatch submit message",
    "upload push put save store",
    "download fetch pull export",
    "run execute start trigger launch invoke dispatch",
    "stop cancel terminate kill end abort halt",
    "user member person account people",
    "repository repo project",
    "issue ticket bug",
    "pull pr",
    "message chat msg",
    "channel room conversation",
    "customer client buyer",
    "payment charge pay",
    "folder directory dir",
    "file document doc",
    "write save edit",
    "move rename relocate",
    "comment reply note remark",
    "merge combine join",
    "invite add ask",
    "image picture photo",
    "log output print",
    "info detail metadata information about",
    "enable activate on",
    "disable deactivate off suspend",
    "close resolve finish complete",
    "organization org team company",
    "star favorite bookmark",
    "permission access role right",
    "secret credential token key",
    "webhook hook callback",
    "compare diff difference",
    "copy clone duplicate fork",
    "refund reimburse return",
    "subscribe follow watch",
    "unsubscribe unfollow unwatch",
    "schedule plan later remind",
    "archive hide",
    "restore undo recover unarchive",
    "lock freeze",
    "deploy release ship rollout publish",
    "scale replica resize",
    "restart reboot bounce",
    "size big space",
    "approve accept confirm",
    "reject decline deny",
};

static const char *const empty_words[] = {
    "a",    "an",   "the",   "of",   "to",   "for",  "in",     "on",    "at",   "with",  "and",
    "or",   "is",   "are",   "be",   "was",  "my",   "me",     "i",     "we",   "our",   "us",
    "you",  "your", "it",    "its",  "this", "that", "these",  "those", "from", "by",    "as",
    "into", "can",  "could", "how",  "do",   "does", "please", "want",  "need", "would", "like",
    "some", "any",  "which", "what", "who",  "will", "if",     "so",    "then", "there", "their",
    "them", "has",  "have",  "had",  "not",  "but",  "when",   "where", "just", "let",   "tool",
};

struct group {
    struct str stems[12];
    size_t count;
};

struct catalog__speech {
    struct stem *stem;
    struct arena *arena;
    struct group groups[ARRAY_COUNT(groups)];
    struct map bits; /* stem to uint64_t */
};

static void synonym_add(struct catalog__speech *speech, size_t number, struct str word)
{
    struct group *group = &speech->groups[number];
    struct str stem = str_copy(speech->arena, stem_word(speech->stem, word));
    uint64_t *bits = map_find(&speech->bits, stem);

    CHECK(group->count < ARRAY_COUNT(group->stems) && number < 64);
    group->stems[group->count++] = stem;
    if (!bits) {
        bits = ARENA_NEW(speech->arena, uint64_t);
        (void)map_put(&speech->bits, stem, bits);
    }
    *bits |= (uint64_t)1 << number;
}

struct catalog__speech *catalog__speech_new(void)
{
    struct arena *arena = arena_new(0);
    struct catalog__speech *speech = ARENA_NEW(arena, struct catalog__speech);

    speech->arena = arena;
    speech->stem = stem_new();
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        struct str rest = str_from(groups[i]);

        while (rest.ptr)
            synonym_add(speech, i, str_split(&rest, ' '));
    }
    return speech;
}

struct catalog__speech *catalog__speech_free(struct catalog__speech *speech)
{
    if (!speech)
        return NULL;
    (void)stem_free(speech->stem);
    map_fini(&speech->bits);
    (void)arena_free(speech->arena); /* it lies in it */
    return NULL;
}

struct str catalog__speech_stem(struct catalog__speech *speech, struct str word)
{
    return stem_word(speech->stem, word);
}

bool catalog__speech_is_empty_word(struct str word)
{
    for (size_t i = 0; i < ARRAY_COUNT(empty_words); i++) {
        if (word.len > 0 && empty_words[i][0] == word.ptr[0] && str_is(word, empty_words[i]))
            return true;
    }
    return false;
}

uint64_t catalog__speech_groups(const struct catalog__speech *speech, struct str stem)
{
    const uint64_t *bits = map_find(&speech->bits, stem);

    return bits ? *bits : 0;
}

struct str catalog__speech_synonym(const struct catalog__speech *speech, unsigned group,
                                   size_t index)
{
    const struct group *found = &speech->groups[group];

    return index < found->count ? found->stems[index] : STR_NULL;
}
