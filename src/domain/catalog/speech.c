/* English, as far as tools and those who look for them speak it. */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/stem/stem.h"

/*
 * Words that say the same when one looks for a tool. A word may be in several groups. Behind a =
 * the words are one and the same thing; else each is a little further away than the word itself.
 */
static const char *const groups[] = {
    "create add new make insert register open report",
    "delete remove destroy drop erase purge clear kill",
    "list all show browse enumerate index",
    "get read fetch retrieve show view lookup describe load see look",
    "search find query lookup filter look",
    "update edit modify change patch rename alter adjust replace",
    "set put update assign configure change",
    "send post deliver dispatch submit message say write",
    "upload push put save store attach",
    "download fetch pull export output",
    "run execute start trigger launch invoke dispatch",
    "stop cancel terminate end abort halt",
    "user member person account people who somebody someone everyone anyone colleague teammate",
    "=repository repo repos",
    "repository project codebase",
    "issue ticket bug problem",
    "=pull pr prs",
    "message chat msg dm",
    "=channel conversation",
    "channel room",
    "customer client buyer shopper",
    "payment charge pay purchase",
    "charge dollar collect",
    "=folder directory dir",
    "file document doc attachment",
    "write save edit",
    "move rename relocate transfer",
    "comment reply note remark answer respond",
    "thread reply",
    "merge combine join",
    "invite add ask",
    "image picture photo avatar",
    "log output print",
    "info detail metadata information about",
    "enable activate on",
    "disable deactivate off suspend",
    "close resolve finish complete done",
    "=organization org orgs organisation",
    "organization team company workspace",
    "star favorite bookmark",
    "permission access role right allow grant",
    "secret credential token password",
    "key credential",
    "=webhook hook",
    "webhook callback notify endpoint http url",
    "compare diff difference",
    "copy clone duplicate fork",
    "refund reimburse money",
    "money balance fund cash earnings",
    "payout earnings withdraw",
    "transfer money",
    "subscribe follow watch",
    "subscription plan",
    "unsubscribe unfollow unwatch",
    "schedule plan later tomorrow queue cron night nightly",
    "archive hide",
    "restore undo recover unarchive back",
    "lock freeze stop prevent",
    "deploy release ship rollout publish",
    "deployment rollout application",
    "application app",
    "scale replica resize autoscale autoscaler horizontal",
    "restart reboot bounce rerun",
    "size big space storage",
    "storage volume disk",
    "volume claim",
    "approve accept confirm agree",
    "reject decline deny",
    "block prevent ban",
    "node machine server host worker",
    "machine runner",
    "container pod",
    "build workflow ci run pipeline action",
    "job task batch",
    "login log auth authenticate authenticated session sign",
    "me authenticated self myself identity",
    "presence online away active available status",
    "status state healthy health",
    "profile status bio",
    "emoji reaction react",
    "reaction react thumb",
    "remind reminder",
    "dispute chargeback",
    "tax vat",
    "coupon discount promotion",
    "invoice bill billing",
    "seller merchant connected account",
    "card bank",
    "employee cardholder",
    "website site page",
    "render turn convert html markdown",
    "version release",
    "asset binary attachment",
    "snippet gist",
    "alert warning finding leaked",
    "vulnerability security",
    "visit view traffic visitor",
    "commit push",
    "reference ref branch tag point",
    "route ingress external traffic",
    "network traffic",
    "=kubernetes k8s",
    "=configuration config",
    "=administrator admin",
    "=environment env",
    "=message msg",
    "quota limit cap",
    "limit rate remaining left",
    "role binding grant",
    "collaborator developer invite",
    "follower follow people",
    "public publicly everyone",
    "conversation dm direct",
    "kick remove",
    "history log past recent last",
    "notification inbox unread",
    "home tab view",
    "modal view dialog",
    "topic subject",
    "evidence proof",
    "=email mail",
    "=picture photo image",
    "=id identifier",
    "=parameter param argument",
    "=database db",
    "=authorization auth",
    "=address addr",
    "=address location",
    "=document doc",
    "=application app",
    "=information info",
    "=maximum max limit",
    "=synchronize sync",
    "=certificate cert",
    "=subscription subscribe",
    "=verification verify",
    "=notification notify",
    "=description describe",
    "=identification identify",
    "=modification modify",
    "=classification classify",
    "calendar event meeting appointment",
    "meeting call conference",
    "task todo reminder",
    "price cost amount fee",
    "order purchase cart",
    "product item article goods",
    "search discover explore",
    "country region",
    "phone number telephone sms",
    "group team",
    "statistics stats metric analytics usage count",
    "usage metered consumption",
    "error failure failed",
    "retry again redeliver resend rerun",
    "license terms",
    "test check verify validate",
    "confirm verify",
    "translate language",
    "device session",
    "expire expiration invalidate",
    "revert rollback reverse undo",
    "evict drain",
    "exec command shell run",
    "forward portforward",
    "emit produce publish",
    "owner author creator",
    "assign assignee give",
    "review approve feedback",
    "reviewer review",
    "mark set flag",
    "mute snooze silence disturb",
    "detach unlink disconnect",
    "attach link connect",
    "bank account",
    "quote estimate offer",
    "line item",
    "draft unpublished",
    "guest external",
    "domain host",
    "firewall network policy",
    "disruption maintenance budget",
    "definition schema type crd",
    "cluster kubernetes",
    "rename name",
    "artifact build output",
    "setting preference option configuration",
    "identity identification passport",
    "fraud fraudulent risk radar",
    "capture collect",
    "checkout buy purchase",
    "portal manage self",
    "onboard create account",
    "terminal reader pos",
    "link url permalink",
};

/* Verbs of two words, and the one word that they mean. The particle may stand a few words later. */
#define PHRASE_REACH 6U
static const struct {
    const char *verb;
    const char *particle;
    const char *means;
} phrases[] = {
    { "call", "off", "cancel" },
    { "take", "off", "remove" },
    { "take", "back", "remove" },
    { "bring", "back", "restore" },
    { "bring", "up", "start" },
    { "give", "back", "refund" },
    { "write", "off", "uncollectible" },
    { "hand", "over", "transfer" },
    { "turn", "on", "enable" },
    { "turn", "off", "disable" },
    { "switch", "on", "enable" },
    { "switch", "off", "disable" },
    { "get", "rid", "delete" },
    { "throw", "away", "delete" },
    { "throw", "out", "remove" },
    { "kick", "out", "remove" },
    { "log", "out", "logout" },
    { "sign", "out", "logout" },
    { "sign", "up", "register" },
    { "look", "up", "find" },
    { "look", "for", "search" },
    { "spin", "up", "create" },
    { "set", "up", "create" },
    { "clean", "up", "delete" },
    { "tear", "down", "delete" },
    { "shut", "down", "stop" },
    { "put", "on", "add" },
    { "check", "off", "complete" },
    { "roll", "back", "revert" },
    { "carry", "out", "run" },
    { "fill", "in", "update" },
    { "find", "out", "get" },
    { "pay", "out", "payout" },
    { "back", "up", "backup" },
};

static const char *const empty_words[] = {
    "a",    "an",   "the",   "of",   "to",   "for",  "in",     "on",    "at",    "with",  "and",
    "or",   "is",   "are",   "be",   "was",  "my",   "me",     "i",     "we",    "our",   "us",
    "you",  "your", "it",    "its",  "this", "that", "these",  "those", "from",  "by",    "as",
    "into", "can",  "could", "how",  "do",   "does", "please", "want",  "need",  "would", "like",
    "some", "any",  "which", "what", "will", "if",   "so",     "then",  "there", "their", "them",
    "has",  "have", "had",   "not",  "but",  "when", "where",  "just",  "let",   "tool",
};

struct group {
    struct str stems[16];
    size_t count;
};

struct catalog__speech {
    struct stem *stem;
    struct arena *arena;
    struct group groups[ARRAY_COUNT(groups)];
    struct map of; /* stem to struct catalog__groups */
    bool full;     /* groups and of are: made when the first word is stemmed, not at a start */
};

/* Who does it is found with what is done: a contributor contributes, a follower follows. */
static struct str stem_of(struct catalog__speech *speech, struct str word)
{
    struct str stem = stem_word(speech->stem, word);

    if (stem.len >= 7 && !str_is(stem, "customer") &&
        (str_ends(stem, STR("er")) || str_ends(stem, STR("or"))))
        return str_slice(stem, 0, stem.len - 2);
    return stem;
}

static void synonym_add(struct catalog__speech *speech, size_t number, struct str word)
{
    struct group *group = &speech->groups[number];
    struct str stem = str_copy(speech->arena, stem_of(speech, word));
    struct catalog__groups *of = map_find(&speech->of, stem);

    for (size_t i = 0; i < group->count; i++) {
        if (str_equal(group->stems[i], stem))
            return;
    }
    CHECK(group->count < ARRAY_COUNT(group->stems) && number <= UINT8_MAX);
    group->stems[group->count++] = stem;
    if (!of) {
        of = ARENA_NEW(speech->arena, struct catalog__groups);
        (void)map_put(&speech->of, stem, of);
    }
    CHECK(of->count < CATALOG__GROUPS_OF_ONE);
    of->at[of->count++] = (uint8_t)number;
}

static void fill(struct catalog__speech *speech)
{
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        struct str rest = str_from(groups[i] + catalog__speech_is_same((unsigned)i));

        while (rest.ptr)
            synonym_add(speech, i, str_split(&rest, ' '));
    }
    speech->full = true;
}

struct str catalog__speech_stem(struct catalog__speech *speech, struct str word)
{
    if (!speech->full)
        fill(speech);
    return stem_of(speech, word);
}

struct catalog__speech *catalog__speech_new(void)
{
    struct arena *arena = arena_new(0);
    struct catalog__speech *speech = ARENA_NEW(arena, struct catalog__speech);

    speech->arena = arena;
    speech->stem = stem_new();
    return speech;
}

struct catalog__speech *catalog__speech_free(struct catalog__speech *speech)
{
    if (!speech)
        return NULL;
    (void)stem_free(speech->stem);
    map_fini(&speech->of);
    (void)arena_free(speech->arena); /* it lies in it */
    return NULL;
}

bool catalog__speech_is_empty_word(struct str word)
{
    for (size_t i = 0; i < ARRAY_COUNT(empty_words); i++) {
        if (word.len > 0 && empty_words[i][0] == word.ptr[0] && str_is(word, empty_words[i]))
            return true;
    }
    return false;
}

struct catalog__groups catalog__speech_groups(const struct catalog__speech *speech, struct str stem)
{
    const struct catalog__groups *of = map_find(&speech->of, stem);

    return of ? *of : (struct catalog__groups){ .count = 0 };
}

struct str catalog__speech_synonym(const struct catalog__speech *speech, unsigned group,
                                   size_t index)
{
    const struct group *found = &speech->groups[group];

    return index < found->count ? found->stems[index] : STR_NULL;
}

bool catalog__speech_is_same(unsigned group)
{
    return groups[group][0] == '=';
}

struct str catalog__speech_phrase(const struct str *words, size_t count, size_t *ret_particle)
{
    for (size_t i = 0; i < ARRAY_COUNT(phrases); i++) {
        if (!str_is(words[0], phrases[i].verb))
            continue;
        for (size_t j = 1; j < count && j < 1 + PHRASE_REACH; j++) {
            if (str_is(words[j], phrases[i].particle)) {
                *ret_particle = j;
                return str_from(phrases[i].means);
            }
        }
    }
    return STR_NULL;
}
